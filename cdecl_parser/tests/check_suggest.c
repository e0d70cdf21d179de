/* suggest.c: the known name nearest to a misspelt one, or none. */
#include <stdio.h>
#include <stdlib.h>
#include "support.h"

static const struct {
    const char *known, *misspelt, *found; /* NULL: too far */
} cases[] = {
    /* One change for every three letters, at most three. */
    {"colour", "colour", NULL}, /* itself is no suggestion */
    {"colour", "color", "colour"},
    {"colour", "colours", "colour"},
    {"colour", "colout", "colour"},
    {"colour", "coluor", "colour"}, /* swapped neighbours are one change */
    {"colour", "oclour", "colour"},
    {"colour", "Colour", "colour"},
    {"colour", "dolout", "colour"},
    {"colour", "dolxut", NULL},
    {"colour", "col", NULL},
    {"colour", "colo", NULL},
    {"colour", "", NULL},
    {"a", "b", NULL},
    {"ab", "ac", "ab"},
    {"ab", "ba", "ab"},
    {"ab", "b", NULL},
    {"ab", "cd", NULL},
    {"abc", "abd", "abc"},
    {"abc", "add", NULL},
    {"a_rather_long_name", "a_rxther_lxng_nxme", "a_rather_long_name"},
    {"a_rather_long_name", "x_rxther_lxng_nxme", NULL},
    {"a_rather_long_name", "a_rather_long_name_s", "a_rather_long_name"},
    {"a_rather_long_name", "rather_long_name", "a_rather_long_name"},
    {"caf\xc3\xa9_noir", "cafe_noir", "caf\xc3\xa9_noir"},
};

START_TEST(distance)
{
    char text[100] = "int ";
    must_parse(strcat(strcat(text, cases[_i].known), ";"));
    const char *found =
        cdecl_suggest(state, CDECL_SPACE_VALUES, cases[_i].misspelt, strlen(cases[_i].misspelt));
    ck_assert_msg((found == NULL) == (cases[_i].found == NULL), "%s: %s", cases[_i].misspelt,
                  found == NULL ? "none" : found);
    if (found != NULL)
        ck_assert_str_eq(found, cases[_i].found);
}
END_TEST

static const char *suggest(enum cdecl_space space, const char *name)
{
    return cdecl_suggest(state, space, name, strlen(name));
}

START_TEST(the_nearest_wins)
{
    must_parse("int alpha_one, alpha_onx, alphx_onx;");
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "alpha_ony"), "alpha_one");
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "alphx_onz"), "alphx_onx");
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "alpha_onxe"), "alpha_one");
}
END_TEST

/* Names declared after a first miss, many of them, and none of a text that failed. */
START_TEST(names_come_and_go)
{
    char text[200];
    must_parse("int first_name;");
    ck_assert_ptr_null(suggest(CDECL_SPACE_VALUES, "second_name_x"));
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "int n%d_of_thousand;", i);
        must_parse(text);
    }
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "first_nam"), "first_name");
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "n999_of_thousant"), "n999_of_thousand");
    must_fail("int third_name; unknown_t x;", "1:17: unknown type 'unknown_t'");
    must_fail("int third_name; third_nam x;", "1:17: unknown type 'third_nam'");
    ck_assert_ptr_null(suggest(CDECL_SPACE_VALUES, "third_nam"));
    must_parse("typedef int fourth_name; int fifth_name;");
    ck_assert_str_eq(suggest(CDECL_SPACE_TYPES, "fourth_nam"), "fourth_name");
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "fifth_nam"), "fifth_name");
    ck_assert_ptr_null(suggest(CDECL_SPACE_VALUES, "fourth_nam"));
}
END_TEST

/* Only the most promising names are compared: of very many that are alike one of those, of others
 * the nearest. */
START_TEST(the_most_promising_are_compared)
{
    char text[100];
    for (int i = 100; i < 400; i++) {
        snprintf(text, sizeof text, "int alike_%d;", i);
        must_parse(text);
    }
    must_parse("int quite_different;");
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "alikf_399"), "alike_399");
    for (int i = 0; i < 20; i++)
        ck_assert_ptr_null(suggest(CDECL_SPACE_VALUES, "nothing_like_it"));
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "quite_diferent"), "quite_different");
    for (int i = 10000; i < 30000; i++) {
        snprintf(text, sizeof text, "int alike_%d;", i);
        must_parse(text);
    }
    ck_assert_ptr_nonnull(suggest(CDECL_SPACE_VALUES, "alikf_12345"));
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "quite_diferent"), "quite_different");
    ck_assert_ptr_null(suggest(CDECL_SPACE_VALUES, "nothing_like_it"));
}
END_TEST

/* The names of a long text are taken in at its end; those of one that fails are not, whether it was
 * the first to ask or not. */
START_TEST(long_texts_are_taken_in)
{
    size_t size = 0;
    char *text = malloc(400 * 20 + 20);
    ck_assert_ptr_nonnull(text);
    for (int i = 100; i < 500; i++)
        size += (size_t)sprintf(text + size, "int lengthy_%d;", i);
    must_parse(text);
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "lengthy_4777"), "lengthy_477");
    for (int i = 0; i < 400; i++)
        memcpy(text + i * 16 + 4, "brevity", 7);
    strcpy(text + size, "\nzork x;");
    must_fail(text, "2:1: unknown type 'zork'");
    ck_assert_ptr_null(suggest(CDECL_SPACE_VALUES, "brevity_477"));
    text[size] = '\0';
    must_parse(text);
    must_parse("int last_of_all;");
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "brevity_4777"), "brevity_477");
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "last_of_al"), "last_of_all");
    free(text);
}
END_TEST

START_TEST(the_spaces_are_apart)
{
    must_parse("struct window { int x; }; typedef int widget_t; enum { WIDTH = 3 };\n"
               "#define HEIGHT 4\nint depth(void);");
    ck_assert_str_eq(suggest(CDECL_SPACE_TAGS, "windov"), "window");
    ck_assert_ptr_null(suggest(CDECL_SPACE_VALUES, "windov"));
    ck_assert_str_eq(suggest(CDECL_SPACE_TYPES, "widgit_t"), "widget_t");
    ck_assert_ptr_null(suggest(CDECL_SPACE_TAGS, "widgit_t"));
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "WIDHT"), "WIDTH");
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "HEIGTH"), "HEIGHT");
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "depht"), "depth");
    ck_assert_ptr_null(suggest(CDECL_SPACE_TYPES, "depht"));
}
END_TEST

START_TEST(keywords_are_types_too)
{
    ck_assert_str_eq(suggest(CDECL_SPACE_TYPES, "unsinged"), "unsigned");
    ck_assert_str_eq(suggest(CDECL_SPACE_TYPES, "cahr"), "char");
    ck_assert_str_eq(suggest(CDECL_SPACE_TYPES, "doubel"), "double");
    ck_assert_str_eq(suggest(CDECL_SPACE_TYPES, "strutc"), "struct");
    ck_assert_str_eq(suggest(CDECL_SPACE_TYPES, "uint33_t"), "uint32_t");
    ck_assert_str_eq(suggest(CDECL_SPACE_TYPES, "size_T"), "size_t");
    ck_assert_ptr_null(suggest(CDECL_SPACE_VALUES, "unsinged"));
}
END_TEST

START_TEST(replaced_names_are_not_suggested)
{
    struct cdecl_source source = source_of("typedef long renamed;");
    must_parse("typedef int renamed;");
    source.flags = CDECL_OVERRIDE;
    must_parse_source(&source);
    ck_assert_str_eq(suggest(CDECL_SPACE_TYPES, "renamde"), "renamed");
    must_parse("#define gone_soon 1\n");
    ck_assert_str_eq(suggest(CDECL_SPACE_VALUES, "gone_son"), "gone_soon");
    must_parse("#undef gone_soon\n");
    ck_assert_ptr_null(suggest(CDECL_SPACE_VALUES, "gone_son"));
}
END_TEST

START_TEST(members)
{
    const struct cdecl_type *type =
        type_of("struct { int width; struct { int height; union { int depth; }; }; int : 3; }");
    ck_assert_str_eq(cdecl_suggest_member(type, "widht", 5), "width");
    ck_assert_str_eq(cdecl_suggest_member(type, "heigth", 6), "height");
    ck_assert_str_eq(cdecl_suggest_member(type, "deptj", 5), "depth");
    ck_assert_ptr_null(cdecl_suggest_member(type, "colour", 6));
    ck_assert_ptr_null(cdecl_suggest_member(type_of("int"), "width", 5));
    ck_assert_ptr_null(cdecl_suggest_member(type_of("struct { int x; } *"), "y", 1));
}
END_TEST

/* Names of more than 64 bytes are neither compared nor suggested. */
START_TEST(long_names)
{
    char text[200] = "int ", name[101];
    memset(name, 'n', 100);
    name[64] = '\0';
    must_parse(strcat(strcat(text, name), ";"));
    const char *found = cdecl_suggest(state, CDECL_SPACE_VALUES, name, 63);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found, name);
    name[64] = 'n';
    ck_assert_ptr_null(cdecl_suggest(state, CDECL_SPACE_VALUES, name, 65));
    name[100] = '\0';
    strcpy(text, "int ");
    must_parse(strcat(strcat(text, name), "x;"));
    ck_assert_ptr_null(cdecl_suggest(state, CDECL_SPACE_VALUES, name, 100));
}
END_TEST

/* In messages. */
static const struct {
    const char *text, *message;
} messages[] = {
    {"typedef int widget; widgit x;", "1:21: unknown type 'widgit' (did you mean 'widget'?)"},
    {"enum { WIDTH = 3 }; int a[WIDHT];", "1:27: unknown name 'WIDHT' (did you mean 'WIDTH'?)"},
    {"struct foo { int x; }; foo x;", "1:24: unknown type 'foo' (did you mean 'struct foo'?)"},
    {"unsinged x;", "1:1: unknown type 'unsinged' (did you mean 'unsigned'?)"},
    {"xyzzy x;", "1:1: unknown type 'xyzzy'"},
};

START_TEST(in_messages)
{
    must_fail(messages[_i].text, messages[_i].message);
}
END_TEST

START_TEST(tags_in_messages)
{
    must_parse("struct window { int x; };");
    must_fail_type("struct windov", "1:8: undeclared tag 'struct windov' (did you mean 'window'?)");
    must_fail_type("union windov *", "1:7: undeclared tag 'union windov' (did you mean 'window'?)");
}
END_TEST

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

Suite *check_suggest(void)
{
    Suite *suite = suite_create("suggest");
    TCase *tcase = add_case(suite, "suggest");
    tcase_add_loop_test(tcase, distance, 0, LENGTH(cases));
    tcase_add_test(tcase, names_come_and_go);
    tcase_add_test(tcase, the_most_promising_are_compared);
    tcase_add_test(tcase, the_nearest_wins);
    tcase_add_test(tcase, long_texts_are_taken_in);
    tcase_add_test(tcase, the_spaces_are_apart);
    tcase_add_test(tcase, keywords_are_types_too);
    tcase_add_test(tcase, replaced_names_are_not_suggested);
    tcase_add_test(tcase, members);
    tcase_add_test(tcase, long_names);
    tcase_add_loop_test(tcase, in_messages, 0, LENGTH(messages));
    tcase_add_test(tcase, tags_in_messages);
    return suite;
}
