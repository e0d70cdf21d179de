-- :save: the inputs that worked, as a script that plain Lua runs.
local long_string = require "cffi.long_string"

-- Prints values as the prompt does, and keeps them as it does.
local SHOW = [[
local _, __
local function show(...)
    __ = { ... }
    _ = __[1]
    for i = 1, select("#", ...) do
        io.write(i > 1 and "\t" or "", ffi.inspect((select(i, ...))))
    end
    print()
end]]

-- What makes the names of headers known without prefix, as they are at the prompt.
local HEADERS = [[
local included = {}
local _ENV = setmetatable({}, {
    __index = function(_, name)
        if _G[name] ~= nil then
            return _G[name]
        end
        for i = #included, 1, -1 do
            local ok, value = pcall(function() return included[i][name] end)
            if ok then
                return value
            end
        end
    end,
})]]

local writers = {}

function writers.expression(text)
    return ("show(%s)"):format(text)
end

function writers.statement(text)
    local value = text:match "^%s*return%f[^%w_](.*)$"
    return value and ("show(%s)"):format(value) or text
end

function writers.list(text)
    return ("for name, kind in %s do print(kind, name) end"):format(text)
end

function writers.C(text)
    return "ffi.cdef " .. long_string(text)
end

function writers.include(input)
    local quoted, options = {}, {}
    for i, header in ipairs(input.headers) do
        quoted[i] = ("%q"):format(header)
    end
    for name, value in pairs(input.options) do
        for i, word in ipairs(value) do
            value[i] = ("%q"):format(word)
        end
        options[#options + 1] = ("%s = { %s }"):format(name, table.concat(value, ", "))
    end
    table.sort(options)
    return ("_ = ffi.include({ %s }, { %s })\nincluded[#included + 1] = _"):format(
        table.concat(quoted, ", "), table.concat(options, ", "))
end

function writers.lib(library)
    return ("%s = ffi.load %q"):format(library.stem, library.name)
end

local function script_of(inputs)
    local lines = { 'local ffi = require "cffi"', "local C = ffi.C", SHOW }
    for _, input in ipairs(inputs) do
        if input.kind == "include" then
            lines[#lines + 1] = HEADERS
            break
        end
    end
    for _, input in ipairs(inputs) do
        lines[#lines + 1] = writers[input.kind](input.text)
    end
    return table.concat(lines, "\n") .. "\n"
end

return function(session, path)
    if path == "" then
        error(":save wants a file: :save session.lua", 0)
    end
    local file, err = io.open(path, "w")
    if not file then
        error(err, 0)
    end
    local written, why = file:write(script_of(session.inputs))
    local closed, reason = file:close()
    if not written or not closed then
        error(("%s: %s"):format(path, why or reason), 0)
    end
    session:print("%s: %d input%s", path, #session.inputs, #session.inputs == 1 and "" or "s")
end
