# The random user of tools/monkey.lua. `make test` lets it work for ten seconds, always from the same seed.

MONKEY = $(LUA) tools/monkey.lua "$(SECONDS)" "$(SEED)"
MONKEY_ENV = $(RUN_ENV) LUA="$(LUA)" STEPS="$(STEPS)" WAY="$(WAY)" ONLY="$(ONLY)"

## a random user of the whole API, with a model of what is alive; SECONDS=60 SEED=7; STEPS= WAY= ONLY= for one run
monkey: $(CORE) $(SNAPSHOT) $(SUPPORT)
	$(MONKEY_ENV) $(MONKEY)

## the same under the address and undefined behaviour sanitizers
monkey-asan:
	$(MAKE) BUILD=$(BUILD)/asan CFLAGS="$(ASAN_FLAGS)" monkey-asan-run

monkey-asan-run: PRELOAD = LD_PRELOAD="$(shell $(CC) -print-file-name=libasan.so)" ASAN_OPTIONS=detect_leaks=0
monkey-asan-run: $(CORE) $(SNAPSHOT) $(SUPPORT)
	$(MONKEY_ENV) MONKEY_ENV="LD_PRELOAD=$(shell $(CC) -print-file-name=libasan.so) UBSAN_OPTIONS=print_stacktrace=1 \
		ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1" $(MONKEY)

.PHONY: monkey monkey-asan monkey-asan-run
