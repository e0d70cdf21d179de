-- What you learn: Lua functions as SQL functions and collations, and how an error in Lua becomes an
-- error of the query.
local ffi = require "cffi"

local found, sqlite = pcall(ffi.include, "sqlite3.h")
if not found then
    print "SQLite is not here. Debian has it in the package libsqlite3-dev."
    os.exit(77)
end

-- fn(text, ...) -> text, as SQL function `name`. An error in it is the error of the query.
local function define(db, name, fn)
    local function call(context, n, values)
        local args = {}
        for i = 0, n - 1 do
            args[i + 1] = ffi.string(sqlite.sqlite3_value_text(values[i]))
        end
        local ok, result = pcall(fn, table.unpack(args))
        if ok then
            sqlite.sqlite3_result_text(context, result, #result, sqlite.SQLITE_TRANSIENT)
        else
            sqlite.sqlite3_result_error(context, result, #result)
        end
    end
    sqlite.sqlite3_create_function(db, name, -1, sqlite.SQLITE_UTF8, nil, call, nil, nil)
end

local function collate(db, name, compare)
    sqlite.sqlite3_create_collation(db, name, sqlite.SQLITE_UTF8, nil, function(_, na, a, nb, b)
        return compare(ffi.string(a, na), ffi.string(b, nb))
    end)
end

-- Calls visit(column, ...) for each row; an error in it aborts the query, since C gets 1 for it.
local function each(db, sql, visit)
    local function call(_, n, values)
        local row = {}
        for i = 0, n - 1 do
            row[i + 1] = values[i] and ffi.string(values[i])
        end
        visit(table.unpack(row, 1, n))
        return 0
    end
    local on_row <close> = ffi.callback("int (void *, int, char **, char **)", call, { error = 1 })
    local code = sqlite.sqlite3_exec(db, sql, on_row, nil, nil)
    if code ~= sqlite.SQLITE_OK then error(ffi.string(sqlite.sqlite3_errmsg(db)), 0) end
end

local handle = ffi.new "sqlite3 *[1]"
assert(sqlite.sqlite3_open(":memory:", handle) == sqlite.SQLITE_OK)
local db = handle[0]
define(db, "shout", function(text) return text:upper() .. "!" end)
define(db, "strict", function(text) error("will not take " .. text, 0) end)
collate(db, "by_length", function(a, b) return #a - #b end)

each(db, "create table word (w text)", print)
each(db, "insert into word values ('banana'), ('fig'), ('apple')", print)
each(db, "select w, shout(w) from word order by w collate by_length", print)
print(pcall(each, db, "select strict(w) from word", print))
local function stop() error("seen enough", 0) end
print((select(2, pcall(each, db, "select w from word", stop)):match "^[^\n]*"))
sqlite.sqlite3_close(db)
