-- What you learn: GLib's main loop runs on a thread of its own and calls Lua functions there, while
-- Lua does other things.
--   cffi examples/glib.lua
local ffi = require "cffi"
local ok, glib = pcall(ffi.include, "glib.h", { pkg = "glib-2.0" })
if not ok then
    io.stderr:write("GLib's headers are not installed (libglib2.0-dev)\n")
    os.exit(77)
end

local context = glib.g_main_context_new()
local loop = glib.g_main_loop_new(context, 0)

-- The loop's thread: what is attached to the context is called there.
local worker <close> = ffi.worker()
local running = worker:async(glib.g_main_loop_run, loop)
local me = glib.g_thread_self()

local function attach(source, fn)
    glib.g_source_set_callback(source, fn, nil, nil)
    glib.g_source_attach(source, context)
    glib.g_source_unref(source)
end

local ticks, there = 0, 0
attach(glib.g_timeout_source_new(2), function()
    ticks = ticks + 1
    if glib.g_thread_self() ~= me then there = there + 1 end
    return ticks < 5 and 1 or 0 -- G_SOURCE_CONTINUE, G_SOURCE_REMOVE
end)

-- Work handed to the loop's thread from this one, as GLib's programs do.
local handed = 0
for i = 1, 10 do
    attach(glib.g_idle_source_new(), function()
        handed = handed + i
        return 0
    end)
end

local sum = 0
while ticks < 5 or handed < 55 do
    for i = 1, 1000 do sum = sum + i end -- this thread works, too
    glib.g_usleep(100) -- and lets the loop's call Lua: whatever enters C does, and ffi.poll()
end
glib.g_main_loop_quit(loop)
running:wait()
glib.g_main_loop_unref(loop)
glib.g_main_context_unref(context)
print(("%d ticks, %d of them on the loop's thread; handed over: %d; worked meanwhile: %s"):format(
    ticks, there, handed, sum > 0))
