-- Argument errors of the functions in the ffi table: their exact texts, at the caller's line (docs/design.md
-- S19).
local core = require "cffi"
local support = require "spec.support"
local raises = support.raises

local ffi = core.scope()
ffi.cdef [[
    struct errors_point { int x, y; };
    struct errors_opaque;
    int abs(int);
]]

-- { text, function name, arguments ... }: n is given where an argument is nil.
local cases = {
    { "bad argument #1 to 'cdef' (string expected, got no value)", "cdef" },
    { "bad argument #1 to 'cdef' (string expected, got integer 5)", "cdef", 5 },
    { "bad argument #2 to 'cdef' (unknown option 'overide')",
        "cdef", "int x;", { overide = true } },
    { "bad argument #2 to 'cdef' (option 'name' must be a string, not integer 5)", "cdef", "int x;",
        { name = 5 } },
    { "bad argument #2 to 'cdef' (option 'defs' must be a table, not boolean true)",
        "cdef", "int x;",
        { defs = true } },
    { "bad argument #2 to 'cdef' (keys of 'defs' must be strings)", "cdef", "int x;",
        { defs = { "A" } } },
    { "bad argument #2 to 'cdef' (value of 'A' in 'defs' must be a string, number or boolean)",
        "cdef",
        "int x;", { defs = { A = {} } } },

    { "bad argument #1 to 'typeof' (C type expected, got no value)", "typeof" },
    { "bad argument #1 to 'typeof' (C type expected, got integer 5)", "typeof", 5 },
    { "bad argument #1 to 'typeof' (C type expected, got table)", "typeof", {} },
    { "bad argument #1 to 'typeof' (C type expected, got function)", "typeof", print },
    { "bad argument #1 to 'new' (C type expected, got nil)", "new", nil, n = 1 },
    { "bad argument #1 to 'sizeof' (C type expected, got boolean true)", "sizeof", true },
    { "bad argument #2 to 'sizeof' (integer expected, got string \"5\")", "sizeof", "int[?]", "5" },
    { "bad argument #2 to 'sizeof' (integer expected, got number 1.5)", "sizeof", "int[?]", 1.5 },
    { "bad argument #2 to 'sizeof' (must not be negative)", "sizeof", "int[?]", -1 },
    { "bad argument #2 to 'sizeof' (too large)", "sizeof", "int[?]", 2.0 ^ 63 },
    { "bad argument #2 to 'sizeof' (size of C type is too large)", "sizeof", "int[?]",
        math.maxinteger },

    { "bad argument #1 to 'alignof' (alignment of 'struct errors_opaque' is unknown)", "alignof",
        "struct errors_opaque" },
    { "bad argument #1 to 'alignof' (alignment of 'void' is unknown)", "alignof", "void" },
    { "bad argument #1 to 'offsetof' (struct or union expected, got 'int')",
        "offsetof", "int", "x" },
    { "bad argument #2 to 'offsetof' (string expected, got no value)", "offsetof",
        "struct errors_point" },
    { "bad argument #1 to 'istype' (C type expected, got no value)", "istype" },
    { "bad argument #2 to 'istype' (value expected)", "istype", "int" },
    { "bad argument #1 to 'type' (value expected)", "type" },

    { "bad argument #2 to 'cast' (value expected)", "cast", "int" },
    { "cannot cast to 'struct errors_point'", "cast", "struct errors_point", 5 },
    { "cannot cast to 'int[2]'", "cast", "int[2]", 5 },
    { "cannot cast to 'void'", "cast", "void", 5 },

    { "bad argument #1 to 'metatype' ('int' cannot have a metatype: struct, union or enum expected)",
        "metatype", "int", {} },
    { "bad argument #1 to 'metatype' ('int *' cannot have a metatype: struct, union or enum expected)",
        "metatype", "int *", {} },
    { "bad argument #2 to 'metatype' (table expected, got no value)", "metatype",
        "struct errors_point" },
    { "bad argument #2 to 'metatype' (table expected, got integer 1)", "metatype",
        "struct errors_point", 1 },

    { "bad argument #1 to 'gc' (cdata expected, got no value)", "gc" },
    { "bad argument #1 to 'gc' (cdata expected, got table)", "gc", {}, print },
    { "bad argument #1 to 'gc' (pointer, array, struct or union expected, got 'int')", "gc",
        ffi.new "int", print },
    { "bad argument #2 to 'gc' (function or nil expected, got no value)", "gc", ffi.new "int[1]" },
    { "bad argument #2 to 'gc' (function or nil expected, got integer 5)",
        "gc", ffi.new "int[1]", 5 },

    { "bad argument #1 to 'addressof' (cdata expected, got integer 5)", "addressof", 5 },
    { "bad argument #1 to 'toretval' (cdata expected, got string \"x\")", "toretval", "x" },
    { "bad argument #1 to 'tonumber' (value expected)", "tonumber" },
    { "bad argument #1 to 'tonumber' (string expected, got integer 5)", "tonumber", 5, 10 },
    { "bad argument #2 to 'tonumber' (base out of range)", "tonumber", "5", 37 },
    { "bad argument #1 to 'isnull' (value expected)", "isnull" },
    { "bad argument #2 to 'eq' (value expected)", "eq", 1 },

    { "bad argument #1 to 'totable' (cdata expected, got table)", "totable", {} },
    { "bad argument #1 to 'totable' (struct, union, array or pointer expected, got 'int')",
        "totable",
        ffi.new "int" },
    { "bad argument #1 to 'totable' (null pointer)",
        "totable", ffi.cast("struct errors_point *", 0) },
    { "bad argument #2 to 'totable' (number of elements of 'int *' is unknown)", "totable",
        ffi.cast("int *", ffi.new "int[2]") },
    { "bad argument #2 to 'totable' (3 elements asked of 'int[2]', which has 2)", "totable",
        ffi.new "int[2]", 3 },
    { "bad argument #2 to 'totable' (2 elements asked of 'int *', which has 1)", "totable",
        ffi.new "int[2]" + 1, 2 },

    { "bad argument #1 to 'string' (pointer, array, struct or union expected, got integer 5)",
        "string", 5 },
    { "bad argument #1 to 'string' (pointer, array, struct or union expected, got no value)",
        "string" },
    { "bad argument #1 to 'string' ('int[2]' is no string of bytes: give its length; wide characters are "
        .. "utf8.char(table.unpack(ffi.totable(v, n))))", "string",
        ffi.new "int[2]" },
    { "bad argument #1 to 'string' ('short *' is no string of bytes: give its length)", "string",
        ffi.new "short[1]" + 0 },
    { "bad argument #1 to 'string' ('struct errors_point' is no string of bytes: give its length)",
        "string", ffi.new "struct errors_point" },
    { "bad argument #2 to 'string' (9 bytes, but argument #1 has only 8)", "string",
        ffi.new "int[2]", 9 },
    { "bad argument #2 to 'string' (4 bytes, but argument #1 has only 3)", "string", "abc", 4 },
    { "bad argument #2 to 'string' (must not be negative)", "string", ffi.new "int[2]", -1 },

    { "bad argument #2 to 'copy' (4 bytes, but argument #1 has only 3)", "copy", ffi.new "char[3]",
        "abc" },
    { "bad argument #3 to 'copy' (4 bytes, but argument #1 has only 3)", "copy", ffi.new "char[3]",
        ffi.new "char[8]", 4 },
    { "bad argument #3 to 'copy' (4 bytes, but argument #2 has only 3)", "copy", ffi.new "char[8]",
        "ab", 4 },
    { "bad argument #3 to 'copy' (how many bytes? only a Lua string knows: ffi.sizeof(from))", "copy",
        ffi.new "char[8]",
        ffi.new "char[8]" },
    { "bad argument #1 to 'copy' (null pointer)", "copy", nil, "abc", n = 2 },
    { "bad argument #1 to 'copy' (null pointer)", "copy", ffi.cast("void *", nil), "abc" },
    { "bad argument #2 to 'copy' (null pointer)", "copy", ffi.new "char[8]", nil, 4, n = 3 },
    { "bad argument #1 to 'copy' (attempt to write to constant 'const char *')", "copy",
        ffi.cast("const char *", "abc"), "x" },
    { "bad argument #1 to 'copy' (pointer, array, struct or union expected, got string \"abc\")",
        "copy", "abc", "x" },
    { "bad argument #2 to 'fill' (5 bytes, but argument #1 has only 4)",
        "fill", ffi.new "int[1]", 5 },
    { "bad argument #2 to 'fill' (integer expected, got no value)", "fill", ffi.new "int[1]" },
    { "bad argument #3 to 'fill' (integer expected, got string \"x\")", "fill", ffi.new "int[1]", 1,
        "x" },
    { "bad argument #1 to 'fill' (null pointer)", "fill", ffi.cast("void *", nil), 1 },

    { "bad argument #1 to 'errno' (integer expected, got string \"5\")", "errno", "5" },
    { "bad argument #1 to 'strerror' (integer expected, got table)", "strerror", {} },
    { "bad argument #1 to 'overflow' (invalid option 'trap')", "overflow", "trap" },
    { "bad argument #1 to 'overflow' (string expected, got integer 5)", "overflow", 5 },
    { "bad argument #1 to 'integer_type' (metatable expected, got no value)", "integer_type" },
    { "bad argument #2 to 'integer_type' (function or nil expected, got integer 5)", "integer_type",
        {}, 5 },
    { "bad argument #1 to 'abi' (string expected, got no value)", "abi" },
    { "bad argument #1 to 'handle' (value expected)", "handle" },
    { "bad argument #1 to 'from_handle' (pointer expected, got nil)", "from_handle", nil, n = 1 },
    { "bad argument #1 to 'from_handle' (pointer expected, got 'int')",
        "from_handle", ffi.new "int" },
    { "bad argument #1 to 'eval' (string expected, got integer 5)", "eval", 5 },
}

describe("a wrong argument", function()
    for _, case in ipairs(cases) do
        local text, name = case[1], case[2]
        it(("of ffi.%s: %s"):format(name, text), function()
            local count = case.n or #case - 2
            local line
            local function call()
                line = debug.getinfo(1, "l").currentline + 1
                ffi[name](table.unpack(case, 3, 2 + count))
            end
            assert.equal(line, nil)
            local where = raises(text, call)
            assert.equal(line, where)
        end)
    end

    it("is named also when the function was called without its name", function()
        raises("bad argument #1 to 'sizeof' (C type expected, got integer 5)", ffi.sizeof, 5)
        local other = ffi.sizeof
        raises("bad argument #1 to 'sizeof' (C type expected, got integer 5)",
            function() other(5) end)
    end)
end)

describe("a method", function()
    local arena = ffi.arena()

    it("counts the arguments that are written, and is named however it was reached", function()
        raises("bad argument #1 to 'new' (C type expected, got integer 5)",
            function() arena:new(5) end)
        raises("bad argument #1 to 'new' (C type expected, got no value)", arena.new, arena)
        raises("bad argument #1 to 'string' (string expected, got table)", arena.string, arena, {})
    end)

    it("of an arena wants the arena", function()
        raises("calling 'new' on bad self (arena expected, got string \"int\")",
            function() arena.new("int") end)
        raises("calling 'string' on bad self (arena expected, got no value)", arena.string)
        raises("calling 'close' on bad self (arena expected, got table)", arena.close, {})
    end)

    -- Only the debug library gets at these.
    it("that Lua calls for an operator is named as well", function()
        local cdata = debug.getmetatable(ffi.new "int[2]")
        local ctype = debug.getmetatable(ffi.typeof "int")
        for _, event in ipairs { "__tostring", "__len", "__call", "__close", "__index", "__newindex", "__pairs" } do
            raises(("bad argument #1 to '%s' (cdata expected, got integer 5)"):format(event),
                cdata[event], 5)
        end
        for _, event in ipairs { "__tostring", "__index", "__call" } do
            raises(("bad argument #1 to '%s' (C type expected, got integer 5)"):format(event),
                ctype[event], 5)
        end
        for _, object in ipairs { io.stdout, ffi.typeof "int" } do
            local got = object == io.stdout and "userdata" or "a C type"
            raises(("bad argument #1 to '__index' (cdata expected, got %s)"):format(got), cdata.__index, object, "x")
            raises(("bad argument #1 to '__newindex' (cdata expected, got %s)"):format(got),
                cdata.__newindex, object, 0, 1)
        end
        local scope = ffi.scope()
        scope.cdef "int abs(int);"
        local library = debug.getmetatable(scope.C)
        assert.equal(7, debug.getmetatable(library.__index).__index(5, "abs")(-7))
        raises("bad argument #1 to '__close' (library expected, got number)", library.__close, 5)
        raises("bad argument #1 to '__gc' (cdata expected, got table)",
            debug.getmetatable(ffi.gc(ffi.new "int[1]", nil)).__gc, {})
        raises("bad argument #1 to '__tostring' (arena expected, got no value)",
            debug.getmetatable(arena).__tostring)
    end)
end)

-- Functions of an API table, each with the number of arguments that it takes at most; -1: as many as
-- are written, for initialisers, for "$", or for the function that is called.
local most = {
    cdef = -1, eval = -1, typeof = -1, parse = -1, new = -1, async = -1,
    sizeof = 2, alignof = 1, offsetof = 2, istype = 2, type = 1, metatype = 2,
    cast = 2, gc = 2, addressof = 2, toretval = 1, tonumber = 2, math_type = 1, isnull = 1, eq = 2,
    totable = 2, string = 2, copy = 3, fill = 3, errno = 1, strerror = 1,
    overflow = 1, scope = 1, integer_type = 2, abi = 1, arena = 0, handle = 1, from_handle = 1,
    reflect = 1, declarations = 1, tofunction = 3, symbols = 2, load = 2, close = 1,
    callback = 3, release = 1, callbacks = 0,
}

describe("what only LuaJIT's rules refuse", function()
    local jit = core.scope { luajit = true }

    it("is told as LuaJIT does", function()
        raises("a ctype cannot be indexed with a number", function() return jit.typeof("int")[1] end)
        raises("a ctype cannot be indexed with a boolean",
            function() return jit.typeof("int")[true] end)
        raises("'int[2]' has no '__ipairs' metamethod", jit.ipairs, jit.new "int[2]")
    end)
end)

describe("a surplus argument", function()
    it("to any function raises before anything is done", function()
        for name, value in pairs(core.scope()) do
            if type(value) == "function" and most[name] ~= -1 then
                local _, text = pcall(value, table.unpack({}, 1, 40))
                assert.matches("^bad argument #%d+ to '" .. name .. "' %(surplus: ", text)
            end
        end
        for name, count in pairs(most) do
            if count >= 0 then
                raises(("bad argument #%d to '%s' (surplus: %s expected)"):format(count + 1, name,
                    count == 0 and "none" or "at most " .. count),
                    ffi[name], table.unpack({}, 1, count + 1))
            end
        end
        raises("bad argument #3 to 'string' (surplus: at most 2 expected)", function()
            ffi.string(("abc"):gsub("b", "d"), 3, nil)
        end)
    end)

    it("to a function that takes any number raises where it finds no use", function()
        raises("bad argument #2 to 'typeof' (surplus: at most 1 expected)", ffi.typeof,
            ffi.typeof "int", 5)
        raises("bad argument #2 to 'typeof' (the text has no '$' for it)",
            function() ffi.typeof("int", 5) end)
        for _, name in ipairs { "cdef", "parse" } do
            raises(("bad argument #2 to '%s' (the text has no '$' for it)"):format(name),
                function() ffi[name]("int surplus_x;", 5) end)
        end
        raises("bad argument #2 to 'eval' (the text has no '$' for it)", function() ffi.eval("1", 5) end)
        raises("too many initializers for 'int'", ffi.new, "int", 1, 2)
    end)

    it("to a method raises, to a constructor is an initialiser too many", function()
        local arena = ffi.arena()
        raises("bad argument #2 to 'string' (surplus: at most 1 expected)",
            function() arena:string("x", 1) end)
        raises("bad argument #1 to 'close' (surplus: none expected)",
            function() arena:close(nil) end)
        local callback <close> = ffi.callback("int (int)", function() end)
        raises("bad argument #1 to 'free' (surplus: none expected)",
            function() callback:free(1) end)
        raises("bad argument #2 to 'set' (surplus: at most 1 expected)",
            function() callback:set(print, 1) end)
        raises("too many initializers for 'int[2]'", function() arena:new("int[2]", 1, 2, 3) end)
        raises("too many initializers for 'struct errors_point'",
            ffi.typeof "struct errors_point", 1, 2, 3)
    end)

    it("is ignored by LuaJIT's rules", function()
        local jit = core.scope { luajit = true }
        assert.equal(4, jit.sizeof("int", nil, 5))
        assert.equal(jit.typeof "int", jit.typeof(jit.typeof "int", 5))
        assert.equal("x", jit.string("xy", 1, "and more"))
        jit.cast("int (*)(int)", print):free(1)
    end)
end)

describe("a bad declaration", function()
    it("leaves the scope as it was", function()
        local s = core.scope()
        assert.has_error(function() s.cdef "struct errors_a { int x; }; int errors_f(int; " end)
        assert.has_error(function() s.sizeof "struct errors_a" end)
        s.cdef "struct errors_a { double x; };"
        assert.equal(8, s.sizeof "struct errors_a")
    end)
end)
