-- ffi.verify: a text of declarations beside the headers it stands for, by the system's compiler.
-- The text is declared in a scope of its own; each function, variable and typedef is declared again
-- after the headers, where the compiler refuses what differs, and of structures, enumerators and
-- constants the headers' numbers are compiled into a shared object and compared with ours.
local core = require "cffi"
local compiler = require "cffi.include.compiler"

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

local function compile(how, flags, words, text, title)
    local object = os.tmpname()
    local arguments = table.move(words, 1, #words, #flags + 1, flags)
    for _, word in ipairs { "-shared", "-fPIC", "-x", "c", "-o", object, "-" } do
        arguments[#arguments + 1] = word
    end
    local code, _, messages = compiler.run(how, arguments, text, "cannot include " .. title)
    if code ~= 0 then
        os.remove(object)
        error(("the declarations differ from %s: %s"):format(title, first_error(messages)), 0)
    end
    return object
end

local function compare(object, numbers, title)
    local scope = core.scope()
    scope.cdef "extern const long long cffi_verify[];"
    local library = scope.load(object)
    os.remove(object)
    local differs
    for i, number in ipairs(numbers) do
        local theirs = library.cffi_verify[i - 1]
        if theirs ~= number.ours and not differs then
            differs = ("the declarations differ from %s: %s is %d, the compiler says %d"):format(
                title, number.what, number.ours, theirs)
        end
    end
    scope.close(library)
    if differs then
        error(differs, 0)
    end
end

local function verify(text, headers, options)
    local words, _, source = compiler.choose(options.cc)
    local how = { words = words, source = source }
    local title = compiler.title(headers)
    local scope = core.scope()
    local how_to_read = { name = options.name or "text", defs = options.defs }
    local read, why = pcall(scope.cdef, text, how_to_read)
    if not read then
        error(why, 0)
    end
    local numbers, lines = gather(scope)
    local includes, forced = compiler.include_lines(headers)
    compare(compile(how, compiler.flags(options), forced, program(includes, lines, numbers), title),
        numbers, title)
    return #numbers, #lines // 2
end

local KNOWN = { cc = true, cflags = true, defs = true, undefs = true, name = true }

return function()
    local api = {}

    function api.verify(text, headers, options)
        if type(text) ~= "string" then
            error(("bad argument #1 to 'verify' (string expected, got %s)"):format(type(text)), 2)
        end
        for name in pairs(options or {}) do
            if not KNOWN[name] then
                error(("bad argument #3 to 'verify' (unknown option '%s')"):format(name), 2)
            end
        end
        headers = type(headers) == "table" and headers or { headers }
        local ok, numbers, declared = pcall(verify, text, headers, options or {})
        if not ok then
            error(numbers, 2)
        end
        return numbers, declared
    end

    return api
end
