# cffi: build, test, install. `make repl` and `make test` are the two commands of the README; both
# first install what is missing. All other targets build from what is there.

# --- Settings -------------------------------------------------------------------------------------

PREFIX = /usr/local
DESTDIR =
BUILD = build
CC ?= cc
CFLAGS = -O2 -g
NO_PEEK = # 1: arguments are read by Lua's API alone (docs/design.md section 5)
LDFLAGS =
GENERIC = # 1: as for a machine whose calling convention call/abi/ does not have
JOBS = -j$(shell getconf _NPROCESSORS_ONLN) # of repl and test, when they build
PKG_CONFIG = pkg-config
VERSION = $(shell cat VERSION)
# LUA_VERSION=5.3, 5.4 or 5.5 chooses among those that are installed, LUA=... names an interpreter (or a
# version); LUA_PC=... and BUSTED=... override what tools/lua-config finds.

INSTALL_CMOD = $(PREFIX)/lib/lua/$(LUA_VERSION)
INSTALL_LMOD = $(PREFIX)/share/lua/$(LUA_VERSION)
INSTALL_BIN = $(PREFIX)/bin
INSTALL_INC = $(PREFIX)/include
INSTALL_LIB = $(PREFIX)/lib
INSTALL_DOC = $(PREFIX)/share/doc/cffi
INSTALL_MAN = $(PREFIX)/share/man/man1
INSTALL_MAN3 = $(PREFIX)/share/man/man3
INSTALL_BASH = $(PREFIX)/share/bash-completion/completions
INSTALL_ZSH = $(PREFIX)/share/zsh/site-functions
STRIP = strip # empty: the module is installed with its symbols and debugging information

# --- The system -----------------------------------------------------------------------------------

# Looked up when first used, and once: `make repl` may have installed them a moment before.
once = $(eval $(1) := $(2))$($(1))
ifneq ($(filter 5.%,$(LUA)),)
override LUA_VERSION := $(LUA)
override LUA := $(shell tools/lua-config interpreter $(LUA_VERSION))
else ifeq ($(origin LUA),command line)
LUA_VERSION = $(call once,LUA_VERSION,$(shell $(LUA) -e 'io.write((_VERSION:match "%d+%.%d+"))'))
else
LUA_VERSION = $(call once,LUA_VERSION,$(or $(shell tools/lua-config version),5.4))
LUA = $(call once,LUA,$(shell tools/lua-config interpreter $(LUA_VERSION)))
endif
LUA_PC = $(call once,LUA_PC,$(or $(shell tools/lua-config pc $(LUA_VERSION)),\
	$(error no Lua $(LUA_VERSION) headers found: run tools/bootstrap build)))
BUSTED = $(call once,BUSTED,$(shell tools/lua-config busted))
CORE_CFLAGS = $(call once,CORE_CFLAGS,$(shell $(PKG_CONFIG) --cflags $(LUA_PC) libffi))
CORE_LIBS = $(call once,CORE_LIBS,$(shell $(PKG_CONFIG) --libs libffi))
CHECK_CFLAGS = $(call once,CHECK_CFLAGS,$(shell $(PKG_CONFIG) --cflags check))
CHECK_LIBS = $(call once,CHECK_LIBS,$(shell $(PKG_CONFIG) --libs check))

# nodelete: C may call a callback, or run an exit handler, after lua_close has let go of the module.
MODULE_LDFLAGS = $(if $(filter darwin,$(SYSTEM)),-bundle -undefined dynamic_lookup,-shared -Wl,-z,nodelete)

WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wundef \
	-Wvla -Wwrite-strings -Wswitch-enum -Werror=implicit-function-declaration
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -fPIC -fvisibility=hidden $(WARNINGS) \
	$(if $(strip $(GENERIC)),-DLFFI_ABI_GENERIC) $(if $(filter 1,$(NO_PEEK)),-DCFFI_NO_PEEK) $(CFLAGS) -MMD -MP

# The Lua files and the module of this tree, before all others.
RUN_ENV = LUA_PATH="lib/?.lua;spec/?.lua;spec/?/init.lua;;" LUA_CPATH="$(BUILD)/?.so;;" CFFI_BUILD="$(BUILD)" CC="$(CC)" \
	XDG_CACHE_HOME="$(abspath $(BUILD))/cache"

# --- Files ----------------------------------------------------------------------------------------

PARSER_LIB = $(BUILD)/libcdecl.a
CORE = $(BUILD)/cffi/core.so
CHECKS = $(BUILD)/check_cdecl
CLANG = $(shell command -v clang)
# Each C file in spec/support is a library of its own for the specs to load; with clang it is built
# a second time, because callers and callees of the two compilers disagree on small arguments.
SUPPORT_SRC = $(wildcard spec/support/*.c)
SUPPORT = $(SUPPORT_SRC:spec/support/%.c=$(BUILD)/spec/%.so) \
	$(if $(CLANG),$(patsubst spec/support/%.c,$(BUILD)/spec/%-clang.so,$(filter-out %/quad.c,$(SUPPORT_SRC))))

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(addsuffix /*.c,$(1))))
PARSER_OBJ = $(call objects,cdecl_parser)
CHECKS_OBJ = $(call objects,cdecl_parser/tests)
# base/system_*.c: one of them. Symbols of loaded files are ELF's, but on macOS.
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
SYSTEM := $(firstword $(foreach name,linux freebsd darwin,$(if $(findstring $(name),$(MACHINE)),$(name))) linux)
OTHER_OBJ = $(filter-out %_$(SYSTEM).o,$(patsubst %.c,$(BUILD)/%.o,$(wildcard lua_ffi/base/system_*.c))) \
	$(if $(filter darwin,$(SYSTEM)),$(BUILD)/lua_ffi/base/elfsym.o)
CORE_OBJ = $(filter-out $(OTHER_OBJ),$(call objects,lua_ffi/* lua_ffi/*/*))
SNAPSHOT = $(BUILD)/cffi/posix.headers
LUA_FILES = $(shell cd lib && find . -name '*.lua' | sed 's,^\./,,' | sort)

# --- Building -------------------------------------------------------------------------------------

## what `make` does: the parser and the module; installs nothing
all: parser core

## build/libcdecl.a, the parser alone
parser: $(PARSER_LIB)

## build/cffi/core.so, the module, and beside it what the system's headers say
core: $(CORE) $(SNAPSHOT)

# For cffi.posix, and for ffi.include where there is no compiler. Made anew when what reads headers
# changes, not with each change of the module.
SNAPSHOT_MAKERS = chunks fields index own pieces reader snapshot unit
$(SNAPSHOT): tools/posix_snapshot.lua $(SNAPSHOT_MAKERS:%=lib/cffi/include/%.lua) | $(CORE)
	$(RUN_ENV) $(PRELOAD) $(LUA) tools/posix_snapshot.lua $@

## build/libcffi.a, the module for programs that link it in (include/cffi.h)
static: $(BUILD)/libcffi.a

$(BUILD)/libcffi.a: $(CORE_OBJ) $(PARSER_OBJ)
	rm -f $@
	$(AR) rcs $@ $(CORE_OBJ) $(PARSER_OBJ)

$(PARSER_LIB): $(PARSER_OBJ)
	rm -f $@
	$(AR) rcs $@ $(PARSER_OBJ)

$(BUILD)/lua_ffi/face/api.o: ALL_CFLAGS += -DCFFI_VERSION='"$(VERSION)"'
$(BUILD)/lua_ffi/face/api.o: VERSION

LINK_CORE = $(CC) $(CFLAGS) $(MODULE_LDFLAGS) $(LDFLAGS) $(CORE_OBJ) $(PARSER_LIB)
LINK_LIBS = $(CORE_LIBS) $(if $(filter linux,$(SYSTEM)),-ldl) -lpthread -lm

# The interpreter brings Lua's functions; all others must be found when linking, so that none is
# missed by `require` alone. Hence a first linking for which Lua's are somewhere.
$(CORE): $(CORE_OBJ) $(PARSER_LIB)
	@mkdir -p $(@D)
ifneq ($(SYSTEM),darwin)
	@nm -u $(CORE_OBJ) | sed -n 's/^ *U \(luaL\{0,1\}_[A-Za-z_]*\)$$/PROVIDE(\1 = 0);/p' | sort -u >$@.lua
	@$(LINK_CORE) -Wl,-z,defs -o $@.defs $@.lua $(LINK_LIBS)
	@rm -f $@.defs $@.lua
endif
	$(LINK_CORE) -o $@ $(LINK_LIBS)

# Another Lua makes all anew that includes its headers.
$(CORE_OBJ): $(BUILD)/lua-$(LUA_VERSION)

$(BUILD)/lua-%:
	@mkdir -p $(BUILD)
	@rm -f $(BUILD)/lua-[0-9]*
	@touch $@

# The compiler's own object-like macros, for the parser's #if: a sorted table {"name", "text"},
$(BUILD)/cdecl_parser/predefined.h:
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -std=gnu11 -dM -E -x c /dev/null | LC_ALL=C sed -n -e 's/[\\"]/\\&/g' \
		-e 's/^#define \(_[A-Za-z0-9_]*\) \(.*\)$$/{"\1", "\2"},/p' | LC_ALL=C sort >$@.new
	mv $@.new $@

$(BUILD)/cdecl_parser/predefined.o: $(BUILD)/cdecl_parser/predefined.h
$(BUILD)/cdecl_parser/predefined.o: ALL_CFLAGS += -I$(BUILD)/cdecl_parser

$(BUILD)/cdecl_parser/%.o: cdecl_parser/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/cdecl_parser/tests/%.o: cdecl_parser/tests/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -std=gnu11 -iquote cdecl_parser $(CHECK_CFLAGS) -c -o $@ $<

$(BUILD)/lua_ffi/%.o: lua_ffi/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fno-plt -Iinclude -iquote cdecl_parser -iquote lua_ffi $(CORE_CFLAGS) -c -o $@ $<

$(CHECKS): $(CHECKS_OBJ) $(PARSER_LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(CHECKS_OBJ) $(PARSER_LIB) $(CHECK_LIBS) -lm

# Lua modules:
$(foreach name,failing registered,$(BUILD)/spec/$(name).so $(BUILD)/spec/$(name)-clang.so): \
	SUPPORT_CFLAGS = $(CORE_CFLAGS) -Iinclude

$(BUILD)/spec/%.so: spec/support/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g -fPIC -shared $(SUPPORT_CFLAGS) -MMD -MP -o $@ $< -lpthread -lm

# Linked with the module's own object, of whichever compiler that is.
$(BUILD)/spec/quad.so: spec/support/quad.c $(BUILD)/lua_ffi/base/quad.o
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(CFLAGS) -fPIC -shared $(CORE_CFLAGS) -iquote cdecl_parser -iquote lua_ffi -MMD -MP \
		-o $@ $(filter %.c %.o,$^) -lm

$(BUILD)/spec/%-clang.so: spec/support/%.c
	@mkdir -p $(@D)
	$(CLANG) -std=gnu11 -O2 -g -fPIC -shared $(SUPPORT_CFLAGS) -MMD -MP -o $@ $< -lpthread -lm

## removes what was built
clean:
	rm -rf $(BUILD)

.PHONY: all parser core static clean

# --- Running --------------------------------------------------------------------------------------

## installs what building lacks, builds, opens the prompt
repl:
	@LUA_VERSION=$(LUA_VERSION) tools/bootstrap build </dev/null >&2
	@$(MAKE) -q core >/dev/null 2>&1 || echo "building cffi" >&2
	@$(MAKE) -s $(JOBS) core
	@$(MAKE) --no-print-directory -s repl-run

repl-run: $(CORE)
	@CFFI_BUILD="$(BUILD)" $(LUA) bin/cffi repl

.PHONY: repl repl-run

# --- Testing --------------------------------------------------------------------------------------

## installs what testing lacks, then check, spec, lint, 2,000 random signatures
test:
	@LUA_VERSION=$(LUA_VERSION) tools/bootstrap build test </dev/null
	@$(MAKE) --no-print-directory --keep-going $(JOBS) test-programs || :
	@$(MAKE) --no-print-directory --keep-going check spec lint difftest-abi monkey SEED=1 SECONDS=10

# Valgrind before 3.20 cannot read clang's DWARF 5.
CLANG_BUILD = BUILD=$(BUILD)/clang CC=clang CFLAGS="-O2 -gdwarf-4"
## check and spec on what clang builds, in build/clang
test-clang:
	@$(MAKE) --no-print-directory --keep-going $(JOBS) $(CLANG_BUILD) test-programs || :
	@$(MAKE) --no-print-directory --keep-going $(CLANG_BUILD) check spec

# The specs tagged `registers` are of what only calling conventions of our own can do.
GENERIC_BUILD = $(if $(strip $(GENERIC)),,BUILD=$(BUILD)/generic GENERIC=1)
## check, spec and 2,000 signatures where libffi makes all calls, in build/generic
test-generic:
	@$(MAKE) --no-print-directory --keep-going $(JOBS) $(GENERIC_BUILD) test-programs || :
	@$(MAKE) --no-print-directory --keep-going $(GENERIC_BUILD) SEED=1 check difftest-abi \
		SPEC_ARGS=--exclude-tags=registers spec

# Frames are larger and nothing is inlined.
DEBUG_BUILD = BUILD=$(BUILD)/debug CFLAGS="-O0 -g"
## check and the specs of calls and callbacks on what is built with -O0, in build/debug
test-debug:
	@$(MAKE) --no-print-directory --keep-going $(JOBS) $(DEBUG_BUILD) test-programs || :
	@$(MAKE) --no-print-directory --keep-going $(DEBUG_BUILD) SPEC_ARGS=--exclude-tags=frames \
		SPEC="$(or $(SPEC),spec/call spec/callback)" check spec

# What passes between Lua and C; all else is the same on every machine, or wants its programs.
MACHINE_SPECS = $(wildcard spec/call/*_spec.lua) $(patsubst %,spec/callback/%_spec.lua,errno errors identity \
	implicit nesting signatures) $(patsubst %,spec/value/%_spec.lua,arith bitfield booleans floats init machine \
	pointers strings temporary)
## check, 300 signatures, layouts and specs of calls as on another machine, ARCH=arm64, by qemu
test-machine:
	@MACHINES="$(BUILD)/machines" SPECS="$(or $(SPEC),$(MACHINE_SPECS))" N=$(or $(N),300) LAYOUTS=1000 \
		tools/machines $(or $(ARCH),arm64) packages root build check spec difftest-abi difftest-layout

## the specs with other Luas, V="5.3 5.5" installed ones or folders of sources; without V all that are installed
test-lua:
	@MAKE="$(MAKE)" JOBS="$(JOBS)" SPEC="$(SPEC)" tools/test-lua $(BUILD) $(V)

test-programs: $(CHECKS) $(CORE) $(SUPPORT)

# Check's own limit of 4 s is short where other things run as well.
## the parser's Check suites and the fuzzer's corpus; CK_RUN_SUITE=layout before it for one
check: $(CHECKS)
	CK_DEFAULT_TIMEOUT=60 $(CHECKS)

# The interpreter is chosen here, not by a second process as .busted asks: valgrind follows only one.
# What Lua 5.3 lacks is tagged, and its specs are read without the variables that 5.4 closes.
LUA_5.3_ARGS = --helper=spec/support/lua53.lua --exclude-tags=close,modes,warn,peek,format,yields
BUSTED_ARGS = $(BUSTED) --ignore-lua $(LUA_$(LUA_VERSION)_ARGS)
BUSTED_RUN = $(RUN_ENV) $(LUA) $(BUSTED_ARGS)

## the busted specs; SPEC=spec/prompt/repl_spec.lua for one
spec: $(CORE) $(SNAPSHOT) $(SUPPORT)
	$(BUSTED_RUN) $(SPEC_ARGS) $(SPEC)

## the specs of the examples
examples: $(CORE) $(SNAPSHOT)
	$(BUSTED_RUN) -o plainTerminal spec/project/examples_spec.lua spec/project/system_examples_spec.lua

## dependencies, sizes, quoted messages, rules and their specs, luacheck, shellcheck, layout
lint: lint-layers lint-size lint-messages lint-rules lint-lua lint-shell lint-format

lint-layers:
	tools/lint-layers $(BUILD)

lint-size:
	tools/lint-size

# Error texts are part of the interface: every one is quoted in a test.
lint-messages:
	$(LUA) tools/lint_messages.lua $(wildcard cdecl_parser/*.c) -- $(wildcard cdecl_parser/tests/*.def cdecl_parser/tests/check_*.c)
	$(LUA) tools/lint_messages.lua $(wildcard lua_ffi/*/*.c lua_ffi/*/*/*.c) -- $(SPECS)

# Every rule of the design is named by the spec that holds it.
SPECS = $(sort $(shell find spec -name '*_spec.lua'))

lint-rules:
	@$(LUA) tools/lint_rules.lua docs/design.md $(SPECS)

## which specs hold which rule of docs/design.md
rules:
	@$(LUA) tools/lint_rules.lua --list docs/design.md $(SPECS)

## docs/reference.md, from lib/cffi.d.lua, and the commands in docs/prompt.md
reference: $(CORE)
	$(RUN_ENV) $(LUA) tools/reference.lua >$(BUILD)/reference.md
	mv $(BUILD)/reference.md docs/reference.md
	$(MANUAL) prompt >$(BUILD)/prompt.md
	mv $(BUILD)/prompt.md docs/prompt.md

lint-lua:
	luacheck -q .busted bin/cffi $(wildcard lib spec examples bench tools/*.lua tools/monkey)

# What a shell runs, found by its first line.
SHELL_FILES = $(shell grep -lE -d skip '^#!.*[/ ](ba)?sh$$' .ci/* bin/* tools/* examples/static/*)

# .clang-format says what the code looks like, as version 14 reads it: others lay some things out
# differently and are not asked.
CLANG_FORMAT = $(firstword $(foreach name,clang-format-14 clang-format,$(shell command -v $(name))))
FORMATTED = $(filter-out cdecl_parser/fuzz/corpus/%,$(shell git ls-files '*.c' '*.h' 2>/dev/null))

lint-format:
	@if [ -z "$(FORMATTED)" ] || ! "$(or $(CLANG_FORMAT),false)" --version 2>&1 | grep -q 'version 14\.'; then \
		echo "lint-format: not done, for want of clang-format 14 or of git"; \
	else $(CLANG_FORMAT) --dry-run -Werror $(FORMATTED); fi

## the C files laid out as .clang-format says
format:
	$(CLANG_FORMAT) -i $(FORMATTED)

lint-shell:
	shellcheck $(SHELL_FILES)

# What compilers do is the oracle: random signatures called and called back, values and initialisers, and
# random declarations laid out (tools/parser.mk). `make test` calls the same 2,000 signatures each time; others,
# and more of them, by  make difftest N=50000 SEED=7
## random calls, values and layouts against gcc and clang; N=50000 SEED=7
difftest: difftest-abi difftest-value difftest-layout

## the calls and callbacks alone, N=2000 of them
difftest-abi: $(CORE)
	$(RUN_ENV) $(LUA) tools/abi_difftest.lua $(or $(N),2000) $(SEED)

## the casts and initialisers alone, right and spoilt, N=2000 of each
difftest-value: $(CORE)
	$(RUN_ENV) $(LUA) tools/value_difftest.lua $(or $(N),2000) $(SEED)

.PHONY: test test-clang test-debug test-generic test-machine test-lua test-programs check spec examples difftest difftest-abi \
	difftest-value
.PHONY: lint lint-layers lint-size lint-messages lint-rules rules lint-lua lint-shell lint-format format reference

# --- Testing with instruments ---------------------------------------------------------------------

# Each of these repeats the tests in an environment that makes a fault visible.

ASAN_FLAGS = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
ASAN_ENV = LD_PRELOAD="$(shell $(CC) -print-file-name=libasan.so)" UBSAN_OPTIONS=print_stacktrace=1 \
	ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
# Lua itself is not instrumented and frees nothing at exit when a spec ends with os.exit: leaks are
# looked for in the C tests, at the end of their one process, and by valgrind.
## Check suites and specs with AddressSanitizer and UBSan
asan:
	CK_FORK=no CK_TIMEOUT_MULTIPLIER=5 $(MAKE) --keep-going BUILD=$(BUILD)/asan CFLAGS="$(ASAN_FLAGS)" check asan-spec asan-value

asan-spec: PRELOAD = LD_PRELOAD="$(shell $(CC) -print-file-name=libasan.so)" ASAN_OPTIONS=detect_leaks=0
asan-spec: $(CORE) $(SNAPSHOT) $(SUPPORT)
	$(ASAN_ENV) $(BUSTED_RUN) --exclude-tags=exits $(SPEC)

asan-value: $(CORE)
	$(ASAN_ENV) $(RUN_ENV) $(LUA) tools/value_difftest.lua 1000 $(SEED)

VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite

## valgrind-check, valgrind-spec
valgrind:
	$(MAKE) --keep-going valgrind-check valgrind-spec

## the Check suites under valgrind
valgrind-check: $(CHECKS)
	CK_FORK=no CK_TIMEOUT_MULTIPLIER=20 $(VALGRIND) $(CHECKS)

## the specs under valgrind; SPEC=spec/callback for some
valgrind-spec: $(CORE) $(SUPPORT)
	$(RUN_ENV) $(VALGRIND) $(LUA) $(BUSTED_ARGS) --exclude-tags=x87,clock $(SPEC)

# The collector runs all the time: what nothing keeps alive dies at once.
## the specs with the collector always running
gcstress: $(CORE) $(SUPPORT)
	LUA_INIT_$(subst .,_,$(LUA_VERSION))='pcall(collectgarbage, "setpause", 0) pcall(collectgarbage, "param", "pause", 0) \
		pcall(collectgarbage, "incremental", 0, 200, 9)' $(BUSTED_RUN) $(SPEC)

.PHONY: asan asan-spec asan-value valgrind valgrind-check valgrind-spec gcstress

# --- Installing -----------------------------------------------------------------------------------

# The pages and what they link to, in the folders in which the links find it.
DOC_FILES = README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE bench/README.md lib/cffi.d.lua \
	$(wildcard docs/*.md examples/*.lua examples/README.md examples/system/* examples/static/*)

# $(call put,FILES,FROM,TO)
put = for file in $(1); do \
		mkdir -p "$$(dirname "$(DESTDIR)$(3)/$$file")" && \
		install -m 644 "$(2)/$$file" "$(DESTDIR)$(3)/$$file" || exit 1; \
	done

# The manual page and the shells' completion come from the tables that the command reads.
MANUAL = LUA_PATH="lib/?.lua;;" $(LUA) tools/manual.lua

# For C programs that have the module linked in: its header, the static library and what these need.
PC_LINES = 'Name: cffi' 'Description: foreign function interface for Lua $(LUA_VERSION), to be linked in' \
	'Version: $(VERSION)' 'Requires: $(shell tools/lua-config pc $(LUA_VERSION)) libffi' \
	'Cflags: -I$(INSTALL_INC)' 'Libs: -L$(INSTALL_LIB) -lcffi -ldl -lpthread -lm'

# The launcher names the interpreter that this system has.
## into PREFIX=/usr/local, below DESTDIR=; without symbols, unless STRIP=
install: $(CORE) $(SNAPSHOT) $(BUILD)/libcffi.a
	mkdir -p $(DESTDIR)$(INSTALL_CMOD)/cffi $(DESTDIR)$(INSTALL_BIN) $(DESTDIR)$(INSTALL_LIB)/pkgconfig $(BUILD)/install
	$(if $(strip $(STRIP)),$(STRIP) -S -o $(BUILD)/install/libcffi.a $(BUILD)/libcffi.a,cp $(BUILD)/libcffi.a $(BUILD)/install)
	install -m 644 $(BUILD)/install/libcffi.a $(DESTDIR)$(INSTALL_LIB)/libcffi.a
	printf '%s\n' $(PC_LINES) >$(DESTDIR)$(INSTALL_LIB)/pkgconfig/cffi.pc
	$(if $(strip $(STRIP)),$(STRIP) -S -x -o $(BUILD)/install/core.so $(CORE),cp $(CORE) $(BUILD)/install/core.so)
	install -m 755 $(BUILD)/install/core.so $(DESTDIR)$(INSTALL_CMOD)/cffi/core.so
	install -m 644 $(SNAPSHOT) $(DESTDIR)$(INSTALL_CMOD)/cffi/posix.headers
	$(call put,cffi.h,include,$(INSTALL_INC))
	$(call put,$(LUA_FILES),lib,$(INSTALL_LMOD))
	$(call put,$(DOC_FILES),.,$(INSTALL_DOC))
	sed '1s,.*,#!/usr/bin/env $(LUA),' bin/cffi >$(BUILD)/install/cffi
	install -m 755 $(BUILD)/install/cffi $(DESTDIR)$(INSTALL_BIN)/cffi
	mkdir -p $(addprefix $(DESTDIR),$(INSTALL_MAN) $(INSTALL_MAN3) $(INSTALL_BASH) $(INSTALL_ZSH))
	$(MANUAL) man >$(DESTDIR)$(INSTALL_MAN)/cffi.1
	$(MANUAL) man3 >$(DESTDIR)$(INSTALL_MAN3)/cffi.3lua
	$(MANUAL) bash >$(DESTDIR)$(INSTALL_BASH)/cffi
	$(MANUAL) zsh >$(DESTDIR)$(INSTALL_ZSH)/_cffi

## removes what install brought, and folders of ours that are empty then
uninstall:
	rm -f $(DESTDIR)$(INSTALL_BIN)/cffi $(DESTDIR)$(INSTALL_INC)/cffi.h $(DESTDIR)$(INSTALL_CMOD)/cffi/core.so \
		$(addprefix $(DESTDIR)$(INSTALL_LIB)/,libcffi.a pkgconfig/cffi.pc) \
		$(DESTDIR)$(INSTALL_CMOD)/cffi/posix.headers \
		$(addprefix $(DESTDIR),$(INSTALL_MAN)/cffi.1 $(INSTALL_MAN3)/cffi.3lua $(INSTALL_BASH)/cffi $(INSTALL_ZSH)/_cffi) \
		$(addprefix $(DESTDIR)$(INSTALL_LMOD)/,$(LUA_FILES)) \
		$(addprefix $(DESTDIR)$(INSTALL_DOC)/,$(DOC_FILES))
	for folder in $(INSTALL_CMOD)/cffi $(INSTALL_LMOD)/cffi $(INSTALL_DOC); do \
		[ ! -d $(DESTDIR)$$folder ] || find $(DESTDIR)$$folder -depth -type d -empty -exec rmdir {} \;; \
	done

.PHONY: install uninstall

# --- Finding out ----------------------------------------------------------------------------------

# What stands after two hashes says what the target below it does.
## these lines
help:
	@awk '/^# --- / { gsub(/^# --- | -+$$/, ""); group = $$0 } \
		/^## / { text = substr($$0, 4) } \
		/^[a-z][a-z-]*:/ && text { \
			if (group != shown) printf "\n%s\n", shown = group; \
			printf "  make %-16s %s\n", substr($$1, 1, index($$1, ":") - 1), text; text = "" \
		}' $(filter Makefile %.mk,$(MAKEFILE_LIST))

.PHONY: help
.DELETE_ON_ERROR:

include bench/bench.mk
include tools/parser.mk
include tools/callbacks.mk
include tools/monkey.mk
include tools/package.mk
include tools/proof.mk
-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d $(BUILD)/*/*/*/*.d)
