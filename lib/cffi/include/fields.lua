-- A table of strings as the bytes of a file: data with a checksum, read by our own reader, never
-- executed.
local fields = {}

require "cffi" -- which puts the function into the registry
local fingerprint = debug.getregistry()["cffi.fingerprint"]

local MAGIC = "cffi headers 4\n"
local SUM = 16 -- bytes of a fingerprint

-- A short name for a long key.
function fields.hash(text)
    return ("%016x"):format((string.unpack("<i8", fingerprint(text))))
end

-- A table of strings as the text of a file.
function fields.encode(key, content)
    local names, parts = {}, { string.pack("<s4", key) }
    for name in pairs(content) do
        names[#names + 1] = name
    end
    table.sort(names)
    for _, name in ipairs(names) do
        parts[#parts + 1] = string.pack("<s4s4", name, content[name])
    end
    local body = table.concat(parts)
    return MAGIC .. fingerprint(body) .. body
end

local function unpack(text, key)
    local start = #MAGIC + SUM + 1
    if text:sub(1, #MAGIC) ~= MAGIC
        or text:sub(#MAGIC + 1, start - 1) ~= fingerprint(text, start) then
        return nil
    end
    local found, at = string.unpack("<s4", text, start)
    if found ~= key then
        return nil
    end
    local content = {}
    while at <= #text do
        local name, value, next_at = string.unpack("<s4s4", text, at)
        content[name], at = value, next_at
    end
    return content
end

-- The fields of a file's text when it is whole and has that key, or nil.
function fields.decode(text, key)
    local ok, content = pcall(unpack, text, key)
    return ok and content or nil
end

-- The same of bytes that are trusted and have a method `sub`, as strings have: each field is cut
-- out when it is first asked for. view(name) is a field that has `sub` without being cut out, and
-- its size. nil when the bytes, `size` of them, are of another kind.
function fields.lazily(bytes, size, key)
    local header = MAGIC .. ("\0"):rep(SUM) .. string.pack("<s4", key)
    local found, body = bytes:sub(1, math.min(#header, size)), #MAGIC + SUM + 1
    if found:sub(1, #MAGIC) ~= MAGIC or found:sub(body) ~= header:sub(body) then
        return nil
    end
    local function word(at)
        return at + 3 <= size and string.unpack("<I4", bytes:sub(at, at + 3)) or size
    end
    local places, at = {}, #header + 1
    while at <= size do
        local length = word(at)
        local start = at + 8 + length
        at = start + word(start - 4)
        if at > size + 1 then
            return nil
        end
        places[bytes:sub(start - 4 - length, start - 5)] = { start - 1, at - start }
    end
    local content = {}
    function content.view(name)
        local first, length = table.unpack(places[name])
        return { sub = function(_, from, to)
            return bytes:sub(first + from, first + math.min(to, length))
        end }, length
    end
    return setmetatable(content, {
        __index = function(_, name)
            local place = places[name]
            local value = place and bytes:sub(place[1] + 1, place[1] + place[2])
            content[name] = value
            return value
        end,
    })
end

return fields
