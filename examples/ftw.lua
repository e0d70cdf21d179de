-- What you learn: a callback that C calls for each file of a tree, whose error stops the walk and
-- reaches the caller, and a struct that C hands to it.
local ffi = require "cffi"
local posix = require "cffi.posix"

-- Calls visit(path, kind, level) for everything below `root`; a true result ends the walk.
-- So does an error in it: `error = 1` is what C gets then, and nftw stops at the first nonzero.
local function walk(root, visit)
    local entry <close> = ffi.callback(posix.__nftw_func_t,
        function(path, _, kind, where)
            local what = kind == posix.FTW_D and "directory" or "file"
            return visit(ffi.string(path), what, where.level) and 1 or 0
        end, { error = 1 })
    return posix.nftw(root, entry, 16, posix.FTW_PHYS)
end

-- A small tree of our own to walk.
local root = os.tmpname()
assert(os.remove(root))
posix.mkdir(root, posix.S_IRWXU)
posix.mkdir(root .. "/sub", posix.S_IRWXU)
for _, name in ipairs { "/one", "/sub/two" } do
    assert(io.open(root .. name, "w")):close()
end

local seen = {}
walk(root, function(path, kind, level)
    seen[#seen + 1] = ("%s%s (%s)"):format(("  "):rep(level), path:match "[^/]+$", kind)
end)
seen[1] = "tree (directory)" -- its own name differs from run to run
table.sort(seen, function(a, b) return a:match "%S.*" < b:match "%S.*" end)
print(table.concat(seen, "\n"))

local count = 0
print("stopped with " .. walk(root, function() count = count + 1 return count == 2 end) ..
    " after " .. count .. " entries")
local _, message = pcall(walk, root, function(path) error("not in " .. path:match "[^/]+$", 0) end)
print((message:gsub("\n.*", ""):gsub("in .*", "in here")))

os.remove(root .. "/sub/two")
os.remove(root .. "/one")
posix.rmdir(root .. "/sub")
posix.rmdir(root)
