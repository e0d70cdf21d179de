/* parse_cost FILE: reads declarations and prints what they cost:
 *
 *     items arena-bytes seconds
 *
 * where items are the members, parameters, enumerators and declared names (tags, typedefs,
 * functions, variables, constants other than enumerators). Depends on cdecl.h alone. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "cdecl.h"

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        return NULL;
    *size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*size + 1);
    if (text != NULL && fread(text, 1, *size, file) == *size)
        text[*size] = '\0';
    fclose(file);
    return text;
}

static size_t parameters(const struct cdecl_type *type)
{
    size_t count = 0;
    for (; type != NULL; type = type->target)
        count += type->nparams;
    return count;
}

static size_t count_items(const struct cdecl_state *state, const struct cdecl_decl *old_decl,
                          const struct cdecl_tag *old_tag)
{
    size_t items = 0;
    for (const struct cdecl_decl *d = old_decl; (d = cdecl_next(state, d)) != NULL;)
        items += 1 + (d->kind == CDECL_DECL_MACRO ? 0 : parameters(d->type));
    for (const struct cdecl_tag *t = old_tag; (t = cdecl_next_tag(state, t)) != NULL;)
        items += (t->name != NULL) + t->nmembers;
    return items;
}

int main(int argc, char **argv)
{
    struct cdecl_source source = {.flags = CDECL_TERMINATED};
    struct cdecl_state *state = cdecl_new(NULL);
    const struct cdecl_decl *last_decl = NULL;
    const struct cdecl_tag *last_tag = NULL;
    struct cdecl_error error;
    if (argc != 2 || state == NULL || (source.text = read_file(argv[1], &source.size)) == NULL)
        return 2;
    for (const struct cdecl_decl *d = NULL; (d = cdecl_next(state, d)) != NULL;)
        last_decl = d;
    for (const struct cdecl_tag *t = NULL; (t = cdecl_next_tag(state, t)) != NULL;)
        last_tag = t;
    size_t before = cdecl_memory(state);
    clock_t start = clock();
    if (!cdecl_parse(state, &source, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    clock_t taken = clock() - start;
    printf("%zu %zu %.6f\n", count_items(state, last_decl, last_tag), cdecl_memory(state) - before,
           (double)taken / CLOCKS_PER_SEC);
    cdecl_free(state);
    free((void *)(uintptr_t)source.text);
    return 0;
}
