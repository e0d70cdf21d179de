-- What a LuaJIT program finds around it: the modules ffi, bit and jit, the globals of Lua 5.1, and
-- on request a loader for its number literals.
local source = require "cffi.luajit.source"
local newproxy = debug.getregistry()["cffi.newproxy"]

local function nothing() end

local function make_jit(ffi)
    return {
        version = "LuaJIT 2.1.0 (cffi)",
        version_num = 20100,
        os = ffi.os,
        arch = ffi.arch,
        opt = { start = nothing },
        util = {},
        on = nothing,
        off = nothing,
        flush = nothing,
        attach = nothing,
        status = function() return false end,
    }
end

-- ---- environments of functions, which Lua 5.4 keeps in an upvalue -----------------------------

local function env_upvalue(fn)
    for i = 1, math.huge do
        local name = debug.getupvalue(fn, i)
        if name == "_ENV" or name == nil then
            return name and i
        end
    end
end

local function function_at(f, name)
    if type(f) == "function" then
        return f
    end
    f = f or 1
    if math.type(f) ~= "integer" or f < 0 then
        error(("bad argument #1 to '%s' (function or level expected)"):format(name), 3)
    end
    local info = f > 0 and debug.getinfo(f + 2, "f")
    return info and info.func
end

local function getfenv(f)
    local fn = function_at(f, "getfenv")
    local i = fn and env_upvalue(fn)
    local _, env
    if i then
        _, env = debug.getupvalue(fn, i)
    end
    return env or _G
end

local function setfenv(f, env)
    local fn = function_at(f, "setfenv")
    local i = fn and env_upvalue(fn)
    if i then
        -- An upvalue of its own: the one it had is shared with its whole chunk.
        debug.upvaluejoin(fn, i, function() return env end, 1)
    end
    return fn
end

-- The table that a module's name means, made along the way: "a.b" is the field b of the global a.
local function module_table(name)
    local t = package.loaded[name]
    if type(t) == "table" then
        return t
    end
    t = _G
    for key in name:gmatch "[^.]+" do
        if t[key] == nil then
            t[key] = {}
        end
        t = t[key]
        if type(t) ~= "table" then
            error(("name conflict for module '%s'"):format(name), 3)
        end
    end
    return t
end

local function module(name, ...)
    local t = module_table(name)
    package.loaded[name] = t
    if t._NAME == nil then
        t._M, t._NAME, t._PACKAGE = t, name, name:match "^(.-)[^.]*$"
    end
    setfenv(2, t)
    for i = 1, select("#", ...) do
        local option = select(i, ...)
        if type(option) == "function" then -- 5.1 ignores others, and 5.4 passes a chunk its path
            option(t)
        end
    end
end

local function seeall(t)
    local mt = getmetatable(t) or {}
    mt.__index = _G
    setmetatable(t, mt)
end

-- ---- names of Lua 5.1 -------------------------------------------------------------------------

local function add(into, names)
    for name, value in pairs(names) do
        if into[name] == nil then
            into[name] = value
        end
    end
end

local function frexp(x)
    if x == 0 or x ~= x or x - x ~= 0 then
        return x, 0
    end
    local exponent = math.floor(math.log(math.abs(x), 2)) + 1
    local fraction = x / 2.0 ^ exponent
    if math.abs(fraction) >= 1 then
        return fraction / 2, exponent + 1
    elseif math.abs(fraction) < 0.5 then
        return fraction * 2, exponent - 1
    end
    return fraction, exponent
end

local function ldexp(x, exponent)
    local half = exponent // 2 -- in two steps: 2 ^ exponent alone may overflow
    return x * 2.0 ^ half * 2.0 ^ (exponent - half)
end

local function foreach(t, f)
    for k, v in pairs(t) do
        local result = f(k, v)
        if result ~= nil then
            return result
        end
    end
end

local function foreachi(t, f)
    for i = 1, #t do
        local result = f(i, t[i])
        if result ~= nil then
            return result
        end
    end
end

local function maxn(t)
    local max = 0
    for k in pairs(t) do
        if type(k) == "number" and k > max then
            max = k
        end
    end
    return max
end

local function add_names(ffi, translate)
    local load, tonumber, ipairs = load, tonumber, ipairs
    add(_G, {
        unpack = table.unpack,
        loadstring = function(text, name)
            return load(translate(text), name or "=(loadstring)")
        end,
        getfenv = getfenv,
        setfenv = setfenv,
        module = module,
        newproxy = newproxy,
        gcinfo = function() return collectgarbage "count" end,
    })
    add(table, {
        getn = function(t) return #t end,
        maxn = maxn,
        foreach = foreach,
        foreachi = foreachi,
    })
    add(math, {
        pow = function(x, y) return x ^ y end,
        mod = math.fmod,
        log10 = function(x) return math.log(x, 10) end,
        sinh = function(x) return (math.exp(x) - math.exp(-x)) / 2 end,
        cosh = function(x) return (math.exp(x) + math.exp(-x)) / 2 end,
        tanh = function(x)
            local e = math.exp(-2 * math.abs(x))
            local t = (1 - e) / (1 + e)
            return x < 0 and -t or t
        end,
        frexp = frexp,
        ldexp = ldexp,
    })
    add(string, { gfind = string.gmatch })
    add(package, { loaders = package.searchers, seeall = seeall })
    rawset(string, "format", require "cffi.luajit.format"(ffi))
    _G.type = ffi.type
    function _G.ipairs(value)
        return (ffi.type(value) == "cdata" and ffi.ipairs or ipairs)(value)
    end
    function _G.tonumber(value, base)
        if base == nil then
            return ffi.tonumber(value)
        elseif math.type(value) then -- 5.1 takes a number's text
            value = ("%.14g"):format(value)
        end
        return tonumber(value, base)
    end
end

-- What 5.1's `require` gives, and what a chunk gets: one value, without the path.
local function add_require()
    local search, require = package.searchers[2], require
    package.searchers[2] = function(name)
        local chunk, path = search(name)
        if type(chunk) ~= "function" then
            return chunk
        end
        return function(module_name) return chunk(module_name) end, path
    end
    function _G.require(name)
        return (require(name))
    end
end

-- ---- modules ----------------------------------------------------------------------------------

local function add_modules(ffi)
    package.loaded.ffi = ffi
    package.loaded.bit = require "cffi.luajit.bit"(ffi)
    package.loaded.jit = make_jit(ffi)
    package.loaded["jit.opt"] = package.loaded.jit.opt
    package.loaded["jit.util"] = package.loaded.jit.util
    package.loaded["table.new"] = function() return {} end
    package.loaded["table.clear"] = function(t)
        for k in next, t do
            t[k] = nil
        end
    end
    _G.bit, _G.jit = package.loaded.bit, package.loaded.jit
end

-- ---- source files -----------------------------------------------------------------------------

local function read_source(path)
    local file, message = io.open(path, "rb")
    if not file then
        return nil, "cannot open " .. message
    end
    local text = file:read "a"
    file:close()
    return source.translate(text)
end

-- As package.searchers[2], but through the translation.
local function search_source(name)
    local path, message = package.searchpath(name, package.path)
    if not path then
        return message
    end
    local chunk, problem = load(read_source(path), "@" .. path)
    if not chunk then
        error(("error loading module '%s' from file '%s':\n\t%s"):format(name, path, problem), 0)
    end
    return function(module_name) return chunk(module_name) end, path
end

-- The whole text that a reader function gives piece by piece.
local function read_pieces(reader)
    local pieces = {}
    for piece in reader do
        if piece == "" then
            break
        end
        pieces[#pieces + 1] = piece
    end
    return table.concat(pieces)
end

local function add_loader()
    local load, loadfile, dofile = load, loadfile, dofile
    package.searchers[2] = search_source
    function _G.load(chunk, name, mode, ...)
        if type(chunk) == "function" then
            local ok, text = pcall(read_pieces, chunk)
            if not ok then
                return nil, text
            end
            name = name or "=(load)"
            chunk = text
        end
        return load(source.translate(chunk), name or chunk, mode, ...)
    end
    function _G.loadfile(path, mode, ...)
        if not path then
            return loadfile(path, mode, ...)
        end
        local text, message = read_source(path)
        if not text then
            return nil, message
        end
        return load(text, "@" .. path, mode or "bt", ...)
    end
    function _G.dofile(path)
        if not path then
            return dofile()
        end
        return assert(_G.loadfile(path))()
    end
end

local function same(text)
    return text
end

local installed, loader_installed = false, false

return function(ffi, options)
    for name in pairs(options) do
        if name ~= "source" then
            error(("unknown option '%s'"):format(name), 3)
        end
    end
    if not installed then
        installed = true
        add_modules(ffi)
        add_names(ffi, options.source and source.translate or same)
        add_require()
    end
    if options.source and not loader_installed then
        loader_installed = true
        add_loader()
        _G.loadstring = _G.load
    end
    return ffi
end
