/* Memory that runs out: the 1st, 2nd, ... nth request fails until the operation succeeds. Each
 * failure says so, leaves the state as it was and leaks nothing; afterwards the operation succeeds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

/* ---- what is tried ---- */

struct attempt {
    struct cdecl_source source;
    const struct cdecl_decl *decl; /* a macro */
};

static bool read_text(const struct attempt *a, struct cdecl_error *error)
{
    return cdecl_parse(state, &a->source, error);
}

static bool read_unbound(const struct attempt *a, struct cdecl_error *error)
{
    return cdecl_parse_unbound(state, &a->source, error) != NULL;
}

static bool read_type(const struct attempt *a, struct cdecl_error *error)
{
    return cdecl_parse_type(state, &a->source, error) != NULL;
}

static bool read_value(const struct attempt *a, struct cdecl_error *error)
{
    struct cdecl_value value;
    return cdecl_eval(state, &a->source, &value, error);
}

static bool read_macro(const struct attempt *a, struct cdecl_error *error)
{
    struct cdecl_value value;
    return cdecl_macro_value(state, a->decl, &value, error);
}

static bool build(const struct attempt *a, struct cdecl_error *error)
{
    (void)a;
    const struct cdecl_type *type = cdecl_basic(state, CDECL_PRIM_INT);
    for (uint64_t i = 0; type != NULL && i < 40; i++) {
        type = i % 3 == 0   ? cdecl_pointer_to(state, type, error)
               : i % 3 == 1 ? cdecl_qualified(state, type, CDECL_CONST, error)
                            : cdecl_array_of(state, type, i, error);
    }
    return type != NULL;
}

/* Of a text each kind of declaration, on top of what `before` has declared. */
static const char before[] = "struct known; extern int open[]; void twice(void *); typedef int t;\n"
                             "enum later *p; typedef union { int i; float *f; } u;\n"
                             "#define OLD 1\n"
                             "#define SUM (OLD + NEW * sizeof(struct { char c[3]; }) + 'x')\n"
                             "#define NEW 2\n"
                             "#define TEXT \"some \" \"text\"\n";

static const struct {
    bool (*run)(const struct attempt *attempt, struct cdecl_error *error);
    const char *text;
} attempts[] = {
    {read_text, ""},
    {read_text, "int x;"},
    {read_text,
     "typedef struct { int a, b : 3, : 0; struct { char c; }; long d[4]; } s; s *f(s, ...);"},
    {read_text,
     "struct known { struct known *next; struct inner { int x; } y; union { int z; }; };"},
    {read_text, "enum later { A, B = 5, C = -1 }; enum { D = 1ull << 40 };"},
    {read_text, "extern int open[4]; void twice(void *name) __attribute__((nonnull(1)));"},
    {read_text, "int (*(*f(int (*)(const char *), struct known *))[3])(void);"},
    {read_text,
     "static const char text[] = \"one\" \"two\" L\"three\"; static const double d = 1.5;"},
    {read_text,
     "#define N 3\n#undef OLD\n#define OLD 7\nint a[N + OLD];\n#if N > 2\nint b;\n#endif\n"},
    {read_text, "#pragma pack(push, here, 2)\nstruct k { char c; int i; };\n#pragma pack(pop)\n"},
    {read_text, "# 12 \"some/file.h\"\nint x;\n#line 20 \"another.h\"\nint y;"},
    {read_text,
     "int f(void) __attribute__((format(printf, 1, 2), deprecated(\"m\"))) asm(\"g\");"
     " [[cffi::errno(-1), cffi::count]] int an(int fd, [[cffi::out(n), cffi::string]] char *b, "
     "int n, [[cffi::default(3)]] int later);"},
    {read_text, "typedef u tu __attribute__((transparent_union)); typedef int v4 "
                "__attribute__((vector_size(16))); int m __attribute__((mode(DI)));"},
    {read_text, "int caf\xc3\xa9; int g(void) { return { 1, \"}\" }; } extern \"C\" { int h; }"},
    {read_text, "int spli\\\nced; _BitInt(37) w; _Atomic(int) at; typeof(1 + 2.5) ty; _Complex c;"},
    {read_unbound, "int x; struct fresh { int y; } z; void f(int named, int [*]);"},
    {read_type, "struct { int x; } (*)[4]"},
    {read_type, "const volatile int *restrict (*)(unsigned _BitInt(9), ...)"},
    {read_value, "sizeof(struct { int x[3]; }) + _Generic(1.0f, float: 3, default: \"x\")"},
    {read_value, "\"a\" \"b\" u8\"c\""},
    {read_macro, "SUM"},
    {read_macro, "TEXT"},
    {build, ""},
};

static struct attempt prepare(int i)
{
    struct attempt a = {.source = source_of(attempts[i].text)};
    must_parse(before);
    if (attempts[i].run == read_macro)
        a.decl = decl_of(attempts[i].text);
    return a;
}

static void must_say_out_of_memory(const struct cdecl_error *error, const char *text)
{
    ck_assert_msg(error->out_of_memory, "%s: %s", text, error->message);
    ck_assert_str_eq(error->message, "not enough memory");
    ck_assert_uint_eq(error->line, 0);
}

/* ---- requests to the allocator ---- */

START_TEST(each_request_fails_once)
{
    struct cdecl_error error;
    struct attempt a = prepare(_i);
    struct snapshot shot = take_snapshot(state);
    /* The constructors of `build` are many operations: those that succeeded stay. */
    bool single = attempts[_i].run != build;
    for (size_t n = 0;; n++) {
        memset(&error, 'x', sizeof error);
        state_heap.granted = n;
        bool done = attempts[_i].run(&a, &error);
        state_heap.granted = SIZE_MAX;
        if (done)
            break;
        must_say_out_of_memory(&error, attempts[_i].text);
        if (single)
            must_be_unchanged(state, &shot, attempts[_i].text);
    }
    must_parse("int fine;");
}
END_TEST

START_TEST(creating_a_state)
{
    struct heap heap;
    struct cdecl_allocator allocator = heap_allocator(&heap);
    size_t n = 0;
    for (;; n++) {
        heap.granted = n;
        struct cdecl_state *created = cdecl_new(&allocator);
        if (created != NULL) {
            cdecl_free(created);
            break;
        }
        ck_assert_uint_eq(heap.bytes, 0);
    }
    ck_assert_uint_gt(n, 4);
    ck_assert_uint_eq(heap.bytes, 0);
}
END_TEST

/* So large that both tables and all arenas grow several times. */
START_TEST(a_large_text)
{
    enum { COUNT = 1500 };
    char *text = malloc(COUNT * 120), *to = text;
    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < COUNT; i++)
        to += sprintf(to,
                      "struct s%d { int m%d[%d]; };\n#define N%d %d\n"
                      "int (*f%d)(struct s%d *, int [N%d]);\n",
                      i, i, i + 1, i, i, i, i, i);
    struct cdecl_error error;
    struct cdecl_source source = source_of(text);
    struct snapshot shot = take_snapshot(state);
    size_t n = 0;
    for (;; n += n < 100 ? 1 : n / 10) { /* each but in a stress build, where they are many */
        state_heap.granted = n;
        if (cdecl_parse(state, &source, &error))
            break;
        state_heap.granted = SIZE_MAX;
        must_say_out_of_memory(&error, "the large text");
        must_be_unchanged(state, &shot, "the large text");
        must_parse("struct s1; int N2;");
        must_fail("int 3;", "1:5: expected a name, got '3'");
        shot = take_snapshot(state);
    }
    state_heap.granted = SIZE_MAX;
    ck_assert_uint_gt(n, 10);
    free(text);
}
END_TEST

/* ---- requests to an arena: much finer, as most are served from a block ---- */

static void *refuse(void *user, void *block, size_t old_size, size_t new_size)
{
    return new_size != 0 ? NULL : state->allocator.resize(user, block, old_size, 0);
}

static struct arena *arena_of(int which)
{
    return which == 0 ? &state->arena : which == 1 ? &state->log : &state->scratch;
}

/* A block with `room` bytes in it, the arena's last. */
static void leave_room(struct arena *arena, size_t room)
{
    void *block = cdecl__arena_grow(arena, 20000, 16);
    ck_assert_ptr_nonnull(block);
    arena->next = block;
    ck_assert_uint_ge((size_t)(arena->limit - arena->next), room);
    arena->limit = arena->next + room;
}

static void each_byte_of(int i, int which)
{
    struct cdecl_error error;
    for (size_t room = 0;; room += 8) {
        new_state();
        struct attempt a = prepare(i);
        struct arena *arena = arena_of(which);
        leave_room(arena, room);
        struct snapshot shot = take_snapshot(state);
        struct cdecl_allocator none = {refuse, state->allocator.user};
        arena->allocator = &none;
        bool done = attempts[i].run(&a, &error);
        arena->allocator = &state->allocator;
        if (!done) {
            must_say_out_of_memory(&error, attempts[i].text);
            if (attempts[i].run != build)
                must_be_unchanged(state, &shot, attempts[i].text);
            must_parse("int fine;");
        }
        free_state();
        if (!done)
            continue;
        ck_assert(room > 0 || which != 0 || attempts[i].text[0] == '\0');
        break;
    }
}

START_TEST(each_byte_of_the_arena)
{
    each_byte_of(_i, 0);
}
END_TEST

START_TEST(each_byte_of_the_log)
{
    each_byte_of(_i, 1);
}
END_TEST

START_TEST(each_byte_of_scratch)
{
    each_byte_of(_i, 2);
}
END_TEST

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

Suite *check_memory(void)
{
    Suite *suite = suite_create("memory");
    TCase *requests = add_case(suite, "requests");
    tcase_add_loop_test(requests, each_request_fails_once, 0, LENGTH(attempts));
    tcase_add_test(requests, creating_a_state);
    tcase_add_test(requests, a_large_text);
    TCase *arenas = tcase_create("arenas");
    suite_add_tcase(suite, arenas);
    tcase_add_loop_test(arenas, each_byte_of_the_arena, 0, LENGTH(attempts));
    tcase_add_loop_test(arenas, each_byte_of_the_log, 0, LENGTH(attempts));
    tcase_add_loop_test(arenas, each_byte_of_scratch, 0, LENGTH(attempts));
    return suite;
}
