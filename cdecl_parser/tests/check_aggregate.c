/* aggregate.c: bodies of structs and unions, tags and their completion. Places are check_layout.c's
 * business. */
#include <stdio.h>
#include "support.h"

static const struct cdecl_tag *tag_of(const char *text)
{
    const struct cdecl_tag *tag = type_of(text)->tag;
    ck_assert_ptr_nonnull(tag);
    return tag;
}

/* ---- members ---- */

START_TEST(members_in_order)
{
    must_parse("struct s { int a, *b; char c[3]; unsigned d : 5, : 2, e : 7; struct s *next; };");
    const struct cdecl_tag *tag = tag_of("struct s");
    static const char *const names[] = {"a", "b", "c", "d", NULL, "e", "next"};
    static const char *const types[] = {"int",          "int *",        "char[3]",   "unsigned int",
                                        "unsigned int", "unsigned int", "struct s *"};
    ck_assert_uint_eq(tag->nmembers, 7);
    for (uint32_t i = 0; i < tag->nmembers; i++) {
        ck_assert_pstr_eq(tag->members[i].name, names[i]);
        ck_assert_str_eq(print_type(tag->members[i].type), types[i]);
    }
    ck_assert_uint_eq(tag->members[2].width, CDECL_NOT_BITFIELD);
    ck_assert_uint_eq(tag->members[3].width, 5);
    ck_assert_uint_eq(tag->members[4].width, 2);
    ck_assert_uint_eq(tag->members[4].bit, 5);
}
END_TEST

START_TEST(attributes_of_members)
{
    must_parse("struct s { char a __attribute__((aligned(8))); int b __attribute__((packed));"
               " _Alignas(16) char c, d; __attribute__((aligned(4), packed)) short e;"
               " int f : 3 __attribute__((packed)); };");
    const struct cdecl_member *m = tag_of("struct s")->members;
    ck_assert(m[0].alignment == 8 && !m[0].packed);
    ck_assert(m[1].alignment == 0 && m[1].packed);
    ck_assert(m[2].alignment == 16 && m[3].alignment == 16);
    ck_assert(m[4].alignment == 4 && m[4].packed);
    ck_assert(m[5].packed);
}
END_TEST

START_TEST(anonymous_members)
{
    must_parse("struct s { int a; struct { int b; union { int c; char d; } u; union { int e; }; };"
               " const struct { int f; }; };");
    const struct cdecl_tag *tag = tag_of("struct s");
    ck_assert_uint_eq(tag->nmembers, 3);
    ck_assert_ptr_null(tag->members[1].name);
    uint64_t offset = 0;
    ck_assert_ptr_nonnull(cdecl_find_member(tag->type, "e", 1, &offset));
    ck_assert_uint_eq(offset, 3 * sizeof(int));
    ck_assert_ptr_nonnull(cdecl_find_member(tag->type, "f", 1, &offset));
    ck_assert_uint_eq(offset, 4 * sizeof(int));
    ck_assert_ptr_null(cdecl_find_member(tag->type, "c", 1, &offset)); /* of a named member */
    ck_assert_ptr_null(cdecl_find_member(tag->type, "", 0, &offset));
    ck_assert_ptr_null(cdecl_find_member(type_of("int"), "a", 1, &offset));
    must_fail("struct t { int a; union { int b; struct { char a; }; }; };",
              "1:19: duplicate member 'a'");
    must_fail("struct t { struct { int a; }; struct { int a; }; };", "1:31: duplicate member 'a'");
}
END_TEST

START_TEST(static_constants_of_a_body)
{
    must_parse("struct s { static const int N = 4, M = N * 2; int a[N]; char b[M];"
               " enum { K = 3 }; int c[K]; static const char name[] = \"n\"; };");
    const struct cdecl_tag *tag = tag_of("struct s");
    ck_assert_uint_eq(tag->nmembers, 3);
    ck_assert_uint_eq(tag->nconstants, 4);
    ck_assert_str_eq(tag->constants[0]->name, "N");
    ck_assert_uint_eq(cdecl_value_of(tag->constants[1]).u, 8);
    ck_assert_str_eq(tag->constants[2]->name, "K");
    ck_assert_str_eq(cdecl_value_of(tag->constants[3]).s, "n");
    ck_assert_uint_eq(cdecl_sizeof(tag->type), (4 + 2 + 3) * sizeof(int));
    ck_assert(!is_declared("N"));
    ck_assert(is_declared("K")); /* an enumerator's scope is the file */
}
END_TEST

/* ---- tags ---- */

START_TEST(a_tag_is_completed_once)
{
    must_parse("struct s; struct s *p; typedef struct s t;");
    const struct cdecl_type *before = type_of("struct s");
    ck_assert(!cdecl_is_complete(before));
    must_parse("struct s { int a; };");
    ck_assert_ptr_eq(type_of("struct s"), before);
    ck_assert(cdecl_is_complete(before));
    ck_assert(cdecl_is_complete(decl_of("p")->type->target));
    ck_assert_ptr_eq(decl_of("t")->type, before);
    must_parse("struct s { int a; };"); /* the same body again */
    ck_assert_ptr_eq(type_of("struct s"), before);
    ck_assert_uint_eq(before->tag->nmembers, 1);
}
END_TEST

START_TEST(a_failed_completion_leaves_the_tag_incomplete)
{
    must_parse("struct s;");
    must_fail("struct s { int a; }; int x[sizeof(struct s)]; y z;", "1:47: unknown type 'y'");
    ck_assert(!cdecl_is_complete(type_of("struct s")));
    ck_assert_uint_eq(type_of("struct s")->tag->nmembers, 0);
    must_parse("struct s { long b; };");
    ck_assert_str_eq(type_of("struct s")->tag->members[0].name, "b");
}
END_TEST

START_TEST(recursion_through_pointers)
{
    must_parse("struct a { struct b *b; struct a *(*f)(struct a *); };"
               "struct b { struct a a; struct b *others[2]; };");
    ck_assert_ptr_eq(member_of(type_of("struct a"), "b")->type->target, type_of("struct b"));
    ck_assert_uint_eq(cdecl_sizeof(type_of("struct b")), 4 * sizeof(void *));
}
END_TEST

START_TEST(tags_have_a_name_space_of_their_own)
{
    must_parse("struct x { int x; }; int x; typedef struct x *y; union y { int y; };");
    ck_assert_ptr_eq(decl_of("x")->type, type_of("int"));
    ck_assert_ptr_eq(type_of("y"), type_of("struct x *"));
    ck_assert_uint_eq(type_of("union y")->kind, CDECL_UNION);
}
END_TEST

START_TEST(the_first_typedef_names_a_nameless_tag)
{
    must_parse("typedef struct { int a; } t, *p, u; typedef struct { int b; } *q;"
               "typedef const struct { int c; } k; typedef union { int d; } v[2];"
               "typedef enum { E } e; struct s { struct { int f; } g; };");
    ck_assert_str_eq(type_of("t")->tag->typedef_name, "t");
    ck_assert_ptr_eq(type_of("u"), type_of("t"));
    ck_assert_ptr_eq(type_of("p")->target, type_of("t"));
    ck_assert_ptr_null(type_of("q")->target->tag->typedef_name);
    ck_assert_ptr_null(type_of("k")->tag->typedef_name); /* the typedef says more than the tag */
    ck_assert_ptr_null(type_of("v")->target->tag->typedef_name);
    ck_assert_str_eq(type_of("e")->tag->typedef_name, "e");
    ck_assert_ptr_null(member_of(type_of("struct s"), "g")->type->tag->typedef_name);
    ck_assert_uint_ne(type_of("t")->tag->id, type_of("v")->target->tag->id);
}
END_TEST

START_TEST(every_nameless_body_is_a_type)
{
    must_parse("struct { int a; } x, y; struct { int a; } z;");
    ck_assert_ptr_eq(decl_of("x")->type, decl_of("y")->type);
    ck_assert_ptr_ne(decl_of("x")->type, decl_of("z")->type);
}
END_TEST

/* ---- attributes of the whole ---- */

START_TEST(attributes_of_the_whole)
{
    must_parse("struct __attribute__((packed)) a { char c; int i; };"
               "struct b { char c; int i; } __attribute__((packed, aligned(4)));"
               "union __attribute__((transparent_union)) c { int *i; float *f; };"
               "typedef union { int *i; } d __attribute__((__transparent_union__));"
               "struct e { int i; } __attribute__((ms_struct));"
               "struct __attribute__((scalar_storage_order(\"big-endian\"))) f { int i; };"
               "struct _Alignas(16) g { char c; };"
               "struct __attribute__((aligned(8))) [[gnu::packed]] h { char c; int i; };");
    ck_assert(tag_of("struct a")->packed && tag_of("struct a")->alignment == 0);
    ck_assert(tag_of("struct b")->packed && tag_of("struct b")->alignment == 4);
    ck_assert(tag_of("union c")->transparent && type_of("d")->tag->transparent);
    ck_assert_str_eq(cdecl_refusal_text(tag_of("struct e")->refusal),
                     "__attribute__((ms_struct)) is not supported");
    ck_assert_str_eq(cdecl_refusal_text(tag_of("struct f")->refusal),
                     "__attribute__((scalar_storage_order)) is not supported");
    ck_assert_uint_eq(cdecl_alignof(type_of("struct g")), 16);
    ck_assert(tag_of("struct h")->packed && tag_of("struct h")->alignment == 8);
    ck_assert_ptr_null(cdecl_refusal_text(tag_of("struct a")->refusal));
}
END_TEST

START_TEST(pragma_pack_is_remembered)
{
    must_parse("#pragma pack(push, 2)\nstruct a { char c; int i; };\n#pragma pack(pop)\n"
               "struct b { char c; int i; };");
    ck_assert_uint_eq(tag_of("struct a")->pack, 2);
    ck_assert_uint_eq(tag_of("struct b")->pack, 0);
    ck_assert_uint_eq(cdecl_sizeof(type_of("struct a")), 6);
    ck_assert_uint_eq(cdecl_sizeof(type_of("struct b")), 8);
    /* the value at the closing brace counts, as in gcc */
    must_parse("struct c { char c; int i;\n#pragma pack(1)\n}; struct d { char c; int i; };"
               "\n#pragma pack()\nstruct e { char c; int i; };");
    ck_assert_uint_eq(cdecl_sizeof(type_of("struct c")), 5);
    ck_assert_uint_eq(cdecl_sizeof(type_of("struct d")), 5);
    ck_assert_uint_eq(cdecl_sizeof(type_of("struct e")), 8);
}
END_TEST

/* ---- great numbers ---- */

START_TEST(many_members)
{
    static char text[700000];
    size_t used = (size_t)snprintf(text, sizeof text, "struct s {");
    for (int i = 0; i < 50000; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "int m%d;", i);
    snprintf(text + used, sizeof text - used, "};");
    must_parse(text);
    ck_assert_uint_eq(tag_of("struct s")->nmembers, 50000);
    ck_assert_uint_eq(member_of(type_of("struct s"), "m49999")->offset, 49999 * sizeof(int));
    snprintf(text + used, sizeof text - used, "int m123;};");
    memcpy(text, "struct t", 8);
    struct cdecl_error error;
    struct cdecl_source source = source_of(text);
    ck_assert(!cdecl_parse(state, &source, &error));
    ck_assert_str_eq(error.message, "duplicate member 'm123'");
}
END_TEST

Suite *check_aggregate(void)
{
    Suite *suite = suite_create("aggregate");
    TCase *tcase = add_case(suite, "aggregate");
    tcase_add_test(tcase, members_in_order);
    tcase_add_test(tcase, attributes_of_members);
    tcase_add_test(tcase, anonymous_members);
    tcase_add_test(tcase, static_constants_of_a_body);
    tcase_add_test(tcase, a_tag_is_completed_once);
    tcase_add_test(tcase, a_failed_completion_leaves_the_tag_incomplete);
    tcase_add_test(tcase, recursion_through_pointers);
    tcase_add_test(tcase, tags_have_a_name_space_of_their_own);
    tcase_add_test(tcase, the_first_typedef_names_a_nameless_tag);
    tcase_add_test(tcase, every_nameless_body_is_a_type);
    tcase_add_test(tcase, attributes_of_the_whole);
    tcase_add_test(tcase, pragma_pack_is_remembered);
    tcase_add_test(tcase, many_members);
    return suite;
}
