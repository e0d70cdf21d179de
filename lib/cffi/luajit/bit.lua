-- LuaJIT's `bit` library: 32-bit results as signed integers, and 64-bit ones as cdata when an
-- argument is an int64_t or uint64_t cdata.
local function make(ffi)
    local bit = {}
    local int64, uint64 = ffi.typeof "int64_t", ffi.typeof "uint64_t"

    -- The 64-bit C type that an operand makes of the operation: any cdata makes one of it.
    local function wide_type(x)
        if ffi.type(x) ~= "cdata" then
            return nil
        end
        return ffi.istype(uint64, x) and uint64 or int64
    end

    -- x as a Lua integer. Fractions are rounded to even for 32 bits, cut off for 64.
    local function operand(x, ct, name, position)
        if math.type(x) == "integer" then
            return x
        end
        local is_cdata = ffi.type(x) == "cdata"
        local number = ffi.tonumber(x)
        if not number then
            error(("bad argument #%d to '%s' (number expected, got %s)"):format(position, name,
                ffi.type(x)), 3)
        elseif ct or is_cdata then
            return ffi.toretval(ffi.cast(int64, is_cdata and x or number))
        elseif number ~= number or number - number ~= 0 then
            return 0
        elseif math.abs(number) < 2 ^ 51 then
            number = number + 6755399441055744.0 - 6755399441055744.0 -- 2 ^ 52 + 2 ^ 51
        end
        return ffi.toretval(ffi.cast(int64, number))
    end

    local function tobit(x)
        x = x & 0xFFFFFFFF
        return x >= 0x80000000 and x - 0x100000000 or x
    end

    -- uint64_t wins over int64_t, both over 32 bits.
    local function wider(a, b)
        if a == uint64 or b == uint64 then
            return uint64
        end
        return a or b
    end

    local function result(x, ct)
        return ct and ffi.cast(ct, x) or tobit(x)
    end

    function bit.tobit(x)
        return tobit(operand(x, nil, "tobit", 1))
    end

    function bit.bnot(x)
        local ct = wide_type(x)
        return result(~operand(x, ct, "bnot", 1), ct)
    end

    local function fold(name, op)
        bit[name] = function(x, ...)
            local ct, n = wide_type(x), select("#", ...)
            for i = 1, n do
                ct = wider(ct, wide_type((select(i, ...))))
            end
            local value = operand(x, ct, name, 1)
            for i = 1, n do
                value = op(value, operand((select(i, ...)), ct, name, i + 1))
            end
            return result(value, ct)
        end
    end
    fold("band", function(a, b) return a & b end)
    fold("bor", function(a, b) return a | b end)
    fold("bxor", function(a, b) return a ~ b end)

    -- op(value, count, width): value has its upper bits cleared when width is 32.
    local function shift(name, op)
        bit[name] = function(x, n)
            local ct = wide_type(x)
            local value, count = operand(x, ct, name, 1), operand(n, nil, name, 2)
            if ct then
                return result(op(value, count & 63, 64), ct)
            end
            return tobit(op(value & 0xFFFFFFFF, count & 31, 32))
        end
    end
    shift("lshift", function(x, n) return x << n end)
    shift("rshift", function(x, n) return x >> n end)
    shift("rol", function(x, n, width) return x << n | x >> (width - n) end)
    shift("ror", function(x, n, width) return x >> n | x << (width - n) end)
    shift("arshift", function(x, n, width)
        local sign = x >> (width - 1) & 1
        return x >> n | (sign == 1 and ~(-1 >> n) >> (64 - width) or 0)
    end)

    function bit.bswap(x)
        local ct = wide_type(x)
        local value = operand(x, ct, "bswap", 1)
        if ct then
            return result(string.unpack(">i8", string.pack("<i8", value)), ct)
        end
        return (string.unpack(">i4", string.pack("<I4", value & 0xFFFFFFFF)))
    end

    function bit.tohex(x, n)
        local ct = wide_type(x)
        local value = operand(x, ct, "tohex", 1)
        local width = ct and 16 or 8
        n = n and operand(n, nil, "tohex", 2) or width
        local format = n < 0 and "%016X" or "%016x"
        local digits = math.min(math.abs(n), width)
        return digits == 0 and "" or format:format(value):sub(-digits)
    end

    return bit
end

return make
