-- The cache of what the compiler said of headers: files in a folder of the user's own that nobody
-- else can write. Data with a checksum, read by our own reader; what is damaged does not exist.
local system = require "cffi.include.system"

local cache = {}

local MAGIC = "cffi headers 1\n"
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

-- ---- bytes -------------------------------------------------------------------------------------

local PRIME = 0x100000001b3

-- FNV-1a over words of eight bytes.
local function checksum(text)
    local sum = 0xcbf29ce484222325 ~ #text
    local unpack, format = string.unpack, "<i8i8i8i8i8i8i8i8"
    text = text .. ("\0"):rep(-#text % 64)
    for at = 1, #text, 64 do
        local a, b, c, d, e, f, g, h = unpack(format, text, at)
        sum = ((sum ~ a) * PRIME ~ b) * PRIME
        sum = ((sum ~ c) * PRIME ~ d) * PRIME
        sum = ((sum ~ e) * PRIME ~ f) * PRIME
        sum = ((sum ~ g) * PRIME ~ h) * PRIME
        sum = sum ~ sum >> 29
    end
    return sum
end

-- A short name for a long key.
function cache.hash(text)
    return ("%016x"):format(checksum(text))
end

-- A table of strings as the text of a file.
function cache.encode(key, fields)
    local names, parts = {}, { string.pack("<s4", key) }
    for name in pairs(fields) do
        names[#names + 1] = name
    end
    table.sort(names)
    for _, name in ipairs(names) do
        parts[#parts + 1] = string.pack("<s4s4", name, fields[name])
    end
    local body = table.concat(parts)
    return MAGIC .. string.pack("<i8", checksum(body)) .. body
end

local function unpack(text, key)
    local start = #MAGIC + 9
    if text:sub(1, #MAGIC) ~= MAGIC or #text < start then
        return nil
    end
    local body = text:sub(start)
    if string.unpack("<i8", text, #MAGIC + 1) ~= checksum(body) then
        return nil
    end
    local found, at = string.unpack("<s4", body)
    if found ~= key then
        return nil
    end
    local fields = {}
    while at <= #body do
        local name, value, next_at = string.unpack("<s4s4", body, at)
        fields[name], at = value, next_at
    end
    return fields
end

-- The fields of a file's text when it is whole and has that key, or nil.
function cache.decode(text, key)
    local ok, fields = pcall(unpack, text, key)
    return ok and fields or nil
end

-- The same of a text that is trusted, each field cut out when it is first asked for; nil when the
-- text is of another kind.
function cache.lazily(text, key)
    local header = MAGIC .. ("\0"):rep(8) .. string.pack("<s4", key)
    if text:sub(1, #MAGIC) ~= MAGIC or text:sub(#MAGIC + 9, #header) ~= header:sub(#MAGIC + 9) then
        return nil
    end
    local places, at = {}, #header + 1
    while at <= #text do
        local name, size, start = string.unpack("<s4I4", text, at)
        places[name] = { start, start + size - 1 }
        at = start + size
    end
    return setmetatable({}, {
        __index = function(fields, name)
            local place = places[name]
            fields[name] = place and text:sub(place[1], place[2])
            return rawget(fields, name)
        end,
    })
end

-- ---- entries -----------------------------------------------------------------------------------

-- What was stored under a name (of the caller's, a plain word) for this key, or nil.
function cache.read(name, key)
    local path = folder(false)
    local text = path and system.read_file(path .. "/" .. name)
    return text and cache.decode(text, key)
end

-- Stores a table of strings.
function cache.write(name, key, fields)
    local path = folder(true)
    if path then
        local ok, why = system.write_whole(path .. "/" .. name, cache.encode(key, fields))
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
