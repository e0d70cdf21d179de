/* The Check suites of the parser: each check_NAME.c makes the suite that suites.def lists. */
#ifndef CDECL_SUITES_H
#define CDECL_SUITES_H

#include <check.h>

#define SUITE(name) Suite *check_##name(void);
#include "suites.def"
#undef SUITE

#endif
