/* refusal.c: what cannot be used says why wherever it is met, and is printed as declared. */
#include <stdio.h>

#include "support.h"

static const struct {
    const char *text;
    enum cdecl_refusal refusal;
    const char *why;
    const char *printed;
} refused[] = {
    {"int x(int) __attribute__((ms_abi));", CDECL_REFUSED_ms_abi,
     "__attribute__((ms_abi)) is not supported", "int x(int) __attribute__((ms_abi))"},
    {"int x(int) __attribute__((regparm(3)));", CDECL_REFUSED_regparm,
     "__attribute__((regparm)) is not supported", "int x(int) __attribute__((regparm))"},
    {"__attribute__((vectorcall)) int x(int);", CDECL_REFUSED_vectorcall,
     "__attribute__((vectorcall)) is not supported", "int x(int) __attribute__((vectorcall))"},
    {"int __vectorcall x(int);", CDECL_REFUSED_vectorcall,
     "__attribute__((vectorcall)) is not supported", "int x(int) __attribute__((vectorcall))"},
    {"int x(int) __attribute__((overloadable));", CDECL_REFUSED_overloadable,
     "__attribute__((overloadable)) is not supported", "int x(int) __attribute__((overloadable))"},
    {"static int x(int);", CDECL_NOT_EXPORTED, "it is static, so no library exports it",
     "int x(int)"},
};

START_TEST(why)
{
    must_parse(refused[_i].text);
    const struct cdecl_decl *decl = decl_of("x");
    ck_assert_int_eq(decl->refusal, refused[_i].refusal);
    ck_assert_str_eq(cdecl_refusal_text(decl->refusal), refused[_i].why);
    ck_assert_str_eq(print_name("x"), refused[_i].printed);
    bool by_type = decl->refusal != CDECL_NOT_EXPORTED; /* where its pointers cannot be called */
    ck_assert_int_eq(decl->type->refusal, by_type ? decl->refusal : CDECL_USABLE);
}
END_TEST

/* Each refusal has a text of its own, and what is usable has none. */
START_TEST(texts)
{
    ck_assert_ptr_null(cdecl_refusal_text(CDECL_USABLE));
    for (int i = CDECL_USABLE + 1; i < CDECL_REFUSAL_COUNT; i++) {
        const char *text = cdecl_refusal_text((enum cdecl_refusal)i);
        ck_assert_ptr_nonnull(text);
        for (int k = CDECL_USABLE + 1; k < i; k++)
            ck_assert_str_ne(text, cdecl_refusal_text((enum cdecl_refusal)k));
    }
}
END_TEST

START_TEST(through_typedefs_and_members)
{
    must_parse("typedef int (*f)(void) __attribute__((ms_abi)); struct s { f member; }; f v;");
    const struct cdecl_type *function = member_of(type_of("struct s"), "member")->type->target;
    ck_assert_int_eq(function->refusal, CDECL_REFUSED_ms_abi);
    ck_assert_int_eq(decl_of("v")->type->target->refusal, CDECL_REFUSED_ms_abi);
    ck_assert_ptr_ne(function, type_of("int (*)(void)")->target);
}
END_TEST

/* clang's overloads are taken, though none can be called; two of any other kind conflict. */
START_TEST(overloads)
{
    must_parse("int x(int) __attribute__((overloadable)); char x(char) "
               "__attribute__((overloadable));");
    ck_assert_str_eq(print_name("x"), "int x(int) __attribute__((overloadable))");
    must_fail("static int y(int); static int y(char);",
              "1:31: 'y' redeclared as 'int y(char)', was 'int y(int)'");
}
END_TEST

Suite *check_refusal(void)
{
    Suite *suite = suite_create("refusal");
    TCase *tcase = add_case(suite, "refusal");
    tcase_add_loop_test(tcase, why, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tcase, texts);
    tcase_add_test(tcase, through_typedefs_and_members);
    tcase_add_test(tcase, overloads);
    return suite;
}
