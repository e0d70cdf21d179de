-- Big integers for the specs, independent of the module under test: decimal text in, exact two's
-- complement reduction out. Slow and simple on purpose.

local bigint = {}

-- Bits of a magnitude given in decimal, least significant first.
local function bits_of(decimal)
    local digits, bits = {}, {}
    for d in decimal:gmatch("%d") do digits[#digits + 1] = tonumber(d) end
    while #digits > 0 do
        local carry, quotient = 0, {}
        for _, d in ipairs(digits) do
            local v = carry * 10 + d
            carry = v % 2
            if #quotient > 0 or v // 2 > 0 then quotient[#quotient + 1] = v // 2 end
        end
        bits[#bits + 1] = carry
        digits = quotient
    end
    return bits
end

local function decimal_of(bits)
    local digits = {0} -- least significant first
    for i = #bits, 1, -1 do
        local carry = bits[i]
        for k = 1, #digits do
            local v = digits[k] * 2 + carry
            digits[k] = v % 10
            carry = v // 10
        end
        if carry > 0 then digits[#digits + 1] = carry end
    end
    return (table.concat(digits):reverse():gsub("^0+(%d)", "%1"))
end

local function negated(bits, n)
    local out, carry = {}, 1
    for i = 1, n do
        local v = 1 - (bits[i] or 0) + carry
        out[i] = v % 2
        carry = v // 2
    end
    return out
end

local function length(bits)
    local n = #bits
    while n > 0 and bits[n] == 0 do n = n - 1 end
    return n
end

--- The decimal text of `text` (decimal, optional sign) modulo 2^n, read as signed or unsigned.
function bigint.wrap(text, n, signed)
    local bits = bits_of(text)
    local low = {}
    for i = 1, n do low[i] = bits[i] or 0 end
    if text:sub(1, 1) == "-" then low = negated(low, n) end
    if signed and low[n] == 1 then return "-" .. decimal_of(negated(low, n)) end
    return decimal_of(low)
end

--- Whether `text` is within the range of an n-bit integer of that signedness.
function bigint.in_range(text, n, signed)
    local wrapped = bigint.wrap(text, n, signed)
    local plain = text:gsub("^%+", ""):gsub("^(%-?)0+(%d)", "%1%2")
    return wrapped == (plain == "-0" and "0" or plain) and length(bits_of(text)) <= n
end

--- 2^n as decimal text.
function bigint.pow2(n)
    local bits = {}
    for i = 1, n do bits[i] = 0 end
    bits[n + 1] = 1
    return decimal_of(bits)
end

--- text + 1 or - 1 for a positive decimal text.
function bigint.add(text, delta)
    local digits, i = {text:byte(1, -1)}, #text
    for k = 1, #digits do digits[k] = digits[k] - 48 end
    digits[i] = digits[i] + delta
    while digits[i] > 9 or digits[i] < 0 do
        local carry = digits[i] > 9 and 1 or -1
        digits[i] = digits[i] - carry * 10
        if i == 1 then table.insert(digits, 1, 0) i = 2 end
        i = i - 1
        digits[i] = digits[i] + carry
    end
    return (table.concat(digits):gsub("^0+(%d)", "%1"))
end

return bigint
