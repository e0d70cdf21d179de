-- What you learn: statements of a database from its header alone, with columns of every type, and
-- out-parameters.
-- Runs SQL of the arguments, or of standard input statement by statement, and prints tables.
--     cffi sqlite_shell.lua FILE [SQL]
local ffi = require "cffi"

local found, sql = pcall(ffi.include, "sqlite3.h")
if not found then
    print "SQLite's header is not here. Debian has it in the package libsqlite3-dev."
    os.exit(77)
end

local db

local function check(code)
    return code == sql.SQLITE_OK or error(ffi.string(sql.sqlite3_errmsg(db)), 0)
end

local function cell(statement, column)
    local kind = sql.sqlite3_column_type(statement, column)
    local size = sql.sqlite3_column_bytes(statement, column)
    if kind == sql.SQLITE_NULL then return "" end
    if kind == sql.SQLITE_BLOB then return ("(%d bytes)"):format(size) end
    return ffi.string(sql.sqlite3_column_text(statement, column), size)
end

-- Prints rows as a table; columns are as wide as their widest cell.
local function show(rows)
    local widths = {}
    for _, row in ipairs(rows) do
        for i, text in ipairs(row) do
            widths[i] = math.max(widths[i] or 0, utf8.len(text) or #text)
        end
    end
    for _, row in ipairs(rows) do
        for i, text in ipairs(row) do
            row[i] = text .. (" "):rep(widths[i] - (utf8.len(text) or #text))
        end
        print((table.concat(row, "  "):gsub(" +$", "")))
    end
end

-- Runs the statements of a text one after the other.
local function run(text)
    local rest = ffi.new("char[?]", #text + 1, text)
    local finish, out = rest + #text, ffi.new "sqlite3_stmt *[1]"
    local tail = ffi.new("const char *[1]", { rest })
    while tail[0] < finish do
        check(sql.sqlite3_prepare_v2(db, tail[0], -1, out, tail))
        local statement = ffi.gc(out[0], sql.sqlite3_finalize)
        if not statement then break end -- a comment, or blanks
        local names, rows = {}, {}
        for i = 0, sql.sqlite3_column_count(statement) - 1 do
            names[i + 1] = ffi.string(sql.sqlite3_column_name(statement, i))
        end
        rows[1] = names
        local code = sql.sqlite3_step(statement)
        while code == sql.SQLITE_ROW do
            local row = {}
            for i = 1, #names do row[i] = cell(statement, i - 1) end
            rows[#rows + 1] = row
            code = sql.sqlite3_step(statement)
        end
        if code ~= sql.SQLITE_DONE then check(code) end
        if #names > 0 then show(rows) end
    end
end

local out = ffi.new "sqlite3 *[1]"
local code = sql.sqlite3_open(arg[1] or ":memory:", out)
db = ffi.gc(out[0], sql.sqlite3_close_v2)
check(code)
if arg[2] then return run(arg[2]) end
local status, pending = true, ""
for line in io.lines() do
    pending = pending .. line .. "\n"
    if sql.sqlite3_complete(pending) ~= 0 then
        local ok, why = pcall(run, pending)
        if not ok then
            io.stderr:write("error: ", why, "\n")
            status = false
        end
        pending = ""
    end
end
os.exit(status, true)
