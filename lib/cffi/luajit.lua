-- LuaJIT's FFI rules: `require "cffi.luajit"` is a scope that converts as LuaJIT does
-- (docs/design.md S17). `install()` gives a program what it expects of LuaJIT: the modules ffi, bit
-- and jit, the names of Lua 5.1. `install { source = true }` also lets its source files write
-- 1LL, 2ULL and 3i.
local core = require "cffi"

local ffi = core.scope { luajit = true, overflow = "wrap", bounds = false }

-- A 64-bit or imaginary literal of LuaJIT's syntax as a cdata, made once: scalars cannot change.
local literals = {}
local casts = { LL = "int64_t", ULL = "uint64_t" }

local function make_literal(text)
    local digits, suffix = text:match "^(.-)([uUlL]+)$"
    if suffix then
        return ffi.cast(casts[suffix:upper()], digits)
    end
    return ffi.new("double _Complex", 0, tonumber(text:sub(1, -2)))
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
