/* __float128 by integers: quad.c. Where the compiler has both types. */
#ifndef LFFI_QUAD_H
#define LFFI_QUAD_H

#include "base/base.h"

#if defined __SIZEOF_FLOAT128__ && defined __SIZEOF_INT128__
#define LFFI_QUAD 1

/* The text of %.36g, as many digits as tell any two values apart, correctly rounded. */
void lffi_print_quad(char *text, size_t size, lffi_real value);
lffi_real lffi_quad_floor(lffi_real value);
lffi_real lffi_quad_fmod(lffi_real a, lffi_real b);

#endif

#endif
