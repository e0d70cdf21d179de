-- S2, S7 on machines of 32 bits: what is not there says so; variadic integers travel in the size that
-- the format reads.
local ffi = require "cffi"
local support = require "support"
local raises = support.raises

describe("integers and floats of 128 bits", function()
    it("are there, or are refused by name", function()
        for name, reason in pairs {
            __int128 = "this machine has no integers of more than 64 bits",
            _Float128 = "this machine has no floats of 128 bits",
        } do
            local ok, value = pcall(ffi.new, name, 1)
            if ok then
                assert.equal(1, ffi.tonumber(value))
            else
                local text = ("'%s' cannot be used: %s"):format(name, reason)
                raises(text, ffi.new, name, 1)
                raises(text, ffi.typeof(name .. "[3]"))
                raises(("'struct no_%s' cannot be used: %s"):format(name, reason), function()
                    ffi.cdef(("struct no_%s { %s x; };"):format(name, name))
                    return ffi.new("struct no_" .. name)
                end)
            end
        end
    end)

    it("are there on all machines of 64 bits, integers at least", function()
        assert.equal(ffi.sizeof "void *" == 8, (pcall(ffi.new, "__int128", 1)))
    end)

    it("are there where the compiler has them", function()
        local scope = ffi.scope {}
        scope.cdef "extern const bool values_has_int128;"
        assert.equal(scope.load(support.library "values").values_has_int128, (pcall(ffi.new, "__int128", 1)))
    end)

    if pcall(ffi.new, "__int128", 1) then return end

    it("are refused through pointers, in calls and callbacks, also those of _BitInt", function()
        local scope = ffi.scope {}
        local bytes = scope.new "char[32]"
        for _, name in ipairs {"__int128", "unsigned __int128", "_BitInt(65)", "unsigned _BitInt(128)"} do
            local refused = ("'%s' cannot be used: this machine has no integers of more than 64 bits"):format(name)
            local cells = scope.cast(name .. " *", bytes)
            raises(refused, scope.cast, name, 1)
            raises(refused, function() return cells[1] end)
            raises(refused, function() cells[1] = 0 end)
        end
        scope.cdef "__int128 values_same_int(int v);"
        local lib = scope.load(support.library "values")
        raises("cannot call 'values_same_int' (__int128 values_same_int(int v)): \z
            this machine has no integers of more than 64 bits", function() return lib.values_same_int(1) end)
        raises("no callback of type '__int128 (void)' is possible: \z
            this machine has no integers of more than 64 bits", scope.cast, "__int128 (*)(void)", print)
    end)
end)

describe("variadic integers", function()
    ffi.cdef "int snprintf(char *, size_t, const char *, ...); int sscanf(const char *, const char *, ...);"
    local buffer = ffi.new "char[200]"
    local function format(...)
        ffi.C.snprintf(buffer, 200, ...)
        return ffi.string(buffer)
    end

    it("have the size that the format reads", function()
        assert.equal("1 -2 3 4 5 x 6.5 -7", format("%d %lld %hhd %zu %ld %s %g %jd", 1, -2, 3, 4, 5, "x", 6.5, -7))
        assert.equal("1099511627776 5 4294967295", format("%lld %d %u", 1 << 40, 5, 4294967295))
        assert.equal("1 2 3", format("%lld %d %lld", ffi.new("int", 1), ffi.new("int64_t", 2), ffi.new("short", 3)))
        assert.equal("  7 0003", format("%*d %.*d", 3, 7, 4, 3))
        assert.equal("b 2 1", format("%3$c %2$lld %1$d", 1, 2, 98))
    end)
end)
