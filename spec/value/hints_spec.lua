-- Errors that say what to write instead (docs/design.md S19).
local ffi = require "cffi"
local support = require "spec.support"

local raises = support.raises

ffi.cdef [[
    double frexp(double, int *);
    char *getenv(const char *);
    void *malloc(size_t);
    int toupper(int);
    struct hint_repository;
    void use_repository(struct hint_repository *) __asm__("free");
    int open_repository(struct hint_repository **) __asm__("abs");
    struct hint_point { int x, y; };
    struct hint_long { struct { int a, b; }; int c, d, e, f, g, h, i; };
    struct hint_text { int n; char text[]; };
    size_t wcslen(const wchar_t *);
]]
local C = ffi.C

describe("an argument for an out-parameter", function()
    it("is what C can store into", function()
        local text = "bad argument #2 to 'frexp' (double frexp(double, int *)): cannot convert %s to "
            .. "'int *': for an out-parameter pass ffi.new \"int[1]\""
        raises(text:format "'int'", C.frexp, 8, ffi.new "int")
        raises(text:format "integer 0", C.frexp, 8, 0)
        local exponent = ffi.new "int[1]"
        assert.equal(0.5, C.frexp(8, exponent))
        assert.equal(4, exponent[0])
    end)

    it("of pointer type is one level more than the pointer", function()
        raises("bad argument #1 to 'open_repository' (int open_repository(struct hint_repository **) "
            .. "__asm__(\"abs\")): cannot convert 'struct hint_repository *' to 'struct hint_repository **': "
            .. "for an out-parameter pass ffi.new \"struct hint_repository *[1]\"", C.open_repository,
            ffi.cast("struct hint_repository *", 16))
    end)
end)

describe("one level too many", function()
    it("is said of arrays and pointers", function()
        local text = "bad argument #1 to 'use_repository' (void use_repository(struct hint_repository *) "
            .. "__asm__(\"free\")): cannot convert '%s' to 'struct hint_repository *': "
            .. "one level too many, pass its [0]"
        raises(text:format "struct hint_repository *[1]", C.use_repository, ffi.new "struct hint_repository *[1]")
        raises(text:format "struct hint_repository **", C.use_repository, ffi.new "struct hint_repository **")
        raises("bad argument #1 to 'toupper' (int toupper(int)): cannot convert 'int[1]' to 'int': "
            .. "one level too many, pass its [0]", C.toupper, ffi.new "int[1]")
    end)

    it("is said of members asked of a pointer to pointers", function()
        raises("'struct hint_point **' has no member 'x' (index an element first)",
            function() return ffi.new("struct hint_point **").x end)
    end)
end)

describe("a struct made from a pointer to one", function()
    it("wants what the pointer points to", function()
        local p = ffi.new("struct hint_point[1]", { { 1, 2 } }) + 0
        raises("field 'x' of 'struct hint_point': cannot convert 'struct hint_point *' to 'int': "
            .. "to copy what it points to, pass p[0]", ffi.new, "struct hint_point", p)
        assert.equal(2, ffi.new("struct hint_point", p[0]).y)
    end)
end)

describe("a void *", function()
    local numbers = ffi.new("int[2]", 7, 8)

    it("has no elements", function()
        local p, q = ffi.cast("const void *", numbers), ffi.cast("void *", numbers)
        raises("'const void *' has no elements: ffi.cast(\"const int *\", p)[0]", function() return p[0] end)
        raises("'void *' has no elements: ffi.cast(\"int *\", p)[1]", function() q[1] = 1 end)
        raises("'const void *' has no elements: ffi.cast(\"const char *\", p) moves by bytes",
            function() return p + 1 end)
    end)
end)

describe("a char *", function()
    local p = ffi.cast("const char *", "text")

    it("is no Lua string", function()
        local hint = ": ffi.string(p) makes a Lua string"
        raises("'const char *' has no member 'upper'" .. hint, function() return p:upper() end)
        raises("attempt to concatenate a 'const char *' value" .. hint, function() return "a" .. p end)
        raises("attempt to concatenate a 'const char *' value" .. hint, function() return p .. "a" end)
        raises("attempt to get length of a 'const char *' value" .. hint, function() return #p end)
        raises("attempt to get length of a 'int *' value", function() return #ffi.new "int *" end)
    end)
end)

describe("a character", function()
    it("is a number in C", function()
        raises("bad argument #1 to 'toupper' (int toupper(int)): cannot convert string \"a\" to 'int': "
            .. "(\"a\"):byte() is its code", C.toupper, "a")
        raises("element 0 of 'char[4]': cannot convert string \"a\" to 'char': (\"a\"):byte() is its code",
            function() ffi.new "char[4]"[0] = "a" end)
        raises("bad argument #1 to 'toupper' (int toupper(int)): cannot convert string \"ab\" to 'int'",
            C.toupper, "ab")
        assert.equal(65, C.toupper(("a"):byte()))
    end)
end)

describe("text of wide characters", function()
    it("comes from their numbers #lp64", function()
        raises("bad argument #1 to 'wcslen' (size_t wcslen(const wchar_t *)): cannot convert string "
            .. "\"abc\" to 'const int *': wide characters are ffi.new(\"int[?]\", #s + 1, "
            .. "{utf8.codepoint(s, 1, -1)})", C.wcslen, "abc")
        raises("cannot convert string \"abc\" to 'int[8]': wide characters are {utf8.codepoint(s, 1, -1)}",
            ffi.new, "wchar_t[8]", "abc")
        local s = "a\u{20AC}c"
        assert.equal(3, C.wcslen(ffi.new("int[?]", #s + 1, { utf8.codepoint(s, 1, -1) })))
    end)
end)

describe("ffi.copy without a length", function()
    it("asks for it, but of a Lua string", function()
        raises("bad argument #3 to 'copy' (how many bytes? only a Lua string knows: ffi.sizeof(from))",
            ffi.copy, ffi.new "struct hint_point", ffi.new "struct hint_point")
    end)
end)

describe("an array without a length", function()
    it("takes it from a table, or as ffi.new's argument", function()
        raises("length of 'int[]' is unknown: give a table, or a number as in ffi.new(\"int[?]\", n)",
            ffi.new, "int[]", 5)
        assert.equal(2, #ffi.new("int[]", { 1, 2 }))
        assert.equal(5, #ffi.new("int[?]", 5))
    end)

    it("at the end of a struct wants it first", function()
        raises("field 'text' of 'struct hint_text': string of 3 bytes does not fit 'char[]' (0 bytes): "
            .. "give the length first, ffi.new(\"struct hint_text\", 4, {...})", ffi.new, "struct hint_text",
            { 3, "abc" })
        assert.equal("abc", ffi.string(ffi.new("struct hint_text", 4, { 3, "abc" }).text))
        raises("field 'text' of 'struct hint_text': string of 3 bytes does not fit 'char[]' (2 bytes)",
            ffi.new, "struct hint_text", 2, { 3, "abc" })
        raises("too many initializers for 'char[]': give the length first, ffi.new(\"struct hint_text\", n, {...})",
            ffi.new, "struct hint_text", { 3, { 1, 2 } })
        raises("too many initializers for 'char[]'", ffi.new, "struct hint_text", 1, { 3, { 1, 2 } })
    end)
end)

describe("ipairs", function()
    local numbers = ffi.new("int[3]", 1, 2, 3)

    it("counts from 1, arrays do not", function()
        raises("index 3 out of bounds for 'int[3]': arrays count from 0, for i, v in pairs(array)", function()
            for _ in ipairs(numbers) do end -- luacheck: ignore 542
        end)
        raises("index 3 out of bounds for 'int[3]'", function() return numbers[3] end)
    end)

    it("would not end at a pointer", function()
        local line = raises("ipairs cannot walk 'int *', of which no element is nil: "
            .. "for i = 0, n - 1 do counts them", function()
            for _ in ipairs(numbers + 0) do end -- luacheck: ignore 542
        end)
        assert.equal(debug.getinfo(1, "l").currentline - 2, line)
        assert.equal(2, (numbers + 0)[1])
        assert.same({ 1, 2 }, { table.unpack(setmetatable({}, { __index = numbers + 0 }), 0, 1) })
    end)

    it("nor at an array whose bounds are not checked", function()
        local scope = ffi.scope { bounds = false }
        raises("ipairs cannot walk 'int[3]', of which no element is nil: for i = 0, n - 1 do counts them",
            function()
                for _ in ipairs(scope.new "int[3]") do end -- luacheck: ignore 542
            end)
    end)
end)

describe("a name that is not there", function()
    it("is answered with the members when none is near", function()
        raises("'struct hint_point' has no member 'colour' (members: x, y)",
            function() return ffi.new("struct hint_point").colour end)
        raises("'struct hint_long' has no member 'colour' (members: a, b, c, d, e, f, g, h, ...)",
            function() return ffi.new("struct hint_long").colour end)
    end)

    it("may be in another library", function()
        ffi.cdef "int sqlite3_libversion_number(void);"
        local z, sqlite = ffi.load "z", ffi.load "sqlite3"
        local text = "undefined symbol '%s' in %s: it is in %s, which is loaded: use that namespace"
        local path = tostring(sqlite):match "^library: (.*)$"
        raises(text:format("sqlite3_libversion_number", "ffi.C", path),
            function() return C.sqlite3_libversion_number end)
        raises(text:format("sqlite3_libversion_number", tostring(z):match "^library: (.*)$", path),
            function() return z.sqlite3_libversion_number end)
        assert.is_true(sqlite.sqlite3_libversion_number() > 3000000)
        ffi.cdef "int hint_getpid(void) __asm__(\"getpid_of_nobody\");"
        raises("undefined symbol 'getpid_of_nobody' in ffi.C", function() return C.hint_getpid end)
    end)

    it("may be in ffi.C", function()
        local exit, out = support.run_lua [[
            local ffi = require "cffi"
            ffi.cdef "int lua_gettop(void *);"
            local z = ffi.load "z"
            print((select(2, pcall(function() return z.lua_gettop end)):gsub("^.-: ", "")))
        ]]
        assert.matches("^undefined symbol 'lua_gettop' in [^\n]*libz[^\n]*: ffi.C has it\n$", out)
        assert.equal(0, exit)
    end)

    it("may be exported under a near name", function()
        raises("'sttat' is not declared (did you mean 'stat', which ffi.C exports?)", function() return C.sttat end)
        raises("'no_such_thing_anywhere' is not declared", function() return C.no_such_thing_anywhere end)
    end)

    it("may be a macro of C's headers", function()
        raises("'errno' is no symbol: ffi.errno() gives its value", function() return C.errno end)
    end)
end)

describe("a program that probes for names", function()
    it("does not wait for hints", function()
        local scope, text = ffi.scope(), {}
        for i = 1, 20000 do
            text[i] = ("int function_%d_of_many(int);"):format(i)
        end
        scope.cdef(table.concat(text))
        local start = os.clock()
        for i = 1, 1000 do
            assert.is_false(pcall(function() return scope.C["funktion_" .. i .. "_of_mani"] end))
        end
        assert.is_true(os.clock() - start < (support.keeps_freed and 20 or 1))
        scope.cdef "int another_name;"
        raises("'function_777_of_mani' is not declared (did you mean 'function_777_of_many'?)",
            function() return scope.C.function_777_of_mani end)
    end)
end)

describe("ffi.release", function()
    it("is for functions, other things end otherwise", function()
        raises("bad argument #1 to 'release' (function expected, got 'void *': a handle ends when its "
            .. "pointer is collected)", ffi.release, ffi.handle {})
        local cb <close> = ffi.callback("int (int)", function() return 0 end)
        raises("bad argument #1 to 'release' (function expected, got 'int (*)(int)': the Lua function "
            .. "that was converted)", ffi.release, cb)
        raises("bad argument #1 to 'release' (function expected, got integer 5)", ffi.release, 5)
    end)
end)

describe("what Lua's own functions read", function()
    -- These have no line: the error has that of their caller.
    local function error_of(line)
        local chunk = assert(load("local ffi, object = ...\n" .. line, "=chunk"))
        return select(2, pcall(chunk, ffi, ffi.new "int[3]"))
    end

    it("is said with the line that called them", function()
        for _, line in ipairs { "table.unpack(object)", "table.concat(object)", "table.sort(object)" } do
            assert.equal("chunk:2: index 3 out of bounds for 'int[3]': arrays count from 0, ffi.totable(array) is "
                .. "a table", error_of(line))
        end
        assert.equal("chunk:2: index 3 out of bounds for 'int[3]'", error_of "return object[3]")
        assert.equal("chunk:2: cannot index 'struct hint_point' with integer 1",
            error_of "for _ in ipairs(ffi.new 'struct hint_point') do end")
        assert.equal("chunk:2: index nan is not an integer", (error_of "return object[0/0]":gsub("%-nan", "nan")))
    end)
end)

describe("a colon for a dot", function()
    it("passes the library", function()
        raises("wrong number of arguments to 'toupper' (int toupper(int)): expected 1, got 2: call it with a dot, "
            .. "not a colon", function() return C:toupper(65) end)
        raises("wrong number of arguments to 'toupper' (int toupper(int)): expected 1, got 2",
            function() return C.toupper({}, 65) end)
    end)
end)

describe("types by their names", function()
    it("are in no library", function()
        raises("'struct hint_point' is a type: use ffi.typeof", function() return C["struct hint_point"] end)
        raises("'union none' is a type: use ffi.typeof", function() return C["union none"] end)
        raises("'enum none' is a type: use ffi.typeof", function() return C["enum none"] end)
    end)

    it("make objects, which are not called", function()
        raises("'struct hint_point' is not callable: ffi.typeof \"struct hint_point\" is, and ffi.new takes values as "
            .. "well", function() return ffi.new "struct hint_point" { 1, 2 } end)
        raises("'int' is not callable", function() return ffi.new "int" (5) end)
    end)
end)

describe("braces around anonymous members", function()
    it("are taken as in C", function()
        local s = ffi.new("struct { int a; union { int i; float f; }; int z; }", { 1, { f = 1 }, 3 })
        assert.same({ 1, 1.0, 3 }, { s.a, s.f, s.z })
        s = ffi.new("struct { int a; struct { int b, c; }; int z; }", 1, { 2, 3 }, 4)
        assert.same({ 1, 2, 3, 4 }, { s.a, s.b, s.c, s.z })
    end)

    it("are those of the first member where that takes them", function()
        local s = ffi.new("struct { int a; struct { int list[2]; int c; }; }", { 1, { 2, 3 }, 4 })
        assert.same({ 2, 3, 4 }, { s.list[0], s.list[1], s.c })
    end)
end)

describe("a Lua float in a type text", function()
    it("is recognised in a name", function()
        local ok, message = pcall(ffi.typeof, "uint" .. 16 / 2 .. "_t")
        assert.is_false(ok)
        assert.equal("1:1: unknown type 'uint8' before '.' (a Lua float in the name? math.tointeger makes it an "
            .. "integer)\n    uint8.0_t\n    ^", message)
    end)
end)

describe("in cffi.luajit, nil as a type", function()
    it("may be a pointer that is NULL", function()
        local luajit = require "cffi.luajit"
        raises("bad argument #1 to 'cast' (C type expected, got nil: a pointer that is NULL reads as nil and has "
            .. "no type)", luajit.cast, nil, 5)
        raises("bad argument #1 to 'cast' (C type expected, got nil)", ffi.cast, nil, 5)
    end)
end)
