-- For Lua 5.3: specs are read as if its variables could have attributes. What was to be closed at its block's end is
-- closed when the test ends, in reverse order, failed or not; whatever needs `<close>` at the block's end, or in a
-- process of its own, is tagged #close.
local open = {}

-- `local x <close> = value` is read as `local x = CLOSED_LATER << value`: what stands to the right is a call or a name.
CLOSED_LATER = setmetatable({}, { __shl = function(_, value) -- luacheck: ignore 111
    open[#open + 1] = value
    return value
end })

local function close_all()
    for i = #open, 1, -1 do
        local value = open[i]
        open[i] = nil
        local close = not io.type(value) and debug.getmetatable(value).__close
            or io.type(value) == "file" and value.close
        if close then close(value) end
    end
end

-- busted's `it` whose tests close what they left open, before `after_each` looks.
function CLOSING(it) -- luacheck: ignore 111
    return function(name, test)
        return it(name, test and function(...)
            open = {}
            local ok, err = pcall(test, ...)
            close_all()
            if not ok then error(err, 0) end
        end)
    end
end

local function without_attributes(text, later)
    return (text:gsub("local ([^\n=]-<[^\n=]*= ?)", function(names)
        local closed = names:find("<close>", 1, true)
        return "local " .. names:gsub(" <close>", ""):gsub(" <const>", "") .. (closed and later or "")
    end))
end

-- Long strings are programs for other states and processes: nothing is closed there.
local function readable(text)
    local pieces, at = {}, 1
    while true do
        local first, _, level = text:find("%[(=*)%[", at)
        local last = first and select(2, text:find("]" .. level .. "]", first, true))
        pieces[#pieces + 1] = without_attributes(text:sub(at, last and first - 1), "CLOSED_LATER << ")
        if not last then return table.concat(pieces) end
        pieces[#pieces + 1] = without_attributes(text:sub(first, last), "")
        at = last + 1
    end
end

local function read(path)
    local file, err = io.open(path, "rb")
    if not file then
        return nil, err
    end
    local text = file:read "a"
    file:close()
    return readable(text)
end

function loadfile(path, ...) -- luacheck: ignore 121
    local text, err = read(path)
    if not text then
        return nil, err
    end
    local it = path:find "_spec%.lua$" and "local it = CLOSING(it) " or ""
    return load(it .. text:gsub("^#[^\n]*", ""), "@" .. path, ...)
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
