rockspec_format = "3.0"
package = "luacffi"
version = "scm-1"
-- For `luarocks make` in a checkout; a release names its archive here.
source = {
    url = "git+file:.",
}
description = {
    summary = "Call C libraries from Lua by declaring them in C",
    detailed = [[
        The module "cffi": C declarations as text, checked conversions, structs with the compiler's
        layout, callbacks, and a prompt for exploring C libraries. Built on libffi.
        Not to be confused with the rock "cffi-lua", whose module has the same name.
    ]],
    license = "MIT",
}
supported_platforms = { "unix" }
dependencies = {
    "lua >= 5.3, < 5.6",
}
-- The Makefile asks pkg-config for libffi: LuaRocks' external_dependencies does not look into
-- multiarch directories such as /usr/include/x86_64-linux-gnu.
build = {
    type = "make",
    build_target = "core",
    build_variables = {
        CFLAGS = "$(CFLAGS)",
        LUA = "$(LUA)",
    },
    install_variables = {
        LUA = "$(LUA)",
        INSTALL_CMOD = "$(LIBDIR)",
        INSTALL_LMOD = "$(LUADIR)",
        INSTALL_INC = "$(PREFIX)/include",
        INSTALL_LIB = "$(PREFIX)/static", -- lib is for what LuaRocks puts on Lua's path
        INSTALL_BIN = "$(BINDIR)",
        INSTALL_DOC = "$(PREFIX)/doc",
        INSTALL_MAN = "$(PREFIX)/man/man1",
        INSTALL_MAN3 = "$(PREFIX)/man/man3",
        INSTALL_BASH = "$(PREFIX)/completions/bash",
        INSTALL_ZSH = "$(PREFIX)/completions/zsh",
    },
}
test = {
    type = "command",
    command = "make test",
}
