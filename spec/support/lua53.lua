-- For Lua 5.3: specs are read as if its variables could have attributes. Whatever needs `<close>` or `<const>` to do
-- something is tagged #close.
local function without_attributes(text)
    return (text:gsub("local [^\n=]-<[^\n=]*", function(names)
        return (names:gsub("<close>", ""):gsub("<const>", ""))
    end))
end

local function read(path)
    local file, err = io.open(path, "rb")
    if not file then
        return nil, err
    end
    local text = file:read "a"
    file:close()
    return without_attributes(text)
end

function loadfile(path, ...) -- luacheck: ignore 121
    local text, err = read(path)
    if not text then
        return nil, err
    end
    return load(text:gsub("^#[^\n]*", ""), "@" .. path, ...)
end

-- Modules of the specs.
table.insert(package.searchers, 2, function(name)
    local path, tried = package.searchpath(name, package.path)
    if not path then
        return tried
    end
    local text = path:find "spec/" and read(path)
    return text and assert(load(text, "@" .. path)), path
end)
