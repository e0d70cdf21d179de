/* The callback wing as others see it: C calling Lua. slot.h has what is inside, object/hooks.h what
 * lower wings call. */
#ifndef LFFI_CALLBACK_H
#define LFFI_CALLBACK_H

#include "call/call.h"

/* Adds callback, release, callbacks to the API table on the stack top (upvalue: scope). */
void lffi_callback_api(lua_State *L, struct lffi_scope *scope);
/* The callbacks made for one call only. */
struct lffi_loan {
    struct lffi_slot *slot;
    uint64_t born; /* of the slot: another one may have taken its place */
};
struct lffi_loans {
    uint32_t n;
    struct lffi_loan loan[];
};
#endif
