-- SQLite through sqlite3_exec and its row callback, as LuaJIT programs write it.
local ffi = require "ffi"

ffi.cdef [[
typedef struct sqlite3 sqlite3;
int sqlite3_open(const char *filename, sqlite3 **db);
int sqlite3_close(sqlite3 *);
const char *sqlite3_errmsg(sqlite3 *);
void sqlite3_free(void *);
int sqlite3_exec(sqlite3 *, const char *sql,
                 int (*callback)(void *, int, char **, char **), void *, char **errmsg);
int64_t sqlite3_last_insert_rowid(sqlite3 *);
]]

local sqlite = ffi.load "sqlite3"

local handle = ffi.new "sqlite3 *[1]"
assert(sqlite.sqlite3_open(":memory:", handle) == 0)
local db = ffi.gc(handle[0], sqlite.sqlite3_close)

local rows
local on_row = ffi.cast("int (*)(void *, int, char **, char **)", function(_, n, values, names)
    local row = {}
    for i = 0, n - 1 do
        local value = values[i] ~= nil and ffi.string(values[i]) or "NULL"
        row[#row + 1] = ffi.string(names[i]) .. "=" .. value
    end
    rows[#rows + 1] = table.concat(row, " ")
    return 0
end)

local function exec(sql)
    rows = {}
    local message = ffi.new "char *[1]"
    if sqlite.sqlite3_exec(db, sql, on_row, nil, message) ~= 0 then
        local text = ffi.string(message[0])
        sqlite.sqlite3_free(message[0])
        return nil, text
    end
    return rows
end

assert(exec "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, weight REAL)")
for i, name in ipairs { "ant", "bee", "cat" } do
    assert(exec(("INSERT INTO t (name, weight) VALUES ('%s', %d.5)"):format(name, i)))
end
assert(exec "INSERT INTO t (name) VALUES ('dog')")
print(tostring(sqlite.sqlite3_last_insert_rowid(db)):match "%d+")
for _, row in ipairs(assert(exec "SELECT id, name, weight FROM t ORDER BY id DESC")) do
    print(row)
end
print(exec "SELECT nonsense FROM t")
print(ffi.string(sqlite.sqlite3_errmsg(db)))
on_row:free()
