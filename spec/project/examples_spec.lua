-- Every example runs and prints what it promises.
local support = require "support"

local function run(name, ...)
    local code, out, err = support.run { support.lua, "bin/cffi", "examples/" .. name, ... }
    if code == 77 and not os.getenv "CFFI_NO_SKIP" then
        pending(((out .. err):gsub("\n$", "")))
    end
    assert.equal("", err)
    assert.equal(0, code)
    return out
end

local function temporary()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    return path
end

describe("examples", function()
    it("hello.lua calls printf and shows a refused argument", function()
        assert.equal([[
hello, world: 42, 0.667
printf wrote 24 bytes
abs(-7) is 7
false	bad argument #1 to 'abs' (int abs(int number)): integer 4294967296 does not fit 'int' (32 bits)
]], run "hello.lua")
    end)

    it("qsort.lua sorts integers and structs, and gets the callback's error", function()
        assert.equal([[
-2 0 1 3 3 5 7 9
Oslo      59.9
Prague    50.1
Lisbon    38.7
Nairobi   -1.3
false	cannot compare
]], run "qsort.lua")
    end)

    local zlib = [[
smaller:   true
identical: true
same crc:  true
crc32 of 'hello': 3610a686
examples/zlib.lua:25: zlib: data error
]]

    it("headers.lua runs programs with nothing but what C's headers say", function()
        assert.equal([[
"from a pipe\
", exit code 0
"\
", exit code 3
"", signal 15
/ is a directory: true
]], run "headers.lua")
    end)

    it("zlib.lua compresses and restores itself #close", function()
        assert.equal(zlib, run "zlib.lua")
    end)

    it("zlib.lua compresses and restores any file, zeros and all #close", function()
        local path = temporary()
        support.write_file(path, ("\0\1\2 text"):rep(20000))
        assert.equal(zlib, run("zlib.lua", path))
    end)

    it("sqlite.lua stores rows that survive closing the database", function()
        local path = temporary()
        assert.equal([[
Titan	2575
(no name)	1737
false	no such table: nowhere
]], run("sqlite.lua", path))
        assert.equal("SQLite format 3\0", support.read_file(path):sub(1, 16))
        assert.truthy(support.read_file(path):find("Mimas", 1, true))
    end)

    it("stat.lua lists a directory and what is below it", function()
        local dir = temporary()
        os.remove(dir)
        assert(os.execute(("mkdir %s %s/sub && printf 12345 >%s/five && : >%s/sub/empty && "
            .. "find %s -exec touch -d 2021-06-01T12:00:00Z {} +"):format(dir, dir, dir, dir, dir)))
        finally(function() os.execute("rm -r " .. dir) end)
        assert.equal([[
five         5 2021
sub          dir  2021
  empty        0 2021
false	/no/such/directory: No such file or directory
]], run("stat.lua", dir))
    end)

    it("gmp.lua passes integers of any size, under each policy", function()
        assert.equal([[
fit	9 stored as GMP computes them, 15 refused
strict	8 stored as GMP computes them, 16 refused
wrap	24 stored as GMP computes them, 0 refused
saturate	24 stored as GMP computes them, 0 refused
1001 bits, the low 64: 1764445282864283396
]], run "gmp.lua")
    end)

    it("fiddle.lua calls through objects, an importer and a closure #close", function()
        local out = run "fiddle.lua"
        assert.equal([[
allocated by C	32	97
  Caabcdelloty
5.0	48 = 0.75 * 2^6
true	3610a686
0	true	16
2.5	 litres
ArgumentError	wrong number of arguments to 'hypot' (double hypot(double x, double y)): expected 2, got 1
TypeError	bad argument #1 to 'hypot' (double hypot(double x, double y)): cannot convert string "3" to 'double'
DLError	undefined symbol 'mallok' in LIBC (did you mean 'malloc'?)
IndexError	index 32 is out of bounds for a pointer to 32 bytes
DLError	the memory was freed
]], (out:gsub("in /%S*libc%S*", "in LIBC")))
    end)

    -- What the examples type by hand, and the headers that have it.
    local headers = {
        ["expat.lua"] = { "expat.h" }, ["gmp.lua"] = { "gmp.h" }, ["hello.lua"] = { "stdio.h", "stdlib.h" },
        ["qsort.lua"] = { "stdlib.h" }, ["sqlite.lua"] = { "sqlite3.h" },
    }

    it("declare what the headers say", function()
        local ffi = require "cffi"
        local files <close> = assert(io.popen "grep -l 'ffi.cdef ..$' examples/*.lua")
        local count = 0
        for path in files:lines() do
            local name = path:match "[^/]+$"
            local text = support.read_file(path):match "ffi%.cdef %[%[(.-)%]%]"
            local numbers, declared = ffi.verify(text, assert(headers[name], path), { name = name })
            assert.is_true(numbers + declared > 0, path)
            count = count + 1
        end
        assert.equal(5, count)
    end)

    it("are all tested here, short, and begin with what they teach", function()
        local spec = support.read_file "spec/project/examples_spec.lua"
        local files <close> = assert(io.popen "ls examples/*.lua")
        for path in files:lines() do
            local text = support.read_file(path)
            local _, lines = text:gsub("\n", "")
            assert.equal("-- What you learn: ", text:sub(1, 19), path)
            assert.is_true(lines <= 90, path)
            assert.truthy(spec:find('run "' .. path:match "[^/]+$", 1, true)
                or spec:find('run("' .. path:match "[^/]+$", 1, true), path .. " is not run")
        end
    end)

    it("expat.lua prints a document and stops at an error #close", function()
        assert.equal([[
menu kind="lunch"
  dish price="7"
    soup
  dish
    rice
menu
  dish
false	mismatched tag
no fish today
]], run "expat.lua")
    end)

    it("sqlite_udf.lua calls Lua from SQL, errors included #close", function()
        assert.equal([[
fig	FIG!
apple	APPLE!
banana	BANANA!
false	will not take banana
seen enough
]], run "sqlite_udf.lua")
    end)

    it("ftw.lua walks a tree and stops where Lua says so #close", function()
        assert.equal([[
  one (file)
  sub (directory)
tree (directory)
    two (file)
stopped with 1 after 2 entries
not in here
]], run "ftw.lua")
    end)

    it("threads.lua counts in four threads, each as often as it says #close", function()
        assert.equal("1000\t250 250 250 250\n", run "threads.lua")
    end)

    it("resolve.lua looks names up beside each other", function()
        assert.equal("127.0.0.1\t127.0.0.1\n127.0.0.9\t127.0.0.9\n", run("resolve.lua", "127.0.0.1", "127.0.0.9"))
    end)

    it("audio.lua is called each millisecond, at once or later #close", function()
        local out = run("audio.lua", "100")
        local ran, posted = out:match("^run:  (%d+) calls, at worst [%d.]+ ms late, beside short calls of C\n"
            .. "post: (%d+) calls, at worst [%d.]+ ms late, while Lua computes\n$")
        assert.is_truthy(ran, out)
        assert.is_true(tonumber(ran) > 10 and tonumber(posted) > 10, out) -- of 100; the machine may be busy
    end)

    it("interrupt.lua stops a query of SQLite's from another thread #close", function()
        assert.equal("the query runs: true\ntrue\tinterrupted\n", run "interrupt.lua")
    end)

    it("glib.lua has GLib's main loop on a thread call Lua #close", function()
        assert.equal("5 ticks, 5 of them on the loop's thread; handed over: 55; worked meanwhile: true\n",
            run "glib.lua")
    end)

    it("uv.lua has libuv's timer and threads call Lua", function()
        assert.equal("3 ticks, 8 works in other threads, 8 finished\n", run "uv.lua")
    end)
end)
