-- S21: machines without a compiler, and without the linker's cache.
local bind = require "cffi.bind"
local headers = require "support.headers"
local library = require "cffi.include.library"
local support = require "support"

-- Runs a script where no compiler is found, with a cache of its own.
local function without_compiler(cache, code, ...)
    return support.run { "env", "-u", "CC", "-u", "CFFI_CC", "PATH=/nowhere", "XDG_CACHE_HOME=" .. cache,
        "CFFI_BUILD=" .. (os.getenv "CFFI_BUILD" or "build"), (assert(io.popen("command -v " .. support.lua)):read "l"),
        "bin/cffi", "-e", code, ... }
end

describe("without a compiler", function()
    after_each(headers.clean)

    it("a header that was read once is there", function()
        local folder = headers.folder()
        local code = [[
            local ffi = require "cffi"
            local ok, z = pcall(ffi.include, "zlib.h")
            print(ok and (z.ZLIB_VERSION == ffi.string(z.zlibVersion())) or z)
            print(ok and z.deflateInit(z.z_stream(), z.Z_BEST_SPEED))
        ]]
        local status, out = without_compiler(folder, code)
        assert.equal(0, status)
        assert.equal("cannot include <zlib.h>: there is no C compiler (cc, gcc or clang): install one, or name one in "
            .. "$CFFI_CC\nfalse\n", out)
        assert.equal(0, (support.run { "env", "XDG_CACHE_HOME=" .. folder, support.lua, "bin/cffi", "-e",
            'require("cffi").include "zlib.h"' }))
        local err
        status, out, err = without_compiler(folder, code)
        assert.equal("", err)
        assert.equal(0, status)
        assert.equal("true\n0\n", out)
    end)

    it("a bound module and cffi.posix run", function()
        local folder = headers.folder()
        local path = folder .. "/zlib.lua"
        support.write_file(path, (bind.text({ "zlib.h" }, {}, "cffi bind zlib.h", "zlib")))
        local status, out, err = without_compiler("/nowhere", [[
            local z, posix = dofile((...)), require "cffi.posix"
            print(z.compressBound(100) > 100, z.deflateInit(z.z_stream(), 6) == z.Z_OK)
            print(posix.getpid() > 0, posix.S_ISDIR(posix.S_IFDIR), posix["struct stat"]().st_size)
        ]], path)
        assert.equal("", err)
        assert.equal(0, status)
        assert.equal("true\ttrue\ntrue\ttrue\t0\n", out)
    end)

    it("ffi.compile and ffi.verify say so", function()
        local status, out = without_compiler("/nowhere", [[
            local ffi = require "cffi"
            print(pcall(ffi.compile, "int x;"))
            print(pcall(ffi.verify, "int x;", "stdio.h"))
        ]])
        assert.equal(0, status)
        local none = "there is no C compiler (cc, gcc or clang): install one, or name one in $CFFI_CC\n"
        assert.equal("false\tcannot compile the C text: " .. none
            .. "false\tcannot include <stdio.h>: " .. none, out)
    end)
end)

describe("without the linker's cache", function()
    local functions = { "deflate", "inflate", "zlibVersion", "crc32" }

    it("libraries are found in the folders where linkers look", function()
        local found = library.find(functions, library.choice({ "zlib.h" }, library.known "/no/such/cache"))
        assert.is_truthy(found and found:find("/libz%.so"), found)
        assert.equal(library.find(functions, library.choice { "zlib.h" }):match "[^/]*$", found:match "[^/]*$")
    end)

    it("a damaged cache is none", function()
        local folder = headers.folder()
        for _, text in ipairs { "", "glibc-ld.so.cache", "\0\1\2" } do
            local known = library.known(headers.write(folder, "cache", text))
            assert.is_true(#known > 5)
        end
        local cut = "glibc-ld.so.cache1.1" .. string.pack("=I4I4", 1000, 0) .. ("\0"):rep(100)
        assert.is_true(#library.known(headers.write(folder, "cache", cut)) <= 4)
        headers.clean()
    end)

    it("the first folder that has a library wins", function()
        local first, second = headers.folder(), headers.folder()
        for _, folder in ipairs { first, second } do
            headers.write(folder, "libmine.so.1", "")
            headers.write(folder, "libmine.a", "")
            headers.write(folder, "mine.so", "")
        end
        headers.write(second, "libother.so", "")
        assert.same({ { name = "libmine.so.1", path = first .. "/libmine.so.1" },
            { name = "libother.so", path = second .. "/libother.so" } },
            library.in_folders { first, "/no/such/folder", second })
        headers.clean()
    end)
end)
