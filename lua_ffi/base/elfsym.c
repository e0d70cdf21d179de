/* The symbols that a loaded ELF library exports, read from the tables the dynamic linker itself
 * uses.
 *
 * Depends on libc and <link.h>. Everything returned points into the library and lives as long as it
 * stays loaded. On systems without <link.h> there are no symbols to tell.
 */
#include <string.h>

#include "cdecl.h"
#include "base/elfsym.h"

#if defined __linux__ || defined __FreeBSD__

#include <link.h>

/* Address of a table named by the dynamic section; some C libraries relocate the entries, some not.
 */
static const void *table_at(const struct link_map *map, ElfW(Addr) value)
{
    return (const void *)(value < map->l_addr ? value + map->l_addr : value);
}

static const void *dynamic_table(const struct link_map *map, ElfW(Sxword) tag)
{
    for (const ElfW(Dyn) *d = map->l_ld; d != NULL && d->d_tag != DT_NULL; d++) {
        if (d->d_tag == tag)
            return table_at(map, d->d_un.d_ptr);
    }
    return NULL;
}

/* The GNU hash table does not say how many symbols there are: the end of the last chain does. */
static size_t count_gnu(const uint32_t *hash)
{
    uint32_t nbuckets = hash[0];
    uint32_t first = hash[1];
    const uint32_t *buckets = hash + 4 + hash[2] * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
    const uint32_t *chains = buckets + nbuckets;
    uint32_t last = 0;
    for (uint32_t i = 0; i < nbuckets; i++) {
        if (buckets[i] > last)
            last = buckets[i];
    }
    if (last < first)
        return first;
    while ((chains[last - first] & 1) == 0)
        last++;
    return (size_t)last + 1;
}

bool lffi_symbols_of(const struct link_map *map, struct lffi_symbols *symbols)
{
    const uint32_t *gnu = dynamic_table(map, DT_GNU_HASH);
    const uint32_t *sysv = dynamic_table(map, DT_HASH);
    symbols->table = dynamic_table(map, DT_SYMTAB);
    symbols->strings = dynamic_table(map, DT_STRTAB);
    symbols->count = 0;
    symbols->next = 0;
    if (gnu != NULL)
        symbols->count = count_gnu(gnu);
    else if (sysv != NULL)
        symbols->count = sysv[1];
    return symbols->table != NULL && symbols->strings != NULL;
}

static enum lffi_symbol_kind kind_of(unsigned type)
{
    switch (type) {
    case STT_FUNC:
    case STT_GNU_IFUNC: return LFFI_SYMBOL_FUNCTION;
    case STT_OBJECT:
    case STT_COMMON:
    case STT_TLS: return LFFI_SYMBOL_OBJECT;
    default: return LFFI_SYMBOL_OTHER;
    }
}

static bool is_exported(const ElfW(Sym) *s)
{
    unsigned bind = s->st_info >> 4;
    unsigned visibility = s->st_other & 3;
    return s->st_shndx != SHN_UNDEF && s->st_name != 0 && bind != STB_LOCAL &&
           s->st_shndx != SHN_ABS && /* names of symbol versions */
           visibility != STV_HIDDEN && visibility != STV_INTERNAL;
}

bool lffi_next_symbol(struct lffi_symbols *symbols, struct lffi_symbol *symbol)
{
    const ElfW(Sym) *table = symbols->table;
    while (symbols->next < symbols->count) {
        const ElfW(Sym) *s = &table[symbols->next++];
        if (!is_exported(s))
            continue;
        symbol->name = symbols->strings + s->st_name;
        symbol->kind = kind_of(s->st_info & 15);
        symbol->size = s->st_size;
        return true;
    }
    return false;
}

/* The number of the first symbol of the name's chain in a GNU hash table; 0: there is none. */
static uint32_t chain_of(const uint32_t *gnu, uint32_t hash, const uint32_t **chains)
{
    const uint32_t *buckets = gnu + 4 + gnu[2] * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
    *chains = buckets + gnu[0];
    return gnu[0] != 0 ? buckets[hash % gnu[0]] : 0;
}

static bool find_hashed(const uint32_t *gnu, const struct lffi_symbols *symbols, const char *name,
                        struct lffi_symbol *symbol)
{
    const ElfW(Sym) *table = symbols->table;
    const uint32_t *chains;
    uint32_t hash = 5381;
    uint32_t i;
    for (const char *p = name; *p != '\0'; p++)
        hash = hash * 33 + (unsigned char)*p;
    i = chain_of(gnu, hash, &chains);
    for (; i >= gnu[1]; i++) {
        uint32_t link = chains[i - gnu[1]];
        if ((link | 1) == (hash | 1) && strcmp(symbols->strings + table[i].st_name, name) == 0 &&
            is_exported(&table[i])) {
            *symbol = (struct lffi_symbol){symbols->strings + table[i].st_name,
                                           kind_of(table[i].st_info & 15), table[i].st_size};
            return true;
        }
        if ((link & 1) != 0)
            break;
    }
    return false;
}

bool lffi_find_symbol(const struct link_map *map, const char *name, struct lffi_symbol *symbol)
{
    const uint32_t *gnu = dynamic_table(map, DT_GNU_HASH);
    struct lffi_symbols symbols;
    if (!lffi_symbols_of(map, &symbols))
        return false;
    if (gnu != NULL)
        return find_hashed(gnu, &symbols, name, symbol);
    while (lffi_next_symbol(&symbols, symbol)) {
        if (strcmp(symbol->name, name) == 0)
            return true;
    }
    return false;
}

const char *lffi_map_path(const struct link_map *map)
{
    return map->l_name;
}

const struct link_map *lffi_next_map(const struct link_map *map)
{
    return map->l_next;
}

#else

bool lffi_symbols_of(const struct link_map *map, struct lffi_symbols *symbols)
{
    (void)map;
    memset(symbols, 0, sizeof *symbols);
    return false;
}

bool lffi_next_symbol(struct lffi_symbols *symbols, struct lffi_symbol *symbol)
{
    (void)symbols;
    (void)symbol;
    return false;
}

bool lffi_find_symbol(const struct link_map *map, const char *name, struct lffi_symbol *symbol)
{
    (void)map;
    (void)name;
    (void)symbol;
    return false;
}

const char *lffi_map_path(const struct link_map *map)
{
    (void)map;
    return "";
}

const struct link_map *lffi_next_map(const struct link_map *map)
{
    (void)map;
    return NULL;
}

#endif

const char *lffi_nearest_symbol(const struct link_map *map, const char *name, size_t *limit)
{
    struct lffi_symbols symbols;
    struct lffi_symbol symbol;
    const char *nearest = NULL;
    size_t size = strlen(name);
    if (*limit == 0 || !lffi_symbols_of(map, &symbols))
        return NULL;
    while (lffi_next_symbol(&symbols, &symbol)) {
        if (cdecl_is_nearer(name, size, symbol.name, limit))
            nearest = symbol.name;
    }
    return nearest;
}
