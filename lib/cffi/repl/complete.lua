-- Completion for the prompt: what could continue the text before the cursor. It only looks: fields
-- of tables, members of types, declared names, exports; no function is called on the way, and no
-- memory read.
--
--   complete(session, "print(ffi.si")  --> { "ffi.sizeof" }, 7   what may stand from there on
local commands = require "cffi.repl.commands"
local lexer = require "cffi.repl.lexer"
local library = require "cffi.include.library"

local MAX_DEPTH = 8 -- of metatables with tables as __index
local KEYWORDS = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat "
    .. "return then true until while"):gmatch "%a+" do
    KEYWORDS[word] = true
end

local function index(object, key)
    return object[key]
end

local function prefixed(name, prefix)
    return type(name) == "string" and name:sub(1, #prefix) == prefix
        and (prefix ~= "" or name:sub(1, 1) ~= "_")
end

-- ---- what a path leads to ----------------------------------------------------------------------

-- { value = } or, from the first C object on, { type = }, so that no pointer is followed.
local function as_place(ffi, value)
    local kind = ffi.type(value)
    if kind == "cdata" then
        return { type = ffi.typeof(value) }
    end
    return value ~= nil and { value = value } or nil
end

local function members_of(ffi, ct)
    local info = ffi.reflect(ct)
    return info.members or info.target and ffi.reflect(info.target).members or {}
end

local function member_type(ffi, members, name)
    for _, member in ipairs(members) do
        if member.name == name then
            return member.type
        elseif not member.name and not member.width then
            local found = member_type(ffi, members_of(ffi, member.type), name)
            if found then
                return found
            end
        end
    end
end

local function step_in(ffi, place, key)
    if place.type then
        local info = ffi.reflect(place.type)
        local inner = math.type(key) and (info.element or info.target)
            or member_type(ffi, members_of(ffi, place.type), key)
        return inner and { type = inner }
    end
    local ok, found = pcall(index, place.value, key)
    return ok and as_place(ffi, found) or nil
end

-- The keys of a path like `a.b[0]["c"]`; nil when it is none.
local function keys_of(path)
    local keys, at = { path:match "^[%a_][%w_]*" }, #(path:match "^[%a_][%w_]*" or "") + 1
    while at <= #path do
        local name, last = path:match("^%s*[.:]%s*([%a_][%w_]*)()", at)
        if not name then
            name, last = path:match("^%[%s*(%d+)%s*%]()", at)
            name = tonumber(name)
        end
        if not name then
            name, last = path:match("^%[%s*[\"']([^\"']*)[\"']%s*%]()", at)
        end
        if not name then
            return nil
        end
        keys[#keys + 1], at = name, last
    end
    return keys
end

local function place_of(session, path)
    local keys = keys_of(path)
    if not keys or #keys == 0 then
        return nil
    end
    local place = { value = session.names.env }
    for _, key in ipairs(keys) do
        place = step_in(session.ffi, place, key)
        if not place then
            return nil
        end
    end
    return place
end

-- ---- names in something ------------------------------------------------------------------------

local function add_keys(names, object, prefix)
    for _ = 1, MAX_DEPTH do
        for key in next, object do
            if prefixed(key, prefix) and key:find "^[%a_][%w_]*$" then
                names[key] = true
            end
        end
        local mt = debug.getmetatable(object)
        object = type(mt) == "table" and rawget(mt, "__index")
        if type(object) ~= "table" then
            return
        end
    end
end

local function add_members(names, ffi, members, prefix)
    for _, member in ipairs(members) do
        if member.name and prefixed(member.name, prefix) then
            names[member.name] = true
        elseif not member.name and not member.width then
            add_members(names, ffi, members_of(ffi, member.type), prefix)
        end
    end
end

local function is_namespace(ffi, object)
    return type(object) == "table" and (pcall(ffi.symbols, object, "^$"))
end

-- Names declared in the scope that the library has, and what it exports besides.
local function add_symbols(names, ffi, namespace, prefix)
    local pattern = "^" .. prefix
    for name, kind in ffi.declarations(pattern) do
        if kind ~= "typedef" and prefixed(name, prefix) and pcall(index, namespace, name) then
            names[name] = true
        end
    end
    for name, kind in ffi.symbols(namespace, pattern) do
        if kind ~= "other" and prefixed(name, prefix) then
            names[name] = true
        end
    end
end

local function names_in(session, place, prefix)
    local names = {}
    if place.type then
        add_members(names, session.ffi, members_of(session.ffi, place.type), prefix)
    elseif type(place.value) == "string" then
        add_keys(names, string, prefix)
    elseif type(place.value) == "table" then
        local mt = debug.getmetatable(place.value)
        add_keys(names, place.value, prefix)
        if mt and rawget(mt, "__cffi_names") then -- which say what they have
            for name in mt.__cffi_names() do
                names[name] = prefixed(name, prefix) or nil
            end
        elseif is_namespace(session.ffi, place.value) then
            add_symbols(names, session.ffi, place.value, prefix)
        end
    end
    return names
end

local function declared_names(session, prefix, names)
    session:each_name("^" .. prefix, function(name)
        names[name] = prefixed(name, prefix) or nil
    end)
    return names
end

-- Names without a path: keywords, the session's and global names, those of included headers.
local function bare_names(session, prefix)
    local names = {}
    for word in pairs(KEYWORDS) do
        names[word] = prefixed(word, prefix) or nil
    end
    add_keys(names, session.names.env, prefix)
    add_keys(names, session.globals, prefix)
    if #session.headers > 0 and prefix ~= "" then
        declared_names(session, prefix, names)
    end
    return names
end

-- ---- inside strings and commands ---------------------------------------------------------------

local TAGGED = { struct = true, union = true, enum = true }

local function tags(session, kind, prefix)
    local names = {}
    for text, keyword in session.ffi.tags("^" .. prefix) do
        local tag = text:match "%S+$"
        names[tag] = keyword == kind and prefixed(tag, prefix) or names[tag]
    end
    return names
end

local BASIC = {}
for word in ("bool char const double enum float int long short signed size_t struct union unsigned "
    .. "void int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t"):gmatch "%S+" do
    BASIC[#BASIC + 1] = word
end

-- Types, and constants, which are names of enumerators for what is an enum.
local function c_names(session, before, prefix)
    local word = before:match "([%a]+)%s+[%w_]*$"
    if TAGGED[word] then
        return tags(session, word, prefix)
    end
    local names = {}
    for name, kind in session.ffi.declarations("^" .. prefix) do
        if kind == "typedef" or kind == "constant" then
            names[name] = prefixed(name, prefix) or nil
        end
    end
    for _, name in ipairs(BASIC) do
        names[name] = prefix ~= "" and prefixed(name, prefix) or names[name]
    end
    return names
end

local function output_of(command)
    local pipe = io.popen(command .. " 2>/dev/null")
    local output = pipe:read "a"
    pipe:close()
    return output
end

-- Files and folders below the folders, as they continue `prefix`.
local function files(prefix, folders)
    local names = {}
    local folder, base = prefix:match "^(.*/)", prefix:match "[^/]*$"
    if prefix:find "[^%w_./+~-]" then
        return names
    end
    for _, root in ipairs(folders) do
        for name in output_of(("ls -Lp '%s%s'"):format(root, folder or "")):gmatch "[^\n]+" do
            if prefixed(name, base) then
                names[(folder or "") .. name] = true
            end
        end
    end
    return names
end

-- Where the system's headers are: the folders of machines among them as well.
local function header_folders()
    local folders = {}
    for path in output_of "ls -d /usr/include/ /usr/local/include/ /usr/include/*-linux-*/":gmatch
        "[^\n]+" do
        folders[#folders + 1] = path
    end
    return folders
end

local function library_names(prefix)
    local names = files(prefix, prefix:find "/" and { "" } or {})
    for _, candidate in ipairs(library.known()) do
        local stem = candidate.name:match "^lib(.-)%.so"
        for _, name in ipairs { stem, candidate.name } do
            names[name] = prefixed(name, prefix) or nil
        end
    end
    return names
end

local function command_names(prefix)
    local names = {}
    for _, command in ipairs(commands.list) do
        names[command.name] = prefixed(command.name, prefix) or nil
    end
    return names
end

-- ---- all of it ---------------------------------------------------------------------------------

-- The names as a sorted list, each behind `head`.
local function sorted(names, head)
    local list = {}
    for name in pairs(names) do
        list[#list + 1] = (head or "") .. name
    end
    table.sort(list)
    return list
end

-- The prototype of the C function whose next argument is wanted: behind "(" or ",".
local function prototype_at(session, before)
    local path = before:match "([%a_][%w_.]*)%s*%(%s*$"
        or before:match "([%a_][%w_.]*)%s*%([^()]*,%s*$"
    local place = path and place_of(session, path)
    if place and type(place.value) == "function" then
        local is_c, info = pcall(session.ffi.reflect, place.value)
        return is_c and (select(2, session:declaration(info.symbol)) or info.text) or nil
    end
end

-- Lua's names: behind a path, or by themselves.
local function complete_lua(session, before)
    local word = before:match "[%a_][%w_.:%[%]\"' ]*$" or ""
    while word ~= "" do
        local path, separator, prefix = word:match "^(.-)%s*([.:])%s*([%w_]*)$"
        local place = path and place_of(session, path)
        if place then
            return sorted(names_in(session, place, prefix), path .. separator), #before - #word + 1
        end
        local next_word = word:match "^[%w_]+[^%w_]+([%a_].*)$" -- the path may begin later
        if not next_word then
            break
        end
        word = next_word
    end
    local prefix = before:match "[%w_]*$"
    local last = before:sub(#before - #prefix, #before - #prefix)
    if prefix:find "^%d" or last == "." or last == ":" then
        return {}, #before + 1
    end
    return sorted(bare_names(session, prefix)), #before - #prefix + 1
end

-- What stands in the string that is still open, behind the function that gets it.
local function complete_string(session, text, call)
    local from = #text - #text:match "[%w_]*$" + 1
    if call:find "include$" then
        return sorted(files(text, header_folders())), 1
    elseif call:find "load$" or call:find "dlopen$" then
        return sorted(library_names(text)), 1
    elseif text:find "/" or call:find "open$" then
        return sorted(files(text, { "" })), 1
    end
    return sorted(c_names(session, text, text:sub(from))), from
end

local function open_string(before)
    local tokens = lexer.tokens(before)
    local last = tokens[#tokens]
    if not last or last.kind ~= "string" or last.last ~= #before then
        return nil
    end
    local mark = last.text:match "^[\"']" or last.text:match "^%[=*%["
    local close = mark:gsub("%[", "]")
    if #last.text > #mark and last.text:sub(-#close) == close then
        return nil
    end
    local call = before:sub(1, last.first - 1):match "([%w_.]+)[%s({]*$" or ""
    return last.text:sub(#mark + 1), call
end

local ARGUMENTS = {
    commands = function(_, text) return sorted(command_names(text)), 1 end,
    types = function(session, text)
        local prefix = text:match "[%w_]*$"
        local names = c_names(session, text, prefix)
        for _, name in ipairs((complete_lua(session, text))) do
            names[name] = not text:find " " or nil
        end
        return sorted(names), #text - #prefix + 1
    end,
    files = function(_, text) return sorted(files(text, { "" })), 1 end,
    headers = function(_, text)
        local word = text:match "%S*$"
        return sorted(files(word, word:find "^%.?%.?/" and { "" } or header_folders())),
            #text - #word + 1
    end,
    libraries = function(_, text) return sorted(library_names(text)), 1 end,
    names = function(session, text)
        local list, from = complete_lua(session, text)
        if #session.headers == 0 and from <= 1 and not text:find "[.:]" then
            local names = declared_names(session, text, {})
            for _, name in ipairs(list) do names[name] = true end
            list = sorted(names)
        end
        return list, from
    end,
}

-- The completions of what ends `before`, sorted, and where in it they begin; or none, that, and
-- what is wanted there, which is to be shown.
return function(session, before)
    local command = before:match "^%s*:%s*([%w_]*)$"
    if command then
        return sorted(command_names(command)), #before - #command + 1
    end
    local name, argument = before:match "^%s*:%s*([%w_]+)%s+(.*)$"
    local head = not name and before:match "^%s*%?%s*"
    if name or head then
        argument = argument or before:sub(#head + 1)
        local kind = head and "names" or commands.completes(name)
        if not ARGUMENTS[kind] then
            return {}, #before + 1
        end
        local list, from = ARGUMENTS[kind](session, argument)
        return list, #before - #argument + from
    end
    local text, call = open_string(before)
    if text then
        local list, from = complete_string(session, text, call)
        return list, #before - #text + from
    end
    local prototype = prototype_at(session, before)
    if prototype then
        return {}, #before + 1, prototype
    end
    return complete_lua(session, before)
end
