-- Helpers of the specs of ffi.include: a cache of their own, headers written for a test, programs
-- that stand for compilers.
local support = require "support"
local ffi = require "cffi".scope {}
local C = ffi.C

ffi.cdef [[
    int setenv(const char *name, const char *value, int replace);
    int unsetenv(const char *name);
    char *mkdtemp(char *pattern);
    int chmod(const char *path, unsigned mode);
    int utimensat(int folder, const char *path, const void *times, int flags);
]]

local headers = {}

-- nil unsets.
function headers.set_environment(name, value)
    if value then
        C.setenv(name, value, 1)
    else
        C.unsetenv(name)
    end
end

-- A new folder, removed by headers.clean.
local folders = {}
function headers.folder()
    local name = ffi.new("char[?]", 64, "/tmp/cffi-spec-XXXXXX")
    assert(C.mkdtemp(name))
    folders[#folders + 1] = ffi.string(name)
    return folders[#folders]
end

-- Gives the specs of a file an empty cache, and ends it.
local before
function headers.own_cache()
    before = before or os.getenv "XDG_CACHE_HOME" or false
    local folder = headers.folder()
    headers.set_environment("XDG_CACHE_HOME", folder)
    return folder .. "/cffi"
end

function headers.clean()
    headers.set_environment("XDG_CACHE_HOME", before or nil)
    for _, folder in ipairs(folders) do
        support.run { "chmod", "-R", "u+rwx", folder }
        support.run { "rm", "-rf", folder }
    end
    folders = {}
end

-- Writes a header (or program) into a folder, dated an hour back, so that a cache may keep it.
function headers.write(folder, name, text)
    local path = folder .. "/" .. name
    support.write_file(path, text)
    headers.age(path, 3600)
    return path
end

function headers.age(path, seconds)
    local times = ffi.new("long[4]", { os.time() - seconds, 0, os.time() - seconds, 0 })
    assert(C.utimensat(-100, path, times, 0) == 0)
end

function headers.mode(path, mode)
    assert(C.chmod(path, mode) == 0)
end

-- A program in a folder: a shell script.
function headers.program(folder, name, text)
    local path = headers.write(folder, name, "#!/bin/sh\n" .. text)
    headers.mode(path, 493) -- 0755
    return path
end

return headers
