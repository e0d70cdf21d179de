-- ffi.verify: a text of declarations beside the headers it stands for, by the system's compiler.
-- The text is declared in a scope of its own; each function, variable and typedef is declared again
-- after the headers, where the compiler refuses what differs, and of structures, enumerators and
-- constants the headers' numbers are compiled into a shared object and compared with ours.
local core = require "cffi"
local build = require "cffi.include.build"
local compiler = require "cffi.include.compiler"
local options = require "cffi.include.options"

-- A number of the text, how C writes it, and what it is: { ours =, c =, what = }.
local function add(list, ours, c, what)
    list[#list + 1] = { ours = ours, c = ("(long long)(%s)"):format(c), what = what }
end

local function add_members(list, scope, name)
    for _, member in ipairs(scope.reflect(name).members or {}) do
        local path = member.name
        local of = ("of member '%s' of '%s'"):format(path, name)
        if path and not member.width then
            add(list, member.offset, ("__builtin_offsetof(%s, %s)"):format(name, path),
                "the offset " .. of)
            if scope.sizeof(member.type) then
                add(list, scope.sizeof(member.type), ("sizeof(((%s *)0)->%s)"):format(name, path),
                    "the size " .. of)
            end
        end
    end
end

local function add_type(list, scope, name)
    add(list, scope.sizeof(name), ("sizeof(%s)"):format(name), ("the size of '%s'"):format(name))
    add(list, scope.alignof(name), ("_Alignof(%s)"):format(name),
        ("the alignment of '%s'"):format(name))
    add_members(list, scope, name)
end

-- Enumerators, static constants and macros with an integer value. Other constants are compared as
-- what C makes of both.
local function add_constant(list, scope, name)
    local ok, value = pcall(function() return scope.C[name] end)
    value = ok and scope.tonumber(value)
    if math.type(value) == "integer" then
        add(list, value, name, ("the value of '%s'"):format(name))
    end
end

-- What a typedef names: "handle", a structure without a body, whatever its tag; "body", one that
-- has no other name; nil for anything else.
local function role_of(scope, name)
    local described = scope.reflect(name)
    if described.kind ~= "struct" and described.kind ~= "union" then
        return nil
    elseif not described.complete then
        return "handle"
    end
    return described.name:find "^%a+ [%a_]" == nil and "body" or nil
end

-- What is compared by number, and what is declared again: lines of C, those of the text marked.
local function gather(scope)
    local numbers, lines = {}, {}
    for name, _, complete in scope.tags() do
        if complete then
            add_type(numbers, scope, name)
        end
    end
    for name, kind, text, file, line in scope.declarations() do
        local role = kind == "typedef" and role_of(scope, name)
        if kind == "constant" or kind == "macro" then
            add_constant(numbers, scope, name)
        elseif role == "body" then
            add_type(numbers, scope, name)
        elseif role ~= "handle" then
            lines[#lines + 1] = ('# %d "%s"'):format(line, file or "text")
            if kind ~= "typedef" then -- refused when the headers do not have it
                text = ("extern __typeof__(%s) %s; %s"):format(name, name, text)
            end
            lines[#lines + 1] = text .. ";"
        end
    end
    return numbers, lines
end

-- C text whose object holds the headers' numbers in cffi_verify.
local function program(includes, lines, numbers)
    local parts = { includes, table.concat(lines, "\n"), "const long long cffi_verify[] = {" }
    for _, number in ipairs(numbers) do
        parts[#parts + 1] = ('# 1 "%s"'):format(number.what)
        parts[#parts + 1] = number.c .. ","
    end
    parts[#parts + 1] = "0};\n"
    return table.concat(parts, "\n")
end

-- The first message that says error, after the line of the text or what is compared; not the
-- column, which is that of the declaration as we print it, nor the name of the warning's option.
local function first_error(messages)
    for line in messages:gmatch "[^\n]+" do
        local file, number, text = line:match "^(.-):(%d+):%d+: .-error: (.*)$"
        if file then
            text = text:gsub("%s*%[%-W[^%]]*%]$", "")
            return ("%s%s: %s"):format(file, file:find "^the " and "" or ":" .. number, text)
        end
    end
    return messages
end

-- The first number in which the headers, of which `library` is, differ; nil when none does.
local function difference(library, numbers)
    for i, number in ipairs(numbers) do
        local theirs = library.cffi_verify[i - 1]
        if theirs ~= number.ours then
            return ("%s is %d, the compiler says %d"):format(number.what, number.ours, theirs)
        end
    end
end

-- The numbers and declarations of a text, which is declared in a scope of its own.
local function read(text, given)
    local scope = core.scope()
    local how = { name = given.name or "text", defs = given.defs }
    local ok, why = pcall(scope.cdef, text, how)
    if not ok then
        error(why, 0)
    end
    return gather(scope)
end

local function verify(text, headers, given)
    local words, _, named_by = compiler.choose(given.cc)
    local source = compiler.source(headers)
    local function differ(what)
        error(("the declarations differ from %s: %s"):format(compiler.title(headers), what), 0)
    end
    local numbers, lines = read(text, given)
    local flags = compiler.flags(given)
    flags[#flags + 1] = "-w" -- what the headers warn of is not about the text
    source.lines = program(source.lines, lines, numbers)
    local scope = core.scope()
    scope.cdef "extern const long long cffi_verify[];"
    local library = build.unkept(scope, {
        how = { words = words, source = named_by },
        flags = flags,
        link = {},
        source = source,
        failed = function(_, _, _, messages) differ(first_error(messages)) end,
    })
    local found = difference(library, numbers)
    scope.close(library)
    if found then
        differ(found)
    end
    return #numbers, #lines // 2
end

local known = { cc = true, cflags = true, defs = true, undefs = true, name = true }

return function(ffi)
    local api = {}

    function api.verify(text, headers, given)
        local ok, numbers, declared = pcall(function()
            if type(text) ~= "string" then
                error(("bad argument #1 to 'verify' (string expected, got %s)"):format(
                    core.type(text)), 0)
            end
            options.unlocked(ffi)
            headers = options.headers("verify", 2, headers)
            return verify(text, headers, options.check("verify", given, known, 3))
        end)
        if not ok then
            error(numbers, 2)
        end
        return numbers, declared
    end

    return api
end
