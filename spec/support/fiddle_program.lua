-- The program of spec/fiddle/ruby_spec.lua in Lua: prints the same lines as its Ruby twin.
local fiddle = require "cffi.fiddle"

local function puts(...)
    for _, value in ipairs { ... } do print(value) end
end

-- Constants.
for _, name in ipairs { "VOIDP", "CHAR", "SHORT", "INT", "LONG", "LONG_LONG", "FLOAT", "DOUBLE", "SIZE_T", "SSIZE_T",
    "PTRDIFF_T", "INTPTR_T", "UINTPTR_T" } do
    print(("%s %d %d %d"):format(name, fiddle["TYPE_" .. name], fiddle["SIZEOF_" .. name], fiddle["ALIGN_" .. name]))
end
puts(fiddle.RTLD_LAZY, fiddle.RTLD_NOW, fiddle.RTLD_GLOBAL)

-- Handle.
local libc = fiddle.dlopen "libc.so.6"
local libm = fiddle.dlopen "libm.so.6"
puts(libm:file_name())
puts(libm:sym "sin" == libm.sin)
puts(select(2, pcall(libm.sym, libm, "no_such_symbol")).kind)
puts(fiddle.DEFAULT.malloc == libc.malloc)

-- Function.
local malloc = fiddle.Function(libc.malloc, { fiddle.TYPE_SIZE_T }, fiddle.TYPE_VOIDP)
local free = fiddle.Function(libc.free, { fiddle.TYPE_VOIDP }, fiddle.TYPE_VOID)
local strcpy = fiddle.Function(libc.strcpy, { fiddle.TYPE_VOIDP, fiddle.TYPE_CONST_STRING }, fiddle.TYPE_VOIDP)
local block = malloc(32)
puts(strcpy(block, "allocated by C"):string())
puts(block:string(9))
free(block)
local sin = fiddle.Function(libm.sin, { fiddle.TYPE_DOUBLE }, fiddle.TYPE_DOUBLE, { name = "sin" })
puts(("%.12f"):format(sin(1.0)))
puts(sin.name)
puts(select(2, pcall(sin, 1.0, 2.0)).kind)
puts(select(2, pcall(sin, "x")).kind)
local strtol = fiddle.Function(libc.strtol, { fiddle.TYPE_CONST_STRING, fiddle.TYPE_VOIDP, fiddle.TYPE_INT },
    fiddle.TYPE_LONG)
puts(strtol(("9"):rep(30), nil, 10))
puts(fiddle.last_error())
local snprintf = fiddle.Function(libc.snprintf,
    { fiddle.TYPE_VOIDP, fiddle.TYPE_SIZE_T, fiddle.TYPE_CONST_STRING, fiddle.TYPE_VARIADIC }, fiddle.TYPE_INT)
local buffer = fiddle.Pointer.malloc(64, fiddle.FREE)
puts(snprintf(buffer, 64, "%ld %s %g", 42, "x", 1.5))
puts(buffer:string())

-- Closure.
local compare = fiddle.BlockCaller(fiddle.TYPE_INT, { fiddle.TYPE_VOIDP, fiddle.TYPE_VOIDP }, function(a, b)
    return a[0] - b[0]
end)
local qsort = fiddle.Function(libc.qsort,
    { fiddle.TYPE_VOIDP, fiddle.TYPE_SIZE_T, fiddle.TYPE_SIZE_T, fiddle.TYPE_VOIDP }, fiddle.TYPE_VOID)
buffer:put(0, "9341570268")
qsort(buffer, 10, 1, compare)
puts(buffer:string(10))
puts(fiddle.Function(compare, { fiddle.TYPE_VOIDP, fiddle.TYPE_VOIDP }, fiddle.TYPE_INT)(buffer + 3, buffer))

-- Pointer.
local p = fiddle.Pointer.malloc(16, fiddle.FREE)
puts(p.size)
p:put(0, "hello")
puts(p:string(), (p + 2):string(), (p + 2).size, p[1], p:sub(1, 3))
local q = fiddle.Pointer(p:address() + 1)
puts(q == p + 1, q > p, q:is_null(), fiddle.NULL:is_null())
puts((-p):ptr() == p)
local strtod = fiddle.Function(libc.strtod, { fiddle.TYPE_VOIDP, fiddle.TYPE_VOIDP }, fiddle.TYPE_DOUBLE)
local text = fiddle.Pointer.malloc(16, fiddle.FREE)
text:put(0, "2.5 rest")
local rest = fiddle.Pointer(text:address())
puts(strtod(text, -rest))
puts(rest:string())

-- Structs and unions.
local M = fiddle.importer("libc.so.6", "libm.so.6")
M:typealias("number", "unsigned int")
M:extern "unsigned long strlen(const char *)"
M:extern "double hypot(double, double)"
M:extern "number abs(int)"
M.Timeval = M:struct { "long tv_sec", "long tv_usec" }
M.Mixed = M:struct { "char c", "short s", "int a[3]", { pos = { "char x", "double y" } }, "void *p" }
M.U = M:union { "int i", "double d", "char c[8]" }
M:extern "int gettimeofday(void *, void *)"
puts(M.strlen "hello", M.hypot(3.0, 4.0), M.abs(-7))
puts(M.Timeval.size, M.Mixed.size, M.Mixed.alignment, M.U.size)
puts(M.Mixed:offsetof "s", M.Mixed:offsetof "a", M.Mixed:offsetof "pos", M.Mixed:offsetof "pos.y", M.Mixed:offsetof "p")
local now = M.Timeval:malloc(fiddle.FREE)
puts(M.gettimeofday(now, nil), math.abs(now.tv_sec - os.time()) <= 1)
local u = M.U:malloc(fiddle.FREE)
u.i = 65
puts(u.c[0])
puts(M:sizeof "int", M:sizeof "void*", M:sizeof "number")
local cell = M:create_value("int", 5)
cell.value = 6
puts(cell.value)
puts(M:func "strlen" "abc")
puts(fiddle.pin("pinned"):ref())
