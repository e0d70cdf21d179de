-- What pkg-config knows of packages: flags for the compiler, libraries.
local process = require "cffi.include.process"
local system = require "cffi.include.system"

local packages = {}

-- Its output in words; blanks within one are escaped.
local function words_of(text)
    local words, word, at = {}, nil, 1
    while at <= #text do
        local c = text:sub(at, at)
        if c == "\\" then
            at = at + 1
            word = (word or "") .. text:sub(at, at)
        elseif c:find "%s" then
            words[#words + 1], word = word, nil
        else
            word = (word or "") .. c
        end
        at = at + 1
    end
    words[#words + 1] = word
    return words
end

local function program()
    local named = os.getenv "PKG_CONFIG"
    return named and named:find "%S" and named or "pkg-config"
end

local function ask(pkg_config, question, names)
    for _, name in ipairs(names) do
        if name:find "^%-" then
            error(("'%s' is no name of a package"):format(name), 0)
        end
    end
    local words = { pkg_config, question }
    table.move(names, 1, #names, 3, words)
    local code, output, messages = process.run(words)
    if not code then
        error(("'%s' does not run: %s"):format(pkg_config, output), 0)
    elseif code ~= 0 then
        error(("%s says:\n%s"):format(pkg_config, messages:gsub("\n+$", "")), 0)
    end
    return output
end

-- The folders in which it looks: one changes when a package is installed.
local function folders(pkg_config)
    local list = {}
    local path = (os.getenv "PKG_CONFIG_PATH" or "") .. ":"
        .. (os.getenv "PKG_CONFIG_LIBDIR"
            or ask(pkg_config, "--variable=pc_path", { "pkg-config" }))
    for folder in path:gmatch "[^:%s]+" do
        list[#list + 1] = folder
    end
    return list
end

-- { flags =, libraries =, folders = } of packages, lists. Raises what pkg-config says.
function packages.ask(names)
    local pkg_config = program()
    local flags = words_of(ask(pkg_config, "--cflags", names))
    local libraries = words_of(ask(pkg_config, "--libs", names))
    return { flags = flags, libraries = libraries, folders = folders(pkg_config) }
end

-- The folders of -I in the text of a package's file, its variables put in.
local function include_folders(text)
    local variables, list = {}, {}
    local function expand(value)
        return (value:gsub("%${([^}]*)}", variables))
    end
    for name, value in ("\n" .. text):gmatch "\n([%w_.]+)[ \t]*=[ \t]*([^\n]*)" do
        variables[name] = expand(value)
    end
    for folder in expand(("\n" .. text):match "\nCflags:([^\n]*)" or ""):gmatch "%-I%s*(%S+)" do
        list[#list + 1] = folder
    end
    return list
end

-- The package with whose flags the compiler finds a header: of several one that is named like it,
-- and the shortest. nil when there is none.
function packages.with_header(header)
    local word = header:match "^[%w]*":lower()
    local best, best_rank
    local known, list = pcall(folders, program())
    for _, folder in ipairs(known and list or {}) do
        for _, file in ipairs(system.names_in(folder)) do
            local name = file:match "^(.*)%.pc$"
            for _, place in ipairs(name and include_folders(system.read_file(folder .. "/" .. file)
                or "") or {}) do
                local rank = #name + (name:lower():find(word, 1, true) and 0 or 1000)
                if (not best or rank < best_rank) and system.state(place .. "/" .. header) then
                    best, best_rank = name, rank
                end
            end
        end
    end
    return best
end

-- The libraries among linker flags, as names or paths for ffi.load.
function packages.libraries(words)
    local found, directories = {}, {}
    for _, word in ipairs(words) do
        local directory, name = word:match "^%-L(.+)", word:match "^%-l:?(.+)"
        if directory then
            directories[#directories + 1] = directory
        elseif name then
            local path = name
            for _, folder in ipairs(directories) do
                local candidate = ("%s/lib%s.so"):format(folder, name)
                if path == name and system.state(candidate) then
                    path = candidate
                end
            end
            found[#found + 1] = path
        end
    end
    return found
end

return packages
