-- What you learn: opaque types, results through `T **`, NULL as nil, enum constants.
-- Fills a database (a temporary file unless named), closes it, opens it again and asks it.
local ffi = require "cffi"

ffi.cdef [[
    typedef struct sqlite3 sqlite3;
    typedef struct sqlite3_stmt sqlite3_stmt;
    enum { SQLITE_OK = 0, SQLITE_ROW = 100, SQLITE_DONE = 101 };
    int sqlite3_open(const char *path, sqlite3 **db);
    int sqlite3_close(sqlite3 *db);
    const char *sqlite3_errmsg(sqlite3 *db);
    int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **result,
                           const char **tail);
    int sqlite3_bind_text(sqlite3_stmt *, int index, const char *, int length, void (*)(void *));
    int sqlite3_bind_int64(sqlite3_stmt *, int index, long long);
    int sqlite3_step(sqlite3_stmt *);
    int sqlite3_finalize(sqlite3_stmt *);
    const unsigned char *sqlite3_column_text(sqlite3_stmt *, int column);
    long long sqlite3_column_int64(sqlite3_stmt *, int column);
]]
local found, sql = pcall(ffi.load, "sqlite3")
if not found then
    print "SQLite is not here. Debian has it in the package libsqlite3-0."
    os.exit(77)
end
local TRANSIENT = ffi.cast("void (*)(void *)", -1) -- SQLite makes its own copy of the text

local function open(path)
    local out = ffi.new "sqlite3 *[1]"
    assert(sql.sqlite3_open(path, out) == sql.SQLITE_OK)
    return out[0]
end

-- Prepares a statement, binds a text and a number, and calls `each` for every row.
local function run(db, text, name, number, each)
    local out = ffi.new "sqlite3_stmt *[1]"
    if sql.sqlite3_prepare_v2(db, text, -1, out, nil) ~= sql.SQLITE_OK then
        error(ffi.string(sql.sqlite3_errmsg(db)), 0)
    end
    sql.sqlite3_bind_text(out[0], 1, name, -1, TRANSIENT)
    sql.sqlite3_bind_int64(out[0], 2, number or 0)
    while sql.sqlite3_step(out[0]) == sql.SQLITE_ROW do
        each(sql.sqlite3_column_text(out[0], 0), sql.sqlite3_column_int64(out[0], 1))
    end
    assert(sql.sqlite3_finalize(out[0]) == sql.SQLITE_OK)
end

local path = arg[1] or os.tmpname()
local db = open(path)
run(db, "create table moon (name text, radius integer)")
run(db, "insert into moon values (?, ?)", "Titan", 2575)
run(db, "insert into moon values (?, ?)", "Mimas", 198)
run(db, "insert into moon values (?, ?)", nil, 1737)
assert(sql.sqlite3_close(db) == sql.SQLITE_OK)

db = open(path)
run(db, "select * from moon where name is not ? and radius > ?", "Io", 200, function(name, radius)
    print(ffi.string(name) or "(no name)", radius) -- a NULL column is nil, and so is its string
end)
print(pcall(run, db, "select * from nowhere"))
assert(sql.sqlite3_close(db) == sql.SQLITE_OK)
