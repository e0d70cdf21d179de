/* layout_dump FILE...: parses each file (declarations, one scope for all) and prints the layout of
 * every named struct, union and enum in it, in the form that the C programs of
 * tools/layout_difftest.lua print what the compiler did:
 *
 *     struct NAME SIZE ALIGN
 *      MEMBER FIRST-BIT BITS       members of anonymous members too, by their bits in memory order;
 *      MEMBER FIRST-BIT open       arrays without a length
 *     enum NAME SIZE ALIGN
 *      CONSTANT VALUE
 *
 * Depends on cdecl.h alone. Exits with 1 and the parser's error when a file is refused. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "cdecl.h"

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    size_t room = 1 << 16;
    char *text = malloc(room);
    *size = 0;
    for (;;) {
        if (text == NULL) {
            fputs("layout_dump: not enough memory\n", stderr);
            exit(2);
        }
        *size += fread(text + *size, 1, room - *size, file);
        if (*size < room)
            break;
        room *= 2;
        text = realloc(text, room);
    }
    fclose(file);
    return text;
}

static void print_members(const struct cdecl_tag *tag, uint64_t base)
{
    for (const struct cdecl_member *m = tag->members; m < tag->members + tag->nmembers; m++) {
        uint64_t first = (base + m->offset) * 8;
        if (m->width != CDECL_NOT_BITFIELD) {
            if (m->name != NULL)
                printf(" %s %" PRIu64 " %u\n", m->name, first + m->bit, m->width);
        } else if (m->name == NULL) {
            print_members(m->type->tag, base + m->offset);
        } else if (m->type->kind == CDECL_ARRAY && m->type->count == CDECL_COUNT_UNKNOWN) {
            printf(" %s %" PRIu64 " open\n", m->name, first);
        } else {
            printf(" %s %" PRIu64 " %" PRIu64 "\n", m->name, first, cdecl_sizeof(m->type) * 8);
        }
    }
}

static void print_constants(const struct cdecl_tag *tag)
{
    for (uint32_t i = 0; i < tag->nconstants; i++) {
        const struct cdecl_decl *c = tag->constants[i];
        if (cdecl_value_of(c).type->is_signed || (int64_t)cdecl_value_of(c).u >= 0)
            printf(" %s %" PRId64 "\n", c->name, (int64_t)cdecl_value_of(c).u);
        else
            printf(" %s %" PRIu64 "\n", c->name, cdecl_value_of(c).u);
    }
}

static void print_tag(const struct cdecl_tag *tag)
{
    static const char *const kinds[] = {
        [CDECL_STRUCT] = "struct", [CDECL_UNION] = "union", [CDECL_ENUM] = "enum"};
    printf("%s %s %" PRIu64 " %" PRIu32 "\n", kinds[tag->kind], tag->name, cdecl_sizeof(tag->type),
           cdecl_alignof(tag->type));
    if (tag->kind == CDECL_ENUM)
        print_constants(tag);
    else
        print_members(tag, 0);
}

int main(int argc, char **argv)
{
    struct cdecl_state *state = cdecl_new(NULL);
    if (state == NULL)
        return 2;
    for (int i = 1; i < argc; i++) {
        struct cdecl_source source = {.name = argv[i]};
        struct cdecl_error error;
        char *text = read_file(argv[i], &source.size);
        source.text = text;
        bool ok = cdecl_parse(state, &source, &error);
        free(text);
        if (!ok) {
            char message[1024];
            cdecl_error_text(&error, message, sizeof message);
            fprintf(stderr, "%s\n", message);
            cdecl_free(state);
            return 1;
        }
    }
    for (const struct cdecl_tag *t = NULL; (t = cdecl_next_tag(state, t)) != NULL;)
        if (t->name != NULL && t->complete)
            print_tag(t);
    cdecl_free(state);
    return 0;
}
