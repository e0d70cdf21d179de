/* What format.c (printf) and format_scan.c (scanf) share: conversion specifications and the
 * arguments they are checked against. Internal to these two files. */
#ifndef LFFI_FORMAT_H
#define LFFI_FORMAT_H

#include "call/call.h"

enum lffi_format_length {
    LFFI_LENGTH_NONE,
    LFFI_LENGTH_BYTE,   /* hh */
    LFFI_LENGTH_SHORT,  /* h */
    LFFI_LENGTH_LONG,   /* l */
    LFFI_LENGTH_WIDE,   /* ll q j z Z t: 64 bits, where `l` may also mean wchar_t or double */
    LFFI_LENGTH_LDOUBLE /* L */
};

/* A width or a precision. */
struct lffi_format_number {
    bool given;
    bool star; /* an argument, in printf: its place is `place`, 0 for the next */
    int place;
    int value; /* -1 when not given or not known */
};

/* One conversion specification: "%2$-5.3lld". */
struct lffi_format_spec {
    const char *text; /* from the '%' on */
    size_t size;
    int place;       /* of "%2$d"; 0: the next argument */
    bool suppressed; /* scanf's '*' */
    bool allocates;  /* scanf's 'm' */
    struct lffi_format_number width, precision;
    enum lffi_format_length length;
    char conversion; /* '\0': the format ends inside the specification */
};

/* One call's variadic arguments. */
struct lffi_format_check {
    lua_State *L;
    struct lffi_where *where;
    struct lffi_scope *scope; /* of the function's type */
    struct lffi_state *st;
    int first, start, last; /* stack indices: of all arguments, of the variadic ones, the last */
    int next;               /* the next argument taken in order */
    int numbered;           /* how many of the variadic ones are taken by number; -1: none is */
    unsigned char *taken;   /* which; a userdata on the stack */
};

/* Raises "format '%d' " and the message, about the argument at idx. */
_Noreturn void lffi_format_refuse(struct lffi_format_check *c, const struct lffi_format_spec *spec,
                                  int idx, const char *fmt, ...);
/* Raises "format '%d' wants WANTED, got ..." about the argument at idx. */
_Noreturn void lffi_format_wants(struct lffi_format_check *c, const struct lffi_format_spec *spec,
                                 int idx, const char *wanted);
/* Stack index of the argument that stands in `place`, or comes next when that is 0. */
int lffi_format_take(struct lffi_format_check *c, const struct lffi_format_spec *spec, int place);
/* The type behind a pointer or array cdata at idx, NULL when the value is neither. */
const struct lffi_ctype *lffi_format_pointee(const struct lffi_format_check *c, int idx);
/* Whether a "void *" stands at idx that an object gave ("__cffi_pointer"; Fiddle's pointers): what
 * it points to, only the object knows. */
bool lffi_format_is_untyped(const struct lffi_format_check *c, int idx);
/* Bytes of the object that a type's values take: an integer's, an enum's; 0 for all else. */
unsigned lffi_format_integer_size(const struct lffi_ctype *ct);
/* Checks a specification of scanf. */
void lffi_format_check_scan(struct lffi_format_check *c, const struct lffi_format_spec *spec);

#endif
