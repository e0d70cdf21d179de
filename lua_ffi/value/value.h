/* The value wing: Lua values into the bytes of C values and back, and what operators do to them. */
#ifndef LFFI_VALUE_H
#define LFFI_VALUE_H

#include "object/hooks.h"
#include "object/integer.h"
#include "object/members.h"
#include "object/record.h"

/* ---- convert.c: Lua values <-> C bytes ------------------------------------------------------- */

/* Where a value goes: for the error text and for the rules that depend on it. */
enum lffi_place {
    LFFI_TO_ARGUMENT,    /* fn, index (1-based) */
    LFFI_TO_RESULT,      /* of a callback; of: its function type */
    LFFI_TO_ERROR_VALUE, /* likewise: what C gets when the callback fails */
    LFFI_TO_FIELD,       /* of: the struct type, name */
    LFFI_TO_ELEMENT,     /* of: the array or pointer type, index */
    LFFI_TO_VARIABLE,    /* name */
    LFFI_TO_VALUE        /* ffi.new of a scalar, ffi.cast: no prefix */
};
struct lffi_loans;
struct lffi_where {
    enum lffi_place place;
    enum lffi_policy policy;
    bool cast; /* ffi.cast rules: wrap, strings and integers to pointers ... */
    struct lffi_loans
        *loans;    /* a Lua function given here is only called during the running call (S14) */
    int owner_idx; /* absolute index of the cdata that owns the destination, 0: not Lua's memory */
    int anchors;   /* of a table of what lives for the call only (temporary.c), 0: none */
    int64_t index;
    int64_t start; /* the position that element 0 has in the table which is being read */
    const char *name;
    const struct cdecl_type *of;
    const struct lffi_function *fn; /* may be NULL: a function pointer */
    const struct lffi_where *outer; /* within an argument: what the part belongs to */
};

/* Stores the value at idx as a `ct` at dst (need not be aligned). Raises, with nothing written,
 * when it does not convert. Does not check const. */
void lffi_store(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                const struct lffi_where *where);
/* Pushes the Lua value of the `ct` at src: number, boolean, nil for a NULL pointer, a pointer or
 * boxed cdata (copies), or a view for structs and arrays, which keeps the cdata at owner_idx (0:
 * none). */
void lffi_load(lua_State *L, struct lffi_ctype *ct, const void *src, int owner_idx);
/* The same of a pointer. */
void lffi_load_pointer(lua_State *L, struct lffi_ctype *ct, const void *src, int owner_idx);
/* Pushes a copy of an integer of type ct (any integer op) as Lua integer when it fits, else boxed.
 */
void lffi_push_integer(lua_State *L, struct lffi_ctype *ct, const struct lffi_integer *value);
/* The value at idx as an integer of type ct reduced to `bits` bits; an enum also takes names. For
 * bitfield.c. */
lffi_wide lffi_reduced_integer(lua_State *L, struct lffi_ctype *ct, unsigned bits, bool is_signed,
                               int idx, const struct lffi_where *where);
lffi_wide lffi_reduced_enum(lua_State *L, struct lffi_ctype *ct, unsigned bits, int idx,
                            const struct lffi_where *where);
/* The type of the two parts of a complex type. */
struct lffi_ctype *lffi_complex_part(lua_State *L, const struct lffi_ctype *ct);

/* ---- truth.c --------------------------------------------------------------------------------- */

/* True when the value at idx is a boolean, Lua's or C's; `truth` is then which one. */
bool lffi_to_boolean(lua_State *L, struct lffi_state *st, int idx, bool *truth);
/* The value at idx as a bool; numbers are true or false where the policy converts. Raises. */
bool lffi_truth_of(lua_State *L, struct lffi_ctype *ct, int idx, const struct lffi_where *where);

/* ---- bitfield.c ------------------------------------------------------------------------------ */

/* Bit-fields: `base` is the start of the struct that `offset` of the field counts from. */
void lffi_store_bits(lua_State *L, const struct lffi_field *field, void *base, int idx,
                     const struct lffi_where *where);
void lffi_load_bits(lua_State *L, const struct lffi_field *field, const void *base);
/* Stores an integer that is plain for the field; false: look closer. */
bool lffi_quick_store_bits(const struct lffi_field *field, void *base, int64_t value);

/* ---- vector.c -------------------------------------------------------------------------------- */

/* Stores a value that is no vector of type ct, but becomes one; false: it does not. */
bool lffi_store_vector(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                       const struct lffi_where *where);

/* ---- address.c: Lua values as C addresses ---------------------------------------------------- */

/* The address that a value at idx stands for when a pointer of type ct (or any object pointer, ct
 * NULL) is wanted: pointers, arrays, structs, functions, strings for const void. Raises by `where`.
 */
const void *lffi_to_address(lua_State *L, struct lffi_ctype *ct, int idx,
                            const struct lffi_where *where);
/* A Lua function for a function pointer: C's functions stand for themselves. */
bool lffi_makes_callback(lua_State *L, const struct lffi_ctype *ct, int idx);
/* Pushes what the object at idx stands for: its metamethod __cffi_pointer(object, ctype or nil)
 * gives it (nil, a cdata, a C function or light userdata; the object keeps alive what that points
 * to). False, with nothing pushed: it is no such object. */
bool lffi_push_pointed(lua_State *L, struct lffi_ctype *ct, int idx,
                       const struct lffi_where *where);

/* ---- temporary.c: tables for pointers to const ----------------------------------------------- */

/* Whether the value at idx is a table that passes to the pointer type as what it points to. */
bool lffi_is_temporary(lua_State *L, struct lffi_ctype *ct, int idx);
/* Pushes the array or struct made of that table, and what keeps alive what it points to (unless
 * `where` has that already): the address is good as long as they stay on the stack. */
const void *lffi_push_temporary(lua_State *L, struct lffi_ctype *ct, int idx,
                                const struct lffi_where *where);
/* Keeps the value on the top for the call, and pops it. */
void lffi_anchor(lua_State *L, const struct lffi_where *where);
/* The address that the value at idx gives a pointer stored in such an array or struct. */
const void *lffi_temporary_address(lua_State *L, struct lffi_ctype *ct, int idx,
                                   const struct lffi_where *where);

/* ---- construct.c: ffi.new and ct(...) -------------------------------------------------------- */

/* Pushes a new object of type ct initialised from the values at first .. last (a variable-length
 * type takes its length from the first). `call`: made by ct(...), so a metatype's __new is tried.
 */
void lffi_construct(lua_State *L, struct lffi_ctype *ct, int first, int last, bool call);
/* Where values are read in place: pushes a new struct initialised with the n values from stack
 * index 2 on, which are all; false, with nothing pushed: look closer. */
bool lffi_quick_new(lua_State *L, struct lffi_ctype *ct, ptrdiff_t n);
/* Pushes the value at idx converted by the rules of ffi.cast. */
void lffi_cast(lua_State *L, struct lffi_ctype *ct, int idx);

/* ---- braces.c -------------------------------------------------------------------------------- */

/* Whether a table at idx for the members of an anonymous struct or union is its first member's. */
bool lffi_is_of_first_member(lua_State *L, const struct cdecl_type *type, int idx);

/* ---- initialise.c: aggregate initialisers ---------------------------------------------------- */

/* Fills zeroed memory of an array, struct or union from the values at first .. last (LuaJIT's
 * initialiser rules). `size` is the size of the memory (variable-length types). */
void lffi_initialise(lua_State *L, struct lffi_ctype *ct, void *dst, uint64_t size, int first,
                     int last, const struct lffi_where *where);

/* The number of elements that the value at idx gives to an array of unknown length (C11 6.7.9p22);
 * false: it says nothing about it. */
bool lffi_initialiser_length(lua_State *L, struct lffi_ctype *ct, int idx, uint64_t *count);

/* ---- pointer.c: pointers --------------------------------------------------------------------- */

/* Whether LuaJIT takes pointers to these for pointers of one type, qualifiers of the pointees
 * aside: integers by size, an enum as one, functions by their number of parameters. */
bool lffi_luajit_compatible(const struct lffi_ctype *a, const struct lffi_ctype *b);

/* ---- unindexed.c: indices that mean nothing -------------------------------------------------- */

/* Raises "index KEY " and the text, of the key at stack index 2. */
_Noreturn void lffi_index_error(lua_State *L, const char *what);
/* unindexed.c: raises that a value of the type has no such index as that at stack index 2. */
_Noreturn void lffi_cannot_index(lua_State *L, const struct lffi_ctype *ct);
_Noreturn void lffi_out_of_bounds(lua_State *L, const struct lffi_ctype *ct);
_Noreturn void lffi_no_elements(lua_State *L, const struct lffi_ctype *ct);
/* Raises when it is ipairs that reads this element of a value of unknown length: no nil would end
 * the loop. */
void lffi_check_walk(lua_State *L, const struct lffi_ctype *ct, int64_t index);

/* ---- arith.c: operators ---------------------------------------------------------------------- */

/* C equality of two values (ffi.eq): numbers and boxed integers by value, pointers by address. */
bool lffi_equal(lua_State *L, struct lffi_state *st, int a, int b);

#endif
