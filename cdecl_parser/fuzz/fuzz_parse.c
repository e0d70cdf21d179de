/* The fuzz target: any bytes as declarations, as a type and as an expression, in a fresh scope.
 * What was declared is printed, and printed types are read again. Checked besides crashes (the
 * sanitizers' part): memory is bounded and all of it comes back, a refused text leaves no name
 * behind, errors have a message, printing agrees with itself, and parse(print(type)) is the same
 * type. Depends on cdecl.h alone; libFuzzer or replay.c calls it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cdecl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* More than any input of libFuzzer's size needs. */
#define MEMORY_LIMIT ((size_t)256 << 20)
#define LONGEST_PRINT (1 << 16)

#define REQUIRE(condition)                                                            \
    do {                                                                              \
        if (!(condition)) {                                                           \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                  \
        }                                                                             \
    } while (0)

static void *limited_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    size_t *used = user;
    if (block == NULL)
        old_size = 0;
    if (new_size == 0) {
        free(block);
        *used -= old_size;
        return NULL;
    }
    if (new_size > old_size && new_size - old_size > MEMORY_LIMIT - *used)
        return NULL;
    void *result = realloc(block, new_size);
    if (result != NULL)
        *used += new_size - old_size;
    return result;
}

/* Whether a tag's typedef still names it. */
static bool has_typedef(const struct cdecl_tag *tag)
{
    if (tag->typedef_name == NULL)
        return false;
    const struct cdecl_decl *decl =
        cdecl_find(tag->state, tag->typedef_name, strlen(tag->typedef_name));
    return decl != NULL && decl->kind == CDECL_DECL_TYPEDEF && decl->type->tag == tag;
}

/* A type whose text declares something anew: a nameless aggregate. */
static bool is_nameless(const struct cdecl_type *type)
{
    switch ((enum cdecl_kind)type->kind) {
    case CDECL_STRUCT:
    case CDECL_UNION:
    case CDECL_ENUM:
        return type->tag->name == NULL &&
               (!has_typedef(type->tag) || type->align != type->tag->typedef_align);
    case CDECL_POINTER:
    case CDECL_ARRAY:
    case CDECL_VECTOR: return is_nameless(type->target);
    case CDECL_FUNCTION:
        for (uint32_t i = 0; i < type->nparams; i++)
            if (is_nameless(type->params[i]))
                return true;
        return is_nameless(type->target);
    case CDECL_VOID:
    case CDECL_BOOL:
    case CDECL_INT:
    case CDECL_FLOAT:
    case CDECL_COMPLEX: break;
    }
    return false;
}

static bool has_macros(const struct cdecl_state *state)
{
    for (const struct cdecl_decl *d = NULL; (d = cdecl_next(state, d)) != NULL;)
        if (d->kind == CDECL_DECL_MACRO)
            return true;
    return false;
}

static void check_error(const struct cdecl_error *error)
{
    char text[2048];
    REQUIRE(error->message[0] != '\0');
    REQUIRE(memchr(error->message, '\0', sizeof error->message) != NULL);
    REQUIRE(memchr(error->source, '\0', sizeof error->source) != NULL);
    REQUIRE(cdecl_error_text(error, text, sizeof text) < sizeof text);
    if (error->line != 0)
        REQUIRE(error->column >= 1 && error->source_column >= 1);
}

/* A message for the one who looks at a finding, and the end. */
static void report_difference(const struct cdecl_type *type, const char *text,
                              const struct cdecl_error *error)
{
    (void)type;
    fprintf(stderr, "not the same type when read again: %s\n%s\n", text, error->message);
    abort();
}

static void check_type(struct cdecl_state *state, const struct cdecl_type *type, bool again)
{
    static char text[LONGEST_PRINT], shorter[16];
    size_t size = cdecl_print(type, NULL, text, sizeof text);
    REQUIRE(cdecl_print(type, NULL, shorter, sizeof shorter) == size);
    if (size >= sizeof text || !again || is_nameless(type))
        return;
    struct cdecl_source source = {.text = text, .size = size};
    struct cdecl_error error = {.line = 0};
    if (cdecl_parse_type(state, &source, &error) != type && !error.out_of_memory)
        report_difference(type, text, &error);
}

static void check_declarations(struct cdecl_state *state)
{
    static char text[LONGEST_PRINT];
    bool again = !has_macros(state);
    for (const struct cdecl_decl *d = NULL; (d = cdecl_next(state, d)) != NULL;) {
        if (d->line == 0)
            continue;
        cdecl_print_decl(d, text, sizeof text);
        if (d->type != NULL && d->kind != CDECL_DECL_MACRO)
            check_type(state, d->type, again);
        struct cdecl_value value;
        struct cdecl_error error;
        if (d->kind == CDECL_DECL_MACRO && !cdecl_macro_value(state, d, &value, &error))
            check_error(&error);
    }
    for (const struct cdecl_tag *t = NULL; (t = cdecl_next_tag(state, t)) != NULL;)
        check_type(state, t->type, again);
}

static size_t count_names(const struct cdecl_state *state)
{
    size_t n = 0;
    for (const struct cdecl_decl *d = NULL; (d = cdecl_next(state, d)) != NULL;)
        n++;
    for (const struct cdecl_tag *t = NULL; (t = cdecl_next_tag(state, t)) != NULL;)
        n++;
    return n;
}

static void as_declarations(struct cdecl_state *state, const struct cdecl_source *source)
{
    struct cdecl_error error;
    size_t names = count_names(state), memory = cdecl_memory(state);
    if (cdecl_parse(state, source, &error)) {
        check_declarations(state);
    } else {
        check_error(&error);
        REQUIRE(count_names(state) == names);
        REQUIRE(cdecl_memory(state) == memory);
    }
}

static void as_type_and_value(struct cdecl_state *state, const struct cdecl_source *source)
{
    struct cdecl_error error;
    struct cdecl_value value;
    const struct cdecl_type *type = cdecl_parse_type(state, source, &error);
    if (type != NULL)
        check_type(state, type, !has_macros(state));
    else
        check_error(&error);
    if (!cdecl_eval(state, source, &value, &error))
        check_error(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t used = 0;
    struct cdecl_allocator allocator = {.resize = limited_resize, .user = &used};
    struct cdecl_state *state = cdecl_new(&allocator);
    REQUIRE(state != NULL);
    struct cdecl_source source = {.text = (const char *)data, .size = size};
    as_declarations(state, &source);
    as_type_and_value(state, &source);
    cdecl_free(state);
    REQUIRE(used == 0);
    return 0;
}
