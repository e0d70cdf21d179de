/* The arguments of a running C function where the interpreter keeps them, read in place: a third of
 * the cost of a call through the API goes into fetching them one by one.
 *
 * Every release of 5.4 and 5.5 lays these few words out alike, but for what 5.5 changed, and peek.c
 * proves it for the interpreter at hand before anyone looks: each offset and tag below is compared
 * with what the API says. Where the proof fails (5.3, a patched Lua, another release), the API is
 * used. Pointers into the stack are good until the next API call that may grow it.
 *
 * Two things are written: what a userdata refers to that was made a moment before and that the
 * collector has not met since, so that it need not be told (lffi_poke), and the top of the stack,
 * where lua_checkstack has promised room.
 */
#ifndef LFFI_PEEK_H
#define LFFI_PEEK_H

#include "base/base.h"

/* A value on Lua's stack. */
struct lffi_value {
    union {
        lua_Integer integer;
        lua_Number number;
        const void *object; /* the address in a light userdata, or a collectable object */
    } as;
    uint8_t tag;
};

enum {
    LFFI_TAG_NIL = 0x00,
    LFFI_TAG_FALSE = 0x01,
    LFFI_TAG_TRUE = 0x11,
    LFFI_TAG_INTEGER = 0x03,
    LFFI_TAG_FLOAT = 0x13,
    LFFI_TAG_SHORT_STRING = 0x44,
    LFFI_TAG_LONG_STRING = 0x54,
    LFFI_TAG_LIGHT_USERDATA = 0x02,
    LFFI_TAG_USERDATA = 0x47
};

/* Userdata with user values are aligned for long double from 5.5 on. */
#if LUA_VERSION_NUM >= 505
#define LFFI_USER_VALUES 48
#else
#define LFFI_USER_VALUES 40
#endif

enum {
    LFFI_AT_TOP = 16,        /* lua_State: the first free stack slot */
    LFFI_AT_CALL = 32,       /* lua_State: the running function's CallInfo, which begins with ... */
    LFFI_AT_FUNCTION = 0,    /* ... the stack slot of the function */
    LFFI_AT_UPVALUE = 32,    /* C closure: its first upvalue */
    LFFI_AT_MARKS = 9,       /* collectable object: the collector's marks, see LFFI_WHITE */
    LFFI_AT_TEXT = 24,       /* string: its bytes */
    LFFI_AT_SHORT_SIZE = 11, /* ... and how many: of a short one, of a long one */
    LFFI_AT_LONG_SIZE = 16,
    LFFI_AT_USER_VALUES = 10, /* userdata: how many user values it has */
    LFFI_AT_BLOCK_SIZE = 16,  /* ... how many bytes its block has */
    LFFI_AT_METATABLE = 24,
    LFFI_AT_BLOCK = 32, /* userdata without user values: its bytes */
    LFFI_AT_BLOCK_BEHIND =
        LFFI_USER_VALUES, /* with: here they lie, 16 bytes each, then the bytes */
};

/* The marks of an object that is not met yet in a round of the collector: one of these two. */
enum { LFFI_WHITE = 0x18 };

static inline const void *lffi_peek(const void *base, size_t offset)
{
    return *(const void *const *)((const char *)base + offset);
}

/* The stack slot of the running C function; its arguments follow. */
static inline const struct lffi_value *lffi_running(const lua_State *L)
{
    return lffi_peek(lffi_peek(L, LFFI_AT_CALL), LFFI_AT_FUNCTION);
}

static inline ptrdiff_t lffi_argument_count(const lua_State *L, const struct lffi_value *function)
{
    return (const struct lffi_value *)lffi_peek(L, LFFI_AT_TOP) - function - 1;
}

/* The value on the stack top. */
static inline const struct lffi_value *lffi_stack_top(const lua_State *L)
{
    return (const struct lffi_value *)lffi_peek(L, LFFI_AT_TOP) - 1;
}

/* An upvalue of a C closure, counted from 1. */
static inline const struct lffi_value *lffi_upvalue(const struct lffi_value *function, int which)
{
    const char *closure = function->as.object;
    return (const struct lffi_value *)(const void *)(closure + LFFI_AT_UPVALUE) + (which - 1);
}

static inline const char *lffi_peek_text(const struct lffi_value *string)
{
#if LUA_VERSION_NUM >= 505 /* the bytes of a long one may lie elsewhere */
    if (string->tag == LFFI_TAG_LONG_STRING)
        return lffi_peek(string->as.object, LFFI_AT_TEXT);
#endif
    return (const char *)string->as.object + LFFI_AT_TEXT;
}

static inline size_t lffi_peek_size(const struct lffi_value *string)
{
    const char *object = string->as.object;
    if (string->tag == LFFI_TAG_SHORT_STRING)
        return *(const uint8_t *)(object + LFFI_AT_SHORT_SIZE);
    return *(const size_t *)(const void *)(object + LFFI_AT_LONG_SIZE);
}

/* The block of a userdata. */
static inline void *lffi_peek_block(const struct lffi_value *userdata)
{
    uintptr_t object = (uintptr_t)userdata->as.object;
    size_t nvalues = *(const uint16_t *)(object + LFFI_AT_USER_VALUES);
    return (void *)(object + (nvalues == 0 ? LFFI_AT_BLOCK : LFFI_AT_BLOCK_BEHIND + 16 * nvalues));
}

static inline size_t lffi_peek_block_size(const struct lffi_value *userdata)
{
    const char *object = userdata->as.object;
    return *(const size_t *)(const void *)(object + LFFI_AT_BLOCK_SIZE);
}

/* The first user value of a userdata, the others follow; NULL: it has none. */
static inline const struct lffi_value *lffi_peek_user_value(const struct lffi_value *userdata)
{
    const char *object = userdata->as.object;
    if (*(const uint16_t *)(const void *)(object + LFFI_AT_USER_VALUES) == 0)
        return NULL;
    return (const struct lffi_value *)(const void *)(object + LFFI_AT_BLOCK_BEHIND);
}

/* Only a black object that comes to refer to a white one must be shown to the collector. */
static inline bool lffi_is_white(const void *object)
{
    return (((const uint8_t *)object)[LFFI_AT_MARKS] & LFFI_WHITE) != 0;
}

/* Gives the userdata on the stack top, which is white, a metatable without __gc and, where `value`
 * is not NULL, its first user value. */
static inline void lffi_poke(const lua_State *L, const void *metatable,
                             const struct lffi_value *value)
{
    char *object = (char *)(uintptr_t)lffi_stack_top(L)->as.object;
    struct lffi_value *first = (struct lffi_value *)(void *)(object + LFFI_AT_BLOCK_BEHIND);
    *(const void **)(void *)(object + LFFI_AT_METATABLE) = metatable;
    if (value != NULL) {
        first->as = value->as;
        first->tag = value->tag;
    }
}

/* The first free stack slot, and which one that is from now on: as the API pushes and pops. */
static inline struct lffi_value *lffi_poke_slot(const lua_State *L)
{
    return (struct lffi_value *)(uintptr_t)lffi_peek(L, LFFI_AT_TOP);
}

static inline void lffi_poke_top(lua_State *L, const struct lffi_value *top)
{
    *(const void **)(void *)((char *)L + LFFI_AT_TOP) = top;
}

#endif
