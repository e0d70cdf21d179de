-- S21: bad input of ffi.include: each a clear error, or the right result, and nothing runs through a shell.
local core = require "cffi"
local support = require "support"
local headers = require "support.headers"

describe("ffi.include", function()
    local ffi, folder

    before_each(function()
        headers.own_cache()
        ffi, folder = core.scope {}, headers.folder()
    end)
    after_each(headers.clean)

    it("checks its arguments", function()
        local cases = {
            { "#1 to 'include' (name of a header, or a list of names, expected, got number)", 3 },
            { "#1 to 'include' (name of a header, or a list of names, expected, got nil)" },
            { "#1 to 'include' (name of a header, or a list of names, expected, got another table)", {} },
            { "#1 to 'include' (name of a header, or a list of names, expected, got another table)", { 1 } },
            { "#1 to 'include' ('a.h?#define X' is no name of a header)", "a.h\n#define X" },
            { "#1 to 'include' ('' is no name of a header)", "" },
            { "#2 to 'include' (table of options expected, got string)", "a.h", "z" },
            { "#2 to 'include' (unknown option 'libs'; there are cc, cflags, compile, defs, functions, lib, "
                .. "pkg, undefs)",
                "a.h", { libs = "z" } },
            { "#2 to 'include' (option 'cflags' must be a string or a list of strings, not number)",
                "a.h", { cflags = 3 } },
            { "#2 to 'include' (option 'defs' must be a table of macros: {NAME = value}, not table)", "a.h",
                { defs = { "A B" } } },
            { "#2 to 'include' (option 'defs' must be a table of macros: {NAME = value}, not string)",
                "a.h", { defs = "A" } },
            { "#2 to 'include' (option 'defs' must be a table of macros: {NAME = value}, not table)", "a.h",
                { defs = { ["A B"] = 1 } } },
            { "#2 to 'include' (option 'lib' must be a name, a library, a list of these, or false, not number)", "a.h",
                { lib = 3 } },
            { "#3 to 'include' (surplus: at most 2 expected)", "a.h", {}, 1 },
        }
        for _, case in ipairs(cases) do
            support.raises("bad argument " .. case[1], function() ffi.include(table.unpack(case, 2)) end)
        end
    end)

    it("says what the compiler says", function()
        local path = headers.write(folder, "broken.h", "#error not for you\n")
        support.raises(('cannot include "%s": \'gcc\', which the option \'cc\' names, says:\n'
            .. 'In file included from <stdin>:1:\n%s:1:2: error: #error not for you\n'
            .. '    1 | #error not for you\n      |  ^~~~~'):format(path, path),
            function() ffi.include(path, { cc = "gcc" }) end)
    end)

    it("shows the compiler's warnings", function()
        local path = headers.write(folder, "old.h", "#warning go away\n#define OLD 1\n")
        local _, out, err = support.run { support.lua, "-e",
            ('local ns = require "cffi".include %q  io.write(ns.OLD)'):format(path) }
        assert.equal("1", out)
        assert.matches("old%.h:1:2: warning: .-go away", err)
    end)

    it("says where a declaration is wrong", function()
        local path = headers.write(folder, "lacking.h", "int fine(int);\nunknown_t f(void);\n")
        support.raises(("cannot include \"%s\": %s:2:1: unknown type 'unknown_t'\n    unknown_t f(void);\n    ^")
            :format(path, path), function() ffi.include(path) end)
        assert.is_nil(ffi.declaration "fine")
    end)

    it("lets the compiler's declarations win, but for structs in use", function()
        ffi.cdef "int abs(char *); typedef void *handle; struct point { int x; };"
        local path = headers.write(folder, "wins.h", "int abs(int);\ntypedef struct box *handle;\n")
        local ns = ffi.include(path)
        assert.equal(3, ns.abs(-3))
        assert.equal("struct box *", ffi.reflect(ns.handle).name)
        path = headers.write(folder, "point.h", "struct point {\n    long x;\n};\n")
        support.raises(("cannot include \"%s\": %s:1:8: 'struct point' redefined: member 1 is 'long x' at byte 0, was "
            .. "'int x' at byte 0, first declared in line 1 of an earlier text "
            .. "(ffi.scope{} starts afresh)\n    struct point {\n           ^"):format(path, path),
            function() ffi.include(path) end)
    end)

    it("has nothing to add when a header is missing altogether", function()
        support.raises("cannot include <qqqqqqqqqqqqqqqq.h>: 'gcc', which the option 'cc' names, says:\n"
            .. "<stdin>:1:10: fatal error: qqqqqqqqqqqqqqqq.h: No such file or directory\ncompilation terminated.",
            function() ffi.include("qqqqqqqqqqqqqqqq.h", { cc = "gcc" }) end)
    end)

    it("says which library lacks the functions that it was given for", function()
        local ns = ffi.include("zlib.h", { lib = "m" })
        local path = tostring(ns):match "^<zlib%.h>: (/.*)$"
        support.raises("undefined symbol 'zlibVersion' in " .. path, function() return ns.zlibVersion end)
        support.raises("macro 'deflateInit' cannot be called: undefined symbol 'deflateInit_' in " .. path
            .. (" (it is deflateInit_((a1), (a2), %q, (int)sizeof(z_stream)))"):format(ns.ZLIB_VERSION),
            ns.deflateInit, ns.z_stream(), 6)
        local none = core.scope {}.include("zlib.h", { lib = false })
        support.raises("'zlibVersion' has no library: the option 'lib' is false",
            function() return none.zlibVersion end)
    end)

    it("names a header that may have been meant", function()
        local _, message = pcall(ffi.include, "zlibb.h")
        assert.matches("\ndid you mean 'zlib%.h'%?", message)
        headers.write(folder, "shape.h", "#define SHAPE 1\n")
        _, message = pcall(ffi.include, folder .. "/shaep.h")
        assert.matches("\ndid you mean '" .. folder:gsub("%p", "%%%0") .. "/shape%.h'%?", message)
        _, message = pcall(ffi.include, "shaep.h", { cflags = { "-I" .. folder } })
        assert.matches("\ndid you mean 'shape%.h'%?", message)
    end)

    it("names the package that has a header", function()
        local path = os.getenv "PATH"
        local bin = headers.folder()
        headers.program(bin, "dpkg", '[ "$*" = "-S */frobnicate.h" ] && '
            .. 'echo "libfrob-dev:amd64: /usr/include/frob-2/frobnicate.h"')
        headers.program(bin, "apt-file", '[ "$*" = "search /frobnicator.h" ] && '
            .. 'echo "libfrobber-dev: /usr/include/frobnicator.h"')
        headers.set_environment("PATH", bin .. ":" .. path)
        local _, installed = pcall(ffi.include, "frobnicate.h")
        local _, known = pcall(ffi.include, "frobnicator.h")
        headers.set_environment("PATH", path)
        assert.matches("\nthe package libfrob%-dev has it as /usr/include/frob%-2/frobnicate%.h: give the option "
            .. "'pkg' or 'cflags'$", installed)
        assert.matches("\nthe package libfrobber%-dev has it$", known)
    end)

    it("says with which package or name a header is found that is elsewhere", function()
        local folders = headers.folder()
        assert(os.execute(("mkdir -p %s/inc-2/frob %s/pc %s/other"):format(folders, folders, folders)))
        headers.write(folders .. "/inc-2/frob", "frob.h", "#define FROB 1\n")
        for _, name in ipairs { "a-2.0", "frob-long-2.0", "frob-2.0" } do
            headers.write(folders .. "/pc", name .. ".pc", ("prefix=%s\nincludedir=${prefix}/inc-2\nName: x\n"
                .. "Description: x\nVersion: 1\nCflags: -DX -I${includedir} -I/no\n"):format(folders))
        end
        local before = os.getenv "PKG_CONFIG_PATH"
        headers.set_environment("PKG_CONFIG_PATH", folders .. "/pc")
        local _, message = pcall(ffi.include, "frob/frob.h")
        local found, ns = pcall(ffi.include, "frob/frob.h", { pkg = "frob-2.0" })
        headers.set_environment("PKG_CONFIG_PATH", before)
        assert.matches("\nthe option pkg = 'frob%-2%.0' finds it; at the prompt: :include frob/frob%.h pkg=frob%-2%.0$",
            message)
        assert.is_true(found)
        assert.equal(1, ns.FROB)
        _, message = pcall(ffi.include, "frob.h", { cflags = "-I" .. folders .. "/inc-2" })
        assert.matches("\nit is there as 'frob/frob%.h'$", message)
    end)

    it("shortens what the compiler says of a file that is none", function()
        local path = headers.write(folder, "lines.h", ("#error one\n"):rep(1000) .. "#error the last\n")
        local _, message = pcall(ffi.include, path)
        assert.matches("\n%.%. %(%d+ lines%)\n", message) -- clang stops after twenty errors
        assert.is_true(select(2, message:gsub("\n", "")) < 35)
        assert.truthy(message:find "the last" or message:find "20 errors generated")
        path = headers.write(folder, "loop.h", '#include "loop.h"\n')
        _, message = pcall(ffi.include, path)
        assert.matches("nested", message)
        assert.is_true(select(2, message:gsub("\n", "")) < 35)
    end)

    it("wants the compiler that was named", function()
        support.raises("cannot include <zlib.h>: there is no 'no-such-cc', which the option 'cc' names",
            function() ffi.include("zlib.h", { cc = "no-such-cc -m64" }) end)
        support.raises("cannot include <zlib.h>: 'false', which the option 'cc' names, says:\n"
            .. "(nothing; its exit code is 1)", function() ffi.include("zlib.h", { cc = "false" }) end)
        local before, cc = os.getenv "CFFI_CC", os.getenv "CC"
        headers.set_environment("CFFI_CC", "no-such-cc")
        local ok, named = pcall(ffi.include, "zlib.h")
        headers.set_environment("CFFI_CC", before)
        headers.set_environment("CC", "no-such-cc-either")
        local fine, other = pcall(ffi.include, "zlib.h")
        headers.set_environment("CC", cc)
        assert.is_false(ok or fine)
        assert.equal("cannot include <zlib.h>: there is no 'no-such-cc', which $CFFI_CC names", named)
        assert.equal("cannot include <zlib.h>: there is no 'no-such-cc-either', which $CC names", other)
    end)

    it("says what pkg-config says", function()
        local _, message = pcall(ffi.include, "zlib.h", { pkg = "no-such-package" })
        local _, _, said = support.run { "pkg-config", "--cflags", "no-such-package" }
        assert.matches("^Package no%-such%-package was not found", said)
        assert.equal("cannot include <zlib.h>: pkg-config says:\n" .. said:gsub("\n+$", ""), message)
        local before = os.getenv "PKG_CONFIG"
        headers.set_environment("PKG_CONFIG", "no-such-pkg-config")
        _, message = pcall(ffi.include, "zlib.h", { pkg = "zlib" })
        headers.set_environment("PKG_CONFIG", before)
        assert.equal("cannot include <zlib.h>: 'no-such-pkg-config' does not run: No such file or directory", message)
    end)

    it("has types and constants without a library", function()
        local path = headers.write(folder, "none.h", "int no_library_has_this(int);\nint nor_this(void);\n"
            .. "#define LIMIT 3\ntypedef short number;\n#define CALL() nor_this()\nextern int nor_that;\n")
        local ns = ffi.include(path)
        assert.equal(3, ns.LIMIT)
        assert.equal(ffi.typeof "short", ns.number)
        local _, message = pcall(function() return ns.nor_this end)
        assert.matches("'nor_this' has no library: none of the %d+ libraries of this system exports at least half of "
            .. "the headers' 2 functions$", message)
        _, message = pcall(function() ns.nor_that = 1 end)
        assert.matches("'nor_that' has no library: none of", message)
        _, message = pcall(ns.CALL)
        assert.matches("macro 'CALL' cannot be called: 'nor_this' has no library: none of", message)
        for name, _, _, _, _, lack in ffi.declarations(ns) do
            assert.equal(name:find "^no" and "missing" or nil, lack)
        end
    end)

    it("takes names with blanks and quotes", function()
        local names = { "two words.h", "it's.h", "$(touch x).h", "back\\slash.h", "-x.h", "a;b.h", "ü.h", "a>b.h" }
        if not (os.getenv "CC" or "cc"):find "clang" then -- to which no such file can be named
            names[#names + 1] = 'a "quoted".h'
        end
        for i, name in ipairs(names) do
            local path = headers.write(folder, name, ("#define NUMBER %d\nint abs(int);\n"):format(i))
            local ns = core.scope {}.include(path)
            assert.equal(i, ns.NUMBER)
            assert.equal(1, ns.abs(-1))
            local _, _, _, file = ffi.declarations(ns, "^NUMBER$")()
            assert.equal(path, file)
        end
    end)

    it("passes flags and definitions as they are", function()
        local inner = headers.folder()
        headers.write(inner, "deep.h", "#ifdef _GNU_SOURCE\n#define GNU 1\n#else\n#define GNU 0\n#endif\n"
            .. "#ifdef FLAG\n#define SHOWN FLAG\n#else\n#define SHOWN 0\n#endif\n")
        local function get(options)
            options.cflags = options.cflags or { "-I" .. inner }
            local ns = core.scope {}.include("deep.h", options)
            return { ns.GNU, ns.SHOWN }
        end
        assert.same({ 1, 0 }, get {})
        assert.same({ 1, 7 }, get { defs = { FLAG = 7 } })
        assert.same({ 1, "$HOME `x`" }, get { defs = { FLAG = '"$HOME `x`"' } })
        assert.same({ 0, 0 }, get { undefs = { "_GNU_SOURCE" } })
        assert.same({ 1, 4 }, get { cflags = "-I" .. inner .. " -DFLAG=4" })
        assert.same({ 1, 0 }, get { cc = { "gcc" } })
        support.raises("cannot include <deep.h>: a word for the compiler has a zero byte", get,
            { cflags = { "-DA\0B" } })
    end)

    it("reads several headers, and packages", function()
        local several = core.scope {}.include { "stdlib.h", "zlib.h", "sqlite3.h" }
        assert.equal(3, several.abs(-3))
        assert.truthy(several.zlibVersion() ~= nil and several.sqlite3_libversion() ~= nil)
        assert.matches("^<stdlib%.h>, <zlib%.h>, <sqlite3%.h>: .*libz%.so.*, .*libsqlite3%.so.*, ffi%.C$",
            tostring(several))
        local ns = ffi.include({ "zlib.h", "sqlite3.h" }, { lib = { "z", ffi.load "sqlite3" } })
        assert.equal(ns.ZLIB_VERSION, ffi.string(ns.zlibVersion()))
        assert.equal(ns.SQLITE_VERSION, ffi.string(ns.sqlite3_libversion()))
        assert.matches("^<zlib%.h>, <sqlite3%.h>: .*libz.*, .*libsqlite3", tostring(ns))
        local z = core.scope {}.include("zlib.h", { pkg = "zlib" })
        assert.equal(z.ZLIB_VERSION, ffi.string(z.zlibVersion()))
        local either = core.scope {}.include("zlib.h", { lib = { { "no-such-library", "z" } } })
        assert.equal(either.ZLIB_VERSION, ffi.string(either.zlibVersion()))
    end)
end)

describe("options of ffi.include", function()
    local function refuses(expected, options)
        local ok, why = pcall(core.scope {}.include, "zlib.h", options)
        assert.is_false(ok)
        assert.equal(expected, (why:gsub("\n.*", "")))
    end

    it("name packages and libraries that there are", function()
        refuses("cannot include <zlib.h>: '--version; touch x' is no name of a package", { pkg = "--version; touch x" })
        refuses("cannot load library 'no-such-library':", { lib = "no-such-library" })
        refuses("cannot load library 'no-such-library':", { lib = { "z", "no-such-library" } })
    end)
end)

describe("the search for a library", function()
    local library = require "cffi.include.library"

    it("refuses to guess between two that fit", function()
        local folder = headers.folder()
        for _, name in ipairs { "libone.so", "libtwo.so" } do
            assert.equal(0, (support.run({ "cc", "-shared", "-fPIC", "-o", folder .. "/" .. name, "-x", "c", "-" },
                ([[
#include <stdio.h>
int both_have_it(void) { return 1; }
__attribute__((constructor)) static void loaded(void) { fclose(fopen("%s/loaded", "w")); }
]]):format(folder))))
        end
        local candidates = {
            { name = "libone.so.1", path = folder .. "/libone.so" },
                { name = "libtwo.so.1", path = folder .. "/libtwo.so" },
        }
        local found, why = library.find({ "both_have_it" }, library.choice({ "both.h" }, candidates))
        assert.is_nil(found)
        assert.equal(("%s/libone.so and %s/libtwo.so export equally many of the headers' functions: choose one with "
            .. "the option 'lib'"):format(folder, folder), why)
        found = library.find({ "both_have_it" }, library.choice({ "two.h" }, candidates))
        assert.equal(folder .. "/libtwo.so", found)
        assert.is_nil(io.open(folder .. "/loaded")) -- whoever looks into a library does not run it
        headers.clean()
    end)

    -- A folder with two libraries that have the functions of its header both.h, and their .pc files.
    local function two_libraries()
        headers.own_cache()
        local folder = headers.folder()
        headers.write(folder, "both.h", "int first_of_both(void);\nint second_of_both(void);\n#define BOTH 2\n")
        for i, name in ipairs { "left", "right" } do
            local text = "int first_of_both(void) { return %d; }\nint second_of_both(void) { return 2; }\n"
            assert.equal(0, (support.run({ "cc", "-shared", "-fPIC", "-o", ("%s/lib%s.so"):format(folder, name), "-x",
                "c", "-" }, text:format(i))))
            text = "Name: %s\nDescription: %s\nVersion: 1\nCflags: -I%s\nLibs: -L%s -l%s\n"
            headers.write(folder, name .. ".pc", text:format(name, name, folder, folder, name))
        end
        return folder, { cflags = { "-I" .. folder } }
    end

    it("says which two have the functions, until one is chosen", function()
        local folder, options = two_libraries()
        headers.set_environment("LD_LIBRARY_PATH", folder)
        for _ = 1, 2 do -- the second time from the cache
            local ns = core.scope {}.include("both.h", options)
            local why = ("%s/libleft.so and %s/libright.so export equally many of the headers' functions: choose one "
                .. "with the option 'lib'"):format(folder, folder)
            assert.equal(("<both.h>: no library (%s)"):format(why), tostring(ns))
            support.raises("'first_of_both' has no library: " .. why, function() return ns.first_of_both end)
            assert.equal(2, ns.BOTH)
        end
        -- Each of these chooses.
        options.lib = folder .. "/libright.so"
        assert.equal(2, core.scope {}.include("both.h", options).first_of_both())
        headers.set_environment("PKG_CONFIG_PATH", folder)
        assert.equal(1, core.scope {}.include("both.h", { pkg = "left" }).first_of_both())
        assert.equal(2, core.scope {}.include("both.h", { pkg = "right" }).first_of_both())
        headers.set_environment("PKG_CONFIG_PATH", nil)
        -- One that has more is no question, nor one whose name is the header's.
        options.lib = nil
        support.run({ "cc", "-shared", "-fPIC", "-o", folder .. "/libboth.so", "-x", "c", "-" },
            "int first_of_both(void) { return 3; }\nint second_of_both(void) { return 3; }\n")
        local ns = core.scope {}.include("both.h", options)
        assert.equal(("<both.h>: %s/libboth.so"):format(folder), tostring(ns))
        assert.equal(3, ns.first_of_both())
        headers.set_environment("LD_LIBRARY_PATH", nil)
        ns = core.scope {}.include("both.h", options)
        assert.truthy(tostring(ns):find("^<both.h>: no library %(none of the %d+ libraries of this system exports at "
            .. "least half of the headers' 2 functions%)$"))
        headers.clean()
    end)

    it("survives files that are no libraries", function()
        local elf, folder = require "cffi.include.elf", headers.folder()
        local whole = support.read_file(support.library "library")
        local has, close = elf.open(support.library "library")
        assert.is_function(has)
        close()
        for _, text in ipairs { "", "\127ELF", whole:sub(1, 64), whole:sub(1, 1000), "\127ELF\2\1" .. ("\255"):rep(500),
            whole:sub(1, 60) .. ("\255"):rep(2000) .. whole:sub(2061) } do
            has, close = elf.open(headers.write(folder, "x.so", text))
            assert.is_false(has and has "printf" or false)
            if close then close() end
        end
        headers.clean()
    end)
end)
