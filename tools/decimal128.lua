-- Two's complement of 128 bits, given as two 64-bit halves, in decimal.
return function(hi, lo, signed)
    local negative = signed and hi < 0
    if negative then
        lo = -lo
        hi = ~hi + (lo == 0 and 1 or 0)
    end
    local limbs = { hi >> 32, hi & 0xFFFFFFFF, lo >> 32, lo & 0xFFFFFFFF }
    local digits = {}
    repeat
        local rest, zero = 0, true
        for i = 1, 4 do
            local value = rest << 32 | limbs[i]
            limbs[i], rest = value // 10, value % 10
            zero = zero and limbs[i] == 0
        end
        table.insert(digits, 1, rest)
    until zero
    return (negative and "-" or "") .. table.concat(digits)
end
