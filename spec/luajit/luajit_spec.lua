-- cffi.luajit: LuaJIT's rules, its modules, its literals (docs/design.md S17); compared with LuaJIT itself where it is
-- installed.
local support = require "spec.support"
local source = require "cffi.luajit.source"
local ffi = require "cffi.luajit"

describe("cffi.luajit", function()
    it("is a scope of its own, the same at each require", function()
        assert.equal(ffi, require "cffi.luajit")
        assert.are_not.equal(ffi, require "cffi")
        assert.equal("wrap", ffi.overflow())
    end)

    it("lends its functions to programs that cannot say `cdata == nil`", function()
        assert.is_true(ffi.isnull(ffi.cast("void *", 0)))
        assert.is_true(ffi.eq(ffi.new("int64_t", 5), 5))
        assert.equal("cdata", ffi.type(ffi.typeof "int"))
    end)

    it("gives floats that no integer holds the hardware's integers", function()
        assert.equal("-9223372036854775808LL", tostring(ffi.new("int64_t", 1e30)))
        assert.equal("-9223372036854775808LL", tostring(ffi.new("int64_t", -1e30)))
        assert.equal("9223372036854775808ULL", tostring(ffi.new("uint64_t", 1e30)))
        assert.equal("-9223372036854775807LL", tostring(ffi.new("int64_t", 1) + 1e30))
        assert.equal("9223372036854775809ULL", tostring(ffi.new("uint64_t", 1) + 2 ^ 63))
        assert.equal("9223372036854775809ULL", tostring(ffi.new("uint64_t", 1) + 1e30))
    end)

    it("tells the place of a bit-field that straddles the units of its type, and types as LuaJIT does", function()
        ffi.cdef "typedef struct __attribute__((packed)) { char c; int a : 30; int b : 10; } luajit_spec_bits;"
        assert.same({ 4, 6, 10 }, { ffi.offsetof("luajit_spec_bits", "b") })
        assert.same({ 1, 0, 30 }, { ffi.offsetof("luajit_spec_bits", "a") })
        support.raises("element 0 of 'char *[1]': cannot convert 'int (*)[]' to 'char *'",
            function() ffi.new("char *[1]")[0] = ffi.cast("int (*)[]", 8) end)
        assert.equal("ctype<int (*)[]>", tostring(ffi.typeof "int (*)[]"))
        support.raises("bad argument #1 to 'ipairs' (cdata expected, got integer 3)", ffi.ipairs, 3)
    end)

    it("writes nothing into what is const, not even by a metatype's __newindex", function()
        local written = 0
        ffi.cdef "typedef struct { int x; } luajit_spec_written;"
        ffi.metatype("luajit_spec_written", { __newindex = function() written = written + 1 end })
        local fixed = ffi.new("const luajit_spec_written", 1)
        for _, key in ipairs { "other", 10 } do
            local ok, message = pcall(function() fixed[key] = 1 end)
            assert.is_false(ok)
            assert.matches("attempt to write to constant 'const luajit_spec_written'$", message)
        end
        ffi.new("luajit_spec_written").other = 1
        assert.equal(1, written)
    end)

    it("makes literals", function()
        assert.equal("5LL", tostring(ffi.literal "5LL"))
        assert.equal("18446744073709551615ULL", tostring(ffi.literal "0xFFFFFFFFFFFFFFFFull"))
        assert.equal("0+2.5i", tostring(ffi.literal "2.5i"))
        assert.equal("5ULL", tostring(ffi.literal "5llu"))
        assert.equal("5LL", tostring(ffi.literal "0b101LL"))
        assert.equal(5, ffi.literal "0B101")
        assert.equal(ffi.literal "5LL", ffi.literal "5LL")
    end)

    it("refuses options of install it does not know", function()
        local ok, message = pcall(ffi.install, { sources = true })
        assert.is_false(ok)
        assert.matches("unknown option 'sources'$", message)
    end)
end)

describe("the literals of a source", function()
    local head = "local __cffi_literal = require('cffi.luajit').literal; "

    it("become calls", function()
        for text, want in pairs {
            ["x = 0b101 + 0b11ull + 5llu"] = 'x = __cffi_literal"0b101" + __cffi_literal"0b11ull"'
                .. ' + __cffi_literal"5llu"',
            ["x = 1LL"] = 'x = __cffi_literal"1LL"',
            ["x = -0x2aull+3i"] = 'x = -__cffi_literal"0x2aull"+__cffi_literal"3i"',
            ["f{1LL,[2ULL]=.5i}"] = 'f{__cffi_literal"1LL",[__cffi_literal"2ULL"]=__cffi_literal".5i"}',
            ["a.b1LL = c2i .. 7ll"] = 'a.b1LL = c2i .. __cffi_literal"7ll"',
            ["x = 1e3i -- 2LL"] = 'x = __cffi_literal"1e3i" -- 2LL',
        } do
            assert.equal(head .. want, source.translate(text))
        end
    end)

    it("are left alone in strings, comments and names", function()
        for _, text in ipairs { "x = '1LL'", 'x = "\\"1LL"', "x = [[1LL]]", "x = [==[ ]] 1LL ]==]",
            "-- 1LL", "--[[ 1LL\n2LL ]] x = 1", "--[==[ 1LL ]] ]==]", "x1LL = a.i1ULL", "x = 0x1i2",
            "return 5", "", "x = 1e5 + 0xA", "x = 'unfinished 1LL", "--[[ unfinished 1LL" } do
            assert.equal(text, (source.translate(text)))
        end
    end)

    it("keep every line on its number, a first line of #! included", function()
        local text = source.translate "#!/usr/bin/luajit\nlocal a = 1LL\nerror 'here'"
        local chunk = assert(load(text, "@file"))
        local ok, message = pcall(chunk)
        assert.is_false(ok)
        assert.equal("file:3: here", message)
    end)

    it("are not looked for in binary chunks", function()
        local binary = string.dump(function() return "1LL" end)
        assert.equal(binary, source.translate(binary))
    end)
end)

describe("install", function()
    it("gives a program the modules and names it expects", function()
        local exit, out, err = support.run_lua [[
            local ffi = require("cffi.luajit").install()
            assert(require "ffi" == ffi and require "bit" == bit and require "jit" == jit)
            print(type(ffi.new "int"), tonumber(ffi.new("int", 5)), tonumber "7", tonumber("z", 36))
            print(loadstring "return 3"(), table.getn { 1, 2 }, unpack { 1, 2 })
            print(jit.os == ffi.os, (jit.version:match "^LuaJIT 2.1"))
        ]]
        assert.equal("", err)
        assert.equal("cdata\t5\t7\t35\n3\t2\t1\t2\ntrue\tLuaJIT 2.1\n", out)
        assert.equal(0, exit)
    end)

    it("has newproxy, whose finaliser may come later", function()
        local exit, out, err = support.run_lua [[
            local ffi = require("cffi.luajit").install()
            local plain, proxy = newproxy(), newproxy(true)
            local other = newproxy(proxy)
            print(type(plain), getmetatable(plain), getmetatable(proxy) == getmetatable(other), proxy ~= other)
            print(pcall(newproxy, plain))
            print(pcall(newproxy, 5))
            print(pcall(newproxy, io.stdout))
            local mt = getmetatable(proxy)
            function mt.__len() return 7 end
            function mt.__gc() print "finalised" end
            print(#proxy, ffi.cast("void *", plain) == ffi.cast("void *", plain))
            proxy, other = newproxy(true)
            collectgarbage()
            collectgarbage()
        ]]
        local refused = "false\tbad argument #1 to 'newproxy' (boolean or proxy expected)\n"
        assert.equal("", err)
        assert.equal("userdata\tnil\ttrue\ttrue\n" .. refused:rep(3) .. "7\ttrue\nfinalised\nfinalised\n",
            (out:gsub("to '%?'", "to 'newproxy'")))
        assert.equal(0, exit)
    end)

    it("has modules as Lua 5.1 makes them", function()
        local dir = os.tmpname()
        os.remove(dir)
        assert(os.execute("mkdir " .. dir))
        support.write_file(dir .. "/old_style.lua", "local twice = 2\nmodule(..., package.seeall)\n"
            .. "function double(x) return x * twice end\nname = tostring(_NAME)\n")
        support.write_file(dir .. "/closed.lua", "local type = type\nmodule 'some.closed'\n"
            .. "function kind(x) return type(x), print end\n")
        local exit, out, err = support.run_lua([[
            package.path = ... .. "/?.lua;" .. package.path
            require("cffi.luajit").install()
            local m = require "old_style"
            print(m.double(4), m.name, m == old_style, m._M == m, m._PACKAGE == "", rawget(_G, "double"))
            require "closed"
            print(some.closed.kind(1), (select(2, some.closed.kind(1))), some.closed._PACKAGE)
            taken = 5
            print((select(2, pcall(module, "taken.x")):gsub("^.-: ", "")))
            require("jit.opt").start(3)
        ]], dir)
        os.execute("rm -r " .. dir)
        assert.equal("", err)
        assert.equal("8\told_style\ttrue\ttrue\ttrue\tnil\nnumber\tnil\tsome.\n"
            .. "name conflict for module 'taken.x'\n", out)
        assert.equal(0, exit)
    end)

    it("reads modules, files and text with LuaJIT's literals when asked", function()
        local dir = os.tmpname()
        os.remove(dir)
        assert(os.execute("mkdir " .. dir))
        support.write_file(dir .. "/lj_module.lua", "return 2LL ^ 40, ...")
        support.write_file(dir .. "/broken.lua", "\nreturn 1LL +")
        local exit, out, err = support.run_lua([[
            local dir = ...
            package.path = dir .. "/?.lua;" .. package.path
            require("cffi.luajit").install { source = true }
            print((require "lj_module"), (dofile(dir .. "/lj_module.lua")))
            print(load("return 1LL + ...")(2), loadstring "return 3ULL"(), load(function() end))
            print((select(2, loadfile(dir .. "/broken.lua")):gsub(dir, "DIR")))
            print((select(2, pcall(require, "broken")):gsub(dir, "DIR")))
            print(loadfile(dir .. "/none.lua"))
        ]], dir)
        os.execute("rm -r " .. dir)
        assert.equal("", err)
        local lines = {}
        for line in out:gmatch "[^\n]+" do
            lines[#lines + 1] = line
        end
        assert.equal("1099511627776LL\t1099511627776LL", lines[1])
        assert.matches("^3LL\t3ULL\tfunction: ", lines[2])
        assert.equal("DIR/broken.lua:2: unexpected symbol near <eof>", lines[3])
        assert.equal("error loading module 'broken' from file 'DIR/broken.lua':", lines[4])
        assert.equal("\tDIR/broken.lua:2: unexpected symbol near <eof>", lines[5])
        assert.matches("^nil\tcannot open ", lines[6])
        assert.equal(0, exit)
    end)
end)

describe("LuaJIT and cffi.luajit", function()
    -- Without its compiler, whose conversions of numbers out of range differ from the interpreter's.
    local found, expected = support.run { "sh", "-c",
        "luajit -joff spec/support/luajit_cases.lua 2>/dev/null" }

    it("agree on every case", function()
        if found == 127 then
            pending "luajit is not installed"
            return
        elseif not support.luajit_is_of_this_machine() then
            pending "luajit is of another architecture"
            return
        end
        assert.equal(0, found)
        local exit, out, err = support.run_lua [[
            require("cffi.luajit").install { source = true }
            dofile "spec/support/luajit_cases.lua"
        ]]
        assert.equal("", err)
        assert.equal(0, exit)
        local function lines(text)
            local list = {}
            for line in text:gmatch "[^\n]+" do
                list[#list + 1] = line
            end
            return list
        end
        local want, got = lines(expected), lines(out)
        for i, line in ipairs(want) do
            assert.equal(line, got[i])
        end
        assert.equal(#want, #got)
        assert.is_true(#want > 3000)
    end)
end)

describe("a LuaJIT program", function()
    local outputs = {
        zstream = "38893\ttrue\ttrue\n679d12e8\n",
        sqlite = "4\nid=4 name=dog weight=NULL\nid=3 name=cat weight=3.5\nid=2 name=bee weight=2.5\n"
            .. "id=1 name=ant weight=1.5\nnil\tno such column: nonsense\nno such column: nonsense\n",
        epoll = "tick 1, tick 2, tick 3, \ttrue\nfalse\tBad address\n",
        socketpair = "7\t81\t2\t12345678901\thello\n"
            .. "65535\t81\t2\t18446744073709551615\t14\txxxxxxxxxx!end\n",
        list = "-2:charlie -1:a name too  0:delta 1:bravo 2:alpha\n5\tlist of 5\t2\n"
            .. "16\ttrue\ttrue\n5\n",
    }
    -- What LuaJIT printed, in files.
    for _, name in ipairs { "vector", "hash", "readdir", "syscall", "buffer", "iconv" } do
        local file <close> = assert(io.open(("spec/support/luajit/%s.out"):format(name)))
        outputs[name] = file:read "a"
    end
    -- These print sizes of structs with long and pointers of 64 bits.
    local wide = { list = true, readdir = true, epoll = true, syscall = true }
    for name, output in pairs(outputs) do
        it("runs unchanged: " .. name .. (wide[name] and " #lp64" or ""), function()
            local path = ("spec/support/luajit/%s.lua"):format(name)
            local exit, out, err = support.run_lua([[
                require("cffi.luajit").install { source = true }
                dofile(...)
            ]], path)
            assert.equal("", err)
            assert.equal(output, out)
            assert.equal(0, exit)
            local found, same = support.run { "luajit", path }
            if found ~= 127 then
                assert.equal(output, same)
            end
        end)
    end
end)

describe("a program of Lua 5.1", function()
    -- What a script prints after install(), with a module `m` of this text beside it.
    local function run(script, module_text, options)
        local directory = os.tmpname()
        os.remove(directory)
        assert(os.execute("mkdir " .. directory))
        finally(function() assert(os.execute("rm -r " .. directory)) end)
        support.write_file(directory .. "/m.lua", module_text or "")
        local code, out, err = support.run_lua(([[
            require("cffi.luajit").install { source = %s }
            package.path = %q .. "/?.lua;" .. package.path
            %s
        ]]):format(options or "false", directory, script))
        assert.equal("", err)
        assert.equal(0, code)
        return out
    end

    for _, loader in ipairs { "false", "true" } do
        it("gets one value from require, and a chunk one argument, source = " .. loader, function()
            assert.equal("1 value\t1\tm", run([[io.write(select("#", require "m"), " ", require "m")]],
                [[return "value\t" .. select("#", ...) .. "\t" .. ...]], loader))
        end)

        it("may call module(..., package.seeall) and module(...), source = " .. loader, function()
            assert.equal("m 3", run([[local m = require "m" io.write(m._NAME, " ", m.f())]],
                "module(..., package.seeall) function f() return 3 end", loader))
            assert.equal("m", run([[io.write(require "m"._NAME)]], "module(...)", loader))
        end)
    end

    it("may give tonumber a number and a base", function()
        assert.equal("420 nil 255", run([[io.write(tonumber(644, 8), " ", tostring(tonumber(9, 8)),
            " ", tonumber("ff", 16))]]))
    end)

    it("gets nil and a message from load when the reader fails", function()
        assert.equal("nil oops", run([[local f, m = load(function() error("oops", 0) end)
            io.write(tostring(f), " ", m)]], nil, "true"))
    end)
end)
