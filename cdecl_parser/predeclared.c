/* The names that every scope knows without a header (docs/design.md S20), as C text. Their types
 * are those of the compiler that builds the library, so that another target needs no edits here;
 * va_list alone has to be spelt, as each ABI defines it. Depends on internal.h. */
#include "internal.h"

/* Spelling of a macro's value. */
#define TEXT(macro) TEXT_OF(macro)
#define TEXT_OF(tokens) #tokens
#define ALIAS(type, name) "typedef " TEXT(type) " " #name ";"

#if defined(__x86_64__) && !defined(_WIN32) /* System V ABI, AMD64 supplement, 3.5.7 */
#define VA_LIST                                                              \
    "typedef struct __va_list_tag { unsigned gp_offset; unsigned fp_offset;" \
    " void *overflow_arg_area; void *reg_save_area; } __builtin_va_list[1];"
#elif defined(__aarch64__) && !defined(__APPLE__) /* AAPCS64, 10.1.5 */
#define VA_LIST                                                                 \
    "typedef struct __va_list { void *__stack; void *__gr_top; void *__vr_top;" \
    " int __gr_offs; int __vr_offs; } __builtin_va_list;"
#elif defined(__s390x__) /* ELF ABI, s390x supplement, 1.2.6 */
#define VA_LIST                                              \
    "typedef struct __va_list_tag { long __gpr; long __fpr;" \
    " void *__overflow_arg_area; void *__reg_save_area; } __builtin_va_list[1];"
#elif defined(__arm__) && defined(__ARM_EABI__) && !defined(__APPLE__) /* AAPCS, 8.1.4 */
#define VA_LIST "typedef struct __va_list { void *__ap; } __builtin_va_list;"
#else /* riscv64, ppc64le, i386, Apple's arm64 and others */
#define VA_LIST "typedef void *__builtin_va_list;"
_Static_assert(sizeof(__builtin_va_list) == sizeof(void *),
               "predeclared.c must spell the va_list of this ABI");
#endif

#if defined(__i386__) && defined(__GNUC__) /* gcc's and clang's <stddef.h> */
#define MAX_ALIGN_F128 " _Float128 __max_align_f128 __attribute__((aligned(16)));"
#else
#define MAX_ALIGN_F128 ""
#endif

#if defined(__SIZEOF_INT128__)
#define INT128 "typedef __int128 __int128_t; typedef unsigned __int128 __uint128_t;"
#else
#define INT128
#endif

/* clang's idea of the fast types is not glibc's, whose <stdint.h> this is. */
#if INT_FAST16_MAX == SHRT_MAX
#define FAST16 short
#elif INT_FAST16_MAX == INT_MAX
#define FAST16 int
#else
#define FAST16 long
#endif
#if INT_FAST32_MAX == INT_MAX
#define FAST32 int
#else
#define FAST32 long
#endif

/* clang-format off */
const char cdecl__predeclared[] =
    "typedef _Bool bool;"
    ALIAS(__INT8_TYPE__, int8_t)
    ALIAS(__INT16_TYPE__, int16_t)
    ALIAS(__INT32_TYPE__, int32_t)
    ALIAS(__INT64_TYPE__, int64_t)
    ALIAS(__UINT8_TYPE__, uint8_t)
    ALIAS(__UINT16_TYPE__, uint16_t)
    ALIAS(__UINT32_TYPE__, uint32_t)
    ALIAS(__UINT64_TYPE__, uint64_t)
    ALIAS(__INT_LEAST8_TYPE__, int_least8_t)
    ALIAS(__INT_LEAST16_TYPE__, int_least16_t)
    ALIAS(__INT_LEAST32_TYPE__, int_least32_t)
    ALIAS(__INT_LEAST64_TYPE__, int_least64_t)
    ALIAS(__UINT_LEAST8_TYPE__, uint_least8_t)
    ALIAS(__UINT_LEAST16_TYPE__, uint_least16_t)
    ALIAS(__UINT_LEAST32_TYPE__, uint_least32_t)
    ALIAS(__UINT_LEAST64_TYPE__, uint_least64_t)
    ALIAS(__INT_FAST8_TYPE__, int_fast8_t)
    ALIAS(FAST16, int_fast16_t)
    ALIAS(FAST32, int_fast32_t)
    ALIAS(__INT_FAST64_TYPE__, int_fast64_t)
    ALIAS(__UINT_FAST8_TYPE__, uint_fast8_t)
    ALIAS(unsigned FAST16, uint_fast16_t)
    ALIAS(unsigned FAST32, uint_fast32_t)
    ALIAS(__UINT_FAST64_TYPE__, uint_fast64_t)
    ALIAS(__INTPTR_TYPE__, intptr_t)
    ALIAS(__UINTPTR_TYPE__, uintptr_t)
    ALIAS(__INTMAX_TYPE__, intmax_t)
    ALIAS(__UINTMAX_TYPE__, uintmax_t)
    ALIAS(__SIZE_TYPE__, size_t)
    ALIAS(__PTRDIFF_TYPE__, ptrdiff_t)
    ALIAS(__INTPTR_TYPE__, ssize_t)
    ALIAS(__WCHAR_TYPE__, wchar_t)
    ALIAS(__WINT_TYPE__, wint_t)
    ALIAS(__CHAR16_TYPE__, char16_t)
    ALIAS(__CHAR32_TYPE__, char32_t)
    "typedef unsigned char char8_t;"
    INT128
    "typedef struct {"
    " long long __max_align_ll __attribute__((aligned(__alignof__(long long))));"
    " long double __max_align_ld __attribute__((aligned(__alignof__(long double))));"
    MAX_ALIGN_F128
    " } max_align_t;"
    "typedef __typeof__((void *)0) nullptr_t;"
    VA_LIST
    "typedef __builtin_va_list va_list; typedef __builtin_va_list __gnuc_va_list;";
/* clang-format on */
