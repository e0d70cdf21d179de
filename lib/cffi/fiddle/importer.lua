-- Importer: a table of C functions, variables and types, imported by declarations. Each importer
-- has a scope of the core to itself (or the one given as { scope = ffi }), so its names meet
-- nobody else's.
--
--     local M = fiddle.importer("libm.so.6")
--     M:extern "double cos(double); double hypot(double x, double y)"
--     print(M.cos(0), M.hypot(3, 4))
--
-- What is imported is found as M.name; methods are found first, so of a C function `bind` the way
-- is M:func "bind".
local ffi = require "cffi"
local errors = require "cffi.fiddle.errors"
local signature = require "cffi.fiddle.signature"
local structs = require "cffi.fiddle.struct"
local types = require "cffi.fiddle.types"
local Cell = require "cffi.fiddle.cell"
local Closure = require "cffi.fiddle.closure"
local Function = require "cffi.fiddle.function"
local Handle = require "cffi.fiddle.handle"

local Importer = { __name = "fiddle.Importer" }
local methods = {}

-- importer -> { scope, own scope?, handles, functions, variables, constants }; apart from the
-- importer itself, whose fields are the script's.
local states = setmetatable({}, { __mode = "k" })

local OPTIONS = { scope = true }
local CALL_OPTIONS = { call = true }

-- ---- libraries ----------------------------------------------------------------------------------

-- Importer([{ scope = ffi }])
local function construct(_, options)
    options = errors.check_options(options, OPTIONS, "Importer")
    local M = setmetatable({}, Importer)
    states[M] = {
        scope = types.scope(options.scope or ffi.scope()), handles = false,
        functions = {}, variables = {}, constants = {},
    }
    return M
end

local function loaded_state(M)
    local state = states[M]
    if not state.handles then
        errors.raise("DLError", "call dlload before importing symbols and functions")
    end
    return state
end

local function append_handles(handles, library)
    if getmetatable(library) == Importer then
        for _, handle in ipairs(loaded_state(library).handles) do
            handles[#handles + 1] = handle
        end
    elseif Handle.is(library) then
        handles[#handles + 1] = library
    else
        handles[#handles + 1] = Handle(library)
    end
end

-- M:dlload(library, ...): names, nil for the program itself, Handles, other importers. What was
-- imported before is forgotten.
function methods:dlload(...)
    local state = states[self]
    local handles = {}
    for i = 1, math.max(select("#", ...), 1) do
        append_handles(handles, (select(i, ...)))
    end
    state.handles = handles
    state.functions, state.variables, state.constants = {}, {}, {}
    return self
end

local function paths_of(handles)
    local paths = {}
    for i, handle in ipairs(handles) do
        paths[i] = handle:file_name() or "the program"
    end
    return table.concat(paths, ", ")
end

-- The first library that has the symbol. Raises when none does.
local function handle_of(state, symbol)
    for _, handle in ipairs(state.handles) do
        if handle:has(symbol) then
            return handle
        end
    end
    if #state.handles == 1 then
        state.handles[1]:sym(symbol) -- raises, with the near misses
    end
    errors.raise_named("DLError", symbol, "undefined symbol '%s' in %s", symbol,
        paths_of(state.handles))
end

-- CompositeHandler: the libraries as one.
local CompositeHandler = { __name = "fiddle.CompositeHandler" }

local function composite_sym(handler, name)
    for _, handle in ipairs(handler.handlers) do
        local p = handle:has(name)
        if p then
            return p
        end
    end
end

function CompositeHandler:__index(key)
    if key == "sym" then
        return composite_sym
    end
    return composite_sym(self, key)
end

-- M:handler(): h.handlers is the list of Handles, h:sym(name) and h[name] the Pointer from the
-- first that has it, or nil.
function methods:handler()
    return setmetatable({ handlers = loaded_state(self).handles }, CompositeHandler)
end

methods.handlers = function(self)
    return loaded_state(self).handles
end

-- ---- functions and variables --------------------------------------------------------------------

local function check_call(call)
    if type(call) == "table" then
        call = errors.check_options(call, CALL_OPTIONS, "extern").call
    end
    return Function.check_abi(call)
end

local function fetch(namespace, name)
    return namespace[name]
end

local function import_function(state, decl)
    local handle = handle_of(state, decl.symbol)
    local namespace = Handle.namespace_in(handle, state.scope)
    local bare = errors.guard(fetch, namespace, decl.name)
    local fn = Function.of(bare, Handle.life_of(handle), handle)
    fn.name = decl.name
    state.functions[decl.name] = fn
    return fn
end

local function import_variable(state, decl)
    local handle = handle_of(state, decl.symbol)
    state.variables[decl.name] = Handle.namespace_in(handle, state.scope)
end

-- M:extern(text [, "stdcall" or { call = "stdcall" }]): imports all that the declarations name.
-- Returns the Functions in order.
function methods:extern(text, call)
    local state = loaded_state(self)
    check_call(call)
    if type(text) ~= "string" then
        errors.raise("TypeError", "C text of a declaration expected, got %s", ffi.type(text))
    end
    errors.guard(state.scope.cdef, text)
    local functions = {}
    for _, decl in ipairs(errors.guard(state.scope.parse, text)) do
        if decl.kind == "function" then
            functions[#functions + 1] = import_function(state, decl)
        elseif decl.kind == "variable" then
            import_variable(state, decl)
        elseif decl.kind == "constant" then
            state.constants[decl.name] = decl.value
        end
    end
    return table.unpack(functions)
end

-- M:bind(signature, fn [, options]): a function of that name made from a Lua function, for C to
-- call.
function methods:bind(text, fn, options)
    local state = states[self]
    local decl = signature.read(text, state.scope)
    if not decl.name then
        errors.raise("ArgumentError", "the signature '%s' has no name", tostring(text))
    end
    local f = Function(Closure(decl.type, fn, options), decl.type, { name = decl.name })
    state.functions[decl.name] = f
    return f
end

-- M:import_function(name, result, {parameters} [, call])
function methods:import_function(name, result, params, call)
    local state = loaded_state(self)
    local ct = types.function_type(result, params, state.scope)
    local options = { name = name, abi = check_call(call) }
    local f = Function(handle_of(state, name):sym(name), ct, options)
    state.functions[name] = f
    return f
end

-- M:bind_function(name, result, {parameters}, fn [, options])
function methods:bind_function(name, result, params, fn, options)
    local state = states[self]
    local ct = types.function_type(result, params, state.scope)
    local f = Function(Closure(ct, fn, options), ct, { name = name })
    state.functions[name] = f
    return f
end

-- The Function of that name, or nil.
function methods:func(name)
    return states[self].functions[name]
end

-- The Pointer to a symbol.
function methods:symbol(name)
    return handle_of(loaded_state(self), name):sym(name)
end

methods.import_symbol = methods.symbol

-- ---- types and values ---------------------------------------------------------------------------

-- M:typealias("DWORD", "unsigned long")
function methods:typealias(alias, original)
    local scope = states[self].scope
    local ct = types.resolve_value(original, scope)
    errors.guard(scope.cdef, "typedef $ $;", ct, alias, { override = true })
    return self
end

-- M:include(fiddle.Win32Types): all aliases of a list of { alias, original }.
function methods:include(aliases)
    if type(aliases) ~= "table" or getmetatable(aliases) then
        errors.raise("TypeError", "list of aliases expected, got %s", ffi.type(aliases))
    end
    for _, pair in ipairs(aliases) do
        if type(pair) ~= "table" then
            errors.raise("TypeError", "{ alias, type } expected, got %s", ffi.type(pair))
        end
        self:typealias(pair[1], pair[2])
    end
    return self
end

function methods:struct(definition)
    return structs.struct(definition, states[self].scope)
end

function methods:union(definition)
    return structs.union(definition, states[self].scope)
end

function methods:typeof(t)
    return types.resolve(t, states[self].scope)
end

function methods:sizeof(t)
    local size = errors.guard(ffi.sizeof, types.resolve_value(t, states[self].scope))
    if not size then
        errors.raise("DLError", "size of '%s' is unknown", tostring(t))
    end
    return size
end

-- A cell for one value of the type: see cell.lua.
function methods:value(t, value)
    return Cell.new(t, value, states[self].scope)
end

methods.create_value = methods.value

-- A cell over a variable of the libraries, or over an address.
function methods:global(t, where)
    if type(where) == "string" then
        where = self:symbol(where)
    end
    return Cell.at(t, where, states[self].scope)
end

methods.import_value = methods.global

-- ---- the table ----------------------------------------------------------------------------------

local function read_variable(namespace, name)
    return namespace[name]
end

local function write_variable(namespace, name, value)
    namespace[name] = value
end

function Importer:__index(key)
    local method = methods[key]
    if method then
        return method
    end
    local state = states[self]
    local namespace = state.variables[key]
    if namespace then
        return errors.guard(read_variable, namespace, key)
    elseif state.functions[key] then
        return state.functions[key]
    end
    return state.constants[key]
end

function Importer:__newindex(key, value)
    local state = states[self]
    if state.variables[key] then
        errors.guard(write_variable, state.variables[key], key, value)
    elseif state.functions[key] then
        errors.raise_named("ArgumentError", key, "attempt to write to function '%s'", key)
    else
        rawset(self, key, value)
    end
end

function Importer:__tostring()
    local handles = states[self].handles
    return "fiddle.Importer" .. (handles and " " .. paths_of(handles) or "")
end

function Importer.new(options)
    return construct(nil, options)
end

function Importer.is(value)
    return getmetatable(value) == Importer
end

Importer.CompositeHandler = CompositeHandler

-- As in Ruby: applied in this order, so PVOID and WORD come before what is made of them.
Importer.Win32Types = {
    { "WORD", "unsigned short" }, { "ATOM", "WORD" }, { "BOOL", "int" },
    { "BYTE", "unsigned char" }, { "DWORD", "unsigned long" }, { "DWORD32", "uint32_t" },
    { "DWORD64", "uint64_t" }, { "PVOID", "void *" }, { "HANDLE", "PVOID" }, { "HDC", "HANDLE" },
    { "HINSTANCE", "HANDLE" }, { "HWND", "HANDLE" }, { "LPCSTR", "const char *" },
    { "LPSTR", "char *" }, { "PBYTE", "BYTE *" }, { "PDWORD", "DWORD *" },
    { "PHANDLE", "HANDLE *" }, { "PWORD", "WORD *" }, { "UCHAR", "unsigned char" },
    { "UINT", "unsigned int" }, { "ULONG", "unsigned long" },
}
Importer.BasicTypes = {
    { "uint", "unsigned int" }, { "u_int", "unsigned int" },
    { "ulong", "unsigned long" }, { "u_long", "unsigned long" },
}

return setmetatable(Importer, { __call = construct })
