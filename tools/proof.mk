# Read by the Makefile: all that can be run to show the promises, and how much of the C code it reaches.

# --- Proof ----------------------------------------------------------------------------------------

SCALE = 1
## everything that shows the promises, hours of it; SCALE=0.1 for less, ONLY="tsan soak"; writes docs/results.md
proof:
	@$(LUA) tools/proof.lua $(or $(strip $(REPORT)),docs/results.md) $(SCALE) $(ONLY)

COVERAGE_FLAGS = -O0 -g --coverage -fprofile-abs-path
GCOVR = gcovr --root . --exclude '.*/tests/.*' --exclude-throw-branches --exclude-unreachable-branches
## how many lines and branches of C the Check suites and specs reach, by gcovr; build/coverage has pages
coverage:
	find $(BUILD)/coverage -name '*.gcda' -delete 2>/dev/null || :
	CK_TIMEOUT_MULTIPLIER=5 $(MAKE) --keep-going BUILD=$(BUILD)/coverage CFLAGS="$(COVERAGE_FLAGS)" test-programs check spec || :
	$(GCOVR) --object-directory $(BUILD)/coverage --txt $(BUILD)/coverage/lines.txt --print-summary

.PHONY: proof coverage
