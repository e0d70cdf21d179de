-- Which names a shared library defines, read from the file itself: nothing is loaded for it, and of
-- a large file only the few blocks that its hash table leads to.
local elf_kind = require "cffi.elf_kind"
local mapped = require "cffi.include.mapped"

local elf = {}

local PT_LOAD, PT_DYNAMIC = 1, 2
local DT_HASH, DT_STRTAB, DT_SYMTAB, DT_GNU_HASH = 4, 5, 6, 0x6ffffef5
local DT_STRSZ = 10
local MOST = 8 << 20 -- bytes of tables that are read at once
local BIND_LOCAL = 0

local forms = {
    [1] = { word = "I4", header = "I4I4I4", header_at = 28, program = "I4I4I4I4I4I4",
        dynamic = "I4I4", symbol = "I4I4I4BBI2", symbol_size = 16, word_bits = 32 },
    [2] = { word = "I8", header = "I8I8I4", header_at = 32, program = "I4I4I8I8I8I8",
        dynamic = "i8I8", symbol = "I4BBI2I8I8", symbol_size = 24, word_bits = 64 },
}

-- A reader of the file's bytes: at(format, offset) unpacks, text(offset, size) is a part. Between
-- two offsets that load(from, to) was given it looks at a copy, for many names.
local function blocks_of(bytes)
    local blocks, copy, first, last = {}, "", 0, -1
    local unpack, packsize, sub = string.unpack, string.packsize, string.sub
    function blocks.at(format, offset)
        local size = packsize(format)
        if offset >= first and offset + size <= last then
            return unpack(format, copy, offset - first + 1)
        end
        return unpack(format, bytes:sub(offset + 1, offset + size))
    end
    function blocks.text(offset, size)
        if offset >= first and offset + size <= last then
            return sub(copy, offset - first + 1, offset - first + size)
        end
        return bytes:sub(offset + 1, offset + size)
    end
    function blocks.load(from, to)
        copy, first = bytes:sub(from + 1, to), from
        last = from + #copy
    end
    return blocks
end

-- Equal for files that go together.
local function kind_of(path)
    local class, machine = elf_kind(path)
    return class and class .. machine
end

local own_kind
function elf.fits(path)
    own_kind = own_kind or kind_of "/proc/self/exe" or ""
    return own_kind == "" or kind_of(path) == own_kind
end

-- Offsets in the file of the tables that the dynamic section names.
local function tables_of(blocks, form, order)
    local offset = blocks.at(order .. form.word, form.header_at)
    local size = form.word_bits == 64 and 56 or 32
    local count = blocks.at(order .. "I2", form.word_bits == 64 and 56 or 44)
    local loads, dynamic, dynamic_size = {}, nil, 0
    for i = 0, count - 1 do
        local kind, a, b, c, d, e = blocks.at(order .. form.program, offset + i * size)
        local at, address, length = b, c, e
        if form.word_bits == 32 then
            at, address, length = a, b, d
        end
        if kind == PT_LOAD then
            loads[#loads + 1] = { at = at, address = address, size = length }
        elseif kind == PT_DYNAMIC then
            dynamic, dynamic_size = at, length
        end
    end
    local function place(address)
        for _, load in ipairs(loads) do
            if address >= load.address and address - load.address < load.size then
                return address - load.address + load.at
            end
        end
        error("address outside the file", 0)
    end
    local tables, entry = {}, string.packsize(order .. form.dynamic)
    for at = dynamic, dynamic + dynamic_size - entry, entry do
        local tag, value = blocks.at(order .. form.dynamic, at)
        if tag == DT_HASH or tag == DT_STRTAB or tag == DT_SYMTAB or tag == DT_GNU_HASH then
            tables[tag] = place(value)
        elseif tag == DT_STRSZ then
            tables[tag] = value
        elseif tag == 0 then
            break
        end
    end
    return tables
end

local function gnu_hash(name)
    local hash, byte, size = 5381, string.byte, #name
    for i = 1, size - 3, 4 do
        local a, b, c, d = byte(name, i, i + 3)
        hash = hash * 1185921 + a * 35937 + b * 1089 + c * 33 + d -- the powers of 33
    end
    for i = size - size % 4 + 1, size do
        hash = hash * 33 + byte(name, i)
    end
    return hash & 0xffffffff
end

local function sysv_hash(name)
    local hash = 0
    for i = 1, #name do
        hash = (hash << 4) + name:byte(i)
        local top = hash & 0xf0000000
        hash = (hash ~ top >> 24) & ~top & 0xffffffff
    end
    return hash
end

-- A function is(index, name): whether that entry of the symbol table defines the name.
local function symbol_test(blocks, form, order, tables)
    local format = order .. form.symbol
    return function(index, name)
        local at = tables[DT_SYMTAB] + index * form.symbol_size
        local text, b, _, d, _, f = blocks.at(format, at)
        local info, section = b, d
        if form.word_bits == 32 then
            info, section = d, f
        end
        if section == 0 or info >> 4 == BIND_LOCAL then
            return false
        end
        return blocks.text(tables[DT_STRTAB] + text, #name + 1) == name .. "\0"
    end
end

local function gnu_lookup(blocks, form, order, tables, is)
    local start = tables[DT_GNU_HASH]
    local nbuckets, first, nbloom, shift = blocks.at(order .. "I4I4I4I4", start)
    local word, bits = form.word_bits // 8, form.word_bits
    local buckets = start + 16 + nbloom * word
    local bloom_format, word_format = order .. form.word, order .. "I4"
    return function(name)
        local hash = gnu_hash(name)
        local bloom = blocks.at(bloom_format, start + 16 + hash // bits % nbloom * word)
        if bloom >> hash % bits & 1 == 0 or bloom >> (hash >> shift) % bits & 1 == 0 then
            return false
        end
        local index = blocks.at(word_format, buckets + hash % nbuckets * 4)
        while index >= first do
            local other = blocks.at(word_format, buckets + (nbuckets + index - first) * 4)
            if other | 1 == hash | 1 and is(index, name) then
                return true
            end
            index = other & 1 == 0 and index + 1 or -1
        end
        return false
    end
end

local function sysv_lookup(blocks, order, tables, is)
    local start = tables[DT_HASH]
    local nbuckets, nchains = blocks.at(order .. "I4I4", start)
    return function(name)
        local index = blocks.at(order .. "I4", start + 8 + sysv_hash(name) % nbuckets * 4)
        for _ = 1, nchains do -- a chain of a broken file could be a ring
            if index == 0 or is(index, name) then
                break
            end
            index = blocks.at(order .. "I4", start + 8 + (nbuckets + index) * 4)
        end
        return index ~= 0 and is(index, name)
    end
end

-- A function that reads all tables of the file at once, when they lie together.
local function loader(blocks, tables)
    return function()
        local text, size = tables[DT_STRTAB], tables[DT_STRSZ] or 0
        local from, to = text, text + size
        for _, tag in ipairs { DT_HASH, DT_SYMTAB, DT_GNU_HASH } do
            local at = tables[tag] or text
            from, to = math.min(from, at), math.max(to, at)
        end
        if to - from <= MOST then
            blocks.load(from, to)
        end
    end
end

local function reader_of(bytes)
    local blocks = blocks_of(bytes)
    local magic, class, data = blocks.at("c4BB", 0)
    local form, order = forms[class], data == 2 and ">" or "<"
    if magic ~= "\127ELF" or not form then
        error("no ELF file", 0)
    end
    local tables = tables_of(blocks, form, order)
    local is, load = symbol_test(blocks, form, order, tables), loader(blocks, tables)
    if tables[DT_GNU_HASH] then
        return gnu_lookup(blocks, form, order, tables, is), load
    end
    return sysv_lookup(blocks, order, tables, is), load
end

-- Returns has(name), close() and load(), which is called before has is called for many names; nil
-- for what is no shared library that can be read. A file whose tables are broken has no names.
function elf.open(path)
    local bytes, _, close = mapped.file(path)
    if not bytes then
        return nil
    end
    local ok, lookup, load = pcall(reader_of, bytes)
    if not ok then
        close()
        return nil
    end
    return function(name)
        local read, found = pcall(lookup, name)
        return read and found
    end, close, function() pcall(load) end
end

return elf
