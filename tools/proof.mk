# Read by the Makefile: all that can be run to show the promises, and how much of the C code it reaches.

# --- Proof ----------------------------------------------------------------------------------------

SCALE = 1
## everything that shows the promises, hours of it; SCALE=0.1 for less, ONLY="tsan soak"; writes docs/results.md
proof:
	@$(LUA) tools/proof.lua $(or $(strip $(REPORT)),docs/results.md) $(SCALE) $(ONLY)

COVERAGE_FLAGS = -O0 -g --coverage -fprofile-abs-path -fprofile-update=atomic
COVERAGE = $(MAKE) BUILD=$(BUILD)/coverage CFLAGS="$(COVERAGE_FLAGS)"
# abort() stands where nothing comes: behind calls that raise.
GCOVR = gcovr --root . --exclude '.*/tests/.*' --exclude '.*/spec/.*' --exclude-throw-branches --exclude-unreachable-branches \
	--exclude-lines-by-pattern '\s*abort\(\);.*'
## how many lines and branches of C check, spec and 300 signatures reach, by gcovr; those not reached must be explained
coverage:
	find $(BUILD)/coverage -name '*.gcda' -delete 2>/dev/null || :
	$(COVERAGE) $(JOBS) test-programs
	CK_TIMEOUT_MULTIPLIER=5 $(COVERAGE) --keep-going SPEC_ARGS=--exclude-tags=plain,frames N=300 SEED=1 \
		check spec difftest-abi; failed=$$?; \
	$(GCOVR) --object-directory $(BUILD)/coverage --txt $(BUILD)/coverage/lines.txt --print-summary && \
	$(LUA) tools/unreached.lua $(BUILD)/coverage/lines.txt docs/testing.md && exit $$failed

.PHONY: proof coverage
