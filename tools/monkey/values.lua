-- Values for C scalars, right and wrong ones, and what each must become: the model of docs/design.md S1 to S4.
local ffi = require "cffi"
local decimal128 = require "decimal128"
local world = require "monkey.world"
local types = require "monkey.types"

local values = {}
local chance, pick, random = world.chance, world.pick, world.random

-- Texts of refusals; each is an error of a conversion.
values.REFUSED = { "does not fit", "is not an integer", "cannot convert", "has no exact", "is out of range",
    "has no enumerator", "would drop a qualifier", "no value",
    "is not the text of an integer" }

-- ---- integers of 128 bits -----------------------------------------------------------------------
-- A number is {hi=, lo=}: two's complement.

local function wide(lo, hi)
    return { lo = lo, hi = hi or lo >> 63 == 1 and -1 or 0 }
end
values.wide = wide

-- Decimal digits of an unsigned 64-bit integer.
function values.unsigned_text(n)
    if n >= 0 then
        return ("%d"):format(n)
    end
    local quotient = (n >> 1) // 5
    return ("%d%d"):format(quotient, n - quotient * 10)
end

-- Decimal digits of a 128-bit integer, signed or not.
function values.text128(n, signed)
    return decimal128(n.hi, n.lo, signed)
end

local is_small = function(n) return n.hi == (n.lo < 0 and -1 or 0) end

-- Policy "fit": may n go into an integer of so many bits?
function values.fits(n, bits, signed, char)
    if bits > 64 then
        return true
    end
    local top = signed and not char and bits > 1
    if bits == 64 then
        return n.hi == 0 and (n.lo >= 0 or not top) or n.hi == -1 and n.lo < 0
    elseif not is_small(n) then
        return false
    end
    local least = -(1 << (bits - 1))
    local most = top and (1 << (bits - 1)) - 1 or (1 << bits) - 1
    return n.lo >= least and n.lo <= most
end

-- What the low bits of n mean to Lua as a value of the type: a Lua integer, or text for a boxed one.
function values.meaning(n, bits, signed)
    if bits > 64 then
        return is_small(n) and (signed or n.hi == 0) and n.lo or values.text128(n, signed)
    elseif bits == 64 then
        return (signed or n.lo >= 0) and n.lo or values.unsigned_text(n.lo)
    end
    local v = n.lo & ((1 << bits) - 1)
    return signed and v >> (bits - 1) == 1 and v - (1 << bits) or v
end

-- A number near a boundary of some width, or any.
function values.number()
    local kind = random(10)
    if kind <= 3 then
        return wide(random(-130, 300))
    elseif kind <= 7 then
        local edge = 1 << pick { 7, 8, 15, 16, 31, 32, 62 }
        return wide((chance(50) and edge or -edge) + random(-2, 2))
    elseif kind == 8 then
        return wide(pick { math.mininteger, math.maxinteger, math.mininteger + 1, 0, -1 })
    elseif kind == 9 then
        return wide(random(0), 0) -- as unsigned
    end
    return wide(random(0))
end

-- Objects that stand for integers. `hook` runs when one is asked.
function values.integer_object(n, hook)
    return setmetatable({}, { __cffi_integer = function()
        if hook then
            hook()
        end
        if is_small(n) and chance(70) then
            return n.lo
        end
        return values.text128(n, true)
    end })
end

-- A Lua value that stands for the number n, and its description.
function values.dress(n, hook)
    local kind = random(10)
    if hook and kind <= 3 then
        return values.integer_object(n, hook), "object of " .. values.text128(n, true)
    elseif not is_small(n) then
        local c = n.hi == 0 and chance(60) and "uint64_t" or "__int128"
        return ffi.cast(c, values.text128(n, true)), "boxed " .. values.text128(n, true)
    elseif kind == 4 and n.lo > -(1 << 53) and n.lo < 1 << 53 then
        return n.lo + 0.0, world.show(n.lo + 0.0)
    elseif kind == 5 then
        return ffi.cast("int64_t", n.lo), "boxed " .. n.lo
    elseif kind == 6 and n.lo >= 0 and n.lo < 256 then
        return ffi.cast("uint8_t", n.lo), "boxed byte " .. n.lo
    end
    return n.lo, tostring(n.lo)
end

-- ---- floats -------------------------------------------------------------------------------------

local function to_float32(v)
    return (string.unpack("<f", string.pack("<f", v)))
end

-- 80 bits of x87 from a normal double, and back when they are one.
local function pack_x87(v)
    local bits = string.unpack("<i8", string.pack("<d", v))
    local sign, exponent, mantissa = bits >> 63, bits >> 52 & 0x7FF, bits & 0xFFFFFFFFFFFFF
    if v == 0 then
        return string.pack("<I8I2", 0, sign << 15)
    elseif exponent == 0x7FF then
        return string.pack("<I8I2", 1 << 63 | mantissa << 11, sign << 15 | 0x7FFF)
    end
    return string.pack("<I8I2", 1 << 63 | mantissa << 11, sign << 15 | exponent - 1023 + 16383)
end

local function unpack_x87(bytes)
    local mantissa, top = string.unpack("<i8I2", bytes)
    local exponent = (top & 0x7FFF) - 16383
    if mantissa == 0 and top & 0x7FFF == 0 then
        return top >> 15 == 1 and -0.0 or 0.0
    elseif mantissa >= 0 or mantissa & 0x7FF ~= 0 or exponent < -1000 or exponent > 1000 then
        return nil
    end
    local bits = top >> 15 << 63 | exponent + 1023 << 52 | (mantissa >> 11 & 0xFFFFFFFFFFFFF)
    return (string.unpack("<d", string.pack("<i8", bits)))
end

-- May the integer go into the float type without loss?
local function exact(t, i)
    local f = i + 0.0
    if t == types.float then
        f = to_float32(f)
    elseif t.kind == "ldouble" then
        return true
    end
    return math.tointeger(f) == i
end

local function encode_float(t, v)
    if t.kind == "ldouble" then
        local bytes = { pack_x87(v):byte(1, 10) }
        for i = 11, 16 do
            bytes[i] = false
        end
        return bytes
    end
    return string.pack(t.pack, v)
end

local function float_value(t, hook)
    local kind = random(12)
    if kind <= 6 then
        local v = random(-4000, 4000) / 8
        return v, true, encode_float(t, v), world.show(v)
    elseif kind == 7 then
        local v = pick { 0.0, -0.0, 1 / 0, -1 / 0, 2.0 ^ 100, 2.0 ^ -100 }
        return v, true, encode_float(t, v), world.show(v)
    elseif kind == 8 and t == types.float then
        return 1e300, false, nil, "1e300"
    elseif kind == 9 then
        return pick { true, false }, false, nil, "a boolean"
    elseif kind == 10 then
        return "1", false, nil, "a string"
    end
    local i = pick { random(-1000, 1000), (1 << 24) + random(-1, 1), (1 << 53) + random(-1, 1), random(1 << 52) }
    if t.kind == "ldouble" then
        i = i % (1 << 53) -- the model knows doubles
    end
    local v, text = values.dress(wide(i), hook)
    if math.type(v) == "float" then
        return v, true, encode_float(t, v), text
    end
    local fits = exact(t, i)
    return v, fits, fits and encode_float(t, i + 0.0), text
end

-- ---- any scalar ---------------------------------------------------------------------------------

-- Writes the number as the type's bytes.
local function encode_integer(t, n)
    return string.pack("<i8i8", n.lo, n.hi):sub(1, t.size)
end

local WRONG = {
    function() return 0.5, "0.5" end, function() return 0 / 0, "NaN" end, function() return -1 / 0, "-inf" end,
    function() return true, "true" end, function() return "12", "a numeric string" end,
    function() return {}, "a table" end, function() return nil, "nil" end,
    function() return ffi.new "int[2]", "an int[2]" end, function() return print, "a function" end,
    function() return 1e200, "1e200" end, function() return io.stdout, "a file" end,
    function() return ffi.typeof "int", "a ctype" end,
    function() return setmetatable({}, { __cffi_integer = function() return "1x" end }), "an object of no number" end,
}

local function integer_value(t, width, hook)
    if chance(12) then
        local v, text = pick(WRONG)()
        return v, false, nil, text
    end
    local n = values.number()
    if chance(50) then -- mostly something that fits
        n = wide(values.meaning(wide(n.lo), math.min(width or t.bits, 63), t.signed))
    end
    local v, text = values.dress(n, hook)
    local ok = values.fits(n, width or t.bits, t.signed, t.char and not width)
    return v, ok, ok and (width and n.lo or encode_integer(t, n)), text
end

local function enum_value(t, hook)
    local kind = random(10)
    if kind <= 5 then
        local row = pick(t.names)
        return row[1], true, string.pack("<I4", row[2]), row[1]
    elseif kind == 6 then
        return "no_such_name", false, nil, "an unknown name"
    end
    local n = random(0, 1 << 31)
    local v, text = values.dress(wide(n), hook)
    return v, true, string.pack("<I4", n), text
end

local function complex_value()
    local re, im = random(-99, 99) / 4, random(-99, 99) / 4
    local bytes = string.pack("<dd", re, im)
    local text = ("%g%+gi"):format(re, im)
    local kind = random(5)
    if kind == 1 then
        return re, true, string.pack("<dd", re, 0), world.show(re)
    elseif kind == 2 then
        return ffi.new("double _Complex", re, im), true, bytes, "boxed " .. text
    elseif kind == 3 then
        return "1", false, nil, "a string"
    end
    return { re, im }, true, bytes, text
end

-- A value for an object of scalar type t (no pointer): the Lua value, whether it may be stored, what it becomes
-- (bytes; for a bit-field of `width` an integer), a description. `hook` runs inside objects that are asked.
function values.into(t, width, hook)
    if t.kind == "bool" then
        if width or chance(85) then
            local v = chance(50)
            return v, true, width and (v and 1 or 0) or v and "\1" or "\0", tostring(v)
        end
        local v = pick { 1, 0, 0.0, "x", {} }
        return v, false, nil, world.show(v)
    elseif t.kind == "enum" then
        return enum_value(t, hook)
    elseif t.kind == "complex" then
        return complex_value()
    elseif t.kind == "int" then
        return integer_value(t, width, hook)
    end
    return float_value(t, hook)
end

-- One that may be stored.
function values.good(t, hook)
    for _ = 1, 50 do
        local v, ok, bytes, text = values.into(t, nil, hook)
        if ok then
            return v, bytes, text
        end
    end
    error("no value for " .. types.text_of(t))
end

-- ---- reading ------------------------------------------------------------------------------------

local function same_float(wanted, got)
    return got == wanted or wanted ~= wanted and got ~= got
end

-- What Lua must see of the bytes: a value to compare with; nil when nothing is promised.
function values.expected(t, bytes)
    if t.kind == "bool" then
        return bytes ~= "\0"
    elseif t.kind == "float" then
        return (string.unpack(t.pack, bytes))
    elseif t.kind == "ldouble" then
        return unpack_x87(bytes:sub(1, 10))
    elseif t.kind == "complex" then
        return bytes
    elseif t.kind == "enum" then
        return (string.unpack("<I4", bytes))
    elseif t.size == 16 then
        local lo, hi = string.unpack("<i8i8", bytes)
        return values.meaning({ lo = lo, hi = hi }, 128, t.signed)
    elseif t.size == 8 then
        return values.meaning(wide((string.unpack("<i8", bytes))), 64, t.signed)
    end
    return (string.unpack(t.pack, bytes))
end

-- Is `got`, which Lua read from an object of type t, what `wanted` says?
function values.same(t, wanted, got)
    if wanted == nil then
        return true
    elseif t.kind == "complex" then
        local re, im = string.unpack("<dd", wanted)
        return ffi.type(got) == "cdata" and same_float(re, got.re) and same_float(im, got.im)
    elseif type(wanted) == "number" then
        return math.type(got) == math.type(wanted) and same_float(wanted, got)
            or wanted ~= wanted and tostring(got):find "nan" ~= nil
    elseif type(wanted) == "string" then
        return ffi.type(got) == "cdata" and tostring(got) == wanted
    end
    return got == wanted
end

return values
