/* How C values are represented, for the switches of load and store. */
#ifndef LFFI_OP_H
#define LFFI_OP_H

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

#endif
