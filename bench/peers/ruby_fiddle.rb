# The rows of the benchmark that Fiddle has, by Ruby's Fiddle. Argument: the library.
require "fiddle/import"

module Lib
  extend Fiddle::Importer
  dlload ARGV[0], Fiddle::Handle::DEFAULT
  extern "void bench_nop(void)"
  extern "int bench_add(int, int)"
  extern "double bench_addd(double, double)"
  extern "float bench_addf(float, float)"
  extern "unsigned long bench_addu64(unsigned long, unsigned long)"
  extern "double bench_mixed(int, double, long, float, unsigned char, short)"
  extern "int bench_deref(const int *)"
  extern "size_t strlen(const char *)"
  extern "long bench_sum8(long, long, long, long, long, long, long, long)"
  extern "char *bench_greeting(void)"
  extern "int bench_repeat(void *, int)"
  extern "void *bench_list(int)"
  extern "void qsort(void *, size_t, size_t, void *)"
  extern "int snprintf(char *, size_t, const char *, ...)"
  Point = struct ["int x", "int y", "double weight"]
  Node = struct ["void *next", "int value"]
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

ints = Fiddle::Pointer.malloc(400, Fiddle::RUBY_FREE)
ints[0, 400] = "\0" * 400
point = Lib::Point.malloc(Fiddle::RUBY_FREE)
point.x = point.y = 0
point.weight = 0.0

row("void()", 10000) { |k| k.times { Lib.bench_nop } }
row("int(int, int)", 10000) { |k| k.times { Lib.bench_add(3, 4) } }
row("double(double, double)", 10000) { |k| k.times { Lib.bench_addd(1.5, 2.5) } }
row("float(float, float)", 10000) { |k| k.times { Lib.bench_addf(1.5, 2.5) } }
row("uint64_t(uint64_t, uint64_t)", 10000) { |k| k.times { Lib.bench_addu64(5, 6) } }
row("mixed six arguments", 10000) { |k| k.times { Lib.bench_mixed(1, 2.5, 3, 4.5, 5, 6) } }
row("pointer argument", 10000) { |k| k.times { Lib.bench_deref(ints) } }
row("strlen(string)", 10000) { |k| k.times { Lib.strlen("a string of some length") } }
row("namespace call lib.f(a, b)", 10000) { |k| k.times { |i| Lib.bench_add(i & 7, 4) } }
row("eight longs", 10000) { |k| k.times { Lib.bench_sum8(1, 2, 3, 4, 5, 6, 7, 8) } }
row("field read", 10000) { |k| k.times { point.y } }
row("field write", 10000) { |k| k.times { |i| point.y = i } }
row("double field", 10000) { |k| k.times { point.weight } }
row("new struct", 5000) { |k| k.times { Lib::Point.malloc(Fiddle::RUBY_FREE) } }
row("ffi.string of a result", 10000) { |k| k.times { Lib.bench_greeting.to_s } }

class Add < Fiddle::Closure
  def call(a, b)
    a + b
  end
end

add = Add.new(Fiddle::TYPE_INT, [Fiddle::TYPE_INT, Fiddle::TYPE_INT])
row("callback int(int, int)", 10000) { |k| Lib.bench_repeat(add, k) }

class Compare < Fiddle::Closure
  def call(a, b)
    a[0, 4].unpack1("l") <=> b[0, 4].unpack1("l")
  end
end

compare = Compare.new(Fiddle::TYPE_INT, [Fiddle::TYPE_VOIDP, Fiddle::TYPE_VOIDP])
row("qsort of 100,000 ints", 1) do
  seed = 1
  values = Array.new(100_000) { seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff }
  Lib.qsort(Fiddle::Pointer[values.pack("l*")], 100_000, 4, compare)
end
buffer = Fiddle::Pointer.malloc(64, Fiddle::RUBY_FREE)
row("snprintf", 10000) do |k|
  k.times { |i| Lib.snprintf(buffer, 64, "%d %s", Fiddle::TYPE_INT, i, Fiddle::TYPE_VOIDP, "text") }
end
head = Lib.bench_list(1000)
row("linked list of 1,000", 5) do |k|
  k.times do
    address, sum = head, 0
    until address.null?
      node = Lib::Node.new(address)
      sum += node.value
      address = node.next
    end
  end
end
