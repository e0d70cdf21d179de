/* Values in place: Lua values read where the interpreter keeps them instead of by its API, one call
 * of which costs as much as the rest of a short function.
 *
 * All that knows how the interpreter lays out its values stands in base/peek.h, which is read here
 * alone. Nothing here may run unless lffi_peeks says so. What is returned is good until a call of
 * the API may grow the stack or run the collector.
 */
#ifndef LFFI_INPLACE_H
#define LFFI_INPLACE_H

#include "base/peek.h"
#include "object/ctype.h"

enum lffi_kind {
    LFFI_IS_NIL = LFFI_TAG_NIL,
    LFFI_IS_FALSE = LFFI_TAG_FALSE,
    LFFI_IS_TRUE = LFFI_TAG_TRUE,
    LFFI_IS_INTEGER = LFFI_TAG_INTEGER,
    LFFI_IS_FLOAT = LFFI_TAG_FLOAT,
    LFFI_IS_NAME = LFFI_TAG_SHORT_STRING, /* interned: one address for each content */
    LFFI_IS_TEXT = LFFI_TAG_LONG_STRING,
    LFFI_IS_USERDATA = LFFI_TAG_USERDATA
};

/* One of these, or none of them. */
static inline unsigned lffi_kind_in_place(const struct lffi_value *value)
{
    return value->tag;
}

/* The first argument of the running C function; the others follow. */
static inline const struct lffi_value *lffi_arguments(const lua_State *L)
{
    return lffi_running(L) + 1;
}

static inline ptrdiff_t lffi_count_arguments(const lua_State *L, const struct lffi_value *first)
{
    return lffi_argument_count(L, first - 1);
}

/* What the running function, a C closure, was made over, counted from 1. */
static inline const struct lffi_value *lffi_bound_value(const struct lffi_value *first, int which)
{
    return lffi_upvalue(first - 1, which);
}

/* ... first, light userdata. */
static inline const void *lffi_bound(const struct lffi_value *first)
{
    return lffi_upvalue(first - 1, 1)->as.object;
}

/* The value at an index that is no pseudo-index; NULL: there is none. */
static inline const struct lffi_value *lffi_value_at(const lua_State *L, int idx)
{
    const struct lffi_value *top = lffi_stack_top(L) + 1;
    const struct lffi_value *value = idx > 0 ? lffi_running(L) + idx : top + idx;
    return value < top ? value : NULL;
}

static inline lua_Integer lffi_integer_in_place(const struct lffi_value *value)
{
    return value->as.integer;
}

static inline lua_Number lffi_float_in_place(const struct lffi_value *value)
{
    return value->as.number;
}

/* The bytes of a string, and how many. */
static inline const char *lffi_text_in_place(const struct lffi_value *value)
{
    return lffi_peek_text(value);
}

static inline size_t lffi_size_in_place(const struct lffi_value *value)
{
    return lffi_peek_size(value);
}

/* What a string is known by: no other that lives has it. */
static inline const void *lffi_string_in_place(const struct lffi_value *value)
{
    return value->as.object;
}

static inline const void *lffi_metatable_in_place(const struct lffi_value *value)
{
    return value->tag == LFFI_TAG_USERDATA ? lffi_peek(value->as.object, LFFI_AT_METATABLE) : NULL;
}

/* The block of a userdata, its size, and the first user value or NULL. */
static inline void *lffi_block_in_place(const struct lffi_value *userdata)
{
    return lffi_peek_block(userdata);
}

static inline size_t lffi_block_size_in_place(const struct lffi_value *userdata)
{
    return lffi_peek_block_size(userdata);
}

static inline const struct lffi_value *lffi_user_value_in_place(const struct lffi_value *userdata)
{
    return lffi_peek_user_value(userdata);
}

/* Pushes a value that stands further down, a number or a boolean; there is room. */
static inline void lffi_place_copy(lua_State *L, const struct lffi_value *value)
{
    struct lffi_value *slot = lffi_poke_slot(L);
    slot->as = value->as;
    slot->tag = value->tag;
    lffi_poke_top(L, slot + 1);
}

/* Keeps the value on the stack top, which something else keeps alive, and pushes it again. */
static inline void lffi_keep_value(const lua_State *L, struct lffi_kept_value *kept)
{
    const struct lffi_value *value = lffi_stack_top(L);
    kept->words[0] = (uintptr_t)value->as.object;
    kept->words[1] = value->tag;
}

static inline void lffi_place_kept(lua_State *L, const struct lffi_kept_value *kept)
{
    struct lffi_value *slot = lffi_poke_slot(L);
    slot->as.object = (const void *)(uintptr_t)kept->words[0];
    slot->tag = (uint8_t)kept->words[1];
    lffi_poke_top(L, slot + 1);
}

static inline void lffi_place_integer(lua_State *L, lua_Integer value)
{
    struct lffi_value *slot = lffi_poke_slot(L);
    slot->as.integer = value;
    slot->tag = LFFI_TAG_INTEGER;
    lffi_poke_top(L, slot + 1);
}

static inline void lffi_place_float(lua_State *L, lua_Number value)
{
    struct lffi_value *slot = lffi_poke_slot(L);
    slot->as.number = value;
    slot->tag = LFFI_TAG_FLOAT;
    lffi_poke_top(L, slot + 1);
}

static inline void lffi_place_boolean(lua_State *L, bool value)
{
    struct lffi_value *slot = lffi_poke_slot(L);
    slot->tag = value ? LFFI_TAG_TRUE : LFFI_TAG_FALSE;
    lffi_poke_top(L, slot + 1);
}

static inline void lffi_place_address(lua_State *L, const void *address)
{
    struct lffi_value *slot = lffi_poke_slot(L);
    slot->as.object = address;
    slot->tag = LFFI_TAG_LIGHT_USERDATA;
    lffi_poke_top(L, slot + 1);
}

/* Pops this value, which is not to be closed, and all above it. */
static inline void lffi_drop_from(lua_State *L, const struct lffi_value *value)
{
    lffi_poke_top(L, value);
}

/* Gives the userdata just made, on the stack top, a metatable without __gc and, where `value` is
 * not NULL, its first user value. False, with nothing done: it takes the API. */
static inline bool lffi_furnish_in_place(const lua_State *L, const void *metatable,
                                         const struct lffi_value *value)
{
    if (!lffi_is_white(lffi_stack_top(L)->as.object))
        return false;
    lffi_poke(L, metatable, value);
    return true;
}

/* The cdata, or the ctype, that a value is; NULL: none of a scope that stays. */
static inline struct lffi_cdata *lffi_cdata_in_place(const struct lffi_state *st,
                                                     const struct lffi_value *value)
{
    const void *mt = lffi_metatable_in_place(value);
    return mt != NULL && (mt == st->mt_cdata || mt == st->mt_cdata_gc) ? lffi_peek_block(value)
                                                                       : NULL;
}

static inline struct lffi_ctype *lffi_ctype_in_place(const struct lffi_state *st,
                                                     const struct lffi_value *value)
{
    const void *mt = lffi_metatable_in_place(value);
    return mt != NULL && mt == st->mt_ctype ? lffi_peek_block(value) : NULL;
}

/* Where a scope remembers the type of a text, by the text's address. */
static inline unsigned lffi_seen_slot(const void *text)
{
    uintptr_t address = (uintptr_t)text;
    return (unsigned)((address >> 4) ^ (address >> 9)) % LFFI_SEEN_TYPES;
}

/* The type that a value is, or names as it did before; NULL: look closer. */
static inline struct lffi_ctype *lffi_type_in_place(const struct lffi_scope *scope,
                                                    const struct lffi_value *value)
{
    unsigned slot;
    if (value->tag != LFFI_TAG_SHORT_STRING)
        return lffi_ctype_in_place(scope->st, value);
    slot = lffi_seen_slot(value->as.object);
    return scope->seen_types[slot].text == value->as.object ? scope->seen_types[slot].ct : NULL;
}

/* The address of light userdata, the block of any other. */
static inline const void *lffi_address_in_place(const struct lffi_value *value)
{
    return value->tag == LFFI_TAG_USERDATA ? lffi_peek_block(value) : value->as.object;
}

/* Of a running function of an API table (object/argument.h): its scope, and the state. */
static inline struct lffi_scope *lffi_scope_in_place(const struct lffi_value *first)
{
    return (struct lffi_scope *)(uintptr_t)lffi_address_in_place(lffi_bound_value(first, 1));
}

static inline struct lffi_state *lffi_state_in_place(const struct lffi_value *first)
{
    return (struct lffi_state *)(uintptr_t)lffi_bound_value(first, 4)->as.object;
}

/* The integer key and the value on the stack top, as lua_next leaves them; NULL: another key. */
static inline const struct lffi_value *lffi_next_in_place(const lua_State *L, lua_Integer *key)
{
    const struct lffi_value *value = lffi_stack_top(L);
    *key = value[-1].as.integer;
    return value[-1].tag == LFFI_TAG_INTEGER ? value : NULL;
}

/* Likewise, for a short string as key. */
static inline const struct lffi_value *lffi_next_name_in_place(const lua_State *L,
                                                               const char **name)
{
    const struct lffi_value *value = lffi_stack_top(L);
    if (value[-1].tag != LFFI_TAG_SHORT_STRING)
        return NULL;
    *name = lffi_peek_text(&value[-1]);
    return value;
}

#endif
