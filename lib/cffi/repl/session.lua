-- A session of the prompt: it takes lines, evaluates them, writes what came of it, survives every
-- error. It knows no terminal: lines come from `read`, text goes to `write` and `write_error`.
--
--   session.run{ read = function(prompt) return line or nil end, ... }  --> number of errors
--
-- An input is a command (`:name ...`, `?name`), an expression, which is printed, a statement, or a
-- C declaration; one that is not complete asks for more lines.
local chunk = require "cffi.repl.chunk"
local hint = require "cffi.repl.hint"
local names = require "cffi.repl.names"
local open = require "cffi.repl.open"
local style = require "cffi.repl.style"

require "cffi"
-- Calls a function, and makes what crashes in C an error (lua_ffi/face/guard.c).
local guard = debug.getregistry()["cffi.guard"]

local EAGER_LINES = 100 -- of an input that is compiled after each of its first lines

local session = {}

local methods = {}
methods.__index = methods

-- ---- text --------------------------------------------------------------------------------------

-- An error value as text, whatever it is and whatever its __tostring does.
function session.message_of(err)
    local mt = getmetatable(err)
    if type(err) == "string" or math.type(err) or type(mt) == "table" and mt.__tostring then
        local ok, text = pcall(tostring, err)
        if ok then
            return text
        end
    end
    return ("(error object is a %s value)"):format(type(err))
end

-- Control characters of an error's text as escapes, for they would reach the terminal.
local function printable(text)
    text = text:gsub("[\0-\8\11-\31\127]", function(c) return ("\\x%02x"):format(c:byte()) end)
    return utf8.len(text) and text
        or text:gsub("[\128-\255]", function(c) return ("\\x%02x"):format(c:byte()) end)
end

-- Nothing more can be said once the output is gone.
local function write_out(text)
    local written, why = io.stdout:write(text)
    if not written then
        io.stderr:write("cffi: cannot write: ", why, "\n")
        os.exit(1, true)
    end
end

-- After what was written before it, also where both go to one file.
local function write_err(text)
    io.stdout:flush()
    io.stderr:write(text)
end

function methods:print(text, ...)
    self.write((select("#", ...) > 0 and text:format(...) or text) .. "\n")
end

function methods:complain(message)
    self.errors = self.errors + 1
    self.write_error(self.style.errors(printable(message)) .. "\n")
end

-- Pages the texts of a list of { name =, text = }, sorted by the names.
function methods:page_by_name(rows)
    table.sort(rows, function(a, b) return a.name < b.name end)
    for i, row in ipairs(rows) do
        rows[i] = row.text
    end
    self.page(rows)
end

-- Values as the prompt shows them: side by side, or one below the other when one has many lines.
function methods:text_of(...)
    local texts, separator = {}, "\t"
    for i = 1, select("#", ...) do
        texts[i] = self.ffi.inspect((select(i, ...)), { width = self.width() })
        separator = texts[i]:find "\n" and "\n" or separator
    end
    return table.concat(texts, separator)
end

-- ---- what was typed ----------------------------------------------------------------------------

-- Keeps an input that worked, for :save. kind: "expression", "statement", "C", "include", "lib".
function methods:keep(kind, text)
    self.inputs[#self.inputs + 1] = { kind = kind, text = text }
end

-- The C functions on errno see what the input before left, whatever the prompt did meanwhile.
local function evaluate(self, run)
    self.ffi.errno(self.errno)
    local results = table.pack(pcall(guard, run))
    self.errno = self.ffi.errno()
    if not results[1] then
        error(results[2], 0)
    end
    return results
end

-- The iterators that ffi.symbols and ffi.declarations return, and only those, are listed.
local function is_listing(text, value)
    return text:find "^%s*[%w_.]+%.symbols%f[^%w_]" and type(value) == "function"
        or text:find "^%s*[%w_.]+%.declarations%f[^%w_]" and type(value) == "function"
end

local function list(self, iterator)
    local rows = {}
    for name, kind, more in iterator do
        local text = type(more) == "string" and more or ("%-8s %s"):format(kind, name)
        rows[#rows + 1] = { name = name, text = text }
    end
    self:page_by_name(rows)
end

local function run_lua(self, input)
    local results = evaluate(self, input.run)
    local is_statement = results.n == 1 and load(input.text, "=stdin", "t")
    local is_list = results.n == 2 and is_listing(input.text, results[2])
    self:keep(is_statement and "statement" or is_list and "list" or input.kind, input.text)
    if is_list then
        list(self, results[2])
    elseif results.n > 1 then
        self.names.set("_", results[2])
        self.names.set("__", table.move(results, 2, results.n, 1, {}))
        self:print(self:text_of(table.unpack(results, 2, results.n)))
        local near = results.n == 2 and results[2] == nil and hint.of_nil(self, input.text)
        if near then
            self:print("%s", self.style.notes(near))
        end
    end
end

-- What a C text declares, for a note.
local function declared_in(ffi, text)
    local words, ok, declarations = {}, pcall(ffi.parse, text)
    for i, declaration in ipairs(ok and declarations or {}) do
        words[i] = declaration.name
    end
    for _, kind in ipairs { "struct", "union", "enum" } do
        for name in text:gmatch("%f[%w_]" .. kind .. "%s+([%a_][%w_]*)%s*{") do
            words[#words + 1] = kind .. " " .. name
        end
    end
    for name in ("\n" .. text):gmatch "\n%s*#%s*define%s+([%a_][%w_]*)" do
        words[#words + 1] = name
    end
    return table.concat(words, ", ")
end

-- Declares a C text and says so.
local function run_c(self, text)
    local ffi = self:current_ffi()
    local words = declared_in(ffi, text)
    ffi.cdef(text)
    self:keep("C", text)
    if words ~= "" then -- it is not a comment alone
        self:print("%s", self.style.notes("declared " .. words))
    end
end

-- The first value of a Lua expression that a command was given.
function methods:value_of(text)
    local run, err = load("return " .. text, "=stdin", "t", self.names.env)
    if not run then
        error(err, 0)
    end
    return evaluate(self, run)[2]
end

-- Iterates over what is declared and what the included headers define: name, kind, text, file and
-- line.
function methods:declarations(pattern)
    return coroutine.wrap(function()
        local seen = {}
        for name, kind, text, file, line in self.ffi.declarations(pattern) do
            seen[name] = true
            coroutine.yield(name, kind, text, file, line)
        end
        for _, entry in ipairs(self.headers) do
            for name, kind, text, file, line in self.ffi.declarations(entry.namespace, pattern) do
                if not seen[name] then
                    seen[name] = true
                    coroutine.yield(name, kind, text, file, line)
                end
            end
        end
    end)
end

-- Calls visit(name, kind) for those that begin so, without asking for what takes time, until that
-- returns true.
function methods:each_name(prefix, visit)
    for name, kind in self.ffi.declarations("^" .. prefix), "names" do
        if visit(name, kind) then
            return
        end
    end
    for _, entry in ipairs(self.headers) do
        if debug.getmetatable(entry.namespace).__cffi_names_with(prefix, visit) then
            return
        end
    end
end

-- Kind, text, file and line of one of them.
function methods:declaration(name)
    local kind, text, file, line = self.ffi.declaration(name)
    if kind or not name:find "^[%w_]+$" then
        return kind, text, file, line
    end
    return select(2, self:declarations("^" .. name .. "$")())
end

-- The scope that `ffi` is at the prompt, which the user may have changed.
function methods:current_ffi()
    local ffi = self.names.get "ffi"
    return type(ffi) == "table" and rawget(ffi, "cdef") and ffi or self.ffi
end

-- A text that is no Lua, with Lua's message. As C when it is that.
local function try_c(self, text, message)
    local ffi = self:current_ffi()
    if text:find "\\%s*$" and chunk.looks_like_c(text, ffi) then
        return nil, "the last line ends with a backslash, which continues it", true
    end
    local is_c, why = pcall(ffi.parse, text)
    if text:find "%S" and (is_c or why:find "the text declares nothing" -- but a tag
        and chunk.looks_like_c(text, ffi)) then
        return { c = text }
    elseif not is_c and chunk.looks_like_c(text, ffi) then
        return nil, why, chunk.is_open_c(text)
    end
    return nil, message, false
end

local function with_caret(self, text, message)
    local line, column = chunk.error_place(text, message)
    if not line then
        return message
    end
    local at = 0
    for source in (text .. "\n"):gmatch "(.-)\n" do
        at = at + 1
        if at == line then
            local blank = source:sub(1, column - 1):gsub("[^\t]", " ")
            return ("%s\n    %s\n    %s%s"):format(message, source, blank, self.style.carets "^")
        end
    end
end

-- A text as an input; or nil, the message, and whether more lines could complete it.
local function compile(self, text)
    local input, message, is_open = chunk.compile(text, {
        name = "=stdin", env = self.names.env, line = self.first_line })
    if input or is_open then
        return input, message, is_open
    end
    local found, why, c_is_open = try_c(self, text, message)
    if found or c_is_open or why ~= message then
        return found, why, c_is_open
    end
    return nil, with_caret(self, text, message), false
end

-- ---- rounds ------------------------------------------------------------------------------------

local BARE_COMMANDS = { help = ":help", quit = ":quit", exit = ":quit", ["?"] = ":help" }

-- The command that a line is, as typed; nil when it is none.
local function command_in(self, line)
    local word = line:match "^%s*(%S+)%s*$"
    if BARE_COMMANDS[word] and self.names.get(word) == nil then
        return BARE_COMMANDS[word]
    end
    return line:match "^%s*([:?].*)$"
end

local function next_line(self, prompt)
    self.reading = true
    local line = self.read(prompt)
    self.reading = false
    self.line = self.line + (line and 1 or 0)
    return line
end

-- The input that begins with this line and may span more. A long one is compiled when its last line
-- may have completed it; and now and then besides, for what is wrong in it.
local function read_rest(self, line)
    local lines, due = {}, EAGER_LINES
    local feed = open(line and chunk.looks_like_c(line, self:current_ffi()))
    local input, err, is_open
    while line do
        lines[#lines + 1] = line
        is_open = feed(line)
        if not is_open or #lines < EAGER_LINES or #lines >= due then
            due = #lines + #lines // 4
            input, err, is_open = compile(self, table.concat(lines, "\n"))
        end
        line = is_open and next_line(self, ">> ")
    end
    self.text = table.concat(lines, "\n")
    if is_open and #lines >= EAGER_LINES then -- its end was not compiled
        input, err = compile(self, self.text)
    end
    return input, err
end

-- Reads one input, which may span lines. Returns it; or nil and a message when it does not compile;
-- or nothing at the end.
local function read_input(self)
    local text = next_line(self, "> ")
    self.first_line = self.line
    local command = text and command_in(self, text)
    if command then
        self.text = command
        return { command = command }
    end
    return read_rest(self, text)
end

-- One round. False at the end.
local function step(self)
    local input, err = read_input(self)
    if not input then
        return err and error(err, 0) or false
    elseif input.command then
        guard(require "cffi.repl.commands".run, self, input.command)
    elseif input.c then
        run_c(self, input.c)
    else
        self.names.declare(input.names)
        run_lua(self, input)
    end
    return not self.is_over
end

-- What went wrong in a round. The whole of it is protected, for ^C may interrupt it anywhere; but a
-- reader that fails by itself would fail for ever.
local function report(self, err)
    local message = session.message_of(err)
    if self.reading and not message:find "interrupted!$" then
        error(err, 0)
    elseif self.reading then
        message = "interrupted!" -- not where the reader was
    end
    self.reading = false
    self:complain(hint.complete(self, message))
    if message:find "C crashed %(SIG" then
        local advice = "the process may be damaged; :save FILE keeps what worked"
        self.write_error(self.style.notes(advice) .. "\n")
    end
end

-- A session; see the head of the file. options: read, write, write_error, env (the global table),
-- page (shows a list of lines), width (function), colour.
function session.new(options)
    local self = setmetatable({
        read = options.read,
        write = options.write or write_out,
        write_error = options.write_error or write_err,
        width = options.width or function() return 80 end,
        style = style(options.colour),
        ffi = require "cffi",
        globals = options.env or _G,
        errors = 0, line = 0, first_line = 1, text = "", inputs = {}, errno = 0,
        libraries = {}, headers = {},
    }, methods)
    self.page = options.page or function(lines)
        for _, line in ipairs(lines) do
            self.write(line .. "\n")
        end
    end
    self.names = names(self.globals)
    self.names.predefine(self.ffi)
    return self
end

-- Runs a command that nobody typed.
function methods:take(line)
    local ok, err = pcall(require "cffi.repl.commands".run, self, line)
    if not ok then
        report(self, err)
    end
end

function methods:run()
    repeat
        local ok, more = pcall(step, self)
        if not ok then
            report(self, more)
        end
    until ok and not more
    return self.errors
end

function session.run(options)
    return session.new(options):run()
end

return session
