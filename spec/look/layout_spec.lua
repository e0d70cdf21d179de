-- ffi.layout: the text for each kind of type, and the structs of real headers against the compiler.
-- LAYOUTS=500 in the environment compares that many.
local support = require "support"
local layouts = require "support.layouts"
local ffi = require "cffi"

local WANTED = tonumber(os.getenv "LAYOUTS") or 120

describe("ffi.layout", function()
    local scope = ffi.scope {}
    scope.cdef [[
        struct empty_end { char c; long l; int n; };
        struct fields { int a : 3; int : 0; int b : 4; int c : 5; char d; };
        struct nested { char c; union { int i; double d; }; struct { int x; char y; } u[3]; struct { int z; } *p;
                        int (*call)(const char *name); };
        union either { int i; char text[6]; };
        struct wide { char a[60]; int b; int c; char z[100]; long long end; };
        struct __attribute__((packed)) tight { char c; int i; };
        struct open { int n; char rest[]; };
        struct nothing {};
        enum color { RED, GREEN = 5 };
        typedef struct { int x; } named;
        struct later;
    ]]

    -- With pointers of 8 bytes and doubles aligned to 8.
    local of_64_bits = { ["int (*)[3]"] = true, double = true, ["struct wide"] = true, ["struct empty_end"] = true,
        ["struct nested"] = true }
    for ct, text in pairs {
        ["struct empty_end"] = [[
struct empty_end {
    char c;                                   /*     0        1 */
    /* XXX 7 bytes hole */
    long l;                                   /*     8        8 */
    int n;                                    /*    16        4 */

    /* size: 24, align: 8, cachelines: 1, members: 3 */
    /* sum members: 13, holes: 1, sum holes: 7 */
    /* padding: 4 */
    /* last cacheline: 24 bytes */
};]],
        ["struct fields"] = [[
struct fields {
    int a:3;                                  /*     0: 0     4 */
    /* XXX 29 bits hole */
    int b:4;                                  /*     4: 0     4 */
    int c:5;                                  /*     4: 4     4 */
    /* XXX 7 bits hole */
    char d;                                   /*     6        1 */

    /* size: 8, align: 4, cachelines: 1, members: 4 */
    /* sum members: 1 */
    /* sum bitfield members: 12 bits, bit holes: 2, sum bit holes: 36 bits */
    /* padding: 1 */
    /* last cacheline: 8 bytes */
};]],
        ["struct nested"] = [[
struct nested {
    char c;                                   /*     0        1 */
    /* XXX 7 bytes hole */
    union {
        int i;                                /*     8        4 */
        double d;                             /*     8        8 */
    };                                        /*     8        8 */
    struct {
        int x;                                /*    16        4 */
        char y;                               /*    20        1 */
    } u[3];                                   /*    16       24 */
    struct {
        int z;                                /*     0        4 */
    } *p;                                     /*    40        8 */
    int (*call)(const char *);                /*    48        8 */

    /* size: 56, align: 8, cachelines: 1, members: 5 */
    /* sum members: 49, holes: 1, sum holes: 7 */
    /* last cacheline: 56 bytes */
};]],
        ["union either"] = [[
union either {
    int i;                                    /*     0        4 */
    char text[6];                             /*     0        6 */

    /* size: 8, align: 4, cachelines: 1, members: 2 */
};]],
        ["struct wide"] = [[
struct wide {
    char a[60];                               /*     0       60 */
    int b;                                    /*    60        4 */
    /* --- cacheline 1 boundary (64 bytes) --- */
    int c;                                    /*    64        4 */
    char z[100];                              /*    68      100 */
    /* --- cacheline 2 boundary (128 bytes) was 40 bytes ago --- */
    long long end;                            /*   168        8 */

    /* size: 176, align: 8, cachelines: 3, members: 5 */
    /* last cacheline: 48 bytes */
};]],
        ["struct tight"] = [[
struct tight {
    char c;                                   /*     0        1 */
    int i;                                    /*     1        4 */

    /* size: 5, align: 1, cachelines: 1, members: 2 */
    /* last cacheline: 5 bytes */
} __attribute__((packed));]],
        ["struct open"] = [[
struct open {
    int n;                                    /*     0        4 */
    char rest[];                              /*     4        0 */

    /* size: 4, align: 4, cachelines: 1, members: 2 */
    /* last cacheline: 4 bytes */
};]],
        ["struct nothing"] = [[
struct nothing {
    /* size: 0, align: 1, cachelines: 0, members: 0 */
};]],
        ["enum color"] = [[
enum color {
    RED = 0,
    GREEN = 5,
    /* size: 4, align: 4, unsigned int */
};]],
        ["named"] = [[
named {
    int x;                                    /*     0        4 */

    /* size: 4, align: 4, cachelines: 1, members: 1 */
    /* last cacheline: 4 bytes */
};]],
        ["int (*)[3]"] = "int (*)[3]; /* size: 8, align: 8 */",
        ["double"] = "double; /* size: 8, align: 8 */",
    } do
        it("of " .. ct .. (of_64_bits[ct] and " #lp64" or ""), function()
            assert.equal(text, scope.layout(ct))
        end)
    end

    it("takes a type and an object too, in every scope", function()
        assert.equal(scope.layout "union either", scope.layout(scope.typeof "union either"))
        assert.equal(scope.layout "union either", scope.layout(scope.new "union either"))
        assert.equal(scope.layout "union either", ffi.layout(scope.new "union either"))
        local luajit = require "cffi.luajit"
        assert.equal("int; /* size: 4, align: 4 */", luajit.layout "int")
    end)

    it("says what it cannot show", function()
        support.raises("size of 'struct later' is unknown", function() scope.layout "struct later" end)
        support.raises("size of 'int (int)' is unknown", function() scope.layout "int(int)" end)
        support.raises("bad argument #1 to 'layout' (C type expected, got nil)", function() scope.layout() end)
        support.raises("bad argument #2 to 'layout' (one argument is enough)", function() scope.layout("int", 1) end)
        assert.has_error(function() scope.layout "struct unheard_of" end)
    end)
end)

-- ---- against the compiler -----------------------------------------------------------------------

-- The lines of a layout's text that show a member, as "bit size"; and the sum of all it accounts for, in bits.
local function lines_of(text)
    local lines, sum = {}, 0
    for line in text:gmatch "[^\n]+" do
        local closes = line:find "^ +}" ~= nil
        local offset, bit, size = line:match "/%* +(%d+):? ?(%d*) +(%d+) %*/$"
        local depth = #line:match "^ *" // 4
        if offset then
            lines[#lines + 1] = ("%d %d"):format(offset * 8 + (tonumber(bit) or 0), size)
            sum = sum + (depth == 1 and (tonumber(line:match ":(%d+);") or size * 8) or 0)
        elseif depth == 1 then
            local hole, unit = line:match "XXX (%d+) (%a+) hole"
            sum = sum + (hole and hole * (unit:find "byte" and 8 or 1) or 0)
            sum = sum + (line:match "padding: (%d+) %*/" or 0) * 8 + (line:match "bit padding: (%d+)" or 0)
        end
        assert.is_true(not closes or offset ~= nil, line)
    end
    return lines, sum
end

describe("ffi.layout of what POSIX alone names", function()
    it("tells the members as they lie on this system, and counts every byte once", function()
        for _, name in ipairs { "struct stat", "struct timespec", "struct tm", "struct passwd", "struct rlimit" } do
            local text = ffi.scope().layout(name)
            local last, offsets = -1, 0
            for offset in text:gmatch "\n    [%a_][^\n{}]*/%* +(%d+) +%d+ %*/" do
                assert.is_true(tonumber(offset) > last, text)
                last, offsets = tonumber(offset), offsets + 1
            end
            assert.is_true(offsets > 1, text)
            local size = text:match "size: (%d+)"
            assert.equal(size * 8, (select(2, lines_of(text))), text)
        end
    end)
end)

describe("ffi.layout against the compiler", function()
    local compared = 0
    for _, header in ipairs(layouts.headers) do
        if compared < WANTED then
            local records = layouts.of(header, WANTED - compared)
            compared = compared + #records
            it(("of the %d records of <%s>"):format(#records, header), function()
                for _, record in ipairs(records) do
                    local text = record.scope.layout(record.tag)
                    local lines, sum = lines_of(text)
                    local size, align = text:match "size: (%d+), align: (%d+)"
                    assert.equal(record.lines[1], size .. " " .. align, record.tag)
                    assert.equal(#record.lines - 1, #lines, text)
                    for i, line in ipairs(lines) do
                        local expected = record.lines[i + 1]
                        assert.is_true(expected == "-" or expected == line,
                            ("%s: line %d is %s, the compiler says %s\n%s"):format(record.tag, i, line, expected, text))
                    end
                    if record.tag:find "^struct" then
                        assert.equal(size * 8, sum, text)
                    end
                end
            end)
        end
    end

    it("was tried on enough of them", function()
        assert.is_true(compared >= WANTED, compared .. " records found")
    end)
end)
