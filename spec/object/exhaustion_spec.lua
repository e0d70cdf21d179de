-- Memory that runs out: a script runs again and again, each time with the next allocation refused, once
-- (and Lua's second attempt at it) or from there on. It must fail with "not enough memory" or
-- not at all, the state must work when there is memory again, and nothing may leak.

local support = require "support"

local open = assert(package.loadlib(support.library "failing", "luaopen_failing"))
local failing = open()

local SETUP = ("package.path, package.cpath, CFFI_BUILD = %q, %q, %q\n"):format(
    package.path, package.cpath, support.build)
local WITH_MODULE = SETUP .. [[
    ffi = require "cffi"
    ffi.onerror = function() end
    collectgarbage()
]]

local SCRIPTS = {
    {"opening the module", SETUP, [[ assert(require "cffi".new("int", 5)) ]]},
    {"cdef", WITH_MODULE, [[
        ffi.cdef "struct point { int x, y; union { float f; char c[4]; }; }; enum e { A, B = 5 };"
        ffi.cdef "int abs(int); typedef struct point *point_t; static const int K = 7; extern int x;"
        assert(ffi.sizeof "struct point" == 12 and ffi.C.B == 5 and ffi.typeof "point_t")
    ]]},
    {"a cdef with an error", WITH_MODULE, [[
        local ok, message = pcall(ffi.cdef, "struct half { int x; }; int f(int, struct half; ")
        assert(not ok)
        if message:find "not enough memory" then error(message, 0) end
        assert(not pcall(ffi.sizeof, "struct half"))
    ]]},
    {"new and initialisers", WITH_MODULE, [[
        local s = ffi.new("struct { int a[3]; const char *s; double _Complex z; }", {{1, 2}, "text", {3, 4}})
        assert(s.a[1] == 2 and ffi.string(s.s) == "text" and s.z.im == 4)
        local v = ffi.new("int[?]", 100, {1, 2, 3})
        assert(#v == 100 and ffi.totable(v, 3)[3] == 3)
        local bad, message = pcall(ffi.new, "int[2]", {1, "x"})
        if message:find "not enough memory" then error(message, 0) end
        assert(message:find "element 1 of")
    ]]},
    {"boxed integers and text", WITH_MODULE, [[
        local big = ffi.cast("unsigned __int128", "340282366920938463463374607431768211455")
        assert(tostring(big // 3 + 1) == "113427455640312821154458202477256070486")
        assert(big > 5 and tostring(ffi.cast("long double", big) / 3):find "^1.13")
        assert(ffi.cast("double", ("9"):rep(100)) ~= nil)
    ]]},
    {"calls", WITH_MODULE, [[
        ffi.cdef "int abs(int); int snprintf(char *, size_t, const char *, ...); char *getenv(const char *);"
        ffi.cdef "typedef struct { int quot, rem; } div_t; div_t div(int, int);"
        local buffer = ffi.new "char[64]"
        assert(ffi.C.abs(-5) == 5 and ffi.C.div(17, 5).rem == 2)
        assert(ffi.C.snprintf(buffer, 64, "%s %d %g", "a", 5, 0.5) == 7)
        assert(ffi.string(buffer) == "a 5 0.5" and ffi.C.getenv "NO_SUCH_VARIABLE" == nil)
    ]]},
    {"annotated calls", WITH_MODULE, [===[
        ffi.cdef [==[
            struct box; int an_free(struct box *box); int an_alive(void);
            [[cffi::errno, cffi::owned(an_free)]] struct box *an_new(int value);
            [[cffi::status(0)]] int an_open(int value, [[cffi::out, cffi::owned(an_free)]] struct box **box);
            [[cffi::string(free)]] char *strdup(const char *text);
            int an_sum([[cffi::in(n)]] const int *values, int n);
            long an_squares([[cffi::out(room)]] int *to, long room);
            int an_calls(int (*fn)([[cffi::string]] const char *text), const char *text);
        ]==]
        local lib = ffi.load(CFFI_BUILD .. "/spec/annotated.so")
        local others = lib.an_alive() -- of states that have not collected them
        local ok, message = pcall(function()
            local made <close> = lib.an_new(3)
            local opened <close> = lib.an_open(4)
            assert(lib.an_alive() == others + 2 and not lib.an_open(-4) and ffi.C.strdup "text" == "text")
            assert(lib.an_sum { 1, 2, 3 } == 6 and #lib.an_squares(20) == 5)
            assert(lib.an_calls(function(text) return #text end, "four") == 4)
        end)
        collectgarbage()
        collectgarbage()
        assert(lib.an_alive() == others)
        assert(ok, message)
    ]===], once = true}, -- for good: <close> has no memory to call what frees
    {"callbacks", WITH_MODULE, [[
        ffi.cdef "void qsort(void *, size_t, size_t, int (*)(const void *, const void *));"
        local a = ffi.new("int[5]", {5, 3, 1, 4, 2})
        ffi.C.qsort(a, 5, 4, function(x, y)
            return ffi.cast("const int *", x)[0] - ffi.cast("const int *", y)[0]
        end)
        assert(table.concat(ffi.totable(a)) == "12345")
        local cb <close> = ffi.callback("double (*)(double, const char *)", function(x, s)
            return x * #ffi.string(s)
        end)
        assert(cb(2.5, "four") == 10)
        local cast = ffi.cast("int (*)(struct { int x; })", function(s) return s.x end)
        cast:free()
    ]]},
    {"metatypes and finalisers", WITH_MODULE, [[
        local log = {}
        local T = ffi.metatype("struct { int x; }", {
            __index = {double = function(self) return self.x * 2 end},
            __add = function(a, b) return ffi.new(ffi.typeof(a), a.x + b.x) end,
            __gc = function(self) log[#log + 1] = self.x end,
            __new = function(ct, x) return ffi.new(ct, x) end,
        })
        do local sum = T(3) + T(4) assert(sum:double() == 14) end
    ]]},
    {"variables that are closed #close", WITH_MODULE, [[
        local closed
        do local x <close> = ffi.gc(ffi.new "int[1]", function() closed = true end) end
        assert(closed)
    ]]},
    {"stored strings and pointers", WITH_MODULE, [[
        local a = ffi.new("struct { const char *s; int *p; }[2]", {{("s"):rep(50), ffi.new("int[1]", 7)}})
        a[1] = a[0]
        a[0].s = "other"
        local copy = ffi.new(ffi.typeof(a))
        ffi.copy(copy, a, ffi.sizeof(a))
        assert(ffi.string(copy[1].s) == ("s"):rep(50) and copy[1].p[0] == 7)
        for k, v in pairs(copy[0]) do assert(k and v) end
    ]]},
    {"a copy of pointers over others", WITH_MODULE, [[
        local from, to = ffi.new "int *[9]", ffi.new "int *[9]"
        local function store(array, i)
            local value = ffi.new("int[1]", i)
            array[i] = value
            return setmetatable({value}, {__mode = "v"})
        end
        local old = store(to, 0)
        for i = 0, 8 do store(from, i) end
        local ok, message = pcall(ffi.copy, to, from, ffi.sizeof(to))
        collectgarbage()
        if not ok then
            assert(old[1] ~= nil)
            error(message, 0)
        end
        assert(old[1] == nil)
        for i = 0, 8 do assert(to[i][0] == i) end
    ]]},
    {"libraries, variables and scopes", WITH_MODULE, [[
        local scope = ffi.scope {overflow = "strict"}
        scope.cdef "extern int library_counter; int library_add(int, int); enum { LOCAL = 3 };"
        local lib = scope.load(CFFI_BUILD .. "/spec/library.so")
        lib.library_counter = 9
        assert(lib.library_counter == 9 and lib.library_add(1, 2) == 3 and lib.LOCAL == 3)
        assert(scope.addressof(lib, "library_counter")[0] == 9)
        ffi.close(lib)
    ]]},
    {"handles, arenas, reflection", WITH_MODULE, [[
        local handle = ffi.handle {5}
        assert(ffi.from_handle(handle)[1] == 5)
        local arena <close> = ffi.arena()
        assert(arena:new("int", 3) and ffi.string(arena:string "x") == "x")
        assert(ffi.reflect("struct { int a; }").kind == "struct")
        assert(ffi.tonumber(ffi.eval "1 + 2") == 3 and ffi.declarations())
    ]]},
    {"formats, bit-fields, enums, variadic structs", WITH_MODULE, [[
        ffi.cdef "int snprintf(char *, size_t, const char *, ...); enum e1 { ONE = 1, TWO };"
        local s = ffi.new("struct { unsigned a : 3; __int128 b : 100; enum e1 e; bool on; }", 5, -7, "TWO", true)
        assert(s.a == 5 and s.b == -7 and s.e == 2 and s.on)
        local b = ffi.new "char[32]"
        ffi.C.snprintf(b, 32, "%s|%d|%p|%c", "x", ffi.new("uint8_t", 7), nil, 65)
        assert(ffi.string(b) == "x|7|(nil)|A")
        local ok, message = pcall(ffi.C.snprintf, b, 32, "%d", "text")
        if message:find "not enough memory" then error(message, 0) end
        assert(not ok)
    ]]},
    {"LuaJIT's rules", WITH_MODULE, [[
        local jit = require "cffi.luajit"
        jit.cdef "typedef struct { int x, y; } jit_point;"
        local p = jit.new("jit_point", {1, 2})
        assert(p.x + p.y == 3 and tostring(jit.cast("int64_t", 5) * 2) == "10LL")
    ]]},
}

-- Returns how many allocations were refused one after the other until the script went through.
local function exhaust(setup, script, window)
    local n = 0
    repeat
        n = n + 1
        local r = failing.run(setup, script, n, window)
        local where = (" (allocation %d)"):format(n)
        if not r.ok then
            assert.is_true(r.hit, tostring(r.message))
            assert.matches("not enough memory", r.message, 1, true, where)
        end
        assert.is_true(r.again, tostring(r.again_message) .. where)
        assert.equal(0, r.leaked, "leaked" .. where)
    until not r.hit
    assert.is_true(n > 5)
    return n
end

describe("when memory runs out", function()
    for _, entry in ipairs(SCRIPTS) do
        local name, setup, script = table.unpack(entry)
        name = name .. (script:find("__int128", 1, true) and " #lp64" or "")
        it(name .. " fails cleanly, once", function() exhaust(setup, script, 2) end)
        if not entry.once then
            it(name .. " fails cleanly, for good", function() exhaust(setup, script, 1 << 30) end)
        end
    end
end)
