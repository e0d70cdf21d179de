/* Interned names: one node for each word, found by its hash, with all that the word means. Depends
 * on memory.h for the table they are in and words.h for hashes. Included by internal.h; scope.c
 * makes them. */
#ifndef CDECL_NAME_H
#define CDECL_NAME_H

#include <stdint.h>
#include "memory.h"
#include "words.h"

/* An interned name with all its meanings: looking one up is following a pointer. `text` is what the
 * public structures point to; cdecl__name_of() gets back from it. */
struct name {
    uint32_t hash;
    uint16_t size;
    uint8_t token;     /* enum token_kind: TOK_IDENT, a keyword or a soft keyword */
    uint8_t attribute; /* enum attr_code, 0 when it names none we know */
    const struct cdecl_decl *decl;
    struct name_extra *extra; /* the rarer meanings, NULL when it has none */
    char text[];              /* followed by zeros, CHUNK bytes at least in all */
};

struct name_extra {
    struct cdecl_tag *tag;
    const struct cdecl_decl *macro;
    uint32_t expanding; /* == state->epoch while its replacement is read: C forbids expanding
                         * it again */
};

/* A known name of less than CHUNK bytes, NULL when there is none. */
static inline struct name *cdecl__find_short(const struct table *names, struct chunk text,
                                             size_t size, uint32_t hash)
{
    for (uint32_t at = hash & names->mask; names->hashes[at] != 0; at = (at + 1) & names->mask) {
        if (RARELY(names->hashes[at] != hash))
            continue;
        struct name *name = names->slots[at];
        if (name->size == size && ((cdecl__read8(name->text) ^ text.low) |
                                   (cdecl__read8(name->text + 8) ^ text.high)) == 0)
            return name;
    }
    return NULL;
}

#endif
