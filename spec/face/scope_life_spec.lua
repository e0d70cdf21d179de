-- How long a scope lives: as long as anything refers to it (docs/design.md S16).
local core = require "cffi"
local support = require "spec.support"

local path = support.library "library"

-- Makes a scope, and of it what `make` gives; what holds the scope alive is that alone. Returns it
-- and a weak list of the scope's table.
local function alone(make, options)
    local scope = core.scope(options)
    scope.cdef [[
        int abs(int);
        int snprintf(char *, size_t, const char *, ...);
        struct life { int x; struct { int y; } inner; };
        extern int library_counter;
        typedef int life_fn(int);
    ]]
    return make(scope), setmetatable({ scope }, { __mode = "v" })
end

-- Lets go what can go, and fills the memory with other things.
local function churn()
    support.gc()
    for i = 1, 20 do
        local other = core.scope()
        other.cdef("struct life { double x[" .. i .. "]; }; int other(struct life *);")
        other.new "struct life"
    end
    support.gc()
end

-- What a script may have of a scope, and a use of it.
local holders = {
    ["its table"] = { function(s) return s end, function(s) return s.C.abs(-5) end },
    ["a function of its table"] = { function(s) return s.sizeof end,
        function(sizeof) return sizeof "struct life" - 3 end },
    ["a ctype"] = { function(s) return s.typeof "struct life" end,
        function(ct) return ct(5).x end },
    ["a cdata"] = { function(s) return s.new("struct life", 5) end, function(cd)
        assert.equal("cdata", core.type(cd))
        return cd.x
    end },
    ["a view"] = { function(s) return s.new("struct life", 1, { 5 }).inner end,
        function(view) return view.y end },
    ["a cdata with a finaliser"] = { function(s) return s.gc(s.new("struct life", 5), function() end) end,
        function(cd) return cd.x end },
    ["a namespace"] = { function(s) return s.C end, function(C) return C.abs(-5) end },
    ["a function"] = { function(s) return s.C.abs end, function(abs) return abs(-5) end },
    ["a function by address"] = { function(s)
        return s.tofunction(s.cast("life_fn *", s.C.abs), "by_address")
    end, function(fn) return fn(-5) end },
    ["a function by address and declaration"] = { function(s)
        return s.tofunction(core.cast("void *", s.C.abs), "int declared(int)")
    end, function(fn) return fn(-5) end },
    ["a library"] = { function(s) return s.load(path) end, function(lib)
        lib.library_counter = 5
        return lib.library_counter
    end },
    ["an arena"] = { function(s) return s.arena() end,
        function(arena) return arena:new("struct life", 5).x end },
    ["an iterator over declarations"] = { function(s) return (s.declarations "^abs$") end,
        function(step) return #step() + 2 end },
    ["an iterator over symbols"] = { function(s) return (s.symbols(s.load(path), "^library_counter$")) end,
        function(step) return select(4, step()) and 5 end },
    ["a method of a callback"] = { function(s)
        local callback = s.callback("life_fn *", function() return 5 end)
        callback:set(function() return 6 end)
        return callback.free
    end, function(free) return free and 5 end },
    ["a type that another scope's is made of"] = { function(s)
        local other = core.scope()
        other.cdef("struct of_life { $ life; };", s.typeof "struct life")
        return other
    end, function(other)
        local value = other.new "struct of_life"
        value.life.x = 5
        return value.life.x
    end },
}

describe("a scope lives as long as", function()
    for name, holder in pairs(holders) do
        it(name, function()
            local make, use = table.unpack(holder)
            local held, weak = alone(make)
            churn()
            assert.is_table(weak[1])
            assert.equal(5, use(held))
            held = nil -- luacheck: ignore 311
            if name ~= "a method of a callback" then
                support.gc()
                support.gc()
                assert.is_nil(weak[1])
            end
        end)
    end

    it("C may call one of its callbacks, and no longer", function()
        local lib = core.scope { overflow = "wrap" }
        lib.cdef [[
            typedef int callbacks_fn(int);
            void callbacks_keep(callbacks_fn *f);
            callbacks_fn *callbacks_kept(void);
            int callbacks_call_kept(int x);
        ]]
        local C = lib.load(support.library "callbacks")
        local _, weak = alone(function(s)
            local callback = s.callback("life_fn *", function(x) return x + 2 end)
            C.callbacks_keep(lib.cast("callbacks_fn *", callback))
        end)
        churn()
        assert.equal(5, C.callbacks_call_kept(3))
        assert.is_table(weak[1])
        C.callbacks_kept():free()
        C.callbacks_keep(nil)
        churn()
    end)

    it("the finalisers of its objects run", function()
        local log = {}
        local weak = select(2, alone(function(s)
            s.metatype("struct life", { __gc = function(cd)
                local buffer = s.new "char[20]"
                s.C.snprintf(buffer, 20, "%d", s.new("int", cd.x))
                log[#log + 1] = s.string(buffer)
            end })
            return s.new("struct life", 7)
        end))
        churn()
        assert.same({ "7" }, log)
        support.gc()
        assert.is_nil(weak[1])
    end)

    it("the state, if it is told to stay", function()
        local _, weak = alone(function() end, { stays = true })
        churn()
        assert.equal(5, weak[1].C.abs(-5))
    end)

    it("and its types are not taken for those of scopes that come after it", function()
        local old = core.scope()
        for _ = 1, 200 do
            local first, second = core.scope(), core.scope()
            first.cdef "struct twin { int x; };"
            second.cdef "struct twin { double x; };"
            old.cdef "struct twin { int x; };"
            local same = old.istype("struct twin", first.new "struct twin")
            first = nil -- luacheck: ignore 311
            support.gc()
            assert.is_true(same)
            assert.is_false(old.istype("struct twin", second.new "struct twin"))
        end
    end)
end)

describe("memory", function()
    local function grown(count, step)
        for _ = 1, 300 do step() end
        support.gc()
        local before = collectgarbage "count"
        for _ = 1, count do step() end
        support.gc()
        return (collectgarbage "count" - before) * 1024
    end

    -- In a process of its own: where much else is alive, the collector runs seldom, and weak tables grow meanwhile.
    it("stays flat while 10,000 scopes are made, used and dropped", function()
        local _, out, err = support.run_lua [[
            local core = require "cffi"
            local function run(count)
                for _ = 1, count do
                    local scope = core.scope()
                    scope.cdef "struct life { int x, y; }; int abs(int);"
                    scope.metatype("struct life", { __index = { scope = function() return scope end } })
                    assert(scope.C.abs(-scope.new("struct life", 5).x) == 5)
                end
                local all = collectgarbage "count" * 1024
                collectgarbage()
                collectgarbage()
                return collectgarbage "count" * 1024, all
            end
            local before = run(300)
            local after, all = run(10000)
            print(after - before < 100000 or after - before, all - before < 4000000 or all - before)
        ]]
        assert.equal("", err)
        assert.equal("true\ttrue\n", out)
    end)

    it("stays flat while the same text is declared 10,000 times", function()
        local scope = core.scope()
        local text = [[
            typedef struct { int x, y; } life_point;
            struct life_tagged { struct { int z; } inner; enum { LIFE_A, LIFE_B } kind; };
            void qsort(void *, size_t, size_t, int (*compare)(const void *, const void *));
            static const int LIFE_K = 5;
        ]]
        assert.is_true(grown(10000, function() scope.cdef(text) end) < 10000)
        assert.is_true(grown(10000, function() scope.cdef "#define LIFE_M 5" end) < 10000)
    end)

    it("stays flat while a struct without a name is made or measured from its text", function()
        local scope = core.scope()
        local text = "struct { int x, y; }"
        assert.is_true(grown(10000, function()
            assert(scope.new(text, 1, 2).y + scope.sizeof(text) == 10)
            assert(scope.offsetof(text, "y") == scope.alignof(text))
        end) < 10000)
    end)

    -- In a process of its own: each tombstone keeps its scope until its place is taken, and other specs leave many.
    it("stays flat while scopes with callbacks come and go", function()
        local _, out, err = support.run_lua [[
            local core = require "cffi"
            local function memory()
                for _ = 1, 500 do
                    local scope = core.scope()
                    local callback = scope.callback("int (*)(int)", function(x) return x end)
                    assert(callback(5) == 5)
                    callback:free()
                end
                collectgarbage()
                collectgarbage()
                return collectgarbage "count" * 1024
            end
            memory()
            print(memory() - memory() > -1000000)
        ]]
        assert.equal("", err)
        assert.equal("true\n", out)
    end)
end)

describe("a text that is declared again", function()
    it("is read again after directives, and after what replaces declarations", function()
        local scope = core.scope()
        local text = "enum { AGAIN = SIZE };"
        scope.cdef "#define SIZE 1"
        scope.cdef(text)
        scope.cdef(text)
        scope.cdef "#undef SIZE\n#define SIZE 2"
        support.raises("1:8: 'AGAIN' redeclared as 'static const int AGAIN = 2', was 'static const int "
            .. "AGAIN = 1', first declared in line 1 of an earlier text (ffi.scope{} starts afresh)"
            .. "\n    enum { AGAIN = SIZE };\n           ^",
            function() scope.cdef(text) end)
        scope.cdef "int replaced(int);"
        scope.cdef("long replaced(int);", { override = true })
        assert.has_error(function() scope.cdef "int replaced(int);" end)
    end)

    it("is the same type in values and measures, not where types are made", function()
        local scope = core.scope()
        local text = "struct { int again; }"
        assert.is_true(rawequal(scope.typeof(scope.new(text)), scope.typeof(scope.new(text))))
        assert.is_false(rawequal(scope.typeof(text), scope.typeof(text)))
        local first = scope.metatype(text, { __index = { which = 1 } })
        local second = scope.metatype(text, { __index = { which = 2 } })
        assert.same({ 1, 2 }, { first().which, second().which })
        local object = scope.new(text)
        scope.metatype(scope.typeof(object), { __index = { which = 3 } })
        assert.equal(3, object.which)
        assert.has_error(function() return scope.new(text).which end)
    end)
end)
