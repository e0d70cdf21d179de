-- Which of the files that headers reach are their own, and which names of these are listed.
local own = {}

-- Folders whose other files are none of a header's business: the system's and the compiler's ...
local system_folders = {
    "^/usr/include$", "^/usr/local/include$", "^/usr/include/[^/]+%-[^/]+%-[^/]+$",
    "^/usr/[^/]+%-linux%-[^/]+/include$", "/lib/gcc[^/]*/.*/include[^/]*$",
    "/lib/clang/.*/include$", "^/$", "^%.$",
}

-- ... and those below in which libc has headers as public as the ones beside them.
local libc_folders = { sys = true, net = true, netinet = true, arpa = true }

-- Folders of parts, which nobody includes by themselves: libc's, and the kernel's behind linux/.
local part_folders = { "/bits/", "/asm/", "/asm%-generic/" }

-- What is no library's part although its header has quotes around the name.
local standard = {}
for name in ([[assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp
    signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath
    threads time uchar wchar wctype features strings unistd]]):gmatch "%S+" do
    standard[name .. ".h"] = true
end

local function find_any(text, patterns)
    for _, pattern in ipairs(patterns) do
        if text:find(pattern) then
            return true
        end
    end
    return false
end

local function split(path)
    local folder, name = path:match "^(.*)/([^/]*)$"
    return folder or ".", name or path
end

local function is_root(folder)
    return find_any(folder, system_folders)
end

-- Whether a file is what `#include <header>` finds in a folder of the system.
function own.is_header(file, header)
    local above = #file - #header
    return file:sub(above) == "/" .. header and is_root(file:sub(1, above - 1))
end

-- Such a folder of the system, with or without libc's below it.
local function is_system(folder)
    local above, last = split(folder)
    return is_root(folder) or libc_folders[last] and is_root(above)
end

-- A test for files of the folders of those asked for and below, and of a folder beside them that
-- has the header's name (git2.h and git2/).
local function in_folders_of(asked)
    local folders = {}
    for path in pairs(asked) do
        local folder, name = split(path)
        if not is_system(folder) then
            folders[#folders + 1] = folder .. "/"
        end
        folders[#folders + 1] = folder .. "/" .. name:gsub("%.[^.]*$", "") .. "/"
    end
    return function(file)
        for _, folder in ipairs(folders) do
            if file:sub(1, #folder) == folder then
                return true
            end
        end
        return false
    end
end

-- Whether a file that an own one includes continues it: the one behind it of the same name (poll.h
-- and sys/poll.h, the compiler's limits.h and libc's), or a neighbour that it names in quotes
-- (zconf.h, luaconf.h).
local function continues(file, from, in_quotes)
    local folder, name = split(file)
    local from_folder, from_name = split(from)
    return is_system(from_folder)
        and (name == from_name or in_quotes and is_root(folder) and not standard[name])
end

-- A function that says whether a name of a file is the headers' own: all of own files, but for what
-- parts of libc and the kernel have for themselves. `asked`: a set of files; `includes`: { from =,
-- file =, in_quotes = } in the order in which files were entered.
function own.names(asked, includes)
    local in_folders, known, parts = in_folders_of(asked), {}, {}
    local function is_own(file)
        if known[file] == nil then
            known[file] = asked[file] or in_folders(file)
        end
        return known[file]
    end
    for _, include in ipairs(includes) do
        local file, from = include.file, include.from
        if is_own(from) and not is_own(file) then
            local is_part = find_any(file, part_folders) or parts[from] and file:find "/linux/"
            parts[file] = is_part
            known[file] = is_part or continues(file, from, include.in_quotes)
        end
    end
    return function(name, file)
        return is_own(file)
            and not (parts[file] and (name:find "^__" or name:find "^_.*_H_*$"))
    end
end

return own
