-- Completion for the prompt: what could continue the text before the cursor. It only looks: fields
-- of tables, members of types, declared names, exports; no function is called on the way, and no
-- memory read.
--
--   complete(session, "print(ffi.si")  --> { "ffi.sizeof" }, 7   what may stand from there on
local commands = require "cffi.repl.commands"
local lexer = require "cffi.repl.lexer"
local library = require "cffi.include.library"

require "cffi"
-- What every scope knows undeclared (lua_ffi/face/tags.c).
local known_types = debug.getregistry()["cffi.known"]

local MAX_DEPTH = 8 -- of metatables with tables as __index
local UNDERSCORE = 95 -- with which names begin that nobody asks for
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

local IS_VALUE = { constant = true, macro = true }

-- What is common to two names from their beginning.
local function shared(a, b)
    local size = math.min(#a, #b)
    while a:sub(1, size) ~= b:sub(1, size) do
        size = size - 1
    end
    return a:sub(1, size)
end

-- A function that adds a name, which begins with the prefix, to a set. True when they are more than
-- `most` and have no more than that in common, so that further ones do not matter.
local function adder(names, prefix, most)
    local count, common = 0, nil
    return function(name)
        if not names[name] and (prefix ~= "" or name:byte() ~= UNDERSCORE) then
            names[name], count = true, count + 1
            common = common or name
            if name:sub(1, #common) ~= common then
                common = shared(common, name)
            end
        end
        return count > most and #common == #prefix
    end
end

-- What the library exports, if this is one's namespace, and the values that it has besides.
local function add_symbols(add, ffi, namespace, prefix)
    local pattern = "^" .. prefix
    local is_namespace, each_symbol = pcall(ffi.symbols, namespace, pattern)
    if not is_namespace then
        return
    end
    for name, kind in each_symbol do
        if kind ~= "other" and add(name) then
            return
        end
    end
    for name, kind in ffi.declarations(pattern), "names" do
        if IS_VALUE[kind] and pcall(index, namespace, name) and add(name) then
            return
        end
    end
end

local function names_in(session, place, prefix, most)
    local names = {}
    if place.type then
        add_members(names, session.ffi, members_of(session.ffi, place.type), prefix)
    elseif type(place.value) == "string" then
        add_keys(names, string, prefix)
    elseif type(place.value) == "table" then
        local mt = debug.getmetatable(place.value)
        add_keys(names, place.value, prefix)
        if mt and rawget(mt, "__cffi_names_with") then -- which say what they have
            mt.__cffi_names_with(prefix, adder(names, prefix, most))
        elseif mt and rawget(mt, "__cffi_names") then
            for name in mt.__cffi_names() do
                names[name] = prefixed(name, prefix) or nil
            end
        else
            add_symbols(adder(names, prefix, most), session.ffi, place.value, prefix)
        end
    end
    return names
end

local function declared_names(session, prefix, names, most)
    session:each_name(prefix, adder(names, prefix, most))
    return names
end

-- Names without a path: keywords, the session's and global names, those of included headers.
local function bare_names(session, prefix, most)
    local names = {}
    for word in pairs(KEYWORDS) do
        names[word] = prefixed(word, prefix) or nil
    end
    add_keys(names, session.names.env, prefix)
    add_keys(names, session.globals, prefix)
    if #session.headers > 0 and prefix ~= "" then
        declared_names(session, prefix, names, most)
    end
    return names
end

-- ---- inside strings and commands ---------------------------------------------------------------

local TAGGED = { struct = true, union = true, enum = true }

-- Types that need no declaration: those of C and POSIX. "struct stat" is one with its keyword.
local BASIC = {}
for word in ([[
    bool char const double enum float int long short signed struct union unsigned void
    int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t intmax_t uintmax_t intptr_t
    uintptr_t ptrdiff_t size_t ssize_t wchar_t wint_t char8_t char16_t char32_t va_list]])
    :gmatch "%S+" do
    BASIC[#BASIC + 1] = word
end
table.move(known_types(), 1, #known_types(), #BASIC + 1, BASIC)

local function tags(session, kind, prefix)
    local names = {}
    for text, keyword in session.ffi.tags("^" .. prefix) do
        local tag = text:match "%S+$"
        names[tag] = keyword == kind and prefixed(tag, prefix) or names[tag]
    end
    for _, text in ipairs(BASIC) do
        local keyword, tag = text:match "^(%l+) (.*)"
        names[tag or ""] = keyword == kind and prefixed(tag, prefix) or names[tag or ""]
    end
    return names
end

-- Types, and constants, which are names of enumerators for what is an enum.
local function c_names(session, before, prefix)
    local word = before:match "([%a]+)%s+[%w_]*$"
    if TAGGED[word] then
        return tags(session, word, prefix)
    end
    local names = {}
    for name, kind in session.ffi.declarations("^" .. prefix), "names" do
        if kind == "typedef" or kind == "constant" then
            names[name] = prefixed(name, prefix) or nil
        end
    end
    for _, name in ipairs(prefix ~= "" and BASIC or {}) do
        if not name:find " " and prefixed(name, prefix) then
            names[name] = true
        end
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
    local place = (folder or ""):gsub("^~/", (os.getenv "HOME" or "~"):gsub("%%", "%%%%") .. "/")
    for _, root in ipairs(folders) do
        for name in output_of(("ls -Lp '%s%s'"):format(root, place)):gmatch "[^\n]+" do
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
-- Each of these gives a set of names, where they begin, and what stands there before each of them.

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
local function complete_lua(session, before, most)
    local word = before:match "[%a_][%w_.:%[%]\"' ]*$" or ""
    while word ~= "" do
        local path, separator, prefix = word:match "^(.-)%s*([.:])%s*([%w_]*)$"
        local place = path and place_of(session, path)
        if place then
            return names_in(session, place, prefix, most), #before - #word + 1, path .. separator
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
    return bare_names(session, prefix, most), #before - #prefix + 1
end

-- What stands in the string that is still open, behind the function that gets it.
local function complete_string(session, text, call)
    local from = #text - #text:match "[%w_]*$" + 1
    if call:find "include$" then
        return files(text, header_folders()), 1
    elseif call:find "load$" or call:find "dlopen$" then
        return library_names(text), 1
    elseif text:find "/" or call:find "open$" then
        return files(text, { "" }), 1
    end
    return c_names(session, text, text:sub(from)), from
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

local function add_all(names, more)
    for name in pairs(more) do
        names[name] = true
    end
    return names
end

local ARGUMENTS = {
    commands = function(_, text) return command_names(text), 1 end,
    types = function(session, text, most)
        local prefix = text:match "[%w_]*$"
        local names = c_names(session, text, prefix)
        local lua_names, from, head = complete_lua(session, text, most)
        if head then
            return lua_names, from, head
        end
        return text:find " " and names or add_all(names, lua_names), #text - #prefix + 1
    end,
    files = function(_, text) return files(text, { "" }), 1 end,
    headers = function(_, text)
        local word = text:match "%S*$"
        return files(word, word:find "^%.?%.?/" and { "" } or header_folders()), #text - #word + 1
    end,
    libraries = function(_, text) return library_names(text), 1 end,
    names = function(session, text, most)
        local names, from, head = complete_lua(session, text, most)
        if #session.headers == 0 and from <= 1 and not head then
            declared_names(session, text, names, most)
        end
        return names, from, head
    end,
}

-- The set, where in `before` its names begin, what stands there before each; and what is wanted
-- there, which is to be shown.
local function candidates(session, before, most)
    local command = before:match "^%s*:%s*([%w_]*)$"
    if command then
        return command_names(command), #before - #command + 1
    end
    local name, argument = before:match "^%s*:%s*([%w_]+)%s+(.*)$"
    local mark = not name and before:match "^%s*%?%s*"
    if name or mark then
        argument = argument or before:sub(#mark + 1)
        local kind = mark and "names" or commands.completes(name)
        if not ARGUMENTS[kind] then
            return {}, #before + 1
        end
        local names, from, head = ARGUMENTS[kind](session, argument, most)
        return names, #before - #argument + from, head
    end
    local text, call = open_string(before)
    if text then
        local names, from = complete_string(session, text, call)
        return names, #before - #text + from
    end
    local prototype = prototype_at(session, before)
    if prototype then
        return {}, #before + 1, nil, prototype
    end
    return complete_lua(session, before, most)
end

-- The completions of what ends `before`, sorted, and where in it they begin; or none, that, and
-- what is to be shown. If there are more than `most`, the part that they have in common, and a note
-- that they are many: an editor would take long over the list, and nobody reads it.
return function(session, before, most)
    most = most or math.huge
    local names, from, head, wanted = candidates(session, before, most)
    local list, common, count = {}, nil, 0
    for name in next, names do
        count = count + 1
        list[count] = name
        common = common and shared(common, name) or name
    end
    if count > most then
        common = (head or "") .. common
        return { common }, from, ("more than %d names begin with '%s'"):format(most, common)
    end
    table.sort(list)
    for i, name in ipairs(head and list or {}) do
        list[i] = head .. name
    end
    return list, from, wanted
end
