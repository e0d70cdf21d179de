-- What you learn: a worker, for what runs long; its callbacks run beside Lua, which can stop it.
--   cffi examples/interrupt.lua
local ffi = require "cffi"
local ok, sqlite = pcall(ffi.include, "sqlite3.h")
if not ok then
    io.stderr:write("SQLite's header is not installed (libsqlite3-dev)\n")
    os.exit(77)
end

local out = ffi.new "sqlite3 *[1]"
assert(sqlite.sqlite3_open(":memory:", out) == sqlite.SQLITE_OK)
local db = out[0]

local steps = 0
local progress <close> = ffi.callback("int (void *)", function()
    steps = steps + 1
    return 0
end)
sqlite.sqlite3_progress_handler(db, 10000, progress, nil)

-- A query that would run for ever. Its progress is reported on the worker's thread, to Lua.
local worker <close> = ffi.worker()
local query = worker:async(sqlite.sqlite3_exec, db,
    "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n",
    nil, nil, nil)
while steps < 20 do
    ffi.poll(1)
end
print("the query runs: " .. tostring(not query:done()))
sqlite.sqlite3_interrupt(db)
print(query:wait() == sqlite.SQLITE_INTERRUPT, ffi.string(sqlite.sqlite3_errmsg(db)))
sqlite.sqlite3_close(db)
