/* The symbols that loaded ELF files export, read from the tables the dynamic linker itself uses.
 *
 * Depends on libc, <link.h> and cdecl.h for distances between names. The files may be anyone's, and
 * another thread may unload them: they are read within dl_iterate_phdr, which holds the dynamic
 * linker's lock, and what is returned are copies in the caller's memory. macOS has no such files:
 * system_darwin.c.
 */
#include <link.h>
#include <string.h>

#include "base/elfsym.h"

/* DT_HASH is of 32-bit words, but for two ABIs that were made before that was agreed on. */
#if defined __s390x__ || defined __alpha__
#define HASH_WORD uint64_t
#else
#define HASH_WORD uint32_t
#endif

/* ---- the tables of a file -------------------------------------------------------------------- */

struct tables {
    const ElfW(Sym) * symbols;
    const char *strings;
    const uint32_t *gnu;   /* DT_GNU_HASH or NULL */
    const HASH_WORD *sysv; /* DT_HASH or NULL */
};

/* Address of a table named by the dynamic section; some C libraries relocate the entries, some not.
 */
static const void *table_at(ElfW(Addr) base, ElfW(Addr) value)
{
    return (const void *)(value < base ? value + base : value);
}

static bool read_tables(const ElfW(Dyn) * d, ElfW(Addr) base, struct tables *tables)
{
    *tables = (struct tables){0};
    for (; d->d_tag != DT_NULL; d++) {
        switch (d->d_tag) {
        case DT_SYMTAB: tables->symbols = table_at(base, d->d_un.d_ptr); break;
        case DT_STRTAB: tables->strings = table_at(base, d->d_un.d_ptr); break;
        case DT_GNU_HASH: tables->gnu = table_at(base, d->d_un.d_ptr); break;
        case DT_HASH: tables->sysv = table_at(base, d->d_un.d_ptr); break;
        default: break;
        }
    }
    return tables->symbols != NULL && tables->strings != NULL;
}

static const uint32_t *gnu_buckets(const uint32_t *gnu)
{
    return gnu + 4 + gnu[2] * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
}

/* The GNU hash table does not say how many symbols there are: the end of the last chain does. */
static size_t count_gnu(const uint32_t *gnu)
{
    uint32_t nbuckets = gnu[0];
    uint32_t first = gnu[1];
    const uint32_t *buckets = gnu_buckets(gnu);
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

static size_t count_symbols(const struct tables *tables)
{
    if (tables->gnu != NULL)
        return count_gnu(tables->gnu);
    return tables->sysv != NULL ? (size_t)tables->sysv[1] : 0;
}

static enum lffi_symbol_kind kind_of(const ElfW(Sym) * s)
{
    switch (s->st_info & 15) {
    case STT_FUNC:
    case STT_GNU_IFUNC: return LFFI_SYMBOL_FUNCTION;
    case STT_OBJECT:
    case STT_COMMON:
    case STT_TLS: return LFFI_SYMBOL_OBJECT;
    default: return LFFI_SYMBOL_OTHER;
    }
}

static bool is_exported(const ElfW(Sym) * s)
{
    unsigned bind = s->st_info >> 4;
    unsigned visibility = s->st_other & 3;
    return s->st_shndx != SHN_UNDEF && s->st_name != 0 && bind != STB_LOCAL &&
           s->st_shndx != SHN_ABS && /* names of symbol versions */
           visibility != STV_HIDDEN && visibility != STV_INTERNAL;
}

static bool is_export_named(const struct tables *tables, size_t i, const char *name)
{
    const ElfW(Sym) *s = &tables->symbols[i];
    return is_exported(s) && strcmp(tables->strings + s->st_name, name) == 0;
}

static const ElfW(Sym) * find_hashed(const struct tables *tables, const char *name)
{
    const uint32_t *gnu = tables->gnu;
    const uint32_t *buckets = gnu_buckets(gnu);
    const uint32_t *chains = buckets + gnu[0];
    uint32_t hash = 5381;
    uint32_t i;
    for (const char *p = name; *p != '\0'; p++)
        hash = hash * 33 + (unsigned char)*p;
    i = gnu[0] != 0 ? buckets[hash % gnu[0]] : 0; /* 0: an empty bucket */
    for (; i != 0 && i >= gnu[1]; i++) {
        uint32_t link = chains[i - gnu[1]]; /* the lowest bit ends the chain */
        if ((link | 1) == (hash | 1) && is_export_named(tables, i, name))
            return &tables->symbols[i];
        if ((link & 1) != 0)
            break;
    }
    return NULL;
}

/* The exported symbol of this name, or NULL. */
static const ElfW(Sym) * find_symbol(const struct tables *tables, const char *name)
{
    size_t count;
    if (tables->gnu != NULL)
        return find_hashed(tables, name);
    count = count_symbols(tables);
    for (size_t i = 0; i < count; i++) {
        if (is_export_named(tables, i, name))
            return &tables->symbols[i];
    }
    return NULL;
}

/* ---- the loaded files ------------------------------------------------------------------------ */

/* A walk over files. `visit` ends it by returning true. It runs while the dynamic linker's lock is
 * held: it neither raises, nor calls Lua, nor calls the linker. dlsym takes a second lock, which a
 * thread in dlclose holds when it waits for the first. */
struct walk {
    struct lffi_files files;
    bool (*visit)(const struct tables *tables, void *data);
    void *data;
};

static const ElfW(Dyn) * dynamic_of(const struct dl_phdr_info *info)
{
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            return (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    }
    return NULL;
}

static int visit_file(struct dl_phdr_info *info, size_t size, void *data)
{
    const struct walk *walk = data;
    const ElfW(Dyn) *dynamic = dynamic_of(info);
    struct tables tables;
    (void)size;
    if (dynamic == NULL || (!walk->files.all && dynamic != walk->files.dynamic))
        return 0;
    if (read_tables(dynamic, info->dlpi_addr, &tables) && walk->visit(&tables, walk->data))
        return 1;
    return !walk->files.all;
}

static void walk_files(struct lffi_files files, bool (*visit)(const struct tables *, void *),
                       void *data)
{
    struct walk walk = {files, visit, data};
    dl_iterate_phdr(visit_file, &walk);
}

/* ---- what is asked of them ------------------------------------------------------------------- */

struct kind_query {
    const char *name;
    enum lffi_symbol_kind kind;
};

static bool visit_for_kind(const struct tables *tables, void *data)
{
    struct kind_query *query = data;
    const ElfW(Sym) *s = find_symbol(tables, query->name);
    if (s != NULL)
        query->kind = kind_of(s);
    return s != NULL;
}

enum lffi_symbol_kind lffi_kind_of_symbol(struct lffi_files files, const char *name)
{
    struct kind_query query = {name, LFFI_SYMBOL_OTHER};
    walk_files(files, visit_for_kind, &query);
    return query.kind;
}

struct near_query {
    struct cdecl_near near;
    size_t row_size;
    char *rows;
};

static bool visit_for_near(const struct tables *tables, void *data)
{
    struct near_query *query = data;
    size_t count = count_symbols(tables);
    for (size_t i = 0; i < count; i++) {
        const ElfW(Sym) *s = &tables->symbols[i];
        const char *name = tables->strings + s->st_name;
        if (lffi_begins_alike(&query->near, name) && is_exported(s) &&
            cdecl_near_take(&query->near, name))
            strcpy(query->rows + query->near.limit * query->row_size, name);
    }
    return query->near.limit <= 1;
}

void lffi_nearest_symbols(struct lffi_files files, const struct cdecl_near *near, char *rows)
{
    struct near_query query = {*near, near->size + near->limit, rows};
    for (size_t d = 0; d < near->limit; d++)
        rows[d * query.row_size] = '\0';
    if (near->limit > 1)
        walk_files(files, visit_for_near, &query);
}

struct copy_query {
    char *memory;
    size_t size;
    size_t used; /* from the first that does not fit on, the bytes it would have taken */
};

static bool visit_for_copies(const struct tables *tables, void *data)
{
    struct copy_query *query = data;
    size_t count = count_symbols(tables);
    for (size_t i = 0; i < count; i++) {
        const ElfW(Sym) *s = &tables->symbols[i];
        struct lffi_symbol symbol = {tables->strings + s->st_name, kind_of(s), s->st_size};
        if (is_exported(s))
            query->used = lffi_copy_symbol(symbol, query->memory, query->size, query->used);
    }
    return false;
}

size_t lffi_copy_symbols(struct lffi_files files, char *memory, size_t size)
{
    struct copy_query query = {memory, size, 0};
    walk_files(files, visit_for_copies, &query);
    return query.used;
}

const char *lffi_map_path(const struct link_map *map)
{
    return map->l_name;
}

const void *lffi_map_dynamic(const struct link_map *map)
{
    return map->l_ld;
}

struct place_query {
    const void *dynamic;
    uintptr_t address;
    bool found;
};

static int visit_for_place(struct dl_phdr_info *info, size_t size, void *data)
{
    struct place_query *query = data;
    (void)size;
    if ((const void *)dynamic_of(info) != query->dynamic)
        return 0;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD &&
            query->address - (info->dlpi_addr + part->p_vaddr) < part->p_memsz)
            query->found = true;
    }
    return 1;
}

/* Not by dladdr: it waits for a thread that loads a library, and that may wait for this one. */
bool lffi_file_holds(const void *dynamic, const void *address)
{
    struct place_query query = {dynamic, (uintptr_t)address, false};
    dl_iterate_phdr(visit_for_place, &query);
    return query.found;
}
