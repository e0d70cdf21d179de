-- Function pointers made of Lua functions under LuaJIT's rules, and what differs: functions passed
-- straight to a parameter stay shared (docs/design.md S14, S17).
local cffi = require "cffi"
local ffi = require "cffi.luajit"
local callbacks = require "support.callbacks"
local support = require "support"

ffi.cdef(callbacks.declarations)
local lib = ffi.load(callbacks.path)

local function twice(x) return 2 * x end

describe("a Lua function that becomes a pointer", function()
    local before
    before_each(function()
        lib.callbacks_reset()
        before = #ffi.callbacks()
    end)
    after_each(function() assert.equal(before, #ffi.callbacks()) end)

    it("by assignment or initialiser has a slot of its own, whose pointer is known when it was freed", function()
        local ops = ffi.new("struct callbacks_ops", { op = twice })
        ops.table[0] = twice
        assert.equal(before + 2, #ffi.callbacks())
        local own = 0
        for _, entry in ipairs(ffi.callbacks()) do
            own = own + (entry.fn == twice and not entry.shared and 1 or 0)
        end
        assert.equal(2, own)
        assert.equal(0, ffi.release(twice))
        local op = ops.op
        op:free()
        ops.table[0]:free()
        local ok, message = pcall(lib.callbacks_run_ops, ops, 1) -- C has it from memory: a tombstone
        assert.is_false(ok)
        assert.truthy(message:find "was called by C after it was freed", message)
        for _, pointer in ipairs { op, ops.op } do
            ok, message = pcall(lib.callbacks_call, pointer, 1)
            assert.is_false(ok)
            assert.truthy(message:find "callback 'int %(%*%)%(int%)' %(created at [^)]+%) was freed already$", message)
        end
    end)

    it("by assignment to memory that C owns, or in a vector of pointers, too", function()
        local words = ffi.new "callbacks_fn *[2]"
        local pointer = ffi.cast("callbacks_fn **", ffi.cast("intptr_t", ffi.cast("void *", words)))
        pointer[1] = twice
        assert.equal(before + 1, #ffi.callbacks())
        assert.equal(10, words[1](5))
        words[1]:free()
    end)

    it("passed to a parameter is shared, and freed by ffi.release", function()
        assert.equal(6, lib.callbacks_call(twice, 3))
        assert.equal(8, lib.callbacks_call(twice, 4))
        assert.equal(before + 1, #ffi.callbacks())
        lib.callbacks_keep(twice)
        local ok, message = pcall(function() lib.callbacks_kept():free() end)
        assert.is_false(ok)
        assert.truthy(message:find "is shared by all conversions of its function: use ffi%.release%(fn%)$", message)
        assert.equal(1, ffi.release(twice))
    end)

    it("within a struct that is passed is shared as well", function()
        ffi.cdef "int callbacks_ops_by_value(struct callbacks_ops ops, int x);"
        for i = 1, 5 do
            assert.equal(2 * i, lib.callbacks_ops_by_value({ op = twice }, i))
        end
        assert.equal(before + 1, #ffi.callbacks())
        assert.equal(1, ffi.release(twice))
    end)

    it("returned to C is shared", function()
        local maker = ffi.cast("callbacks_fn *(*)(void)", function() return twice end)
        for i = 1, 5 do
            assert.equal(2 * i, maker()(i))
        end
        maker:free()
        assert.equal(1, ffi.release(twice))
    end)

    it("without these rules is shared wherever it is stored", function()
        cffi.cdef "struct plain_ops { int (*f)(int); };"
        local ops = cffi.new("struct plain_ops", { twice })
        local other = cffi.new "struct plain_ops"
        other.f = twice
        assert.is_true(ops.f == other.f)
        assert.equal(before + 1, #ffi.callbacks())
        support.raises(("callback 'int (*)(int)' (created at spec/luajit/luajit_callbacks_spec.lua:%d) is shared by "
            .. "all conversions of its function: use ffi.release(fn)"):format(debug.getinfo(1, "l").currentline - 6),
            ops.f.free, ops.f)
        assert.equal(1, cffi.release(twice))
    end)
end)
