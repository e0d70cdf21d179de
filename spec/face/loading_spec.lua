-- Libraries that are unloaded while others read their tables: between two steps of an iteration, and in
-- another thread. Each runs in a process of its own, which a stale pointer ends.
local support = require "support"

local prelude = [[
    local ffi = require "cffi"
    local own = ffi.load(arg[1])
    ffi.cdef "int loading_start(const char *path); long loading_stop(void);"
]]

-- The library, and a copy of it, which is another file to the linker: to be unloaded.
local function run(code)
    local library, copy = support.library "loading", os.tmpname()
    support.write_file(copy, support.read_file(library))
    local exit, out, err = support.run_lua(prelude .. code, library, copy)
    os.remove(copy)
    assert.equal("", err)
    assert.equal(0, exit)
    return out
end

describe("libraries unloaded meanwhile:", function()
    it("ffi.symbols(ffi.C) tells the symbols of when it was called", function()
        assert.equal("4098 4098\n", run [[
            local lib, before, after = ffi.load(arg[2]), 0, 0
            for _ in ffi.symbols(lib, "^loading_") do before = before + 1 end
            ffi.close(own)
            for name in ffi.symbols(ffi.C) do
                if name:find "^loading_" then
                    ffi.close(lib)
                    after = after + 1
                end
            end
            print(before, after)
        ]]:gsub("\t", " "))
    end)

    it("ffi.symbols of a library raises once a pattern's method has closed it", function()
        assert.equal("library.so closed\n", run [[
            local lib = ffi.load(arg[2])
            local find = string.find
            string.find = function(name, pattern)
                ffi.close(lib)
                return find(name, pattern)
            end
            local next_symbol = ffi.symbols(lib, "^no such name$")
            local ok, message = pcall(next_symbol)
            string.find = find
            assert(not ok and message == ("library '%s' is closed"):format(arg[2]), message)
            print "library.so closed"
        ]])
    end)

    -- Two seconds each: what is read is gone for a small part of the time.
    local work = {
        ["misses in ffi.C"] = [[
            ffi.cdef "int loading_functoin_zzzzz(void);"
            local C = ffi.C
            function step()
                local ok, message = pcall(function() return C.loading_functoin_zzzzz end)
                assert(not ok and message:find "undefined symbol 'loading_functoin_zzzzz' in ffi.C", message)
            end
        ]],
        ["ffi.symbols(ffi.C)"] = [[
            function step()
                local found
                for name in ffi.symbols(ffi.C, "^getpid$") do found = name end
                assert(found == "getpid")
            end
        ]],
        ["first fetches from ffi.C"] = [[
            function step()
                local scope = ffi.scope()
                scope.cdef "int getpid(void); extern char **environ;"
                assert(scope.C.getpid() > 0 and scope.C.environ ~= nil)
            end
        ]],
    }
    for name, code in pairs(work) do
        it(name .. " beside a thread that loads and unloads", function()
            local out = run("local step\n" .. code .. [[
                local steps, stop = 0, os.time() + 3
                assert(own.loading_start(arg[2]) == 0)
                repeat
                    step()
                    steps = steps + 1
                until os.time() >= stop and steps > 10 or os.time() >= stop + 20
                print(steps > 10 and own.loading_stop() > 10)
            ]])
            assert.equal("true\n", out)
        end)
    end
end)
