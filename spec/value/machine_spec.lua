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
