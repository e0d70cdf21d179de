-- The object-like macros of real headers: what ffi.include says each is, against the compiler.
--
--   lua tools/header_macros.lua [--only PACKAGE] [--most N] [--report FILE]
--
-- The headers of the packages of tools/header_packages.lua that the compiler accepts are included,
-- those of a package together as far as they go together, and each macro that the files themselves
-- define is asked for. What has a value goes into one C file with an assertion each, on value and
-- kind; the compiler says which are false. What has none is counted by the reason. Function-like
-- macros without pointers are called with small numbers, and what that gives is compared where the
-- compiler takes it for a constant. --most takes at most N headers of a package, evenly spread. The
-- exit status is 1 when an assertion was false.
local ffi = require "cffi"
local packages = dofile "tools/header_packages.lua"

local options = {}
for i = 1, #arg, 2 do
    options[arg[i]:match "^%-%-(%l+)$" or error(arg[i] .. "?")] = assert(arg[i + 1], arg[i] .. " needs a value")
end

-- What ffi.include knows without a header; and gcc's own types, which it takes as what they are made of.
local PROLOGUE = [[
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#ifndef bool
#define bool _Bool
#endif
#define _Float32 float
#define _Float64 double
#define _Float32x double
#define _Float64x long double
#define cffi_check_text_(...) #__VA_ARGS__
#define cffi_check_text(...) cffi_check_text_(__VA_ARGS__)
]]

-- ---- assertions --------------------------------------------------------------------------------

local function quoted(text)
    return '"' .. text:gsub('[^%w ]', function(c) return ("\\%03o"):format(c:byte()) end) .. '"'
end

local function integer(name, value)
    if math.type(value) ~= "integer" then -- beyond 63 bits
        return ("(%s) == %sU && (%s) > 0"):format(name, tostring(value), name)
    elseif value == math.mininteger then
        return ("(%s) < 0 && (%s) == -9223372036854775807-1"):format(name, name)
    elseif value < 0 then
        return ("(%s) < 0 && (%s) == %d"):format(name, name, value)
    end
    return ("!((%s) < 0) && (%s) == %dU"):format(name, name, value)
end

local function float(name, value)
    if value ~= value then
        return ("(%s) != (%s)"):format(name, name)
    elseif value == math.huge or value == -math.huge then
        return ("(%s) == %s__builtin_inf()"):format(name, value < 0 and "-" or "")
    end
    return ("(long double)(%s) == %aL && (__typeof__(%s))0.5 != 0"):format(name, value, name)
end

-- A condition that holds when the macro is what it was said to be, and a word for what that is. No
-- condition: it is something that no assertion can name.
local function condition(name, value, definition)
    local kind = ffi.type(value)
    if value == true then
        local text = ("cffi_check_text(%s)"):format(name) -- gcc keeps pragmas there
        return ("(sizeof(%s) == 1 || __builtin_memcmp(%s, \"_Pragma\", 7) == 0)"):format(text, text), "empty"
    elseif kind == "number" and math.type(value) == "float" then
        return float(name, value), "float"
    elseif kind == "number" or kind == "cdata" and ffi.math_type(value) == "integer" then
        return integer(name, value), "integer"
    elseif kind == "string" then
        local text = ("__builtin_strcmp((const char *)(%s), %s) == 0"):format(name, quoted(value))
        local size = ("(sizeof(%s) == %d || sizeof(%s) == sizeof(void *))"):format(name, #value + 1, name)
        return size .. " && " .. text, "string"
    elseif kind == "ctype" then
        local text = ffi.reflect(value).name
        local ok = not text:find "anonymous" and not ffi.reflect(value).anonymous
        return ok and ("__builtin_types_compatible_p(%s, %s)"):format(name, text), "type"
    elseif kind == "cdata" and ffi.reflect(value).kind == "pointer" then
        local address = ffi.tonumber(ffi.cast("intptr_t", value))
        return ("(long)(%s) == %d"):format(name, address), "pointer"
    elseif kind == "cdata" and ffi.reflect(value).kind == "float" then
        local suffix = ffi.reflect(value).name == "_Float128" and "f128" or "L"
        return ("(%s) == %s%s && sizeof(%s) == %d"):format(name, tostring(value), suffix, name, ffi.sizeof(value)),
            "float"
    elseif kind == "table" and math.type(value[1]) == "integer" and not definition:find "^#define [%w_]+ *{" then
        return ("sizeof((long[]){ %s }) == %d"):format(name, #value * 8), "list"
    elseif kind == "nil" then
        return ("__builtin_classify_type(%s) == 5 && (long)(%s) == 0"):format(name, name), "null"
    end
    return nil, kind
end

-- ---- one header --------------------------------------------------------------------------------

-- Why a macro has no value, in few words.
local REASONS = {
    { "cannot be expanded", "the compiler does not expand it" },
    { "has no library", "it names or calls a function" },
    { "is static, so no library", "it names or calls a static function" },
    { "'__attribute", "attributes" }, { "'__attribute__'", "attributes" },
    { "'extern' begins", "storage classes and keywords" },
    { "begins no expression", "other text that is no expression" },
    { "is not declared", "it names what this header alone does not declare" },
    { "unknown name", "it names what this header alone does not declare" },
    { "follows an expression", "other text that is no expression" },
    { "is not complete", "other text that is no expression" },
    { "a member has no name", "other text that is no expression" },
    { "malformed number", "other text that is no expression" },
    { "expected '", "other text that is no expression" },
    { "compound literal", "compound literals" },
}

local function reason_of(message)
    for _, reason in ipairs(REASONS) do
        if message:find(reason[1], 1, true) then
            return reason[2]
        end
    end
    local reason = message:match "is no constant: (.-) %(it is" or message
    return (reason:gsub("'[^']*'", "'...'"):gsub("^[^ ]+:%d+: ", ""):sub(1, 70))
end

-- Macros that are another thing at each place of their use.
local ELSEWHERE = {
    OPENSSL_FILE = true, OPENSSL_LINE = true, errno = true, G_STRLOC = true, SDL_FILE = true, SDL_LINE = true,
}

local function macros_of(ns, paths)
    local plain, callable = {}, {}
    for name, kind, text, file in ffi.declarations(ns) do
        if paths[file] and not ELSEWHERE[name] then
            if kind == "macro" then
                plain[#plain + 1] = { name = name, text = text }
            elseif kind == "function-like macro" then
                callable[#callable + 1] = { name = name, text = text }
            end
        end
    end
    return plain, callable
end

-- Whether a macro's value is that of a name: looked up anew each time, or a function of the process.
local function names_something(macro)
    return macro.text:match "^#define [%w_]+ %(?[%a_][%w_]*%)?$"
end

-- The names of headers as the text that includes them.
local function includes_of(headers)
    local lines = {}
    for i, header in ipairs(headers) do
        lines[i] = ("#include <%s>\n"):format(header.name)
    end
    return table.concat(lines)
end

local BASE = "build/macros"

local function compile(flags, ...)
    local file <close> = assert(io.open(BASE .. ".c", "w"))
    file:write(...)
    file:close()
    return packages.run(("timeout 60 gcc -D_GNU_SOURCE %s -w -fsyntax-only -fmax-errors=0 %s.c"):format(flags, BASE))
end

-- Adds the assertion on a macro's value, or the reason why it has none.
local function ask(ns, macro, lines, asked, result)
    local found, value = pcall(function() return ns[macro.name] end)
    local text, kind
    if found then
        text, kind = condition(macro.name, value, macro.text)
    end
    if not found then
        local reason = reason_of(value)
        result.reasons[reason] = (result.reasons[reason] or 0) + 1
        result.examples[reason] = result.examples[reason] or macro.text
    elseif text and not (kind == "null" and names_something(macro)) then
        lines[#lines + 1] = ('_Static_assert(%s, "cffi");'):format(text)
        asked[#lines] = { text = macro.text, value = value, kind = kind }
        result.kinds[kind] = (result.kinds[kind] or 0) + 1
    else
        result.kinds.other = (result.kinds.other or 0) + 1
    end
    result.macros = result.macros + 1
end

local ARGUMENTS = { 3, 5, 2, 7 }

-- The same of a call of a function-like macro.
local function call(ns, macro, lines, asked)
    local list, body = macro.text:match "^#define [%w_]+(%b()) (.*)$"
    local count = list and select(2, list:gsub("a%d+", ""))
    if not count or count > #ARGUMENTS or list:find("...", 1, true) or body:find "[*%[]" or body:find "%->" then
        return
    end
    local arguments = table.move(ARGUMENTS, 1, count, 1, {})
    local ok, value = pcall(function() return ns[macro.name](table.unpack(arguments)) end)
    if type(value) == "boolean" then
        value = value and 1 or 0
    end
    if ok and type(value) == "number" then
        local written = ("%s(%s)"):format(macro.name, table.concat(arguments, ", "))
        local text = math.type(value) == "integer" and integer(written, value) or float(written, value)
        lines[#lines + 1] = ('_Static_assert(%s, "cffi");'):format(text)
        asked[#lines] = { text = macro.text, value = value, kind = "call", call = written }
    end
end

-- What the compiler says of the assertions: false ones are failures; a call that is no constant for
-- it, or no expression with numbers, is none of ours.
local function compare(said, asked, result)
    local seen = {}
    for number, complaint in said:gmatch "asserts:(%d+):%d+: error: ([^\n]*)" do
        local about = asked[tonumber(number)]
        if about and not seen[about] then
            seen[about] = true
            if not about.call or complaint:find "static assertion failed" then
                result.failures[#result.failures + 1] = ("%s: we say %s %s: %s"):format(about.text, about.call
                    or about.kind, tostring(about.value), complaint)
            end
        end
    end
    for _, about in pairs(asked) do
        result.calls = result.calls + (about.call and not seen[about] and 1 or 0)
    end
end

-- Headers that go together.
local function check_together(headers, flags, result)
    local names, paths = {}, {}
    for i, header in ipairs(headers) do
        names[i], paths[header.path] = header.name, true
    end
    local scope = ffi.scope {}
    local ok, ns = pcall(scope.include, names, { cc = "gcc", cflags = flags, lib = false })
    if not ok then
        result.failures[#result.failures + 1] = ns
        return
    end
    local lines, asked = {}, {}
    local plain, callable = macros_of(ns, paths)
    for _, macro in ipairs(plain) do
        ask(ns, macro, lines, asked, result)
    end
    for _, macro in ipairs(callable) do
        call(ns, macro, lines, asked)
    end
    result.headers = result.headers + #headers
    local _, said = compile(flags, includes_of(headers), PROLOGUE, '#line 1 "asserts"\n', table.concat(lines, "\n"),
        "\n")
    compare(said, asked, result)
end

-- Appends to `taken` those of headers[from .. to] that the compiler accepts behind what is there,
-- found by halves, and the others to `left`.
local function take(taken, left, headers, from, to, flags)
    local list = table.move(taken, 1, #taken, 1, {})
    table.move(headers, from, to, #list + 1, list)
    if compile(flags, includes_of(list)) then
        table.move(headers, from, to, #taken + 1, taken)
    elseif from < to then
        local middle = (from + to) // 2
        take(taken, left, headers, from, middle, flags)
        take(taken, left, headers, middle + 1, to, flags)
    else
        left[#left + 1] = headers[from]
    end
end

-- Headers by groups that the compiler accepts together; one that it does not accept by itself wants
-- others before it, and is left out.
local function check(headers, flags, result)
    repeat
        local taken, left = {}, {}
        take(taken, left, headers, 1, #headers, flags)
        if taken[1] then
            check_together(taken, flags, result)
        end
        headers = left
    until not taken[1] or not left[1]
end

-- ---- packages ----------------------------------------------------------------------------------

local function chosen(paths, limit)
    local most = tonumber(options.most) or limit or #paths
    local list = {}
    for i = 1, math.min(most, #paths) do
        list[i] = paths[math.ceil(i * #paths / math.min(most, #paths))]
    end
    return list
end

local function check_package(package)
    local result = {
        package = package[1], headers = 0, macros = 0, calls = 0, kinds = {}, reasons = {}, failures = {},
        examples = {},
    }
    local flags = packages.flags_of(package[2])
    local headers = {}
    for i, path in ipairs(chosen(packages.headers_of(package[1]), package.most)) do
        headers[i] = { name = packages.include_name(path, flags), path = path }
    end
    for i, header in ipairs(headers) do
        if header.name == package.first then
            table.insert(headers, 1, table.remove(headers, i))
        end
    end
    check(headers, flags, result)
    return result
end

io.stdout:setvbuf "line"
local total = {
    headers = 0, macros = 0, calls = 0, failed = 0, packages = 0, kinds = {}, reasons = {}, examples = {}, rows = {},
}
table.move(packages.more, 1, #packages.more, #packages.list + 1, packages.list)
for _, package in ipairs(packages.list) do
    if (not options.only or options.only == package[1]) and packages.is_installed(package[1]) then
        local result = check_package(package)
        print(("%-24s %5d headers %6d macros %5d calls %3d wrong"):format(result.package, result.headers,
            result.macros, result.calls, #result.failures))
        for _, failure in ipairs(result.failures) do
            print("    " .. failure)
        end
        for _, kind in ipairs { "headers", "macros", "calls" } do
            total[kind] = total[kind] + result[kind]
        end
        for _, group in ipairs { "kinds", "reasons" } do
            for name, n in pairs(result[group]) do
                total[group][name] = (total[group][name] or 0) + n
            end
        end
        for reason, example in pairs(result.examples) do
            total.examples[reason] = total.examples[reason] or example
        end
        total.failed, total.packages = total.failed + #result.failures, total.packages + 1
        total.rows[#total.rows + 1] = result
    end
end

local function sorted(counts)
    local list = {}
    for name in pairs(counts) do
        list[#list + 1] = name
    end
    table.sort(list, function(a, b)
        return counts[a] > counts[b] or counts[a] == counts[b] and a < b
    end)
    return list
end

-- The report in Markdown: a row for each package, what kinds there were, and why some have no value.
local function report(path)
    local lines = {
        "# Constants of system headers", "",
        "Written by `make macros REPORT=docs/macros.md` on " .. os.date "%Y-%m-%d" .. ". The headers of the packages",
        "below that gcc accepts were included by `ffi.include`, those of a package together as far as they go",
        "together, and each object-like macro that the files define was asked for. What has a value was compared with",
        "the compiler by assertions on value and kind. Function-like macros without pointers were called with small",
        "numbers, and compared where the compiler takes that for a constant (\"calls\"). \"Wrong\" are assertions that",
        "were false, and headers that the compiler accepts and `ffi.include` does not.",
        "",
        "| package | headers | macros | calls | wrong |", "|---|---:|---:|---:|---:|",
    }
    for _, row in ipairs(total.rows) do
        lines[#lines + 1] = ("| %s | %d | %d | %d | %d |"):format(row.package, row.headers, row.macros, row.calls,
            #row.failures)
    end
    lines[#lines + 1] = ("| **all %d** | **%d** | **%d** | **%d** | **%d** |"):format(#total.rows, total.headers,
        total.macros, total.calls, total.failed)
    lines[#lines + 1] = "\nWhat they are:\n\n| kind | macros |\n|---|---:|"
    for _, kind in ipairs(sorted(total.kinds)) do
        lines[#lines + 1] = ("| %s | %d |"):format(kind, total.kinds[kind])
    end
    lines[#lines + 1] = "\nWhy the others have no value (each says so when it is used; libraries were left out):\n"
    lines[#lines + 1] = "| reason | macros | for example |\n|---|---:|---|"
    for _, reason in ipairs(sorted(total.reasons)) do
        local example = total.examples[reason]:gsub("|", "\\|"):sub(1, 100)
        lines[#lines + 1] = ("| %s | %d | `%s` |"):format(reason, total.reasons[reason], example)
    end
    local file <close> = assert(io.open(path, "w"))
    file:write(table.concat(lines, "\n"), "\n")
end

if options.report then
    report(options.report)
end
for _, kind in ipairs(sorted(total.kinds)) do
    print(("  %7d %s"):format(total.kinds[kind], kind))
end
for _, reason in ipairs(sorted(total.reasons)) do
    print(("  %7d no value: %s   e.g. %s"):format(total.reasons[reason], reason, total.examples[reason]:sub(1, 120)))
end
print(("macros: %d macros and %d calls of %d headers of %d packages: %d wrong"):format(total.macros, total.calls,
    total.headers, total.packages, total.failed))
os.exit(total.failed == 0)
