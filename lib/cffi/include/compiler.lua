-- The compiler: which one, its command line, and its two runs over the headers asked for. Errors
-- are strings without a position.
local late = require "cffi.late"
local missing = late "cffi.include.missing"
local process = late "cffi.include.process"
local reader = late "cffi.include.reader"
local system = require "cffi.include.system"

local compiler = {}

local function words_of(text)
    local words = {}
    for word in text:gmatch "%S+" do
        words[#words + 1] = word
    end
    return words
end

-- A list of words, or a string with blanks between them.
function compiler.words(value)
    return type(value) == "table" and value or words_of(value or "")
end

local function set_variable(name)
    local value = os.getenv(name)
    return value and value:find "%S" and words_of(value) or nil
end

-- The words that run the compiler, the file it is (nil when there is none), and who named it (nil
-- when it is the system's).
function compiler.choose(cc)
    local words, source = cc and compiler.words(cc), "the option 'cc'"
    if not words then
        words, source = set_variable "CFFI_CC", "$CFFI_CC"
    end
    if not words then
        words, source = set_variable "CC", "$CC"
    end
    if words then
        if not words[1] then
            error("the option 'cc' names no compiler", 0)
        end
        return words, system.find_program(words[1]), source
    end
    for _, name in ipairs { "cc", "gcc", "clang" } do
        local found = system.find_program(name)
        if found then
            return { name }, found
        end
    end
    return { "cc" }, nil
end

-- {NAME = value} as -D, [NAME ...] as -U; sorted, so that equal options give equal words.
local function definitions(defs, undefs)
    local words, undone = {}, {}
    for _, name in ipairs(undefs or {}) do
        undone[name] = true
        words[#words + 1] = "-U" .. name
    end
    local all = {}
    for name, value in pairs(defs or {}) do
        if value == true then
            all[#all + 1] = "-D" .. name
        elseif value then
            all[#all + 1] = ("-D%s=%s"):format(name, value)
        end
    end
    if not undone._GNU_SOURCE and (defs or {})._GNU_SOURCE == nil then
        all[#all + 1] = "-D_GNU_SOURCE"
    end
    table.sort(all)
    return table.move(all, 1, #all, #words + 1, words)
end

-- The words of a command line after the compiler's own, for these options.
function compiler.flags(options)
    local flags = definitions(options.defs, options.undefs)
    local given = compiler.words(options.cflags)
    return table.move(given, 1, #given, #flags + 1, flags)
end

-- ---- headers -----------------------------------------------------------------------------------

-- "zlib.h" is looked for where the compiler looks; "./x.h" and "/a/x.h" are files.
local function is_path(header)
    return header:find "^%.?%.?/"
end

-- How the headers stand in C text, and words for the command line before it. Names with a quote or
-- a backslash cannot stand there: the command line takes them (-include), and all before them.
function compiler.include_lines(headers)
    local lines, words = {}, {}
    for _, header in ipairs(headers) do
        if header:find '["\\>\n]' then
            for i, line in ipairs(lines) do
                words[#words + 1] = "-include"
                words[#words + 1] = line.header
                lines[i] = nil
            end
            words[#words + 1] = "-include"
            words[#words + 1] = header
        else
            local form = is_path(header) and '#include "%s"\n' or "#include <%s>\n"
            lines[#lines + 1] = { header = header, text = form:format(header) }
        end
    end
    for i, line in ipairs(lines) do
        lines[i] = line.text
    end
    return table.concat(lines), words
end

-- "<zlib.h>", "<a.h> and <b.h>", for messages
function compiler.title(headers)
    local names = {}
    for i, header in ipairs(headers) do
        names[i] = is_path(header) and ('"%s"'):format(header) or ("<%s>"):format(header)
    end
    return table.concat(names, ", ")
end

-- ---- runs --------------------------------------------------------------------------------------

local function join(...)
    local all = {}
    for _, list in ipairs { ... } do
        table.move(list, 1, #list, #all + 1, all)
    end
    return all
end

local function absent(words, source)
    if source then
        return ("there is no '%s', which %s names"):format(words[1], source)
    end
    return "there is no C compiler (cc, gcc or clang): install one, or name one in $CFFI_CC"
end

-- Starts the compiler; returns a function that waits for it and returns its exit code, output and
-- messages. `doing` begins the error when it cannot be run: "cannot include <zlib.h>". `piped`: see
-- process.start.
local function start(how, arguments, input, doing, piped)
    local words = join(how.words, arguments)
    if table.concat(words):find "\0" then
        error(("%s: a word for the compiler has a zero byte"):format(doing), 0)
    end
    local finish = process.start(words, input, how.program, piped)
    return function(feed)
        local code, output, messages = finish(feed)
        if not code then
            local why = messages and absent(how.words, how.source)
                or ("'%s' does not run: %s"):format(how.words[1], output)
            error(("%s: %s"):format(doing, why), 0)
        end
        return code, output, messages
    end
end

-- The same, waited for.
function compiler.run(how, arguments, input, doing)
    return start(how, arguments, input, doing)()
end

local FIRST_LINES, LAST_LINES = 20, 10 -- of what a compiler says

-- Of many lines the first, which tell the first error, and the last, which may tell the only one.
local function shortened(messages)
    local list = {}
    for line in messages:gmatch "[^\n]+" do
        list[#list + 1] = line
    end
    local left_out = #list - FIRST_LINES - LAST_LINES
    if left_out <= 1 then
        return messages:gsub("\n+$", "")
    end
    return ("%s\n.. (%d lines)\n%s"):format(table.concat(list, "\n", 1, FIRST_LINES), left_out,
        table.concat(list, "\n", #list - LAST_LINES + 1))
end

-- Raises what the compiler said.
function compiler.failed(how, doing, code, messages, hint)
    if not messages:find "%S" then
        messages = ("(nothing; its exit code is %d)"):format(code)
    end
    local who = how.source and ("'%s', which %s names,"):format(table.concat(how.words, " "),
        how.source) or how.words[1]
    messages = shortened(messages) .. (hint or "")
    error(("%s: %s says:\n%s"):format(doing, who, messages), 0)
end

-- What headers are read from: `lines` of C text, `words` of the command line, `key`, which tells
-- this text from all others, and what begins an error.
function compiler.source(headers)
    local lines, words = compiler.include_lines(headers)
    return { lines = lines, words = words, key = table.concat(headers, "\n"), headers = headers,
        doing = "cannot include " .. compiler.title(headers) }
end

-- The second run, which expands macros: ask(questions) tells it which, finish() gives what `start`
-- says; it must be called. With `at_once` the run begins now and reads the headers while the first
-- one does so, if the system has a way to let it wait for the questions.
local function second_run(how, arguments, source, at_once)
    local awaited, finish = at_once and process.awaited(), nil
    local run = {}
    function run.ask(questions)
        if awaited then
            awaited.write(questions)
            awaited = nil
        else
            finish = start(how, arguments, source.lines .. questions, source.doing)
        end
    end
    function run.finish()
        if awaited then
            run.ask ""
        end
        if finish then
            return finish()
        end
    end
    if awaited then
        local lines = '%s#include "%s"\n#include "%s"\n'
        lines = lines:format(source.lines, table.unpack(awaited.paths))
        local ok, result = pcall(start, how, arguments, lines, source.doing)
        if not ok then
            awaited.write ""
            error(result, 0)
        end
        finish = result
    end
    return run
end

-- What the first run says, taken apart while it comes; a source that the compiler does not take is
-- an error.
local function first_answer(how, flags, source, finish)
    local feed, result = reader.reading(source.asked)
    local fine, why = true, nil
    local code, _, messages = finish(function(piece)
        if fine then
            fine, why = pcall(feed, piece)
        end
    end)
    if code ~= 0 then
        local hint = missing.hint(messages, source.headers, flags)
        compiler.failed(how, source.doing, code, messages, hint)
    elseif not fine then
        error(why, 0)
    end
    local unit = result()
    unit.messages = messages
    return unit
end

-- Reads a source. `how` is { words =, source = } of the compiler, `flags` the words after those.
-- Returns what reader.reading does, the macros with their expanded `text`, and what the compiler
-- had to say. ahead() is called while the compiler reads the headers, meanwhile(unit) while it
-- expands the macros, with all but these. `at_once`: see second_run.
function compiler.read(how, flags, source, ahead, meanwhile, at_once)
    local arguments = join(flags, source.words, { "-E", "-dD", "-dI", "-x", "c", "-" })
    local first, second = start(how, arguments, source.lines, source.doing, true), nil
    local ok, result = pcall(function()
        arguments = join(flags, source.words, { "-E", "-P", "-x", "c", "-" })
        second = second_run(how, arguments, source, at_once)
        ahead()
        local finish = first
        first = nil
        local unit = first_answer(how, flags, source, finish)
        second.ask(reader.questions(unit.macros))
        meanwhile(unit)
        return unit
    end)
    if first then
        pcall(first, function() end) -- what went wrong before it was waited for is told
    end
    local finished, why, expanded, messages = true, nil, nil, nil
    if second then
        finished, why, expanded, messages = pcall(second.finish)
    end
    if not ok or not finished then
        error(ok and why or result, 0)
    end
    result.complete = reader.answers(result.macros, expanded, messages)
    result.second_messages = messages
    return result
end

return compiler
