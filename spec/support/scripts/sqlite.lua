-- 5,000 rows in SQLite, and a function of ours in its SQL.
local ffi = require "cffi"
local sqlite = ffi.include "sqlite3.h"

local out = sqlite["sqlite3 *[1]"]()
assert(sqlite.sqlite3_open(":memory:", out) == sqlite.SQLITE_OK)
local db = out[0]

local function check(code)
    return code == sqlite.SQLITE_OK or error(ffi.string(sqlite.sqlite3_errmsg(db)), 0)
end

local function prepare(sql)
    local statement = sqlite["sqlite3_stmt *[1]"]()
    check(sqlite.sqlite3_prepare_v2(db, sql, -1, statement, nil))
    return statement[0]
end

check(sqlite.sqlite3_exec(db, "create table t(id integer, name text); begin", nil, nil, nil))
local insert = prepare "insert into t values(?, ?)"
for i = 1, 5000 do
    sqlite.sqlite3_bind_int64(insert, 1, i)
    sqlite.sqlite3_bind_text(insert, 2, "row " .. i, -1, sqlite.SQLITE_TRANSIENT)
    assert(sqlite.sqlite3_step(insert) == sqlite.SQLITE_DONE)
    sqlite.sqlite3_reset(insert)
end
sqlite.sqlite3_finalize(insert)
check(sqlite.sqlite3_exec(db, "commit", nil, nil, nil))

local step = sqlite["void (*)(sqlite3_context *, int, sqlite3_value **)"]
local twice <close> = ffi.callback(step, function(context, _, values)
    sqlite.sqlite3_result_int64(context, 2 * sqlite.sqlite3_value_int64(values[0]))
end)
check(sqlite.sqlite3_create_function(db, "twice", 1, sqlite.SQLITE_UTF8 | sqlite.SQLITE_DETERMINISTIC, nil,
    twice, nil, nil))
local query = prepare "select count(*), sum(twice(id)), max(name) from t"
assert(sqlite.sqlite3_step(query) == sqlite.SQLITE_ROW)
print(sqlite.sqlite3_column_int64(query, 0), sqlite.sqlite3_column_int64(query, 1),
    ffi.string(sqlite.sqlite3_column_text(query, 2)))
sqlite.sqlite3_finalize(query)
print(pcall(prepare, "select x from nowhere"))
check(sqlite.sqlite3_close(db))
