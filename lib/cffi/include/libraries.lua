-- The libraries of an include: those that its options name, those of its packages, or what is found
-- by the functions that the headers declare. Raises strings without a position.
local late = require "cffi.late"
local library = require "cffi.include.library"
local packages = late "cffi.include.packages"
local system = require "cffi.include.system"
local units = require "cffi.include.unit"

local libraries = {}

local function lines(list)
    return table.concat(list, "\n")
end

local function is_namespace(value)
    return type(value) == "table" and getmetatable(value) == "ffi"
end

-- The library, or an error without a position: the caller's is the user's.
local function load_library(ffi, name)
    local ok, result = pcall(ffi.load, name)
    return ok and result or error((result:gsub("^[^\n:]+:%d+: ", "", 1)), 0)
end

-- Libraries as the option `lib` names them.
function libraries.named(ffi, lib)
    if type(lib) ~= "table" or is_namespace(lib) then
        lib = { lib }
    end
    local list = {}
    for _, item in ipairs(lib) do
        list[#list + 1] = is_namespace(item) and item or load_library(ffi, item)
    end
    return list
end

-- Those of pkg-config's libraries that can be loaded; when none can, the first one's error.
function libraries.of_package(ffi, words)
    local list, why = {}, nil
    for _, name in ipairs(packages.libraries(words)) do
        local ok, lib = pcall(load_library, ffi, name)
        if ok then
            list[#list + 1] = lib
        else
            why = why or lib
        end
    end
    if not list[1] and why then
        error(why, 0)
    end
    return list
end

-- The group of the header that a file is.
local function group_of(groups, file)
    for _, group in ipairs(groups) do
        local header = group.headers[1]:gsub("^%./", "")
        if file == header or file:sub(-#header - 1) == "/" .. header then
            return group
        end
    end
end

-- The functions of each of several headers, for they may be of several libraries: { headers =,
-- functions = } each.
local function groups_of(headers, unit)
    local functions = units.functions(unit)
    local groups, is_asked = {}, {}
    if #headers == 1 then
        return { { headers = headers, functions = functions } }
    end
    for i, header in ipairs(headers) do
        groups[i] = { headers = { header }, functions = {} }
    end
    for _, name in ipairs(functions) do
        is_asked[name] = true
    end
    for name, _, file in units.names(unit) do
        local group = is_asked[name] and group_of(groups, file)
        if group then
            table.insert(group.functions, name)
        end
    end
    local list = {}
    for _, group in ipairs(groups) do
        list[#list + 1] = group.functions[1] and group or nil
    end
    return #list > 1 and list or { { headers = headers, functions = functions } }
end

-- Whether what a unit remembers of libraries can be so.
local function are_known(unit)
    for _, path in ipairs(units.lines(unit.library or "")) do
        if not library.is_known(path) then
            return false
        end
    end
    return unit.library ~= nil and unit.library_why ~= nil
end

-- Looks for the libraries that have the functions, unless the unit remembers them. Returns whether
-- one is the process itself, the paths of the others, and whether the unit is another now.
-- `choice`: from library.choice for all headers, or nil.
function libraries.search(headers, unit, choice)
    local in_process, others, key = false, {}, { library.stamp() }
    for _, group in ipairs(groups_of(headers, unit)) do
        if #group.functions == 0 or library.in_process(group.functions, system.is_loaded) then
            in_process = true
        else
            others[#others + 1] = group
            key[#key + 1] = #group.headers == 1 and #headers > 1 and group.headers[1] or nil
        end
    end
    key = lines(key)
    if not others[1] or unit.library_stamp == key and are_known(unit) then
        return in_process, others[1] and unit.library or "", false
    end
    local paths, reason = {}, nil
    for _, group in ipairs(others) do
        local own = #group.headers == #headers and choice or library.choice(group.headers)
        local path, why = library.find(group.functions, own)
        paths[#paths + 1], reason = path, reason or why
    end
    unit.library, unit.library_why, unit.library_stamp = lines(paths), reason or "", key
    return in_process, unit.library, true
end

-- The libraries that a search has found, or none and why.
function libraries.found(ffi, unit, in_process, paths)
    local list = {}
    for _, path in ipairs(units.lines(paths)) do
        list[#list + 1] = load_library(ffi, path)
    end
    list[#list + 1] = in_process and ffi.C or nil
    return list, not list[1] and unit.library_why or nil
end

return libraries
