# Benchmarks: `make bench` prints every row as a ratio to the hand-written binding.

BENCH_DIR = $(BUILD)/bench
BENCH_ENV = LUA_PATH="lib/?.lua;;" LUA_CPATH="$(BUILD)/?.so;$(BENCH_DIR)/?.so;;" CFFI_BUILD="$(BUILD)"

$(BENCH_DIR)/benchlib.so: bench/benchlib.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -fPIC -shared -o $@ $<

$(BENCH_DIR)/hand.so: bench/hand.c bench/benchlib.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O2 -fPIC -shared $(CORE_CFLAGS) -o $@ $<

bench: $(CORE) $(BENCH_DIR)/benchlib.so $(BENCH_DIR)/hand.so
	$(BENCH_ENV) $(LUA) bench/bench.lua

bench-check: $(CORE) $(BENCH_DIR)/benchlib.so $(BENCH_DIR)/hand.so
	$(BENCH_ENV) $(LUA) bench/bench.lua --check

.PHONY: bench bench-check
