-- What pkg-config knows of packages: flags for the compiler, libraries.
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

local function ask(program, question, names)
    for _, name in ipairs(names) do
        if name:find "^%-" then
            error(("'%s' is no name of a package"):format(name), 0)
        end
    end
    local words = { program, question }
    table.move(names, 1, #names, 3, words)
    local code, output, messages = system.run(words)
    if not code then
        error(("'%s' does not run: %s"):format(program, output), 0)
    elseif code ~= 0 then
        error(("%s says:\n%s"):format(program, messages:gsub("\n+$", "")), 0)
    end
    return output
end

-- The folders in which it looks: one changes when a package is installed.
local function folders(program)
    local list = {}
    local path = (os.getenv "PKG_CONFIG_PATH" or "") .. ":"
        .. (os.getenv "PKG_CONFIG_LIBDIR" or ask(program, "--variable=pc_path", { "pkg-config" }))
    for folder in path:gmatch "[^:%s]+" do
        list[#list + 1] = folder
    end
    return list
end

-- { flags =, libraries =, folders = } of packages, lists. Raises what pkg-config says.
function packages.ask(names)
    local program = os.getenv "PKG_CONFIG"
    program = program and program:find "%S" and program or "pkg-config"
    local flags = words_of(ask(program, "--cflags", names))
    local libraries = words_of(ask(program, "--libs", names))
    return { flags = flags, libraries = libraries, folders = folders(program) }
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
