-- The library behind headers that do not name one: the process itself, or the one library of the
-- system that exports the headers' functions. Files are read, none is loaded. What the linker lists
-- is read here, all of it, and in lua_ffi/base/system_linux.c, one name's versions.
local late = require "cffi.late"
local elf = late "cffi.include.elf"
local system = require "cffi.include.system"

local library = {}

local CACHE = "/etc/ld.so.cache"
local MAGIC = "glibc-ld.so.cache1.1"
local PROBES = 8 -- functions asked of every library before all are

-- ---- candidates --------------------------------------------------------------------------------

-- What the linker's cache has, in its order; nil when there is none. With `distance` only those of
-- whose names it returns something, which becomes theirs.
local function cached(text, distance)
    local start = text and text:find(MAGIC, 1, true)
    if not start then
        return nil
    end
    local found, seen = {}, {}
    local unpack, match, size = string.unpack, string.match, #text
    local count = unpack("=I4", text, start + #MAGIC)
    for at = start + 48, math.min(start + 24 + count * 24, size - 11), 24 do
        local _, key, value = unpack("=i4I4I4", text, at)
        local name = match(text, "^[^\0]*", start + key)
        local far = distance and name and distance(name)
        if name and not seen[name] and (far or not distance) then
            seen[name] = true
            local path = match(text, "^[^\0]*", start + value) or ""
            found[#found + 1] = { name = name, path = path, distance = far }
        end
    end
    return found
end

local function folders_in(paths)
    local list = {}
    for path in paths:gmatch "[^:\n]+" do
        list[#list + 1] = path:find "^/" and path or nil
    end
    return list
end

-- Where the linker looks before all else.
local function first_folders()
    return folders_in(os.getenv "LD_LIBRARY_PATH" or "")
end

-- Where a linker without a cache looks: musl's says so in a file.
local function folders()
    local list = first_folders()
    local function add(paths)
        for _, path in ipairs(folders_in(paths)) do
            list[#list + 1] = path
        end
    end
    local is_glibc, named = system.is_loaded "gnu_get_libc_version", nil
    for _, name in ipairs(is_glibc and {} or system.names_in "/etc") do
        named = named or name:find "^ld%-musl%-.*%.path$" and system.read_file("/etc/" .. name)
    end
    add(named or "/lib:/usr/local/lib:/usr/lib")
    for _, name in ipairs(is_glibc and system.names_in "/usr/lib" or {}) do
        add(name:find "^[^-]+%-linux%-gnu" and "/usr/lib/" .. name or "")
    end
    return list
end

-- The shared libraries in folders, those of the first folder first, by the names that programs
-- load: libz.so.1, where there is one, rather than libz.so.1.2.13.
function library.in_folders(list)
    local found, seen = {}, {}
    for _, folder in ipairs(list) do
        local names = system.names_in(folder)
        table.sort(names)
        local all = {}
        for _, name in ipairs(names) do
            all[name] = true
        end
        for _, name in ipairs(names) do
            local short = name:match "^(.*%.so%.%d+)%.[%d.]+$"
            if not all[short or ""] and name:find "^lib.*%.so%f[.\0]" and not seen[name] then
                seen[name] = true
                found[#found + 1] = { name = name, path = folder .. "/" .. name }
            end
        end
    end
    return found
end

-- Those of a list behind those of the first folders, which hide what has the same name.
local function behind_first(list)
    local found, seen = library.in_folders(first_folders()), {}
    for _, candidate in ipairs(found) do
        seen[candidate.name] = true
    end
    for _, candidate in ipairs(list) do
        found[#found + 1] = not seen[candidate.name] and candidate or nil
    end
    return found
end

-- The libraries of the system: { name =, path = } each. `path`: the linker's cache.
function library.known(path)
    local list = cached(system.read_file(path or CACHE))
    return list and behind_first(list) or library.in_folders(folders())
end

-- Whether a path is that of a library of the system, as library.known has it.
function library.is_known(path)
    local text = system.read_file(CACHE)
    local has_cache = text and text:find(MAGIC, 1, true)
    if has_cache and text:find("\0" .. path .. "\0", 1, true) then
        return true
    end
    for _, folder in ipairs(has_cache and first_folders() or folders()) do
        if path:match "^(.*)/[^/]*$" == folder then
            return true
        end
    end
    return false
end

-- Changes when the libraries of the system do.
function library.stamp()
    local stamp = system.stamp(CACHE)
    local stamps = { stamp }
    for _, folder in ipairs(stamp ~= "-" and first_folders() or folders()) do
        stamps[#stamps + 1] = folder .. " " .. system.stamp(folder)
    end
    return table.concat(stamps, " ")
end

-- "libpng16.so.16" -> "png16"; "-0" and the like at the end of a name are versions, too.
local function stem_of(name)
    local stop = name:find(".so", 1, true)
    return stop and name:sub(name:sub(1, 3) == "lib" and 4 or 1, stop - 1) or name
end

-- "openssl/ssl.h" -> {"ssl", "openssl"}, as they are compared
local function header_words(headers)
    local words = {}
    for _, header in ipairs(headers) do
        local name = header:gsub("%.h$", ""):lower()
        local dirs = {}
        for part in name:gmatch "[^/]+" do
            table.insert(dirs, 1, (part:gsub("[^%w]", "")))
        end
        table.move(dirs, 1, math.min(#dirs, 2), #words + 1, words)
    end
    return words
end

-- A function that says how far a library's name is from those of the headers; nil when it has
-- nothing of them. <zlib.h> is that of libz.
local function distance_to(headers)
    local words, parts = header_words(headers), {}
    for i, word in ipairs(words) do
        parts[i] = {}
        for from = 1, #word do
            for to = from + 2, #word do
                parts[i][word:sub(from, to)] = true
            end
        end
    end
    return function(name)
        local stem = stem_of(name):lower()
        stem = stem:find "%W" and stem:gsub("%W", "") or stem
        local best
        for i, word in ipairs(words) do
            if word == stem or word == stem .. "lib" or word == "lib" .. stem then
                best = math.min(best or i, i > 1 and 0.5 or 0)
            elseif #word > 1 and stem:find(word, 1, true) or parts[i][stem] then
                local d = math.abs(#stem - #word) + (i > 1 and 0.5 or 0)
                best = math.min(best or d, d)
            end
        end
        return best
    end
end

-- ---- counting ----------------------------------------------------------------------------------

local function probes_of(functions)
    local probes, step = {}, math.max(1, #functions // PROBES)
    for i = 1, #functions, step do
        probes[#probes + 1] = functions[i]
    end
    return probes
end

-- count(functions, enough) says how many of these an ELF file has, or `enough` when it has those;
-- close() ends it. nil when it has none of the probes.
local function exports_of(path, probes)
    local has, close, load = elf.open(path)
    local any = false
    for _, name in ipairs(has and probes or {}) do
        any = any or has(name)
    end
    if not any then
        return has and close() or nil
    end
    local function count(functions, enough)
        local found = 0
        load()
        for _, name in ipairs(functions) do
            found = found + (has(name) and 1 or 0)
            if found == enough then
                break
            end
        end
        return found
    end
    return { count = count, close = close }
end

-- Keeps of candidates that are one file the one with the longer name: "libz.so.1", not "libz.so".
local function consider(list, candidate)
    local real = candidate.real
    for _, other in ipairs(list) do
        if other.real == real then
            if #candidate.name > #other.name then
                other.name, other.path = candidate.name, candidate.path
            end
            other.development = other.development or not candidate.name:find "%.so%.?%d"
            return
        end
    end
    candidate.development = not candidate.name:find "%.so%."
    list[#list + 1] = candidate
end

local function better(a, b)
    if a.count ~= b.count then
        return a.count > b.count
    elseif a.distance ~= b.distance then
        return (a.distance or 1e9) < (b.distance or 1e9)
    end
    -- Two versions of one library: the one that its development package links to.
    return a.development and not b.development
end

-- How many of the functions each of the candidates' files has, by its real path: 0 without a probe.
-- One file alone, which need not be compared with others, is not counted beyond the half.
local function counts_of(candidates, functions, probes)
    local counts, exports, half = {}, {}, (#functions + 1) // 2
    for _, candidate in ipairs(candidates) do
        local real = system.real_path(candidate.path) or candidate.path
        candidate.real = real
        if not counts[real] then
            counts[real], exports[real] = 0, elf.fits(real) and exports_of(real, probes) or nil
        end
    end
    local first = next(exports)
    local alone = first and not next(exports, first)
    for real, file in pairs(exports) do
        counts[real] = file.count(functions, alone and half)
        file.close()
    end
    return counts
end

-- The candidates that have at least half of the functions, the best first.
local function best_of(candidates, functions, probes)
    local counts, good = counts_of(candidates, functions, probes), {}
    for _, candidate in ipairs(candidates) do
        candidate.count = counts[candidate.real]
        if candidate.count * 2 >= #functions and candidate.count > 0 then
            consider(good, candidate)
        end
    end
    table.sort(good, better)
    return good
end

-- ---- finding -----------------------------------------------------------------------------------

-- Whether what the process has loaded defines at least half of the functions.
function library.in_process(functions, is_loaded)
    local count = 0
    for _, name in ipairs(functions) do
        count = count + (is_loaded(name) and 1 or 0)
    end
    return count * 2 >= #functions
end

-- The libraries to choose from for `headers`: `near`, those whose names resemble the headers', and
-- far(), which gives the others. `candidates`: { name =, path = } each, or nil for those of the
-- system.
function library.choice(headers, candidates)
    local distance = distance_to(headers)
    local function pick(is_near)
        local list = {}
        for _, candidate in ipairs(candidates or library.known()) do
            candidate.distance = distance(candidate.name)
            list[#list + 1] = (candidate.distance ~= nil) == is_near and candidate or nil
        end
        return list
    end
    local plain = not candidates and not first_folders()[1]
    local near = plain and cached(system.read_file(CACHE), distance) or pick(true)
    return { near = near, far = function() return pick(false) end }
end

-- The path of the library of `functions` (names, as symbols) out of a choice; else nil and what was
-- considered, to stand after "'f' has no library: ".
function library.find(functions, choice)
    local probes = probes_of(functions)
    local good = best_of(choice.near, functions, probes)
    local others = not good[1] and choice.far()
    if others then
        good = best_of(others, functions, probes)
    end
    local first, second = good[1], good[2]
    if not first then
        return nil, ("none of the %d libraries of this system exports at least half of the "
            .. "headers' %d functions"):format(#choice.near + #others, #functions)
    elseif second and not better(first, second) then
        return nil, ("%s and %s export equally many of the headers' functions: choose one with "
            .. "the option 'lib'"):format(first.path, second.path)
    end
    return first.path
end

return library
