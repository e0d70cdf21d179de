-- Implicit conversions of Lua functions: shared, kept until ffi.release, or lent for one call (S14).
local ffi = require "cffi"
local callbacks = require "support.callbacks"
local support = require "support"

local lib = callbacks.load()
local raises = support.raises

ffi.cdef [[
    void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *));
    void qsort_r(void *base, size_t n, size_t size, int (*compare)(const void *, const void *, void *), void *);
    void *bsearch(const void *key, const void *base, size_t n, size_t size,
        int (*compare)(const void *, const void *)) __attribute__((nonnull(1, 2, 5)));
]]

-- The live callbacks of a function.
local function of(fn)
    local list = {}
    for _, entry in ipairs(ffi.callbacks()) do
        if entry.fn == fn then
            list[#list + 1] = entry
        end
    end
    return list
end

describe("an implicit conversion", function()
    before_each(lib.callbacks_reset)

    it("is shared by function and signature", function()
        local function f(x) return x end
        lib.callbacks_keep(f)
        local first = lib.callbacks_kept()
        lib.callbacks_keep(f)
        assert.is_true(ffi.eq(first, lib.callbacks_kept()))
        local ops = ffi.new("struct callbacks_ops", { op = f })
        ops.table[0] = f
        ops.table[1] = f
        assert.is_true(ffi.eq(first, ops.op))
        assert.is_true(ffi.eq(first, ops.table[0]))
        assert.equal(1, #of(f))
        assert.is_true(of(f)[1].shared)
        assert.equal(15, lib.callbacks_run_ops(ops, 5))
        ffi.new("double (*[1])(double)", { f }) -- another signature
        assert.equal(2, #of(f))
        assert.equal(2, ffi.release(f))
        assert.same({}, of(f))
    end)

    it("of another function is another one", function()
        local function make(n) return function(x) return x + n end end
        local f, g = make(1), make(2)
        assert.equal(1 + 1 + 1 + 2, lib.callbacks_both(f, g, 1))
        assert.equal(1, ffi.release(f))
        assert.equal(1, ffi.release(g))
    end)

    it("lives on when Lua has no reference left", function()
        lib.callbacks_keep(function(x) return x * 7 end)
        support.gc()
        assert.equal(21, lib.callbacks_call_kept(3))
        for _, entry in ipairs(ffi.callbacks()) do
            if entry.shared then ffi.release(entry.fn) end
        end
        assert.equal("callback 'int (*)(int)' (created at " .. "spec/callback/implicit_spec.lua" .. ":"
            .. debug.getinfo(1, "l").currentline - 7 .. ") was called by C after it was freed",
            callbacks.first_line(select(2, pcall(lib.callbacks_call_kept, 3))))
    end)

    it("has no free and no set: they name ffi.release", function()
        local function f(x) return x end
        lib.callbacks_keep(f)
        local pointer = lib.callbacks_kept()
        local text = ("callback 'int (*)(int)' (created at %s:%d) is shared by all conversions of its function: "
            .. "use ffi.release(fn)"):format("spec/callback/implicit_spec.lua",
            debug.getinfo(1, "l").currentline - 4)
        raises(text, pointer.free, pointer)
        raises(text, pointer.set, pointer, print)
        assert.equal(1, ffi.release(f))
    end)

    it("is released as often as it was made: once", function()
        local function f(x) return x end
        assert.equal(0, ffi.release(f))
        lib.callbacks_keep(f)
        assert.equal(1, ffi.release(f))
        assert.equal(0, ffi.release(f))
        lib.callbacks_keep(f) -- and can be made anew
        assert.equal(2, lib.callbacks_call_kept(2))
        assert.equal(1, ffi.release(f))
        raises("bad argument #1 to 'release' (function expected, got nil)", ffi.release, nil)
        raises("bad argument #1 to 'release' (function expected, got 'int (*)(int)': "
            .. "the Lua function that was converted)",
            ffi.release,
            lib.callbacks_kept())
    end)

    it("released within itself serves this run", function()
        local f
        f = function(x)
            ffi.release(f)
            return x + 1
        end
        local ok, err = pcall(lib.callbacks_repeat, f, 2)
        assert.is_false(ok)
        assert.truthy(err:find "was called by C after it was freed")
        assert.equal(2, lib.callbacks_seen[0])
    end)

    it("is not made of a C function of a namespace", function()
        local before = #ffi.callbacks()
        ffi.cdef "int callbacks_libc_abs(int) __asm__(\"abs\");"
        assert.equal(5, lib.callbacks_call(ffi.C.callbacks_libc_abs, -5))
        assert.equal(before, #ffi.callbacks())
    end)

    it("is refused where no function is wanted, or the type is variadic", function()
        ffi.cdef "void callbacks_keep_variadic(int (*f)(const char *, ...)) __asm__(\"callbacks_keep\");"
        raises("no callback of type 'int (const char *, ...)' is possible: the types of its variadic arguments "
            .. "are not known", lib.callbacks_keep_variadic, print)
        raises("bad argument #1 to 'callbacks_call' (int callbacks_call(callbacks_fn *f, int x)): cannot convert "
            .. "table to 'int (*)(int)'", lib.callbacks_call, {}, 1)
    end)
end)

describe("10,000 implicit conversions", function()
    it("are told to ffi.onerror once", function()
        local code, out, err = callbacks.run [[
            ffi.onerror = function(text) print((text:gsub("^%S+: ", "F: "))) end
            local list = {}
            local function many(n)
                for i = 1, n do
                    local f = function(x) return x + i end
                    list[#list + 1] = f
                    lib.callbacks_keep(f)
                end
            end
            many(9999)
            print(#ffi.callbacks())
            many(2)
            print(#ffi.callbacks())
            for i = 1, 5000 do assert(ffi.release(table.remove(list)) == 1) end
            many(6000)
            print(#ffi.callbacks())
        ]]
        assert.equal("", err)
        assert.equal([[
9999
F: 10000 Lua functions are kept as C callbacks by implicit conversions: use ffi.callback and :free(), or ffi.release(fn)
10001
11001
]], out)
        assert.equal(0, code)
    end)

    it("are a warning on stderr without it", function()
        local code, _, err = callbacks.run [[
            for i = 1, 10001 do lib.callbacks_keep(function(x) return x + i end) end
        ]]
        assert.matches("^cffi: warning: [^\n]*:%d+: 10000 Lua functions are kept as C callbacks by implicit "
            .. "conversions: use ffi%.callback and :free%(%), or ffi%.release%(fn%)\n$", err)
        assert.equal(0, code)
    end)
end)

describe("a conversion for one call only", function()
    before_each(lib.callbacks_reset)

    -- Runs fn(f) with a fresh function and looks for what it left.
    local function leaves_nothing(fn)
        local before = #ffi.callbacks()
        fn(function(x) return x end)
        if _VERSION == "Lua 5.3" then support.gc() end -- which closes nothing when an error passes
        assert.equal(before, #ffi.callbacks())
    end

    it("is that of a parameter marked noescape", function()
        leaves_nothing(function(f)
            assert.equal(4, lib.callbacks_borrow(f, 4))
            assert.equal(8, lib.callbacks_borrow_both(f, f, 4))
            assert.equal(9, lib.callbacks_borrow_both(f, function(x) return x + 1 end, 4))
        end)
    end)

    it("is that of libc's functions which only call back", function()
        leaves_nothing(function()
            local numbers = ffi.new("int[5]", { 3, 1, 2, 5, 4 })
            local function compare(a, b)
                return ffi.cast("const int *", a)[0] - ffi.cast("const int *", b)[0]
            end
            ffi.C.qsort(numbers, 5, 4, compare)
            assert.same({ 1, 2, 3, 4, 5 }, ffi.totable(numbers))
            local found = ffi.C.bsearch(ffi.new("int[1]", 4), numbers, 5, 4, compare)
            assert.equal(4, ffi.cast("int *", found)[0])
            ffi.C.qsort_r(numbers, 5, 4, function(a, b, user)
                return (ffi.cast("const int *", a)[0] - ffi.cast("const int *", b)[0]) * ffi.cast("int *", user)[0]
            end, ffi.new("int[1]", -1))
            assert.same({ 5, 4, 3, 2, 1 }, ffi.totable(numbers))
        end)
    end)

    it("ends when an argument after it does not convert, or is NULL", function()
        leaves_nothing(function(f)
            raises("bad argument #2 to 'callbacks_borrow' (int callbacks_borrow(callbacks_fn *f, int x)): "
                .. "cannot convert string \"x\" to 'int': (\"x\"):byte() is its code", lib.callbacks_borrow, f, "x")
            raises("bad argument #2 to 'callbacks_borrow_both' (int callbacks_borrow_both(callbacks_fn *f, "
                .. "callbacks_fn *g, int x)): cannot convert table to 'int (*)(int)'",
                lib.callbacks_borrow_both, f, {}, 1)
            local ok, err = pcall(ffi.C.bsearch, nil, ffi.new "int[1]", 1, 4, f)
            assert.is_false(ok)
            assert.truthy(err:find "bad argument #1 to 'bsearch' .*: NULL is not allowed here %(nonnull%)$")
        end)
    end)

    it("ends when a callback fails", function()
        leaves_nothing(function()
            assert.is_false(pcall(lib.callbacks_borrow, function() error "boom" end, 1))
            assert.equal(1, lib.callbacks_cleaned)
        end)
    end)

    it("ends when a coroutine dies of either", function()
        leaves_nothing(function(f)
            assert.is_false(coroutine.resume(coroutine.create(lib.callbacks_borrow), function() error "boom" end, 1))
            assert.is_false(coroutine.resume(coroutine.create(lib.callbacks_borrow), f, "x"))
            support.gc()
        end)
    end)

    it("lasts through calls of the same function within it", function()
        leaves_nothing(function()
            local f
            f = function(x)
                return x > 0 and lib.callbacks_borrow(f, x - 1) + 1 or 0
            end
            assert.equal(5, lib.callbacks_borrow(f, 5))
            assert.equal(6, lib.callbacks_cleaned)
        end)
    end)

    it("becomes a lasting one when C keeps it meanwhile", function()
        local f
        f = function(x)
            lib.callbacks_keep(f)
            return x
        end
        lib.callbacks_borrow(f, 1)
        assert.equal(1, #of(f))
        assert.equal(9, lib.callbacks_call_kept(9))
        lib.callbacks_borrow(f, 1)
        assert.equal(1, #of(f))
        ffi.release(f)
    end)

    it("kept by C against its word is a tombstone", function()
        ffi.cdef "void callbacks_keep_borrowed([[cffi::noescape]] callbacks_fn *f) __asm__(\"callbacks_keep\");"
        lib.callbacks_keep_borrowed(function(x) return x end)
        local ok, err = pcall(lib.callbacks_call_kept, 1)
        assert.is_false(ok)
        assert.equal(("callback 'int (*)(int)' (created at %s:%d) was called by C after it was freed"):format(
            "spec/callback/implicit_spec.lua", debug.getinfo(1, "l").currentline - 4),
            callbacks.first_line(err))
    end)

    it("leaves a callback of its own alone", function()
        local cb <close> = ffi.callback("int (int)", function(x) return x end)
        assert.equal(3, lib.callbacks_borrow(cb, 3))
        assert.equal(4, lib.callbacks_borrow(cb, 4))
    end)
end)
