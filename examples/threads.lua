-- What you learn: threads that C makes call Lua functions, one at a time, while Lua is in C.
--   cffi examples/threads.lua
local ffi = require "cffi"
local posix = require "cffi.posix"

local total, by = 0, {}
local count <close> = ffi.callback("void *(void *)", function(data)
    local me = ffi.tonumber(ffi.cast("intptr_t", data))
    for _ = 1, 250 do
        total = total + 1 -- one thread at a time: no lock
        by[me] = (by[me] or 0) + 1
        if total % 100 == 0 then posix.usleep(1) end -- inside C: here others may run
    end
    return nil
end)

local threads = ffi.new "pthread_t[4]"
for i = 0, 3 do
    local number = ffi.cast("void *", i + 1)
    assert(posix.pthread_create(threads + i, nil, count, number) == 0)
end
for i = 0, 3 do
    posix.pthread_join(threads[i], nil)
end
print(total, table.concat(by, " "))
