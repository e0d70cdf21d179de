-- SQLite against lua-sql-sqlite3.
local ffi = require "cffi"
local found, luasql = pcall(require, "luasql.sqlite3")

local plain, said = ffi.scope { stays = true }, ffi.scope { stays = true }
plain.cdef [[
int sqlite3_open(const char *file, struct sqlite3 **db);
int sqlite3_close(struct sqlite3 *db);
int sqlite3_exec(struct sqlite3 *db, const char *sql, void *callback, void *data, char **message);
int sqlite3_prepare_v2(struct sqlite3 *db, const char *sql, int size, struct sqlite3_stmt **stmt,
    const char **tail);
int sqlite3_step(struct sqlite3_stmt *stmt);
int sqlite3_reset(struct sqlite3_stmt *stmt);
int sqlite3_finalize(struct sqlite3_stmt *stmt);
int sqlite3_bind_int64(struct sqlite3_stmt *stmt, int index, int64_t value);
int sqlite3_bind_double(struct sqlite3_stmt *stmt, int index, double value);
int sqlite3_bind_text(struct sqlite3_stmt *stmt, int index, const char *text, int size,
    intptr_t destroy);
int64_t sqlite3_column_int64(struct sqlite3_stmt *stmt, int column);
double sqlite3_column_double(struct sqlite3_stmt *stmt, int column);
const char *sqlite3_column_text(struct sqlite3_stmt *stmt, int column);
]]
said.cdef [==[
[[cffi::status(0, sqlite3_errstr)]] int sqlite3_open(const char *file,
    [[cffi::out, cffi::owned(sqlite3_close)]] struct sqlite3 **db);
int sqlite3_close(struct sqlite3 *db);
const char *sqlite3_errstr(int code);
[[cffi::status(0, sqlite3_errstr)]] int sqlite3_exec(struct sqlite3 *db, const char *sql,
    [[cffi::default(NULL)]] void *callback, [[cffi::default(NULL)]] void *data,
    [[cffi::default(NULL)]] char **message);
[[cffi::status(0, sqlite3_errstr)]] int sqlite3_prepare_v2(struct sqlite3 *db, const char *sql,
    [[cffi::default(-1)]] int size,
    [[cffi::out, cffi::owned(sqlite3_finalize)]] struct sqlite3_stmt **stmt,
    [[cffi::default(NULL)]] const char **tail);
int sqlite3_step(struct sqlite3_stmt *stmt);
int sqlite3_reset(struct sqlite3_stmt *stmt);
int sqlite3_finalize(struct sqlite3_stmt *stmt);
int sqlite3_bind_int64(struct sqlite3_stmt *stmt, int index, int64_t value);
int sqlite3_bind_double(struct sqlite3_stmt *stmt, int index, double value);
int sqlite3_bind_text(struct sqlite3_stmt *stmt, int index, [[cffi::in(size)]] const char *text,
    int size, intptr_t destroy);
int64_t sqlite3_column_int64(struct sqlite3_stmt *stmt, int column);
double sqlite3_column_double(struct sqlite3_stmt *stmt, int column);
[[cffi::string]] const char *sqlite3_column_text(struct sqlite3_stmt *stmt, int column);
]==]

local ROWS, ROW, TRANSIENT = 5000, 100, -1

local function fill(execute)
    execute "create table t (id integer primary key, name text, weight real)"
    execute(("insert into t with recursive n(i) as (select 1 union all select i + 1 from n "
        .. "where i < %d) select i, 'name number ' || i, i * 0.5 from n"):format(ROWS))
    execute "create table u (id integer, name text, weight real)"
end

return function(job)
    if not found then
        return
    end
    local connection = luasql.sqlite3():connect ":memory:"
    fill(function(sql) assert(connection:execute(sql)) end)

    local c = plain.load "sqlite3"
    local box = plain.new "struct sqlite3 *[1]"
    assert(c.sqlite3_open(":memory:", box) == 0)
    local db = box[0]
    fill(function(sql) assert(c.sqlite3_exec(db, sql, nil, nil, nil) == 0) end)
    local function prepare(sql)
        local stmt = plain.new "struct sqlite3_stmt *[1]"
        assert(c.sqlite3_prepare_v2(db, sql, -1, stmt, nil) == 0)
        return stmt[0]
    end

    local a = said.load "sqlite3"
    local own = assert(a.sqlite3_open ":memory:")
    fill(function(sql) assert(a.sqlite3_exec(own, sql)) end)

    local QUERY = "select id, name, weight from t"
    job("sqlite: read 5,000 rows", "luasql", {
        binding = function()
            local cursor, n, size = connection:execute(QUERY), 0, 0
            local id, name, weight = cursor:fetch()
            while id do
                n, size = n + id + weight, size + #name
                id, name, weight = cursor:fetch()
            end
            return n + size
        end,
        plain = function()
            local stmt, n, size = prepare(QUERY), 0, 0
            local step, int, text, double = c.sqlite3_step, c.sqlite3_column_int64,
                c.sqlite3_column_text, c.sqlite3_column_double
            local string = plain.string
            while step(stmt) == ROW do
                local name = string(text(stmt, 1))
                n, size = n + int(stmt, 0) + double(stmt, 2), size + #name
            end
            c.sqlite3_finalize(stmt)
            return n + size
        end,
        annotated = function()
            local stmt, n, size = assert(a.sqlite3_prepare_v2(own, QUERY)), 0, 0
            local step, int, text, double = a.sqlite3_step, a.sqlite3_column_int64,
                a.sqlite3_column_text, a.sqlite3_column_double
            while step(stmt) == ROW do
                local name = text(stmt, 1)
                n, size = n + int(stmt, 0) + double(stmt, 2), size + #name
            end
            a.sqlite3_finalize(stmt)
            return n + size
        end,
    })

    local INSERT = "insert into u values (?, ?, ?)"
    job("sqlite: insert 2,000 rows", "luasql", {
        binding = function()
            connection:execute "begin"
            for i = 1, 2000 do
                connection:execute(("insert into u values (%d, '%s', %.14g)"):format(i,
                    connection:escape "it's", i / 2))
            end
            connection:execute "commit"
            connection:execute "delete from u"
        end,
        plain = function()
            local stmt = prepare(INSERT)
            local step, reset, int, text, double = c.sqlite3_step, c.sqlite3_reset,
                c.sqlite3_bind_int64,
                c.sqlite3_bind_text, c.sqlite3_bind_double
            c.sqlite3_exec(db, "begin", nil, nil, nil)
            for i = 1, 2000 do
                int(stmt, 1, i)
                text(stmt, 2, "it's", 4, TRANSIENT)
                double(stmt, 3, i / 2)
                step(stmt)
                reset(stmt)
            end
            c.sqlite3_finalize(stmt)
            c.sqlite3_exec(db, "commit", nil, nil, nil)
            c.sqlite3_exec(db, "delete from u", nil, nil, nil)
        end,
        annotated = function()
            local stmt = assert(a.sqlite3_prepare_v2(own, INSERT))
            local step, reset, int, text, double = a.sqlite3_step, a.sqlite3_reset,
                a.sqlite3_bind_int64,
                a.sqlite3_bind_text, a.sqlite3_bind_double
            a.sqlite3_exec(own, "begin")
            for i = 1, 2000 do
                int(stmt, 1, i)
                text(stmt, 2, "it's", TRANSIENT)
                double(stmt, 3, i / 2)
                step(stmt)
                reset(stmt)
            end
            a.sqlite3_finalize(stmt)
            a.sqlite3_exec(own, "commit")
            a.sqlite3_exec(own, "delete from u")
        end,
    })

    job("sqlite: 500 queries of one row", "luasql", {
        binding = function()
            local size = 0
            for i = 1, 500 do
                local cursor = connection:execute(("select name from t where id = %d"):format(i))
                size = size + #cursor:fetch()
                cursor:close()
            end
            return size
        end,
        plain = function()
            local size = 0
            for i = 1, 500 do
                local stmt = prepare(("select name from t where id = %d"):format(i))
                assert(c.sqlite3_step(stmt) == ROW)
                size = size + #plain.string(c.sqlite3_column_text(stmt, 0))
                c.sqlite3_finalize(stmt)
            end
            return size
        end,
        annotated = function()
            local size = 0
            for i = 1, 500 do
                local stmt = assert(a.sqlite3_prepare_v2(own, (
                    "select name from t where id = %d"):format(i)))
                assert(a.sqlite3_step(stmt) == ROW)
                size = size + #a.sqlite3_column_text(stmt, 0)
                a.sqlite3_finalize(stmt)
            end
            return size
        end,
    })
end
