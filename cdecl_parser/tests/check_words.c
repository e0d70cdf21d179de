/* words.h: where words end, on any bytes and by both ways of looking; hashes and names that do not
 * depend on how a word was read. */
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

static bool may_be_in_a_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static unsigned one_by_one(const char *s)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < CHUNK; i++)
        bits |= (unsigned)may_be_in_a_name(s[i]) << i;
    return bits;
}

static void same_bits(const char *s)
{
    ck_assert_uint_eq(cdecl__word_bytes(s), one_by_one(s));
    ck_assert_uint_eq(cdecl__word_bytes_portable(s), one_by_one(s));
}

START_TEST(every_byte_at_every_place)
{
    char text[CHUNK];
    for (int byte = 0; byte < 256; byte++)
        for (int place = 0; place < CHUNK; place++) {
            memset(text, byte % 2 == 0 ? 'q' : '*', sizeof text);
            text[place] = (char)byte;
            same_bits(text);
        }
}
END_TEST

START_TEST(random_bytes)
{
    char text[CHUNK];
    srand(1);
    for (int i = 0; i < 100000; i++) {
        for (int place = 0; place < CHUNK; place++)
            text[place] = (char)rand();
        same_bits(text);
    }
}
END_TEST

/* The lexer hashes what it sees in a text, the others a name alone. */
START_TEST(a_hash_is_of_the_name_alone)
{
    static const char text[] = "abcdefghijklmnopqrstuvwxyz_0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (size_t size = 0; size < CHUNK; size++) {
        char *alone = malloc(size + 1);
        memcpy(alone, text, size);
        struct chunk chunk = cdecl__chunk(text, size), copy = cdecl__short_chunk(alone, size);
        ck_assert(chunk.low == copy.low && chunk.high == copy.high);
        ck_assert_uint_eq(cdecl__hash_end(cdecl__hash_chunk(0, chunk), size),
                          cdecl__hash_text(alone, size));
        free(alone);
    }
}
END_TEST

START_TEST(every_byte_of_a_name_counts)
{
    char text[41];
    for (size_t size = 1; size < sizeof text; size++) {
        memset(text, 'a', sizeof text);
        uint32_t hash = cdecl__hash_text(text, size);
        ck_assert_uint_ne(hash, 0);
        ck_assert_uint_ne(hash & 0x3ff, cdecl__hash_text(text, size - 1) & 0x3ff);
        for (size_t i = 0; i < size; i++) {
            text[i] = 'b';
            ck_assert_uint_ne(cdecl__hash_text(text, size), hash);
            text[i] = 'a';
        }
    }
}
END_TEST

/* A name is the same one in the middle of a text, at its end, in a macro and looked up alone. */
START_TEST(one_name_however_it_is_read)
{
    char name[81], text[400];
    for (size_t size = 1; size < sizeof name; size++) {
        memset(name, 'n', size);
        name[size] = '\0';
        new_state();
        snprintf(text, sizeof text, "typedef int %s;\n#define m_ %s\nm_ a; %s b; int c(%s d, m_)",
                 name, name, name, name);
        must_parse(text);
        ck_assert_ptr_eq(decl_of("a")->type, type_of("int"));
        ck_assert_ptr_eq(decl_of("b")->type, type_of(name));
        ck_assert_ptr_eq(decl_of("c")->type, type_of("int(int, int)"));
        ck_assert_str_eq(decl_of(name)->name, name);
        snprintf(text, sizeof text, "extern %s", name);
        must_parse(strcat(text, " e")); /* the text ends in the word */
        snprintf(text, sizeof text, "%s_ f", name);
        ck_assert_ptr_null(cdecl_find(state, text, size + 1));
        free_state();
    }
}
END_TEST

Suite *check_words(void)
{
    Suite *suite = suite_create("words");
    TCase *tcase = tcase_create("words");
    tcase_add_test(tcase, every_byte_at_every_place);
    tcase_add_test(tcase, random_bytes);
    tcase_add_test(tcase, a_hash_is_of_the_name_alone);
    tcase_add_test(tcase, every_byte_of_a_name_counts);
    tcase_add_test(tcase, one_name_however_it_is_read);
    suite_add_tcase(suite, tcase);
    return suite;
}
