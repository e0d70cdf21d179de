-- Names that a shared library of the system exports, read from the file itself: nothing is loaded.
local SHT_DYNSYM = 11
local SYMBOL_SIZE = { [1] = 16, [2] = 24 }
-- Where the section headers are told of, and their fields: 2, 5, 6 and 7 are type, offset, size
-- and link.
local HEADERS = {
    [1] = { at = 32, pointer = "I4", counts = 46, section = "I4I4I4I4I4I4I4I4I4I4" },
    [2] = { at = 40, pointer = "I8", counts = 58, section = "I4I4I8I8I8I8I4I4I8I8" },
}

local function read_at(file, offset, size)
    file:seek("set", offset)
    return size > 0 and file:read(size) or ""
end

-- The dynamic symbol table and its strings; nothing when the file has none.
local function tables_of(file)
    local head = read_at(file, 0, 64)
    local class, data = head:byte(5), head:byte(6)
    local form = HEADERS[class]
    if head:sub(1, 4) ~= "\127ELF" or not form then
        return nil
    end
    local order = data == 2 and ">" or "<"
    local start = string.unpack(order .. form.pointer, head, form.at + 1)
    local size, count = string.unpack(order .. "I2I2", head, form.counts + 1)
    local headers = read_at(file, start, size * count)
    local function section(i)
        local fields = { string.unpack(order .. form.section, headers, i * size + 1) }
        return fields[2], fields[5], fields[6], fields[7]
    end
    for i = 0, count - 1 do
        local kind, offset, length, link = section(i)
        if kind == SHT_DYNSYM then
            local _, text_at, text_size = section(link)
            return class, order, offset, length, read_at(file, text_at, text_size)
        end
    end
end

-- Index in the strings and section of a symbol.
local function symbol_reader(class, order, symbols)
    local size = SYMBOL_SIZE[class]
    local form = order .. (class == 2 and "I4BBI2" or "I4I4I4BBI2")
    return function(i)
        local name, info, _, section, _, other = string.unpack(form, symbols, i * size + 1)
        if class == 1 then
            info, section = section, other
        end
        return name, info, section
    end
end

-- The longest part of a Lua pattern that stands for itself, to look for first.
local function literal_of(pattern)
    local best = ""
    for part in pattern:gsub("%.%*", "\0"):gsub("%b[]", "\0"):gsub("%%(.)", "%1"):gmatch "[%w_]+" do
        best = #part > #best and part or best
    end
    return best
end

local function matching(file, pattern)
    local class, order, offset, length, strings = tables_of(file)
    local found = {}
    if not class or not strings:find(literal_of(pattern), 1, true) then
        return found
    end
    local symbol = symbol_reader(class, order, read_at(file, offset, length))
    for i = 1, length // SYMBOL_SIZE[class] - 1 do
        local at, info, section = symbol(i)
        if section ~= 0 and info >> 4 ~= 0 then
            local name = strings:match("^[^\0]*", at + 1)
            if name:find(pattern) then
                found[#found + 1] = name
            end
        end
    end
    return found
end

-- The names in the library at `path` that fit a Lua pattern. A file that is broken has none.
return function(path, pattern)
    local file = io.open(path, "rb")
    local ok, found = pcall(matching, file, pattern)
    if file then
        file:close()
    end
    return file and ok and found or {}
end
