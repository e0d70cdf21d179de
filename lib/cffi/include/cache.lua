-- The cache of what the compiler said of headers: files in a folder of the user's own that nobody
-- else can write (cffi/include/fields.lua); what is damaged does not exist.
local fields = require "cffi.include.fields"
local system = require "cffi.include.system"

local cache = {}

local OTHERS_WRITE = 18 -- 0022

local warned = false

-- Headers work without a cache, but more slowly each time: this is said once.
local function warn(why)
    if not warned then
        warned = true
        io.stderr:write("cffi: warning: headers are not cached: ", why, "\n")
    end
end

-- ---- the folder --------------------------------------------------------------------------------

local function folder_name()
    local base = os.getenv "XDG_CACHE_HOME"
    if not base or base:sub(1, 1) ~= "/" then
        local home = os.getenv "HOME"
        base = home and home:sub(1, 1) == "/" and home .. "/.cache"
    end
    return base and base .. "/cffi"
end

-- Why a folder is none to be trusted; nil when it is.
local function distrust(path, state)
    if not state.is_directory then
        return path .. " is no folder"
    elseif state.uid ~= system.user() then
        return path .. " belongs to another user"
    elseif state.permissions & OTHERS_WRITE ~= 0 then
        return "others may write to " .. path
    end
end

-- The folder, made when `make` says so; nil when there is none to use.
local function folder(make)
    local path = folder_name()
    if not path then
        return make and warn "neither $XDG_CACHE_HOME nor $HOME names a folder"
    end
    local state, why = system.state(path), nil
    if not state and make then
        local made
        made, why = system.make_directory(path)
        state = made and system.state(path)
    end
    why = state and distrust(path, state) or why
    if why then
        return warn(why)
    end
    return state and path
end

-- ---- entries -----------------------------------------------------------------------------------

-- What was stored under a name (of the caller's, a plain word) for this key, or nil. A file of
-- another user is from a time when others could write to the folder.
function cache.read(name, key)
    local path = folder(false)
    path = path and path .. "/" .. name
    local state = path and system.state(path)
    local text = state and state.is_file and state.uid == system.user() and system.read_file(path)
    return text and fields.decode(text, key)
end

-- Stores a table of strings.
function cache.write(name, key, content)
    local path = folder(true)
    if path then
        local ok, why = system.write_whole(path .. "/" .. name, fields.encode(key, content))
        if not ok then
            warn(why)
        end
    end
end

-- The path of a file of the cache that is no data (an object that the compiler builds); nil and a
-- warning when there is no folder.
function cache.path(name)
    local path = folder(true)
    return path and path .. "/" .. name
end

return cache
