-- The commands of the prompt, in one table: what `:help`, completion and the manual page say of
-- them comes from here. Their work is done by the modules beside this one.
local near = require "cffi.repl.near"

local commands = {}

-- Each: name, what it takes, one line of help, more of it; `completes`: what Tab offers for its
-- argument; run(session, argument).
local function module(name, part)
    return function(session, argument)
        local loaded = require("cffi.repl." .. name)
        return (part and loaded[part] or loaded)(session, argument)
    end
end

commands.list = {
    { name = "help", takes = "[COMMAND]", says = "these commands, or more about one",
        more = "Without a colon it works as well.", completes = "commands",
        run = function(session, argument) commands.help(session, argument) end },
    { name = "include", takes = "FILE.h...", says = "reads C headers and finds their library",
        more = [[
The compiler reads them. Their functions, variables, constants, macros and types are then there
without prefix, after Lua's own globals; _ is the namespace that has them. Several headers that go
together stand in one command, and the words pkg=NAME (what pkg-config knows) and lib=NAME may be
among them. Without an argument: what was included.]],
        completes = "headers", run = module("headers", "include") },
    { name = "lib", takes = "NAME", says = "opens a library",
        more = [[
NAME is a name (z), a file name (libz.so.1) or a path. The namespace is bound to the stem of the
name: z. Functions need a declaration: a header, or a prototype typed at the prompt. Without an
argument: the libraries that are open.]],
        completes = "libraries", run = module "libraries" },
    { name = "find", takes = "WORD", says = "looks for a name everywhere",
        more = [[
In this order: what is declared, what open libraries export, the system's headers and libraries by
name, what the system's libraries export, what its headers declare. WORD is a part of the name, or
a glob: *_open.]],
        completes = "names", run = module "find" },
    { name = "layout", takes = "TYPE", says = "offsets, sizes and holes of a struct, as of pahole",
        more = "TYPE is C (struct stat) or a Lua expression that gives a type or an object.",
        completes = "types", run = function(session, text) commands.layout(session, text) end },
    { name = "x", takes = "VALUE [N]", says = "the bytes at a pointer, of an object or a string",
        more = "N is how many; without it what the type says. Looking at wild pointers is safe.",
        completes = "names", run = function(session, text) commands.examine(session, text) end },
    { name = "time", takes = "EXPRESSION", says = "how long an expression takes",
        more = "It is repeated until a fifth of a second has passed, and the mean is told.",
        completes = "names", run = module "time" },
    { name = "trace", takes = "LIBRARY", says = "shows every call of a library; again: no more",
        more = [[
LIBRARY is a namespace (z, C) or an included header (zlib.h). Arguments stand with their names,
errno where a call failed. Seen are calls from Lua through the namespace: not those of functions
taken from it before, of function pointers, or from C to C. A traced function is a Lua function:
where it is passed to C it becomes a callback, and a call takes some microseconds more.]],
        completes = "names", run = module "tracing" },
    { name = "bind", takes = "FILE.h... [-o FILE.lua]", says = "writes headers as a Lua module",
        more = [[
The module needs no compiler and no header where it is used: require it for the namespace that
:include gives. FILE.d.lua is written beside it, for editors. pkg=NAME and lib=NAME are as for
:include. Without -o the module is shown.]],
        completes = "headers", run = module("headers", "bind") },
    { name = "save", takes = "FILE", says = "the inputs that worked, as a script for plain Lua",
        more = "Expressions are printed there. Inputs that failed are left out.",
        completes = "files", run = module "save" },
    { name = "reset", takes = "", says = "forgets declarations, headers, names; the process stays",
        more = [[
`ffi` is a new scope afterwards. Global variables that are Lua's own or the script's stay; so do
libraries that are loaded, and what they have done.]],
        run = function(session) commands.reset(session) end },
    { name = "quit", takes = "", says = "ends, as ^D does",
        run = function(session) session.is_over = true end },
}

-- What stands for itself, in the same form.
commands.others = {
    { usage = "?NAME", says = "what a name is: prototype, comment, where it stands, library",
        more = [[
The comment is the one that the header has above the declaration or beside it. A name that is not
declared is looked for among the exports of open libraries. ?GLOB (?sqlite3_bind_*) lists the names
that it fits.]] },
    { usage = "_, __", says = "the first of the values printed last, and the list of all of them" },
}

local function find_command(name)
    for _, command in ipairs(commands.list) do
        if command.name == name then
            return command
        end
    end
end

-- What Tab offers for the argument of a command.
function commands.completes(name)
    local command = find_command(name)
    return command and command.completes
end

function commands.usage(command)
    return command.usage or (":" .. command.name .. " " .. command.takes):gsub(" +$", "")
end

local function unknown(name)
    local names = {}
    for i, command in ipairs(commands.list) do
        names[i] = command.name
    end
    local nearest = near(name, names)
    error(("no command ':%s'%s"):format(name, nearest and (" (did you mean ':%s'?)"):format(nearest)
        or " (:help lists them)"), 0)
end

-- Runs a command's function. An error's place in these modules tells the user nothing.
local function protected(run, ...)
    local ok, err = pcall(run, ...)
    if not ok then
        error(type(err) == "string" and err:gsub("^[^\n:]*/repl/%l+%.lua:%d+: ", "") or err, 0)
    end
end

-- Words that begin with "~/", as shells have them.
local function at_home(text)
    local home = os.getenv "HOME"
    return home and (" " .. text):gsub("(%s[\"'<]?)~/", function(before)
        return before .. home .. "/"
    end):sub(2) or text
end

-- Runs a line that begins with ":" or "?".
function commands.run(session, line)
    local question = line:match "^%?%s*(.-)%s*$"
    if question == "" then
        return commands.help(session, "")
    elseif question then
        return protected(require "cffi.repl.describe", session, question)
    end
    local name, argument = line:match "^:%s*([%w_]*)%s*(.-)%s*$"
    local command = find_command(name)
    if not command then
        unknown(name)
    elseif command.takes == "" and argument ~= "" then
        error((":%s takes no '%s'"):format(name, argument), 0)
    end
    protected(command.run, session, at_home(argument))
end

-- ---- the small ones ----------------------------------------------------------------------------

local function help_of(name)
    name = name:gsub("^:", "")
    if name:sub(1, 1) == "?" then
        return commands.others[1]
    end
    return find_command(name) or unknown(name)
end

function commands.help(session, argument)
    if argument ~= "" then
        local command = help_of(argument)
        session:print("%s", session.style.titles(commands.usage(command)))
        session:print("    %s%s", command.says, command.more and "\n"
            .. ("\n" .. command.more):gsub("\n", "\n    "):sub(2) or "")
        return
    end
    for _, entries in ipairs { commands.list, commands.others } do
        for _, command in ipairs(entries) do
            session:print("  %-28s  %s", commands.usage(command), command.says)
        end
    end
    session:print [[
Everything else is Lua, or a C declaration. Tab completes; `ffi` and `C` are there.]]
end

function commands.layout(session, text)
    if text == "" then
        error(":layout wants a type: :layout struct stat", 0)
    end
    local ffi = session:current_ffi()
    local ok, info = pcall(ffi.reflect, text)
    local ct = text
    if not ok then
        local is_lua, value = pcall(session.value_of, session, text)
        if not is_lua or value == nil or type(value) == "string" then
            error(info, 0)
        end
        ok, info = pcall(ffi.reflect, value)
        if not ok then
            error((":layout wants a type or an object of C, got a %s"):format(type(value)), 0)
        end
        ct = value
    end
    if info.kind == "pointer" and ffi.reflect(info.target).members then
        ct = info.target
    end
    session:print("%s", ffi.layout(ct))
end

function commands.examine(session, text)
    if text == "" then
        error(":x wants a value: :x buffer 64", 0)
    end
    local value, count
    local head, size = text:match "^(.-)%s+(%S+)$"
    if head and not load("return " .. text) then
        value, count = session:value_of(head), session:value_of(size)
    else
        value, size = session:value_of(text), nil
    end
    if value == nil then
        error(("'%s' is nil"):format(size and head or text), 0)
    elseif size and not math.tointeger(count) then
        error((":x wants a number of bytes, got '%s'"):format(size), 0)
    end
    session:print("%s", session.ffi.hexdump(value, math.tointeger(count)))
end

function commands.reset(session)
    session.ffi = require "cffi".scope {}
    session.names.reset()
    session.names.predefine(session.ffi)
    session.inputs, session.libraries, session.headers = {}, {}, {}
    session:print("%s", session.style.notes "`ffi` is a new scope")
end

return commands
