# The rows of the benchmark by the gem ffi. Argument: the library.
require "ffi"

module Lib
  extend FFI::Library
  ffi_lib ARGV[0], FFI::Library::LIBC
  class Point < FFI::Struct
    layout :x, :int, :y, :int, :weight, :double
  end
  class Vec < FFI::Struct
    layout :x, :double, :y, :double
  end
  class Node < FFI::Struct
    layout :next, :pointer, :value, :int
  end
  enum :color, %i[BENCH_RED BENCH_GREEN BENCH_BLUE]
  callback :add, %i[int int], :int
  callback :compare, %i[pointer pointer], :int
  attach_function :bench_nop, [], :void
  attach_function :bench_add, %i[int int], :int
  attach_function :bench_addd, %i[double double], :double
  attach_function :bench_addf, %i[float float], :float
  attach_function :bench_addu64, %i[uint64 uint64], :uint64
  attach_function :bench_mixed, %i[int double long float uchar short], :double
  attach_function :bench_deref, [:pointer], :int
  attach_function :bench_not, [:bool], :bool
  attach_function :strlen, [:string], :size_t
  attach_function :bench_sum8, [:long] * 8, :long
  attach_function :bench_scale, [Vec.by_value, :double], Vec.by_value
  attach_function :bench_greeting, [], :string
  attach_function :bench_paint, [:color], :int
  attach_function :bench_repeat, %i[add int], :int
  attach_function :bench_list, [:int], :pointer
  attach_function :qsort, %i[pointer size_t size_t compare], :void
  attach_function :snprintf, %i[pointer size_t string varargs], :int
end

def row(name, count)
  yield count
  best = (1..10).map do
    start = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
    yield count
    Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - start
  end.min
  puts format("%s\t%.1f", name, best / count * 1e9)
end

ints = FFI::MemoryPointer.new(:int, 100)
point = Lib::Point.new
vec = Lib::Vec.new

row("void()", 10000) { |k| k.times { Lib.bench_nop } }
row("int(int, int)", 10000) { |k| k.times { Lib.bench_add(3, 4) } }
row("double(double, double)", 10000) { |k| k.times { Lib.bench_addd(1.5, 2.5) } }
row("float(float, float)", 10000) { |k| k.times { Lib.bench_addf(1.5, 2.5) } }
row("uint64_t(uint64_t, uint64_t)", 10000) { |k| k.times { Lib.bench_addu64(5, 6) } }
row("mixed six arguments", 10000) { |k| k.times { Lib.bench_mixed(1, 2.5, 3, 4.5, 5, 6) } }
row("pointer argument", 10000) { |k| k.times { Lib.bench_deref(ints) } }
row("bool(bool)", 10000) { |k| k.times { Lib.bench_not(true) } }
row("strlen(string)", 10000) { |k| k.times { Lib.strlen("a string of some length") } }
row("namespace call lib.f(a, b)", 10000) { |k| k.times { |i| Lib.bench_add(i & 7, 4) } }
row("eight longs", 10000) { |k| k.times { Lib.bench_sum8(1, 2, 3, 4, 5, 6, 7, 8) } }
row("field read", 10000) { |k| k.times { point[:y] } }
row("field write", 10000) { |k| k.times { |i| point[:y] = i } }
row("double field", 10000) { |k| k.times { point[:weight] } }
row("new struct", 10000) { |k| k.times { Lib::Point.new } }
row("array read", 10000) { |k| k.times { |i| ints.get_int32((i & 63) * 4) } }
row("array write", 10000) { |k| k.times { |i| ints.put_int32((i & 63) * 4, i) } }
row("16-byte struct in and out", 10000) { |k| k.times { Lib.bench_scale(vec, 2.0) } }
row("ffi.string of a result", 10000) { |k| k.times { Lib.bench_greeting } }
add = FFI::Function.new(:int, %i[int int]) { |a, b| a + b }
row("callback int(int, int)", 10000) { |k| Lib.bench_repeat(add, k) }
compare = FFI::Function.new(:int, %i[pointer pointer]) { |a, b| a.get_int32(0) <=> b.get_int32(0) }
array = FFI::MemoryPointer.new(:int, 100_000)
row("qsort of 100,000 ints", 1) do
  seed = 1
  array.write_array_of_int32(Array.new(100_000) { seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff })
  Lib.qsort(array, 100_000, 4, compare)
end
buffer = FFI::MemoryPointer.new(:char, 64)
row("snprintf", 10000) do |k|
  k.times { |i| Lib.snprintf(buffer, 64, "%d %s", :int, i, :string, "text") }
end
row("enum by name", 10000) { |k| k.times { Lib.bench_paint(:BENCH_GREEN) } }
head = Lib.bench_list(1000)
row("linked list of 1,000", 10) do |k|
  k.times do
    address, sum = head, 0
    until address.null?
      node = Lib::Node.new(address)
      sum += node[:value]
      address = node[:next]
    end
  end
end
doubles = FFI::MemoryPointer.new(:double, 10_000)
values = Array.new(10_000, 0.0)
row("totable of 10,000 doubles", 10) { |k| k.times { doubles.read_array_of_double(10_000) } }
row("fill 10,000 doubles from a table", 10) { |k| k.times { doubles.write_array_of_double(values) } }
