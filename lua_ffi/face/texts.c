/* Which texts a scope has declared: declaring one again would add nothing but memory
 * (docs/design.md S16).
 *
 * Depends on the Lua API alone. The scope owns the set, of fingerprints and not of texts. A text
 * that has directives may mean something else the next time, and so may all others after it: they
 * are forgotten.
 */
#include <string.h>

#include "face/face.h"
#include "object/scope.h"

struct fingerprint {
    uint64_t a, b, size;
};

static uint64_t rotated(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void mix(struct fingerprint *f, uint64_t word)
{
    f->a = rotated((f->a ^ word) * 0xff51afd7ed558ccdu, 29);
    f->b = rotated(f->b + word * 0xc4ceb9fe1a85ec53u, 31) ^ f->a;
}

/* 128 bits that depend on all of the text, and its size: texts that differ differ in these. */
static struct fingerprint fingerprint_of(const char *text, size_t size)
{
    struct fingerprint f = {0x9e3779b97f4a7c15u, 0xc2b2ae3d27d4eb4fu, size};
    uint64_t word;
    for (; size >= sizeof word; text += sizeof word, size -= sizeof word) {
        memcpy(&word, text, sizeof word);
        mix(&f, word);
    }
    word = 0;
    memcpy(&word, text, size);
    if (size > 0)
        mix(&f, word);
    return f;
}

/* Directives, but for "# 12 "file.h"" of a preprocessor's output; in every spelling. */
static bool has_directives(const char *text)
{
    for (const char *hash = strchr(text, '#'); hash != NULL; hash = strchr(hash, '#')) {
        hash++;
        hash += strspn(hash, " \t");
        if (*hash < '0' || *hash > '9')
            return true;
    }
    return (strchr(text, '%') != NULL && strstr(text, "%:") != NULL) ||
           strstr(text, "_Pragma") != NULL;
}

bool lffi_text_is_known(lua_State *L, const struct lffi_scope *scope, const char *text, size_t size)
{
    struct fingerprint f;
    bool known;
    if (scope->ref_texts == LUA_NOREF)
        return false;
    f = fingerprint_of(text, size);
    lffi_push_ref(L, scope, scope->ref_texts);
    lua_pushlstring(L, (const char *)&f, sizeof f);
    known = lua_rawget(L, -2) != LUA_TNIL;
    lua_pop(L, 2);
    return known;
}

void lffi_forget_texts(lua_State *L, struct lffi_scope *scope)
{
    if (scope->ref_texts == LUA_NOREF)
        return;
    lua_newtable(L);
    lffi_set_ref(L, scope, scope->ref_texts);
}

void lffi_remember_text(lua_State *L, struct lffi_scope *scope, const char *text, size_t size)
{
    struct fingerprint f;
    if (has_directives(text)) {
        lffi_forget_texts(L, scope);
        return;
    }
    f = fingerprint_of(text, size);
    if (scope->ref_texts == LUA_NOREF) {
        lua_newtable(L);
        scope->ref_texts = lffi_ref(L, scope);
    }
    lffi_push_ref(L, scope, scope->ref_texts);
    lua_pushlstring(L, (const char *)&f, sizeof f);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* fingerprint(text [, from]): 16 bytes that depend on all bytes of the text from that position on,
 * the first one being 1, and on how many there are. */
static int api_fingerprint(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    lua_Integer from = luaL_optinteger(L, 2, 1);
    struct fingerprint f;
    luaL_argcheck(L, from >= 1 && (lua_Unsigned)from <= size + 1, 2, "position out of range");
    f = fingerprint_of(text + (from - 1), size - (size_t)(from - 1));
    lua_pushlstring(L, (const char *)&f, sizeof f.a + sizeof f.b);
    return 1;
}

void lffi_open_texts(lua_State *L)
{
    lua_pushcfunction(L, api_fingerprint);
    lua_setfield(L, LUA_REGISTRYINDEX, "cffi.fingerprint");
}
