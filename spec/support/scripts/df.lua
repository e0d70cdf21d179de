-- Mounted file systems: statvfs, getmntent.
local ffi = require "cffi"
local posix = require "cffi.posix"

local mounts = posix.setmntent("/proc/self/mounts", "r")
local usage = posix["struct statvfs"]()
for entry in function() return posix.getmntent(mounts) end do
    local folder = ffi.string(entry.mnt_dir)
    if posix.statvfs(folder, usage) == 0 and usage.f_blocks > 0 then
        local total = usage.f_blocks * usage.f_frsize // 1024
        print(("%-30s %12d %s"):format(folder, total, usage.f_flag & posix.ST_RDONLY ~= 0 and "ro" or "rw"))
    end
end
posix.endmntent(mounts)
