-- Clocks and the environment against lua-system.
local ffi = require "cffi"
local found, system = pcall(require, "system")

local plain, said = ffi.scope { stays = true }, ffi.scope { stays = true }
plain.cdef "int clock_gettime(int clock, struct timespec *now);"
said.cdef "[[cffi::errno]] int clock_gettime(int clock, struct timespec *now);"

return function(job)
    if not found then
        return
    end
    local c, a = plain.C, said.C
    job("system: 20,000 times of a clock", "lua-system", {
        binding = function()
            local last, back, monotime = 0, 0, system.monotime
            for _ = 1, 20000 do
                local now = monotime()
                back, last = now < last and back + 1 or back, now
            end
            return back
        end,
        plain = function()
            local last, back, now, gettime = 0, 0, plain.new "struct timespec", c.clock_gettime
            for _ = 1, 20000 do
                gettime(1, now)
                local time = now.tv_sec + now.tv_nsec * 1e-9
                back, last = time < last and back + 1 or back, time
            end
            return back
        end,
        annotated = function()
            local last, back, now, gettime = 0, 0, said.new "struct timespec", a.clock_gettime
            for _ = 1, 20000 do
                gettime(1, now)
                local time = now.tv_sec + now.tv_nsec * 1e-9
                back, last = time < last and back + 1 or back, time
            end
            return back
        end,
    })
end
