-- The command `cffi`: its options and subcommands in one table, from which the help, the manual
-- page and the shells' completion are made; and what reads a command line by it. Nothing here needs
-- the C module: that is loaded by what runs.
local command = {}

command.summary = "calls C from Lua: runs scripts, opens a prompt, looks at libraries and types"

-- Options; `takes`: the name of their argument; `many`: may be repeated; `only`: the subcommand
-- that alone has it.
command.options = {
    { name = "-i", takes = "HEADER", key = "headers", many = true,
        says = "read a C header; its names are global names of the script or prompt" },
    { name = "-l", takes = "LIBRARY", key = "libraries", many = true,
        says = "open a library; it is a global of its name: -l z is z" },
    { name = "-p", takes = "PACKAGE", key = "packages", many = true,
        says = "a package that pkg-config knows: where the headers and libraries are" },
    { name = "-o", takes = "FILE", key = "output", only = "bind",
        says = "where bind writes the module; FILE.d.lua beside it is for editors" },
    { name = "--merge", key = "merge", only = "bind",
        says = "bind for one more machine or system, in the FILE of -o that is there" },
    { name = "--annotate", takes = "FILE", key = "annotate", only = "bind",
        says = "C declarations with [[cffi::...]]: how functions of the headers are called" },
    { name = "-e", takes = "CODE", key = "code",
        says = "run Lua code, or print what an expression gives; ffi and C are there" },
    { name = "--help", key = "help", says = "this; behind a subcommand, more about that one" },
    { name = "--version", key = "version", says = "the version" },
}
local ALIASES = { ["-h"] = "--help", ["-v"] = "--version" }

-- Subcommands; without one the first word is a script. `words`: how many words it takes at least
-- and at most; `module` runs it.
command.list = {
    { name = "repl", takes = "", words = { 0, 0 }, options = "-i -l -p",
        says = "open the prompt (also without any word)", module = "cffi.repl.start",
        more = [[
Lines are Lua, C declarations or commands; :help lists these. When the input is no terminal its
lines are evaluated without a prompt, and the exit status is 1 when one of them failed.]] },
    { name = "layout", takes = "TYPE...", words = { 1, math.huge }, options = "-i -p",
        says = "print offsets, sizes, holes of types, as pahole does",
        module = "cffi.command.layout",
        more = "TYPE is C: 'struct stat'. What POSIX names needs no header." },
    { name = "sym", takes = "LIBRARY [GLOB]", words = { 1, 2 }, options = "",
        says = "list what a library exports", module = "cffi.command.sym",
        more = "LIBRARY is a name (z), a file name or a path. It is loaded for that." },
    { name = "bind", takes = "HEADER...", words = { 1, math.huge },
        options = "-o --merge --annotate -l -p",
        says = "write what headers declare as a Lua module", module = "cffi.command.bind",
        more = [[
The module needs no compiler and no header: require it for the namespace that ffi.include gives.
Without -o it is written to the standard output. -l names the library, else it is found. With
--merge the module is for the machines it was for and for that of the compiler, $CFFI_CC say.]] },
    { name = "embed", takes = "symbols LIBRARY FILE... | modules [FOLDER...]",
        words = { 1, math.huge }, options = "", says = "write C for programs that link cffi in",
        module = "cffi.command.embed",
        more = [[
symbols: a table of addresses for cffi_register. FILE has names, one a line, or is a module that
bind wrote, or a static library. modules: this module's Lua files and those of FOLDER, and
void cffi_preload(lua_State *L), which makes them known to require.]] },
    { name = "check", takes = "FILE...", words = { 1, math.huge }, options = "",
        says = "report all errors of C declarations", module = "cffi.command.check",
        more = [[
FILE is what ffi.cdef takes; - is the standard input. What follows from an error is left out.]] },
    { name = "trace", takes = "SCRIPT [ARGUMENT]...", words = { 1, math.huge },
        options = "-i -l -p", says = "run a script and show every call of C", runs_script = true,
        more = [[
Calls, with arguments by name, results, and errno of what failed, go to the standard error. A
traced function is a Lua function: where it is passed to C it becomes a callback.]] },
}

command.statuses = {
    { 0, "all went well" },
    { 1, "a script, an input or a command failed, or the C text has errors" },
    { 2, "the command line is wrong" },
}

command.environment = {
    { "CFFI_CC, CC", "the compiler that reads headers" },
    { "CFFI_EDITOR",
        "what edits lines at the prompt: readline, edit or none, else the first there" },
    { "NO_COLOR", "no colours at the prompt" },
    { "XDG_STATE_HOME", "where the prompt has its history: cffi/history, else in ~/.local/state" },
    { "XDG_CACHE_HOME", "where headers that were read are kept: cffi, else in ~/.cache" },
}

local function find(list, name)
    for _, entry in ipairs(list) do
        if entry.name == name then
            return entry
        end
    end
end

function command.find(name)
    return find(command.list, name)
end

-- What to add where no script is of that name: the subcommand that was meant, perhaps.
function command.hint(word, is_file)
    local names = {}
    for i, entry in ipairs(command.list) do
        names[i] = entry.name
    end
    local near = not is_file and #word > 2 and require "cffi.repl.near"(word, names)
    return near and (" (did you mean 'cffi %s'?)"):format(near) or ""
end

-- ---- help --------------------------------------------------------------------------------------

command.usages = {
    { "[OPTION]... SCRIPT [ARGUMENT]...", "run a Lua script; - is the standard input" },
    { "[OPTION]... -e CODE [ARGUMENT]...", "run Lua code" },
    { "[OPTION]...", "open the prompt" },
}

-- Whether an option is among those of a subcommand, "-i -l".
function command.allows(names, option)
    return (" " .. names .. " "):find(" " .. option.name .. " ", 1, true) ~= nil
end

local function option_lines(names)
    local lines = {}
    for _, option in ipairs(command.options) do
        if not names or command.allows(names, option) then
            local left = option.takes and option.name .. " " .. option.takes or option.name
            lines[#lines + 1] = ("  %-22s %s"):format(left, option.says)
        end
    end
    return lines
end

-- The text of --help, of one subcommand or of all.
function command.help(entry)
    local lines = {}
    if entry then
        local usage = ("usage: cffi %s %s"):format(entry.name, entry.takes)
        lines = { (usage:gsub(" +$", "")), "", entry.says }
        lines[#lines + 1] = entry.more
        local options = option_lines(entry.options)
        if #options > 0 then lines[#lines + 1] = "" end
        table.move(options, 1, #options, #lines + 1, lines)
        return table.concat(lines, "\n") .. "\n"
    end
    for i, usage in ipairs(command.usages) do
        lines[i] = ("%s cffi %-36s %s"):format(i == 1 and "usage:" or "      ", table.unpack(usage))
    end
    for _, sub in ipairs(command.list) do
        lines[#lines + 1] = ("       cffi %-36s %s"):format(sub.name .. " " .. sub.takes, sub.says)
    end
    lines[#lines + 1] = ""
    table.move(option_lines(), 1, #option_lines(), #lines + 1, lines)
    lines[#lines + 1] = "\ncffi SUBCOMMAND --help tells more of one; man cffi tells all."
    return table.concat(lines, "\n") .. "\n"
end

-- ---- reading a command line --------------------------------------------------------------------

local function wrong(text, ...)
    error({ usage = text:format(...) .. " (cffi --help tells more)" }, 0)
end

-- The option at words[i], read into `plan`. Returns the index behind it.
local function read_option(plan, words, i, allowed)
    local word = words[i]
    local name = ALIASES[word] or word
    local option, value = find(command.options, name), nil
    if not option and word:find "^%-%a." then
        option, value = find(command.options, word:sub(1, 2)), word:sub(3) -- -lz
    end
    if not option or value and not option.takes then
        wrong("unknown option '%s'", word)
    elseif not allowed and option.only then
        wrong("%s is for 'cffi %s'", option.name, option.only)
    elseif allowed and option.takes and not command.allows(allowed, option) then
        wrong("'%s' does not take %s", plan.command.name, option.name)
    elseif option.takes and not value then
        i = i + 1
        value = words[i]
        if not value then
            wrong("%s wants %s", option.name,
                option.takes == "CODE" and "code" or "a " .. option.takes:lower())
        end
    end
    if option.many then
        plan[option.key] = plan[option.key] or {}
        table.insert(plan[option.key], value)
    else
        plan[option.key] = value or true
    end
    return i + 1
end

local function is_option(word)
    return word:sub(1, 1) == "-" and word ~= "-" and word ~= "--"
end

local function read_subcommand(plan, words, i)
    plan.words = {}
    while words[i] and not (plan.command.runs_script and plan.words[1]) do
        if is_option(words[i]) then
            i = read_option(plan, words, i, plan.command.options)
        else
            plan.words[#plan.words + 1] = words[i]
            i = i + 1
        end
    end
    local least, most = table.unpack(plan.command.words)
    if not plan.help and #plan.words < least then
        wrong("%s wants %s", plan.command.name, plan.command.takes)
    elseif not plan.help and #plan.words > most then
        wrong("%s takes no '%s'", plan.command.name, plan.words[most + 1])
    elseif plan.command.runs_script and not plan.help then
        plan.script, plan.first, plan.trace, plan.command = plan.words[1], i, true, nil
    end
end

-- What a command line asks for: options by key, and `command` with its `words`, or `script`;
-- `first` is where the script's arguments begin. Raises { usage = text }.
function command.read(words)
    local plan, i = {}, 1
    while words[i] and is_option(words[i]) and not plan.code do
        i = read_option(plan, words, i)
    end
    if words[i] == "--" then
        i = i + 1
    end
    plan.first = i
    if plan.code or plan.help or plan.version then
        return plan
    end
    plan.command = words[i] and command.find(words[i])
    if plan.command then
        read_subcommand(plan, words, i + 1)
    elseif words[i] then
        plan.script, plan.first = words[i], i + 1
    else
        plan.command, plan.words = command.find "repl", {}
    end
    return plan
end

return command
