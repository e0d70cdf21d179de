-- What you learn: the object style. Open a library, make functions of its symbols, pass closures,
-- pointers and structs, or let an importer do it all from declarations.
local fiddle = require "cffi.fiddle"

-- A library, a symbol, a function: nothing is declared before.
local libc = fiddle.dlopen "libc.so.6"
local malloc = fiddle.Function(libc.malloc, { fiddle.TYPE_SIZE_T }, fiddle.TYPE_VOIDP)
local strcpy = fiddle.Function(libc.strcpy, "char *strcpy(char *to, const char *from)")

local block = malloc(32)
block.size, block.finalizer = 32, libc.free
strcpy(block, "allocated by C")
print(block:string(), #block, block[0])

-- A Lua function as a C one: sort the bytes.
local qsort = fiddle.Function(libc.qsort, { "voidp", "size_t", "size_t", "voidp" }, "void")
do
    local compare <close> = fiddle.Closure("int", { "voidp", "voidp" }, function(a, b)
        return a[0] - b[0]
    end)
    qsort(block, #block:string(), 1, compare)
end
print(block:string())

-- An importer reads declarations and is a table of functions.
local M = fiddle.importer "libm.so.6"
M:extern "double hypot(double x, double y); double frexp(double x, int *exponent)"
local exponent = fiddle.out "int"
local fraction = M.frexp(48, exponent)
print(M.hypot(3, 4), ("48 = %g * 2^%d"):format(fraction, exponent.value))

local Z = fiddle.importer { "libz.so.1", "z" }
Z:extern [[
    const char *zlibVersion(void);
    unsigned long crc32(unsigned long crc, const unsigned char *data, unsigned int size);
]]
print(Z.zlibVersion():match "^%d+%.%d+" ~= nil, ("%x"):format(Z.crc32(0, "hello", 5)))

-- A struct for C to fill.
local C = fiddle.importer "libc.so.6"
local Timeval = C:struct "long tv_sec; long tv_usec"
C:extern "int gettimeofday(void *time, void *zone)"
local now = Timeval()
print(C.gettimeofday(now, nil), now.tv_sec - os.time() <= 1, Timeval.size)

-- An out-parameter by reference: C moves the pointer.
C:extern "double strtod(const char *text, char **rest)"
local text = "2.5 litres"
local rest = fiddle.Pointer(fiddle.to_ptr(text))
print(C.strtod(text, rest:ref()), rest:string())

-- What is wrong is told, as a table that prints as text.
for _, wrong in ipairs {
    function() return M.hypot(3) end,
    function() return M.hypot("3", 4) end,
    function() return libc.mallok end,
    function() return block[32] end,
    function() block:free() return block[0] end,
} do
    local _, err = pcall(wrong)
    print(err.kind, err.message)
end
