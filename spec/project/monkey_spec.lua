-- tools/monkey.lua finds a fault: planted ones end a run with the seed, the step, the path and a way to run it again.
local support = require "support"

local BUILD = os.getenv "CFFI_BUILD" or "build"

-- Runs the tool for a second or for given steps with Lua code loaded first; its output, and whether it passed.
local function monkey(plant, env)
    local file = os.tmpname()
    local handle = assert(io.open(file, "w"))
    handle:write(plant)
    handle:close()
    local command = "CFFI_BUILD='%s' LUA_INIT_%s=@%s SHRINK=0 LUA='%s' %s '%s' tools/monkey.lua 1 7 2>&1"
    local version = _VERSION:match "%d.*":gsub("%.", "_")
    local pipe = assert(io.popen(command:format(BUILD, version, file, support.lua, env or "", support.lua)))
    local output = pipe:read "a"
    local ok = pipe:close()
    os.remove(file)
    return output, ok or false
end

describe("tools/monkey.lua #close", function()
    it("passes what is right, and counts it", function()
        local output, ok = monkey("", "STEPS=200 WAY=default")
        assert.equal("monkey: 1 passed, 0 failed\n", output)
        assert.is_true(ok)
    end)

    it("finds a wrong byte, and finds it again", function()
        local plant = [[
            local ffi = require "cffi"
            local fill = ffi.fill
            ffi.fill = function(to, n, byte) return fill(to, n > 3 and n < 4000 and n - 1 or n, byte) end
        ]]
        local output, ok = monkey(plant)
        assert.is_false(ok)
        assert.matches("monkey: failure, seed 7, step %d+, way default\n", output)
        assert.matches("byte %d+ of .- is %d+ instead of %d+", output)
        assert.matches("monkey: 0 passed, 1 failed", output)
        local steps = output:match "again: make monkey SEED=7 STEPS=(%d+) WAY=default"
        assert.equal(output:match "step (%d+), way", steps)
        local again = monkey(plant, "WAY=default STEPS=" .. steps)
        assert.equal(output:match "byte %d+ of [^\n]*", again:match "byte %d+ of [^\n]*")
    end)

    it("finds an error that is missing", function()
        local output, ok = monkey [[
            local ffi = require "cffi"
            local fill = ffi.fill
            ffi.fill = function(to, n, ...) if n < 4000 then return fill(to, n, ...) end end
        ]]
        assert.is_false(ok)
        assert.matches("fill: no error, expected 'bytes, but argument', got nil", output, 1, true)
    end)

    it("reports a crash", function()
        local output, ok = monkey [[
            require "cffi".fill = function() os.execute "kill -SEGV $PPID" end
        ]]
        assert.is_false(ok)
        assert.matches("monkey: signal 11, seed 7, step %d+, way default\n", output)
    end)
end)
