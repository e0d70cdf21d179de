/* The symbols that loaded files export: the program and its shared libraries. */
#ifndef LFFI_ELFSYM_H
#define LFFI_ELFSYM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cdecl.h"

struct link_map;

enum lffi_symbol_kind { LFFI_SYMBOL_FUNCTION, LFFI_SYMBOL_OBJECT, LFFI_SYMBOL_OTHER };

struct lffi_symbol {
    const char *name;
    enum lffi_symbol_kind kind;
    uint64_t size; /* bytes, 0 when not known */
};

/* Which loaded files are meant: all, or the one with its dynamic section at `dynamic`; NULL: none.
 */
struct lffi_files {
    bool all;
    const void *dynamic;
};

/* What the first of the files that exports the name calls it; "other" when none does. */
enum lffi_symbol_kind lffi_kind_of_symbol(struct lffi_files files, const char *name);
/* Whether the first letter is one of the first two that the search is for, or the second one the
 * first: spares comparing most names, of which there are thousands, and few mistakes are in both.
 */
static inline bool lffi_begins_alike(const struct cdecl_near *near, const char *name)
{
    return (near->where[(unsigned char)name[0]] & 3) != 0 ||
           (near->where[(unsigned char)name[1]] & 1) != 0;
}

/* The exported names nearest to the one that `near` was started with: row d of `rows`, for d from 1
 * to limit - 1, becomes the first name met that differs in d letters and is nearer than those met
 * before it and begins alike, or "". There are `limit` rows of size + limit bytes, for no name that
 * near is longer.
 */
void lffi_nearest_symbols(struct lffi_files files, const struct cdecl_near *near, char *rows);
/* Copies the exported symbols into `memory`, one after the other, as many as fit in `size` bytes.
 * Returns the bytes that all take: when more than `size`, not all were copied. */
size_t lffi_copy_symbols(struct lffi_files files, char *memory, size_t size);
/* Copies a symbol behind the `used` bytes of such copies, if it fits; returns what is used then. */
size_t lffi_copy_symbol(struct lffi_symbol symbol, char *memory, size_t size, size_t used);
/* The symbol copied to `memory` + `*place`, which moves on to the next. Its name lies there. */
struct lffi_symbol lffi_copied_symbol(const char *memory, size_t *place);

/* Of a file that its caller keeps loaded: the path it was loaded from ("" for the program), and its
 * dynamic section. */
const char *lffi_map_path(const struct link_map *map);
const void *lffi_map_dynamic(const struct link_map *map);
/* Whether the address lies in the file with its dynamic section there. */
bool lffi_file_holds(const void *dynamic, const void *address);

#endif
