# Long and instrumented tests of callbacks; docs/testing.md says what they prove, docs/results.md what they said.

# --- Testing callbacks ----------------------------------------------------------------------------

## callbacks with random errors, frees and collections, counted; N=10000000 SEED=1
soak: $(CORE) $(SUPPORT)
	$(RUN_ENV) $(LUA) tools/callback_soak.lua $(N) $(SEED)

## callbacks on four threads at once, with errors, frees, collections, forks and closes, counted; N=10000000 SEED=1
soak-threads: $(CORE) $(SUPPORT)
	$(RUN_ENV) $(LUA) tools/thread_soak.lua $(N) $(SEED)

# Threads: the module is instrumented, Lua is not. Debian's sh does not run with the library preloaded,
# so that what needs a process of its own is left out.
TSAN_FLAGS = -O1 -g -fsanitize=thread -fno-omit-frame-pointer
## the specs of threads with ThreadSanitizer
tsan:
	$(MAKE) BUILD=$(BUILD)/tsan CFLAGS="$(TSAN_FLAGS)" tsan-spec

tsan-spec: $(CORE) $(SUPPORT)
	LD_PRELOAD="$(shell $(CC) -print-file-name=libtsan.so)" TSAN_OPTIONS=exitcode=66 \
		$(BUSTED_RUN) --exclude-tags=process $(or $(SPEC),spec/callback/threads_spec.lua spec/callback/modes_spec.lua \
		spec/callback/ends_spec.lua spec/callback/linker_spec.lua spec/face/tasks_spec.lua spec/face/loops_spec.lua)

# Time passes at each step of who may run Lua (base/universe.h): what races is lost now and then.
## the specs of threads, delayed at each step; SECONDS=10 for the one that looks for two in Lua at once
delays:
	$(MAKE) BUILD=$(BUILD)/delays CFLAGS="-O2 -g -DCFFI_DELAYS" delays-spec

delays-spec: $(CORE) $(SUPPORT)
	CFFI_DELAY_SECONDS=$(or $(SECONDS),10) $(BUSTED_RUN) $(or $(SPEC),spec/callback/threads_spec.lua \
		spec/callback/modes_spec.lua spec/callback/ends_spec.lua spec/face/tasks_spec.lua)

.PHONY: soak soak-threads tsan tsan-spec delays delays-spec
