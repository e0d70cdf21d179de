-- LuaJIT's FFI rules: `require "cffi.luajit"` is a scope that converts as LuaJIT does
-- (docs/design.md S17). `install()` gives a program what it expects of LuaJIT: the modules ffi, bit
-- and jit, the names of Lua 5.1. `install { source = true }` also lets its source files write
-- 1LL, 2ULL and 3i.
local core = require "cffi"

local ffi = core.scope { luajit = true, overflow = "wrap", bounds = false, stays = true }

-- A 64-bit or imaginary literal of LuaJIT's syntax as a cdata, made once: scalars cannot change.
local literals = {}
local casts = { ll = "int64_t", ull = "uint64_t", llu = "uint64_t" }

-- The value of "0b101", modulo 2^64.
local function binary(digits)
    local value = 0
    for bit in digits:sub(3):gmatch "." do
        value = value << 1 | tonumber(bit)
    end
    return value
end

local function make_literal(text)
    local digits, suffix = text:lower():match "^(.-)([ul]*)$"
    local value = digits:match "^0b[01]+$" and binary(digits)
    if suffix ~= "" then
        -- The default scope reads digits; here a string would be cast to its address.
        return ffi.cast(casts[suffix], value or core.cast("uint64_t", digits))
    elseif value then
        return value
    end
    local imaginary = tonumber(text:match "[^-]+.*$":sub(1, -2)) + 0.0
    return ffi.new("double _Complex", 0, text:byte() == 0x2D and -imaginary or imaginary)
end

function ffi.literal(text)
    local value = literals[text]
    if not value then
        value = make_literal(text)
        literals[text] = value
    end
    return value
end

function ffi.install(options)
    return require("cffi.luajit.install")(ffi, options or {})
end

return ffi
