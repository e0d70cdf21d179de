/* The helpers of the suites. See support.h. */
#include "support.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>

struct cdecl_state *state;
struct heap state_heap;

/* ---- memory ---- */

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    struct heap *heap = user;
    if (new_size == 0) {
        if (block != NULL)
            memset(block, 0xdd, old_size);
        heap->bytes -= block == NULL ? 0 : old_size;
        free(block);
        return NULL;
    }
    ck_assert_ptr_null(block);
    heap->requests++;
    if (heap->granted == 0)
        return NULL;
    heap->granted -= heap->granted != SIZE_MAX;
    heap->bytes += new_size;
    return malloc(new_size);
}

struct cdecl_allocator heap_allocator(struct heap *heap)
{
    *heap = (struct heap){0, SIZE_MAX, 0};
    return (struct cdecl_allocator){resize, heap};
}

/* ---- the state of a test ---- */

void new_state(void)
{
    struct cdecl_allocator allocator = heap_allocator(&state_heap);
    state = cdecl_new(&allocator);
    ck_assert_ptr_nonnull(state);
}

void free_state(void)
{
    cdecl_free(state);
    state = NULL;
    ck_assert_uint_eq(state_heap.bytes, 0);
}

TCase *add_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, new_state, free_state);
    suite_add_tcase(suite, tcase);
    return tcase;
}

/* ---- what a transaction must leave as it was ---- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static uint64_t mix_pointer(uint64_t hash, const void *pointer)
{
    return mix(hash, (uint64_t)(uintptr_t)pointer);
}

static uint64_t hash_decl(const struct cdecl_decl *decl)
{
    uint64_t hash = mix_pointer(decl->kind, decl->type);
    hash = mix_pointer(mix(hash, decl->line), decl->attrs);
    hash = mix_pointer(mix(hash, decl->refusal), decl->next);
    if (decl->kind == CDECL_DECL_CONSTANT)
        return mix_pointer(mix(hash, cdecl_value_of(decl).u), cdecl_value_of(decl).type);
    if (decl->kind == CDECL_DECL_MACRO)
        return mix_pointer(hash, decl->text);
    return mix_pointer(mix_pointer(hash, decl->symbol), decl->params);
}

static uint64_t hash_tag(const struct cdecl_tag *tag)
{
    uint64_t hash = mix(tag->kind, (uint64_t)tag->complete | (uint64_t)tag->transparent << 1);
    hash = mix(mix(hash, tag->size), tag->align);
    hash = mix_pointer(mix(mix(hash, tag->nmembers), tag->nconstants), tag->members);
    hash = mix_pointer(mix_pointer(hash, tag->constants), tag->typedef_name);
    return mix(mix_pointer(mix(hash, tag->refusal), tag->next), tag->type->depth);
}

/* Of all meanings of all names, in any order: the table may have grown. */
static uint64_t hash_names(const struct table *table)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i <= table->mask; i++) {
        if (table->hashes[i] == 0)
            continue;
        const struct name *name = table->slots[i];
        uint64_t hash = mix_pointer(mix_pointer(name->hash, name->decl), name->extra);
        if (name->extra != NULL)
            hash = mix_pointer(mix_pointer(hash, name->extra->tag), name->extra->macro);
        sum += hash;
    }
    return sum;
}

struct snapshot take_snapshot(const struct cdecl_state *of)
{
    struct snapshot shot = {.memory = cdecl_memory(of),
                            .names = of->names.count,
                            .types = of->types.count,
                            .ids = of->next_id,
                            .meaning = hash_names(&of->names)};
    for (const struct cdecl_decl *decl = of->first_decl; decl != NULL; decl = decl->next) {
        shot.decls++;
        shot.meaning = mix(shot.meaning, hash_decl(decl));
    }
    for (const struct cdecl_tag *tag = of->first_tag; tag != NULL; tag = tag->next) {
        shot.tags++;
        shot.meaning = mix(shot.meaning, hash_tag(tag));
    }
    return shot;
}

void must_be_unchanged(const struct cdecl_state *of, const struct snapshot *before,
                       const char *text)
{
    struct snapshot now = take_snapshot(of);
    ck_assert_msg(now.memory == before->memory, "%s\nleft %zd bytes in the arena", text,
                  (ssize_t)(now.memory - before->memory));
    ck_assert_msg(now.names == before->names, "%s\nleft %d names", text,
                  (int)(now.names - before->names));
    ck_assert_msg(now.types == before->types, "%s\nleft %d types", text,
                  (int)(now.types - before->types));
    ck_assert_msg(now.ids == before->ids, "%s\nused %d ids", text, (int)(now.ids - before->ids));
    ck_assert_msg(now.decls == before->decls, "%s\nleft %d declarations", text,
                  (int)(now.decls - before->decls));
    ck_assert_msg(now.tags == before->tags, "%s\nleft %d tags", text,
                  (int)(now.tags - before->tags));
    ck_assert_msg(now.meaning == before->meaning, "%s\nchanged what was there", text);
}

/* ---- reading ---- */

struct cdecl_source source_of(const char *text)
{
    return (struct cdecl_source){.text = text, .size = strlen(text)};
}

const char *message_of(const struct cdecl_error *error)
{
    static char text[sizeof error->file + sizeof error->message + 32];
    if (error->line == 0)
        return error->message;
    snprintf(text, sizeof text, "%s%s%u:%u: %s", error->file, error->file[0] == '\0' ? "" : ":",
             (unsigned)error->line, (unsigned)error->column, error->message);
    return text;
}

void must_parse_source(const struct cdecl_source *source)
{
    struct cdecl_error error;
    if (!cdecl_parse(state, source, &error))
        ck_abort_msg("%.400s\nis refused: %s", source->text, message_of(&error));
}

void must_parse(const char *text)
{
    struct cdecl_source source = source_of(text);
    must_parse_source(&source);
}

static bool is_read(enum entry entry, const struct cdecl_source *source, struct cdecl_error *error)
{
    struct cdecl_value value;
    switch (entry) {
    case DECLARATIONS: return cdecl_parse(state, source, error);
    case TYPE_NAME: return cdecl_parse_type(state, source, error) != NULL;
    case EXPRESSION: return cdecl_eval(state, source, &value, error);
    }
    return false;
}

void must_fail_as(enum entry entry, const struct cdecl_source *source, const char *expected)
{
    struct cdecl_error error;
    struct snapshot before = take_snapshot(state);
    if (is_read(entry, source, &error))
        ck_abort_msg("%.400s\nis read, expected: %s", source->text, expected);
    if (strcmp(message_of(&error), expected) != 0)
        ck_abort_msg("%.400s\nexpected: %s\nbut got:  %s", source->text, expected,
                     message_of(&error));
    ck_assert(!error.out_of_memory);
    must_be_unchanged(state, &before, source->text);
}

void must_fail_source(const struct cdecl_source *source, const char *expected)
{
    must_fail_as(DECLARATIONS, source, expected);
}

void must_fail(const char *text, const char *expected)
{
    struct cdecl_source source = source_of(text);
    must_fail_as(DECLARATIONS, &source, expected);
}

void must_fail_type(const char *text, const char *expected)
{
    struct cdecl_source source = source_of(text);
    must_fail_as(TYPE_NAME, &source, expected);
}

void must_fail_value(const char *text, const char *expected)
{
    struct cdecl_source source = source_of(text);
    must_fail_as(EXPRESSION, &source, expected);
}

const struct cdecl_type *type_of(const char *text)
{
    struct cdecl_error error;
    struct cdecl_source source = source_of(text);
    const struct cdecl_type *type = cdecl_parse_type(state, &source, &error);
    if (type == NULL)
        ck_abort_msg("%.400s\nis refused: %s", text, message_of(&error));
    return type;
}

struct cdecl_value value_of(const char *text)
{
    struct cdecl_error error;
    struct cdecl_value value;
    struct cdecl_source source = source_of(text);
    if (!cdecl_eval(state, &source, &value, &error))
        ck_abort_msg("%.400s\nis refused: %s", text, message_of(&error));
    return value;
}

int64_t int_of(const char *text)
{
    struct cdecl_value value = value_of(text);
    ck_assert_msg(value.kind == CDECL_VALUE_INT, "%s\nis no integer", text);
    return (int64_t)value.u;
}

bool same_float(long double a, long double b)
{
    static volatile long double one = 1, least = LDBL_EPSILON;
    if (a == b || one + least != one)
        return a == b;
    long double distance = a < b ? b - a : a - b, size = a < 0 ? -a : a;
    return distance <= size * DBL_EPSILON;
}

bool is_declared(const char *name)
{
    return cdecl_find(state, name, strlen(name)) != NULL;
}

const struct cdecl_decl *decl_of(const char *name)
{
    const struct cdecl_decl *decl = cdecl_find(state, name, strlen(name));
    ck_assert_msg(decl != NULL, "'%s' is not declared", name);
    return decl;
}

const struct cdecl_member *member_of(const struct cdecl_type *type, const char *name)
{
    uint64_t offset;
    const struct cdecl_member *member = cdecl_find_member(type, name, strlen(name), &offset);
    ck_assert_msg(member != NULL, "no member '%s'", name);
    return member;
}

const struct cdecl_attr *attr_of(const struct cdecl_attr *list, enum cdecl_attr_id id)
{
    while (list != NULL && list->id != id)
        list = list->next;
    return list;
}

/* ---- printing ---- */

const char *print_type(const struct cdecl_type *type)
{
    static char texts[4][2048]; /* so that one assertion may print several */
    static unsigned next;
    char *text = texts[next++ % 4];
    ck_assert_uint_lt(cdecl_print(type, NULL, text, sizeof texts[0]), sizeof texts[0]);
    return text;
}

const char *print_name(const char *name)
{
    static char texts[4][2048];
    static unsigned next;
    char *text = texts[next++ % 4];
    ck_assert_uint_lt(cdecl__print_resolved(decl_of(name), text, sizeof texts[0]), sizeof texts[0]);
    return text;
}
