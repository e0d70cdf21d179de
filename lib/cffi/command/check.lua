-- cffi check FILE...: all errors of C declarations. ffi.cdef stops at the first; here the
-- declaration that has it is blanked and the rest read again.
local check = {}

local MAX_ERRORS = 200

-- ---- where declarations end --------------------------------------------------------------------

-- Position behind the comment, string or character literal that begins at `at`; nil when none does.
local function skip(text, at)
    local two = text:sub(at, at + 1)
    if two == "/*" then
        local _, last = text:find("*/", at + 2, true)
        return (last or #text) + 1
    elseif two == "//" then
        return text:find("\n", at, true) or #text + 1
    end
    local quote = text:match("^[\"']", at)
    if quote then
        local i = at + 1
        while i <= #text and text:sub(i, i) ~= quote and text:sub(i, i) ~= "\n" do
            i = i + (text:sub(i, i) == "\\" and 2 or 1)
        end
        return i + 1
    end
end

-- The line of a directive, with those it goes on in.
local function end_of_directive(text, at)
    repeat
        local last = text:find("\n", at, true) or #text
        local goes_on = text:sub(last - 1, last - 1) == "\\"
        at = last + 1
    until not goes_on or at > #text
    return at - 1
end

local DEPTH = { ["{"] = 1, ["}"] = -1 } -- no other bracket has a ";" in it

local function begins_line(text, at)
    repeat
        at = at - 1
    until not text:find("^[ \t]", at)
    return at < 1 or text:sub(at, at) == "\n"
end

-- First and last position of each declaration and directive outside of them.
local function pieces_of(text)
    local pieces, first, depth, at = {}, 1, 0, 1
    while at <= #text do
        local behind = skip(text, at)
        local c = text:sub(at, at)
        if behind then
            at = behind
        elseif c == "#" and depth == 0 and begins_line(text, at) then
            local last = end_of_directive(text, at)
            pieces[#pieces + 1] = { first, last }
            first, at = last + 1, last + 1
        elseif c == ";" and depth <= 0 then
            pieces[#pieces + 1] = { first, at }
            first, at, depth = at + 1, at + 1, 0
        else
            depth = depth + (DEPTH[c] or 0)
            at = at + 1
        end
    end
    pieces[#pieces + 1] = { first, #text }
    return pieces
end

-- ---- errors ------------------------------------------------------------------------------------

local function position_of(text, line, column)
    local at = 1
    for _ = 2, line do
        at = (text:find("\n", at, true) or #text) + 1
    end
    return math.min(at + column - 1, math.max(#text, 1))
end

local function blanked(text, first, last)
    return text:sub(1, first - 1) .. text:sub(first, last):gsub("[^\n]", " ") .. text:sub(last + 1)
end

-- The last piece that begins before the error; an error at the end of the text is of the last that
-- has anything in it.
local function piece_at(pieces, text, at)
    local found
    for _, piece in ipairs(pieces) do
        if piece[1] <= at and text:sub(piece[1], piece[2]):find "%S" then
            found = piece
        end
    end
    return found
end

local UNKNOWN = { "^unknown type '([%w_]+)'", "^undeclared tag '%a+ ([%w_]+)'",
    "^undeclared '([%w_]+)'", "^'([%w_]+)' is not declared", "^size of '%a* ?([%w_]+)' is unknown" }

-- The name that a message says is unknown.
local function unknown_name(message)
    for _, pattern in ipairs(UNKNOWN) do
        local name = message:match(pattern)
        if name then
            return name
        end
    end
end

-- Whether a message only complains that something is unknown which a blanked declaration had.
local function is_consequence(message, lost)
    local name = unknown_name(message)
    return name ~= nil and lost[name]
end

-- A list of { line, column, text } for a C text, in order; and how many declarations are left.
function check.errors(text)
    local errors, lost = {}, {}
    while #errors < MAX_ERRORS do
        local ffi = require "cffi".scope {}
        local ok, message = pcall(ffi.cdef, text)
        if ok then
            local count = 0
            for _ in ffi.declarations() do count = count + 1 end
            return errors, count
        end
        local line, column, rest = message:match "^(%d+):(%d+): (.*)$"
        if not line then
            error(message, 0)
        end
        local piece = piece_at(pieces_of(text), text, position_of(text, line, column))
        if not is_consequence(rest, lost) then
            errors[#errors + 1] = { tonumber(line), tonumber(column), rest }
        end
        if not piece then
            break
        end
        for name in text:sub(piece[1], piece[2]):gmatch "[%a_][%w_]*" do
            lost[name] = true
        end
        lost[unknown_name(rest) or ""] = nil -- that one is not declared there
        text = blanked(text, piece[1], piece[2])
    end
    return errors, 0
end

local function read(path)
    if path == "-" then
        return io.stdin:read "a"
    end
    local file = assert(io.open(path, "rb"))
    local text = file:read "a"
    file:close()
    return text or error(path .. ": cannot be read", 0)
end

return setmetatable(check, { __call = function(_, plan)
    local bad = 0
    for _, path in ipairs(plan.words) do
        local ok, text = pcall(read, path)
        if not ok then
            error(text, 0)
        end
        local errors, count = check.errors(text)
        table.sort(errors, function(a, b) return a[1] < b[1] or a[1] == b[1] and a[2] < b[2] end)
        for _, found in ipairs(errors) do
            io.write(("%s:%d:%d: %s\n"):format(path, table.unpack(found)))
        end
        bad = bad + #errors
        if #errors == 0 then
            io.write(("%s: no errors, %d declaration%s\n"):format(path, count,
                count == 1 and "" or "s"))
        end
    end
    if bad > 0 then
        os.exit(1, true)
    end
end })
