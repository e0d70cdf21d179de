-- An API in the manner of Ruby's Fiddle: handles, functions, closures, pointers, structs and
-- importers as objects, over the core's types and conversions. `require "cffi.fiddle"`; each name
-- is also found in `require "cffi"`. docs/fiddle.md has every Ruby name with its Lua one.
local ffi = require "cffi"
local errors = require "cffi.fiddle.errors"
local signature = require "cffi.fiddle.signature"
local structs = require "cffi.fiddle.struct"
local system = require "cffi.fiddle.system"
local types = require "cffi.fiddle.types"
local Cell = require "cffi.fiddle.cell"
local Closure = require "cffi.fiddle.closure"
local Function = require "cffi.fiddle.function"
local Handle = require "cffi.fiddle.handle"
local Importer = require "cffi.fiddle.importer"
local MemoryView = require "cffi.fiddle.view"
local Pinned = require "cffi.fiddle.pinned"
local Pointer = require "cffi.fiddle.pointer"

local fiddle = {
    Handle = Handle, Function = Function, Closure = Closure, BlockCaller = Closure.BlockCaller,
    Pointer = Pointer, Importer = Importer, MemoryView = MemoryView, Pinned = Pinned, Cell = Cell,
    CStructBuilder = structs.CStructBuilder, CStruct = structs.CStruct, CUnion = structs.CUnion,
    Win32Types = Importer.Win32Types, BasicTypes = Importer.BasicTypes,
    NULL = Pointer.NULL, FREE = Pointer.FREE, DEFAULT = Handle.DEFAULT, NEXT = Handle.NEXT,
    ABI = Function.ABI, Error = errors.Error,
    VERSION = ffi._VERSION:match "[%d.]+$", WINDOWS = ffi.os == "Windows",
    BUILD_PLATFORM = ffi.arch .. "-" .. ffi.os:lower(), os = ffi.os, arch = ffi.arch, abi = ffi.abi,

    struct = structs.struct, union = structs.union,
    assign = structs.assign, clear = structs.clear, addr = structs.addr,
    pin = Pinned.new, dlwrap = Pinned.dlwrap, dlunwrap = Pinned.dlunwrap,
    view = MemoryView.new, to_ptr = Pointer.to_ptr, read = Pointer.read, write = Pointer.write,
    sym = Handle.sym, has = Handle.has, out = Cell.new, release = Function.release,
    parse_signature = signature.parse_signature,
    parse_struct_signature = signature.parse_struct_signature,
    parse_ctype = signature.parse_ctype,

    types = types.constants, -- fiddle.types.INT == fiddle.TYPE_INT
}

for name, code in pairs(types.constants) do
    fiddle["TYPE_" .. name] = code
end
for name, text in pairs(types.measured) do
    fiddle["SIZEOF_" .. name] = ffi.sizeof(text)
    fiddle["ALIGN_" .. name] = ffi.alignof(text)
end
for name, flag in pairs(system.rtld) do
    fiddle["RTLD_" .. name] = flag
end

-- fiddle.dlopen([library [, flags]]): a Handle.
function fiddle.dlopen(library, flags)
    return Handle(library, flags)
end

-- fiddle.importer(library, ...): an Importer that has loaded these.
function fiddle.importer(...)
    return Importer():dlload(...)
end

-- Zero-filled memory without a free function: a Pointer that knows its size.
function fiddle.malloc(size)
    return Pointer.allocate(size)
end

-- fiddle.realloc(pointer, size): a Pointer to the block's new place; the old one is dead.
function fiddle.realloc(pointer, size)
    return Pointer.reallocate(pointer, size)
end

-- Frees a block of fiddle.malloc, of C's malloc, or of S:malloc().
function fiddle.free(pointer)
    if ffi.type(pointer) == "cdata" and structs.free(pointer) then
        return
    end
    Pointer.release(pointer)
end

-- errno as the last call left it; fiddle.last_error(n) sets it.
function fiddle.last_error(n)
    return errors.guard(ffi.errno, n)
end

-- Bytes of a type (all of Fiddle's ways to name one), an object, or a Pointer that knows.
function fiddle.sizeof(value)
    if Pointer.is(value) then
        return value.size
    end
    if ffi.type(value) ~= "cdata" then
        value = types.resolve_value(value)
    end
    return errors.guard(ffi.sizeof, value)
end

function fiddle.alignof(value)
    return errors.guard(ffi.alignof, types.resolve_value(value))
end

function fiddle.typeof(value)
    if getmetatable(value) == MemoryView then
        return value.type
    end
    return types.resolve_value(value)
end

function fiddle.totable(value, count)
    return errors.guard(ffi.totable, value, count)
end

return fiddle
