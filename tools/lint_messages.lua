--- Checks that the tests quote every error message in full.
-- A message of the parser is a string in a call of cdecl__fail*, cdecl__expected, cdecl__expect or
-- cdecl__integer; one of the module in a call of luaL_error, lffi_expected, lffi_format_*, of what
-- ends in _error or pushes text, or assigned to `why`, or returned. It is quoted when a string of
-- the tests (C or Lua) contains it, with anything for its %s and %d:
--   lua tools/lint_messages.lua SOURCE... -- TEST...
-- With --list instead it prints the messages, `...` for what is filled in, without those that name
-- only a kind of value ("table"), which "... expected, got ..." stands for.
--   lua tools/lint_messages.lua --list SOURCE...

local function read(path)
    local file = assert(io.open(path))
    local text = file:read("a")
    file:close()
    return text
end

local hidden = {["("] = "\1", [")"] = "\2"}
local shown = {["\1"] = "(", ["\2"] = ")"}

--- A C file without comments, its character constants and directives blanked.
local function strip(text)
    local out, at = {}, 1
    while at <= #text do
        local from, to = text:find("^/%*.-%*/", at)
        if not from then from, to = text:find("^'\\?[^\n]'", at) end
        if from then
            out[#out + 1] = (text:sub(from, to):gsub("[^\n]", " "))
        else
            from, to = text:find('^"[^"\\\n]*"', at)
            if not from then
                to = at
                if text:sub(at, at) == '"' then -- a string with escapes
                    to = at + 1
                    while text:sub(to, to) ~= '"' do
                        to = to + (text:sub(to, to) == "\\" and 2 or 1)
                    end
                end
            end
            local piece = text:sub(at, to)
            if to > at then piece = piece:gsub("[()]", hidden) end -- they balance outside strings
            out[#out + 1] = piece
        end
        at = to + 1
    end
    return table.concat(out)
end

local escapes = {n = "\n", t = "\t", ["0"] = "\0"}

--- The strings in a piece of C, adjacent ones joined.
local function strings(code)
    local found, at = {}, 1
    while true do
        local from = code:find('"', at, true)
        if not from then return found end
        local to, piece = from + 1, {}
        while code:sub(to, to) ~= '"' do
            assert(to <= #code, "a string without end")
            local c = code:sub(to, to)
            if c == "\\" then
                to = to + 1
                c = code:sub(to, to)
                c = escapes[c] or c
            end
            piece[#piece + 1] = shown[c] or c
            to = to + 1
        end
        local joined = from > 1 and found[#found] and code:sub(at, from - 1):match("^%s*$")
        if joined then
            found[#found] = found[#found] .. table.concat(piece)
        else
            found[#found + 1] = table.concat(piece)
        end
        at = to + 1
    end
end

local lua_escapes = {n = "\n", t = "\t", ["\n"] = "\n"}

--- The Lua string that begins at a quotation mark, and where it ends.
local function quoted_string(code, from)
    local mark, piece, to = code:sub(from, from), {}, from + 1
    while code:sub(to, to) ~= mark do
        assert(to <= #code, "a string without end")
        local c = code:sub(to, to)
        if c == "\\" then
            local digits = code:match("^%d%d?%d?", to + 1)
            to = to + (digits and #digits or 1)
            c = digits and string.char(tonumber(digits)) or lua_escapes[code:sub(to, to)] or code:sub(to, to)
        end
        piece[#piece + 1] = c
        to = to + 1
    end
    return table.concat(piece), to
end

--- The strings in a piece of Lua, concatenated ones joined; comments are none.
local function lua_strings(code)
    local found, at, last = {}, 1, 1
    local function add(text, from, to)
        if found[1] and code:sub(last, from - 1):match("^%s*%.%.%s*$") then
            found[#found] = found[#found] .. text
        else
            found[#found + 1] = text
        end
        last, at = to + 1, to + 1
    end
    while true do
        local from = code:find("[\"'%[%-]", at)
        if not from then return found end
        local level = code:match("^%[(=*)%[", from)
        if level then
            local first, final = code:find("]" .. level .. "]", from, true)
            add(code:sub(from + #level + 2, first - 1):gsub("^\n", ""), from, final)
        elseif code:find("^%-%-%[%[", from) then
            at = select(2, code:find("]]", from, true)) + 1
        elseif code:find("^%-%-", from) then
            at = code:find("\n", from, true) or #code + 1
        elseif code:find("^[\"']", from) then
            local text, to = quoted_string(code, from)
            add(text, from, to)
        else
            at = from + 1
        end
    end
end

--- A printf format as a pattern.
local function pattern(format)
    local escaped = format:gsub("%%%%", "\3"):gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0")
    return (escaped:gsub("%%%%[%%%.%*%-lz]*[sducxIpf]", ".*"):gsub("\3", "%%%%"))
end

-- Messages that nothing here can bring about, and why.
local elsewhere = {
    ["cffi: this libffi loses half of a 128-bit argument of callback '%s'\n"] =
        "the libffi of another system",
    ["libffi cannot give back an empty struct on this machine"] = "s390x and i386",
    ["cffi was built for processors with '%s', which this one lacks: build it without -march"] =
        "a build for another processor: what it asks is a spec's",
}

--- What the tests would quote for a message of this call.
local shapes = {
    cdecl__expect = function(why) return ("expected '.-' " .. pattern(why) .. ", got ") end,
    cdecl__expected = function(what) return "expected " .. pattern(what) .. ", got " end,
    cdecl__integer = function(what) return pattern(what) .. " is not an integer constant" end,
    lffi_expected = function(what) return pattern(what) .. " expected, got " end,
}

local function plain(format) return pattern(format) end

local function shape_of(name)
    if shapes[name] then return shapes[name] end
    if name:match("^cdecl__fail") or name == "fail_here" or name:match("_error$") or
        name:match("^lffi_format_") then
        return plain
    end
end

-- Functions whose strings are parts of messages when they have three words.
local builders = {lua_pushfstring = true, lua_pushliteral = true, luaL_checkstack = true, keep_failure = true,
                  fprintf = true, fputs = true}

local function has_words(text) return text:find("%a+ [^ ]* ?%a+ [^ ]* ?%a") end

local function messages(path, report)
    local code = strip(read(path))
    local function each(start, source, shape, filter)
        local _, line = code:sub(1, start):gsub("\n", "\n")
        for _, text in ipairs(strings(source)) do
            if #text > 3 and (not filter or filter(text)) then report(path, line + 1, text, shape(text)) end
        end
    end
    for start, name, args in code:gmatch("()([%w_]+)(%b())") do
        local shape = shape_of(name)
        if shape then each(start, args, shape) end
        if builders[name] then each(start, args, plain, has_words) end
    end
    for start, value in code:gmatch("()why = ([^;]*);") do each(start, value, plain) end
    for start, value in code:gmatch("()return ([^;]*);") do
        if not value:find("(", 1, true) then each(start, value, plain, has_words) end
    end
end

-- What formats put in the place of a type's name.
local parts = {["const "] = true, ["a pointer"] = true, ["..."] = true}

--- A message as a reader meets it.
local function print_message(_, _, text, wanted)
    if wanted:find(" expected, got ", 1, true) and not text:find(" expected", 1, true) then return end
    text = text:gsub("%%%%", "\3"):gsub("%%[%.%*%-lz]*[sducxIpf]", "..."):gsub("\3", "%%"):gsub("\n", "")
    if not parts[text] and not text:find("^'[%l_ ]+%**'$") then print(text) end
end

if arg[1] == "--list" then
    for i = 2, #arg do messages(arg[i], print_message) end
    os.exit(true)
end

local sources, tests = {}, {}
local list = sources
for _, argument in ipairs(arg) do
    if argument == "--" then list = tests else list[#list + 1] = argument end
end

local quoted = {}
for _, path in ipairs(tests) do
    local found
    if path:match("%.lua$") then
        found = lua_strings(read(path))
    else
        found = strings(strip(read(path)))
    end
    table.move(found, 1, #found, #quoted + 1, quoted)
end

local missing, count = 0, 0
for _, path in ipairs(sources) do
    messages(path, function(file, line, text, wanted)
        if elsewhere[text] then return end
        count = count + 1
        for _, quote in ipairs(quoted) do
            if quote:find(wanted) then return end
        end
        missing = missing + 1
        print(("lint-messages: %s:%d: no test quotes \"%s\""):format(file, line, text))
    end)
end
print(("lint-messages: %d messages, %d quoted"):format(count, count - missing))
os.exit(missing == 0)
