-- The ways that a call can take - arguments read in place, through Lua's API, through libffi - agree
-- on every value.
local support = require "spec.support"

local function output(library, ...)
    local words = { "env", ... }
    table.move({ support.lua, "spec/support/paths.lua", library }, 1, 3, #words + 1, words)
    local code, out, err = support.run(words)
    assert.equal("", err)
    assert.equal(0, code)
    return out
end

describe("the ways of a call", function()
    for _, name in ipairs { "paths", "paths-clang" } do
        local library = support.library(name)
        local file = io.open(library)
        if file then
            file:close()
            it("agree: " .. name, function()
                local out = output(library)
                assert.equal(out, output(library, "CFFI_NO_PEEK=1"))
                assert.equal(out, output(library, "CFFI_NO_FASTCALL=1"))
            end)
        end
    end

    -- Otherwise a Lua of another layout would turn the fast paths off, and nothing would say so.
    it("includes reading in place on this Lua, unless it was built without #peek", function()
        local code, out, err = support.run { "env", "CFFI_NO_PEEK=0", support.lua, "-e",
            [[local ffi = require "cffi"; print(ffi.sizeof "int")]] }
        if os.getenv "NO_PEEK" == "1" then
            assert.equal(1, code)
            assert.truthy(err:find("CFFI_NO_PEEK=0, but arguments cannot be read in place here",
                1, true), err)
        else
            assert.equal("", err)
            assert.equal("4\n", out)
            assert.equal(0, code)
        end
    end)

    it("convert as the rules say #lp64", function()
        local out = output(support.library "paths")
        local function has(line)
            assert.truthy(out:find(line .. "\n", 1, true), line .. " is missing in\n" .. out)
        end
        has "paths_i8\ttrue -128"
        has "paths_u8\tfalse bad argument #1 to 'paths_u8' (uint8_t paths_u8(uint8_t)): \z
            integer 256 does not fit 'unsigned char' (8 bits)"
        has 'paths_i8\tfalse bad argument #1 to \'paths_i8\' (int8_t paths_i8(int8_t)): \z
            integer 200 does not fit \'signed char\' (8 bits); if its bits are meant: \z
            ffi.cast("signed char", v)'
        has "paths_u8\ttrue 255"
        has "paths_u32\ttrue 4294967295"
        has 'paths_i32\tfalse bad argument #1 to \'paths_i32\' (int32_t paths_i32(int32_t)): \z
            integer 4294967295 does not fit \'int\' (32 bits); if its bits are meant: ffi.cast("int", v)'
        has 'paths_i64\tfalse bad argument #1 to \'paths_i64\' (int64_t paths_i64(int64_t)): \z
            number 9.2233720368547758e+18 does not fit \'long\' (64 bits); if its bits are meant: \z
            ffi.cast("long", v)'
        has "paths_i32\ttrue -1"
        has "paths_i32\tfalse bad argument #1 to 'paths_i32' (int32_t paths_i32(int32_t)): \z
            cannot convert string \"12\" to 'int'"
        has "paths_u64\ttrue 18446744073709551615"
        has "paths_double\tfalse bad argument #1 to 'paths_double' (double paths_double(double)): \z
            integer 9007199254740993 has no exact 'double' value"
        has "paths_color\ttrue -5"
        has "paths_color\ttrue 7"
        has "paths_color\tfalse bad argument #1 to 'paths_color' \z
            (enum paths_color paths_color(enum paths_color)): \z
            'enum paths_color' has no enumerator 'PATHS_PINK'"
        has "paths_text\ttrue text \"PATHS_PINK\""
        has "paths_ints\ttrue ints 11"
        has "paths_nothings\ttrue 3"
        has "true\t3\t128"
        has "true\t15\t123456789101112"
        has("false\tbad argument #4 to 'snprintf' (int snprintf(char *, size_t, \z
            const char *, ...)): format '%d' wants 'int', got string \"12\"\t")
        has "paths_sum\ttrue 0x1.cp+4"
        has "paths_sum\ttrue 0x1p+2"
        has "paths_length\tfalse bad argument #1 to 'paths_length' \z
            (size_t paths_length(const char *text)): NULL is not allowed here (nonnull)"
        has "paths_length\ttrue 4"
        has "paths_last_of_stack\ttrue -100"
        has "paths_compare\ttrue 0"
        has "paths_compare\tfalse bad argument #2 to 'paths_compare' \z
            (int paths_compare(const int *, const int *, size_t) __asm__(\"memcmp\")): \z
            element [2]: cannot convert string \"2\" to 'const int'"
    end)

    it("pass structs with bit-fields of no width as compilers do #registers", function()
        for _, name in ipairs { "paths", "paths-clang" } do
            local library = support.library(name)
            local file = io.open(library)
            if file then
                file:close()
                local out = output(library)
                assert.truthy(out:find("\npaths_bits\ttrue 1234\npaths_bits_back\ttrue 1235\n", 1, true), out)
            end
        end
    end)

    it("do not take the names of an enum for members", function()
        local ffi = require "cffi"
        ffi.cdef "enum paths_names { PATHS_ONE = 1 };"
        local one = ffi.new "enum paths_names[1]"
        ffi.new("enum paths_names", "PATHS_ONE") -- makes the table of names
        support.raises("'enum paths_names *' has no member 'PATHS_ONE'", function()
            return (one + 0).PATHS_ONE
        end)
    end)
end)
