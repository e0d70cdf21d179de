/* __float128 by integers: quad.c. Where the compiler has both types. */
#ifndef LFFI_QUAD_H
#define LFFI_QUAD_H

#include "base/base.h"

#ifdef CDECL_QUAD
#define LFFI_QUAD 1

lffi_real lffi_quad_floor(lffi_real value);
lffi_real lffi_quad_fmod(lffi_real a, lffi_real b);

#endif

#endif
