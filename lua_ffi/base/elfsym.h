/* The symbols that a loaded library exports. */
#ifndef LFFI_ELFSYM_H
#define LFFI_ELFSYM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link_map;

enum lffi_symbol_kind { LFFI_SYMBOL_FUNCTION, LFFI_SYMBOL_OBJECT, LFFI_SYMBOL_OTHER };

struct lffi_symbol {
    const char *name; /* in the library's own memory */
    enum lffi_symbol_kind kind;
    uint64_t size; /* bytes, 0 when not known */
};

/* The symbol table of one loaded library, and a place in it. */
struct lffi_symbols {
    const void *table;
    const char *strings;
    size_t count;
    size_t next;
};

/* Starts at the first symbol. False where the format is not known (then there are none). */
bool lffi_symbols_of(const struct link_map *map, struct lffi_symbols *symbols);
/* The next defined, exported symbol; false at the end. */
bool lffi_next_symbol(struct lffi_symbols *symbols, struct lffi_symbol *symbol);
/* The exported symbol of this name; false when the library has none. */
bool lffi_find_symbol(const struct link_map *map, const char *name, struct lffi_symbol *symbol);
/* The path a library was loaded from ("" for the program), and the library loaded after it or NULL.
 */
const char *lffi_map_path(const struct link_map *map);
const struct link_map *lffi_next_map(const struct link_map *map);
/* The exported name that differs from `name` in the fewest letters, fewer than `*limit`, or NULL.
 * `*limit` becomes their number, so that the next library searched must do better. */
const char *lffi_nearest_symbol(const struct link_map *map, const char *name, size_t *limit);

#endif
