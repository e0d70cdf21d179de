# Long and instrumented tests of callbacks; docs/testing.md says what they prove, docs/results.md what they said.

# --- Testing callbacks ----------------------------------------------------------------------------

## callbacks with random errors, frees and collections, counted; N=10000000 SEED=1
soak: $(CORE) $(SUPPORT)
	$(RUN_ENV) $(LUA) tools/callback_soak.lua $(N) $(SEED)

# Threads: the module is instrumented, Lua is not. Debian's sh does not run with the library preloaded,
# so that what needs a process of its own is left out.
TSAN_FLAGS = -O1 -g -fsanitize=thread -fno-omit-frame-pointer
## the specs of threads with ThreadSanitizer
tsan:
	$(MAKE) BUILD=$(BUILD)/tsan CFLAGS="$(TSAN_FLAGS)" tsan-spec

tsan-spec: $(CORE) $(SUPPORT)
	LD_PRELOAD="$(shell $(CC) -print-file-name=libtsan.so)" TSAN_OPTIONS=exitcode=66 \
		$(BUSTED_RUN) --exclude-tags=process $(or $(SPEC),spec/callback/threads_spec.lua spec/callback/modes_spec.lua)

.PHONY: soak tsan tsan-spec
