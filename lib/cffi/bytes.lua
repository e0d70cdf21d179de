-- Bytes as text: in hex and in ASCII, and as a quoted string.
local bytes = { ROW = 16 }

local ESCAPES = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ['"'] = '\\"', ["\\"] = "\\\\" }

local function hex(s)
    return (s:gsub(".", function(c) return ("%02x "):format(c:byte()) end))
end

function bytes.ascii(s)
    return (s:gsub("[^ -~]", "."))
end

-- A row of at most ROW bytes, always of the same width.
function bytes.row(s)
    local half = bytes.ROW // 2
    return ("%-49s |%s|"):format(hex(s:sub(1, half)) .. " " .. hex(s:sub(half + 1)), bytes.ascii(s))
end

-- The same for a few bytes within other text.
function bytes.short(s)
    return hex(s) .. "|" .. bytes.ascii(s) .. "|"
end

-- A string as Lua reads it. Bytes that are no UTF-8 and control characters are escaped.
function bytes.quoted(s, limit)
    if #s > limit then
        local cut = limit
        while cut > limit - 4 and s:byte(cut + 1) & 0xC0 == 0x80 do
            cut = cut - 1 -- no character is cut
        end
        return bytes.quoted(s:sub(1, cut), limit) .. ".."
    end
    local class = utf8.len(s) and '[%c"\\]' or '[%c"\\\128-\255]'
    local escaped = s:gsub(class, function(c)
        return ESCAPES[c] or ("\\x%02x"):format(c:byte())
    end)
    return '"' .. escaped .. '"'
end

-- Whether a person would read it.
function bytes.is_text(s)
    return utf8.len(s) ~= nil and not s:find "[\0-\8\14-\26\28-\31\127]"
end

return bytes
