/* The internal header of the Lua module: objects, and what each file offers the others, in
 * dependency order (a file calls only what stands above its own section, state.c at the bottom
 * of the dependency graph; tools/lint-layers checks it).
 *
 * Who owns what. One `lffi_state` per Lua universe, a userdata in the registry, created first and
 * so finalised last. Scopes and ctypes are anchored by it until lua_close: no cdata can outlive its
 * type. A cdata is a userdata of its own; views and pointers into memory of another cdata carry
 * that owner as their one user value. Plans, records and field tables are userdata held by ctypes.
 */
#ifndef LFFI_H
#define LFFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <lua.h>
#include <lauxlib.h>

#include "cdecl.h"

#ifndef __SIZEOF_INT128__
#error "cffi needs a compiler with __int128 (any 64-bit gcc or clang target)"
#endif

/* A number that every floating type converts to exactly. */
#ifdef __SIZEOF_FLOAT128__
typedef __float128 lffi_real;
#else
typedef long double lffi_real;
#endif

struct lffi_plan;

/* How integers that do not fit are treated (docs/design.md S1). */
enum lffi_policy { LFFI_FIT, LFFI_STRICT, LFFI_WRAP, LFFI_SATURATE };

/* The representation of a type, for the switches of load and store. Derived from kind and prim. */
enum lffi_op {
    LFFI_VOID,
    LFFI_BOOL,
    LFFI_I8, LFFI_U8, LFFI_I16, LFFI_U16, LFFI_I32, LFFI_U32, LFFI_I64, LFFI_U64,
    LFFI_I128, LFFI_U128,
    LFFI_BITINT, /* _BitInt(N): value in the low N bits, the rest ignored */
    LFFI_FLOAT16, LFFI_FLOAT, LFFI_DOUBLE, LFFI_LDOUBLE, LFFI_FLOAT128,
    LFFI_COMPLEX,
    LFFI_ENUM, /* an integer of type `target` */
    LFFI_POINTER,
    LFFI_ARRAY,
    LFFI_VECTOR,
    LFFI_FUNCTION,
    LFFI_STRUCT,
    LFFI_UNION
};

/* One per Lua universe (docs/design.md, "State"). */
struct lffi_state {
    lua_State *main;
    struct lffi_scope *scope;    /* the default scope */
    const void *mt_cdata;        /* address of the common cdata metatable ... */
    const void *mt_cdata_gc;     /* ... of the one with __gc ... */
    const void *mt_ctype;        /* ... and of ctypes: how objects are recognised */
    int ref_mt_cdata, ref_mt_cdata_gc, ref_mt_ctype; /* registry references of the same */
    int ref_kept;                /* ephemeron: owner cdata -> {[offset] = value} (S6) */
    int ref_finalizers;          /* ephemeron: cdata -> finaliser */
    int ref_integer_types;       /* weak keys: metatable -> function (S2) */
    int saved_errno;             /* S15 */
    unsigned quick_callbacks;    /* how many of those run, each in the one before */
    bool errno_assigned;         /* ffi.errno(n) ran since the running callback began (S13) */
    struct lffi_gate *gate; /* what other threads may look at; NULL before the first callback */
    int ref_callbacks;           /* registry: callback.c's tables; 0 before the first callback */
    bool can_peek;               /* arguments may be read in place (peek.h) */
    unsigned interned_max;       /* strings up to this length have one address per content */
    bool keeps;                  /* something was stored in ref_kept */
    bool closing;                /* the state's own finaliser has begun */
    lua_State *arena_thread;     /* idle thread whose stack slot 1 anchors the arenas' blocks */
};

struct lffi_scope {
    struct lffi_state *st;
    struct cdecl_state *cdecl;
    enum lffi_policy policy; /* S1; read when used */
    bool luajit;             /* S17 rules */
    bool bounds;             /* S11 checks */
    int ref_self;            /* registry: this scope's userdata */
    int ref_api;             /* registry: the `ffi` table users hold */
    int ref_names;           /* registry: type text -> ctype, emptied by every cdef */
};

/* One slot of a struct's member table, or of an enum's table of names: keyed by the address of the
 * interned Lua string. */
struct lffi_field {
    const char *key; /* bytes of a string anchored by the ctype; NULL: free slot */
    const struct cdecl_member *member; /* NULL: an enumerator */
    struct lffi_ctype
        *ct; /* the member's type, qualifiers of enclosing anonymous members applied */
    uint64_t offset;       /* bytes from the start of the outermost struct; an enumerator's value */
    bool is_bits;          /* a bit-field */
};

struct lffi_fields {
    uint32_t mask; /* slots - 1, a power of two */
    struct lffi_field slot[];
};

/* Where the search for a key begins. */
static inline uint32_t lffi_field_slot(const char *key, uint32_t mask)
{
    uintptr_t address = (uintptr_t)key;
    return (uint32_t)((address >> 4) ^ (address >> 11)) & mask;
}

/* A C type as a Lua object. Immutable but for the lazily filled pointers. */
struct lffi_ctype {
    const struct cdecl_type *type;
    struct lffi_scope *scope;
    struct lffi_ctype *base;   /* of type->unqual; itself when unqualified */
    struct lffi_ctype *target; /* of type->target; NULL when there is none */
    const struct lffi_ctype *twin; /* base only: the type of another scope last found the same */
    uint64_t size;             /* bytes; 0 until complete, see lffi_sizeof */
    uint32_t align;
    uint8_t op;        /* enum lffi_op */
    bool complete;     /* size and align are final */
    bool constant;     /* const-qualified: no stores */
    bool has_gc;       /* base only: metatype with __gc */
    int ref;           /* registry: this object */
    int ref_metatype;  /* base only: registry reference of the metatype table, or LUA_NOREF */
    const struct lffi_fields *fields; /* STRUCT, UNION, ENUM; base only; held by user value 1 */
    const struct lffi_plan *plan;     /* FUNCTION; base only; held by user value 2 */
};
#define LFFI_CTYPE_FIELDS 1 /* user values of a ctype */
#define LFFI_CTYPE_PLAN 2
#define LFFI_CTYPE_KEYS 3 /* table that anchors the key strings of `fields` */

/* A C value as a Lua object: where it lies and what it is. Owned payloads follow the header,
 * aligned by lffi_new. A pointer cdata is a value of pointer type: its payload holds the address.
 */
struct lffi_cdata {
    struct lffi_ctype *ct;
    void *addr; /* of the value; NULL never (a NULL pointer's payload is a NULL) */
};

/* A library handle: userdata, metatable and namespace table belong to clib.c. */
struct lffi_library {
    void *handle;   /* dlopen's; NULL when closed */
    bool open;      /* tested by every call */
    bool has_policy;
    enum lffi_policy policy; /* overrides the scope's when has_policy */
    struct lffi_scope *scope;
    const char *path; /* for errors; string anchored by the library's user value */
};

/* A C function reachable by name: userdata, upvalue 2 of its Lua function (docs/design.md S18). */
struct lffi_function {
    const char *name; /* interned by the scope */
    void (*address)(void);
    struct lffi_ctype *ct; /* its function type */
    const struct cdecl_decl *decl;
    struct lffi_library *lib; /* kept alive by upvalue 3 */
};

/* ---- state.c: the universe ------------------------------------------------------------------- */

/* The state of this universe, created on first use. */
struct lffi_state *lffi_open_state(lua_State *L);
/* A new scope, anchored until lua_close. Its API table is set by the caller. */
struct lffi_scope *lffi_new_scope(lua_State *L, struct lffi_state *st);
/* The scope of the running API function (its first upvalue). */
#define lffi_scope_upvalue(L) ((struct lffi_scope *)lua_touserdata((L), lua_upvalueindex(1)))

/* ---- ctype.c: types as objects --------------------------------------------------------------- */

/* The object of a type; made on first use, anchored until lua_close. */
struct lffi_ctype *lffi_ctype_of(lua_State *L, struct lffi_scope *scope,
                                 const struct cdecl_type *type);
void lffi_push_ctype(lua_State *L, struct lffi_ctype *ct);
/* The ctype at `idx`, or NULL when the value is no ctype object. */
struct lffi_ctype *lffi_to_ctype(lua_State *L, struct lffi_state *st, int idx);
/* Type argument of an API function: ctype, cdata, function of a namespace, or C text. Raises. */
struct lffi_ctype *lffi_check_ctype(lua_State *L, struct lffi_scope *scope, int idx);
/* Likewise from text with "$" arguments at first_arg .. last_arg of the stack. */
struct lffi_ctype *lffi_parse_ctype(lua_State *L, struct lffi_scope *scope, int text_idx,
                                    int first_arg, int last_arg);
/* Gathers "$" arguments into an array that is a userdata pushed on the stack. */
struct cdecl_arg *lffi_collect_args(lua_State *L, struct lffi_scope *scope, int first, int last);
/* Raises the rendered parser error at the caller's line. */
_Noreturn void lffi_parse_error(lua_State *L, const struct cdecl_error *error);
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
/* Pushes the text of a type for tostring: C's, in cffi.luajit LuaJIT's. */
const char *lffi_push_spelling(lua_State *L, const struct lffi_ctype *ct);
/* Pushes the C text of a type (declaring `name` when not NULL) and returns it. */
const char *lffi_push_type_text(lua_State *L, const struct cdecl_type *type, const char *name);
/* Pushes the text of a declaration ("int abs(int)") and returns it. */
const char *lffi_push_decl_text(lua_State *L, const struct cdecl_decl *decl);
/* Pushes metamethod `name` of ct's metatype and returns true, or pushes nothing. For a pointer the
 * pointee's metatype answers. */
bool lffi_push_metamethod(lua_State *L, struct lffi_ctype *ct, const char *name);
/* Type sameness across scopes and qualifiers: pointer equality first, structure otherwise. */
bool lffi_same_type(const struct lffi_ctype *a, const struct lffi_ctype *b);
/* Likewise, and ignoring the qualifiers of array elements: values of one may be copied to the
 * other. */
bool lffi_same_value(const struct lffi_ctype *a, const struct lffi_ctype *b);
/* Metatable of ctypes: fills the table on the stack top. */
void lffi_ctype_metatable(lua_State *L, struct lffi_state *st);

/* ---- members.c: names within a type ---------------------------------------------------------- */

/* Member table of a struct or union, names of an enum; built on first use. Raises when the type is
 * incomplete or its layout not supported. */
const struct lffi_fields *lffi_fields_of(lua_State *L, struct lffi_ctype *ct);
/* Member, or enumerator, by the Lua string at `key_idx`; NULL when there is none. */
const struct lffi_field *lffi_find_field(lua_State *L, struct lffi_ctype *ct, int key_idx);
/* The constant of an enum, or static in a struct, that the string at idx names; NULL: there is
 * none. */
const struct cdecl_decl *lffi_find_constant(lua_State *L, const struct lffi_ctype *ct, int idx);
/* The enumerator of an enum, or static constant of a struct, with the nearest name; NULL: none is
 * near, or the type has none. */
const char *lffi_nearest_constant(const struct lffi_ctype *ct, const char *name);
/* Raises "'struct tm' has no member 'x' (did you mean 'y'?)". */
_Noreturn void lffi_no_member(lua_State *L, struct lffi_ctype *ct, const char *name);

/* ---- cdata.c: values as objects -------------------------------------------------------------- */

/* The cdata at `idx`, or NULL when the value is none. Constant time: two address comparisons. */
struct lffi_cdata *lffi_to_cdata(lua_State *L, struct lffi_state *st, int idx);
/* Pushes a cdata that owns `size` zeroed bytes (at least 1), aligned for its type. */
struct lffi_cdata *lffi_new(lua_State *L, struct lffi_ctype *ct, uint64_t size);
/* Pushes a cdata that refers to memory at `addr`; when owner_idx is not 0, the cdata there (its
 * root owner) is kept alive by the new one. */
struct lffi_cdata *lffi_push_view(lua_State *L, struct lffi_ctype *ct, void *addr, int owner_idx);
/* Pushes a pointer value (also a NULL one: callers that read from C push nil instead, S5). */
struct lffi_cdata *lffi_push_pointer(lua_State *L, struct lffi_ctype *ct, const void *value,
                                     int owner_idx);
/* Likewise, keeping the value at anchor_idx (a string, say) alive. */
struct lffi_cdata *lffi_push_anchored_pointer(lua_State *L, struct lffi_ctype *ct,
                                              const void *value, int anchor_idx);
/* Pushes what must live as long as the memory that the cdata at idx is or points to: its root
 * owner, itself when it owns its memory, a pointer when it has a finaliser, a string. False: there
 * is none. */
bool lffi_push_owner(lua_State *L, int idx);
/* Pushes the one of these whose own block holds `addr`; false: the memory is not Lua's. */
bool lffi_push_block(lua_State *L, int idx, const void *addr);
/* Bytes of the payload from addr to the end of what the cdata's memory is known to hold, or
 * UINT64_MAX when unknown. For ffi.copy/fill/string and open-ended arrays. */
uint64_t lffi_extent(lua_State *L, int idx, const struct lffi_cdata *cd);
/* Sets (function at fin_idx) or removes (nil) the finaliser of the cdata at idx. */
void lffi_set_finalizer(lua_State *L, struct lffi_state *st, int idx, int fin_idx);
/* Number of elements of an array cdata; UINT64_MAX when open-ended. */
uint64_t lffi_length(lua_State *L, int idx, const struct lffi_cdata *cd);
/* Metatable of cdata: fills the table on the stack top (tostring, gc, close, len, call; index.c and
 * arith.c add theirs through lffi_index_metatable and lffi_arith_metatable). */
void lffi_cdata_metatable(lua_State *L, struct lffi_state *st, bool with_gc);

/* ---- keep.c: what owned memory keeps alive --------------------------------------------------- */

/* Keeps the value at value_idx alive as long as the owner at owner_idx, under the key `addr`, an
 * address in the owner's memory; nil drops what was kept there (S6). */
void lffi_keep(lua_State *L, struct lffi_state *st, int owner_idx, const void *addr, int value_idx);
/* Copies what is kept for [src, src+size) of one owner to dst of another (aggregate copies). */
void lffi_keep_copy(lua_State *L, struct lffi_state *st, int dst_owner, const void *dst,
                    int src_owner, const void *src, uint64_t size);
/* Pushes what the owner keeps for the pointer at `addr` in its block; false: nothing. */
bool lffi_push_kept(lua_State *L, struct lffi_state *st, int owner_idx, const void *addr);

/* ---- construct.c: ffi.new and ct(...) -------------------------------------------------------- */

/* Pushes a new object of type ct initialised from the values at first .. last (a variable-length
 * type takes its length from the first). `call`: made by ct(...), so a metatype's __new is tried.
 */
void lffi_construct(lua_State *L, struct lffi_ctype *ct, int first, int last, bool call);
/* Pushes the value at idx converted by the rules of ffi.cast. */
void lffi_cast(lua_State *L, struct lffi_ctype *ct, int idx);

/* ---- integer.c: integers of any magnitude ---------------------------------------------------- */

/* An integer: two's complement low 128 bits, its sign, and whether it needs more than that. */
struct lffi_integer {
    unsigned __int128 bits;
    bool negative;
    bool beyond; /* outside [-2^127, 2^128): bits are still exact modulo 2^128 */
};

/* Reads a Lua integer, an integral float, a boxed integer, an object with __cffi_integer or
 * registered by ffi.integer_type. False when the value at idx is none of these. Fractions:
 * `*fraction` is set and the integer is truncated. */
bool lffi_to_integer(lua_State *L, struct lffi_state *st, int idx, struct lffi_integer *out,
                     bool *fraction);
/* Reads "[+-]?(0[xX]hex+|dec+)"; false when the text is anything else. */
bool lffi_text_to_integer(const char *text, size_t size, struct lffi_integer *out);
struct lffi_integer lffi_integer_of_real(lffi_real value); /* finite; truncated */
struct lffi_integer lffi_integer_of_int64(int64_t value);
/* The low `bits` bits as an integer of that width. */
struct lffi_integer lffi_integer_of_bits(unsigned __int128 value, unsigned bits, bool is_signed);
/* Integers, enums and bool in memory; the other way stores the low bytes. */
void lffi_integer_to_memory(const struct lffi_ctype *ct, void *dst, unsigned __int128 bits);
struct lffi_integer lffi_integer_of_memory(const struct lffi_ctype *ct, const void *src);
/* Reduces to `bits` (1..128) by policy. False when it does not fit under FIT or STRICT. */
bool lffi_integer_reduce(const struct lffi_integer *value, unsigned bits, bool is_signed,
                         enum lffi_policy policy, unsigned __int128 *out);
/* -1, 0, 1 by value. */
int lffi_integer_compare(const struct lffi_integer *a, const struct lffi_integer *b);
/* Pushes the decimal text. */
const char *lffi_push_integer_text(lua_State *L, const struct lffi_integer *value);
/* Pushes the text that the value at idx gives for its integer: the string itself, or what an
 * object's converter says. For the values that lffi_integer has no room for. */
const char *lffi_push_integer_source(lua_State *L, struct lffi_state *st, int idx);

/* ---- floats.c: floating types of every width ------------------------------------------------- */

lffi_real lffi_truncate(lffi_real value);
static inline bool lffi_is_finite(lffi_real value)
{
    return value - value == 0;
}
/* Reads and writes one number of a FLOAT16 .. FLOAT128 type; writing rounds to nearest. */
lffi_real lffi_load_float(const struct lffi_ctype *ct, const void *src);
void lffi_store_float(const struct lffi_ctype *ct, void *dst, lffi_real value);
/* The parts of a complex value. */
void lffi_load_complex(const struct lffi_ctype *ct, const void *src, lffi_real *re, lffi_real *im);
void lffi_store_complex(const struct lffi_ctype *ct, void *dst, lffi_real re, lffi_real im);
/* Stores the result of Lua's arithmetic operator on two values of a LDOUBLE or FLOAT128 type,
 * computed in that type; for unary operators both are the same. */
void lffi_float_arith(const struct lffi_ctype *ct, int op, void *dst, const void *a, const void *b);
/* Pushes the text of a floating or complex value ("1.5", "1-2i") and returns it. */
const char *lffi_push_float_text(lua_State *L, const struct lffi_ctype *ct, const void *src);

/* ---- magnitude.c: integers of any size as floating values ------------------------------------ */

/* The leading bits of an integer: (top + something below 1 when `rest`) * 2^exponent. */
struct lffi_magnitude {
    unsigned __int128 top; /* all 128 bits in use when `rest` or exponent > 0 */
    int exponent;
    bool rest;     /* nonzero bits follow */
    bool negative;
    bool huge;     /* beyond every floating type; the rest says nothing */
};
struct lffi_magnitude
lffi_magnitude_of_integer(const struct lffi_integer *value); /* not `beyond` */
struct lffi_magnitude lffi_magnitude_of_text(const char *text,
                                             size_t size); /* of an integer (S2) */
/* True when a FLOAT16 .. FLOAT128 type has exactly this value. */
bool lffi_magnitude_is_exact(const struct lffi_ctype *ct, const struct lffi_magnitude *m);
/* Stores it, rounded once to nearest; infinity when it is too large. */
void lffi_store_magnitude(const struct lffi_ctype *ct, void *dst, const struct lffi_magnitude *m);

/* ---- convert.c: Lua values <-> C bytes ------------------------------------------------------- */

/* Where a value goes: for the error text and for the rules that depend on it. */
enum lffi_place {
    LFFI_TO_ARGUMENT, /* fn, index (1-based) */
    LFFI_TO_RESULT,   /* of a callback; of: its function type */
    LFFI_TO_ERROR_VALUE, /* likewise: what C gets when the callback fails */
    LFFI_TO_FIELD,    /* of: the struct type, name */
    LFFI_TO_ELEMENT,  /* of: the array or pointer type, index */
    LFFI_TO_VARIABLE, /* name */
    LFFI_TO_VALUE     /* ffi.new of a scalar, ffi.cast: no prefix */
};
struct lffi_loans;
struct lffi_where {
    enum lffi_place place;
    enum lffi_policy policy;
    bool cast;     /* ffi.cast rules: wrap, strings and integers to pointers ... */
    struct lffi_loans
        *loans;    /* a Lua function given here is only called during the running call (S14) */
    int owner_idx; /* absolute index of the cdata that owns the destination, 0: not Lua's memory */
    int64_t index;
    const char *name;
    const struct cdecl_type *of;
    const struct lffi_function *fn; /* may be NULL: a function pointer */
};

/* Stores the value at idx as a `ct` at dst (need not be aligned). Raises, with nothing written,
 * when it does not convert. Does not check const. */
void lffi_store(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                const struct lffi_where *where);
/* Pushes the Lua value of the `ct` at src: number, boolean, nil for a NULL pointer, a pointer or
 * boxed cdata (copies), or a view for structs and arrays, which keeps the cdata at owner_idx (0:
 * none). */
void lffi_load(lua_State *L, struct lffi_ctype *ct, const void *src, int owner_idx);
/* Pushes a copy of an integer of type ct (any integer op) as Lua integer when it fits, else boxed.
 */
void lffi_push_integer(lua_State *L, struct lffi_ctype *ct, const struct lffi_integer *value);
/* Pushes a constant: Lua integer, boxed integer, float or string. */
void lffi_push_value(lua_State *L, struct lffi_scope *scope, const struct cdecl_value *value);
/* Pushes the value of a constant. */
static inline void lffi_push_constant(lua_State *L, struct lffi_scope *scope,
                                      const struct cdecl_decl *constant)
{
    struct cdecl_value value = cdecl_value_of(constant);
    lffi_push_value(L, scope, &value);
}
/* True when the value at idx is a boolean, Lua's or C's; `truth` is then which one. */
bool lffi_to_boolean(lua_State *L, struct lffi_state *st, int idx, bool *truth);
/* The value at idx as an integer of type ct reduced to `bits` bits; an enum also takes names; as a
 * boolean. For bits.c. */
unsigned __int128 lffi_reduced_integer(lua_State *L, struct lffi_ctype *ct, unsigned bits,
                                       bool is_signed, int idx, const struct lffi_where *where);
unsigned __int128 lffi_reduced_enum(lua_State *L, struct lffi_ctype *ct, unsigned bits, int idx,
                                    const struct lffi_where *where);
/* The type of the two parts of a complex type. */
struct lffi_ctype *lffi_complex_part(lua_State *L, const struct lffi_ctype *ct);
bool lffi_truth_of(lua_State *L, struct lffi_ctype *ct, int idx, const struct lffi_where *where);

/* ---- bits.c: bit-fields ---------------------------------------------------------------------- */

/* Bit-fields: `base` is the start of the struct that `offset` of the field counts from. */
void lffi_store_bits(lua_State *L, const struct lffi_field *field, void *base, int idx,
                     const struct lffi_where *where);
void lffi_load_bits(lua_State *L, const struct lffi_field *field, const void *base);

/* ---- convert_error.c: values that do not convert --------------------------------------------- */

/* Raises a conversion error with the prefix of `where`; `fmt` as for lua_pushfstring. */
_Noreturn void lffi_convert_error(lua_State *L, const struct lffi_where *where, const char *fmt,
                                  ...);
/* Raises "cannot convert string "x" to 'int'". */
_Noreturn void lffi_mismatch(lua_State *L, struct lffi_ctype *ct, int idx,
                             const struct lffi_where *where);
/* "integer 5", "string "x"", "'int *'", ... : the value at idx in an error text (pushed). */
const char *lffi_push_kind_of(lua_State *L, struct lffi_state *st, int idx);
/* Likewise a number: "integer 300", "number 1e+300". `value`: the integer that it is, or stands
 * for; NULL for floats. */
const char *lffi_push_number_text(lua_State *L, struct lffi_state *st,
                                  const struct lffi_integer *value, int idx);

/* ---- pointer.c: Lua values as C addresses ---------------------------------------------------- */

/* The address that a value at idx stands for when a pointer of type ct (or any object pointer, ct
 * NULL) is wanted: pointers, arrays, structs, functions, strings for const void. Raises by `where`.
 */
const void *lffi_to_address(lua_State *L, struct lffi_ctype *ct, int idx,
                            const struct lffi_where *where);

/* ---- init.c: aggregate initialisers ---------------------------------------------------------- */

/* Fills zeroed memory of an array, struct or union from the values at first .. last (LuaJIT's
 * initialiser rules). `size` is the size of the memory (variable-length types). */
void lffi_initialise(lua_State *L, struct lffi_ctype *ct, void *dst, uint64_t size, int first,
                     int last, const struct lffi_where *where);

/* The number of elements that the value at idx gives to an array of unknown length (C11 6.7.9p22);
 * false: it says nothing about it. */
bool lffi_initialiser_length(lua_State *L, struct lffi_ctype *ct, int idx, uint64_t *count);

/* ---- index.c: members and elements ----------------------------------------------------------- */

void lffi_index_metatable(lua_State *L,
                          const struct lffi_state *st); /* __index __newindex __pairs */

/* ---- number.c, address.c, arith.c: operators ------------------------------------------------- */

/* An operand as arith.c found it. Aggregates and values that no operator knows are OTHER. */
enum lffi_operand_kind {
    LFFI_OTHER_OPERAND,
    LFFI_INTEGER_OPERAND,
    LFFI_FLOAT_OPERAND,
    LFFI_ADDRESS_OPERAND /* pointers, arrays, functions */
};
struct lffi_operand {
    enum lffi_operand_kind kind;
    int idx;
    struct lffi_ctype *ct; /* of a cdata, else NULL */
    struct lffi_integer integer;
    lffi_real number;
    const void *address; /* also of aggregates: where they lie */
};
#define LFFI_UNORDERED 2 /* result of comparing with a NaN */

/* Pushes the result of Lua's operator `op` (LUA_OPADD ...) on two numbers by the scope's rules; for
 * unary operators both are the same. */
void lffi_number_arith(lua_State *L, struct lffi_scope *scope, int op, struct lffi_operand *a,
                       struct lffi_operand *b);
/* -1, 0, 1 by value, or LFFI_UNORDERED. */
int lffi_number_compare(const struct lffi_scope *scope, const struct lffi_operand *a,
                        const struct lffi_operand *b);
/* Pushes pointer + integer, integer + pointer, pointer - integer, pointer - pointer; false when the
 * operator and the operands are none of these. */
bool lffi_pointer_arith(lua_State *L, int op, const struct lffi_operand *a,
                        const struct lffi_operand *b);
/* -1, 0, 1 by address. Raises for incompatible types under LuaJIT's rules. */
int lffi_pointer_compare(lua_State *L, const struct lffi_operand *a, const struct lffi_operand *b);
void lffi_arith_metatable(lua_State *L, struct lffi_state *st); /* + - ... == < <= .. */
/* C equality of two values (ffi.eq): numbers and boxed integers by value, pointers by address. */
bool lffi_equal(lua_State *L, struct lffi_state *st, int a, int b);

/* ---- plan.c, call.c, fastcall.c: calling C --------------------------------------------------- */

/* The plan of a function type, built on first use. Raises with the reason when it cannot be called.
 */
const struct lffi_plan *lffi_plan_of(lua_State *L, struct lffi_ctype *ct);
/* Pushes the Lua function of a C function. Stack: the library userdata at lib_idx (0: none). */
void lffi_push_function(lua_State *L, struct lffi_ctype *ct, const struct cdecl_decl *decl,
                        void (*address)(void), int lib_idx);
/* The record behind a Lua function made by lffi_push_function, or NULL. */
const struct lffi_function *lffi_to_function(lua_State *L, int idx);
/* True while a function of the library runs on this thread: a callback must not unmap it. */
bool lffi_is_running(const struct lffi_library *lib);
/* Calls a function pointer with the arguments from stack index first on; returns the result count.
 */
int lffi_call_pointer(lua_State *L, struct lffi_ctype *ct, void (*address)(void), int first);

/* ---- callback.c: C calling Lua --------------------------------------------------------------- */

/* Code address for the Lua function at idx as a function of type ct, shared per (function,
 * signature) and kept until ffi.release (S14), or for as long as `loans` say when these are not
 * NULL. */
void *lffi_implicit_callback(lua_State *L, struct lffi_ctype *ct, int idx,
                             struct lffi_loans *loans);
/* Pushes a function-pointer cdata for a callback with a slot of its own (ffi.callback, ffi.cast);
 * ct is the function or function-pointer type, options_idx a table or 0. */
void lffi_push_callback(lua_State *L, struct lffi_ctype *ct, int idx, int options_idx);
/* Pushes the method `name` ("free", "set") of a function-pointer cdata, or returns false. */
bool lffi_push_callback_method(lua_State *L, const char *name);
/* Adds callback, release, callbacks to the API table on the stack top (upvalue: scope). */
void lffi_callback_api(lua_State *L, struct lffi_scope *scope);
/* Turns every callback of the state into a tombstone; run by the state's finaliser. */
void lffi_callback_close(struct lffi_state *st);

/* ---- clib.c: libraries ----------------------------------------------------------------------- */

/* Adds load, close, C to the API table on the stack top (upvalue: scope). */
void lffi_clib_api(lua_State *L, struct lffi_scope *scope);

/* ---- api.c, module.c ------------------------------------------------------------------------- */

/* Pushes the API table of a scope (cdef, new, typeof, ...), creating it on first use. */
void lffi_push_api(lua_State *L, struct lffi_scope *scope);

#endif
