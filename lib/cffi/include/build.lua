-- C text made a shared object by the compiler, once: it stays in the cache's folder, which nobody
-- else can write to, and is used again while text, flags, compiler and files read are the same and
-- the object is as it was built.
local cache = require "cffi.include.cache"
local compiler = require "cffi.include.compiler"
local fields = require "cffi.include.fields"
local system = require "cffi.include.system"

local build = {}

-- Builds into a file of that name; raises what the compiler says.
local function compile(request, path)
    local words = { "-O2" }
    for _, list in ipairs { request.flags, request.source.words,
        { "-shared", "-fPIC", "-o", path, "-x", "c", "-", "-x", "none" }, request.link } do
        table.move(list, 1, #list, #words + 1, words)
    end
    local doing = request.source.doing
    local code, _, messages = compiler.run(request.how, words, request.source.lines, doing)
    if code ~= 0 then
        os.remove(path)
        local failed = request.failed or compiler.failed
        failed(request.how, doing, code, messages)
    end
    io.stderr:write(messages)
end

-- A library of an object that is not kept: nobody finds the file any more once it is loaded.
-- `request` as for build.library, but `files` is not needed; `failed`, if it is there, raises what
-- the compiler says, in place of compiler.failed and with its arguments.
function build.unkept(ffi, request)
    local path, why = system.new_file "/tmp/cffi-object"
    if not path then
        error(("%s: %s"):format(request.source.doing, why), 0)
    end
    compile(request, path)
    local ok, lib = pcall(ffi.load, path, { flags = "lazy" })
    os.remove(path)
    if not ok then
        error(lib, 0)
    end
    return lib
end

local function key_of(request)
    local how = request.how
    local real = how.program and system.real_path(how.program) or ""
    return table.concat({ "object", table.concat(how.words, "\n"), real,
        system.stamp(real), table.concat(request.flags, "\n"), table.concat(request.link, "\n"),
        table.concat(request.source.words, "\n"), request.source.lines, request.files }, "\n\n")
end

-- request: { how =, flags =, link = words for the linker, source = see compiler.source, files =
-- stamps of what it reads }. Returns the library.
function build.library(ffi, request)
    local key = key_of(request)
    local name = fields.hash(key)
    local path = cache.path(name .. ".so")
    if not path then
        return build.unkept(ffi, request)
    end
    local known = cache.read(name .. ".object", key)
    local object = known and system.read_file(path)
    if not object or fields.hash(object) ~= known.sum then
        local fresh, why = system.new_file(path)
        if not fresh then
            error(("%s: %s"):format(request.source.doing, why), 0)
        end
        compile(request, fresh)
        object = system.read_file(fresh)
        assert(os.rename(fresh, path))
        cache.write(name .. ".object", key, { sum = fields.hash(object) })
    end
    return ffi.load(path, { flags = "lazy" })
end

return build
