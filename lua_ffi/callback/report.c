/* What is told of callbacks that fail: which one, where, with the stack, and to whom.
 *
 * Depends on run.c for whose errors they are. Nothing is raised to C: what is told last goes to
 * ffi.onerror in a protected call, else to stderr.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "callback/run.h"
#include "object/scope.h"

/* ---- error texts ----------------------------------------------------------------------------- */

const char *lffi_push_callback_text(lua_State *L, const struct lffi_signature *signature,
                                    const char *place)
{
    return lua_pushfstring(L, "callback '%s' (created at %s)", lffi_signature_text(signature),
                           place);
}

const char *lffi_push_slot_text(lua_State *L, const struct lffi_slot *slot)
{
    return lffi_push_callback_text(L, slot->signature, slot->use.place->text);
}

/* True for "file:12: text": an error that tells where it was raised, and so wants a traceback. One
 * raised without (`error(v, 0)`) may be a value that the program compares. */
static bool has_position(const char *text)
{
    for (; *text != '\0' && *text != '\n'; text++) {
        size_t digits = 0;
        if (*text != ':')
            continue;
        while (isdigit((unsigned char)text[1 + digits]))
            digits++;
        if (digits > 0 && text[1 + digits] == ':' && text[2 + digits] == ' ')
            return true;
    }
    return false;
}

void lffi_add_position(lua_State *L, int level)
{
    lua_Debug ar;
    for (; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline <= 0)
            continue;
        lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.currentline);
        lua_insert(L, -2);
        lua_concat(L, 2);
        return;
    }
}

/* The function at level 1 has raised: when it is ours, a value did not convert, which is nobody's
 * line; the error begins with where the callback's function is defined, in LuaJIT where it ends.
 * That one stands on the raiser's stack: the slot may have another by now. */
static void add_definition(lua_State *L)
{
    lua_Debug ar;
    lua_CFunction part;
    bool at_end;
    int function;
    if (!lua_getstack(L, 1, &ar) || lua_getinfo(L, "f", &ar) == 0)
        return;
    part = lua_tocfunction(L, -1);
    function = lffi_function_of_part(part);
    lua_pop(L, 1);
    if (function == 0)
        return;
    at_end = lffi_is_part_of_luajit(L, &ar, part);
    if (lua_getlocal(L, &ar, function) == NULL)
        return;
    lua_getinfo(L, ">S", &ar);
    if (ar.linedefined <= 0) { /* a C function is nowhere: what called C is the next best */
        lffi_add_position(L, 2);
        return;
    }
    lua_pushfstring(L, "%s:%d: ", ar.short_src, at_end ? ar.lastlinedefined : ar.linedefined);
    lua_insert(L, -2);
    lua_concat(L, 2);
}

/* The stack of a callback stands on that of the call: one traceback shows both. */
int lffi_add_traceback(lua_State *L)
{
    const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : NULL;
    if (text == NULL)
        return 1;
    if (strcmp(text, "attempt to yield across a C-call boundary") == 0 ||
        strcmp(text, "attempt to yield from outside a coroutine") == 0) {
        lua_pushliteral(L, "attempt to yield out of a callback: C code stands between it and its "
                           "coroutine");
        lffi_add_position(L, 1);
    } else if (!has_position(text)) {
        add_definition(L);
    }
    text = lua_tostring(L, -1);
    if (has_position(text) && strstr(text, "\nstack traceback:\n") == NULL)
        luaL_traceback(L, L, text, 1);
    return 1;
}

/* ---- the last resort ------------------------------------------------------------------------- */

/* Stack: the error, the scope, what it is as C has it: outside, where nothing is protected, a
 * string would want memory, and the error of another thread's coroutine leave C on the wrong stack.
 */
static int call_onerror(lua_State *L)
{
    struct lffi_scope *scope = lua_touserdata(L, 2);
    const char *what = lua_touserdata(L, 3);
    lffi_push_ref(L, scope, scope->ref_api);
    if (!lua_istable(L, -1) || lua_getfield(L, -1, "onerror") == LUA_TNIL) {
        fprintf(stderr, "cffi: %s: %s\n", what, luaL_tolstring(L, 1, NULL));
        return 0;
    }
    lua_pushvalue(L, 1);
    lua_call(L, 1, 0);
    return 0;
}

static void report(lua_State *L, struct lffi_scope *scope, const char *what)
{
    int top = lua_gettop(L);
    if (!lua_checkstack(L, LUA_MINSTACK)) {
        fprintf(stderr, "cffi: %s, and no stack left to report it\n", what);
    } else {
        lua_pushcfunction(L, call_onerror);
        lua_pushvalue(L, top);
        lua_pushlightuserdata(L, scope);
        lua_pushlightuserdata(L, (void *)(uintptr_t)what);
        if (lua_pcall(L, 3, 0, 0) != LUA_OK)
            fprintf(stderr, "cffi: error in ffi.onerror: %s\n",
                    lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "(not a string)");
    }
    lua_settop(L, top - 1);
}

void lffi_report(lua_State *L, struct lffi_scope *scope)
{
    report(L, scope, "error in a callback");
}

void lffi_warn(lua_State *L, struct lffi_scope *scope)
{
    report(L, scope, "warning");
}
