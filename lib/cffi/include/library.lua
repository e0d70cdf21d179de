-- The library behind headers that do not name one: the process itself, or the one library of the
-- system that exports the headers' functions. Files are read, none is loaded.
local late = require "cffi.late"
local elf = late "cffi.include.elf"
local system = require "cffi.include.system"

local library = {}

local CACHE = "/etc/ld.so.cache"
local MAGIC = "glibc-ld.so.cache1.1"
local PROBES = 8 -- functions asked of every library before all are

-- ---- candidates --------------------------------------------------------------------------------

-- What the linker's cache has, in its order; nil when there is none.
local function cached(text)
    local start = text and text:find(MAGIC, 1, true)
    if not start then
        return nil
    end
    local found, seen = {}, {}
    local count = string.unpack("=I4", text, start + #MAGIC)
    for i = 0, count - 1 do
        local ok, _, key, value = pcall(string.unpack, "=i4I4I4", text, start + 48 + i * 24)
        if not ok then
            break
        end
        local name = text:match("^[^\0]*", start + key)
        if not seen[name] then
            local path = text:match("^[^\0]*", start + value)
            seen[name] = true
            found[#found + 1] = { name = name, path = path }
        end
    end
    return found
end

-- Where a linker without a cache looks: musl's says so in a file.
local function folders()
    local list = {}
    local function add(paths)
        for path in paths:gmatch "[^:\n]+" do
            list[#list + 1] = path:find "^/" and path or nil
        end
    end
    add(os.getenv "LD_LIBRARY_PATH" or "")
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

-- The libraries of the system: { name =, path = } each. `path`: the linker's cache.
function library.known(path)
    return cached(system.read_file(path or CACHE)) or library.in_folders(folders())
end

-- Changes when the libraries of the system do.
function library.stamp()
    local stamp = system.stamp(CACHE)
    if stamp ~= "-" then
        return stamp
    end
    local stamps = {}
    for i, folder in ipairs(folders()) do
        stamps[i] = system.stamp(folder)
    end
    return table.concat(stamps, " ")
end

-- "libpng16.so.16" -> "png16"; "-0" and the like at the end of a name are versions, too.
local function stem_of(name)
    return name:match "^lib(.-)%.so" or name:match "^(.-)%.so" or name
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

-- How far a library's name is from those of the headers; nil when it has nothing of them. <zlib.h>
-- is that of libz.
local function distance(name, words)
    local stem = stem_of(name):lower():gsub("[^%w]", "")
    local best
    for i, word in ipairs(words) do
        if word == stem or word == stem .. "lib" or word == "lib" .. stem then
            best = math.min(best or i, i > 1 and 0.5 or 0)
        elseif #word > 1 and stem:find(word, 1, true)
            or #stem > 2 and word:find(stem, 1, true) then
            local d = math.abs(#stem - #word) + (i > 1 and 0.5 or 0)
            best = math.min(best or d, d)
        end
    end
    return best
end

-- ---- counting ----------------------------------------------------------------------------------

local function probes_of(functions)
    local probes, step = {}, math.max(1, #functions // PROBES)
    for i = 1, #functions, step do
        probes[#probes + 1] = functions[i]
    end
    return probes
end

local function count_in(path, functions, probes)
    local has, close = elf.open(path)
    if not has then
        return 0
    end
    local count, any = 0, false
    for _, name in ipairs(probes) do
        any = any or has(name)
    end
    if any then
        for _, name in ipairs(functions) do
            count = count + (has(name) and 1 or 0)
        end
    end
    close()
    return count
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

-- The best of the candidates that have at least half of the functions; all of those.
local function best_of(candidates, functions, probes)
    local good, counts = {}, {}
    for _, candidate in ipairs(candidates) do
        local real = system.real_path(candidate.path) or candidate.path
        counts[real] = counts[real] or elf.fits(real) and count_in(real, functions, probes) or 0
        candidate.real, candidate.count = real, counts[real]
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

-- The path of the library of `functions` (names, as symbols), declared by `headers`; else nil and
-- what was considered, to stand after "'f' has no library: ".
-- `candidates`: libraries { name =, path = } to choose from, those of the system unless given.
function library.find(headers, functions, candidates)
    local words, near, far = header_words(headers), {}, {}
    for _, candidate in ipairs(candidates or library.known()) do
        candidate.distance = distance(candidate.name, words)
        table.insert(candidate.distance and near or far, candidate)
    end
    local probes = probes_of(functions)
    local good = best_of(near, functions, probes)
    if not good[1] then
        good = best_of(far, functions, probes)
    end
    local first, second = good[1], good[2]
    if not first then
        return nil, ("none of the %d libraries of this system exports at least half of the "
            .. "headers' %d functions"):format(#near + #far, #functions)
    elseif second and not better(first, second) then
        return nil, ("%s and %s export equally many of the headers' functions: choose one with "
            .. "the option 'lib'"):format(first.path, second.path)
    end
    return first.path
end

return library
