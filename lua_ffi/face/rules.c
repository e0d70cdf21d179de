/* The API's functions on rules and places: overflow, integer_type, abi, os, arch.
 *
 * Depends on argument.c alone. What is set belongs to the scope, or to the state.
 */
#include <string.h>

#include "face/face.h"

/* ffi.overflow([policy]): the policy that was in force. */
static int api_overflow(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    enum lffi_policy old = scope->policy;
    lua_settop(L, 1);
    if (!lua_isnil(L, 1))
        scope->policy = (enum lffi_policy)lffi_arg_choice(L, 1, lffi_policy_names);
    lua_pushstring(L, lffi_policy_names[old]);
    return 1;
}

/* ffi.integer_type(metatable, function or nil): how values with that metatable become integers
 * (S2). */
static int api_integer_type(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    if (!lua_istable(L, 1))
        lffi_expected(L, 1, "metatable");
    if (!lua_isnoneornil(L, 2) && !lua_isfunction(L, 2))
        lffi_expected(L, 2, "function or nil");
    lua_settop(L, 2);
    lua_rawgeti(L, LUA_REGISTRYINDEX, scope->st->ref_integer_types);
    lua_insert(L, 1);
    lua_rawset(L, 1);
    return 0;
}

/* ---- the target ------------------------------------------------------------------------------ */

static const char *const abi_names[] = {sizeof(void *) == 8 ? "64bit" : "32bit",
                                        __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? "be" : "le",
                                        "fpu",
#ifdef __SOFTFP__
                                        "softfp",
#else
                                        "hardfp",
#endif
#ifdef __ARM_EABI__
                                        "eabi",
#endif
#if defined _CALL_ELF && _CALL_ELF == 2
                                        "elfv2",
#endif
#ifdef _WIN32
                                        "win",
#endif
                                        "unionval", /* cffi-lua's: unions pass by value */
                                        NULL};

/* ffi.abi(name): whether that is true of the target. */
static int api_abi(lua_State *L)
{
    const char *name = lffi_arg_string(L, 1, NULL);
    bool found = false;
    for (const char *const *known = abi_names; *known != NULL && !found; known++)
        found = strcmp(*known, name) == 0;
    lua_pushboolean(L, found);
    return 1;
}

#if defined __linux__
#define TARGET_OS "Linux"
#elif defined __APPLE__
#define TARGET_OS "OSX"
#elif defined __FreeBSD__ || defined __NetBSD__ || defined __OpenBSD__ || defined __DragonFly__
#define TARGET_OS "BSD"
#elif defined _WIN32
#define TARGET_OS "Windows"
#elif defined __unix__
#define TARGET_OS "POSIX"
#else
#define TARGET_OS "Other"
#endif

#if defined __x86_64__
#define TARGET_ARCH "x64"
#elif defined __i386__
#define TARGET_ARCH "x86"
#elif defined __aarch64__
#define TARGET_ARCH "arm64"
#elif defined __arm__
#define TARGET_ARCH "arm"
#elif defined __powerpc64__ && defined __LITTLE_ENDIAN__
#define TARGET_ARCH "ppc64le"
#elif defined __powerpc64__
#define TARGET_ARCH "ppc64"
#elif defined __riscv
#define TARGET_ARCH "riscv64"
#elif defined __s390x__
#define TARGET_ARCH "s390x"
#elif defined __mips64
#define TARGET_ARCH "mips64"
#else
#define TARGET_ARCH "unknown"
#endif

void lffi_api_rules(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {{"overflow", api_overflow, 1},
                                                   {"integer_type", api_integer_type, 2},
                                                   {"abi", api_abi, 1},
                                                   {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
    lua_pushliteral(L, TARGET_OS);
    lua_setfield(L, -2, "os");
    lua_pushliteral(L, TARGET_ARCH);
    lua_setfield(L, -2, "arch");
}
