-- The end of a Lua state: finalisers that call C that calls back, tombstones, what C calls afterwards (S12, S14).
local callbacks = require "support.callbacks"
local support = require "support"

local CLOSED = "^cffi: callback 'int %(%*%)%(int%)' %(created at [^)]*%) was called by C after its Lua state was "
    .. "closed\n$"

describe("lua_close", function()
    it("runs finalisers that call C that calls back, in every order", function()
        for seed = 1, 20 do
            local code, out, err = callbacks.run(([[
                math.randomseed(%d)
                local total = 0
                local destroy = ffi.callback("int (int)", function(id)
                    total = total + id
                    local t = {}
                    for i = 1, 50 do t[i] = {i} end
                    return #t
                end)
                local implicit = function(id) total = total + 1000 * id return id end
                local made = {}
                for id = 1, 20 do
                    local object = lib.callbacks_object_new(id %% 2 == 0 and destroy or implicit, id)
                    made[id] = ffi.gc(object, lib.callbacks_object_free)
                    if math.random(4) == 1 then made[math.random(id)] = nil end
                    if math.random(10) == 1 then collectgarbage() end
                end
                anchor = setmetatable({}, {__gc = function()
                    collectgarbage()
                    io.write(lib.callbacks_cleaned <= 20 and "ok " or "wrong ")
                end})
            ]]):format(seed))
            assert.equal("", err)
            assert.equal("ok ", out)
            assert.equal(0, code)
        end
    end)

    it("calls every destructor exactly once", function()
        local code, out, err = callbacks.run [[
            local counts = {}
            anchor = setmetatable({}, {__gc = function()
                for id = 1, 100 do io.write(counts[id] or 0) end
            end}) -- newer than the module, older than the objects: finalised after them
            for id = 1, 100 do
                local object = ffi.gc(lib.callbacks_object_new(function(n)
                    counts[n] = (counts[n] or 0) + 1
                    return n
                end, id), lib.callbacks_object_free)
                counts[object] = true
            end
        ]]
        assert.equal("", err)
        assert.equal(("1"):rep(100), out)
        assert.equal(0, code)
    end)

    it("makes tombstones before the state goes: a finaliser older than the module finds them", function()
        local script = os.tmpname()
        support.write_file(script, ([[
            local lib
            anchor = setmetatable({}, {__gc = function()
                io.write(lib.callbacks_call_kept(1), " ")
                local ok, text = pcall(lib.callbacks_call, function(x) return x end, 1)
                io.write(tostring(ok), " ", (text:gsub("^[^:]*:%%d+: ", "")), " ")
                local ok, text = pcall(function() lib.callbacks_kept():free() end)
                io.write(tostring(ok), " ", (text:gsub("^[^:]*:%%d+: ", "")), " ")
                for _, name in ipairs {"poll", "fd"} do
                    local ok, text = pcall(require "cffi"[name])
                    io.write(tostring(ok), " ", (text:gsub("^[^:]*:%%d+: ", "")), " ")
                end
            end})
            package.path, package.cpath = %q, %q
            local ffi = require "cffi"
            ffi.cdef %q
            lib = ffi.load %q
            local cb = ffi.callback("int (int)", function(x) return x end, {error = 123})
            lib.callbacks_keep(cb)
        ]]):format(package.path, package.cpath, callbacks.declarations, callbacks.path))
        local code, out, err = support.run { support.lua, script }
        os.remove(script)
        assert.equal("123 false no callback can be made while the Lua state closes "
            .. "false all callbacks were freed when the Lua state closed "
            .. ("false nothing is served while the Lua state closes "):rep(2), out)
        assert.truthy(err:find(CLOSED), err)
        assert.equal(0, code)
    end)

    it("leaves callbacks that C may call at exit: the error value, told once on stderr", function()
        local code, out, err = callbacks.run [[
            lib.callbacks_keep(ffi.callback("int (int)", function(x) print("must not run") return x end))
            lib.callbacks_call_at_exit()
            lib.callbacks_call_at_exit()
        ]]
        assert.equal("", out)
        assert.truthy(err:find(CLOSED), err)
        assert.equal(0, code)
    end)

    it("is the same for callbacks that were freed before", function()
        local code, out, err = callbacks.run [[
            local cb = ffi.callback("int (int)", function(x) print("must not run") return x end)
            lib.callbacks_keep(cb)
            cb:free()
            lib.callbacks_call_at_exit()
        ]]
        assert.equal("", out)
        assert.truthy(err:find(CLOSED), err)
        assert.equal(0, code)
    end)

    it("may happen within a callback: os.exit(n, true)", function()
        local code, out, err = callbacks.run [[
            local done = setmetatable({}, {__gc = function() io.write "closed" end})
            local outer = ffi.callback("int (int)", function(x)
                return lib.callbacks_call(function() os.exit(3, true) end, x)
            end)
            lib.callbacks_call(outer, 1)
        ]]
        assert.equal("", err)
        assert.equal("closed", out)
        assert.equal(3, code)
    end)

    it("with 2,000 live callbacks is quick and silent", function()
        local code, out, err = callbacks.run [[
            for i = 1, 2000 do ffi.callback(i % 2 == 0 and "int (int)" or "double (double, int)", print) end
        ]]
        assert.equal("", out .. err)
        assert.equal(0, code)
    end)
end)

describe("a finaliser", function()
    it("whose callback fails warns as Lua does, and the program goes on #warn", function()
        local code, out, err = callbacks.run [[
            warn "@on"
            local function make()
                ffi.gc(lib.callbacks_object_new(function() error("in a destructor", 0) end, 1),
                    lib.callbacks_object_free)
            end
            make()
            collectgarbage()
            collectgarbage()
            print(lib.callbacks_cleaned)
        ]]
        assert.equal("1\n", out)
        assert.truthy(err:find "in a destructor", err)
        assert.equal(0, code)
    end)
end)

describe("a process that forks", function()
    it("has its callbacks on both sides, also from within one", function()
        local code, out, err = callbacks.run [[
            ffi.cdef "int fork(void); void _exit(int); int waitpid(int, int *, int);"
            local function child(x)
                local fresh = ffi.callback("int (int)", function(y) return y + 1 end)
                ffi.C._exit(lib.callbacks_call(fresh, x))
            end
            local status = ffi.new "int[1]"
            local cb = ffi.callback("int (int)", function(x)
                local pid = ffi.C.fork()
                if pid == 0 then child(x) end
                assert(ffi.C.waitpid(pid, status, 0) == pid)
                return status[0] >> 8
            end)
            print(lib.callbacks_call(cb, 41))
            print(os.execute "exit 3")
        ]]
        assert.equal("", err)
        assert.equal("42\nnil\texit\t3\n", out)
        assert.equal(0, code)
    end)
end)
