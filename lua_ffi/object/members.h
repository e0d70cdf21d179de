/* Names within a type, found by the Lua string: members of structs and unions, enumerators. */
#ifndef LFFI_MEMBERS_H
#define LFFI_MEMBERS_H

#include "object/ctype.h"

/* One slot of a struct's member table, or of an enum's table of names: keyed by the address of the
 * interned Lua string. */
struct lffi_field {
    const char *key; /* bytes of a string anchored by the ctype; NULL: free slot */
    const struct cdecl_member *member; /* NULL: an enumerator */
    struct lffi_ctype
        *ct;         /* the member's type, qualifiers of enclosing anonymous members applied */
    uint64_t offset; /* bytes from the start of the outermost struct; an enumerator's value */
    uint32_t next;   /* the slot declared after this one, counted from 1; 0: the last */
    bool is_bits;    /* a bit-field */
};

struct lffi_fields {
    uint32_t mask;  /* slots - 1, a power of two */
    uint32_t first; /* the slot declared first, counted from 1; 0: there is none */
    bool flat;      /* of a struct whose members all have names of their own and no bits */
    struct lffi_field slot[];
};

/* Where the search for a key begins. */
static inline uint32_t lffi_field_slot(const char *key, uint32_t mask)
{
    uintptr_t address = (uintptr_t)key;
    return (uint32_t)((address >> 4) ^ (address >> 11)) & mask;
}

/* The member whose key is the very string `key`; NULL when none is. */
static inline const struct lffi_field *lffi_interned_field(const struct lffi_fields *fields,
                                                           const char *key)
{
    uint32_t i = lffi_field_slot(key, fields->mask);
    for (; fields->slot[i].key != NULL; i = (i + 1) & fields->mask) {
        if (fields->slot[i].key == key)
            return &fields->slot[i];
    }
    return NULL;
}

/* ---- members.c: names within a type ---------------------------------------------------------- */

/* Member table of a struct or union, names of an enum; built on first use. Raises when the type is
 * incomplete or its layout not supported. */
const struct lffi_fields *lffi_fields_of(lua_State *L, struct lffi_ctype *ct);
/* Pushes the list of their names, in the order of declaration: index 1 is the name of slot `first`.
 * After lffi_fields_of. */
void lffi_push_member_names(lua_State *L, struct lffi_ctype *ct);
/* Member, or enumerator, by the Lua string at `key_idx`; NULL when there is none. */
const struct lffi_field *lffi_find_field(lua_State *L, struct lffi_ctype *ct, int key_idx);
/* The constant of an enum, or static in a struct, that the string at idx names; NULL: there is
 * none. */
const struct cdecl_decl *lffi_find_constant(lua_State *L, const struct lffi_ctype *ct, int idx);
/* The enumerator of an enum, or static constant of a struct, with the nearest name; NULL: none is
 * near, or the type has none. */
const char *lffi_nearest_constant(const struct lffi_ctype *ct, const char *name);
/* Raises "'struct tm' has no member 'x' (did you mean 'y'?)". */
_Noreturn void lffi_no_name(lua_State *L, const struct cdecl_type *type, const char *name,
                            const char *near); /* near: the suggestion, NULL: none */
_Noreturn void lffi_no_member(lua_State *L, struct lffi_ctype *ct, const char *name);
/* Pushes that. */
const char *lffi_push_no_member(lua_State *L, struct lffi_ctype *ct, const char *name);

#endif
