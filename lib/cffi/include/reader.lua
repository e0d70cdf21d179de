-- What the compiler prints of headers (-E -dD -dI), taken apart by lines while it comes: the
-- declarations, as text for ffi.cdef that keeps every file and line; the macros that are defined at
-- the end, in the order of their definition; and the files that were read.
local reader = {}

-- The name in a line marker, where quotes and backslashes are escaped and, by clang, other bytes
-- written in octal.
local function unescape(name)
    if not name:find("\\", 1, true) then
        return name
    end
    return (name:gsub("\\(.)(%d?%d?)", function(char, rest)
        local code = #rest == 2 and tonumber(char .. rest, 8)
        return code and string.char(code) or char .. rest
    end))
end

-- As gcc writes it, which is what ffi.cdef reads.
local function escape(name)
    return name:find '[\\"]' and name:gsub('[\\"]', "\\%0") or name
end

-- "a", "...", "rest..." -> how many named parameters, whether more follow
local function parameters(list)
    local count, variadic = 0, false
    for name in list:gmatch "[^,%s]+" do
        if name:find("...", 1, true) then
            variadic = true
        else
            count = count + 1
        end
    end
    return count, variadic
end

-- Collects the text for cdef: long runs of empty lines become a line marker.
local function text_maker()
    local out, size, empty, marked = {}, 0, 0, 0
    local maker = {}
    -- One or more lines, the first of which has this number.
    function maker.add(lines, number)
        if empty > 5 then
            size = size + 1
            out[size] = "# " .. number
        else
            for i = size + 1, size + empty do
                out[i] = ""
            end
            size = size + empty
        end
        empty = 0
        size = size + 1
        out[size] = lines
    end
    function maker.skip(count)
        empty = empty + count
    end
    -- A line marker; one after another needs no lines of its own.
    function maker.mark(line)
        if marked == size and size > 0 then
            size = size - 1
        end
        empty = 0
        maker.add(line)
        marked = size
    end
    function maker.text()
        out[size + 1] = ""
        return table.concat(out, "\n", 1, size + 1)
    end
    return maker
end

-- Macros by name, and their order.
local function macro_list()
    local list, at = {}, {}
    local macros = {}
    function macros.undefine(name)
        local i = at[name]
        if i then
            list[i], at[name] = false, nil
        end
    end
    function macros.define(name, params, file, line)
        macros.undefine(name)
        local macro = { name = name, file = file, line = line }
        if params then
            macro.count, macro.variadic = parameters(params)
        end
        list[#list + 1] = macro
        at[name] = #list
    end
    function macros.list()
        local left = {}
        for _, macro in ipairs(list) do
            left[#left + 1] = macro or nil
        end
        return left
    end
    return macros
end

-- Keeps account of the files that are entered: `list` in their order, `asked` (a set) those that
-- the text read enters itself, `includes` which one enters which. enter(name, flags) says whether
-- it is a file; include(line) is called before that with the directive, if the compiler shows it.
local function file_list(asked)
    local files, seen, file = { list = {}, asked = asked, includes = {} }, {}, ""
    local in_quotes = false
    function files.include(line)
        in_quotes = line:find '^#include[_%a]* *"' ~= nil
    end
    function files.enter(name, flags)
        local entered = name:byte() ~= 60 and flags:find("1", 1, true)
        if entered and file:byte() ~= 60 then
            files.includes[#files.includes + 1] = { from = file, file = name,
                in_quotes = in_quotes }
        elseif entered and not name:find "/stdc%-predef%.h$" then
            asked[name] = true -- from "<stdin>" or "<command-line>"
        end
        file = name
        local real = name:byte() ~= 60 -- '<'
        if real and not seen[name] then
            seen[name] = true
            files.list[#files.list + 1] = name
        end
        return real
    end
    return files
end

-- How many lines end in a text. Without patterns, which take ten times as long.
local function count_lines(text)
    local count, at = 0, text:find("\n", 1, true)
    while at do
        count, at = count + 1, text:find("\n", at + 1, true)
    end
    return count
end

-- Lines between directives without the last one's end and the blanks that lines begin with. Such as
-- begin with '#' behind them keep them.
local function unindented(lines)
    local start = lines:match "^[ \t]*%f[^ \t#]()" or 1
    return (lines:sub(start, -2):gsub("\n[ \t]+%f[^ \t#]", "\n"))
end

-- A function that takes a text in pieces that begin where a line does, all but the first with '#'.
-- It calls directive(line, its number, the text, where it stands) for each line that begins with
-- '#' and others(lines, number of the first, how many) for what stands between two of these.
-- directive returns the number of the next line when it is another than the following, and where
-- that is.
local function take_apart(directive, others)
    local find, sub, byte = string.find, string.sub, string.byte
    local number = 1
    return function(text)
        local at, size = 1, #text
        while at <= size do
            if byte(text, at) == 35 then -- '#'
                local stop = find(text, "\n", at, true) or size + 1
                local line = sub(text, at, stop - 1)
                local next_number, next_at = directive(line, number, text, stop)
                number, at = next_number or number + 1, next_at or stop + 1
            else
                local stop = find(text, "\n#", at, true) or size
                local lines = sub(text, at, stop)
                local count = count_lines(lines)
                others(lines, number, count)
                at, number = stop + 1, number + count
            end
        end
    end
end

-- Where the compiler's own macros and those of its command line end, which stand between markers.
local function after_own_macros(text, at)
    local marker = text:find("\n# ", at, true)
    return marker and marker + 1
end

-- What is known of the lines read so far: returns two functions for take_apart, and one that gives
-- what reader.read does.
local function account(asked)
    local text, macros = text_maker(), macro_list()
    local is_own_text = asked ~= nil -- whose columns are the user's
    local files = file_list(asked or {})
    local file, real, written = "", false, nil -- as the compiler writes it
    local function directive(line, number, whole, stop)
        local second = line:byte(2)
        if second == 32 then -- "# 12 "file" flags"
            local at, name, flags = line:match '^# (%d+) "(.*)"(.*)$'
            if at then
                if name ~= written then
                    written, file = name, unescape(name)
                    real = files.enter(file, flags)
                end
                text.mark("# " .. at .. ' "' .. escape(file) .. '"')
                local none = file == "<built-in>" or file == "<command-line>"
                return tonumber(at), none and after_own_macros(whole, stop)
            end
        elseif second == 112 then -- "#pragma"
            return text.add(line, number)
        elseif second == 100 and real then -- "#define"
            local name, params = line:match "^#define ([%w_\x80-\xff]+)(%(?)"
            params = params == "(" and line:match("^%(([^()]*)%)", #name + 9) or nil
            if name then
                macros.define(name, params, file, number)
            end
        elseif second == 105 then -- "#include"
            files.include(line)
        elseif second == 117 then -- "#undef"
            macros.undefine(line:match "^#undef ([%w_\x80-\xff]+)")
        end
        text.skip(1)
    end
    local function others(lines, number, count)
        if not lines:find "%S" then
            text.skip(count)
        else
            text.add(is_own_text and lines:sub(1, -2) or unindented(lines), number)
        end
    end
    return directive, others, function()
        return { text = text.text(), macros = macros.list(), files = files.list,
            asked = files.asked, includes = files.includes }
    end
end

-- Two functions: one takes what the compiler prints, in pieces of any size; the other ends that and
-- returns { text =, macros = { { name =, file =, line =, count =, variadic = } ... }, files =,
-- asked =, includes = }. `asked`: names of files that are asked for as those are which stand in the
-- text read, or nil. Macros of the compiler itself and of its command line are left out, for no
-- header has them; `count` is nil for object-like ones.
function reader.reading(asked)
    local directive, others, result = account(asked)
    local take, rest = take_apart(directive, others), {}
    return function(piece)
        -- Cut before a directive, so that what comes out does not depend on where pieces end.
        local last = piece:match "^.*\n()#"
        if last then
            rest[#rest + 1] = piece:sub(1, last - 1)
            take(table.concat(rest))
            rest, piece = {}, piece:sub(last)
        end
        rest[#rest + 1] = piece
    end, function()
        take(table.concat(rest))
        return result()
    end
end

-- ---- the second run --------------------------------------------------------------------------

-- Arguments of function-like macros in what the second run prints.
reader.placeholder = "cffi__arg_"
reader.rest = "cffi__rest"

local function use(macro)
    if not macro.count then
        return macro.name
    end
    local words = {}
    for i = 1, macro.count do
        words[i] = reader.placeholder .. i .. "_"
    end
    if macro.variadic then
        words[#words + 1] = reader.rest
    end
    return ("%s(%s)"):format(macro.name, table.concat(words, ", "))
end

-- C text with one line for each macro, to stand behind the `#include` lines. What ends a line keeps
-- the name of a function-like macro in an expansion from looking for its arguments on the next one.
function reader.questions(macros)
    local lines = { '#line 1 "cffi-macros"\n' }
    for i, macro in ipairs(macros) do
        lines[i + 1] = ("cffi__macro %d cffi__is %s cffi__end\n"):format(i, use(macro))
    end
    lines[#lines + 1] = "cffi__macro 0 cffi__is cffi__end\n"
    return table.concat(lines)
end

-- What stands in a text from one position to another, without blanks around it; one that brought
-- lines of its own (a _Pragma) in one line.
local function expansion(text, from, to)
    local byte = string.byte
    if (text:find("\n", from, true) or to + 1) <= to then
        text = text:sub(from, to):gsub("\n#[^\n]*", ""):gsub("%s*\n%s*", " ")
        from, to = 1, #text
    end
    while from <= to and byte(text, from) <= 32 do
        from = from + 1
    end
    while from <= to and byte(text, to) <= 32 do
        to = to - 1
    end
    return text:sub(from, to)
end

-- What the compiler complained of, by line of the questions.
local function complaints(messages)
    local by_line = {}
    for line, text in messages:gmatch "cffi%-macros:(%d+):%d+: error: ([^\n]*)" do
        by_line[tonumber(line)] = by_line[tonumber(line)] or text
    end
    return by_line
end

-- Gives each macro its `text` out of what the compiler printed for the questions, or `broken`, why
-- it cannot be expanded. Returns whether the answers are complete.
function reader.answers(macros, output, messages)
    local find, match, mark = string.find, string.match, "\ncffi__macro "
    local wrong = complaints(messages)
    output = "\n" .. output
    local from = find(output, mark .. "%d+ cffi__is")
    local last
    while from do
        local index, start = match(output, "^(%d+) cffi__is()", from + #mark)
        local stop = find(output, mark, start or from + 1, true)
        local macro = macros[tonumber(index)]
        local till = macro and find(output, "cffi__end", start, true)
        if till and till < (stop or #output) then
            macro.text = expansion(output, start, till - 1)
        end
        last, from = index, stop
    end
    for i, macro in ipairs(macros) do
        if wrong[i] or not macro.text then
            macro.broken = wrong[i] or "the compiler does not say what it is"
        end
    end
    return last == "0"
end

return reader
