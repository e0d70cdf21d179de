/* C types as Lua objects: the types themselves and their texts. members.h has the names in them. */
#ifndef LFFI_CTYPE_H
#define LFFI_CTYPE_H

#include "object/hooks.h"

struct lffi_signature;

struct lffi_fields;
enum { LFFI_PLACES = 3 };

/* A C type as a Lua object. Immutable but for the lazily filled pointers. */
struct lffi_ctype {
    const struct cdecl_type *type;
    struct lffi_scope *scope;
    struct lffi_ctype *base;    /* of type->unqual; itself when unqualified */
    struct lffi_ctype *target;  /* of type->target; NULL when there is none */
    struct lffi_ctype *pointer; /* to this type, once it was asked for */
    uint64_t serial;            /* no other ctype of the state has or had it */
    uint64_t twin; /* base only: that of a type of another scope found to be the same */
    uint64_t size; /* bytes; 0 until complete, see lffi_sizeof */
    uint32_t align;
    uint8_t op;    /* enum lffi_op */
    bool complete; /* size and align are final */
    bool constant; /* const-qualified: no stores */
    bool has_gc;   /* base only: metatype with __gc */
    /* base only, once an object was made (keep.c): the offsets of its pointers, for which objects
     * have a user value each; or all in a table in one user value */
    bool knows_places, keeps_table;
    uint8_t nplaces;
    uint32_t place[LFFI_PLACES];
    int ref;          /* lffi_push_ref: this object */
    int ref_metatype; /* base only: lffi_push_ref: the metatype table, or LUA_NOREF */
    const struct lffi_fields *fields; /* STRUCT, UNION, ENUM; base only; held by user value 1 */
    const struct lffi_plan *plan;     /* FUNCTION; base only; held by user value 2 */
    const struct lffi_signature *signature; /* likewise: callback/slot.c's, never freed */
};
#define LFFI_CTYPE_FIELDS 1 /* user values of a ctype */
#define LFFI_CTYPE_PLAN 2
#define LFFI_CTYPE_KEYS 3 /* list that anchors the key strings of `fields`, in their order */

/* ---- ctype.c: types as objects --------------------------------------------------------------- */

/* The object of a type; made on first use, anchored by its scope. */
struct lffi_ctype *lffi_ctype_of(lua_State *L, struct lffi_scope *scope,
                                 const struct cdecl_type *type);
void lffi_push_ctype(lua_State *L, struct lffi_ctype *ct);
/* The ctype at `idx`, or NULL when the value is no ctype object. */
struct lffi_ctype *lffi_to_ctype(lua_State *L, struct lffi_state *st, int idx);
/* Size in bytes; raises "size of 'T' is unknown" when incomplete. VLA: the fixed part. */
uint64_t lffi_sizeof(lua_State *L, struct lffi_ctype *ct);
/* True when the type has a known size (looks again when a tag was completed meanwhile). */
bool lffi_is_complete(struct lffi_ctype *ct);
/* Pointer-to and qualified forms. */
struct lffi_ctype *lffi_pointer_to(lua_State *L, struct lffi_ctype *ct);
struct lffi_ctype *lffi_array_of(lua_State *L, struct lffi_ctype *ct, uint64_t count);
struct lffi_ctype *lffi_qualified(lua_State *L, struct lffi_ctype *ct, unsigned quals);
/* The object of a basic type in a scope. */
struct lffi_ctype *lffi_basic(lua_State *L, struct lffi_scope *scope, enum cdecl_prim prim);
/* Raises when an attribute that is not implemented decides the type's layout or calling convention.
 */
void lffi_check_supported(lua_State *L, const struct cdecl_type *type);
/* Pushes what the "__index" on the stack top, no function, has for the key at key_idx. False when
 * that is nil and nil is no answer: in LuaJIT, unless a function gave it. */
bool lffi_answer(lua_State *L, const struct lffi_scope *scope, int key_idx);
/* Pushes metamethod `name` of ct's metatype and returns true, or pushes nothing. For a pointer the
 * pointee's metatype answers. */
bool lffi_push_metamethod(lua_State *L, struct lffi_ctype *ct, const char *name);
/* Type sameness across scopes and qualifiers: pointer equality first, structure otherwise. */
bool lffi_same_type(const struct lffi_ctype *a, const struct lffi_ctype *b);
/* Likewise, and ignoring the qualifiers of array elements: values of one may be copied to the
 * other. */
bool lffi_same_value(const struct lffi_ctype *a, const struct lffi_ctype *b);

/* LuaJIT: an array of const elements is no value for one of elements that are not. */
static inline bool lffi_luajit_refuses(const struct lffi_ctype *dst, const struct lffi_ctype *src)
{
    return dst->scope->luajit && dst->op == LFFI_ARRAY && src->op == LFFI_ARRAY &&
           (src->target->type->quals & ~(unsigned)dst->target->type->quals) != 0;
}

/* True when it, or a part of it, is const: no value of it is assigned as a whole. */
static inline bool lffi_is_fixed(const struct lffi_ctype *ct)
{
    while (ct->op == LFFI_ARRAY && !ct->constant)
        ct = ct->target;
    return ct->constant || (ct->type->tag != NULL && ct->type->tag->fixed);
}

/* An array of bytes, which a string initialises. */
static inline bool lffi_is_text(const struct lffi_ctype *ct)
{
    return ct->op == LFFI_ARRAY && ct->target->type->kind == CDECL_INT && ct->target->size == 1;
}

/* T[] or T[?]: how many elements there are depends on the object. */
static inline bool lffi_is_open_array(const struct lffi_ctype *ct)
{
    return ct->op == LFFI_ARRAY && ct->type->count >= CDECL_COUNT_VLA;
}

/* ... and structs that end so: the size depends on the object. */
static inline bool lffi_is_open(const struct lffi_ctype *ct)
{
    return ct->type->tag != NULL ? ct->type->tag->flexible : lffi_is_open_array(ct);
}

/* The representation of the two parts of a complex type. */
static inline enum lffi_op lffi_part_op(const struct lffi_ctype *ct)
{
    switch (ct->type->prim) {
    case CDECL_PRIM_CFLOAT16: return LFFI_FLOAT16;
    case CDECL_PRIM_CFLOAT: return LFFI_FLOAT;
    case CDECL_PRIM_CDOUBLE: return LFFI_DOUBLE;
    case CDECL_PRIM_CLDOUBLE: return LFFI_LDOUBLE;
    default: return LFFI_FLOAT128;
    }
}

/* Pushes the text of a floating or complex value ("1.5", "1-2i") and returns it. */
static inline const char *lffi_push_real_text(lua_State *L, const struct lffi_ctype *ct,
                                              const void *src)
{
    return ct->op == LFFI_COMPLEX ? lffi_push_complex_text(L, lffi_part_op(ct), src)
                                  : lffi_push_float_text(L, ct->op, src);
}

/* ---- spelling.c: types as text --------------------------------------------------------------- */

/* Pushes the text of a type for tostring: C's, in cffi.luajit LuaJIT's. */
const char *lffi_push_spelling(lua_State *L, const struct lffi_ctype *ct);
/* Pushes the C text of a type (declaring `name` when not NULL) and returns it. */
const char *lffi_push_type_text(lua_State *L, const struct cdecl_type *type, const char *name);
static inline const char *lffi_type_text(lua_State *L, const struct lffi_ctype *ct)
{
    return lffi_push_type_text(L, ct->type, NULL);
}
/* Pushes a member as it was declared, "size_t n", without a width. */
const char *lffi_push_member_text(lua_State *L, const struct cdecl_tag *tag,
                                  const struct cdecl_member *m);
/* Pushes " (size_t n)" when a typedef is in the declaration of the member of a struct or union, ""
 * when none is. */
const char *lffi_push_named_text(lua_State *L, const struct cdecl_type *type, const char *name);
/* Pushes the text of a declaration ("int abs(int)") and returns it. */
const char *lffi_push_decl_text(lua_State *L, const struct cdecl_decl *decl);

/* ---- kind.c: what a value is, for error texts ------------------------------------------------ */

/* "integer 5", "string "x"", "'int *'", ... : the value at idx in an error text (pushed). */
const char *lffi_push_kind_of(lua_State *L, struct lffi_state *st, int idx);
/* How a value of C's text becomes one of Lua's: the end of an error about what strings can and it
 * cannot; "" for other types. */
const char *lffi_push_text_hint(lua_State *L, const struct lffi_ctype *ct);
/* Likewise a number: "integer 300", "number 1e+300". `value`: the integer that it is, or stands
 * for; NULL for floats. */
const char *lffi_push_number_text(lua_State *L, struct lffi_state *st,
                                  const struct lffi_integer *value, int idx);

#endif
