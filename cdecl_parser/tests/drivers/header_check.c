/* header_check FILE: parses preprocessed C (or "-", standard input) and prints assertions that a
 * compiler can check behind the same text: size, alignment and member offsets of every named struct
 * and union, values of constants, and that functions, variables and typedefs have the types that
 * the parser prints for them. Counts and the time taken go to standard error as
 *
 *     names tags bytes seconds arena-bytes
 *
 * Depends on cdecl.h alone. Exits with 1 and the parser's error when the text is refused. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "cdecl.h"

static char type_text[1 << 16];

static char *read_file(const char *path, size_t *size)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    size_t room = 1 << 16;
    char *text = malloc(room);
    *size = 0;
    while (file != NULL && text != NULL) {
        *size += fread(text + *size, 1, room - *size, file);
        if (*size < room)
            break;
        room *= 2;
        text = realloc(text, room);
    }
    if (file == NULL || text == NULL) {
        perror(path);
        exit(2);
    }
    if (file != stdin)
        fclose(file);
    return text;
}

static void assert_offsets(const char *type, const struct cdecl_tag *tag, uint64_t base)
{
    for (const struct cdecl_member *m = tag->members; m < tag->members + tag->nmembers; m++) {
        if (m->width != CDECL_NOT_BITFIELD)
            continue;
        if (m->name == NULL)
            assert_offsets(type, m->type->tag, base + m->offset);
        else
            printf("_Static_assert(__builtin_offsetof(%s, %s) == %" PRIu64 ", \"%s.%s\");\n", type,
                   m->name, base + m->offset, type, m->name);
    }
}

static void assert_size(const char *name, const struct cdecl_type *type)
{
    if (!cdecl_is_complete(type) || type->kind == CDECL_FUNCTION)
        return;
    printf("_Static_assert(sizeof(%s) == %" PRIu64 ", \"sizeof(%s)\");\n", name, cdecl_sizeof(type),
           name);
    /* gcc's _Alignof of what needs more than the stack has is the stack's */
    printf("_Static_assert(%s(%s) == %" PRIu32 ", \"_Alignof(%s)\");\n",
           cdecl_alignof(type) > 16 ? "__alignof__" : "_Alignof", name, cdecl_alignof(type), name);
}

/* The compilers know it by no name that C text could use. */
static bool is_va_list(const char *text)
{
    return strstr(text, "__va_list_tag") != NULL;
}

/* Names that can be called and nothing else: in clang's <tgmath.h> they have several types each, in
 * its <immintrin.h> they are built in. */
static bool is_for_calls_only(const struct cdecl_decl *d)
{
    return d->refusal == CDECL_REFUSED_overloadable || strncmp(d->name, "_mm_", 4) == 0;
}

/* A tag first named among parameters is another one in C than that of the same name later on, but
 * not when it was known before: the runner puts these lines in front of the text. */
static void declare_tag(const struct cdecl_tag *tag)
{
    if (tag->name != NULL && tag->kind != CDECL_ENUM && !is_va_list(tag->name))
        printf("%s %s;\n", tag->kind == CDECL_STRUCT ? "struct" : "union", tag->name);
}

static void assert_tag(const struct cdecl_tag *tag)
{
    if (tag->name == NULL || !tag->complete || is_va_list(tag->name))
        return;
    cdecl_print(tag->type, NULL, type_text, sizeof type_text);
    assert_size(type_text, tag->type);
    if (tag->kind != CDECL_ENUM)
        assert_offsets(type_text, tag, 0);
}

/* Of enumerators only: in C "static const int" is no constant expression. */
static void assert_constant(const struct cdecl_decl *d)
{
    if (cdecl_value_of(d).kind == CDECL_VALUE_INT && !(d->type->quals & CDECL_CONST))
        printf("_Static_assert((unsigned long long)(%s) == %" PRIu64 "u, \"%s\");\n", d->name,
               cdecl_value_of(d).u, d->name);
}

/* A type whose text declares something anew: a nameless aggregate somewhere in it. */
static bool is_nameless(const struct cdecl_type *type)
{
    for (uint32_t i = 0; i < type->nparams; i++)
        if (is_nameless(type->params[i]))
            return true;
    if (type->tag == NULL)
        return type->target != NULL && is_nameless(type->target);
    return type->tag->name == NULL &&
           (type->tag->typedef_name == NULL || type->align != type->tag->typedef_align);
}

static void assert_type(const struct cdecl_decl *d)
{
    if (is_nameless(d->type) || is_for_calls_only(d))
        return;
    cdecl_print(d->type, NULL, type_text, sizeof type_text);
    if (is_va_list(type_text))
        return;
    printf("_Static_assert(__builtin_types_compatible_p(__typeof__(%s), %s), \"%s\");\n", d->name,
           type_text, d->name);
}

static void assert_decl(const struct cdecl_decl *d)
{
    switch (d->kind) {
    case CDECL_DECL_CONSTANT: assert_constant(d); break;
    case CDECL_DECL_TYPEDEF:
        assert_size(d->name, d->type);
        assert_type(d);
        if ((d->type->kind == CDECL_STRUCT || d->type->kind == CDECL_UNION) &&
            d->type->tag->name == NULL)
            assert_offsets(d->name, d->type->tag, 0);
        break;
    case CDECL_DECL_FUNCTION:
    case CDECL_DECL_VARIABLE: assert_type(d); break;
    case CDECL_DECL_MACRO: break;
    }
}

static bool parse(struct cdecl_state *state, const struct cdecl_source *source, double *seconds)
{
    struct cdecl_error error;
    clock_t start = clock();
    bool ok = cdecl_parse(state, source, &error);
    *seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    if (!ok) {
        char message[1024];
        cdecl_error_text(&error, message, sizeof message);
        fprintf(stderr, "%s\n", message);
    }
    return ok;
}

int main(int argc, char **argv)
{
    struct cdecl_state *state = cdecl_new(NULL);
    if (argc != 2 || state == NULL)
        return 2;
    size_t names = 0, tags = 0, before = cdecl_memory(state);
    double seconds;
    struct cdecl_source source = {.size = 0};
    char *text = read_file(argv[1], &source.size);
    source.text = text;
    bool ok = parse(state, &source, &seconds);
    if (ok) {
        for (const struct cdecl_tag *t = NULL; (t = cdecl_next_tag(state, t)) != NULL; tags++)
            declare_tag(t);
        for (const struct cdecl_tag *t = NULL; (t = cdecl_next_tag(state, t)) != NULL;)
            assert_tag(t);
        for (const struct cdecl_decl *d = NULL; (d = cdecl_next(state, d)) != NULL;
             names += d->line != 0)
            if (d->line != 0)
                assert_decl(d);
        fprintf(stderr, "%zu %zu %zu %.6f %zu\n", names, tags, source.size, seconds,
                cdecl_memory(state) - before);
    }
    free(text);
    cdecl_free(state);
    return ok ? 0 : 1;
}
