-- The prompt: reads a line, evaluates it, prints the values, survives every error. It knows no
-- terminal: lines come from `read`, text goes to `write` and `write_error`.
--
--   repl.run{ read = function(prompt) return line or nil end, ... }  --> number of errors
--
-- An expression is printed, with or without `=` before it; a statement that is not complete asks
-- for more lines. As in the `lua` prompt each input is a chunk of its own: a `local` ends with it.
local ffi = require "cffi"

local repl = {}

local function is_incomplete(err)
    return err and err:sub(-5) == "<eof>"
end

-- An expression first, so that `x` and `f()` print; then a statement. Returns the function, or nil,
-- the message, and whether more lines could complete the text.
function repl.compile(text, name, env)
    local expression = text:match "^%s*=(.*)"
    local chunk, err = load("return " .. (expression or text), name, "t", env)
    if not chunk and not expression and not is_incomplete(err) then
        chunk, err = load(text, name, "t", env)
    end
    return chunk, err, is_incomplete(err)
end

-- An error value as text, whatever it is and whatever its __tostring does.
function repl.message_of(err)
    local mt = getmetatable(err)
    if type(err) == "string" or type(mt) == "table" and mt.__tostring then
        local ok, text = pcall(tostring, err)
        if ok then
            return text
        end
    end
    return ("(error object is a %s value)"):format(type(err))
end

-- Reads one input, which may span lines. Returns its function; or nil and a message when it does
-- not compile; or nothing at the end.
local function read_chunk(self)
    self.reading = true
    local text = self.read "> "
    local chunk, err, incomplete
    while text do
        chunk, err, incomplete = repl.compile(text, "=stdin", self.env)
        local line = incomplete and self.read ">> "
        if not line then
            break
        end
        text = text .. "\n" .. line
    end
    self.reading = false
    return chunk, err
end

local function write_values(write, show, ...)
    local n = select("#", ...)
    if n > 0 then
        local texts = {}
        for i = 1, n do
            texts[i] = show((select(i, ...)))
        end
        write(table.concat(texts, "\t") .. "\n")
    end
end

local function write_out(text)
    io.stdout:write(text)
end

-- After what was written before it, also where both go to one file.
local function write_err(text)
    io.stdout:flush()
    io.stderr:write(text)
end

-- Prints values, if there are any, as the prompt does, but strings as they are.
function repl.print_values(...)
    write_values(write_out, function(value)
        return type(value) == "string" and value or ffi.inspect(value)
    end, ...)
end

-- What is there without `require`.
function repl.predefine(env)
    env.ffi, env.C = ffi, ffi.C
end

-- One round. False at the end of the input.
local function step(self)
    local chunk, err = read_chunk(self)
    if chunk then
        write_values(self.write, ffi.inspect, chunk())
    elseif err then
        error(err, 0)
    end
    return chunk ~= nil or err ~= nil
end

function repl.run(options)
    local self = {
        read = options.read,
        write = options.write or write_out,
        write_error = options.write_error or write_err,
        env = options.env or _G,
    }
    repl.predefine(self.env)
    local errors = 0
    -- The whole round is protected, for ^C may interrupt it anywhere; but a reader that fails by
    -- itself would fail for ever.
    repeat
        local ok, more = pcall(step, self)
        if not ok then
            local message = repl.message_of(more)
            if self.reading and not message:find "interrupted!$" then
                error(more, 0)
            elseif self.reading then
                message = "interrupted!" -- not where the reader was
            end
            errors = errors + 1
            self.write_error(message .. "\n")
        end
    until ok and not more
    return errors
end

return repl
