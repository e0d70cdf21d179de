/* The members and elements of a cdata, for index.c, pairs.c and ffi.addressof. Keys are at stack
 * index 2, as a metamethod has them, the cdata at index 1. */
#ifndef LFFI_PART_H
#define LFFI_PART_H

#include <string.h>

#include "value/value.h"

static inline void *lffi_pointer_value(const struct lffi_cdata *cd)
{
    void *value;
    memcpy(&value, cd->addr, sizeof value);
    return value;
}

/* The struct or union whose members names mean: the value itself or what it points to, one level.
 * NULL when there is none, or when it is incomplete. */
struct lffi_ctype *lffi_record_of(const struct lffi_cdata *cd);
/* Start of the struct; `name`: the member wanted, for the error. */
unsigned char *lffi_record_address(lua_State *L, const struct lffi_cdata *cd, const char *name);
/* Pushes the value of a member. */
void lffi_load_member(lua_State *L, const struct lffi_cdata *cd, const struct lffi_ctype *record,
                      const struct lffi_field *field);

struct lffi_element {
    struct lffi_ctype *ct;
    unsigned char *addr;
    int64_t index;
};

/* Resolves the key to an element; false when the value has none or the key is no number. */
bool lffi_find_element(lua_State *L, const struct lffi_cdata *cd, struct lffi_element *e);
/* Pushes a pointer to the part, which keeps alive what the cdata does. */
void lffi_push_part_address(lua_State *L, struct lffi_cdata *cd);
/* The key finds nothing. */
_Noreturn void lffi_no_index(lua_State *L, struct lffi_cdata *cd);

/* ---- pairs.c --------------------------------------------------------------------------------- */

int lffi_pairs(lua_State *L); /* the metamethod */

#endif
