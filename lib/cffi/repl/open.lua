-- Whether an input that grows line by line is surely not complete yet, told from each new line
-- alone: to ask the compilers after each line would take time with the square of a long input's
-- lines. What it cannot be sure of, it leaves to them.
--
--   local feed = open(is_c)
--   feed "x = {"  --> true: a bracket is open
local lexer = require "cffi.repl.lexer"

local BRACKETS = { ["("] = 1, ["["] = 1, ["{"] = 1, [")"] = -1, ["]"] = -1, ["}"] = -1 }
local BLOCKS = { ["function"] = 1, ["do"] = 1, ["if"] = 1, ["repeat"] = 1, ["end"] = -1,
    ["until"] = -1 }
-- What nothing ends with.
local GOES_ON = { ["and"] = true, ["or"] = true, ["not"] = true }
for symbol in ("+-*/%^&|~=<,"):gmatch "." do
    GOES_ON[symbol] = true
end

-- What closes the comment or long string that begins at `at`, and where to look for that.
local function opening_at(line, at)
    local level, last = line:match("^%-%-%[(=*)%[()", at)
    if not level then
        level, last = line:match("^%[(=*)%[()", at)
    end
    if level then
        return "]" .. level .. "]", last
    elseif line:find("^/%*", at) then
        return "*/", at + 2
    end
end

-- Looks for what closes; where the rest of the line begins, nil when it is still open there.
local function close(self, line, at)
    local _, last = line:find(self.closing, at, true)
    self.closing = not last and self.closing or nil
    return last and last + 1
end

local function take_token(self, line, at)
    local kind, last = lexer.token_at(line, at)
    local token = line:sub(at, last)
    if kind == "string" and (#token == 1 or token:sub(-1) ~= token:sub(1, 1)) then
        self.is_lost = true -- a string of many lines
    elseif kind ~= "string" then
        local block = not self.is_c and kind == "name" and BLOCKS[token]
        self.depth = self.depth + (BRACKETS[token] or block or 0)
    end
    self.last = token
    return last + 1
end

local function is_comment(self, line, at)
    return line:find("^%-%-", at) or self.is_c and line:find("^//", at)
end

local function scan(self, line)
    local at = self.closing and close(self, line, 1) or not self.closing and 1
    at = at and line:find("%S", at)
    while at do
        local closing, inside = opening_at(line, at)
        if closing then
            self.closing, self.last = closing, nil
            at = close(self, line, inside)
        elseif is_comment(self, line, at) then
            break
        else
            at = take_token(self, line, at)
        end
        at = at and line:find("%S", at)
    end
end

-- A function that takes the next line, without its end, and tells whether more must follow. `is_c`:
-- it began as a C text.
return function(is_c)
    local self = { is_c = is_c, depth = 0 }
    return function(line)
        scan(self, line)
        return not self.is_lost and (self.closing ~= nil or self.depth > 0
            or GOES_ON[self.last] or is_c and line:find "\\%s*$" ~= nil) or false
    end
end
