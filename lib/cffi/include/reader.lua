-- What the compiler prints of headers (-E -dD), taken apart by lines: the declarations, as text for
-- ffi.cdef that keeps every file and line; the macros that are defined at the end, in the order of
-- their definition; and the files that were read.
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
    return (name:gsub('[\\"]', "\\%0"))
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
    function maker.add(line, number)
        if empty > 5 then
            out[size + 1] = "# " .. number
            size = size + 1
        else
            for i = size + 1, size + empty do
                out[i] = ""
            end
            size = size + empty
        end
        empty = 0
        size = size + 1
        out[size] = line
    end
    function maker.skip()
        empty = empty + 1
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
        return table.concat(out, "\n")
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

-- Returns { text =, macros = { { name =, file =, line =, count =, variadic = } ... }, files = }.
-- `asked`: names of files that are asked for as those are which stand in the text read, or nil.
-- Macros of the compiler itself and of its command line are left out, for no header has them;
-- `count` is nil for object-like ones.
function reader.read(output, asked)
    local text, macros = text_maker(), macro_list()
    local files, seen = {}, {}
    local is_own_text = asked ~= nil -- whose columns are the user's
    asked = asked or {}
    local file, number, real = "", 0, false
    local function enter(name, line, flags)
        name = unescape(name)
        local entered = file:byte() == 60 and name:byte() ~= 60 and flags:find("1", 1, true)
        if entered and not name:find "/stdc%-predef%.h$" then
            asked[name] = true -- from "<stdin>" or "<command-line>"
        end
        file, number = name, line - 1
        real = name:sub(1, 1) ~= "<"
        if real and not seen[name] then
            seen[name] = true
            files[#files + 1] = name
        end
    end
    local function directive(line)
        local at, name, flags
        if line:byte(2) == 32 then
            at, name, flags = line:match '^# (%d+) "(.*)"(.*)$'
        end
        if at then
            enter(name, tonumber(at), flags)
            text.mark(('# %s "%s"'):format(at, escape(unescape(name))))
            return
        end
        local word, what, params = line:match "^#(%l+) ([%w_\x80-\xff]+)(%(?)"
        if word == "pragma" then
            text.add(line, number)
        else
            text.skip()
        end
        if word == "define" and real then
            params = params == "(" and line:match("^%(([^()]*)%)", #what + 9) or nil
            macros.define(what, params, file, number)
        elseif word == "undef" then
            macros.undefine(what)
        end
    end
    for line in output:gmatch "([^\n]*)\n" do
        number = number + 1
        local first = line:find "[^ \t]"
        if line:byte() == 35 then -- '#'
            directive(line)
        elseif not first then
            text.skip()
        elseif is_own_text or line:byte(first) == 35 then
            text.add(line, number)
        else
            text.add(line:sub(first), number)
        end
    end
    return { text = text.text(), macros = macros.list(), files = files, asked = asked }
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

-- An expansion that brought lines of its own (a _Pragma) in one line, without what ended the
-- question.
local function expansion(text)
    text = text:match "^(.-)%s*cffi__end"
    if text and text:find("\n", 1, true) then
        text = ("\n" .. text):gsub("\n#[^\n]*", ""):gsub("%s*\n%s*", " ")
    end
    return text and text:match "^%s*(.*)$"
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
    local mark = "\ncffi__macro "
    local wrong = complaints(messages)
    output = "\n" .. output
    local from = output:find(mark .. "%d+ cffi__is")
    local last
    while from do
        local index, start = output:match("^(%d+) cffi__is()", from + #mark)
        local stop = output:find(mark, start or from + 1, true)
        local macro = macros[tonumber(index)]
        if macro then
            macro.text = expansion(output:sub(start, (stop or #output + 1) - 1))
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
