-- Decimal constants of _Float128 where long double, in which the core keeps the values of
-- constants, has fewer digits. They are rounded as the compiler does it, to the nearest, in whole
-- numbers of any size: lists of LIMB bits each, the lowest first.
local quad = {}

local LIMB = 24
local MASK = (1 << LIMB) - 1
local DIGITS, BIAS = 113, 16383

-- n * by + plus, for small ones.
local function times(n, by, plus)
    for i = 1, #n do
        plus = plus + n[i] * by
        n[i], plus = plus & MASK, plus >> LIMB
    end
    n[#n + 1] = plus > 0 and plus or nil
    return n
end

local function bits_of(n)
    local top, count = n[#n] or 0, 0
    while top > 0 do
        top, count = top >> 1, count + 1
    end
    return math.max(#n - 1, 0) * LIMB + count
end

local function shifted(n, by)
    local moved = {}
    for i = 1, by // LIMB do
        moved[i] = 0
    end
    table.move(n, 1, #n, #moved + 1, moved)
    return times(moved, 1 << by % LIMB, 0)
end

local function is_less(a, b)
    if #a ~= #b then
        return #a < #b
    end
    for i = #a, 1, -1 do
        if a[i] ~= b[i] then
            return a[i] < b[i]
        end
    end
    return false
end

local function subtract(a, b)
    local carry = 0
    for i = 1, #a do
        carry = carry + a[i] - (b[i] or 0)
        a[i], carry = carry & MASK, carry >> LIMB == 0 and 0 or -1
    end
    while a[1] and a[#a] == 0 do
        a[#a] = nil
    end
end

-- The quotient of two whole numbers as the exponent of its first bit, and its first bits rounded to
-- DIGITS: the upper ones and the lower 64.
local function quotient(n, d)
    local exponent = bits_of(n) - bits_of(d)
    n = shifted(n, math.max(-exponent, 0))
    d = shifted(d, math.max(exponent, 0))
    if is_less(n, d) then
        n, exponent = shifted(n, 1), exponent - 1
    end
    local high, low = 0, 0
    for _ = 1, DIGITS do
        local bit = is_less(n, d) and 0 or 1
        if bit == 1 then
            subtract(n, d)
        end
        high, low, n = high << 1 | low >> 63, low << 1 | bit, shifted(n, 1)
    end
    local half = not is_less(n, d)
    if half and (low & 1 == 1 or is_less(d, n)) then
        low = low + 1
        high = high + (low == 0 and 1 or 0)
    end
    if high >> DIGITS - 64 ~= 0 then -- all ones were rounded up
        high, exponent = high >> 1, exponent + 1
    end
    return exponent, high, low
end

-- The value of a constant like "3.14f128" as an object; nil when the text is none, or one that is
-- no normal number.
function quad.constant(ffi, text)
    local whole, part, power = text:match "^(%d*)%.?(%d*)[eE]?([+-]?%d*)[fF]128$"
    if not whole or whole .. part == "" or not ffi.abi "le" then
        return nil
    end
    local n, d = {}, { 1 }
    for digit in (whole .. part):gmatch "%d" do
        times(n, 10, tonumber(digit))
    end
    power = (math.tointeger(tonumber(power)) or 0) - #part
    if #n == 0 or math.abs(power) > 5000 then
        return nil
    end
    for _ = 1, math.abs(power) do
        times(power > 0 and n or d, 10, 0)
    end
    local exponent, high, low = quotient(n, d)
    if exponent <= -BIAS or exponent > BIAS then
        return nil
    end
    local object = ffi.new "_Float128[1]"
    high = high & (1 << DIGITS - 65) - 1 | exponent + BIAS << DIGITS - 65
    ffi.copy(object, string.pack("<i8i8", low, high), 16)
    return object[0]
end

return quad
