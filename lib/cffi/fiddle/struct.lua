-- Structs and unions: ctypes of the core, made from C text or from an ordered list, with Fiddle's
-- class methods (S.size, S:members(), S:offsetof "a.b", S:malloc(), S:at(pointer)) on the ctype.
-- Objects have no methods at all, so no member name is taken; what Fiddle does to objects are
-- functions here.
local ffi = require "cffi"
local errors = require "cffi.fiddle.errors"
local types = require "cffi.fiddle.types"
local Pointer = require "cffi.fiddle.pointer"

local struct = {}

-- ---- definitions --------------------------------------------------------------------------------

local define

-- Appends one entry of a list: C text of members, or { name = type } where the type is anything
-- that names one or a list of members.
local function append_entry(entry, words, args, scope)
    if type(entry) == "string" then
        words[#words + 1] = entry .. ";"
        return
    end
    local name, t = next(entry)
    if type(name) ~= "string" or next(entry, name) ~= nil then
        errors.raise("TypeError", "member must be C text or a table with one name, as { pos = S }")
    end
    if type(t) == "table" and not getmetatable(t) and ffi.type(t.ctype) ~= "ctype" then
        t = define("struct", t, scope)
    end
    words[#words + 1] = "$ " .. name .. ";"
    args[#args + 1] = types.resolve_value(t, scope)
end

local function body_of(definition, args, scope)
    if type(definition) == "string" then
        return definition
    end
    local words = {}
    for _, entry in ipairs(definition) do
        if type(entry) ~= "string" and (type(entry) ~= "table" or getmetatable(entry)) then
            errors.raise("TypeError", "member must be C text or a table, got %s", ffi.type(entry))
        end
        append_entry(entry, words, args, scope)
    end
    return table.concat(words, " ")
end

-- C text with or without its last semicolon; "" for no members.
local function closed(text)
    return text:find "[^%s]" and not text:find ";%s*$" and text .. ";" or text
end

-- The ctype of a definition, without the class methods.
function define(kind, definition, scope)
    scope = types.scope(scope)
    local is_list = type(definition) == "table" and not getmetatable(definition)
    if type(definition) ~= "string" and not is_list then
        errors.raise("TypeError", "members of a %s expected, got %s", kind, ffi.type(definition))
    end
    local args = {}
    local body = closed(body_of(definition, args, scope))
    local ct = body ~= ""
        and errors.guard(scope.typeof, kind .. " { " .. body .. " }", table.unpack(args))
    if not ct or #ffi.reflect(ct).members == 0 then
        errors.raise("TypeError", "a %s needs members", kind)
    end
    return ct
end

struct.define = define

-- ---- members ------------------------------------------------------------------------------------

-- The core's error for a member that is not there, which knows the near misses.
local function no_member(ct, name)
    local err
    if ffi.reflect(ct).members then
        err = select(2, pcall(ffi.new, ct, { [name] = 0 }))
    end
    if type(err) ~= "string" then
        err = ("'%s' has no member '%s'"):format(types.text(ct), name)
    end
    errors.rethrow(err, name)
end

-- The type of a member by name, also one of an anonymous member.
local function member_type(ct, name)
    for _, member in ipairs(ffi.reflect(ct).members) do
        if member.name == name then
            return member.type
        elseif not member.name and not member.width then
            local found = member_type(member.type, name)
            if found then
                return found
            end
        end
    end
end

local class = {}

-- S:offsetof "a.b": offset of a member of a member.
function class:offsetof(path)
    if type(path) ~= "string" then
        errors.raise("TypeError", "name of a member expected, got %s", ffi.type(path))
    end
    local total, ct = 0, self
    for name in (path .. "."):gmatch "([^.]*)%." do
        local info = ffi.reflect(ct)
        local found, offset = pcall(ffi.offsetof, ct, name) -- raises for no other reason
        if not (info.members and found) then
            no_member(ct, name)
        end
        total, ct = total + offset, member_type(ct, name)
    end
    return total
end

-- List of { name, type, offset, size [, bit, width] } in order; the name is missing where C has
-- none.
function class:members()
    local list = ffi.reflect(self).members
    for _, member in ipairs(list) do
        member.size = not member.width and ffi.sizeof(member.type) or nil
    end
    return list
end

-- List of the members' types.
function class:types()
    local list = {}
    for i, member in ipairs(ffi.reflect(self).members) do
        list[i] = member.type
    end
    return list
end

-- ---- objects ------------------------------------------------------------------------------------

-- An object in the memory at `pointer`, which it keeps alive.
function class:at(pointer, free)
    local p = Pointer(pointer, nil, free)
    if p:is_null() then
        errors.raise("DLError", "null pointer")
    elseif p.size and p.size < ffi.sizeof(self) then
        errors.raise("IndexError", "'%s' of %d bytes is out of bounds for a pointer to %d bytes",
            types.text(self), ffi.sizeof(self), p.size)
    end
    return ffi.cast(ffi.typeof("$ *", self), p)[0] -- the view keeps p, and p the memory
end

-- The Pointers of the objects that class.malloc made.
local blocks = setmetatable({}, { __mode = "k" })

local function close_after(p, ok, ...)
    p:free()
    if not ok then
        error((...), 0)
    end
    return ...
end

-- An object in zero-filled memory of C, freed with the object unless `free` is false. With a
-- function: fn(object), then freed; the function's results.
function class:malloc(free, fn)
    if fn and free == false then
        errors.raise("ArgumentError",
            "a free function must be supplied to malloc when it is called with a function")
    end
    local p = Pointer.malloc(ffi.sizeof(self), free)
    local object = ffi.cast(ffi.typeof("$ *", self), p)[0]
    blocks[object] = p
    if fn then
        return close_after(p, pcall(fn, object))
    end
    return object
end

function class:new(...)
    return ffi.new(self, ...)
end

local properties = {
    size = ffi.sizeof, align = ffi.alignof, alignment = ffi.alignof,
}

local metatype = {}

function metatype.__index(value, key)
    if ffi.type(value) == "ctype" then
        local property = properties[key]
        if property then
            return property(value)
        elseif class[key] then
            return class[key]
        end
        errors.raise_named("ArgumentError", tostring(key), "'%s' has no class method '%s'",
            types.text(value), tostring(key))
    end
    no_member(ffi.typeof(value), key)
end

function metatype.__newindex(value, key)
    no_member(ffi.typeof(value), key)
end

-- S(pointer) is a view, S(...) a new object with these initial values.
function metatype.__new(ct, ...)
    local first = ...
    if select("#", ...) == 1 and Pointer.is(first) then
        return class.at(ct, first)
    end
    return errors.guard(ffi.new, ct, ...)
end

-- Frees the memory of an object that S:malloc made, once; false for any other.
function struct.free(object)
    local p = blocks[object]
    if not p then
        return false
    elseif p.finalizer and not p:is_freed() then
        p:free()
    else
        Pointer.release(p) -- raises when it was freed
    end
    return true
end

function metatype.__close(object)
    local p = blocks[object]
    if p then
        p:free()
    end
end

local function make(kind, definition, scope)
    local ct = define(kind, definition, scope)
    return ffi.metatype(ct, metatype)
end

-- fiddle.struct "int x; int y", fiddle.struct { "int x", { pos = S }, { ["v[2]"] = S } }
function struct.struct(definition, scope)
    return make("struct", definition, scope)
end

function struct.union(definition, scope)
    return make("union", definition, scope)
end

-- ---- what Fiddle does to objects ----------------------------------------------------------------

local function record_of(value)
    local kind = ffi.type(value) == "cdata" and ffi.reflect(value).kind
    if kind ~= "struct" and kind ~= "union" then
        errors.raise("TypeError", "struct or union expected, got %s", ffi.type(value))
    end
    return value
end

-- The Pointer to any object.
function struct.addr(value)
    return Pointer.to_ptr(value)
end

-- Zero-fills an object.
function struct.clear(object)
    ffi.fill(record_of(object), ffi.sizeof(object))
    return object
end

local function get_member(object, key)
    return object[key]
end

local function set_member(object, key, value)
    object[key] = value
end

-- Whether `value` is to be assigned to the struct `current` member by member.
local function is_partial(current, value)
    if ffi.type(current) ~= "cdata" or not ffi.reflect(current).members then
        return false
    end
    return type(value) == "table"
        or ffi.type(value) == "cdata" and not ffi.istype(ffi.typeof(current), value)
end

-- Replaces the members that `source` names and leaves the rest; of a struct, all members that the
-- two have in common; nil clears.
function struct.assign(object, source)
    record_of(object)
    if source == nil then
        return struct.clear(object)
    elseif ffi.type(source) == "cdata" and ffi.istype(ffi.typeof(object), source) then
        ffi.copy(object, source, ffi.sizeof(object))
        return object
    end
    if ffi.type(source) == "cdata" then
        source = ffi.totable(record_of(source))
    elseif type(source) ~= "table" then
        errors.raise("TypeError", "table, struct or nil expected, got %s", ffi.type(source))
    end
    for key, value in pairs(source) do
        local current = errors.guard(get_member, object, key)
        if is_partial(current, value) then
            struct.assign(current, value)
        else
            errors.guard(set_member, object, key, value)
        end
    end
    return object
end

-- ---- Fiddle's builder ---------------------------------------------------------------------------

struct.CStruct = "struct"
struct.CUnion = "union"
struct.CStructBuilder = {}

-- create(CStruct or CUnion, types, names): a type is anything that names one, or { type, count }.
function struct.CStructBuilder.create(kind, member_types, names)
    if kind ~= "struct" and kind ~= "union" then
        errors.raise("ArgumentError", "CStruct or CUnion expected, got %s", tostring(kind))
    elseif #member_types ~= #names then
        errors.raise("ArgumentError", "%d types for %d names", #member_types, #names)
    end
    local definition = {}
    for i, t in ipairs(member_types) do
        local name = names[i]
        if type(t) == "table" and not getmetatable(t) and t[2] then
            name, t = ("%s[%d]"):format(name, t[2]), t[1]
        end
        definition[i] = { [name] = t }
    end
    return make(kind, definition)
end

return struct
