-- Declarations that say how to call (docs/design.md S24). What is refused at the declaration is in
-- cdecl_parser/tests/errors.def.
local ffi = require "cffi"
local support = require "support"

local raises = support.raises
local LONG64 = ffi.sizeof "long" == 8

local scope = ffi.scope()
scope.cdef [==[
    struct box;
    [[cffi::errno, cffi::owned(an_free)]] struct box *an_new(int value);
    int an_free(struct box *box);
    int an_value(const struct box *box);
    int an_alive(void);
    [[cffi::status(0, an_text_of)]] int an_open(int value, [[cffi::out, cffi::owned(an_free)]] struct box **box);
    const char *an_text_of(int code);
    enum an_result { AN_FINE, AN_BAD = 7 };
    [[cffi::status(AN_FINE)]] enum an_result an_enum(int code);
    [[cffi::count]] int an_fill([[cffi::out(room)]] char *to, int room, int claim);
    long an_squares([[cffi::out(room)]] int *to, long room);
    [[cffi::status(0)]] int an_letters([[cffi::out(room)]] char *to, int *room, int claim);
    int an_used([[cffi::out(room)]] int *to, size_t *room, size_t claim);
    int an_sum([[cffi::in(n)]] const int *values, int n);
    int an_small([[cffi::in(n), cffi::nullable]] const void *data, signed char n);
    int an_differences([[cffi::in(n)]] const char *a, [[cffi::in(n)]] const char *b, int n);
    void an_upper([[cffi::in(n)]] const char *from, [[cffi::out(n)]] char *to, size_t n);
    [[cffi::string(size)]] const void *an_bytes(long *size, int lie);
    enum an_bits { AN_READ = 1, AN_WRITE = 2, AN_APPEND = 4 };
    int an_flags([[cffi::flags(enum an_bits)]] unsigned flags);
    int an_three(int a, [[cffi::default(2.5)]] double b, [[cffi::default("xyz")]] const char *c);
    void an_swap([[cffi::inout]] int *a, [[cffi::inout]] int *b);
    int an_many(const char *first, [[cffi::out]] int *out, ...);
    [[cffi::string(an_forget)]] char *an_copy(const char *text, int error_number);
    void an_forget(char *text);
    int an_texts(void);
    void an_listen(int (*callback)(int));
    [[cffi::errno(-1)]] int an_tell(int what);
]==]
local lib = scope.load(support.library "annotated")
local C = ffi.scope()
C.cdef [==[
    [[cffi::errno(-1)]] int open(const char *path, int flags, ...);
    [[cffi::errno]] int close(int fd);
    [[cffi::errno(-1)]] int pipe([[cffi::out]] int fds[2]);
    [[cffi::errno(-1)]] ssize_t write(int fd, [[cffi::in(count)]] const void *data, size_t count);
    [[cffi::fails(-1), cffi::count]] ssize_t read(int fd, [[cffi::out(count)]] void *data, size_t count);
    [[cffi::string]] char *getenv(const char *name);
    [[cffi::string(free)]] char *strdup(const char *s);
    [[cffi::errno, cffi::owned(fclose)]] FILE *fopen(const char *path, const char *mode);
    int fclose(FILE *file);
    [[cffi::errno]] char *getcwd([[cffi::out(size), cffi::string]] char *buf, size_t size);
    double frexp(double x, [[cffi::out]] int *exponent);
    double modf(double x, [[cffi::out]] double *whole);
    long strtol(const char *text, [[cffi::out]] char **end, [[cffi::default(10)]] int base);
    struct tm *gmtime_r([[cffi::inout]] time_t *t, [[cffi::out]] struct tm *tm);
    [[cffi::count]] size_t strftime([[cffi::out(max)]] char *s, size_t max, const char *format, const struct tm *tm);
    void qsort(void *base, size_t n, size_t size, [[cffi::scoped]] int (*compare)(const void *, const void *));
]==]
C = C.C

describe("errno and fails", function()
    it("make a failure nil, message and code; all else comes back, 0 too", function()
        assert.same({ nil, "No such file or directory", 2 }, { C.open("/nonexistent", 0) })
        local fd = C.open("/dev/null", 1)
        assert.equal("integer", math.type(fd))
        assert.equal(5, C.write(fd, "hello"))
        assert.equal(0, C.close(fd))
        assert.same({ nil, "Bad file descriptor", 9 }, { C.close(fd) })
        assert.equal(1, select("#", C.open("/dev/null", 0)))
        assert.same({ nil, "Invalid argument", 22 }, { lib.an_new(-1) })
    end)

    it("are told from what callbacks have raised and set", function()
        local result = -1
        local callback = scope.cast("int (*)(int)", function(what)
            ffi.errno(what + 1)
            if result == nil then error({ what }) end
            return result
        end)
        assert.equal(0, lib.an_tell(3))
        lib.an_listen(callback)
        assert.same({ nil, "Input/output error", 5 }, { lib.an_tell(4) })
        result = 9
        assert.equal(9, lib.an_tell(4))
        result = nil
        local ok, message = pcall(lib.an_tell, 8)
        assert.is_false(ok)
        assert.same({ 8 }, message)
        lib.an_listen(nil)
        callback:free()
        assert.equal(0, lib.an_tell(4))
        raises("bad argument #1 to 'an_tell' (int an_tell(int what)): cannot convert string \"4\" to 'int'",
            lib.an_tell, "4")
        raises("wrong number of arguments to 'an_tell' (int an_tell(int what)): expected 1, got 2", lib.an_tell,
            1, 2)
    end)

    it("are NULL of pointers", function()
        assert.same({ nil, "No such file or directory", 2 }, { C.fopen("/nonexistent", "r") })
        assert.same({ nil, "Numerical result out of range", 34 }, { C.getcwd(1) })
    end)
end)

describe("status", function()
    it("disappears when it is fine", function()
        local box = lib.an_open(5)
        assert.equal(5, lib.an_value(box))
        assert.equal(1, select("#", lib.an_open(5)))
        assert.same({ true }, { lib.an_enum(0) })
    end)

    it("is nil, message and code otherwise", function()
        assert.same({ nil, "cannot open it", 14 }, { lib.an_open(-1) })
        assert.same({ nil, "'an_enum' returned AN_BAD", 7 }, { lib.an_enum(7) })
        assert.same({ nil, "'an_enum' returned 3", 3 }, { lib.an_enum(3) })
        local other = scope.scope()
        other.cdef "[[cffi::status(0, an_text_of)]] int an_value(int *); const char *an_text_of(int);"
        local number = other.load(support.library "annotated")
        assert.same({ nil, "'an_value' returned 3", 3 }, { number.an_value(other.new("int[1]", 3)) })
        other = ffi.scope()
        other.cdef "[[cffi::status(0, strerror)]] int close(int);"
        assert.same({ nil, "Bad file descriptor", 9 }, { other.C.close(-1) })
    end)
end)

describe("string", function()
    it("copies the result, and frees it", function()
        assert.equal(os.getenv "HOME", C.getenv "HOME")
        assert.is_nil((C.getenv "no such name"))
        assert.equal("abc", C.strdup "abc")
        for _, size in ipairs { 0, 1, 255, 256, 257, 100000 } do
            assert.equal(("x"):rep(size), C.strdup(("x"):rep(size)))
        end
    end)

    it("is freed with errno as the function left it, whatever frees it does", function()
        local before = lib.an_texts()
        for _ = 1, 3 do -- the first call looks up what frees
            for _, size in ipairs { 0, 5, 255, 256, 1000 } do
                assert.equal(("y"):rep(size), lib.an_copy(("y"):rep(size), 5))
                assert.equal(5, ffi.errno())
                assert.equal(before, lib.an_texts())
            end
            assert.is_nil(lib.an_copy(nil, 6))
            assert.equal(6, ffi.errno())
            assert.equal(before, lib.an_texts())
        end
    end)

    it("is freed while callbacks run, whose errors are raised", function()
        local told, failure = {}, nil
        local callback = scope.cast("int (*)(int)", function(what)
            told[#told + 1] = what
            if what == failure then error(failure, 0) end
            return 0
        end)
        assert.equal("abc", lib.an_copy("abc", 0))
        lib.an_listen(callback)
        assert.equal("abc", lib.an_copy("abc", 0))
        assert.same({ 1, 2 }, told)
        for i = 1, 2 do
            failure = i
            local ok, message = pcall(lib.an_copy, "abc", 0)
            assert.is_false(ok)
            assert.equal(i, message)
        end
        lib.an_listen(nil)
        callback:free()
        assert.equal("abc", lib.an_copy("abc", 0))
    end)

    it("has the length that a parameter holds", function()
        assert.equal("a\0b\0", lib.an_bytes(0))
        raises("'an_bytes' (const void *an_bytes(long *size, int lie)) gave -5 as the length of its result",
            lib.an_bytes, 1)
    end)
end)

describe("owned", function()
    it("frees what nobody refers to, once #close", function()
        collectgarbage()
        collectgarbage()
        local before = lib.an_alive()
        local box = lib.an_new(3)
        assert.equal(before + 1, lib.an_alive())
        assert.equal(3, lib.an_value(box))
        box = nil -- luacheck: ignore
        support.gc()
        assert.equal(before, lib.an_alive())
        do
            local closed <close> = lib.an_new(4) -- luacheck: ignore
            local opened <close> = lib.an_open(4) -- luacheck: ignore
            assert.equal(before + 2, lib.an_alive())
        end
        assert.equal(before, lib.an_alive())
    end)

    it("is disarmed by passing it to the function", function()
        support.gc()
        local before = lib.an_alive()
        local box = lib.an_new(3)
        lib.an_free(box)
        assert.equal(before, lib.an_alive())
        box = nil -- luacheck: ignore
        support.gc()
        assert.equal(before, lib.an_alive())
        local file = C.fopen("/dev/null", "r")
        assert.equal(0, C.fclose(file))
        raises("bad argument #1 to 'an_free' (int an_free(struct box *box)): cannot convert integer 3 to "
            .. "'struct box *'", lib.an_free, 3)
    end)

    it("is a finaliser: taken, exchanged, run once, collected with a function that refers to it #close", function()
        local before = lib.an_alive()
        local freed = {}
        for i, make in ipairs { lib.an_new, lib.an_open } do
            local kept, closed = make(1), make(3)
            do local _ <close> = closed end -- luacheck: ignore
            do local _ <close> = closed end -- luacheck: ignore
            assert.equal(before + 1, lib.an_alive())
            ffi.gc(kept, nil)
            do
                local other = make(2)
                ffi.gc(other, function()
                    freed[i] = lib.an_value(other)
                    lib.an_free(other)
                end)
            end
            support.gc()
            assert.equal(before + 1, lib.an_alive())
            assert.equal(2, freed[i])
            lib.an_free(kept)
        end
        assert.equal(before, lib.an_alive())
    end)

    it("frees what a failed call gave", function()
        local before = lib.an_alive()
        assert.is_nil((lib.an_open(-8)))
        assert.equal(before, lib.an_alive())
        assert.is_nil((lib.an_open(13)))
        support.gc()
        assert.equal(before, lib.an_alive())
    end)

    it("names functions that are looked up when first needed", function()
        local other = ffi.scope()
        other.cdef "[[cffi::owned(nowhere)]] void *malloc(size_t);"
        raises("cannot call 'malloc' (void *malloc(size_t)): 'nowhere', which its attributes name: is not declared",
            function() other.C.malloc(3) end)
        other.cdef "int fre; [[cffi::owned(fre)]] void *realloc(void *, size_t); void anfree2(void *); "
        raises("cannot call 'realloc' (void *realloc(void *, size_t)): 'fre', which its attributes name: "
            .. "is no function",
            function() other.C.realloc(nil, 3) end)
        other.cdef [==[ [[cffi::string(anfree)]] char *strdup(const char *);
            [[cffi::string(anfree2)]] char *getenv(const char *); ]==]
        raises("cannot call 'strdup' (char *strdup(const char *)): 'anfree', which its attributes name: "
            .. "is not declared (did you mean 'anfree2'?)", function() other.C.strdup "x" end)
        raises("cannot call 'getenv' (char *getenv(const char *)): 'anfree2', which its attributes name: "
            .. "no library has it", function() other.C.getenv "HOME" end)
    end)
end)

describe("out and inout", function()
    it("follow the result, in the order of parameters", function()
        assert.same({ 0.5, 4 }, { C.frexp(8) })
        assert.same({ 0.25, 3.0 }, { C.modf(3.25) })
        local number, rest = C.strtol("12ab")
        assert.equal(12, number)
        assert.equal("cdata<char *>", (tostring(rest):gsub(":.*", "")))
        assert.same({ 2, 1 }, { lib.an_swap(1, 2) })
        assert.same({ 1, 3 }, { lib.an_many("abc", 5, 0.5, "x") })
    end)

    it("are owned objects of structs and arrays; a result that leads there is left out", function()
        local t, tm = C.gmtime_r(86400)
        assert.equal(86400, t)
        assert.equal(70, tm.tm_year)
        assert.equal(2, select("#", C.gmtime_r(0)))
        local zero, fds = C.pipe()
        assert.equal(0, zero)
        assert.equal(2, #fds)
        assert.equal(5, C.write(fds[1], "hello"))
        assert.equal("hel", C.read(fds[0], 3))
        assert.equal("lo", C.read(fds[0], 100))
        C.close(fds[0])
        C.close(fds[1])
        local other = ffi.scope()
        other.cdef [==[ struct box { int value; };
            void an_move([[cffi::inout]] struct box *box, [[cffi::inout]] long double *sum,
                [[cffi::inout]] int by[3]);]==]
        local box, sum, by = other.load(support.library "annotated").an_move({ 3 }, 1.5, { 4, 0 })
        assert.equal(7, box.value)
        assert.equal(8.5, sum)
        assert.same({ 4, 0, 99 }, { by[0], by[1], by[2] })
    end)

    it("need complete types", function()
        local other = ffi.scope()
        other.cdef "struct nobody; int abs([[cffi::out]] struct nobody *p);"
        raises("cannot call 'abs': parameter 1 comes back, but 'struct nobody' is incomplete",
            function() return other.C.abs end)
    end)

    it("own what not too many functions free", function()
        local other, list = ffi.scope(), {}
        for i = 1, 1001 do
            list[i] = "[[cffi::out, cffi::owned(free)]] void **p" .. i
        end
        other.cdef("void abs(" .. table.concat(list, ", ") .. ");")
        raises("cannot call 'abs': more than 1000 functions own what comes back",
            function() return other.C.abs end)
    end)
end)

describe("in", function()
    it("takes strings, arrays and lists, whose length nobody types", function()
        assert.equal(6, lib.an_sum { 1, 2, 3 })
        assert.equal(0, lib.an_sum {})
        assert.equal(6, lib.an_sum(ffi.new("int[3]", { 1, 2, 3 })))
        local values = ffi.new("int[4]", { 1, 2, 3, 4 })
        assert.equal(9, lib.an_sum(values + 1))
        assert.equal(0, lib.an_differences("a\0b", "a\0b"))
        assert.equal(1, lib.an_differences("abc", ffi.new("char[3]", "abd")))
        assert.equal(2, lib.an_small(ffi.new "short[1]"))
        assert.equal("AB\0C", lib.an_upper "ab\0c")
    end)

    it("takes nil where it is nullable", function()
        assert.equal(-1, lib.an_small(nil))
        raises("bad argument #1 to 'an_sum' (int an_sum(const int *values, int n)): nil is no buffer, "
            .. "whose length is 'n'",
            lib.an_sum, nil)
    end)

    it("refuses what has no known length, and lengths that do not fit or agree", function()
        raises("bad argument #1 to 'an_sum' (int an_sum(const int *values, int n)): nobody knows how long 'int *' is, "
            .. "as 'n' needs: pass a string, an array or a list", lib.an_sum, ffi.cast("int *", 8))
        raises("bad argument #1 to 'an_sum' (int an_sum(const int *values, int n)): cannot convert string \"abc\" to "
            .. "'const int *': wide characters are ffi.new(\"int[?]\", #s + 1, {utf8.codepoint(s, 1, -1)})",
            lib.an_sum, "abc")
        raises("bad argument #1 to 'an_sum' (int an_sum(const int *values, int n)): cannot convert 'short[2]' to "
            .. "'const int *'", lib.an_sum, ffi.new "short[2]")
        raises("bad argument #1 to 'an_small' (int an_small(const void *data, signed char n)): its length 200 does not "
            .. "fit 'signed char' of parameter 'n'", lib.an_small, ("x"):rep(200))
        raises("bad argument #2 to 'an_differences' (int an_differences(const char *a, const char *b, int n)): "
            .. "its length is 2, but that of parameter 'a' is 3: 'n' is one for both", lib.an_differences, "abc", "ab")
    end)
end)

describe("out(length)", function()
    it("gives strings and arrays, cut to what C says", function()
        assert.equal("xxx", lib.an_fill(10, 3))
        assert.equal("", lib.an_fill(0, 0))
        local squares = lib.an_squares(10)
        assert.equal(5, #squares)
        assert.equal(16, squares[4])
        assert.equal(3, #lib.an_squares(3))
        local zero, used = lib.an_used(5, 2)
        assert.equal(0, zero)
        assert.same({ 2, 1, 2 }, { #used, used[0], used[1] })
        assert.equal("1970", (C.strftime(100, "%Y", ffi.new "struct tm[1]"):gsub("1900", "1970")))
        local handle <close> = assert(io.popen "pwd -P")
        assert.equal(handle:read "l", C.getcwd(4096))
    end)

    it("refuses lengths that are none", function()
        raises("bad argument #1 to 'an_fill' (int an_fill(char *to, int room, int claim)): length -1 of parameter "
            .. "'to' is negative", lib.an_fill, -1, 0)
        raises("bad argument #2 to 'read' (ssize_t read(int fd, void *data, size_t count)): length "
            .. (LONG64 and "-1 of parameter 'data' is negative" or "4294967295 of parameter 'data' is too large"),
            C.read, 0, -1)
        raises("bad argument #1 to 'an_squares' (long an_squares(int *to, long room)): " .. (LONG64
            and "length 9223372036854775807 of parameter 'to' is too large"
            or "integer 9223372036854775807 does not fit 'long' (32 bits)"), lib.an_squares, math.maxinteger)
        raises(LONG64 and "not enough memory for 'char[?]' (1000000000000000 bytes)"
            or "bad argument #2 to 'read' (ssize_t read(int fd, void *data, size_t count)): integer 1000000000000000 "
            .. "does not fit 'unsigned int' (32 bits)", C.read, 0, 1000000000000000)
    end)

    it("has a capacity that C lowers to what it used, whatever its size", function()
        for _, size in ipairs { 0, 1, 26, 4096, 4097, 2 ^ 20 | 0, (2 ^ 20 | 0) + 1 } do
            assert.equal(("abcdefghijklmnopqrstuvwxyz"):rep(size // 26 + 1):sub(1, size),
                lib.an_letters(size, size))
            assert.equal(size > 0 and "a" or "", lib.an_letters(size, math.min(size, 1)))
        end
        assert.same({ nil, "'an_letters' returned -101", -101, n = 3 }, table.pack(lib.an_letters(10, -101)))
        assert.equal("abc", lib.an_letters(10.0, 3))
        raises("'an_letters' (int an_letters(char *to, int *room, int claim)) gave 11 as what it wrote to parameter "
            .. "'to', which has room for 10", lib.an_letters, 10, 11)
        raises("'an_letters' (int an_letters(char *to, int *room, int claim)) gave -1 as what it wrote to parameter "
            .. "'to'; if that is a failure: errno(-1)", lib.an_letters, 10, -1)
        raises("bad argument #1 to 'an_letters' (int an_letters(char *to, int *room, int claim)): length -3 of "
            .. "parameter 'to' is negative", lib.an_letters, -3, 0)
        assert.is_false((pcall(lib.an_letters, 2 ^ 31 | 0, 0)))
    end)

    it("refuses counts beyond the buffer", function()
        raises("'an_fill' (int an_fill(char *to, int room, int claim)) gave 11 as what it wrote to parameter 'to', "
            .. "which has room for 10", lib.an_fill, 10, 11)
        raises("'an_fill' (int an_fill(char *to, int room, int claim)) gave -2 as what it wrote to parameter 'to'; "
            .. "if that is a failure: errno(-2)", lib.an_fill, 10, -2)
        raises("'an_used' (int an_used(int *to, size_t *room, size_t claim)) gave 6 as what it wrote to parameter "
            .. "'to', which has room for 5", lib.an_used, 5, 6)
    end)

    it("takes large buffers", function()
        local zero <close> = assert(io.open("/dev/zero"))
        local fd = C.open("/dev/zero", 0)
        assert.equal(3000000, #C.read(fd, 3000000))
        C.close(fd)
        assert.is_truthy(zero)
    end)
end)

describe("flags", function()
    it("are a number, names or a list", function()
        assert.equal(3, lib.an_flags(3))
        assert.equal(3, lib.an_flags "AN_READ|AN_WRITE")
        assert.equal(5, lib.an_flags "AN_READ | AN_APPEND")
        assert.equal(0, lib.an_flags "")
        assert.equal(7, lib.an_flags { "AN_READ", "AN_WRITE|AN_APPEND" })
        assert.equal(12, lib.an_flags { 8, "AN_APPEND" })
        raises("bad argument #1 to 'an_flags' (int an_flags(unsigned int flags)): 'AN_REED' is no flag of "
            .. "'enum an_bits' (did you mean 'AN_READ'?)", lib.an_flags, "AN_REED")
        raises("bad argument #1 to 'an_flags' (int an_flags(unsigned int flags)): 'x' is no flag of 'enum an_bits'",
            lib.an_flags, { "AN_READ", "x" })
        raises("bad argument #1 to 'an_flags' (int an_flags(unsigned int flags)): a list of flags has names, "
            .. "not boolean true",
            lib.an_flags, { true })
        raises("bad argument #1 to 'an_flags' (int an_flags(unsigned int flags)): cannot convert boolean true "
            .. "to 'unsigned int'",
            lib.an_flags, true)
        raises("bad argument #1 to 'an_flags' (int an_flags(unsigned int flags)): integer 4294967296 does not fit "
            .. "'unsigned int' (32 bits)", lib.an_flags, 4294967296)
    end)
end)

describe("default", function()
    it("is what is left out", function()
        assert.equal(1 + 2 + 3, lib.an_three(1))
        assert.equal(1 + 4 + 3, lib.an_three(1, 4))
        assert.equal(1 + 2 + 3, lib.an_three(1, nil))
        assert.equal(1 + 4 + 1, lib.an_three(1, 4, "a"))
        assert.equal(1 + 4, lib.an_three(1, 4, nil))
        raises("wrong number of arguments to 'an_three' (int an_three(int a, double b, const char *c)): "
            .. "expected 1 to 3, got 0", lib.an_three)
        raises("wrong number of arguments to 'an_three' (int an_three(int a, double b, const char *c)): "
            .. "expected 1 to 3, got 4", lib.an_three, 1, 2, nil, 4)
        raises("wrong number of arguments to 'an_swap' (void an_swap(int *a, int *b)): expected 2, got 1",
            lib.an_swap, 1)
        raises("wrong number of arguments to 'an_many' (int an_many(const char *first, int *out, ...)): "
            .. "expected at least 1, got 0", lib.an_many)
    end)
end)

describe("scoped", function()
    it("takes a Lua function for the call only", function()
        local before = #ffi.callbacks()
        local values = ffi.new("int[4]", { 3, 1, 4, 2 })
        C.qsort(values, 4, 4, function(a, b)
            return ffi.cast("const int *", a)[0] - ffi.cast("const int *", b)[0]
        end)
        assert.same({ 1, 2, 3, 4 }, ffi.totable(values))
        assert.equal(before, #ffi.callbacks())
    end)
end)

describe("function pointers", function()
    it("are called as their types say", function()
        local f = scope.typeof "int (*)([[cffi::in(n)]] const int *values, int n)"
        local sum = scope.cast(f, scope.addressof(lib, "an_sum"))
        assert.equal(6, sum { 1, 2, 3 })
        local get = ffi.cast("int (*)([[cffi::out]] int *a, [[cffi::inout]] int *b)", scope.addressof(lib, "an_swap"))
        assert.equal(5, select(2, get(5)) + select(3, get(5)))
        assert.equal(0, scope.cast("int (*)([[cffi::in(n)]] const int *, int n)", scope.addressof(lib, "an_sum")) {})
    end)
end)

describe("callbacks", function()
    local other = ffi.scope()
    other.cdef [==[
        typedef void (*each_t)(void *user, [[cffi::string(size)]] const char *text, int size);
        void an_each(each_t each, void *user);
        typedef const char *(*name_t [[cffi::string]])(int);
        int an_names(name_t name, int n);
        [[cffi::string]] const char *an_kept(void);
        int an_calls(int (*fn)([[cffi::string]] const char *text), const char *text);
        struct table { int (*fn)([[cffi::string]] const char *text); };
    ]==]
    local calls = other.load(support.library "annotated")

    it("get strings, whose lengths are not passed on", function()
        local got = {}
        calls.an_each(function(user, text, ...)
            assert.equal(0, select("#", ...))
            got[#got + 1] = { user, text }
        end, nil)
        assert.same({ { nil, "one" }, { nil, "t\0o" }, {} }, got)
        assert.equal(3, calls.an_calls(function(text) return #text end, "abc"))
        assert.equal(9, calls.an_calls(function(text) return text or 9 end, nil))
        local t = other.new("struct table", { fn = function(text) return #text + 1 end })
        assert.equal(4, calls.an_calls(t.fn, "abc"))
        local bad = other.cast("void (*)(int, const char *)", other.callback(
            "void (*)(int n, [[cffi::string(n)]] const char *s)", function() end))
        raises("callback 'void (*)(int, const char *)' got -1 as length 'n' of a text", bad, -1, "x")
    end)

    it("give strings, which are kept", function()
        local names = { [0] = "a", "bc", "def" }
        local function name(i) return (names[i] or nil) and names[i] .. i end
        assert.equal(2 + 3 + 4 + 100, calls.an_names(name, 4))
        assert.equal(9, calls.an_names(name, 3))
        support.gc()
        assert.equal("def2", calls.an_kept())
        assert.equal(1, other.release(name))
        raises("result of callback 'const char *(*)(int)': the string contains a zero byte at position 2",
            calls.an_names, function() return "a\0b" end, 1)
    end)

    it("cannot have attributes of functions", function()
        raises("no callback of type 'int (int *)' is possible: its attributes are for functions of C",
            other.callback, "int (*)([[cffi::out]] int *)", function() end)
    end)

    it("follow declarations that were united", function()
        local third = ffi.scope()
        third.cdef "int an_calls(int (*fn)(const char *text), const char *text);"
        local loaded = third.load(support.library "annotated")
        local an_calls = loaded.an_calls
        assert.equal(0, an_calls(function(text) return type(text) == "string" and 1 or 0 end, "x"))
        third.cdef "int an_calls(int (*fn)([[cffi::string]] const char *text), const char *text);"
        assert.equal(1, an_calls(function(text) return type(text) == "string" and 1 or 0 end, "x"))
    end)
end)

-- What is rare goes another way than calls of numbers and strings: arguments that are cdata, results in memory.
describe("annotated functions", function()
    local other = ffi.scope()
    other.cdef [==[
        struct box;
        [[cffi::owned(an_free)]] struct box *an_new(int value);
        [[cffi::string]] const char *an_text_of(int code);
        [[cffi::status(0)]] int an_sum([[cffi::in(n)]] const int *, int n);
        int an_fill([[cffi::out(room)]] char *, int room, int claim);
        [[cffi::errno(-1)]] ssize_t write(int fd, const void *data, size_t n) __attribute__((nonnull(2)));
        [[cffi::errno(-1)]] int sprintf(char *to, const char *format, ...);
        [[cffi::errno(-1)]] int dprintf(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
        typedef char *(*an_dup [[cffi::string(free)]])(const char *);
        char *strdup(const char *);
        [[cffi::string(free)]] char *realpath(const char *path, void *none);
        div_t div(int a, [[cffi::default(4)]] int b);
        char *strerror_r(int code, [[cffi::out(size), cffi::string]] char *text, size_t size) __asm__("strerror_r");
        [[cffi::string(an_drop)]] char *strndup(const char *text, size_t size);
        void an_drop(void *text, ...) __asm__("free");
        [[cffi::owned(an_free)]] struct box *calloc(size_t n, size_t size);
    ]==]
    local l = other.load(support.library "annotated")

    it("may be told nonnull as well", function()
        raises("bad argument #2 to 'write' (ssize_t write(int fd, const void *data, size_t n)): NULL is not allowed "
            .. "here (nonnull)", other.C.write, 1, nil, 3)
        assert.equal(0, other.C.write(1, "x", 0))
        raises("bad argument #4 to 'dprintf' (int dprintf(int fd, const char *format, ...)): format '%s' wants "
            .. "'char *', got integer 4", other.C.dprintf, 1, "%d %s\n", 3, 4)
    end)

    it("take more arguments than there is room for in a frame", function()
        local numbers = {}
        for i = 1, 240 do numbers[i] = i end
        local to = ffi.new "char[2000]"
        local expected = table.concat(numbers, " ") .. " "
        assert.equal(#expected, other.C.sprintf(to, ("%d "):rep(240), table.unpack(numbers)))
        assert.equal(expected, ffi.string(to))
    end)

    it("that are pointers have their strings freed", function()
        local dup = other.cast("an_dup", other.C.strdup)
        assert.equal("hello", dup "hello")
        assert.equal(("x"):rep(1000), dup(("x"):rep(1000)))
    end)

    it("give nil for NULL, which nobody owns or frees", function()
        assert.same({ n = 1 }, table.pack(l.an_new(-1)))
        assert.same({ n = 1 }, table.pack(l.an_new(ffi.cast("int", -1))))
        assert.same({ n = 1 }, table.pack(l.an_text_of(ffi.cast("int", 3))))
        assert.same({ n = 1 }, table.pack(other.C.realpath("/nonexistent", nil)))
        assert.same({ nil, "No such file or directory", 2 }, { C.fopen("/nonexistent", ffi.new("char[2]", "r")) })
    end)

    it("free strings by functions of any type", function()
        assert.equal("abc", other.C.strndup("abcdef", 3))
        assert.equal("abc", other.C.strndup("abcdef", 3))
    end)

    it("are owned by functions of other libraries of the scope #close", function()
        support.gc()
        local before = lib.an_alive()
        do
            local box <close> = other.C.calloc(1, 64) -- luacheck: ignore
        end
        assert.equal(before - 1, lib.an_alive())
    end)

    it("name what has no name by its number", function()
        local counted = ffi.scope()
        counted.cdef "[[cffi::count]] int an_fill([[cffi::out(room)]] char *, int room, int claim);"
        raises("'an_fill' (int an_fill(char *, int room, int claim)) gave 9 as what it wrote to parameter '1', which "
            .. "has room for 3", counted.load(support.library "annotated").an_fill, 3, 9)
    end)

    it("give structs beside what comes back, and what leads nowhere near a buffer", function()
        local result = other.C.div(9)
        assert.same({ 2, 1 }, { result.quot, result.rem })
        local text, copy = other.C.strerror_r(2, 64)
        assert.equal("No such file or directory", ffi.string(text))
        assert.equal("", copy)
        assert.same({ 2, "xx" }, { l.an_fill(2, 2) })
        assert.same({ 1, "x" .. "\0" }, { l.an_fill(ffi.cast("int", 2), 1) })
    end)

    it("take buffers and lengths of every kind", function()
        assert.equal(true, l.an_sum {})
        assert.same({ nil, "'an_sum' returned 6", 6 }, { l.an_sum(setmetatable({}, {
            __cffi_pointer = function() return ffi.new("int[3]", { 1, 2, 3 }) end })) })
        raises("bad argument #1 to 'an_sum' (int an_sum(const int *, int n)): cannot convert boolean true to "
            .. "'const int *'", l.an_sum, true)
        raises("bad argument #1 to 'an_sum' (int an_sum(const int *, int n)): cannot convert userdata to "
            .. "'const int *'", l.an_sum, io.stdout)
        assert.equal(5, lib.an_flags(setmetatable({}, { __cffi_integer = function() return 5 end })))
        assert.equal(0.5, (C.frexp(ffi.new("double", 8))))
        local zero = assert(C.open("/dev/null", 1))
        assert.equal(3, C.write(zero, ffi.new("char[3]")))
        assert.equal(0, C.close(zero))
        assert.equal("/", C.getcwd(ffi.cast("int", 4096)):sub(1, 1))
    end)

    it("count in integers of every size", function()
        for _, result in ipairs { "signed char", "unsigned char", "short", "unsigned short", "int", "unsigned",
            "long" } do
            local sized = ffi.scope()
            sized.cdef(("[[cffi::count]] %s an_fill([[cffi::out(room)]] char *to, %s room, int claim);"):format(result,
                result == "long" and "int" or result))
            assert.equal("xxx", sized.load(support.library "annotated").an_fill(9, 3), result)
        end
    end)
end)

describe("ffi.annotate", function()
    local function fresh(text)
        local other = ffi.scope()
        other.cdef(text)
        return other, other.C
    end

    it("says after the fact what a declaration does not", function()
        local other, c = fresh [[int open(const char *path, int flags, ...); double frexp(double x, int *exponent);
            int close(int fd); char *getenv(const char *name); void *malloc(size_t n); void free(void *p);]]
        other.annotate(c, "open", { errno = -1 })
        other.annotate(c, "frexp", { [2] = "out" })
        other.annotate(c, "close", { status = { 0, "strerror" } })
        other.annotate(c, "getenv", { string = true })
        other.annotate(c, "malloc", { owned = "free" })
        assert.same({ nil, "No such file or directory", 2 }, { c.open("/nonexistent", 0) })
        assert.same({ 0.5, 4 }, { c.frexp(8) })
        assert.same({ nil, "Bad file descriptor", 9 }, { c.close(-1) })
        assert.equal(os.getenv "HOME", c.getenv "HOME")
        local memory <close> = c.malloc(10) -- luacheck: ignore
    end)

    it("takes effect at once, also on what was fetched", function()
        local other, c = fresh [[int abs(int n); double frexp(double x, int *e); void free(void *p);
            void *malloc(size_t);]]
        local abs, frexp, free, malloc = c.abs, c.frexp, c.free, c.malloc
        assert.equal(3, abs(-3))
        other.annotate(c, "abs", { errno = 3 })
        assert.equal(4, abs(-4))
        assert.is_nil((abs(-3)))
        other.annotate(c, "frexp", { e = "out" })
        assert.same({ 0.5, 4 }, { frexp(8) })
        other.cdef "[[cffi::owned(free)]] void *malloc(size_t);"
        local memory = malloc(8)
        free(memory)
        memory = nil -- luacheck: ignore
        support.gc()
        assert.equal(abs, c.abs)
    end)

    it("takes effect while the function runs", function()
        local other, c = fresh "void qsort(void *, size_t, size_t, int (*)(const void *, const void *));"
        local qsort = c.qsort
        qsort(ffi.new "int[2]", 2, 4, function()
            other.annotate(c, "qsort", { [4] = "scoped" })
            support.gc()
            return 0
        end)
        qsort(ffi.new "int[2]", 2, 4, function() return 0 end)
        assert.equal("scoped", other.reflect(qsort).annotations[4])
    end)

    it("adds to what is there", function()
        local other, c = fresh "int f(int a, int *b) __asm__(\"abs\");"
        other.annotate(c, "f", { errno = -1 })
        other.annotate(c, "f", { b = "out" })
        assert.same({ errno = "-1", [2] = "out" }, other.reflect(c.f).annotations)
    end)

    it("refuses what the declaration would", function()
        local other, c = fresh "int f(int a, int *b) __asm__(\"abs\"); int variable;"
        local function refused(text, ...)
            raises("bad argument " .. text, other.annotate, ...)
        end
        refused("#1 to 'annotate' (library expected, got table)", {}, "f", {})
        refused("#2 to 'annotate' ('g' is not declared)", c, "g", {})
        refused("#2 to 'annotate' ('variabel' is not declared (did you mean 'variable'?))", c, "variabel", {})
        refused("#2 to 'annotate' ('variable' is no function)", c, "variable", {})
        refused("#3 to 'annotate' (table expected, got nil)", c, "f", nil)
        refused("#3 to 'annotate' ('errn' is neither an attribute of functions nor a parameter of "
            .. "'int f(int a, int *b) __asm__(\"abs\")')", c, "f", { errn = -1 })
        refused("#3 to 'annotate' ('3' is neither an attribute of functions nor a parameter of 'int f(int a, int *b) "
            .. "__asm__(\"abs\")')", c, "f", { [3] = "out" })
        refused("#3 to 'annotate' (attribute 'errno': true, a number, a text or a list expected, got function)",
            c, "f", { errno = print })
        refused("#3 to 'annotate' (parameter 1: attributes as text expected, got number)", c, "f", { a = 1 })
        refused("#3 to 'annotate' (parameter 1, 'out', column 1: 'out' needs a pointer, parameter 'a' is 'int')",
            c, "f", { a = "out" })
        refused("#3 to 'annotate' (attribute 'string': 'string' needs a pointer to characters as result, it is 'int')",
            c, "f", { string = true })
        refused("#3 to 'annotate' ('count' needs a parameter with 'out(LENGTH)')", c, "f", { count = true })
        local buffers, b = fresh "int f(void *to, long *n) __asm__(\"abs\"); char *g(long *n) __asm__(\"abs\");"
        raises("bad argument #3 to 'annotate' (parameter 'n' is a length: it cannot be 'in', 'out' or 'inout' itself)",
            buffers.annotate, b, "f", { to = "out(n)", n = "inout" })
        raises("bad argument #3 to 'annotate' (parameter 'n' is a length: it cannot be 'in', 'out' or 'inout' itself)",
            buffers.annotate, b, "g", { string = "n", n = "out" })
    end)
end)

-- A function's short way is chosen when it is fetched; what is said of it later asks for another.
describe("functions fetched before", function()
    local other = ffi.scope()
    other.cdef [==[
        struct box;
        [[cffi::errno]] char *an_copy(const char *text, int error_number);
        void an_forget(char *text);
        int an_texts(void);
        [[cffi::errno]] struct box *an_new(int value);
        int an_free(struct box *box);
        int an_alive(void);
        [[cffi::fails(-77)]] int an_sum(const int *values, int n);
        [[cffi::fails(-77)]] int an_fill(char *to, int room, int claim);
        [[cffi::errno]] void *an_bytes(long *size, int lie);
        [[cffi::status(0)]] int an_used(int *to, size_t *room, size_t claim);
    ]==]
    local fetched = other.load(support.library "annotated")

    it("follow annotations that own and free", function()
        local copy, new = fetched.an_copy, fetched.an_new
        copy("abc", 0)
        new(3)
        support.gc()
        local texts, alive = fetched.an_texts(), fetched.an_alive()
        other.annotate(fetched, "an_copy", { string = "an_forget" })
        other.annotate(fetched, "an_new", { owned = "an_free" })
        for _ = 1, 3 do
            assert.equal("abc", copy("abc", 0))
            assert.equal(texts, fetched.an_texts())
            new(4)
        end
        support.gc()
        assert.equal(alive, fetched.an_alive())
    end)

    it("follow annotations of buffers", function()
        local sum, fill, bytes, used = fetched.an_sum, fetched.an_fill, fetched.an_bytes, fetched.an_used
        local three, room = other.new("int[3]", 1, 2, 3), other.new("char[4]")
        assert.equal(6, sum(three, 3))
        assert.equal(2, fill(room, 4, 2))
        assert.is_true(used(three, other.new("size_t[1]", 3), 2))
        other.annotate(fetched, "an_sum", { "in(n)" })
        other.annotate(fetched, "an_fill", { "out(room)", count = true })
        other.annotate(fetched, "an_bytes", { string = "size" })
        other.annotate(fetched, "an_used", { "out(room)" })
        for _ = 1, 3 do
            assert.equal(6, sum(three))
            raises("wrong number of arguments to 'an_sum' (int an_sum(const int *values, int n)): expected 1, got 2",
                sum, three, 3)
            assert.equal("xx", fill(4, 2))
            raises("wrong number of arguments to 'an_fill' (int an_fill(char *to, int room, int claim)): "
                .. "expected 2, got 3", fill, room, 4, 2)
            assert.equal("a\0b\0", bytes(0))
            assert.same({ 1, 2 }, other.totable((used(3, 2))))
        end
    end)
end)
