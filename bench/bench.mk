# Read by the Makefile. bench/README.md explains the figures.

# --- Benchmarks -----------------------------------------------------------------------------------

BENCH_DIR = $(BUILD)/bench
BENCH_RUN = LUA_PATH="lib/?.lua;bench/?.lua;;" LUA_CPATH="$(BUILD)/?.so;$(BENCH_DIR)/?.so;;" \
	CFFI_BUILD="$(BUILD)"
BENCH_CFLAGS = -std=c11 -D_GNU_SOURCE -O2 -fPIC -shared
BENCH_ROW = # only the rows whose name contains this text
BENCH_ARGS = $(if $(strip $(BENCH_ROW)),--row "$(strip $(BENCH_ROW))")
BENCH_NEEDS = $(CORE) $(BENCH_DIR)/benchlib.so $(BENCH_DIR)/hand.so $(BENCH_DIR)/said.so

$(BENCH_DIR)/benchlib.so: bench/benchlib.c bench/benchlib.h
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) -o $@ $<

# Linked to the library as any binding is.
$(BENCH_DIR)/hand.so: bench/hand.c bench/benchlib.h $(BENCH_DIR)/benchlib.so
	$(CC) $(BENCH_CFLAGS) $(CORE_CFLAGS) -Wl,-rpath,'$$ORIGIN' -o $@ $< $(BENCH_DIR)/benchlib.so

$(BENCH_DIR)/said.so: bench/said.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) $(CORE_CFLAGS) -o $@ $<

$(BENCH_DIR)/count.so: bench/count.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) $(CORE_CFLAGS) -o $@ $<

## every row as a ratio to the hand-written binding, then the peers
bench: $(BENCH_NEEDS)
	@$(BENCH_RUN) $(LUA) bench/bench.lua $(BENCH_ARGS) --api --peers $(BENCH_DIR)

## fails when a row of bench or of bench-api is over its limit
bench-check: $(BENCH_NEEDS)
	@$(BENCH_RUN) $(LUA) bench/bench.lua $(BENCH_ARGS) --check
	@$(BENCH_RUN) $(LUA) bench/api.lua $(BENCH_DIR)/benchlib.so $(BENCH_ARGS) --check

## what surrounds a call, against LuaJIT's interpreter
bench-api: $(CORE) $(BENCH_DIR)/benchlib.so
	@$(BENCH_RUN) $(LUA) bench/api.lua $(BENCH_DIR)/benchlib.so $(BENCH_ARGS)

## instructions per row (valgrind), which repeat on a busy machine
bench-count: $(BENCH_NEEDS) $(BENCH_DIR)/count.so
	@rm -f $(BENCH_DIR)/callgrind.*
	@$(BENCH_RUN) valgrind -q --tool=callgrind --instr-atstart=no \
		--callgrind-out-file=$(BENCH_DIR)/callgrind $(LUA) bench/bench.lua $(BENCH_ARGS) \
		--count $(BENCH_DIR)/callgrind

## instructions per row of bench-api
bench-api-count: $(CORE) $(BENCH_DIR)/benchlib.so $(BENCH_DIR)/count.so
	@rm -f $(BENCH_DIR)/callgrind.*
	@$(BENCH_RUN) valgrind -q --tool=callgrind --instr-atstart=no \
		--callgrind-out-file=$(BENCH_DIR)/callgrind $(LUA) bench/api_rows.lua \
		$(BENCH_DIR)/benchlib.so $(BENCH_ARGS) --count $(BENCH_DIR)/callgrind

## whole jobs against Debian's C bindings (lua-sql-sqlite3, lua-expat, ...); JOBS_ARGS=--check
bench-jobs: $(CORE)
	@$(BENCH_RUN) $(LUA) bench/jobs.lua $(JOBS_ARGS)

## callbacks on foreign threads beside the owner's, threads that come and go, tasks
bench-threads: $(CORE) $(SUPPORT)
	@$(RUN_ENV) $(LUA) bench/threads.lua

## instructions of calls before and after a first callback exists
bench-threads-count: $(CORE) $(SUPPORT) $(BENCH_DIR)/count.so
	@rm -f $(BENCH_DIR)/callgrind.*
	@LUA_PATH="lib/?.lua;spec/?.lua;spec/?/init.lua;bench/?.lua;;" LUA_CPATH="$(BUILD)/?.so;$(BENCH_DIR)/?.so;;" \
		CFFI_BUILD="$(BUILD)" valgrind -q --tool=callgrind --instr-atstart=no \
		--callgrind-out-file=$(BENCH_DIR)/callgrind $(LUA) bench/threads_count.lua \
		$(BENCH_DIR)/callgrind

## what operations cost, the table of docs/costs.md
bench-costs: $(CORE) $(BENCH_DIR)/benchlib.so
	@$(BENCH_RUN) $(LUA) bench/costs.lua $(BENCH_DIR)/benchlib.so

INCLUDE_ARGS = # --check fails when a figure is over its limit; --turns 50
## ffi.include cold against the compiler runs it makes, warm, first lookups
bench-include: $(CORE)
	@$(BENCH_RUN) $(LUA) bench/include.lua $(INCLUDE_ARGS)

## how the cost grows with arguments, sizes, declarations, callbacks, collections
bench-growth: $(BENCH_NEEDS)
	@$(BENCH_RUN) $(LUA) bench/growth.lua

$(BENCH_DIR)/heap.so: bench/heap.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) $(CORE_CFLAGS) -o $@ $<

# A thousand and ten functions, memory_function_1 and on.
$(BENCH_DIR)/functions.so:
	@mkdir -p $(@D)
	for i in $$(seq 1010); do echo "void memory_function_$$i(void) {}"; done | \
		$(CC) -O0 -fPIC -shared -x c -o $@ -

## memory of objects and functions, cost of require, against their limits
bench-memory: $(CORE) $(BENCH_DIR)/heap.so $(BENCH_DIR)/functions.so
	@$(BENCH_RUN) $(LUA) bench/memory.lua

## memory of callbacks against its limit
bench-callbacks: $(CORE)
	@$(BENCH_RUN) $(LUA) bench/callbacks.lua

.PHONY: bench bench-check bench-api bench-count bench-api-count bench-growth bench-memory bench-callbacks \
	bench-jobs bench-costs bench-threads bench-threads-count
