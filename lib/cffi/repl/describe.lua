-- ?NAME: what a name is. ?GLOB: which names there are.
local memory = require "cffi.memory"
local glob = require "cffi.repl.glob"
local near = require "cffi.repl.near"
local source = require "cffi.repl.source"

local INDENT = "    "

local function indented(text)
    return INDENT .. text:gsub("\n", "\n" .. INDENT)
end

-- ---- where a name comes from -------------------------------------------------------------------

-- The open libraries of the session and the process, each a namespace of the core.
local function libraries_of(session)
    local list = {}
    for _, entry in ipairs(session.libraries) do
        list[#list + 1] = entry.namespace
    end
    for _, entry in ipairs(session.headers) do
        list[#list + 1] = entry.namespace
    end
    list[#list + 1] = session.ffi.C
    return list
end

local function base_name(namespace)
    return tostring(namespace):match "([^/ ]*)$"
end

-- The file that has a function: of those in ffi.C, which is many files, the one where it lies.
local function file_of(session, namespace, name)
    local file
    if namespace == session.ffi.C then
        local ok, address = pcall(function()
            return memory.address(session.ffi.cast("void *", namespace[name]), true)
        end)
        file = ok and select(2, memory.symbol(address))
    end
    return file or base_name(namespace)
end

-- The first library that has the symbol.
local function home_of(session, name)
    for _, namespace in ipairs(libraries_of(session)) do
        local ok, symbols = pcall(session.ffi.symbols, namespace, "^" .. name .. "$")
        local found, kind, size = (ok and symbols or function() end)()
        if found then
            return namespace, kind, size
        end
    end
end

-- ---- one name ----------------------------------------------------------------------------------

-- "errno(-1); 2: out(count)": what attributes say of calls; nil: nothing.
local function annotations_of(session, name)
    local ok, info = pcall(session.ffi.reflect, ("__typeof__(%s)"):format(name))
    local said, parts = ok and info.annotations, {}
    if not said then
        return nil
    end
    for word, text in pairs(said) do
        if type(word) == "string" then
            parts[#parts + 1] = text == true and word or ("%s(%s)"):format(word, text)
        end
    end
    table.sort(parts)
    for i = 1, #info.params do
        parts[#parts + 1] = said[i] and ("%d: %s"):format(i, said[i])
    end
    return table.concat(parts, "; ")
end

local function describe_declaration(session, name, kind, text, file, line)
    session:print("%s", session.style.titles(text))
    local comment = file and line and source.comment(file, line)
    if comment then
        session:print("%s", indented(comment))
    end
    local facts = {}
    if file then
        facts[#facts + 1] = ("%s:%d"):format(file, line)
    end
    local said = kind == "function" and annotations_of(session, name)
    if said then
        session:print("%s", indented(said))
    end
    if kind == "function" or kind == "variable" then
        local home = home_of(session, name)
        facts[#facts + 1] = home and file_of(session, home, name) or "no library has it"
    end
    if #facts > 0 then
        session:print("%s", session.style.notes(indented(table.concat(facts, ", "))))
    end
    local manual = kind == "function" and source.manual(name)
    if manual then
        session:print("%s", indented(manual))
    end
end

-- What a library exports without a declaration for it.
local function describe_symbol(session, name)
    local home, kind, size = home_of(session, name)
    if not home then
        return false
    end
    session:print("%s", session.style.titles(name))
    session:print("%s", indented(("%s of %d bytes in %s, not declared"):format(
        kind == "object" and "variable" or kind, size, base_name(home))))
    local manual = source.manual(name)
    if manual then
        session:print("%s", indented(manual))
    end
    return true
end

local function describe_value(session, text, value)
    local is_c, info = pcall(session.ffi.reflect, value)
    if is_c and type(value) == "function" then
        return describe_declaration(session, info.symbol, "function",
            select(2, session:declaration(info.symbol)) or info.text,
            select(3, session:declaration(info.symbol)))
    elseif is_c and session.ffi.type(value) == "ctype" or is_c and info.members then
        session:print("%s", session.ffi.layout(value))
    end
    session:print("%s = %s", text, session:text_of(value))
end

local function known_names(session)
    local names = {}
    session:each_name("", function(name) names[#names + 1] = name end)
    return names
end

local function describe_type(session, text)
    local ok, info = pcall(session.ffi.reflect, text)
    if not ok then
        return false
    elseif info.size and info.kind ~= "function" then
        session:print("%s", session.ffi.layout(text))
    else
        session:print("%s (nothing else is known of it)", info.name)
    end
    return true
end

local function describe(session, text)
    local name = text:match "[%w_]+$" or ""
    local kind, declared, file, line = session:declaration(name)
    if kind then
        describe_declaration(session, name, kind, declared, file, line)
        return kind ~= "typedef" or describe_type(session, name)
    end
    local ok, value = pcall(session.value_of, session, text)
    if ok and value ~= nil then
        return describe_value(session, text, value)
    elseif describe_type(session, text) or describe_symbol(session, name) then
        return
    end
    local nearest = near(name, known_names(session))
    error(("nothing is known of '%s'%s"):format(text, nearest
        and (" (did you mean '%s'?)"):format(nearest) or "; :find looks further"), 0)
end

-- ---- many names --------------------------------------------------------------------------------

-- Every declared name that fits, then the exports that nobody declared.
local function describe_all(session, text)
    local pattern = glob.pattern(text:match "[%w_*?%[%]%-^]+$" or text)
    local rows, seen = {}, {}
    for name, _, declared, file, line in session:declarations(pattern) do
        seen[name] = true
        local place = file and ("  %s:%d"):format(file:match "[^/]*$", line) or ""
        rows[#rows + 1] = { name = name, text = declared .. session.style.notes(place) }
    end
    for _, namespace in ipairs(libraries_of(session)) do
        local ok, symbols = pcall(session.ffi.symbols, namespace, pattern)
        for name, kind in ok and symbols or function() end do
            if not seen[name] then
                seen[name] = true
                rows[#rows + 1] = { name = name, text = name .. session.style.notes(
                    ("  %s of %s, not declared"):format(kind, base_name(namespace))) }
            end
        end
    end
    if #rows == 0 then
        error(("no name fits '%s'; :find looks further"):format(text), 0)
    end
    session:page_by_name(rows)
end

return function(session, text)
    if glob.is_glob(text) and not text:find "[%]\"')]%s*$" then
        describe_all(session, text)
    else
        describe(session, text)
    end
end
