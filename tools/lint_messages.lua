--- Checks that the tests quote every error message of the parser in full.
-- A message is a string in a call of cdecl__fail*, cdecl__expected, cdecl__expect or cdecl__integer;
-- it is quoted when the Check suites contain it, with anything for its %s and %d:
--   lua tools/lint_messages.lua SOURCE... -- TEST...

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

--- A printf format as a pattern.
local function pattern(format)
    local escaped = format:gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0")
    return (escaped:gsub("%%%%[%%%.%*%-lz]*[sducx]", ".*"))
end

--- What the tests would quote for a message of this call.
local shapes = {
    cdecl__expect = function(why) return ("expected '.-' " .. pattern(why) .. ", got ") end,
    cdecl__expected = function(what) return "expected " .. pattern(what) .. ", got " end,
    cdecl__integer = function(what) return pattern(what) .. " is not an integer constant" end,
}

local function plain(format) return pattern(format) end

local function messages(path, report)
    local code = strip(read(path))
    for start, name, args in code:gmatch("()([%w_]+)(%b())") do
        local shape = shapes[name]
        if not shape and (name:match("^cdecl__fail") or name == "fail_here") then shape = plain end
        if shape then
            local _, line = code:sub(1, start):gsub("\n", "\n")
            for _, text in ipairs(strings(args)) do
                if #text > 3 then report(path, line + 1, text, shape(text)) end
            end
        end
    end
end

local sources, tests = {}, {}
local list = sources
for _, argument in ipairs(arg) do
    if argument == "--" then list = tests else list[#list + 1] = argument end
end

local quoted = {}
for _, path in ipairs(tests) do
    for _, text in ipairs(strings(strip(read(path)))) do quoted[#quoted + 1] = text end
end

local missing, count = 0, 0
for _, path in ipairs(sources) do
    messages(path, function(file, line, text, wanted)
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
