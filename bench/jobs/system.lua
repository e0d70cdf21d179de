-- Clocks and the environment against lua-system.
local ffi = require "cffi"
local found, system = pcall(require, "system")

local plain, said = ffi.scope { stays = true }, ffi.scope { stays = true }
plain.cdef "int clock_gettime(int clock, struct timespec *now);"
said.cdef "[[cffi::errno]] int clock_gettime(int clock, struct timespec *now);"

-- 20,000 times of the clock by a function of the scope's C library.
local function times(scope)
    return function()
        local last, back, now, gettime = 0, 0, scope.new "struct timespec", scope.C.clock_gettime
        for _ = 1, 20000 do
            gettime(1, now)
            local time = now.tv_sec + now.tv_nsec * 1e-9
            back, last = time < last and back + 1 or back, time
        end
        return back
    end
end

return function(job)
    if not found then
        return
    end
    job("system: 20,000 times of a clock", "lua-system", {
        binding = function()
            local last, back, monotime = 0, 0, system.monotime
            for _ = 1, 20000 do
                local now = monotime()
                back, last = now < last and back + 1 or back, now
            end
            return back
        end,
        plain = times(plain),
        annotated = times(said),
    })
end
