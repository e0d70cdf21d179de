-- Run by the static interpreter that the Makefile builds: calls, callbacks and variables of
-- libraries that are linked in, without a file to load and without a compiler.
local ffi = require "cffi"
local C = ffi.C

-- zlib and SQLite, as `cffi bind` wrote them while this was built.
local z = require "bound_z"
local sql = require "bound_sqlite3"

print(("zlib %s, crc32 of 'hello': %x"):format(ffi.string(z.zlibVersion()), z.crc32(0, "hello", 5)))

local text = ("static "):rep(1000)
local size = ffi.new("unsigned long[1]", z.compressBound(#text))
local packed = ffi.new("unsigned char[?]", size[0])
assert(z.compress2(packed, size, text, #text, z.Z_BEST_COMPRESSION) == z.Z_OK)
print(("%d bytes become %d"):format(#text, size[0]))

-- A C callback that SQLite calls for each row.
local db = ffi.typeof("$ *[1]", sql.sqlite3)()
assert(sql.sqlite3_open(":memory:", db) == sql.SQLITE_OK)
local rows = {}
local each = ffi.callback("int (void *, int, char **, char **)", function(_, count, values, names)
    local row = {}
    for i = 0, count - 1 do
        row[#row + 1] = ffi.string(names[i]) .. "=" .. ffi.string(values[i])
    end
    rows[#rows + 1] = table.concat(row, " ")
    return 0
end)
local program = [[
    create table t(a, b);
    insert into t values (1, 'one'), (2, 'two');
    select * from t order by a desc;
]]
assert(sql.sqlite3_exec(db[0], program, each, nil, nil) == sql.SQLITE_OK)
print(table.concat(rows, ", "))
assert(sql.sqlite3_close(db[0]) == sql.SQLITE_OK)
local version = ffi.string(sql.sqlite3_version) -- a variable
print("same version: " .. tostring(version == ffi.string(sql.sqlite3_libversion())))

-- The C library's, of which libc.names lists what scripts may have.
ffi.cdef [[
    void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
    extern char **environ;
    int setenv(const char *name, const char *value, int overwrite);
]]
local numbers = ffi.new("int[5]", { 5, 3, 9, 1, 7 })
C.qsort(numbers, 5, 4, function(a, b)
    return ffi.cast("const int *", a)[0] - ffi.cast("const int *", b)[0]
end)
print(table.concat(ffi.totable(numbers), " "))
assert(C.setenv("STATIC", "yes", 1) == 0)
local i, found = 0, false
while C.environ[i] ~= nil do
    found = found or ffi.string(C.environ[i]) == "STATIC=yes"
    i = i + 1
end
print("environ has it: " .. tostring(found))

-- What is not there says so.
print(select(2, pcall(ffi.load, "ssl")))
ffi.cdef "int puts(const char *text);"
print((select(2, pcall(function() return C.puts end)):gsub("^[^:]*:%d+: ", "")))
