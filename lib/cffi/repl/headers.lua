-- :include, also of the headers named on the command line, and :bind.
local OPTIONS = { pkg = true, lib = true }

-- The headers, and the options that stand among them as name=value.
local function words_of(text)
    local words, options = {}, {}
    for word in text:gmatch "[^%s,]+" do
        local name, value = word:match "^(%l+)=(.+)$"
        if OPTIONS[name] then
            options[name] = options[name] or {}
            table.insert(options[name], value)
        else
            words[#words + 1] = word:gsub("^[\"<]", ""):gsub("[\">]$", "")
        end
    end
    return words, options
end

-- What the headers declare themselves, by kind.
local function counts(namespace)
    local count = { typedef = 0, ["function"] = 0, other = 0 }
    for kind, number in pairs(debug.getmetatable(namespace).__cffi_counts()) do
        local key = count[kind] and kind or "other"
        count[key] = count[key] + number
    end
    return count
end

-- Headers and library; of many the first.
local function title_of(namespace)
    local title = tostring(namespace)
    local parts = {}
    for _, list in ipairs { title:match "^(.-): (.*)$" } do
        local first, rest = list:match "^(.-), (.*)$"
        local _, commas = (rest or ""):gsub(", ", "")
        parts[#parts + 1] = rest and ("%s and %d more"):format(first, commas + 1) or list
    end
    return #title < 100 and title or table.concat(parts, ": ")
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

local commands = {}

function commands.include(session, argument)
    local headers, include_options = words_of(argument)
    if #headers == 0 then
        return list(session)
    end
    local ffi, start = session.ffi, os.clock()
    local namespace = ffi.include(headers, include_options)
    session.names.include(namespace)
    session.names.set("_", namespace)
    local count = counts(namespace)
    local text = ("%s: %s, %s, %s"):format(title_of(namespace),
        counted(count["function"], "function"), counted(count.typedef, "type"),
        counted(count.other, "other name"))
    table.insert(session.headers, { headers = headers, namespace = namespace, text = text })
    session:keep("include", { headers = headers, options = include_options })
    session:print("%s%s", text, session.style.notes((" (%.0f ms)"):format(
        (os.clock() - start) * 1000)))
end

-- -o FILE among the words; what is left of them, and FILE.
local function output_of(argument)
    local before, path, after = (" " .. argument .. " "):match "^(.*) %-o +(%S+) (.*)$"
    if not path and (" " .. argument .. " "):find " -o " then
        error(":bind: -o wants a file", 0)
    end
    return path and before .. " " .. after or argument, path
end

function commands.bind(session, argument)
    local words, path = output_of(argument)
    local headers, include_options = words_of(words)
    if #headers == 0 then
        error(":bind wants a header: :bind zlib.h -o z.lua", 0)
    end
    local written = require "cffi.command.bind" {
        words = headers, packages = include_options.pkg, libraries = include_options.lib,
        output = path, write = session.write,
    }
    for _, name in ipairs(written) do
        session:print("%s", session.style.notes("wrote " .. name))
    end
end

return commands
