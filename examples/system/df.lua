-- What you learn: a C iterator (getmntent) and a struct that C fills (statvfs).
-- Lists the mounted file systems with their size, use and free space.
--     cffi df.lua [PATH...]
local ffi = require "cffi"
local posix = require "cffi.posix"

local function human(bytes)
    local units = { "B", "K", "M", "G", "T", "P" }
    local unit = 1
    while bytes >= 1024 and unit < #units do
        bytes, unit = bytes / 1024, unit + 1
    end
    return ("%.4g%s"):format(bytes, units[unit])
end

local function show(path, kind)
    local fs = posix["struct statvfs"]()
    if posix.statvfs(path, fs) ~= 0 then
        return print(("%-32s %s"):format(path, ffi.strerror()))
    end
    if fs.f_blocks == 0 then return end -- /proc and its like hold nothing
    local size, free = fs.f_blocks * fs.f_frsize, fs.f_bavail * fs.f_frsize
    local used = (fs.f_blocks - fs.f_bfree) * fs.f_frsize
    print(("%-32s %-8s %8s %8s %8s %4.0f%%"):format(path, kind, human(size), human(used),
        human(free), math.ceil(100 * used / (used + free))))
end

print(("%-32s %-8s %8s %8s %8s %5s"):format("MOUNTED ON", "TYPE", "SIZE", "USED", "FREE", "USE"))
if arg[1] then
    for _, path in ipairs(arg) do show(path, "") end
    os.exit(true)
end
local mounts = posix.setmntent("/proc/self/mounts", "r") or error(ffi.strerror())
for entry in function() return posix.getmntent(mounts) end do
    show(ffi.string(entry.mnt_dir), ffi.string(entry.mnt_type))
end
posix.endmntent(mounts)
