-- The life of a callback with a slot of its own: free, set, <close>, tombstones, recycling, the list (S14).
local ffi = require "cffi"
local callbacks = require "support.callbacks"
local support = require "support"

local lib = callbacks.load()
local raises = support.raises

local function same(x)
    return x
end

local here = callbacks.here

local function freed(place)
    return ("callback 'int (*)(int)' (created at %s) was called by C after it was freed"):format(place)
end

local function failure(fn, ...)
    local ok, err = pcall(fn, ...)
    assert.is_false(ok)
    return err
end

describe("a callback of its own", function()
    before_each(lib.callbacks_reset)

    it("comes from ffi.callback and ffi.cast, with function and pointer types", function()
        for _, make in ipairs {
            function() return ffi.callback("int (int)", same) end,
            function() return ffi.callback("int (*)(int)", same) end,
            function() return ffi.callback("callbacks_fn", same) end,
            function() return ffi.callback(ffi.typeof "callbacks_fn *", same) end,
            function() return ffi.cast("int (*)(int)", same) end,
            function() return ffi.cast("callbacks_fn *", same) end,
        } do
            local cb <close> = make()
            assert.equal("ctype<int (*)(int)>", tostring(ffi.typeof(cb)))
            assert.equal(5, lib.callbacks_call(cb, 5))
        end
    end)

    it("is another one each time", function()
        local a <close>, b = ffi.callback("int (int)", same), ffi.cast("int (*)(int)", same)
        assert.is_false(ffi.eq(a, b))
        b:free()
    end)

    it("can be called from Lua, with C's conversions", function()
        local cb <close> = ffi.callback("int (int)", function(x) return x + 1 end)
        assert.equal(6, cb(5))
        raises("bad argument #1 to 'int (int)': cannot convert string \"x\" to 'int': (\"x\"):byte() is its code",
            cb, "x")
        raises("wrong number of arguments to 'int (int)': expected 1, got 0", cb)
    end)

    it("lives without a reference to it", function()
        lib.callbacks_keep(ffi.callback("int (int)", function(x) return 3 * x end))
        support.gc()
        assert.equal(12, lib.callbacks_call_kept(4))
        lib.callbacks_kept():free()
    end)

    it("read back from C is the same: free and set work", function()
        lib.callbacks_keep(ffi.callback("int (int)", same))
        local ops = ffi.new("struct callbacks_ops", { op = lib.callbacks_kept() })
        for _, pointer in ipairs { lib.callbacks_kept(), ops.op } do
            pointer:set(function(x) return x + 1 end)
            assert.equal(2, lib.callbacks_call(pointer, 1))
            pointer:set(same)
        end
        ops.op:free()
        local line
        raises(("callback 'int (*)(int)' (created at %s) was freed already"):format(
            "spec/callback/lifetime_spec.lua:" .. (debug.getinfo(1, "l").currentline - 10)),
            function() line = 1 lib.callbacks_kept():free() end)
        assert.equal(1, line)
    end)

    it("can be cast to void * and back", function()
        local cb = ffi.callback("int (int)", same)
        local back = ffi.cast("int (*)(int)", ffi.cast("void *", cb))
        back:set(function() return 8 end)
        assert.equal(8, cb(1))
        back:free()
        raises("callback 'int (*)(int)' (created at " .. "spec/callback/lifetime_spec.lua:"
            .. debug.getinfo(1, "l").currentline - 6 .. ") was freed already", cb.free, cb)
    end)

    it("is closed at the end of a block, freed already or not #close", function()
        local before = #ffi.callbacks()
        do
            local a <close> = ffi.callback("int (int)", same)
            local b <close> = ffi.callback("int (int)", same)
            assert.equal(before + 2, #ffi.callbacks())
            b:free()
            assert.equal(1, a(1))
        end
        assert.equal(before, #ffi.callbacks())
    end)

    it("is freed or set once it is a callback, and alive", function()
        local made = here() local cb = ffi.callback("int (int)", same)
        raises("bad argument #1 to 'set' (function expected, got no value)", cb.set, cb)
        raises("bad argument #2 to 'set' (surplus: at most 1 expected)", cb.set, cb, same, 1)
        raises("bad argument #1 to 'free' (surplus: none expected)", cb.free, cb, 1)
        assert.equal(4, cb(4))
        cb:free()
        local text = ("callback 'int (*)(int)' (created at %s) was freed already"):format(made)
        raises(text, cb.free, cb)
        raises(text, cb.set, cb, same)
        raises("'int (*)(int)' is not a callback made from a Lua function", function()
            ffi.cast("int (*)(int)", 4096):free()
        end)
        raises("calling 'free' on bad self (function pointer expected, got integer 5)", cb.free, 5)
        raises("calling 'set' on bad self (function pointer expected, got 'int')", cb.set, ffi.new "int", same)
    end)
end)

describe("set", function()
    before_each(lib.callbacks_reset)

    it("changes the function of all copies of the pointer", function()
        local cb <close> = ffi.callback("int (int)", same)
        lib.callbacks_keep(cb)
        cb:set(function(x) return -x end)
        assert.equal(-5, lib.callbacks_call_kept(5))
    end)

    it("within the callback counts from the next call on", function()
        local cb
        cb = ffi.callback("int (int)", function(x)
            cb:set(function() return 100 end)
            collectgarbage()
            return x
        end)
        assert.equal(101, lib.callbacks_repeat(cb, 2))
        cb:free()
    end)

    it("lets go of the old function", function()
        local old = function(x) return x end
        local cb <close> = ffi.callback("int (int)", old)
        local weak = setmetatable({ old }, { __mode = "v" })
        cb:set(same)
        old = nil -- luacheck: ignore 311
        support.gc()
        assert.is_nil(weak[1])
    end)
end)

describe("a freed callback", function()
    before_each(lib.callbacks_reset)

    it("called by C gives the error value and raises when the outer call returns", function()
        local made = here() local cb = ffi.callback("int (int)", same, { error = -9 })
        local code = callbacks.as_c_has_it(cb)
        cb:free()
        local err, line = failure(function() lib.callbacks_call(code, 1) end), here():match "%d+$"
        assert.equal(freed(made), callbacks.first_line(err))
        assert.equal(line, err:match ":(%d+): ")
        assert.truthy(err:find("\nstack traceback:\n", 1, true))
        assert.equal(-9, lib.callbacks_seen[0])
        assert.equal(1, lib.callbacks_cleaned)
    end)

    it("called from Lua says so as well", function()
        local made = here() local cb = ffi.callback("int (int)", same)
        local code = callbacks.as_c_has_it(cb)
        cb:free()
        assert.equal(freed(made), callbacks.first_line(failure(function() return code(1) end)))
        raises(("callback 'int (*)(int)' (created at %s) was freed already"):format(made), cb, 1)
    end)

    it("during the call, by itself, serves this run and not the next", function()
        local made, cb
        made = here() cb = ffi.callback("int (int)", function(x)
            cb:free()
            support.gc()
            return x + 40
        end)
        local err = failure(lib.callbacks_repeat, cb, 2)
        assert.equal(freed(made), callbacks.first_line(err))
        assert.equal(41, lib.callbacks_seen[0])
        assert.equal(0, lib.callbacks_seen[1])
        assert.equal(1, lib.callbacks_cleaned)
    end)

    it("during the call, by another callback", function()
        local made = here() local cb = ffi.callback("int (int)", same, { error = 6 })
        local err = failure(lib.callbacks_both, function(x) cb:free() return x end, cb, 1)
        assert.equal(freed(made), callbacks.first_line(err))
        assert.equal(6, lib.callbacks_seen[1])
        assert.equal(1, lib.callbacks_cleaned)
    end)

    it("while another frame of it runs", function()
        local cb
        cb = ffi.callback("int (int)", function(x)
            if x > 0 then
                local inner = lib.callbacks_call(cb, x - 1)
                return inner + x
            end
            cb:free()
            return 100
        end)
        assert.equal(106, lib.callbacks_call(cb, 3))
        assert.equal(4, lib.callbacks_cleaned)
    end)

    it("whose first error is another's does not say so", function()
        local cb = ffi.callback("int (int)", same)
        local code = callbacks.as_c_has_it(cb)
        cb:free()
        assert.equal("first", failure(lib.callbacks_both, function() error("first", 0) end, code, 1))
    end)

    it("with no FFI call below is told to ffi.onerror", function()
        local call_kept = assert(package.loadlib(callbacks.path, "callbacks_lua_call_kept"))
        local made = here() local cb = ffi.callback("int (int)", same, { error = 3 })
        lib.callbacks_keep(cb)
        cb:free()
        local reports, ok, result = callbacks.reports(call_kept, 1)
        assert.is_true(ok)
        assert.equal(3, result)
        assert.equal(1, #reports)
        assert.equal(freed(made), callbacks.first_line(reports[1]))
    end)

    it("lets go of its functions", function()
        local fn, onerror = function(x) return x end, function(x) return x end
        local weak = setmetatable({ fn, onerror }, { __mode = "v" })
        ffi.callback("int (int)", fn, { onerror = onerror }):free()
        fn, onerror = nil, nil -- luacheck: ignore 311
        support.gc()
        assert.same({}, weak)
    end)

    it("has given back a struct as error value", function()
        ffi.cdef [[
            struct callbacks_large { long l[5]; double d; };
            struct callbacks_large callbacks_same_large(struct callbacks_large (*f)(struct callbacks_large),
                struct callbacks_large x);
        ]]
        local seen
        local cb = ffi.callback("struct callbacks_large (struct callbacks_large)", function(x) return x end,
            { error = { { 1, 2, 3, 4, 5 }, 6.5 } })
        local outer <close> = ffi.callback("int (int)", function()
            pcall(function() seen = cb(ffi.new "struct callbacks_large") end)
            return 1
        end)
        cb:set(function() error "boom" end)
        assert.equal(1, lib.callbacks_call(outer, 1))
        assert.is_nil(seen) -- the error was raised instead
        cb:free()
    end)
end)

describe("tombstones", function()
    before_each(lib.callbacks_reset)

    it("last for the next 100 callbacks", function()
        local cb = ffi.callback("int (int)", same)
        local code = callbacks.as_c_has_it(cb)
        cb:free()
        local made = {}
        for i = 1, 100 do
            made[i] = ffi.callback("int (int)", function() return i end)
            assert.is_false(ffi.eq(made[i], code))
        end
        assert.truthy(failure(lib.callbacks_call, code, 1):find "was called by C after it was freed")
        for _, one in ipairs(made) do
            one:free()
        end
    end)

    it("are taken again, the oldest first", function()
        local addresses, order = {}, {}
        local function address(cb) return tostring(ffi.cast("uintptr_t", cb)) end
        for i = 1, 1500 do
            local cb = ffi.callback("int (int)", same)
            local key = address(cb)
            if addresses[key] then
                order[#order + 1] = i - addresses[key]
            end
            addresses[key] = i
            cb:free()
        end
        assert.is_true(#order > 500)
        for _, distance in ipairs(order) do
            assert.is_true(distance > 100, distance)
        end
    end)

    it("keep memory flat: 100,000 made and freed", function()
        local code, out, err = callbacks.run(("local limit = %d "):format(support.keeps_freed and 1e6 or 300) .. [[
            local function resident()
                for line in io.lines "/proc/self/status" do
                    local kb = line:match "^VmRSS:%s+(%d+)"
                    if kb then return tonumber(kb) end
                end
            end
            local function cycles(n)
                for i = 1, n do
                    local cb = ffi.callback("int (int)", function(x) return x + i end,
                        {error = i, onerror = function() end})
                    if lib.callbacks_call(cb, 1) ~= 1 + i then error "wrong" end
                    cb:free()
                end
                collectgarbage()
                collectgarbage()
                return resident(), collectgarbage "count"
            end
            cycles(5000)
            local before, lua = cycles(5000)
            local after, lua2 = cycles(90000)
            print(after - before < limit, lua2 - lua < 20, #ffi.callbacks(), after - before, lua2 - lua)
        ]])
        assert.equal("", err)
        assert.equal("true\ttrue\t0\t", out:sub(1, 12), out)
        assert.equal(0, code)
    end)

    it("of struct error values are recycled into other signatures", function()
        local list = {}
        for i = 1, 700 do
            local cb = ffi.callback(i % 2 == 0 and "int (int)" or "struct {long a[4];} (double)", same,
                { error = i % 2 == 0 and i or { { i, i } } })
            list[i] = callbacks.as_c_has_it(cb)
            cb:free()
        end
        lib.callbacks_reset()
        failure(lib.callbacks_call, list[700], 1)
        assert.equal(700, lib.callbacks_seen[0])
    end)
end)

describe("many live callbacks", function()
    it("10,000 at once, each its own", function()
        local list = {}
        for i = 1, 10000 do
            list[i] = ffi.callback("int (int)", function(x) return x + i end)
        end
        for i = 1, 10000 do
            assert(lib.callbacks_call(list[i], 1) == i + 1)
        end
        assert.is_true(#ffi.callbacks() >= 10000)
        for i = 1, 10000 do
            list[i]:free()
        end
    end)
end)

describe("ffi.callbacks", function()
    it("lists the live ones: type, where created, number of calls, shared, function", function()
        local before = {}
        for _, entry in ipairs(ffi.callbacks()) do
            before[entry.fn] = true
        end
        local function kept(x) return x end
        local made = here() local cb = ffi.callback("double (int, const char *)", function() return 1.5 end)
        local line = here() lib.callbacks_keep(kept)
        cb(1, "x")
        cb(2, nil)
        lib.callbacks_call_kept(1)
        local own, shared
        for _, entry in ipairs(ffi.callbacks()) do
            if entry.fn == kept then
                shared = entry
            elseif not before[entry.fn] then
                own = entry
            end
        end
        assert.same({ type = "double (*)(int, const char *)", created = made, calls = 2, shared = false,
            fn = own.fn }, own)
        assert.same({ type = "int (*)(int)", created = line, calls = 1, shared = true, fn = kept }, shared)
        local count = #ffi.callbacks()
        cb:free()
        assert.equal(count - 1, #ffi.callbacks())
        ffi.release(kept)
        assert.equal(count - 2, #ffi.callbacks())
    end)
end)
