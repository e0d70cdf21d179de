-- One ffi.include: flags of all sources, the cache or the compiler, the library. Raises strings
-- without a position.
local late = require "cffi.late"
local cache = require "cffi.include.cache"
local compiler = require "cffi.include.compiler"
local fields = require "cffi.include.fields"
local libraries = late "cffi.include.libraries"
local options = require "cffi.include.options"
local packages = late "cffi.include.packages"
local snapshot = late "cffi.include.snapshot"
local system = require "cffi.include.system"
local units = late "cffi.include.unit"

local session = {}

local ATTEMPTS = 3 -- to read headers that change meanwhile

local function lines(list)
    return table.concat(list, "\n")
end

-- Whether what is asked for depends on the working directory.
local function is_relative(headers, flags)
    for _, header in ipairs(headers) do
        if header:find "^%.%.?/" then
            return true
        end
    end
    for _, flag in ipairs(flags) do
        if not flag:find "^%-[DUfmWOgs]" and not flag:find "^%-I/" then
            return true
        end
    end
    return false
end

-- ---- packages ----------------------------------------------------------------------------------

-- What pkg-config says, from the cache while its folders are as they were.
local function of_packages(names)
    if #names == 0 then
        return { flags = {}, libraries = {} }
    end
    local key = lines { "packages", os.getenv "PKG_CONFIG" or "", os.getenv "PKG_CONFIG_PATH" or "",
        os.getenv "PKG_CONFIG_LIBDIR" or "", os.getenv "PKG_CONFIG_SYSROOT_DIR" or "",
        lines(names) }
    local name = fields.hash(key) .. ".pkg"
    local known = cache.read(name, key)
    if known and known.folders and known.flags and known.libraries
        and not (known.flags .. known.libraries):find "\0" and units.unchanged(known.folders) then
        return { flags = units.lines(known.flags), libraries = units.lines(known.libraries) }
    end
    local found = packages.ask(names)
    local watched = {}
    for _, folder in ipairs(found.folders) do
        watched[#watched + 1] = folder
        for _, package in ipairs(names) do
            watched[#watched + 1] = ("%s/%s.pc"):format(folder, package)
        end
    end
    cache.write(name, key, { flags = lines(found.flags), libraries = lines(found.libraries),
        folders = units.stamps(watched) })
    return found
end

-- ---- reading -----------------------------------------------------------------------------------

-- Reads a source with the compiler until no file of it has changed meanwhile. Returns the unit,
-- what the compiler had to say, and whether the unit may be kept: not with a file from the future.
-- early.headers() is called while the compiler reads the headers, early.macros(unit) while it is
-- busy with the macros.
local function read(ffi, how, flags, source, early)
    local last, messages, why
    for attempt = 1, ATTEMPTS do
        local start = system.now()
        local scope, unit, complete = ffi.scope {}, nil, nil
        local output = compiler.read(how, flags, source, early.headers, function(output)
            local ok, made, completion = pcall(units.begin, scope, output)
            if not ok then
                error(("%s: %s"):format(source.doing, made), 0)
            end
            unit, complete = made, completion
            early.macros(unit)
        end, attempt == 1)
        complete()
        local settled = units.newest(unit) < start
        if output.complete and (settled or unit.files == last) then
            return unit, output.messages, settled
        end
        last, messages = unit.files, output.second_messages
        why = output.complete and "the headers change while they are read"
            or "the compiler stops before it has expanded their macros"
    end
    error(("%s: %s%s"):format(source.doing, why,
        messages == "" and "" or ":\n" .. messages:gsub("\n+$", "")), 0)
end

-- What names a source and flags in the cache, and all that the compiler's answer depends on but for
-- the files.
local function keys_of(source, flags, words, program)
    local place = is_relative(source.headers, flags) and system.real_path "." or ""
    local key = lines { "headers", place, os.getenv "CPATH" or "", os.getenv "C_INCLUDE_PATH" or "",
        lines(flags), "", source.key }
    local real = program and system.real_path(program)
    local full = lines { key, "", lines(words), real or "", real and system.stamp(real) or "" }
    return key, full
end

-- The unit from the cache, if nothing it depends on has changed.
local function remembered(name, key)
    local unit = cache.read(name, key)
    return unit and units.is_whole(unit) and units.unchanged(unit.files) and unit or nil
end

-- Without a compiler: what one said last of these headers or, with no flags but our own (`plain`),
-- what the one that built the module said.
local function without_compiler(key, pointer, source, plain)
    local last = cache.read(pointer, key)
    local unit = last and last.name and last.key and remembered(last.name, last.key)
        or plain and not source.asked and snapshot.covers(source.headers)
    if not unit then
        error(("%s: there is no C compiler (cc, gcc or clang): install one, or name one in "
            .. "$CFFI_CC"):format(source.doing), 0)
    end
    return unit
end

-- The unit of a source, a function that stores it, and whether that is due. `anew`: not the one
-- that the cache has, if there is a compiler.
local function unit_of(ffi, how, flags, source, early, anew)
    local key, full = keys_of(source, flags, how.words, how.program)
    local pointer = fields.hash(key) .. ".last"
    local name = fields.hash(full) .. ".headers"
    if not how.program and not how.source then
        local plain = #flags == 1 and flags[1] == "-D_GNU_SOURCE"
        return without_compiler(key, pointer, source, plain), function() end
    end
    local function store(unit)
        cache.write(name, full, unit)
        cache.write(pointer, key, { name = name, key = full })
    end
    local unit = not anew and remembered(name, full)
    if unit then
        return unit, store
    end
    local messages, keep
    unit, messages, keep = read(ffi, how, flags, source, early)
    io.stderr:write(messages)
    return unit, keep and store or function() end, true
end

-- Reads a source for a scope, in which it is declared. Returns what follows from the options: {
-- unit =, how =, flags =, package =, search = of `early` }, a function that stores the unit, and
-- whether that is due.
local function prepare(ffi, source, given, early) -- early: see early_work
    local words, program, named_by = compiler.choose(given.cc)
    local known, package = pcall(of_packages, options.list(given.pkg))
    if not known then
        error(("%s: %s"):format(source.doing, package), 0)
    end
    local flags = compiler.flags(given)
    table.move(package.flags, 1, #package.flags, #flags + 1, flags)
    local how = { words = words, program = program, source = named_by }
    early = early(package)
    local unit, store, due = unit_of(ffi, how, flags, source, early)
    local ok, refused = pcall(units.declare, ffi, unit.text)
    if not ok and not due and not pcall(units.declare, ffi.scope {}, unit.text) then
        -- Refused whatever was declared before: no compiler said that.
        unit, store, due = unit_of(ffi, how, flags, source, early, true)
        ok, refused = pcall(units.declare, ffi, unit.text)
    end
    if not ok then
        error(("%s: %s"):format(source.doing, refused), 0)
    end
    return { unit = unit, how = how, flags = flags, package = package, search = early.search },
        store, due
end

-- What is done while the compiler is busy: what will be needed is loaded, the library looked for
-- if that is to be done. search(unit) returns what libraries.search does.
local function early_work(headers, given)
    return function(package)
        local searches = given.lib == nil and not package.libraries[1]
        local choice
        local searched = {} -- what was found, by unit
        local function search(unit)
            searched[unit] = searched[unit]
                or table.pack(libraries.search(headers, unit, choice))
            return table.unpack(searched[unit], 1, 3)
        end
        return {
            search = search,
            headers = function()
                require "cffi.include.reader"
                require "cffi.include.unit"
                if searches then
                    require "cffi.include.elf"
                    require "cffi.include.libraries"
                    choice = require("cffi.include.library").choice(headers)
                end
                require "cffi.include.namespace"
            end,
            macros = function(unit)
                if searches then
                    search(unit)
                end
            end,
        }
    end
end

-- Includes headers (a list) in a scope. Returns the unit, the libraries, why there are none, and
-- how the compiler was called: { how =, flags = }.
function session.include(ffi, headers, given)
    local early = early_work(headers, given)
    local known, store, due = prepare(ffi, compiler.source(headers), given, early)
    local list, why, searched
    if given.lib == false then
        list, why = {}, "the option 'lib' is false"
    elseif given.lib then
        list = libraries.named(ffi, given.lib)
    elseif known.package.libraries[1] then
        list = libraries.of_package(ffi, known.package.libraries)
    else
        local in_process, paths
        in_process, paths, searched = known.search(known.unit)
        list, why = libraries.found(ffi, known.unit, in_process, paths)
    end
    if due or searched then
        store(known.unit)
    end
    return known.unit, list, why, known
end

-- Reads a source that is built; the caller sees to the library. Returns { unit =, how =, flags =,
-- package = what pkg-config says }.
function session.compile(ffi, source, given)
    local known, store, due = prepare(ffi, source, given, early_work({}, { lib = false }))
    if due then
        store(known.unit)
    end
    return known
end

return session
