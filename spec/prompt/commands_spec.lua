-- The commands of the prompt, C typed at it, and what it says of mistakes: driven with lines.
local support = require "support"
local session = require "cffi.repl.session"
local chunk = require "cffi.repl.chunk"
local source = require "cffi.repl.source"

-- A session after these lines: what it wrote, its errors, itself.
local function after(...)
    local lines, out, errors, at = { ... }, {}, {}, 0
    local self = session.new {
        env = setmetatable({}, { __index = _G }),
        read = function()
            at = at + 1
            return lines[at]
        end,
        write = function(text) out[#out + 1] = text end,
        write_error = function(text) errors[#errors + 1] = text end,
    }
    self.ffi = require "cffi".scope {}
    self.names.predefine(self.ffi)
    self:run()
    return table.concat(out), table.concat(errors), self
end

local function output(...)
    local out, errors = after(...)
    assert.equal("", errors)
    return out
end

local function error_of(...)
    return (select(2, after(...)))
end

describe(":help", function()
    it("lists all commands, in several ways", function()
        local text = output ":help"
        for _, word in ipairs { ":help %[COMMAND%]", ":include FILE.h", ":lib NAME", ":find WORD", ":layout TYPE",
            ":x VALUE %[N%]", ":time EXPRESSION", ":trace LIBRARY", ":bind FILE.h%.%.%. %[%-o FILE.lua%]",
            ":save FILE", ":reset", ":quit",
            "?NAME", "_, __" } do
            assert.truthy(text:find(word), word)
        end
        for _, typed in ipairs { "help", "?", ": help", "  help " } do
            assert.equal(text, output(typed))
        end
    end)

    it("tells more of one", function()
        assert.equal(":layout TYPE\n    offsets, sizes and holes of a struct, as of pahole\n"
            .. "    TYPE is C (struct stat) or a Lua expression that gives a type or an object.\n",
            output ":help layout")
        assert.equal(output ":help layout", output ":help :layout")
        assert.truthy(output(":help ?"):find "^%?NAME\n    what a name is")
        assert.equal("no command ':frob' (:help lists them)\n", error_of ":help frob")
    end)

    it("is a name like others when it is one", function()
        assert.equal("5\n", output("help = 5", "help"))
        assert.equal("", output("quit", "1"))
        assert.equal("", output(":quit", "1"))
    end)
end)

describe("what is no command", function()
    it("is answered with the nearest one", function()
        assert.equal("no command ':inclde' (did you mean ':include'?)\n", error_of ":inclde zlib.h")
        assert.equal("no command ':la' (did you mean ':layout'?)\n", error_of ":la x")
        assert.equal("no command ':frobnicate' (:help lists them)\n", error_of ":frobnicate")
        assert.equal("no command ':' (:help lists them)\n", error_of ":")
    end)
end)

describe("a command", function()
    it("says what it wants, or what it does not take", function()
        for line, message in pairs {
            [":include"] = ":include wants a header: :include zlib.h",
            [":lib"] = ":lib wants a library: :lib z",
            [":time"] = ":time wants an expression: :time C.abs(-1)",
            [":reset all"] = ":reset takes no 'all'",
            [":find ["] = "'[' is no pattern: missing ']'",
            ["?a[b"] = "'a[b' is no pattern: missing ']'",
            ["?)"] = "nothing is known of ')'; :find looks further",
            [":time )"] = "stdin:1: unexpected symbol near ')'",
            [":save /"] = "/: Is a directory",
            [":layout 5"] = ":layout wants a type or an object of C, got a number",
            [":x 'abc' nothing"] = ":x wants a number of bytes, got 'nothing'",
            [":lib ~/no_such.so"] = ("cannot load library '%s/no_such.so':\n\t%s/no_such.so: cannot open shared object "
                .. "file: No such file or directory"):format(os.getenv "HOME", os.getenv "HOME"),
        } do
            assert.equal(message .. "\n", error_of(line), line)
        end
        assert.truthy(error_of ":include zlib.h lib=no_such":find "^cannot load library 'no_such':\n")
        assert.truthy(error_of ":include no_such.h":find "^cannot include <no_such.h>: .- says:\n.*no_such.h")
        assert.truthy(error_of ":include ./README.md":find "^cannot include \"./README.md\": ")
    end)
end)

describe("a C declaration", function()
    it("is declared, with a note", function()
        assert.equal("declared abs\n4\n", output("int abs(int);", "C.abs(-4)"))
        assert.equal("declared struct point\n8\n", output("struct point { int x;", "int y; };",
            "ffi.sizeof 'struct point'"))
        assert.equal("declared FIVE\n5\n", output("#define FIVE 5", "ffi.tonumber(ffi.eval 'FIVE')"))
        assert.equal("declared A, B, enum kind\n1\n", output("enum kind { A,", "B };", "ffi.tonumber(ffi.eval 'B')"))
    end)

    it("is refused as C when it looks like that, as Lua when it does not", function()
        assert.equal("1:9: unknown type 'unheard_of'\n    int foo(unheard_of x);\n            ^\n",
            error_of "int foo(unheard_of x);")
        assert.equal("stdin:1: syntax error near 'is'\n    what is this\n         ^\n", error_of "what is this")
        assert.equal("1:12: expected ')' to close the parameter list, got end of text\n"
            .. "    int abs(int\n               ^\n", error_of "int abs(int")
    end)
end)

describe("a syntax error", function()
    it("has a caret where Lua stops", function()
        assert.equal("stdin:1: 'then' expected near 'y'\n    if x y then end\n         ^\n", error_of "if x y then end")
        assert.equal("stdin:2: unexpected symbol near ')'\n    1, ) }\n       ^\n", error_of("x = { -- )", "1, ) }"))
        assert.equal("stdin:1: unfinished string near <eof>\n    x = \"abc\n        ^\n", error_of 'x = "abc')
    end)

    it("names the line of the session", function()
        assert.equal("stdin:3: no\n", error_of("x = 1", "", "error 'no'"))
    end)
end)

describe(":include", function()
    it("makes names usable without prefix #lp64", function()
        local out = output(":include zlib.h", "zlibVersion() == _.zlibVersion()", "Z_OK", "ffi.sizeof(z_stream)",
            "Z_BEST_COMPRESSION + 1")
        assert.truthy(out:find("^<zlib.h>: [^\n]*libz%.so[^\n]*: %d+ functions, %d+ types, %d+ other names "
            .. "%(%d+ ms%)\n"))
        assert.truthy(out:find "\n0\n112\n10\n$")
    end)

    it("counts what users take for the header's functions", function()
        local out = output(":include math.h", "hypot(3, 4)")
        local functions = out:match "^<math.h>: ffi.C: (%d+) functions, "
        assert.is_true(tonumber(functions) > 100, out)
        assert.truthy(out:find "\n5.0\n$")
    end)

    it("comes after Lua's own names and the session's", function()
        local out = output(":include stdlib.h string.h", "string == require '_G'.string")
        assert.equal("true\n", (out:gsub("^.-\n", "")))
    end)

    it("says what is wrong", function()
        assert.equal(":include wants a header: :include zlib.h\n", error_of ":include")
        assert.truthy(error_of(":include no/such/header.h"):find "^cannot include <no/such/header.h>: ")
        local lines = output(":include zlib.h", ":include stdio.h lib=m", ":include")
        assert.truthy(lines:find("\n<zlib.h>: /", 1, true))
    end)
end)

describe(":lib", function()
    it("binds the stem of the library's name", function()
        assert.truthy(output(":lib m"):find "^m = library: /[^\n]*libm%.so%.6, %d+ functions\n$")
        assert.truthy(output(":lib libm.so.6", "double cos(double);", "m.cos(0)"):find "\ndeclared cos\n1.0\n$")
        assert.equal("m = library: x", (output(":lib m", ":lib"):match "\n(.*)\n$":gsub("/.*", "x")))
        for name, stem in pairs { ["/lib/libfoo-2.so.1"] = "foo_2", z = "z", ["libxml2.so"] = "xml2",
            ["7z.so"] = "_7z" } do
            assert.equal(stem, require "cffi.repl.libraries".stem(name))
        end
    end)

    it("says what is wrong", function()
        assert.equal(":lib wants a library: :lib z\n", error_of ":lib")
        assert.truthy(error_of(":lib no_such_library"):find "no_such_library")
    end)
end)

describe(":layout and :x", function()
    it("take C, types and objects #lp64", function()
        local text = output("struct two { char a; long b; };", ":layout struct two")
        assert.truthy(text:find("/* XXX 7 bytes hole */", 1, true))
        for _, expression in ipairs { "ffi.new 'struct two'", "ffi.typeof 'struct two'", "ffi.new 'struct two *'" } do
            assert.equal(text, output("struct two { char a; long b; };", ":layout " .. expression))
        end
        assert.equal(":layout wants a type: :layout struct stat\n", error_of ":layout")
        assert.truthy(error_of(":layout struct unheard_of"):find "undeclared tag 'struct unheard_of'")
    end)

    it("show bytes", function()
        assert.equal("00000000  61 62                                             |ab|\n", output ":x 'ab'")
        assert.equal("00000000  61                                                |a|\n", output ":x 'ab' 1")
        assert.equal("0x000000000008  (unreadable)\n", output ":x ffi.cast('char *', 8)")
        assert.equal(":x wants a value: :x buffer 64\n", error_of ":x")
        assert.equal("'nothing' is nil\n", error_of ":x nothing")
        assert.truthy(error_of(":x 5"):find "C object or string expected, got number")
    end)
end)

describe(":time", function()
    it("tells the mean of an expression or statement", function()
        assert.truthy(output(":time 1 + 1"):find "^[%d.]+ ns %(mean of %d+%)\n$")
        assert.truthy(output(":time local t = {} t.x = 1"):find "^[%d.]+ [nu]s %(mean of %d+%)\n$")
        assert.equal(":time wants an expression: :time C.abs(-1)\n", error_of ":time")
        assert.truthy(error_of(":time x x"):find "syntax error near 'x'")
    end)
end)

describe("?NAME", function()
    it("tells prototype, comment, place and library", function()
        local out = output(":include zlib.h", "?deflate")
        assert.truthy(out:find("\nint deflate(z_streamp strm, int flush)\n    deflate compresses as much", 1, true))
        -- libz.so, if another spec has opened it by that name
        assert.truthy(out:find "\n    /usr/include/zlib.h:%d+, libz%.so[%d.]*\n", out)
        assert.truthy(output("int abs(int);", "?abs"):find "^declared abs\nint abs%(int%)\n    libc%.so%.6\n")
        assert.equal(output("int abs(int);", "?abs"), output("int abs(int);", "?C.abs"))
        assert.truthy(output("[[cffi::errno]] int pipe([[cffi::out]] int fds[2]);", "?pipe")
            :find "int pipe%(int %*fds%)\n    errno; 1: out\n    libc%.so%.6\n")
    end)

    it("knows types, values and what nobody declared", function()
        assert.truthy(output("struct two { char a; long b; };", "?struct two"):find "bytes hole")
        assert.truthy(output("typedef struct { int x; } named;", "?named"):find "^declared named\ntypedef struct")
        assert.equal("x = {1, 2}\n", output("x = {1, 2}", "?x"))
        assert.truthy(output(":lib m", "?cosh"):find "\ncosh\n    function of %d+ bytes in libm%.so%.6, not declared\n")
        assert.equal("nothing is known of 'xyzzy'; :find looks further\n", error_of "?xyzzy")
        assert.equal("nothing is known of 'strleen' (did you mean 'strlen'?)\n",
            error_of("size_t strlen(const char *);", "?strleen"))
    end)

    it("knows macros of included headers", function()
        local out = output(":include zlib.h", "?Z_BEST_SPEED", "?Z_BES*")
        assert.truthy(out:find "\n#define Z_BEST_SPEED 1\n    compression levels\n    /usr/include/zlib.h:%d+\n")
        assert.truthy(out:find "\n#define Z_BEST_COMPRESSION 9  zlib.h:%d+\n#define Z_BEST_SPEED 1  zlib.h:%d+\n$")
    end)

    it("lists what a glob fits", function()
        assert.equal("int one_a(int)\nint one_b(int)\n",
            (output("int one_b(int); int one_a(int); int two(int);", "?one_*"):gsub("^.-\n", "")))
        assert.truthy(output(":lib m", "?m.cos*"):find "\ncosh  function of libm.so.6, not declared\n")
        assert.equal("no name fits 'xyzzy*'; :find looks further\n", error_of "?xyzzy*")
    end)
end)

describe("a header's comment", function()
    local path = os.tmpname()
    support.write_file(path, [[
/* About one,
 * in two lines. */
int one(int a,
        int b);

int two(int); /* Beside two. */
/** Group. */
int three(int);
int four(int);
int five(int);
/*
    Below five.
*/

// Lines
// above.
int six(int);

int seven(int /* a */);
int eight(int);
/* Above nine. */
int nine(int);

/* Above ten, with a blank line. */

int ten(int);
]])
    teardown(function() os.remove(path) end)
    local text = support.read_file(path)

    for name, comment in pairs {
        one = "About one,\nin two lines.", two = "Beside two.", three = "Group.", four = "Group.",
        six = "Lines\nabove.",
        nine = "Above nine.", ten = "Above ten, with a blank line.",
    } do
        it("is found for " .. name, function()
            local before = text:match("^(.-)int " .. name .. "%f[%W]")
            local _, line = before:gsub("\n", "")
            assert.equal(comment, source.comment(path, line + 1))
        end)
    end

    it("is nobody else's", function()
        local _, line = text:match "^(.-)int eight":gsub("\n", "")
        assert.is_nil(source.comment(path, line + 1))
        assert.is_nil(source.comment("/no/such/file.h", 1))
    end)
end)

describe(":find", function()
    it("looks among declarations, open libraries, headers and the system's libraries", function()
        local out = output("int my_deflate(int);", ":find deflate")
        assert.truthy(out:find "declared\n  int my_deflate%(int%)\n")
        assert.truthy(out:find "exported by libraries of the system\n  deflate  ") -- before others, libz's or another's
        assert.truthy(out:find "\n  deflate  libz%.so")
        for _, line in ipairs { ":find deflate", ":find def?ateBoun*" } do
            local tries = 0
            repeat -- on a busy machine not all headers are read at once
                tries = tries + 1
            until output(line):find "headers with functions of such names\n.*  <zlib.h>\n" or tries == 20
            assert.is_true(tries < 20, line)
        end
        out = output ":find zlib"
        assert.truthy(out:find "headers\n.*  <zlib.h>\n")
        assert.truthy(output(":find strl?n"):find "exported by open libraries, not declared\n  strlen  ")
        assert.truthy(output(":find gmp"):find "libraries\n.*libgmp%.so")
        assert.equal("nothing like 'no_such_name_anywhere' was found\n", error_of ":find no_such_name_anywhere")
        assert.equal("nothing like '$(echo 1)' was found\n", error_of ":find $(echo 1)")
        assert.equal(":find wants a word: :find sqlite3_open\n", error_of ":find")
    end)
end)

describe(":find's patience", function()
    it("ends where headers take long to read, and says so", function()
        local folder = os.tmpname()
        os.remove(folder)
        assert(os.execute("mkdir " .. folder))
        finally(function() os.execute("rm -r " .. folder) end)
        support.write_file(folder .. "/grep", [[#!/bin/sh
for last; do :; done
[ "$last" = /usr/local/include ] && echo /usr/include/found.h && exec sleep 20
echo /usr/include/beside/z.h
]])
        assert(os.execute("chmod +x " .. folder .. "/grep"))
        local start = os.time()
        local _, out = support.run({ "env", "PATH=" .. folder .. ":" .. os.getenv "PATH", support.lua, "bin/cffi" },
            ":find deflateBound\n")
        assert.is_true(os.time() - start < 10)
        assert.truthy(out:find("exported by libraries of the system\n  deflateBound  libz.so.1\n", 1, true), out)
        assert.truthy(out:find("headers with functions of such names\n  <found.h>\n  <beside/z.h>\n"
            .. "(1 s was too short to read all headers; the next :find goes on)\n", 1, true), out)
    end)

    it("is not tried by words that everything fits", function()
        local start = os.clock()
        assert.truthy(output ":find e":find "%(%d+ more at least%)\n")
        assert.is_true(os.clock() - start < 3)
    end)
end)

describe(":trace", function()
    it("shows calls with names, results, errno, and nested ones", function()
        local out = output("int abs(int number); int open(const char *path, int flags, ...); void free(void *);",
            "void qsort(void *base, size_t n, size_t size, int (*)(const int *, const int *));", "C.abs(-1)",
            ":trace C",
            "C.abs(-2)", "C.open('/no/such/file', 0)", "C.free(nil)",
            "C.qsort(ffi.new('int[2]', 2, 1), 2, 4, function(a, b) return C.abs(a[0]) - b[0] end)", ":trace C",
            "C.abs(-3)")
        assert.equal([[
1
calls of C are shown
abs(number = -2) = 2
2
open(path = "/no/such/file", flags = 0) = -1 (errno 2, No such file or directory)
-1
free(NULL)
qsort(base = int[2] {2, 1}, n = 2, size = 4, function stdin:8)
  abs(number = 2) = 2
.. qsort
C is no longer traced
3
]], (out:gsub("^.-\n.-\n", "")))
    end)

    it("shows what raised, and leaves errors where they were", function()
        local out, errors = after("int abs(int number);", ":trace C", "x = C.abs({})")
        assert.truthy(out:find("\nabs(number = {}) raised: bad argument #1 to 'abs' (int abs(int number)): ", 1, true))
        assert.truthy(errors:find "^stdin:3: bad argument #1 to 'abs'")
    end)

    it("leaves what a library lacks an error of the input", function()
        assert.equal("stdin:2: symbol 'labs' exists in ffi.C but is not declared: "
            .. "use ffi.cdef \"RESULT labs(PARAMETERS);\", or :include stdlib.h\n", error_of(":trace C", "x = C.labs"))
    end)

    it("traces headers, with names that need no prefix", function()
        local out = output(":include zlib.h", ":trace zlib.h", "crc32(0, 'abc', 3)")
        assert.truthy(out:find('\ncrc32(crc = 0, buf = "abc", len = 3) = 891568578\n891568578\n', 1, true), out)
    end)

    it("says what is no library", function()
        assert.equal(":trace wants a library: :trace z\n", error_of ":trace")
        assert.equal("'string' is no library: :lib opens one, :include reads a header\n", error_of ":trace string")
    end)
end)

describe(":bind", function()
    it("writes a module that needs no compiler, and shows it without -o", function()
        local path = os.tmpname()
        finally(function() os.execute(("rm %s %s.d.lua"):format(path, path)) end)
        assert.equal(("wrote %s\nwrote %s.d.lua\n"):format(path, path), output(":bind zlib.h -o " .. path))
        local written = support.read_file(path)
        assert.equal(891568578, dofile(path).crc32(0, "abc", 3))
        assert.truthy(support.read_file(path .. ".d.lua"):find("crc32", 1, true))
        local again = output(":bind -o " .. path .. " zlib.h", ":bind zlib.h")
        assert.equal(written, (again:gsub("^wrote.-\nwrote.-\n", "")))
        assert.truthy(output ":bind zlib.h lib=z":find('"z"', 1, true))
    end)

    it("says what is missing", function()
        assert.equal(":bind wants a header: :bind zlib.h -o z.lua\n", error_of ":bind")
        assert.equal(":bind: -o wants a file\n", error_of ":bind zlib.h -o")
        assert.equal("cannot write /no/such/z.lua: No such file or directory\n",
            error_of ":bind zlib.h -o /no/such/z.lua")
        assert.truthy(error_of ":bind no_such.h":find "no_such.h")
    end)
end)

describe("a misspelt name", function()
    it("gets a hint, where nothing of that name was there", function()
        assert.equal("nil\ndid you mean 'string'?\n", output "strin")
        assert.equal("nil\ndid you mean 'print'?\n", output "= pritn ")
        assert.equal("nil\n", output("local strin", "strin"))
        assert.equal("nil\nnil\nnil\n", output("nil", "xyzzyqq", "string.fromat"))
        local out = output(":include zlib.h", "z_strem", "deflat")
        assert.truthy(out:find "\nnil\ndid you mean 'z_stream'%?\nnil\ndid you mean 'deflate'%?\n$", out)
    end)

    it("is one that needs a prefix", function()
        assert.equal("declared getpagesize\nnil\ndid you mean 'C.getpagesize'?\n",
            output("int getpagesize(void);", "getpagesize"))
        assert.equal("stdin:2: attempt to call a nil value (global 'getpagesize') (did you mean 'C.getpagesize'?)\n",
            error_of("int getpagesize(void);", "getpagesize()"))
        local out = output("const char *zlibVersion(void);", ":lib z", "zlibVersion")
        assert.truthy(out:find "\nnil\ndid you mean 'z.zlibVersion'%?\n$", out)
    end)

    it("gets one in the error that follows", function()
        assert.equal("stdin:1: attempt to call a nil value (global 'pritn') (did you mean 'print'?)\n",
            error_of "pritn(1)")
        assert.equal("stdin:2: attempt to index a nil value (global 'tabel') (did you mean 'table'?)\n",
            error_of("", "tabel.x = 1"))
        assert.equal("stdin:1: attempt to call a nil value (field 'inclde') (did you mean 'ffi.include'?)\n",
            error_of "ffi.inclde 'zlib.h'")
        assert.equal("stdin:1: attempt to call a nil value (method 'repp') (did you mean 's:rep'?)\n",
            error_of "s = 'x' return s:repp(3)")
        assert.equal("stdin:1: attempt to index a nil value (field 'foo')\n", error_of "math.foo.bar()")
    end)
end)

describe("a name that nobody declared", function()
    it("is told with its header", function()
        assert.equal("stdin:1: symbol 'strerror' exists in ffi.C but is not declared: use ffi.cdef "
            .. '"RESULT strerror(PARAMETERS);", or :include string.h\n', error_of "C.strerror(2)")
        assert.truthy(error_of "C.mknod()":find ", or :include sys/stat.h\n$")
        assert.truthy(error_of "C.__libc_start_main()":find ", or :find __libc_start_main\n$")
    end)
end)

describe(":save", function()
    local path = os.tmpname()
    teardown(function() os.remove(path) end)

    it("writes the inputs that worked as a script that plain Lua runs", function()
        local out, errors = after(":include zlib.h", "zlibVersion() == _.zlibVersion()", "local x = Z_OK + 5",
            "error 'no'", "x", "int abs(int);", "C.abs(-x) + _", ":lib m", "double cos(double);", "m.cos(0)",
            "return x", "for i = 1, 2 do", "total = (total or 0) + i end", "total", "ffi.declarations '^abs$'",
            ":save " .. path)
        assert.equal("stdin:4: no\n", errors)
        assert.truthy(out:find((path .. ": 13 inputs\n"):gsub("%W", "%%%0")))
        local code, printed, complaints = support.run { support.lua, "bin/cffi", path }
        assert.equal("", complaints)
        assert.equal("true\n5\n10\n1.0\n5\n3\nfunction\tabs\n", printed)
        assert.equal(0, code)
    end)

    it("says why it cannot", function()
        assert.equal(":save wants a file: :save session.lua\n", error_of ":save")
        assert.equal("/no/such/folder/x: No such file or directory\n", error_of ":save /no/such/folder/x")
    end)
end)

describe(":reset", function()
    it("forgets declarations and names", function()
        local out, errors = after("int abs(long);", "local x = 1", ":include zlib.h", ":reset", "x, _, Z_OK",
            "int abs(int);", "C.abs(-3)")
        assert.equal("", errors)
        assert.truthy(out:find "`ffi` is a new scope\nnil\tnil\tnil\ndeclared abs\n3\n$")
    end)
end)

describe("the prompt", function()
    it("lists iterators of declarations and symbols, sorted, and leaves others alone", function()
        assert.equal("int aa(void)\nint bb(void)\n",
            (output("int bb(void); int aa(void);", "ffi.declarations '^..$'"):gsub("^.-\n", "")))
        assert.truthy(output(":lib m", "ffi.symbols(m, '^cosh')"):find "\nfunction cosh\nfunction coshf\n")
        assert.truthy(output("pairs {}"):find "^function: ")
    end)

    it("leaves errno as the input left it", function()
        assert.equal("declared open\n-1\n2\n", output("int open(const char *, int, ...);", "C.open('/no/such/file', 0)",
            "ffi.errno()"))
    end)

    it("escapes control characters of errors, and takes junk", function()
        assert.equal("\\x1b[31mred\n", error_of "error('\27[31mred', 0)")
        local _, errors = after("\1\2\255\0x", "\27[A", "1")
        assert.is_nil(errors:find "[\0-\8\14-\31]")
    end)

    it("finds locals outside blocks alone", function()
        local input = chunk.compile("local a = 1; local function b() local c end do local d end local e <const>, f",
            { name = "=x", env = {}, line = 1 })
        assert.same({ "a", "b", "e", "f" }, input.names)
    end)
end)
