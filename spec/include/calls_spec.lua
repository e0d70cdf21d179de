-- S21: function-like macros of real headers, called from Lua, against the compiler's own values.
local core = require "cffi"
local support = require "support"
local headers = require "support.headers"

local STATUSES = { 0, 9, 11, 127, 128, 139, 0x137f, 256, 0x300, 0xff00, 0xffff, 4991 }
local MODES = { 0, 4516, 16877, 33188, 33261, 41471, 49645, 24992, 8630, 4480, 65535 }
local NUMBERS = { -100, -1, 0, 1, 2, 5, 7, 100, 255, 256, 65535, 2147483647 }
local UNSIGNED = { 0, 1, 2, 5, 100, 255, 256, 65535, 0x12345678, 0xdeadbeef }

-- Every value, each as an argument alone.
local function each(list)
    local calls = {}
    for i, value in ipairs(list) do calls[i] = { value } end
    return calls
end

-- Every pair of neighbours in a list.
local function pairs_of(list)
    local calls = {}
    for i = 1, #list do calls[i] = { list[i], list[i % #list + 1] } end
    return calls
end

-- header, options, { macro = calls }. A string argument stands in C as it is: types.
local cases = {
    { "sys/wait.h", {}, {
        WEXITSTATUS = each(STATUSES), WTERMSIG = each(STATUSES), WSTOPSIG = each(STATUSES), WIFEXITED = each(STATUSES),
        WIFSIGNALED = each(STATUSES), WIFSTOPPED = each(STATUSES), WIFCONTINUED = each(STATUSES),
        WCOREDUMP = each(STATUSES),
    } },
    { "sys/stat.h", {}, {
        S_ISDIR = each(MODES), S_ISREG = each(MODES), S_ISLNK = each(MODES), S_ISFIFO = each(MODES),
        S_ISSOCK = each(MODES), S_ISBLK = each(MODES), S_ISCHR = each(MODES),
    } },
    { "sys/ioctl.h", {}, {
        _IO = pairs_of(UNSIGNED), _IOC_NR = each(UNSIGNED), _IOC_TYPE = each(UNSIGNED), _IOC_SIZE = each(UNSIGNED),
        _IOR = { { 84, 1, "int" }, { 84, 2, "long" }, { 1, 2, "char[100]" }, { 69, 3, "struct winsize" } },
        _IOW = { { 84, 1, "int" }, { 84, 2, "struct winsize" } }, _IOWR = { { 84, 1, "void *" } },
    } },
    { "linux/input.h", {}, {
        EVIOCGNAME = each { 1, 64, 256 }, EVIOCGBIT = pairs_of { 1, 2, 32 }, EVIOCGABS = each { 0, 1, 47 },
    } },
    { "netinet/in.h", {}, {
        IN_CLASSA = each(UNSIGNED), IN_CLASSB = each(UNSIGNED), IN_CLASSC = each(UNSIGNED),
        IN_MULTICAST = each(UNSIGNED),
    } },
    { "stdint.h", {}, {
        INT8_C = each { 0, 5 }, UINT32_C = each { 0, 5, 4294967295 }, INT64_C = each { 5, 9223372036854775807 },
        UINT64_C = each { 5 }, INTMAX_C = each { 7 },
    } },
    { "sys/param.h", {}, {
        howmany = { { 10, 3 }, { 9, 3 }, { 0, 8 } }, roundup = { { 10, 8 }, { 16, 8 }, { 7, 3 } },
        powerof2 = each { 0, 1, 2, 3, 64, 65 }, MIN = pairs_of(NUMBERS), MAX = pairs_of(NUMBERS),
    } },
    { "dirent.h", {}, { DTTOIF = each { 4, 8, 10 }, IFTODT = each(MODES) } },
    { "elf.h", {}, {
        ELF32_R_SYM = each(UNSIGNED), ELF32_R_TYPE = each(UNSIGNED), ELF64_R_SYM = each { 1 << 32, 0x500000001 },
        ELF64_R_TYPE = each(UNSIGNED), ELF32_ST_BIND = each { 0, 18, 34 }, ELF64_ST_TYPE = each { 0, 18, 34 },
        ELF64_ST_INFO = pairs_of { 1, 2, 3 }, ELF64_R_INFO = pairs_of { 1, 7, 300 },
    } },
    { "sys/socket.h", {}, {
        CMSG_ALIGN = each { 0, 1, 8, 13 }, CMSG_SPACE = each { 0, 4, 13 }, CMSG_LEN = each { 0, 4 },
    } },
    { "pango/pango.h", { pkg = "pango" }, {
        PANGO_PIXELS = each(NUMBERS), PANGO_VERSION_ENCODE = { { 1, 2, 3 } },
        PANGO_VERSION_CHECK = { { 1, 2, 3 }, { 99, 0, 0 } }, PANGO_UNITS_ROUND = each { 0, 511, 512, 1025 },
    } },
    { "cairo.h", { pkg = "cairo" }, { CAIRO_VERSION_ENCODE = { { 1, 16, 0 }, { 2, 0, 1 } } } },
    { "glib.h", { pkg = "glib-2.0" }, {
        ABS = each(NUMBERS), CLAMP = { { 5, 1, 3 }, { 0, 1, 3 }, { 2, 1, 3 } },
        GLIB_CHECK_VERSION = { { 2, 0, 0 }, { 99, 0, 0 } },
        G_GINT64_CONSTANT = each { 5 }, GUINT16_SWAP_LE_BE_CONSTANT = each { 1, 256, 4660 },
        GUINT32_SWAP_LE_BE_CONSTANT = each { 1, 256, 0x12345678 },
    } },
    { "curses.h", { lib = "ncursesw" }, {
        NCURSES_BITS = { { 1, 2 }, { 7, 8 } }, COLOR_PAIR = each { 0, 1, 255 }, PAIR_NUMBER = each { 0, 256, 65280 },
    } },
}

local function written(arguments)
    local words = {}
    for i, value in ipairs(arguments) do
        words[i] = value == 9223372036854775807 and "9223372036854775807" or tostring(value)
    end
    return table.concat(words, ", ")
end

local function is_installed(options)
    return not options.pkg or support.run { "pkg-config", "--exists", options.pkg } == 0
end

-- What the compiler's program prints for the calls of one header.
local function compiled(header, options, calls)
    local lines = { ("#include <%s>\n#include <stdio.h>\nint main(void) {"):format(header) }
    for _, call in ipairs(calls) do
        lines[#lines + 1] = ('printf("%%lld\\n", (long long)(%s(%s)));'):format(call.name, written(call))
    end
    lines[#lines + 1] = "return 0; }"
    local folder = headers.folder()
    support.write_file(folder .. "/calls.c", table.concat(lines, "\n"))
    local flags = options.pkg and select(2, support.run { "pkg-config", "--cflags", options.pkg }) or ""
    local words = { "gcc", "-D_GNU_SOURCE", "-w", "-o", folder .. "/calls", folder .. "/calls.c" }
    for flag in flags:gmatch "%S+" do words[#words + 1] = flag end
    local code, _, err = support.run(words)
    assert.equal(0, code, err)
    local values = {}
    for line in select(2, support.run { folder .. "/calls" }):gmatch "[^\n]+" do
        values[#values + 1] = math.tointeger(tonumber(line))
    end
    return values
end

describe("function-like macros", function()
    local total = 0
    headers.own_cache()
    teardown(headers.clean)

    for _, case in ipairs(cases) do
        local header, options, names = table.unpack(case)
        local calls = {}
        for name, list in pairs(names) do
            for _, arguments in ipairs(list) do
                calls[#calls + 1] = table.move(arguments, 1, #arguments, 1, { name = name })
            end
        end
        local there = is_installed(options)
        if there and #calls > 0 then
            it(("of <%s> are the compiler's (%d calls)"):format(header, #calls), function()
                local ns = core.scope {}.include(header, options)
                local values = compiled(header, options, calls)
                for i, call in ipairs(calls) do
                    local value = ns[call.name](table.unpack(call))
                    value = type(value) == "boolean" and (value and 1 or 0) or value
                    assert.equal(values[i], value, ("%s(%s)"):format(call.name, written(call)))
                end
                total = total + #calls
            end)
        end
    end

    it("shift integers of 64 bits, as Lua's are, where an int would be too small", function()
        local ns = core.scope {}.include "elf.h"
        assert.equal(0, ns.ELF64_R_SYM(5))
        assert.equal(5, ns.ELF64_R_SYM(5 << 32))
    end)

    it("were at least 200", function()
        assert.is_true(total >= 200, tostring(total))
    end)
end)
