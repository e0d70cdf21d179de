-- What you learn: libuv without a binding: a timer, and Lua functions in libuv's own threads.
--   cffi examples/uv.lua
local ffi = require "cffi"
local ok, uv = pcall(ffi.include, "uv.h")
if not ok then
    io.stderr:write("libuv's header is not installed (libuv1-dev)\n")
    os.exit(77)
end

local loop = uv.uv_default_loop()
local main = uv.pthread_self()

local ticks = 0
local timer = ffi.new "uv_timer_t"
uv.uv_timer_init(loop, timer)
uv.uv_timer_start(timer, function()
    ticks = ticks + 1
    if ticks == 3 then uv.uv_timer_stop(timer) end
end, 5, 5)

local elsewhere, finished, works = 0, 0, {}
local function work()
    uv.uv_sleep(1) -- four of these at once, in libuv's threads
    if uv.pthread_self() ~= main then elsewhere = elsewhere + 1 end
end
local function after() finished = finished + 1 end
for i = 1, 8 do
    works[i] = ffi.new "uv_work_t"
    assert(uv.uv_queue_work(loop, works[i], work, after) == 0)
end

uv.uv_run(loop, uv.UV_RUN_DEFAULT)
print(ticks .. " ticks, " .. elsewhere .. " works in other threads, " .. finished .. " finished")
