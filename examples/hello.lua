-- What you learn: declare a C function, call it, and meet the checks that a wrong call runs into.
local ffi = require "cffi"

ffi.cdef [[
    int printf(const char *format, ...);
    int abs(int number);
]]

-- Functions of the C library stand in ffi.C. Integers, floats and strings pass as C has them.
local bytes = ffi.C.printf("hello, %s: %lld, %.3f\n", "world", 42, 2 / 3)
print("printf wrote " .. bytes .. " bytes")
print("abs(-7) is " .. ffi.C.abs(-7))

-- What C would silently cut down to 0 is an error that names the argument and its type.
local ok, message = pcall(ffi.C.abs, 1 << 32)
print(ok, message)
