-- What is known of headers once the compiler has read them, as a few strings: so it is kept in the
-- cache, and so the namespace reads it, the parts it needs when it needs them.
--
--   text       declarations, for ffi.cdef
--   macros     a line for each, tabs between: name, parameters ("2", "1+", empty for object-like
--              ones, "!" for one that the compiler cannot expand), file, line, expanded text or why
--   index      where the macros are (cffi/include/index.lua)
--   names      a line for each of the headers' own: name, kind, file, line
--   kinds      how many of these there are of each kind, a line for each: kind, number
--   paths      the files of macros and names, a line for each; these have their numbers
--   files      the files that were read, a line for each: path and stamp
--   functions  symbols that the files asked for declare, a line for each
--   shadowed   " name " of each object-like macro that is also declared
local late = require "cffi.late"
local index = require "cffi.include.index"
local own = late "cffi.include.own"
local system = late "cffi.include.system"

local unit = {}

-- ---- making ------------------------------------------------------------------------------------

local function parameters_of(macro)
    return macro.count and macro.count .. (macro.variadic and "+" or "") or ""
end

-- Numbers for paths, and the list of these.
local function numbering()
    local list, numbers = {}, {}
    return function(path)
        if not numbers[path] then
            list[#list + 1] = path
            numbers[path] = #list
        end
        return numbers[path]
    end, list
end

-- A function that gives the lines of macros when they have their texts: what stands before these is
-- made now.
local function macro_lines(list, number_of)
    local heads = {}
    for i, macro in ipairs(list) do
        heads[i] = ("%s\t%s\t%d\t%d\t"):format(macro.name, parameters_of(macro),
            number_of(macro.file), macro.line)
    end
    return function()
        local lines = {}
        for i, macro in ipairs(list) do
            if macro.broken then
                lines[i] = ("%s\t!\t%d\t%d\t%s\n"):format(macro.name, number_of(macro.file),
                    macro.line, macro.broken)
            else
                lines[i] = heads[i] .. macro.text .. "\n"
            end
        end
        return table.concat(lines)
    end
end

-- The same for the names of those object-like macros that the scope declares, too.
local function shadowed_names(ffi, list)
    local candidates = {}
    for _, macro in ipairs(list) do
        candidates[#candidates + 1] = not macro.count and ffi.declaration(macro.name) and macro
            or nil
    end
    return function()
        local names = { "" }
        for _, macro in ipairs(candidates) do
            local hides = not macro.broken and macro.text ~= macro.name
            names[#names + 1] = hides and macro.name or nil
        end
        return table.concat(names, " ") .. " "
    end
end

-- Names by the files that they stand in, these in the order in which they were entered; names of
-- other files first.
local function by_file(names, files)
    local lists, of_file = { {} }, {}
    for i, path in ipairs(files) do
        lists[i + 1] = {}
        of_file[path] = lists[i + 1]
    end
    for _, name in ipairs(names) do
        table.insert(of_file[name.file] or lists[1], name)
    end
    return lists
end

-- Sorts names by their lines; of one line they keep their order. Numbers are sorted, for which Lua
-- calls nothing.
local function by_line(names)
    local keys, sorted = {}, {}
    for i, name in ipairs(names) do
        keys[i] = name.line << 31 | i
    end
    table.sort(keys)
    for i, key in ipairs(keys) do
        sorted[i] = names[key & 0x7fffffff]
    end
    return sorted
end

local function name_lines(names, files, number_of)
    local lines = {}
    for _, list in ipairs(by_file(names, files)) do
        for _, name in ipairs(by_line(list)) do
            lines[#lines + 1] = ("%s\t%s\t%d\t%d\n"):format(name.name, name.kind,
                number_of(name.file), name.line)
        end
    end
    return table.concat(lines)
end

-- How many names there are of each kind, as the field `kinds` has it.
function unit.kinds(counts)
    local lines = {}
    for kind, count in pairs(counts) do
        lines[#lines + 1] = ("%s\t%d\n"):format(kind, count)
    end
    table.sort(lines)
    return table.concat(lines)
end

local function counts_of(names)
    local counts = {}
    for _, name in ipairs(names) do
        counts[name.kind] = (counts[name.kind] or 0) + 1
    end
    return counts
end

-- The headers' own declarations into `names`; the functions of the files asked for, or of the own
-- ones when there are none, as symbols.
local function declared(ffi, asked, is_listed, names)
    local functions, others = {}, {}
    for name, kind, text, file, line, refused in ffi.declarations() do
        if file and is_listed(name, file) then
            names[#names + 1] = { name = name, kind = kind, file = file, line = line }
            if kind == "function" and not refused then
                local symbol = text:find("__asm__", 1, true) and text:match '__asm__%("([^"@]*)'
                local list = asked[file] and functions or others
                list[#list + 1] = symbol or name
            end
        end
    end
    return functions[1] and functions or others
end

-- Declares a text in a scope: the compiler's word wins over what was typed by hand, but for
-- structs, which may be in use.
function unit.declare(ffi, text)
    local ok, why = pcall(ffi.cdef, text, { override = "names" })
    if not ok then
        error((why:gsub("^[^\n:]*cffi/include/unit%.lua:%d+: ", "")), 0)
    end
end

-- Begins a unit with what compiler.read knows first, all but what macros expand to. `ffi` is a
-- scope of its own in which the text is declared: so the user's is not touched when something is
-- wrong with it. Returns the unit, and a function that completes it when the macros have their
-- texts.
function unit.begin(ffi, read)
    unit.declare(ffi, read.text)
    local is_listed, names = own.names(read.asked, read.includes), {}
    local functions = declared(ffi, read.asked, is_listed, names)
    for _, macro in ipairs(read.macros) do
        if is_listed(macro.name, macro.file) then
            local kind = macro.count and "function-like macro" or "macro"
            names[#names + 1] = { name = macro.name, kind = kind, file = macro.file,
                line = macro.line }
        end
    end
    local number_of, paths = numbering()
    local lines = macro_lines(read.macros, number_of)
    local shadowed = shadowed_names(ffi, read.macros)
    local made = {
        text = read.text,
        names = name_lines(names, read.files, number_of),
        kinds = unit.kinds(counts_of(names)),
        paths = table.concat(paths, "\n"),
        files = unit.stamps(read.files),
        functions = table.concat(functions, "\n"),
    }
    return made, function()
        made.macros, made.shadowed = lines(), shadowed()
        made.index = index.of(made.macros)
    end
end

-- ---- reading -----------------------------------------------------------------------------------

-- Whether what was read from the cache has all fields. What stands in them is looked at with care
-- wherever it is used.
function unit.is_whole(of)
    for _, name in ipairs { "text", "macros", "index", "names", "kinds", "paths", "files",
        "functions", "shadowed" } do
        if not of[name] then
            return false
        end
    end
    return true
end

-- Files with size and time, a line for each.
function unit.stamps(files)
    local lines = {}
    for i, path in ipairs(files) do
        lines[i] = ("%s\t%s\n"):format(path, system.stamp(path))
    end
    return table.concat(lines)
end

-- Whether every file is as it was; else the first that is not.
function unit.unchanged(files)
    for path, stamp in files:gmatch "([^\n]*)\t([^\t\n]*)\n" do
        if system.stamp(path) ~= stamp then
            return false, path
        end
    end
    return true
end

-- The time of the file that changed last, in nanoseconds.
function unit.newest(of)
    local newest = 0
    for time in of.files:gmatch ":(%d+)\n" do
        newest = math.max(newest, math.tointeger(tonumber(time)))
    end
    return newest
end

-- The lines of a text that are not empty.
function unit.lines(text)
    local list = {}
    for line in text:gmatch "[^\n]+" do
        list[#list + 1] = line
    end
    return list
end

function unit.functions(of)
    return unit.lines(of.functions)
end

-- The paths of a unit, by their numbers.
local known_paths = setmetatable({}, { __mode = "k" })

function unit.paths(of)
    local list = known_paths[of]
    if not list then
        list = unit.lines(of.paths)
        known_paths[of] = list
    end
    return list
end

-- Calls visit(name, kind) for those of the headers' own names that begin so, until that returns
-- true; so does this then.
function unit.each_with_prefix(of, prefix, visit)
    local text, head = "\n" .. of.names, "\n" .. prefix
    local place = text:find(head, 1, true)
    while place and place < #text do -- the last line has its end
        if visit(text:match("([^\t\n]*)\t([^\t\n]*)", place + 1)) then
            return true
        end
        place = text:find(head, place + 1, true)
    end
end

-- How many own names there are, by kind.
function unit.counts(of)
    local counts = {}
    for kind, count in of.kinds:gmatch "([^\t\n]*)\t(%d+)\n" do
        counts[kind] = math.tointeger(tonumber(count))
    end
    return counts
end

-- Iterates over the headers' own names: name, kind, file, line.
function unit.names(of)
    local iterate, paths = of.names:gmatch "([^\t\n]*)\t([^\t\n]*)\t(%d+)\t(%d+)\n", unit.paths(of)
    return function()
        local name, kind, file, line = iterate()
        if name then
            return name, kind, paths[tonumber(file)], tonumber(line)
        end
    end
end

-- A field of a unit, to be looked at by its method `sub`, and its size: for a part of a large one,
-- not all of it is read.
function unit.view(of, name)
    if of.view then
        return of.view(name)
    end
    return of[name], #of[name]
end

-- What a namespace needs of a unit whose text has been declared.
function unit.without_text(of)
    if of.view then
        return of
    end
    return { macros = of.macros, index = of.index, names = of.names, kinds = of.kinds,
        paths = of.paths, shadowed = of.shadowed }
end

-- A function from a macro's name to { text =, count =, variadic =, file =, line = }, or nil.
function unit.macro_finder(of)
    local text = unit.view(of, "macros")
    local slots, size = unit.view(of, "index")
    return function(name)
        local line = index.find(slots, size, text, name)
        local count, sign, file, number, value =
            (line or ""):match "^(%d*)([+!]?)\t(%d+)\t(%d+)\t(.*)"
        if not value then
            return nil
        end
        return { text = value, count = tonumber(count), variadic = sign == "+",
            broken = sign == "!", file = unit.paths(of)[tonumber(file)], line = tonumber(number) }
    end
end

return unit
