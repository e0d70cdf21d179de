/* import.c: types of another state copied into this one, structure for structure. */
#include <stdio.h>
#include "support.h"

static struct cdecl_state *other; /* where types come from */

static void new_states(void)
{
    new_state();
    other = cdecl_new(NULL);
    ck_assert_ptr_nonnull(other);
}

static void free_states(void)
{
    cdecl_free(other);
    free_state();
}

/* Runs the helpers of support.h on the other state. */
static const struct cdecl_type *of_other(const char *declarations, const char *type)
{
    struct cdecl_state *mine = state;
    state = other;
    must_parse(declarations);
    const struct cdecl_type *result = type_of(type);
    state = mine;
    return result;
}

static const struct cdecl_type *imported(const struct cdecl_type *type)
{
    struct cdecl_error error;
    const struct cdecl_type *result = cdecl_import(state, type, &error);
    ck_assert_msg(result != NULL, "%s: %s", print_type(type), error.message);
    return result;
}

/* ---- what both states have ---- */

static const char *const shared[] = {"int",
                                     "const volatile char *restrict",
                                     "long double _Complex",
                                     "unsigned _BitInt(99)",
                                     "int[3][4]",
                                     "int[]",
                                     "int[?]",
                                     "int (*(*)(int, ...))[2]",
                                     "void ()",
                                     "_Atomic long *",
                                     "float __attribute__((vector_size(16)))",
                                     "size_t",
                                     "bool",
                                     "_Float128",
                                     "typeof(__attribute__((aligned(32))) int)",
                                     "struct s",
                                     "const struct s *",
                                     "enum e",
                                     "union u *",
                                     "struct incomplete *",
                                     "int (struct s, enum e, union u *)",
                                     "point",
                                     "point *[2]",
                                     "max_align_t"};

static const char declarations[] =
    "struct s { int a; struct s *next; }; enum e { A, B }; union u { int a; double b; };"
    "struct incomplete; typedef struct { int x, y; } point;";

START_TEST(what_is_here_is_found)
{
    must_parse(declarations);
    const struct cdecl_type *here = type_of(shared[_i]);
    const struct cdecl_type *theirs = of_other(declarations, shared[_i]);
    size_t before = cdecl_memory(state);
    ck_assert_ptr_eq(imported(theirs), here);
    ck_assert_uint_eq(cdecl_memory(state), before);
    ck_assert_ptr_eq(imported(here), here);
}
END_TEST

/* ---- what only the other has ---- */

static const char *const foreign[] = {
    "struct s { int a; char b : 3, : 2; struct s *next; double d[2]; };",
    "struct s { struct { int a; union { int b; char c; }; } n; struct { short d; }; };",
    "struct __attribute__((packed)) s { char a; int b; };",
    "struct s { char a; int b __attribute__((aligned(16))); } __attribute__((aligned(64)));",
    "#pragma pack(push, 2)\nstruct s { char a; int b; };\n#pragma pack(pop)\n",
    "struct s { int n; char d[]; };",
    "struct s { int n; char d[?]; };",
    "enum x { X0 = 5, X1 = -1 }; struct s { enum x a; enum { Y0 } b; };",
    "typedef struct { int x; } p; struct s { p a, *b; int (*f)(p, ...); };",
    "struct s { static const int N = 3; static const char name[] = \"s\"; int a[N]; };",
    "struct t; struct s { struct t *t; }; struct t { struct s s[2]; };",
    "struct s;",
    "struct s { int a; } __attribute__((ms_struct));",
};

static void must_be_copied(const struct cdecl_type *from, const struct cdecl_type *to)
{
    const struct cdecl_tag *a = from->tag, *b = to->tag;
    ck_assert_ptr_ne(a, b);
    ck_assert_ptr_eq(b->state, state);
    ck_assert_ptr_eq(b->type, to->unqual);
    ck_assert_pstr_eq(b->name, a->name);
    ck_assert(a->name == NULL || a->name != b->name); /* not the other's memory */
    ck_assert_pstr_eq(b->typedef_name, a->typedef_name);
    ck_assert_pstr_eq(b->unsupported, a->unsupported);
    ck_assert(b->complete == a->complete && b->packed == a->packed && b->pack == a->pack);
    ck_assert(b->flexible == a->flexible && b->vla == a->vla);
    ck_assert(b->size == a->size && b->align == a->align && b->alignment == a->alignment);
    ck_assert(b->nmembers == a->nmembers && b->nconstants == a->nconstants);
    for (uint32_t i = 0; i < a->nmembers; i++) {
        const struct cdecl_member *m = &a->members[i], *n = &b->members[i];
        ck_assert_pstr_eq(n->name, m->name);
        ck_assert(n->offset == m->offset && n->bit == m->bit && n->width == m->width);
        ck_assert(n->alignment == m->alignment && n->packed == m->packed);
        ck_assert_str_eq(print_type(n->type), print_type(m->type));
    }
    for (uint32_t i = 0; i < a->nconstants; i++) {
        ck_assert_str_eq(b->constants[i]->name, a->constants[i]->name);
        ck_assert_uint_eq(cdecl_value_of(b->constants[i]).u,
                          cdecl_value_of(a->constants[i]).kind == CDECL_VALUE_STRING
                              ? cdecl_value_of(b->constants[i]).u
                              : cdecl_value_of(a->constants[i]).u);
    }
}

START_TEST(what_is_not_here_is_copied)
{
    const struct cdecl_type *theirs = of_other(foreign[_i], "struct s");
    const struct cdecl_type *copy = imported(theirs);
    must_be_copied(theirs, copy);
    ck_assert(cdecl_compatible(copy, theirs));
    ck_assert_ptr_eq(imported(theirs), copy);
}
END_TEST

/* The copy outlives the state it came from. */
START_TEST(copies_stand_alone)
{
    static const char text[] = "typedef struct { int x; } p; enum x { X0 = 5 };"
                               "struct s { static const char name[] = \"hello\"; p a; enum x b;"
                               " struct s *next; int (*f)(p *, struct s); };";
    const struct cdecl_type *copy = imported(of_other(text, "struct s"));
    cdecl_free(other);
    other = NULL;
    ck_assert_str_eq(copy->tag->name, "s");
    ck_assert_str_eq(cdecl_value_of(copy->tag->constants[0]).s, "hello");
    ck_assert_ptr_eq(member_of(copy, "next")->type->target, copy);
    ck_assert_str_eq(print_type(member_of(copy, "f")->type), "int (*)(p *, struct s)");
    ck_assert_str_eq(member_of(copy, "b")->type->tag->constants[0]->name, "X0");
}
END_TEST

/* A copy is not bound to its name: declaring that name later is no conflict, and another of the
 * same name here is not taken for it. */
START_TEST(copies_have_no_name_here)
{
    const struct cdecl_type *copy = imported(of_other("struct s { int a; };", "struct s"));
    ck_assert_ptr_null(cdecl_find_tag(state, "s", 1));
    must_parse("struct s { long b; };");
    ck_assert_ptr_ne(type_of("struct s"), copy);
    ck_assert(!cdecl_compatible(type_of("struct s"), copy));
    ck_assert(!is_declared("s"));
}
END_TEST

START_TEST(a_differing_one_of_the_same_name_is_copied)
{
    must_parse("struct s { int a; }; enum e { A };");
    const struct cdecl_type *theirs = of_other("struct s { long a; }; enum e { B };", "struct s");
    const struct cdecl_type *copy = imported(theirs);
    ck_assert_ptr_ne(copy, type_of("struct s"));
    ck_assert(cdecl_compatible(copy, theirs));
    ck_assert_ptr_ne(imported(of_other("", "enum e")), type_of("enum e"));
    ck_assert(!is_declared("B")); /* constants come with the tag, not into the name space */
}
END_TEST

START_TEST(recursive_types)
{
    const struct cdecl_type *theirs =
        of_other("struct a { struct b *b; struct a *a; }; struct b { struct a a[2]; struct b *(*f)("
                 "struct a *); };",
                 "struct b *");
    const struct cdecl_type *b = imported(theirs)->target;
    const struct cdecl_type *a = member_of(b, "a")->type->target;
    ck_assert_ptr_eq(member_of(a, "b")->type->target, b);
    ck_assert_ptr_eq(member_of(a, "a")->type->target, a);
    ck_assert_ptr_eq(member_of(b, "f")->type->target->params[0]->target, a);
    ck_assert_uint_eq(cdecl_sizeof(b), cdecl_sizeof(theirs->target));
}
END_TEST

START_TEST(derived_from_copies)
{
    const struct cdecl_type *function = imported(of_other(
        "struct s { int a; };", "const struct s *(*)(struct s, int, struct s *const *, ...)"));
    const struct cdecl_type *s = function->target->params[0];
    ck_assert_ptr_eq(function->target->target->target->unqual, s);
    ck_assert_ptr_eq(function->target->params[2]->target->target, s);
    ck_assert(function->target->variadic);
    ck_assert_uint_eq(function->target->params[2]->target->quals, CDECL_CONST);
}
END_TEST

/* The one the other state completes later is copied as it is at that time. */
START_TEST(incomplete_then_complete)
{
    const struct cdecl_type *theirs = of_other("struct s;", "struct s *");
    const struct cdecl_type *before = imported(theirs);
    ck_assert(!cdecl_is_complete(before->target));
    of_other("struct s { int a; };", "struct s");
    const struct cdecl_type *after = imported(theirs);
    ck_assert(cdecl_is_complete(after->target));
    ck_assert(cdecl_compatible(before, theirs) && cdecl_compatible(after, theirs));
}
END_TEST

START_TEST(long_chains)
{
    static char text[40000];
    size_t used = (size_t)snprintf(text, sizeof text, "struct s0 { int a; };");
    for (int i = 1; i < 200; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "struct s%d { struct s%d *a, *b; struct s%d *(*f)(void); };", i,
                                 i - 1, i - 1);
    const struct cdecl_type *theirs = of_other(text, "struct s199");
    const struct cdecl_type *copy = imported(theirs);
    for (int i = 199; i > 0; i--) {
        ck_assert_ptr_eq(member_of(copy, "a")->type, member_of(copy, "b")->type);
        copy = member_of(copy, "a")->type->target;
    }
    ck_assert_str_eq(copy->tag->name, "s0");
    ck_assert_ptr_eq(member_of(copy, "a")->type, type_of("int"));
}
END_TEST

#define ADD_LOOP(tcase, test, table) \
    tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof *(table))

Suite *check_import(void)
{
    Suite *suite = suite_create("import");
    TCase *tcase = tcase_create("import");
    tcase_add_checked_fixture(tcase, new_states, free_states);
    suite_add_tcase(suite, tcase);
    ADD_LOOP(tcase, what_is_here_is_found, shared);
    ADD_LOOP(tcase, what_is_not_here_is_copied, foreign);
    tcase_add_test(tcase, copies_stand_alone);
    tcase_add_test(tcase, copies_have_no_name_here);
    tcase_add_test(tcase, a_differing_one_of_the_same_name_is_copied);
    tcase_add_test(tcase, recursive_types);
    tcase_add_test(tcase, derived_from_copies);
    tcase_add_test(tcase, incomplete_then_complete);
    tcase_add_test(tcase, long_chains);
    return suite;
}
