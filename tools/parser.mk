# Tests of the parser beyond its Check suites: layouts against the compilers, system headers, fuzzing,
# speed. Read by the Makefile.

# --- Testing the parser ---------------------------------------------------------------------------

N =
SEED =
FUZZ_SECONDS = 60
FUZZ_CC = clang
FUZZ_FLAGS = -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_SRC = $(wildcard cdecl_parser/*.c) cdecl_parser/fuzz/fuzz_parse.c
FUZZ_CORPUS = cdecl_parser/fuzz/corpus

# A driver is a program of one file linked to the parser.
$(BUILD)/drivers/%: $(BUILD)/cdecl_parser/tests/drivers/%.o $(PARSER_LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(PARSER_LIB) -lm

# For another target, in a build for it: DIFFTEST_CC="aarch64-linux-gnu-gcc -static" RUN=qemu-aarch64
## random declarations laid out by gcc, clang and the parser; N=20000 SEED=1
difftest-layout: $(BUILD)/drivers/layout_dump
	$(LUA) tools/layout_difftest.lua $(or $(N),20000) "$(SEED)" $(BUILD)/difftest $<

$(BUILD)/drivers/replay: $(BUILD)/cdecl_parser/fuzz/fuzz_parse.o $(BUILD)/cdecl_parser/fuzz/replay.o $(PARSER_LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lm

$(BUILD)/cdecl_parser/fuzz/%.o: cdecl_parser/fuzz/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -iquote cdecl_parser -c -o $@ $<

check: replay
## the fuzzer's corpus, once; part of check
replay: $(BUILD)/drivers/replay
	$< $(wildcard $(FUZZ_CORPUS)/*)

# What the fuzzer learns stays in build/fuzz; a finding is written there as well:
#   make fuzz FUZZ_SECONDS=3600
$(BUILD)/fuzz/fuzz_parse: $(FUZZ_SRC) $(wildcard cdecl_parser/*.h cdecl_parser/*.def) $(BUILD)/cdecl_parser/predefined.h
	@mkdir -p $(@D)
	$(FUZZ_CC) -std=c11 -D_GNU_SOURCE -iquote cdecl_parser -iquote $(BUILD)/cdecl_parser $(FUZZ_FLAGS) -o $@ $(FUZZ_SRC) -lm

## damaged and hostile files in the cache of ffi.include; N=2000 SEED=1
fuzz-cache: $(CORE)
	@$(RUN_ENV) $(LUA) tools/cache_fuzz.lua $(or $(N),2000) $(SEED)

# Seeds from real headers, in pieces that the fuzzer takes whole.
FUZZ_HEADERS = stdio.h stdlib.h math.h time.h pthread.h signal.h netdb.h sys/socket.h sys/stat.h complex.h
FUZZ_SEEDS = $(BUILD)/fuzz/seeds
$(FUZZ_SEEDS)/made:
	@rm -rf $(FUZZ_SEEDS) && mkdir -p $(FUZZ_SEEDS)
	set -e; for header in $(FUZZ_HEADERS); do \
		echo "#include <$$header>" | $(CC) -E -P -x c - >$(BUILD)/fuzz/header; \
		split -C 4000 $(BUILD)/fuzz/header "$(FUZZ_SEEDS)/$$(echo $$header | tr /. __)-"; \
	done
	touch $@

## the parser's fuzzer for FUZZ_SECONDS=60; needs clang and libclang-rt-14-dev
fuzz: $(BUILD)/fuzz/fuzz_parse $(FUZZ_SEEDS)/made
	@mkdir -p $(BUILD)/fuzz/corpus
	$< -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=10 -rss_limit_mb=2048 \
		-dict=cdecl_parser/fuzz/parse.dict -artifact_prefix=$(BUILD)/fuzz/ -print_final_stats=1 \
		$(BUILD)/fuzz/corpus $(FUZZ_CORPUS) $(FUZZ_SEEDS)

# What takes too long for each change: all of `make test`, then the fuzzer for a minute, more random calls and
# layouts, the tests again with sanitizers, under valgrind and with the collector always running, and the random user.
## test, then fuzz, difftest N=20000, asan, valgrind, gcstress and monkey
test-slow: test
	$(MAKE) fuzz
	$(MAKE) difftest N=20000
	$(MAKE) asan
	$(MAKE) valgrind
	$(MAKE) gcstress
	$(MAKE) monkey

## how fast texts are read, against LuaJIT; how time and memory grow with them
bench-parse: $(CORE) $(BUILD)/drivers/parse_cost
	@LUA_PATH="lib/?.lua;bench/?.lua;;" LUA_CPATH="$(BUILD)/?.so;;" $(LUA) bench/parse.lua $(BUILD)/drivers/parse_cost

REPORT =
INSTALL =
ONLY =
## every header of sixty packages through the parser; INSTALL=1, ONLY=zlib1g-dev
headers: $(BUILD)/drivers/header_check
	$(LUA) tools/headers.lua $(if $(INSTALL),--install) $(if $(ONLY),--only $(ONLY)) \
		$(if $(REPORT),--report $(REPORT)) $< $(BUILD)/headers

## what compilers print of these headers with every #define (-E -dD), declared by ffi.cdef
headers-defines: $(CORE)
	$(RUN_ENV) $(LUA) tools/header_defines.lua \
		$(if $(ONLY),--only $(ONLY)) $(if $(REPORT),--report $(REPORT))

MOST =
## constants of the headers that are installed, against the compiler; MOST=10 for so many of a package
macros: $(CORE)
	$(RUN_ENV) $(LUA) tools/header_macros.lua \
		$(if $(ONLY),--only $(ONLY)) $(if $(MOST),--most $(MOST)) $(if $(REPORT),--report $(REPORT))

.PHONY: difftest-layout replay fuzz fuzz-cache test-slow bench-parse headers headers-defines macros
