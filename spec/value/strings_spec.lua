-- Lua strings and C's text and bytes (docs/design.md S6, S8), sentence by sentence.

local cffi = require "cffi"
local support = require "support"
local raises = support.raises

local ffi = cffi.scope {}

ffi.cdef [[
    size_t strlen(const char *s);
    char *strcpy(char *to, const char *from);
    int memcmp(const void *, const void *, size_t);
    int strcmp(const signed char *, const unsigned char *); /* bytes, as some libraries call text */
    void *memchr(const void *, int, size_t);
    void *malloc(size_t); void free(void *);
    struct text { char name[4]; const char *s; const uint8_t *bytes; char *own; void *any; };
    typedef struct _IO_FILE FILE;
    int fileno(FILE *);
    extern const char *library_text;
]]
local C = ffi.C

describe("a Lua string as an argument", function()
    it("passes to const char *, const bytes and const void * without a copy", function()
        assert.equal(6, C.strlen "string")
        assert.equal(0, C.strcmp("abc", "abc"))
        assert.equal(0, C.memcmp("a\0b", "a\0b", 3))
        local text = ("no copy "):rep(10)
        local address = ffi.cast("const char *", text)
        assert.is_true(C.memchr(text, 110, 1) == ffi.cast("void *", address))
    end)

    it("with a zero byte inside is refused for const char *, not for bytes", function()
        raises("bad argument #1 to 'strlen' (size_t strlen(const char *s)): the string contains a " ..
            "zero byte at position 2; ffi.cast(\"const char *\", s) passes it whole", C.strlen, "a\0b")
        assert.equal(1, C.strlen(ffi.cast("const char *", "a\0b")))
        assert.is_true(C.memcmp("a\0b", "a\0c", 3) < 0)
        assert.equal(0, C.strcmp("a\0b", "a\0c"))
    end)

    it("is refused for char *, with what to use", function()
        raises("bad argument #1 to 'strcpy' (char *strcpy(char *to, const char *from)): a Lua string is " ..
            "constant and 'char *' may be written through: use ffi.new(\"char[?]\", #s + 1, s)",
            C.strcpy, "to", "from")
        local buffer = ffi.new("char[?]", 5)
        C.strcpy(buffer, "from")
        assert.equal("from", ffi.string(buffer))
    end)

    it("is no pointer to anything else, and numbers are no strings", function()
        raises("bad argument #1 to 'fileno' (int fileno(FILE *)): cannot convert string \"x\" " ..
            "to 'struct _IO_FILE *'", C.fileno, "x")
        raises("bad argument #1 to 'strlen' (size_t strlen(const char *s)): cannot convert integer " ..
            "5 to 'const char *'", C.strlen, 5)
        raises("bad argument #1 to 'strlen' (size_t strlen(const char *s)): cannot convert boolean " ..
            "true to 'const char *'", C.strlen, true)
    end)
end)

describe("a Lua string in memory", function()
    it("fills char[N] up to N bytes, with zeros after it", function()
        local t = ffi.new "struct text"
        t.name = "abcd"
        assert.equal("abcd", ffi.string(t.name))
        t.name = "x"
        assert.same({120, 0, 0, 0}, ffi.totable(t.name))
        raises("field 'name' of 'struct text': string of 5 bytes does not fit 'char[4]' (4 bytes)",
            function() t.name = "abcde" end)
        assert.equal("x", ffi.string(t.name))
        t.name = "a\0b"
        assert.same({97, 0, 98, 0}, ffi.totable(t.name))
    end)

    it("is kept by the memory it is stored in, as text and as bytes", function()
        local t = ffi.new("struct text", {s = ("s"):rep(50), bytes = ("b\0"):rep(30)})
        support.gc()
        for i = 1, 100 do local _ = ("junk"):rep(i % 20) end
        assert.equal(("s"):rep(50), ffi.string(t.s))
        assert.equal(("b\0"):rep(30), ffi.string(t.bytes, 60))
        raises("field 's' of 'struct text': the string contains a zero byte at position 1; " ..
            "ffi.cast(\"const char *\", s) passes it whole", function() t.s = "\0" end)
        raises("field 'own' of 'struct text': a Lua string is constant and 'char *' may be written " ..
            "through: use ffi.new(\"char[?]\", #s + 1, s)", function() t.own = "x" end)
        raises("field 'any' of 'struct text': a Lua string is constant and 'void *' may be written " ..
            "through: use ffi.new(\"char[?]\", #s + 1, s)", function() t.any = "x" end)
        assert.equal(("s"):rep(50), ffi.string(t.s))
    end)

    it("is refused where nothing could keep it", function()
        local text = "a Lua string cannot be stored in memory that Lua does not own: copy it with " ..
            "ffi.arena or ffi.new"
        local foreign = ffi.cast("struct text *", C.malloc(ffi.sizeof "struct text"))
        raises("field 's' of 'struct text': " .. text, function() foreign.s = "x" end)
        raises("element 0 of 'const char **': " .. text, function()
            ffi.cast("const char **", foreign)[0] = "x"
        end)
        local kept = ffi.new("char[2]", "y")
        foreign.s = kept -- a pointer: whoever stores it keeps the target
        assert.equal("y", ffi.string(foreign.s))
        C.free(foreign)
        local lib = ffi.load(support.library "library")
        raises("variable 'library_text': " .. text, function() lib.library_text = "x" end)
        assert.equal("hello", ffi.string(lib.library_text))
        local cb <close> = ffi.callback("const char *(*)(void)", function() return "x" end)
        raises("result of callback 'const char *(void)': " .. text, cb)
    end)

    it("is kept by what ffi.cast and ffi.new make of it", function()
        for _, make in ipairs {ffi.cast, ffi.new} do
            local p = make("const char *", ("kept"):rep(20))
            local q = p + 4
            p = nil -- luacheck: ignore
            support.gc()
            for i = 1, 100 do local _ = ("junk"):rep(i % 20) end
            assert.equal(("kept"):rep(19), ffi.string(q))
        end
        assert.equal("a\0b", ffi.string(ffi.cast("const char *", "a\0b"), 3))
    end)
end)

describe("other Lua values as pointers", function()
    it("are files, light userdata, userdata; not tables, threads, types", function()
        local file <close> = io.tmpfile()
        assert.is_true(C.fileno(file) > 2)
        local p = ffi.new "void *[1]"
        p[0] = io.stdout -- its FILE *, as any pointer
        assert.is_true(p[0] == ffi.cast("FILE *", io.stdout))
        raises("element 0 of 'void *[1]': cannot convert table to 'void *'", function() p[0] = {} end)
        raises("element 0 of 'void *[1]': cannot convert thread to 'void *'",
            function() p[0] = coroutine.create(print) end)
        raises("element 0 of 'void *[1]': cannot convert a C type to 'void *'",
            function() p[0] = ffi.typeof "int" end)
        raises("element 0 of 'void *[1]': cannot convert a Lua function to 'void *'",
            function() p[0] = function() end end)
        assert.is_true(p[0] == ffi.cast("FILE *", io.stdout))
    end)
end)

describe("results", function()
    it("of type bool are read from one byte", function()
        local lib = ffi.load(support.library "values")
        ffi.cdef "bool values_same_bool(bool v); int values_same_int(int v);"
        assert.is_true(lib.values_same_bool(true))
        assert.is_false(lib.values_same_bool(false))
        -- The callee leaves rubbish above the byte.
        local dirty = ffi.cast("bool (*)(int)", ffi.addressof(lib.values_same_int))
        assert.is_false(dirty(0x5500))
        assert.is_true(dirty(0x5501))
        raises("bad argument #1 to 'values_same_bool' (bool values_same_bool(bool v)): cannot convert " ..
            "integer 1 to 'bool'", lib.values_same_bool, 1)
    end)

    it("of enum type are integers; parameters take names and refuse unknown ones", function()
        local lib = ffi.load(support.library "values")
        ffi.cdef [[enum values_unsigned { VALUES_NONE, VALUES_MANY = 200 };
            enum values_unsigned values_same_eunsigned(enum values_unsigned v);]]
        assert.equal(200, lib.values_same_eunsigned "VALUES_MANY")
        assert.equal(7, lib.values_same_eunsigned(7))
        raises("bad argument #1 to 'values_same_eunsigned' (enum values_unsigned values_same_eunsigned(" ..
            "enum values_unsigned v)): 'enum values_unsigned' has no enumerator 'VALUES_FEW'",
            lib.values_same_eunsigned, "VALUES_FEW")
        assert.is_false(pcall(lib.values_same_eunsigned, "VALUES_MANY\0"))
    end)
end)
