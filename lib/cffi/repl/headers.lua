-- :include, and the headers named on the command line.
local function words_of(text)
    local words = {}
    for word in text:gmatch "[^%s,]+" do
        words[#words + 1] = word:gsub("^[\"<]", ""):gsub("[\">]$", "")
    end
    return words
end

-- How many functions, types and other names stand in the files of these headers.
local function counts(ffi, headers)
    local count = { typedef = 0, ["function"] = 0, other = 0 }
    for _, kind, _, file in ffi.declarations() do
        for _, header in ipairs(headers) do
            if file and ("/" .. file):sub(-#header - 1) == "/" .. header then
                local key = count[kind] and kind or "other"
                count[key] = count[key] + 1
            end
        end
    end
    return count
end

local function counted(n, what)
    return ("%d %s%s"):format(n, what, n == 1 and "" or "s")
end

local function list(session)
    if #session.headers == 0 then
        error(":include wants a header: :include zlib.h", 0)
    end
    for _, entry in ipairs(session.headers) do
        session:print("%s", entry.text)
    end
end

return function(session, argument)
    local headers = words_of(argument)
    if #headers == 0 then
        return list(session)
    end
    local ffi, start = session.ffi, os.clock()
    local namespace = ffi.include(headers)
    session.names.include(namespace)
    session.names.set("_", namespace)
    local count = counts(ffi, headers)
    local text = ("%s: %s, %s"):format(tostring(namespace), counted(count["function"], "function"),
        counted(count.typedef, "type"))
    table.insert(session.headers, { headers = headers, namespace = namespace, text = text })
    session:keep("include", headers)
    session:print("%s%s", text, session.style.notes((" (%.0f ms)"):format(
        (os.clock() - start) * 1000)))
end
