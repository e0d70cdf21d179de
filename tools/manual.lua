-- Writes what the tables of lib/cffi/command.lua and lib/cffi/repl/commands.lua say, for others:
--   lua tools/manual.lua man | bash | zsh
--   lua tools/manual.lua man3      the public names, from cffi.d.lua
--   lua tools/manual.lua prompt    docs/prompt.md, its section on the commands made anew
local command = require "cffi.command"
local prompt = require "cffi.repl.commands"

local writers = {}

-- ---- the manual page ---------------------------------------------------------------------------

local function roff(text)
    return (text:gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("\n%.", "\n\\&."):gsub("^%.", "\\&."))
end

local function item(out, head, text, more)
    out(".TP\n.B " .. roff(head))
    out(roff(text) .. ".")
    if more then
        out(roff(more:gsub("^\n", "")))
    end
end

function writers.man(out)
    out '.TH CFFI 1 "" "cffi" "User Commands"'
    out(".SH NAME\ncffi \\- " .. roff(command.summary))
    out ".SH SYNOPSIS"
    for i, usage in ipairs(command.usages) do
        out((i > 1 and ".br\n" or "") .. ".B cffi\n" .. roff(usage[1]))
    end
    for _, entry in ipairs(command.list) do
        out(".br\n.B cffi " .. entry.name .. "\n" .. roff(entry.takes))
    end
    out(".SH OPTIONS")
    for _, option in ipairs(command.options) do
        item(out, option.name .. (option.takes and " " .. option.takes or ""), option.says)
    end
    out(".SH SUBCOMMANDS")
    for _, entry in ipairs(command.list) do
        item(out, (entry.name .. " " .. entry.takes):gsub(" +$", ""), entry.says, entry.more)
    end
    out(".SH THE PROMPT")
    for _, entries in ipairs { prompt.list, prompt.others } do
        for _, entry in ipairs(entries) do
            item(out, prompt.usage(entry), entry.says, entry.more)
        end
    end
    out(".SH EXIT STATUS")
    for _, row in ipairs(command.statuses) do
        item(out, tostring(row[1]), row[2])
    end
    out(".SH ENVIRONMENT")
    for _, row in ipairs(command.environment) do
        item(out, row[1], row[2])
    end
end

-- ---- the reference --------------------------------------------------------------------------------

local function parameter(param)
    local optional = param.optional and " (may be left out)" or ""
    return ("%s: %s%s%s"):format(param.name, param.type, optional, param.text ~= "" and ", " .. param.text or "")
end

local function lines_of(out, title, list, text_of)
    for i, value in ipairs(list) do
        out(".br\n" .. (i == 1 and ".I " .. title .. "\n" or "") .. roff(text_of(value)))
    end
end

local function result(value)
    return ("%s%s%s"):format(value.name and value.name .. ": " or "", value.type,
        value.text ~= "" and ", " .. value.text or "")
end

local function example(out, code)
    out ".RS\n.PP\n.nf"
    out((roff(code):gsub("\n$", "")))
    out ".fi\n.RE"
end

function writers.man3(out)
    local entries = require "cffi.reference".entries()
    out '.TH CFFI 3LUA "" "cffi" "Lua Modules"'
    out ".SH NAME\ncffi \\- C libraries from their declarations, for Lua"
    out '.SH SYNOPSIS\n\\fBlocal ffi = require "cffi"\\fR'
    out ".SH NAMES"
    for _, entry in ipairs(entries) do
        out(".TP\n.B ffi." .. roff(entry.call or entry.name))
        out(roff(entry.text))
        if entry.type then
            out(".br\n" .. roff(entry.type))
        end
        lines_of(out, "takes", entry.params or {}, parameter)
        lines_of(out, "gives", entry.returns or {}, result)
        if entry.errors then
            out(".br\n.I errors\n" .. roff(entry.errors))
        end
        if entry.example then
            example(out, entry.example)
        end
    end
    out ".SH OBJECTS AND MODULES"
    for _, object in ipairs(entries.objects) do
        out(".TP\n.B " .. roff(object.name) .. "\n" .. roff(object.text))
    end
    out ".SH SEE ALSO\n.BR cffi (1)"
end

-- ---- completion of shells ----------------------------------------------------------------------

-- The options, those with an argument, the subcommands.
local function words()
    local options, taking, subcommands = {}, {}, {}
    for _, option in ipairs(command.options) do
        options[#options + 1] = option.name
        taking[#taking + 1] = option.takes and option.name or nil
    end
    for i, entry in ipairs(command.list) do
        subcommands[i] = entry.name
    end
    return options, taking, subcommands
end

function writers.bash(out)
    local options, _, subcommands = words()
    out(([==[
# Completion of cffi for bash; made from lib/cffi/command.lua.
_cffi() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    case $before in
    -i) COMPREPLY=($(cd /usr/include && compgen -f -- "$word")) ;;
    -l | sym) COMPREPLY=($(compgen -W "$(/sbin/ldconfig -p 2>/dev/null |
        sed -n 's/^[[:space:]]*lib\(.*\)\.so[. ].*/\1/p' | sort -u)" -- "$word")) ;;
    -p) COMPREPLY=($(compgen -W "$(pkg-config --list-all 2>/dev/null | cut -d' ' -f1)" -- "$word")) ;;
    -e) ;;
    *)
        case $word in
        -*) COMPREPLY=($(compgen -W "%s" -- "$word")) ;;
        *) COMPREPLY=($(compgen -f -- "$word"))
            [ "$COMP_CWORD" -ne 1 ] || COMPREPLY+=($(compgen -W "%s" -- "$word")) ;;
        esac ;;
    esac
}
complete -o filenames -F _cffi cffi]==]):format(table.concat(options, " "), table.concat(subcommands, " ")))
end

local function zsh_text(text)
    return (text:gsub("['%[%]:\\]", { ["'"] = "'\\''", ["["] = "\\[", ["]"] = "\\]", [":"] = "\\:", ["\\"] = "\\\\" }))
end

local ZSH_ARGUMENTS = { HEADER = "_files -W /usr/include", LIBRARY = "", PACKAGE = "", CODE = "" }

function writers.zsh(out)
    out "#compdef cffi\n# Completion of cffi for zsh; made from lib/cffi/command.lua.\n_cffi() {"
    out "    local -a commands=("
    for _, entry in ipairs(command.list) do
        out(("        '%s:%s'"):format(entry.name, zsh_text(entry.says)))
    end
    out "    )\n    _arguments \\"
    for _, option in ipairs(command.options) do
        out(("        '%s%s[%s]%s' \\"):format(option.many and "*" or "", option.name, zsh_text(option.says),
            option.takes and (":%s:%s"):format(option.takes:lower(), ZSH_ARGUMENTS[option.takes]) or ""))
    end
    out "        '1: :->first' '*::argument:_files'"
    out "    [[ $state != first ]] || { _describe command commands; _files; }\n}\n_cffi \"$@\""
end

-- ---- docs/prompt.md ----------------------------------------------------------------------------

function writers.prompt(out)
    local file = assert(io.open "docs/prompt.md")
    out(file:read "a":match "^.-\n## Commands\n")
    file:close()
    for _, entries in ipairs { prompt.list, prompt.others } do
        for _, entry in ipairs(entries) do
            local more = entry.more and entry.more:gsub("^\n", "")
            out(("**`%s`** %s.%s\n"):format(prompt.usage(entry), entry.says, more and "\n" .. more or ""))
        end
    end
end

local write = writers[arg[1]]
if not write then
    io.stderr:write "usage: manual.lua man | bash | zsh | prompt\n"
    os.exit(2)
end
write(print)
