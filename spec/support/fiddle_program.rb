# The program of spec/fiddle/ruby_spec.lua in Ruby: prints the same lines as its Lua twin.
require "fiddle"
require "fiddle/import"

# Constants.
%w[VOIDP CHAR SHORT INT LONG LONG_LONG FLOAT DOUBLE SIZE_T SSIZE_T PTRDIFF_T INTPTR_T UINTPTR_T].each do |name|
  puts "#{name} #{Fiddle.const_get("TYPE_" + name)} #{Fiddle.const_get("SIZEOF_" + name)} #{Fiddle.const_get("ALIGN_" + name)}"
end
puts Fiddle::RTLD_LAZY, Fiddle::RTLD_NOW, Fiddle::RTLD_GLOBAL

# Handle.
libc = Fiddle.dlopen("libc.so.6")
libm = Fiddle.dlopen("libm.so.6")
puts libm.file_name
puts libm.sym("sin") == libm["sin"]
begin
  libm.sym("no_such_symbol")
rescue Fiddle::DLError => e
  puts "DLError"
end
puts Fiddle::Handle::DEFAULT["malloc"] == libc["malloc"]

# Function.
malloc = Fiddle::Function.new(libc["malloc"], [Fiddle::TYPE_SIZE_T], Fiddle::TYPE_VOIDP)
free = Fiddle::Function.new(libc["free"], [Fiddle::TYPE_VOIDP], Fiddle::TYPE_VOID)
strcpy = Fiddle::Function.new(libc["strcpy"], [Fiddle::TYPE_VOIDP, Fiddle::TYPE_CONST_STRING], Fiddle::TYPE_VOIDP)
block = malloc.call(32)
puts strcpy.call(block, "allocated by C").to_s
puts block.to_s(9)
free.call(block)
sin = Fiddle::Function.new(libm["sin"], [Fiddle::TYPE_DOUBLE], Fiddle::TYPE_DOUBLE, name: "sin")
puts format("%.12f", sin.call(1.0))
puts sin.name
begin
  sin.call(1.0, 2.0)
rescue ArgumentError
  puts "ArgumentError"
end
begin
  sin.call("x")
rescue TypeError
  puts "TypeError"
end
strtol = Fiddle::Function.new(libc["strtol"], [Fiddle::TYPE_CONST_STRING, Fiddle::TYPE_VOIDP, Fiddle::TYPE_INT], Fiddle::TYPE_LONG)
puts strtol.call("9" * 30, nil, 10)
puts Fiddle.last_error
snprintf = Fiddle::Function.new(libc["snprintf"], [Fiddle::TYPE_VOIDP, Fiddle::TYPE_SIZE_T, Fiddle::TYPE_CONST_STRING, Fiddle::TYPE_VARIADIC], Fiddle::TYPE_INT)
buffer = Fiddle::Pointer.malloc(64, Fiddle::RUBY_FREE)
puts snprintf.call(buffer, 64, "%ld %s %g", Fiddle::TYPE_LONG, 42, Fiddle::TYPE_CONST_STRING, "x", Fiddle::TYPE_DOUBLE, 1.5)
puts buffer.to_s

# Closure.
compare = Fiddle::Closure::BlockCaller.new(Fiddle::TYPE_INT, [Fiddle::TYPE_VOIDP, Fiddle::TYPE_VOIDP]) { |a, b| a[0] - b[0] }
qsort = Fiddle::Function.new(libc["qsort"], [Fiddle::TYPE_VOIDP, Fiddle::TYPE_SIZE_T, Fiddle::TYPE_SIZE_T, Fiddle::TYPE_VOIDP], Fiddle::TYPE_VOID)
buffer[0, 10] = "9341570268"
qsort.call(buffer, 10, 1, compare)
puts buffer.to_s(10)
puts Fiddle::Function.new(compare, [Fiddle::TYPE_VOIDP, Fiddle::TYPE_VOIDP], Fiddle::TYPE_INT).call(buffer + 3, buffer)

# Pointer.
p = Fiddle::Pointer.malloc(16, Fiddle::RUBY_FREE)
puts p.size
p[0, 5] = "hello"
puts p.to_s, (p + 2).to_s, (p + 2).size, p[1], p[1, 3]
q = Fiddle::Pointer.new(p.to_i + 1)
puts q == p + 1, (q <=> p) > 0, q.null?, Fiddle::NULL.null?
puts (-p).ptr == p
strtod = Fiddle::Function.new(libc["strtod"], [Fiddle::TYPE_VOIDP, Fiddle::TYPE_VOIDP], Fiddle::TYPE_DOUBLE)
text = Fiddle::Pointer.malloc(16, Fiddle::RUBY_FREE)
text[0, 8] = "2.5 rest"
rest = Fiddle::Pointer.new(text.to_i)
puts strtod.call(text, -rest)
puts rest.to_s

# Structs and unions.
module M
  extend Fiddle::Importer
  dlload "libc.so.6", "libm.so.6"
  typealias "number", "unsigned int"
  extern "unsigned long strlen(const char *)"
  extern "double hypot(double, double)"
  extern "number abs(int)"
  Timeval = struct ["long tv_sec", "long tv_usec"]
  Mixed = struct ["char c", "short s", "int a[3]", { "pos" => ["char x", "double y"] }, "void *p"]
  U = union ["int i", "double d", "char c[8]"]
  extern "int gettimeofday(void *, void *)"
end
puts M.strlen("hello"), M.hypot(3.0, 4.0), M.abs(-7)
puts M::Timeval.size, M::Mixed.size, M::Mixed.alignment, M::U.size
puts M::Mixed.offsetof("s"), M::Mixed.offsetof("a"), M::Mixed.offsetof("pos"), M::Mixed.offsetof("pos.y"), M::Mixed.offsetof("p")
now = M::Timeval.malloc(Fiddle::RUBY_FREE)
puts M.gettimeofday(now, nil), (now.tv_sec - Time.now.to_i).abs <= 1
u = M::U.malloc(Fiddle::RUBY_FREE)
u.i = 65
puts u.c[0]
puts M.sizeof("int"), M.sizeof("void*"), M.sizeof("number")
cell = M.create_value("int", 5)
cell.value = 6
puts cell.value
puts M["strlen"].call("abc")
puts Fiddle::Pinned.new("pinned").ref
