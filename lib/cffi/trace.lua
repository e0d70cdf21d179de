-- Shows every call of a library's functions, with arguments by name and the result, as strace does
-- for system calls: `:trace` of the prompt and `cffi trace SCRIPT`.
--
-- A namespace is traced by wrapping the functions it has and those it will find. What was taken
-- from it before is not seen.
local bytes = require "cffi.bytes"

local MAX_STRING = 60
local SHORT = { depth = 1, items = 6, width = math.huge }

local trace = {}

-- ---- text --------------------------------------------------------------------------------------

local function value_text(ffi, value)
    local kind = ffi.type(value)
    if kind == "string" then
        return bytes.quoted(value, MAX_STRING)
    elseif value == nil then
        return "NULL"
    elseif kind == "cdata" then
        local text = ffi.inspect(value, SHORT):gsub("%s*\n%s*", " ")
        return #text > 2 * MAX_STRING and text:sub(1, 2 * MAX_STRING) .. ".." or text
    elseif kind == "function" and not pcall(ffi.reflect, value) then
        local info = debug.getinfo(value, "S")
        return ("function %s:%d"):format(info.short_src, info.linedefined)
    end
    return kind == "table" and ffi.inspect(value, SHORT) or tostring(value)
end

local function call_text(ffi, info, name, arguments)
    local texts = {}
    for i = 1, arguments.n do
        local parameter = info.names and info.names[i]
        texts[i] = (parameter and parameter .. " = " or "") .. value_text(ffi, arguments[i])
    end
    return ("%s(%s)"):format(name, table.concat(texts, ", "))
end

-- What a call gave; with errno where it looks like a failure that set it.
local function result_text(ffi, results, before)
    if not results[1] then
        return " raised: " .. tostring(results[2])
    elseif results.n == 1 then
        return ""
    end
    local text = " = " .. value_text(ffi, results[2])
    local errno = ffi.errno()
    if errno ~= before and (results[2] == -1 or results[2] == nil) then
        text = ("%s (errno %d, %s)"):format(text, errno, ffi.strerror(errno))
    end
    return text
end

-- ---- calls -------------------------------------------------------------------------------------

-- What has been written of running calls: how deep they are, and whether the last line is open.
local function new_log(write)
    local log = { depth = 0, is_open = false }

    function log.enter(text)
        write((log.is_open and "\n" or "") .. ("  "):rep(log.depth) .. text)
        log.depth, log.is_open = log.depth + 1, true
    end

    function log.leave(name, text)
        log.depth = log.depth - 1
        local head = log.is_open and "" or ("%s.. %s"):format(("  "):rep(log.depth), name)
        write(head .. text .. "\n")
        log.is_open = false
    end

    return log
end

local function wrapped(ffi, fn, name, log)
    local info = ffi.reflect(fn)
    return function(...)
        log.enter(call_text(ffi, info, name, table.pack(...)))
        local before = ffi.errno()
        local results = table.pack(pcall(fn, ...))
        log.leave(name, result_text(ffi, results, before))
        if not results[1] then
            error(results[2], 2)
        end
        return table.unpack(results, 2, results.n)
    end
end

local function is_c_function(ffi, value)
    return type(value) == "function" and (pcall(ffi.reflect, value))
end

-- ---- namespaces --------------------------------------------------------------------------------

local function index(object, name)
    return object[name]
end

-- Namespace -> what it was: its metatable, and the functions that wrappers stand for.
local traced = setmetatable({}, { __mode = "k" })

-- Traces a namespace: each call is written by `write`.
function trace.start(ffi, namespace, write)
    if traced[namespace] then
        return
    end
    local mt, log, originals = debug.getmetatable(namespace), new_log(write), {}
    local function wrap(name, fn)
        local wrapper = wrapped(ffi, fn, name, log)
        originals[name] = { fn = fn, wrapper = wrapper }
        rawset(namespace, name, wrapper)
        return wrapper
    end
    local found = {}
    for name, value in next, namespace do
        if is_c_function(ffi, value) then
            found[name] = value
        end
    end
    for name, fn in pairs(found) do
        wrap(name, fn)
    end
    -- The core finds the library by `__cffi_library`, and empties that when declarations change.
    local inner, own = debug.setmetatable({}, mt), {}
    for key, value in pairs(mt) do
        own[key] = key ~= "__gc" and value or nil
    end
    own.__cffi_library = inner
    function own.__index(_, name)
        local ok, value = pcall(index, inner, name)
        if not ok then
            error(value:gsub("^[^\n:]+:%d+: ", "", 1), 2)
        end
        return is_c_function(ffi, value) and wrap(name, value) or value
    end
    function own.__newindex(_, name, value)
        inner[name] = value
    end
    traced[namespace] = { mt = mt, originals = originals }
    debug.setmetatable(namespace, own)
end

-- Ends that. False when it was not traced.
function trace.stop(namespace)
    local state = traced[namespace]
    if not state then
        return false
    end
    traced[namespace] = nil
    debug.setmetatable(namespace, state.mt)
    for name, original in pairs(state.originals) do
        if rawget(namespace, name) == original.wrapper then
            rawset(namespace, name, original.fn)
        end
    end
    return true
end

local OURS = debug.getinfo(1, "S").source:match "^(.*)trace%.lua$"

-- Whether the function that called the caller is one of this project's.
local function is_called_by_us()
    local caller = debug.getinfo(3, "S")
    return caller ~= nil and caller.source:sub(1, #OURS) == OURS
end

-- Makes ffi[name] a function that hands what the original gives to `each`. The original may be one
-- that is loaded when first asked for.
local function intercept(ffi, name, each)
    local original = rawget(ffi, name)
    ffi[name] = function(...)
        local ours = is_called_by_us()
        if not original then
            local interceptor = ffi[name]
            ffi[name] = nil
            original = ffi[name]
            ffi[name] = interceptor
        end
        local ok, result = pcall(original, ...)
        if not ok then
            error(result, 2)
        elseif not ours and type(result) == "table" then
            each(result)
        end
        return result
    end
end

-- cffi.posix, which becomes the namespace that it is when a name is first asked for; nil where the
-- module was built without it.
local function loaded_posix()
    local posix = require "cffi.posix"
    return pcall(index, posix, "getpid") and posix or nil
end

-- Traces ffi.C, cffi.posix and whatever a script will load or include, in new scopes as well.
function trace.everything(ffi, write)
    local function start(namespace)
        trace.start(ffi, namespace, write)
    end
    start(ffi.C)
    local posix = loaded_posix()
    if posix then
        start(posix)
    end
    intercept(ffi, "load", start)
    intercept(ffi, "include", start)
    intercept(ffi, "scope", function(new) trace.everything(new, write) end)
end

return trace
