-- A header that the compiler does not find: what may have been meant, and where it would come from.
local nearest = require "cffi.include.nearest"
local packages = require "cffi.include.packages"
local process = require "cffi.include.process"
local system = require "cffi.include.system"

local missing = {}

local function split(header)
    local folder, name = header:match "^(.*)/([^/]*)$"
    return folder or "", name or header
end

-- The folders of the system in which a header named without a path may be, and those of -I.
local function search_folders(flags)
    local folders = {}
    for i, flag in ipairs(flags) do
        folders[#folders + 1] = flag:match "^%-I(.+)" or flags[i - 1] == "-I" and flag or nil
    end
    folders[#folders + 1] = "/usr/local/include"
    folders[#folders + 1] = "/usr/include"
    for _, name in ipairs(system.names_in "/usr/include") do
        if name:find "^[^-]+%-[^-]+%-[^-]+$" then
            folders[#folders + 1] = "/usr/include/" .. name
        end
    end
    return folders
end

-- The header that exists and is nearest to a name: in the same folder, or in a folder of a near
-- name.
local function similar(header, flags)
    local inside, name = split(header)
    local found
    local function look(folder, prefix)
        found = found or nearest.of(name, function(visit)
            for _, other in ipairs(system.names_in(folder)) do
                if other:find "%.h$" then
                    visit(other)
                end
            end
        end)
        return found and prefix .. found
    end
    if header:find "^%.?%.?/" then
        return look(inside, inside .. "/")
    end
    local prefix = inside == "" and "" or inside .. "/"
    for _, folder in ipairs(search_folders(flags)) do
        local near = look(folder .. "/" .. inside, prefix)
        if near then
            return near
        end
    end
end

-- The first line of a program's output that matches; nil without such a program.
local function ask(pattern, ...)
    if not system.find_program((...)) then
        return nil
    end
    local code, output = process.run { ... }
    for line in (code == 0 and output or ""):gmatch "[^\n]+" do
        local a, b = line:match(pattern)
        if a then
            return a, b
        end
    end
end

-- A Debian package that has the header: installed, then the compiler was not told where it is; or
-- known to apt-file.
local function package_of(header, has_way)
    local package, path = ask("^([^:,]+)[^ ]*: (/usr.*/include/.*)$", "dpkg", "-S", "*/" .. header)
    if package then
        return ("the package %s has it as %s%s"):format(package, path,
            has_way and "" or ": give the option 'pkg' or 'cflags'")
    end
    package = ask("^([^:]+): /usr.*/include/.*$", "apt-file", "search", "/" .. header)
    return package and ("the package %s has it"):format(package)
end

-- A header that is in a folder of its own below those that the compiler knows; its whole name.
local function in_folder(header, flags)
    for _, folder in ipairs(search_folders(flags)) do
        for _, name in ipairs(system.names_in(folder)) do
            local found = name ~= "." and name ~= ".."
                and system.state(("%s/%s/%s"):format(folder, name, header))
            if found and found.is_file then
                return name .. "/" .. header
            end
        end
    end
end

-- How a header that is somewhere else can be had.
local function elsewhere(header, flags)
    local package = packages.with_header(header)
    local whole = not package and in_folder(header, flags)
    return package and ("the option pkg = '%s' finds it; at the prompt: :include %s pkg=%s"):format(
        package, header, package) or whole and ("it is there as '%s'"):format(whole)
end

-- What to add to the compiler's messages, "" when they are about something else.
function missing.hint(messages, headers, flags)
    local name = messages:match "fatal error: ([^:\n]+): No such file"
        or messages:match "fatal error: '([^'\n]+)' file not found"
    if not name then
        return ""
    end
    local is_path = name:find "^%.?%.?/"
    local way = not is_path and elsewhere(name, flags)
    local package = not is_path and package_of(name, way)
    local near
    for _, header in ipairs(way and {} or headers) do
        near = near or header == name and similar(header, flags)
    end
    local lines = { "" }
    lines[2] = near and ("did you mean '%s'?"):format(near) or nil
    lines[#lines + 1] = package or nil
    lines[#lines + 1] = way or nil
    return table.concat(lines, "\n")
end

return missing
