-- Tables for pointers to const: arrays and structs of one call (docs/design.md S22).
local cffi = require "cffi"
local support = require "support"

local raises = support.raises
local ffi = cffi.scope()

-- The functions are libc's own, under prototypes that say what their pointers point to.
ffi.cdef [[
    typedef struct temporary_piece { void *base; size_t size; } temporary_piece;
    struct temporary_pair { struct temporary_piece first, second; };
    int pipe(int fds[2]);
    int close(int fd);
    long read(int fd, void *to, size_t size);
    long writev(int fd, const struct temporary_piece *pieces, int n);
    int posix_spawnp(int *pid, const char *file, const void *actions, const void *attributes,
        char *const argv[], const char *const *env);
    int waitpid(int pid, int *status, int options);
    int nanosleep(const struct timespec *request, struct timespec *rest);
    int same_ints(const int *a, const int *b, size_t size) __asm__("memcmp");
    int same_doubles(const double (*a)[2], const void *b, size_t size) __asm__("memcmp");
    bool find(const int *key, const int *list, size_t n, size_t size,
        int (*compare)(const int *, const int *)) __asm__("bsearch");
    int write_ints(int *to, const int *from, size_t size) __asm__("memcmp");
    int write_piece(struct temporary_piece *to) __asm__("abs");
    int write_names(char **to) __asm__("abs");
    int opaque(const struct temporary_opaque *) __asm__("abs");
    int fn(int (*)(int)) __asm__("abs");
    int need(const int *) __asm__("abs") __attribute__((nonnull));
    int snprintf(char *, size_t, const char *, ...);
    typedef long deep(const int *const *lists, const char *const *names, const temporary_piece *pieces);
]]
local C = ffi.C

local function piped(...)
    local fds, buffer = ffi.new "int[2]", ffi.new "char[100]"
    assert(C.pipe(fds) == 0)
    local n = C.writev(fds[1], ...)
    C.close(fds[1])
    local got = ffi.string(buffer, C.read(fds[0], buffer, 100))
    C.close(fds[0])
    return got, n
end

describe("a list for a pointer to const", function()
    it("is an array for the call", function()
        local ints = ffi.new("int[3]", {1, 2, 3})
        assert.equal(0, C.same_ints({1, 2, 3}, ints, 12))
        assert.equal(0, C.same_ints(ints, {[0] = 1, 2, 3}, 12))
        assert.not_equal(0, C.same_ints({1, 2, 4}, ints, 12))
        assert.equal(0, C.same_ints({}, {0}, 4)) -- one zeroed element more
        assert.equal(0, C.same_ints({1}, {1, 0}, 8)) -- one value does not fill the array
        assert.equal(0, C.same_doubles({{1, 2}, {3, 4.5}}, ffi.new("double[4]", 1, 2, 3, 4.5), 32))
    end)

    it("lives until C returns, whatever a callback does", function()
        local key, list = {3}, {1, 2, 3, 4}
        local seen = 0
        assert.is_true(C.find(key, list, 4, 4, function(a, b)
            key[1], list[1], list[3] = 0, 0, 0
            for _ = 1, 5 do collectgarbage() end
            seen = seen + 1
            return a[0] - b[0]
        end))
        assert.is_true(seen > 0)
    end)

    it("copies its strings, and ends in NULL", function()
        local pid, status = ffi.new "int[1]", ffi.new "int[1]"
        local function run(argv, env)
            assert.equal(0, C.posix_spawnp(pid, "sh", nil, nil, argv, env))
            assert.equal(pid[0], C.waitpid(pid[0], status, 0))
            return status[0] >> 8
        end
        assert.equal(2, run({"sh", "-c", "exit $#", "sh", "a", "b"}, {}))
        assert.equal(7, run({"sh", "-c", "exit $CODE"}, {"PATH=/bin:/usr/bin", "CODE=7"}))
        assert.equal(3, run({"sh", ffi.new("char[3]", "-c"), "exit 3"}, nil))
    end)

    it("holds what its elements point to, in lists within lists too", function()
        local read = {}
        local cb <close> = ffi.callback("deep", function(lists, names, pieces)
            collectgarbage()
            for i = 0, 1 do
                for j = 0, 1 do read[#read + 1] = lists[i][j] end
                read[#read + 1] = ffi.string(names[i])
                read[#read + 1] = ffi.string(pieces[i].base, pieces[i].size)
            end
            read.ends = {n = 3, lists[2], names[2], pieces[2].base}
            return 5
        end)
        assert.equal(5, cb({{1, 2}, ffi.new("int[2]", 3, 4)}, {"x" .. 1, ffi.new("char[3]", "yz")},
            {{"a\0b", 3}, ffi.new("temporary_piece", {ffi.new("char[2]", "cd"), 2})}))
        assert.same({1, 2, "x1", "a\0b", 3, 4, "yz", "cd", ends = {n = 3}}, read)
    end)

    it("of structs is known by its first element", function()
        local text, n = piped({{"one ", 4}, {size = 3, base = "two"}, ffi.new "temporary_piece"}, 3)
        assert.same({"one two", 7}, {text, n})
        assert.same({"whole", 5}, {piped({base = "whole", size = 5}, 1)})
        assert.same({"whole", 5}, {piped({"whole", 5}, 1)})
    end)
end)

describe("a table for a pointer to a const struct", function()
    it("is a struct for the call", function()
        assert.equal(0, C.nanosleep({tv_nsec = 1000}, nil))
        assert.equal(0, C.nanosleep({0, 1}, nil))
        assert.equal(0, C.nanosleep({}, nil))
        assert.equal(-1, C.nanosleep({tv_nsec = -1}, nil))
    end)
end)

describe("a table for a pointer", function()
    local names = "(int posix_spawnp(int *pid, const char *file, const void *actions, const void *attributes, \z
        char *const *argv, const char *const *env))"

    it("names the part that does not convert", function()
        local size = ffi.abi "64bit" and "unsigned long" or "unsigned int"
        local pid = ffi.new "int[1]"
        local function spawn(...) C.posix_spawnp(pid, "true", nil, nil, ...) end
        raises("bad argument #5 to 'posix_spawnp' " .. names
            .. ": element [2]: cannot convert integer 5 to 'char *const'", spawn, {"true", 5}, {})
        raises("bad argument #6 to 'posix_spawnp' " .. names
            .. ": element [0]: the string contains a zero byte at position 2; \z
            ffi.cast(\"const char *\", s) passes it whole", spawn, {"true"}, {[0] = "a\0b"})
        raises("bad argument #1 to 'nanosleep' (int nanosleep(const struct timespec *request, "
            .. "struct timespec *rest)): field 'tv_nsec': number 0.5 is not an integer, as 'long' needs",
            C.nanosleep, {tv_nsec = 0.5}, nil)
        raises("bad argument #2 to 'writev' (long writev(int fd, const struct temporary_piece *pieces, int n)): "
            .. ("element [2].size: cannot convert string \"3\" to '%s'"):format(size),
            C.writev, 1, {{"a", 1}, {"b", "3"}}, 2)
        local cb <close> = ffi.callback("long (*)(const struct temporary_pair *)", function() return 0 end)
        raises("bad argument #1 to 'long (const struct temporary_pair *)': "
            .. ("field 'second.size': integer -1 does not fit '%s' (%d bits); "
            .. "if its bits are meant: ffi.cast(\"%s\", v)"):format(size, 8 * ffi.sizeof "size_t", size),
            function() ffi.overflow "strict" cb({second = {size = -1}}) end)
        ffi.overflow "fit"
        local deep <close> = ffi.callback("deep", function() return 0 end)
        raises("bad argument #1 to 'long (const int *const *, const char *const *, const struct temporary_piece *)': "
            .. "element [1][3]: cannot convert boolean true to 'const int'",
            function() deep({{1, 2, true}}, nil, nil) end)
    end)

    it("is refused where C may write, with what to use instead", function()
        local said = "bad argument #1 to 'write_ints' (int write_ints(int *to, const int *from, "
            .. "size_t size) __asm__(\"memcmp\")): "
        raises(said .. "'int *' may be written through, and a table is copied: use ffi.new(\"int[?]\", #t, t)",
            C.write_ints, {1}, {1}, 4)
        raises(said .. "'int *' may be written through, and a table is copied: use ffi.new(\"int[1]\")",
            C.write_ints, {}, {1}, 4)
        raises("bad argument #1 to 'write_piece' (int write_piece(struct temporary_piece *to) __asm__(\"abs\")): \z
            'struct temporary_piece *' may be written through, and a table is copied: \z
            use ffi.new(\"struct temporary_piece\", t)", C.write_piece, {})
        raises("bad argument #1 to 'write_names' (int write_names(char **to) __asm__(\"abs\")): \z
            'char **' may be written through, and a table is copied: use ffi.new(\"char *[?]\", #t, t)",
            C.write_names, {"a"})
    end)

    it("is refused where its type is not known", function()
        raises("bad argument #4 to 'posix_spawnp' " .. names .. ": a table has no C type of its own, which "
            .. "'const void *' needs: use ffi.new(\"TYPE[?]\", #t, t)", C.posix_spawnp, nil, "", nil, {}, {}, {})
        raises("bad argument #1 to 'opaque' (int opaque(const struct temporary_opaque *) __asm__(\"abs\")): "
            .. "cannot convert table to 'const struct temporary_opaque *'", C.opaque, {})
        raises("bad argument #1 to 'fn' (int fn(int (*)(int)) __asm__(\"abs\")): "
            .. "cannot convert table to 'int (*)(int)'", C.fn, {})
        raises("bad argument #3 to 'snprintf' (int snprintf(char *, size_t, const char *, ...)): "
            .. "cannot convert table to 'const char *'", C.snprintf, nil, 0, {37, 115}, 5)
    end)

    it("is no NULL, and no list where it stands for an address or a number", function()
        assert.is_true(pcall(C.need, {1}))
        local ints = ffi.new("int[1]", 5)
        local object = setmetatable({}, {__cffi_pointer = function() return ints end})
        assert.equal(0, C.same_ints(object, {5}, 4))
        local big = setmetatable({}, {__cffi_integer = function() return 5 end})
        assert.equal(0, C.same_ints({big, 6}, {5, 6}, 8))
        raises("bad argument #1 to 'same_ints' (int same_ints(const int *a, const int *b, "
            .. "size_t size) __asm__(\"memcmp\")): "
            .. "cannot convert table to 'const int *'", C.same_ints, big, ints, 4)
    end)

    it("is refused where it would have to live longer", function()
        local cell = ffi.new "const int *[1]"
        raises("element 0 of 'const int *[1]': cannot convert table to 'const int *'",
            function() cell[0] = {1} end)
        raises("cannot convert table to 'const int *'", ffi.cast, "const int *", {1})
    end)
end)

describe("wrong initialisers in a table that is an argument", function()
    it("name the argument and the way to the part", function()
        ffi.cdef "int take_nested(const struct temporary_pair *) __asm__(\"abs\");"
        local argument = "bad argument #1 to 'take_nested' (int take_nested(const struct temporary_pair *) "
            .. "__asm__(\"abs\")): "
        for text, value in pairs {
            ["'struct temporary_pair' has no member 'third' (members: first, second)"] = { third = 1 },
            ["field 'second': 'struct temporary_piece' has no member 'sise' (did you mean 'size'?)"] =
                { second = { sise = 1 } },
            ["field 'first': too many initializers for 'struct temporary_piece'"] =
                { first = { ffi.new "int[1]", 2, 3 } },
            ["element [2].second: initializer for 'struct temporary_piece' mixes positions and the name 'size'"] =
                { {}, { second = { ffi.new "int[1]", size = 1 } } },
            ["field 'second': initializer for 'struct temporary_piece' has a key that is no member name: 2.5"] =
                { second = { [2.5] = 1 } },
        } do
            raises(argument .. text, C.take_nested, value)
        end
        raises("'struct temporary_piece' has no member 'sise' (did you mean 'size'?)", ffi.new,
            "struct temporary_pair", { second = { sise = 1 } })
    end)
end)
