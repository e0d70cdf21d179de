# cffi: build, test, install. `make repl` and `make test` are the two commands of the README.

CC ?= cc
LUA ?= lua5.4
BUILD ?= build
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wundef \
	-Wvla -Wwrite-strings -Wswitch-enum
PKG_CFLAGS := $(shell pkg-config --cflags lua5.4 libffi 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs libffi 2>/dev/null)
ALL_CFLAGS = -std=c11 -fPIC -fvisibility=hidden $(WARNINGS) $(CFLAGS) -MMD -MP

CDECL_OBJ = $(patsubst cdecl_parser/%.c,$(BUILD)/cdecl_parser/%.o,$(wildcard cdecl_parser/*.c))
LFFI_OBJ = $(patsubst lua_ffi/%.c,$(BUILD)/lua_ffi/%.o,$(wildcard lua_ffi/*.c))

all: $(BUILD)/cffi/core.so

parser: $(BUILD)/libcdecl.a

$(BUILD)/cdecl_parser/%.o: cdecl_parser/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -D_GNU_SOURCE -c -o $@ $<

$(BUILD)/libcdecl.a: $(CDECL_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/lua_ffi/%.o: lua_ffi/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -D_GNU_SOURCE -Icdecl_parser $(PKG_CFLAGS) -c -o $@ $<

$(BUILD)/cffi/core.so: $(LFFI_OBJ) $(BUILD)/libcdecl.a
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-z,nodelete -o $@ $(LFFI_OBJ) $(BUILD)/libcdecl.a $(PKG_LIBS) -ldl -lpthread -lm

clean:
	rm -rf $(BUILD)

.PHONY: all parser clean
-include $(wildcard $(BUILD)/*/*.d)
