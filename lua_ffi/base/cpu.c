/* Whether this processor has what the compiler was told of it (-march=native and its like): without
 * it the first such instruction ends the process, wherever it comes. Depends on the compiler's
 * knowledge of processors; no Lua. Nothing here is worth such an instruction itself.
 */
#include <stddef.h>

#if defined __aarch64__ && defined __linux__
#include <sys/auxv.h>
#endif

#include "base/cpu.h"

#define NEED(feature)                         \
    do {                                      \
        if (!__builtin_cpu_supports(feature)) \
            return feature;                   \
    } while (0)

const char *lffi_cpu_lacks(void)
{
#if defined __x86_64__ || defined __i386__
    __builtin_cpu_init();
#ifdef __SSE2__
    NEED("sse2");
#endif
#ifdef __SSE3__
    NEED("sse3");
#endif
#ifdef __SSSE3__
    NEED("ssse3");
#endif
#ifdef __SSE4_1__
    NEED("sse4.1");
#endif
#ifdef __SSE4_2__
    NEED("sse4.2");
#endif
#ifdef __POPCNT__
    NEED("popcnt");
#endif
#ifdef __AVX__
    NEED("avx");
#endif
#ifdef __AVX2__
    NEED("avx2");
#endif
#ifdef __FMA__
    NEED("fma");
#endif
#ifdef __BMI__
    NEED("bmi");
#endif
#ifdef __BMI2__
    NEED("bmi2");
#endif
#ifdef __AVX512F__
    NEED("avx512f");
#endif
#ifdef __SSE4A__
    NEED("sse4a");
#endif
#ifdef __FMA4__
    NEED("fma4");
#endif
#ifdef __XOP__
    NEED("xop");
#endif
#endif
#if defined __aarch64__ && defined __linux__
#ifdef __ARM_FEATURE_ATOMICS
    if ((getauxval(AT_HWCAP) & (1 << 8)) == 0) /* HWCAP_ATOMICS */
        return "lse";
#endif
#ifdef __ARM_FEATURE_SVE
    if ((getauxval(AT_HWCAP) & (1 << 22)) == 0) /* HWCAP_SVE */
        return "sve";
#endif
#endif
    return NULL;
}
