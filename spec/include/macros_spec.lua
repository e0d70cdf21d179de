-- S21: what macros are in Lua, of all kinds, from a header of their own and from the system's.
local core = require "cffi"
local support = require "support"
local headers = require "support.headers"

headers.own_cache()
teardown(headers.clean)

local function include(text, options)
    local path = headers.write(headers.folder(), "m.h", text)
    local ffi = core.scope {}
    options = options or { lib = false }
    return ffi.include(path, options), ffi, path
end

describe("object-like macros", function()
    local ns, ffi, path = include [[
#define EMPTY
#define ONE 1
#define MINUS (-ONE)
#define BIG 0xFFFFFFFFu
#define HUGE_UNSIGNED ~0UL
#define ALL_BITS (~0)
#define HALF 0.5
#define THIRD_F (1.0f / 3)
#define NAME "na" "me"
#define LETTER 'a'
#define TRUTH ((_Bool)1)
#define EQUAL (1 == 1)
#define NOTHING ((void *)0)
#define FAILED ((void *)-1)
#define SIZE sizeof(struct pair)
struct pair { int a; struct { char *p; double d; } b; };
#define PAIR { ONE, { NOTHING, HALF } }
#define NAMED { .b = { .d = 2.5 }, .a = 3 }
#define PAIR_TYPE struct pair
#define SEVERAL 1L, MINUS, (3, 4), "five"
#define THIRD_L (1.0L / 3)
#define WORD unsigned short
#define FIRST RED
enum colour { RED = 5, GREEN };
#define SECOND GREEN
#define my_abs abs
int abs(int);
#define environment environ
extern char **environ;
#define ITSELF ITSELF
#define RING_A RING_B
#define RING_B RING_A
#define KEYWORD extern
#define ATTRIBUTE __attribute__((pure))
#define STATEMENT do { } while (0)
#define BRACE {
#define MISSING not_there
#define SELF_SIZE ((int)sizeof(KEPT))
#define KEPT "kept"
#define DISMISSED 1
#undef DISMISSED
#define AGAIN 1
#undef AGAIN
#define AGAIN 2
#define CALLED abs(-7)
#define ASSIGNED (counter = 3)
#define VECTOR (struct pair){ 1 }
int counter;
]]

    it("have C's value in C's type #lp64", function()
        assert.is_true(ns.EMPTY)
        assert.same({ 1, -1, 0xFFFFFFFF, -1, 97, 1 }, { ns.ONE, ns.MINUS, ns.BIG, ns.ALL_BITS, ns.LETTER, ns.EQUAL })
        assert.equal("integer", math.type(ns.BIG))
        assert.equal("18446744073709551615", tostring(ns.HUGE_UNSIGNED))
        assert.equal(0.5, ns.HALF)
        assert.equal(string.unpack("f", string.pack("f", 1 / 3)), ns.THIRD_F)
        assert.equal("name", ns.NAME)
        assert.is_true(ns.TRUTH)
        assert.is_nil(ns.NOTHING)
        assert.equal(ffi.cast("void *", -1), ns.FAILED)
        assert.equal(ffi.sizeof "struct pair", ns.SIZE)
        assert.equal(5, ns.SELF_SIZE)
        assert.equal(2, ns.AGAIN)
    end)

    it("initialise objects", function()
        assert.same({ 1, { 0, 0.5 } }, ns.PAIR)
        assert.same({ a = 3, b = { d = 2.5 } }, ns.NAMED)
        local named = ffi.new("struct pair", ns.NAMED)
        assert.same({ 3, 2.5 }, { named.a, named.b.d })
        local pair = ffi.new("struct pair", ns.PAIR)
        assert.equal(1, pair.a)
        assert.is_nil(pair.b.p)
        assert.equal(0.5, pair.b.d)
    end)

    it("are lists where commas separate them", function()
        assert.same({ 1, -1, 4, "five" }, ns.SEVERAL)
    end)

    it("keep the precision of long double", function()
        assert.equal("long double", ffi.reflect(ns.THIRD_L).name)
        assert.is_true(ffi.eq(ffi.eval "1.0L", ns.THIRD_L * 3))
        assert.is_false(ffi.eq(1 / 3, ns.THIRD_L))
    end)

    it("name types, enumerators, functions and variables", function()
        assert.equal(ffi.typeof "struct pair", ns.PAIR_TYPE)
        assert.equal(ffi.typeof "unsigned short", ns.WORD)
        assert.same({ 5, 6, 5 }, { ns.FIRST, ns.SECOND, ns.RED })
        support.raises(("macro 'my_abs' is no constant: 'abs' has no library: the option 'lib' is false (it is abs)"),
            function() return ns.my_abs end)
        local with = include("#define my_abs abs\nint abs(int);\n#define env environ\nextern char **environ;\n"
            .. "#define CALLED abs(-7)", {})
        assert.equal(3, with.my_abs(-3))
        assert.equal("char **", ffi.reflect(with.env).name)
        assert.equal(7, with.CALLED)
    end)

    it("cannot be written, nor can enumerators and types, before and after they were read", function()
        local kinds = { ONE = "macro", PAIR = "macro", RED = "constant", ["struct pair"] = "type" }
        for name, kind in pairs(kinds) do
            for _ = 1, 2 do
                support.raises(("attempt to write to %s '%s'"):format(kind, name), function() ns[name] = 6 end)
                assert.not_equal(6, ns[name])
            end
        end
    end)

    it("say why they are no constant", function()
        local reasons = {
            ITSELF = "'ITSELF' is not declared (it is ITSELF)",
            RING_A = "'RING_A' is not declared (it is RING_A)",
            KEYWORD = "'extern' begins no expression (it is extern)",
            ATTRIBUTE = "'__attribute__' begins no expression (it is __attribute__((pure)))",
            STATEMENT = "'do' begins no expression (it is do { } while (0))",
            BRACE = "'{' begins no expression (it is {)",
            MISSING = "'not_there' is not declared (it is not_there)",
        }
        for name, reason in pairs(reasons) do
            support.raises(("macro '%s' is no constant: %s"):format(name, reason), function() return ns[name] end)
        end
        support.raises(("'DISMISSED' is not declared by \"%s\""):format(path), function() return ns.DISMISSED end)
        support.raises(("'MISING' is not declared by \"%s\" (did you mean 'MISSING'?)"):format(path),
            function() return ns.MISING end)
    end)
end)

describe("compound literals", function()
    local ns, ffi = include([[
struct pair { int a; struct { char *p; double d; } b; };
extern int optind;
int abs(int);
#define ONE_PAIR (struct pair){ 1 }
#define NESTED ((const struct pair) { .a = 3, .b = { 0, 2.5 } })
#define LIST ((int[]) { 1, 2, 3 })
#define FIVE ((int) { 5 })
#define PLACE (&(struct pair) { 7 })
#define CALL ((struct pair) { abs(-4) })
#define MAKE(x, y) ((struct pair) { (x), { .d = (y) } })
#define DYNAMIC(x) ((struct pair) { .a = abs(x) + optind })
#define MEMBER(x) (((struct pair) { .a = (x) }).a + 1)
#define PAIRS(v) ((struct pair[]) { { v }, { (v) + 1 } })
#define SEVERAL ((struct pair) { .b.d = 3 })
#define STRANGE ((struct nowhere) { 3 })
#define LIKE(p) ((__typeof__(*(p))) { 1 })
]], {})

    it("are new objects", function()
        local pair = ns.ONE_PAIR
        assert.same({ "struct pair", 1, nil, 0.0 }, { ffi.reflect(pair).name, pair.a, pair.b.p, pair.b.d })
        pair.a = 2
        assert.equal(1, ns.ONE_PAIR.a)
        assert.same({ 3, 2.5 }, { ns.NESTED.a, ns.NESTED.b.d })
        assert.same({ 1, 2, 3 }, ffi.totable(ns.LIST))
        assert.equal(5, ns.FIVE)
        assert.equal(7, ns.PLACE.a)
        assert.equal(4, ns.CALL.a)
    end)

    it("take arguments", function()
        local made = ns.MAKE(4, 2.25)
        assert.same({ 4, 2.25 }, { made.a, made.b.d })
        assert.equal(9 + ffi.C.optind, ns.DYNAMIC(-9).a)
        assert.equal(42, ns.MEMBER(41))
        local pairs_of = ns.PAIRS(3)
        assert.same({ 3, 4, 2 * ffi.sizeof "struct pair" }, { pairs_of[0].a, pairs_of[1].a, ffi.sizeof(pairs_of) })
    end)

    it("say what they cannot be", function()
        support.raises("macro 'SEVERAL' is no constant: its initialiser has designators of several levels or of "
            .. "elements (it is ((struct pair) { .b.d = 3 }))", function() return ns.SEVERAL end)
        support.raises("macro 'STRANGE' is no constant: 'struct nowhere' is no type (it is ((struct nowhere) { 3 }))",
            function() return ns.STRANGE end)
        support.raises("macro 'LIKE' cannot be called: it is a compound literal of a type that is not known before "
            .. "(it is ((__typeof__(*(a1))) { 1 }))", ns.LIKE, ns.PLACE)
    end)
end)

describe("macros that are odd", function()
    local ns, ffi = include([[
extern int optind;
int abs(int);
#define NEXT() (optind++)
#define BUMP optind++
#define NINE optind = 9
#define SIZE abs(-7)
#define optind (optind)
#define THEN (optind++, abs(-1), 0x10u)
#define LOOP LOOP
#define PING PONG + 1
#define PONG PING + 2
#define SELF(x) (SELF(x) + 1)
#define F(x) G(x)
#define G(x) F(x)
#define TAIL(x) abs(x) TAIL(x)
]], {})

    it("change what they change each time they are asked for, and only then", function()
        ffi.C.optind = 3
        assert.same({ 3, 4, 5 }, { ns.BUMP, ns.NEXT(), ns.optind })
        assert.equal(7, ns.SIZE)
        local listed = {}
        for name in pairs(ns) do
            listed[#listed + 1] = name
        end
        for _ in ffi.declarations(ns) do end
        assert.equal(5, ns.optind)
        assert.equal("abs NEXT SELF F G TAIL", (table.concat(listed, " "):gsub("^optind ", "")))
        assert.same({ 9, 9 }, { ns.NINE, ns.optind })
        assert.same({ 16, 10 }, { ns.THEN, ns.optind })
        assert.same({ 16, 11 }, { ns.THEN, ns.optind })
    end)

    it("end although they name themselves", function()
        for text, reason in pairs {
            LOOP = "macro 'LOOP' is no constant: 'LOOP' is not declared (it is LOOP)",
            PING = "macro 'PING' is no constant: 'PING' is not declared (it is PING + 2 + 1)",
            PONG = "macro 'PONG' is no constant: 'PONG' is not declared (it is PONG + 1 + 2)",
        } do
            support.raises(reason, function() return ns[text] end)
        end
        support.raises("macro 'SELF' cannot be called: 'SELF' is not declared (it is (SELF(a1) + 1))", ns.SELF, 3)
        support.raises("macro 'F' cannot be called: 'F' is not declared (it is F(a1))", ns.F, 3)
        support.raises("macro 'G' cannot be called: 'G' is not declared (it is G(a1))", ns.G, 3)
        support.raises("macro 'TAIL' cannot be called: 'TAIL' follows an expression (it is abs(a1) TAIL(a1))",
            ns.TAIL, 3)
    end)
end)

describe("function-like macros", function()
    local ns, ffi = include [[
#define TWICE(x) ((x) + (x))
#define SUM(a, b) ((a) + (b))
#define NO_ARGUMENTS() 42
#define IS_ODD(n) (((n) & 1) == 1)
#define BOTH(a, b) ((a) && (b))
#define NOT(a) !(a)
#define PICK(c, a, b) ((c) ? (a) : (b))
#define LONG_(c) c ## L
#define NAME_OF(x) #x
#define FIELD(s, m) ((s)->m)
#define SIZE(t) sizeof(t)
#define ENCODE(type, nr, size) (((type) << 16) | ((nr) << 8) | sizeof(size))
#define OFFSET(t, m) __builtin_offsetof(t, m)
#define MAXIMUM(a, b) ((a) > (b) ? (a) : (b))
#define UNSIGNED(x) ((unsigned)(x))
#define CAST(t, x) ((t)(x))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define CONSTANT_NAME(n) NAME_ ## n
#define NAME_1 11
enum { NAME_2 = 12 };
#define DO(x) do { x; } while (0)
#define STATEMENTS(x) ({ (x); })
#define SELF(x) (SELF(x) + 1)
#define BUMP(p) ((p)->n++)
#define SET(p, v) ((p)->n = (v))
#define ADD(p, v) ((p)->n += (v))
#define ADDRESS(p) (&(p)->n)
#define FIRST(p) (*(p))
#define AT(p, i) ((p)[i])
#define IS_NULL(p) ((p) == ((void *)0))
struct count { int n; struct count *next; };
int abs(int);
#define ABSOLUTE(x) abs(x)
#define ABSOLUTE_TWICE(x) (2 * abs(x))
#define COUNT_OF(n) { (n) + 1, 0 }
#define NAMED(m, next_) { .n = (m), .next = next_ }
#define NESTED(a, b) { { a, b }, { b, a } }
#define BROKEN(a) { a } { a }
#define REQUEST(x) 4002, (((void)((x) == 0)), (int)(x))
#define THREE(a, b) a, ((void *)0), (b)
#define COMMA(a, b) (a, b)
int snprintf(char *, unsigned long, const char *, ...);
#define PRINT(to, ...) snprintf((to), sizeof(struct count) * 2, __VA_ARGS__)
#define PRINT_ONE(to, format, rest...) snprintf(to, 32, format, ## rest)
]]
    local with = include("int abs(int);\n#define ABSOLUTE(x) abs(x)\n#define ABSOLUTE_TWICE(x) (2 * abs(x))\n"
        .. "int snprintf(char *, unsigned long, const char *, ...);\n"
        .. "#define PRINT(to, ...) snprintf((to), sizeof(int) * 8, __VA_ARGS__)\n"
        .. "#define PRINT_ONE(to, format, rest...) snprintf(to, 32, format, ## rest)\n", {})

    it("are functions", function()
        assert.same({ 6, 7, 42, -4 }, { ns.TWICE(3), ns.SUM(3, 4), ns.NO_ARGUMENTS(), ns.TWICE(-2) })
        assert.equal(1.5, ns.SUM(1, 0.5))
        assert.equal(4294967295, ns.UNSIGNED(-1))
        assert.equal(math.mininteger, ns.PICK(1, math.mininteger, 0))
        assert.equal(5, ns.LONG_(5))
        assert.equal(7, ns.MAXIMUM(7, -7))
    end)

    it("are tables for ffi.new where braces stand", function()
        assert.same({ 6, 0 }, ns.COUNT_OF(5))
        assert.equal(6, ffi.new("struct count", ns.COUNT_OF(5)).n)
        local first = ffi.new "struct count"
        local second = ffi.new("struct count", ns.NAMED(7, first))
        assert.same({ 7, true }, { second.n, second.next == first })
        assert.same({ { 1, 2 }, { 2, 1 } }, ns.NESTED(1, 2))
        support.raises("macro 'BROKEN' cannot be called: '{' begins no expression (it is { a1 } { a1 })",
            ns.BROKEN, 1)
    end)

    it("know NULL where their header does not", function()
        local plain = include("struct count { int n; struct count *next; };\n#define NOBODY NULL\n"
            .. "#define LAST { NULL, 0 }\n#define END(n) { n, NULL }\n#define IS_NOBODY(p) ((p) == NULL)\n"
            .. "#define NULLS \"NULL\"\n", { lib = false })
        assert.is_nil(plain.NOBODY)
        assert.same({ 0, 0 }, plain.LAST)
        assert.same({ 5, 0 }, plain.END(5))
        assert.same({ true, false, "NULL" }, { plain.IS_NOBODY(nil), plain.IS_NOBODY(core.new "int[1]"), plain.NULLS })
    end)

    it("give a value for each argument of a list", function()
        assert.same({ 4002, 64 }, { ns.REQUEST(64) })
        local list = table.pack(ns.THREE(1, "x"))
        assert.same({ 1, "x", 3 }, { list[1], list[3], list.n })
        assert.is_nil(list[2])
        assert.same({ 2 }, { ns.COMMA(1, 2) }) -- C's operator
    end)

    it("give booleans where they compare", function()
        assert.same({ true, false, true, false, false }, {
            ns.IS_ODD(3), ns.IS_ODD(4), ns.BOTH(1, 2), ns.BOTH(1, 0), ns.NOT(2) })
        assert.is_true(ns.LIKELY(3))
    end)

    it("take types as text and as objects #lp64", function()
        assert.same({ 4, 8, 16, 16 }, { ns.SIZE "int", ns.SIZE "char *", ns.SIZE "struct count",
            ns.SIZE(ffi.typeof "struct count") })
        assert.equal(0x540104, ns.ENCODE(0x54, 1, "int"))
        assert.equal(8, ns.OFFSET("struct count", "next"))
        assert.equal(44, ns.CAST("unsigned char", 300))
        assert.equal(44, ns.CAST(ffi.typeof "unsigned char", 300))
    end)

    it("paste and quote their arguments", function()
        assert.equal("it", ns.NAME_OF "it")
        assert.equal("3", ns.NAME_OF(3))
        assert.equal('say "hi"', ns.NAME_OF 'say "hi"')
        assert.same({ 11, 12 }, { ns.CONSTANT_NAME(1), ns.CONSTANT_NAME(2) })
    end)

    it("work on C objects", function()
        local count = ffi.new("struct count", { n = 5 })
        local p = ffi.addressof(count)
        assert.equal(5, ns.FIELD(p, "n"))
        assert.equal(5, ns.BUMP(p))
        assert.equal(6, count.n)
        assert.equal(9, ns.SET(p, 9))
        assert.equal(12, ns.ADD(p, 3))
        assert.equal(12, count.n)
        local list = ffi.new("int[3]", { 1, 2, 3 })
        assert.same({ 1, 3 }, { ns.FIRST(list), ns.AT(list, 2) })
        assert.is_true(ns.IS_NULL(count.next))
        assert.is_false(ns.IS_NULL(p))
        assert.equal(12, ns.ADDRESS(p)[0])
    end)

    it("call functions", function()
        assert.same({ 4, 8 }, { with.ABSOLUTE(-4), with.ABSOLUTE_TWICE(-4) })
        local buffer = ffi.new "char[32]"
        assert.equal(4, with.PRINT(buffer, "%s-%d", "a", 12))
        assert.equal("a-12", ffi.string(buffer))
        assert.equal(2, with.PRINT_ONE(buffer, "hi"))
        assert.equal(4, with.PRINT_ONE(buffer, "hi%d", 10))
        assert.equal("hi10", ffi.string(buffer))
        support.raises("macro 'ABSOLUTE' cannot be called: 'abs' has no library: the option 'lib' is false "
            .. "(it is abs(a1))", ns.ABSOLUTE, 1)
    end)

    it("say what is wrong with a call", function()
        support.raises("macro 'TWICE' takes 1 argument, got 0", ns.TWICE)
        support.raises("macro 'SUM' takes 2 arguments, got 3", ns.SUM, 1, 2, 3)
        support.raises("macro 'PRINT_ONE' takes at least 2 arguments, got 1", ns.PRINT_ONE, 1)
        support.raises("macro 'DO' cannot be called: 'do' begins no expression (it is do { a1; } while (0))", ns.DO, 1)
        support.raises("macro 'STATEMENTS' cannot be called: it is a statement expression (it is ({ (a1); }))",
            ns.STATEMENTS, 1)
        support.raises("macro 'SELF' cannot be called: 'SELF' is not declared (it is (SELF(a1) + 1))", ns.SELF, 1)
        support.raises("macro 'TWICE' cannot be called: it calculates with a table (it is ((a1) + (a1)))", ns.TWICE, {})
        support.raises("macro 'CONSTANT_NAME' cannot be called: 'NAME_3' is not declared (it is NAME_a1)",
            ns.CONSTANT_NAME, 3)
    end)
end)

describe("macros of the system's headers", function()
    local ffi = core.scope {}
    local ns = ffi.include { "sys/wait.h", "sys/stat.h", "sys/ioctl.h", "sys/socket.h", "pthread.h", "stdint.h",
        "sys/select.h", "stdio.h", "limits.h", "errno.h", "endian.h" }

    it("take statuses and modes apart", function()
        assert.same({ 3, true, false, 9, true }, { ns.WEXITSTATUS(0x300), ns.WIFEXITED(0x300), ns.WIFEXITED(9),
            ns.WTERMSIG(9), ns.WIFSIGNALED(9) })
        assert.same({ true, false }, { ns.S_ISDIR(16877), ns.S_ISDIR(33188) })
    end)

    it("encode #lp64", function()
        assert.equal(ns._IOR(84, 1, "int"), ns._IOR(84, 1, ffi.typeof "int"))
        assert.equal(4, ns._IOC_SIZE(ns._IOR(84, 1, "int")))
        assert.equal(16 + 8, ns.CMSG_SPACE(4))
        assert.equal("18446744073709551615", tostring(ns.UINT64_MAX))
        assert.equal(5, ns.INT64_C(5))
    end)

    it("walk control messages", function()
        local message = ffi.new "struct msghdr"
        local control = ffi.new("char[64]")
        message.msg_control, message.msg_controllen = control, 64
        local first = ns.CMSG_FIRSTHDR(message)
        assert.equal("struct cmsghdr *", ffi.reflect(first).name)
        first.cmsg_len = ns.CMSG_LEN(4)
        ffi.cast("int *", ns.CMSG_DATA(first))[0] = 77
        assert.equal(77, ffi.cast("int *", control + ns.CMSG_LEN(0))[0])
        message.msg_controllen = 0
        assert.is_nil(ns.CMSG_FIRSTHDR(message))
    end)

    it("set bits", function()
        local set = ffi.new "fd_set"
        ns.FD_SET(70, set)
        assert.is_true(ns.FD_ISSET(70, set))
        assert.is_false(ns.FD_ISSET(71, set))
        ns.FD_CLR(70, set)
        assert.is_false(ns.FD_ISSET(70, set))
    end)

    it("initialise and name", function()
        local mutex = ffi.new(ns.pthread_mutex_t, ns.PTHREAD_MUTEX_INITIALIZER)
        assert.equal(0, ns.pthread_mutex_lock(mutex))
        assert.equal(0, ns.pthread_mutex_unlock(mutex))
        assert.equal(-1, ns.EOF)
        assert.is_nil(ns.NULL)
        assert.equal("struct _IO_FILE *", ffi.reflect(ns.stdout).name)
        ns.fopen("/nowhere", "r")
        assert.equal(ns.ENOENT, ns.errno)
        ns.errno = 5
        assert.equal(5, ffi.errno())
    end)
end)

describe("constants of _Float128", function()
    local before = os.getenv "CC"
    local TEXTS = { "3.141592653589793238462643383279502884f128", "1.e0f128", "10e0F128", "0.1f128", "1e4932f128",
        "1.18973149535723176508575932662800702e+4932F128", "3.36210314311209350626267781732175260e-4932F128",
        "340282366920938463463374607431768211455.f128", "5192296858534827628530496329220095.5f128",
        "10384593717069655257060992658440191.99999999999999999999999999f128", ".5f128" }

    -- The bytes of each, as the compiler has them.
    local function compiled()
        local body = {}
        for i, text in ipairs(TEXTS) do
            body[i] = ("_Float128 v%d = %s; dump(&v%d);"):format(i, text, i)
        end
        local lines = {}
        for line in support.compiled([[
#include <stdio.h>
static void dump(const void *at)
{
    for (int i = 0; i < 16; i++)
        printf("%02x", ((const unsigned char *)at)[i]);
    puts("");
}
]], table.concat(body, "\n")):gmatch "[^\n]+" do
            lines[#lines + 1] = line
        end
        return lines
    end

    it("have all digits, rounded as by the compiler #lp64", function()
        local defines = {}
        math.randomseed(11)
        for _ = 1, 50 do
            local digits = {}
            for k = 1, math.random(1, 60) do
                digits[k] = math.random(0, 9)
            end
            TEXTS[#TEXTS + 1] = ("%s.%de%df128"):format(table.concat(digits), math.random(0, 1 << 40),
                math.random(-300, 300))
        end
        for i, text in ipairs(TEXTS) do
            defines[i] = ("#define Q%d %s\n"):format(i, text)
        end
        local ns, ffi = include(table.concat(defines))
        headers.set_environment("CC", "gcc") -- clang has no such constants
        local expected = compiled()
        headers.set_environment("CC", before)
        assert.equal(61, #expected)
        for i, text in ipairs(TEXTS) do
            local object = ffi.new("_Float128[1]")
            object[0] = ns["Q" .. i]
            local bytes = ffi.string(ffi.cast("char *", object), 16):gsub(".", function(c)
                return ("%02x"):format(c:byte())
            end)
            assert.equal(expected[i], bytes, text)
            assert.equal(tostring(object[0]), tostring(ffi.toretval(ffi.eval(text))))
        end
    end)

    it("are computed with in as many, and written so that they read back #int128", function()
        local ffi = core.scope {}
        local function shown(text) return tostring(ffi.eval(text)) end
        assert.equal("3.10000000000000000000000000000000008", shown "3.1f128")
        assert.equal("6.20000000000000000000000000000000015", shown "3.1F128 * 2")
        assert.equal("0.333333333333333333333333333333333317", shown "1.0f128/3")
        assert.equal("-3.10000000000000000000000000000000008", shown "-3.1f128")
        assert.equal("2", shown "0x1.ffffffffffffffffffffffffffff8p0f128")
        assert.equal("6.47517511943802511092443895822764655e-4966", shown "0x0.9p-16494f128")
        assert.same({ "0", "0", "inf" }, { shown "1e-4966f128", shown "1e-99999f128", shown "1e4933f128" })
        assert.same({ 0, 1 }, { ffi.tonumber(ffi.eval "3.1f128 == 3.1L"), ffi.tonumber(ffi.eval "3.1f128 == 3.1Q") })
        ffi.cdef "static const _Float128 Q = 0.1f128; static const _Float128 THIRD = -1.0f128/3;"
        assert.equal("static const _Float128 Q = 0.1F128", (select(2, ffi.declaration "Q")))
        local text = select(2, ffi.declaration "THIRD")
        assert.equal("static const _Float128 THIRD = -0.3333333333333333333333333333333333F128", text)
        assert.equal(shown "-1.0f128/3", shown(text:match "= (.*)"))
    end)

    it("of other types are rounded once", function()
        local ffi = core.scope {}
        -- Just above the middle of two floats, and of two doubles: long double is that middle.
        assert.equal(0x1.000002p0, ffi.toretval(ffi.eval "0x1.0000010000000000000000001p0f"))
        assert.equal(0x1.0000000000001p0, ffi.toretval(ffi.eval "0x1.00000000000008000000000001p0"))
    end)
end)
