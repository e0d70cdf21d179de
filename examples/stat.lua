-- What you learn: structs as the system defines them, errno, nested fields, walking what C returns;
-- nothing is declared here, for cffi.posix has what the system's headers say.
-- Lists a directory (this one's unless named) and everything below it.
local ffi = require "cffi"
local posix = require "cffi.posix"

local info = posix["struct stat"]()

local function check(ok, path)
    return ok or error(path .. ": " .. ffi.strerror(), 0)
end

local function walk(path, indent)
    local dir, names = check(posix.opendir(path), path), {}
    for entry in function() return posix.readdir(dir) end do
        names[#names + 1] = ffi.string(entry.d_name)
    end
    posix.closedir(dir)
    table.sort(names)
    for _, name in ipairs(names) do
        if name ~= "." and name ~= ".." then
            check(posix.stat(path .. "/" .. name, info) == 0, path .. "/" .. name)
            local is_dir = posix.S_ISDIR(info.st_mode)
            local year = os.date("!%Y", info.st_mtim.tv_sec)
            print(("%s%-12s %s %s"):format(indent, name, is_dir and "dir " or info.st_size, year))
            if is_dir then walk(path .. "/" .. name, indent .. "  ") end
        end
    end
end

walk(arg[1] or arg[0]:match "^(.*)/" or ".", "")
print(pcall(walk, "/no/such/directory", ""))
