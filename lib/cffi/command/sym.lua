-- cffi sym LIBRARY [GLOB]: what a library exports.
local glob = require "cffi.repl.glob"

return function(plan)
    local ffi = require "cffi"
    local name, pattern = table.unpack(plan.words)
    local rows = {}
    for symbol, kind, size in ffi.symbols(ffi.load(name), pattern and glob.pattern(pattern)) do
        rows[#rows + 1] = { symbol, ("%-8s %8d %s"):format(kind, size, symbol) }
    end
    table.sort(rows, function(a, b) return a[1] < b[1] end)
    for _, row in ipairs(rows) do
        io.write(row[2], "\n")
    end
    if #rows == 0 then
        error(pattern and ("no export of %s fits '%s'"):format(name, pattern)
            or ("%s exports nothing"):format(name), 0)
    end
end
