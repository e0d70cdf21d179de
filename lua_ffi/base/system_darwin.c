/* What macOS's dynamic linker knows: its directories, and the symbols that loaded images export, as
 * elfsym.c has them elsewhere. Written from <mach-o/loader.h>, <mach-o/nlist.h> and dyld(3); never
 * compiled on the system itself.
 *
 * Depends on libc, dyld's image lists and cdecl.h for distances between names. What is returned are
 * copies in the caller's memory. Images are read while others may be unloaded, for dyld has no lock
 * to hold: only what a process unloads itself can be met half-way.
 */
#include <mach-o/dyld.h>
#include <mach-o/loader.h>
#include <mach-o/nlist.h>
#include <string.h>

#include "base/elfsym.h"
#include "base/libpath.h"

const char *const lffi_library_directories[] = {"/opt/homebrew/lib", "/usr/local/lib", "/usr/lib",
                                                NULL};

/* dyld's shared cache holds files that exist nowhere else; dlopen finds them by their names. */
void lffi_sonames_in_cache(struct lffi_sonames *found, const char *stem)
{
    (void)found;
    (void)stem;
}

/* ---- the tables of an image ------------------------------------------------------------------ */

enum { SECTIONS_MAX = 256 }; /* nlist_64.n_sect is a byte */

struct tables {
    const struct nlist_64 *symbols;
    uint32_t count;
    const char *strings;
    bool is_code[SECTIONS_MAX];
};

static void note_sections(struct tables *tables, const struct segment_command_64 *segment,
                          unsigned *sections)
{
    const struct section_64 *section = (const void *)(segment + 1);
    for (uint32_t i = 0; i < segment->nsects && *sections + 1 < SECTIONS_MAX; i++) {
        uint32_t code = S_ATTR_PURE_INSTRUCTIONS | S_ATTR_SOME_INSTRUCTIONS;
        tables->is_code[++*sections] = (section[i].flags & code) != 0;
    }
}

/* Symbols and strings lie in __LINKEDIT, whose commands count from the start of the file. */
static bool read_tables(const struct mach_header_64 *header, struct tables *tables)
{
    const char *command = (const char *)(header + 1);
    const struct symtab_command *symtab = NULL;
    uintptr_t slide = 0;
    uintptr_t linkedit = 0;
    unsigned sections = 0;
    memset(tables, 0, sizeof *tables);
    for (uint32_t i = 0; i < header->ncmds; i++) {
        const struct load_command *load = (const void *)command;
        const struct segment_command_64 *segment = (const void *)command;
        if (load->cmd == LC_SYMTAB)
            symtab = (const void *)command;
        if (load->cmd == LC_SEGMENT_64) {
            note_sections(tables, segment, &sections);
            if (strcmp(segment->segname, SEG_TEXT) == 0)
                slide = (uintptr_t)header - segment->vmaddr;
            if (strcmp(segment->segname, SEG_LINKEDIT) == 0)
                linkedit = (uintptr_t)(segment->vmaddr - segment->fileoff);
        }
        command += load->cmdsize;
    }
    if (symtab == NULL || linkedit == 0)
        return false;
    tables->symbols = (const void *)(linkedit + slide + symtab->symoff);
    tables->strings = (const char *)(linkedit + slide + symtab->stroff);
    tables->count = symtab->nsyms;
    return true;
}

/* The symbol at a place, without the underscore that C's names have; name NULL: not exported. */
static struct lffi_symbol symbol_at(const struct tables *tables, uint32_t i)
{
    const struct nlist_64 *s = &tables->symbols[i];
    const char *name = tables->strings + s->n_un.n_strx;
    struct lffi_symbol symbol = {NULL, LFFI_SYMBOL_OTHER, 0};
    if ((s->n_type & (N_STAB | N_PEXT)) != 0 || (s->n_type & N_EXT) == 0 ||
        (s->n_type & N_TYPE) != N_SECT || name[0] != '_')
        return symbol;
    symbol.name = name + 1;
    symbol.kind = tables->is_code[s->n_sect] ? LFFI_SYMBOL_FUNCTION : LFFI_SYMBOL_OBJECT;
    return symbol;
}

/* ---- the loaded images ----------------------------------------------------------------------- */

/* The tables of the next of the images that are meant, from number *i on. */
static bool next_image(struct lffi_files files, uint32_t *i, struct tables *tables)
{
    while (*i < _dyld_image_count()) {
        const struct mach_header *header = _dyld_get_image_header((*i)++);
        if (header != NULL && header->magic == MH_MAGIC_64 &&
            (files.all || (const void *)header == files.dynamic) &&
            read_tables((const void *)header, tables))
            return true;
    }
    return false;
}

enum lffi_symbol_kind lffi_kind_of_symbol(struct lffi_files files, const char *name)
{
    struct tables tables;
    uint32_t image = 0;
    while (next_image(files, &image, &tables)) {
        for (uint32_t i = 0; i < tables.count; i++) {
            struct lffi_symbol symbol = symbol_at(&tables, i);
            if (symbol.name != NULL && strcmp(symbol.name, name) == 0)
                return symbol.kind;
        }
    }
    return LFFI_SYMBOL_OTHER;
}

void lffi_nearest_symbols(struct lffi_files files, const struct cdecl_near *near, char *rows)
{
    struct cdecl_near found = *near;
    size_t row = near->size + near->limit;
    struct tables tables;
    uint32_t image = 0;
    for (size_t d = 0; d < near->limit; d++)
        rows[d * row] = '\0';
    while (found.limit > 1 && next_image(files, &image, &tables)) {
        for (uint32_t i = 0; i < tables.count; i++) {
            struct lffi_symbol symbol = symbol_at(&tables, i);
            if (symbol.name != NULL && lffi_begins_alike(&found, symbol.name) &&
                cdecl_near_take(&found, symbol.name))
                strcpy(rows + found.limit * row, symbol.name);
        }
    }
}

size_t lffi_copy_symbols(struct lffi_files files, char *memory, size_t size)
{
    struct tables tables;
    uint32_t image = 0;
    size_t used = 0;
    while (next_image(files, &image, &tables)) {
        for (uint32_t i = 0; i < tables.count; i++) {
            struct lffi_symbol symbol = symbol_at(&tables, i);
            if (symbol.name != NULL)
                used = lffi_copy_symbol(symbol, memory, size, used);
        }
    }
    return used;
}

/* A "link map" is an image's header here. */
const char *lffi_map_path(const struct link_map *map)
{
    for (uint32_t i = 0; i < _dyld_image_count(); i++) {
        if ((const void *)_dyld_get_image_header(i) == (const void *)map)
            return _dyld_get_image_name(i);
    }
    return "";
}

const void *lffi_map_dynamic(const struct link_map *map)
{
    return map;
}
