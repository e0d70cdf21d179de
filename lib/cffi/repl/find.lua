-- :find WORD: a name among what is declared, what open libraries export, the system's headers and
-- libraries by name, what the system's libraries export, and what its headers declare.
local exports = require "cffi.repl.exports"
local glob = require "cffi.repl.glob"
local library = require "cffi.include.library"
local system = require "cffi.include.system"

local FOLDERS = { "/usr/include", "/usr/local/include" }
local NEAR_HEADERS = "/usr/include/*.h /usr/local/include/*.h " -- to be read first
local MAX_ROWS = 30 -- of each kind
local MAX_EXPORTS = 10000 -- that are gathered, of which the first are shown
local PATIENCE = 1 -- second, for what headers declare: with a cold disk there are too many to read

-- Sorts rows: first those that begin with the word.
local function sort_for(rows, word)
    local starts = {}
    for _, row in ipairs(rows) do
        starts[row] = row:sub(1, #word) == word
    end
    table.sort(rows, function(a, b)
        if starts[a] ~= starts[b] then
            return starts[a]
        end
        return a < b
    end)
end

-- Rows of one kind, below a title, each once. `is_cut`: there may be more than these.
local function section(session, title, rows, is_cut)
    if #rows == 0 then
        return 0
    end
    session:print("%s", session.style.titles(title))
    local shown = {}
    for i = 1, math.min(#rows, MAX_ROWS) do
        shown[i] = "  " .. rows[i]
    end
    if #rows > MAX_ROWS then
        shown[#shown + 1] = ("  (%d more%s)"):format(#rows - MAX_ROWS, is_cut and " at least" or "")
    end
    session.page(shown)
    return #rows
end

local function declared(session, pattern)
    local rows = {}
    for _, _, text, file, line in session:declarations(pattern) do
        rows[#rows + 1] = text .. session.style.notes(file and ("  %s:%d"):format(file, line) or "")
    end
    table.sort(rows)
    return rows
end

-- Symbols of open libraries that nothing declares.
local function exported(session, pattern, word)
    local rows, seen, spaces = {}, {}, { session.ffi.C }
    for _, entry in ipairs(session.libraries) do
        table.insert(spaces, 1, entry.namespace)
    end
    for _, namespace in ipairs(spaces) do
        local place = tostring(namespace):match "[^/]*$"
        for name, kind, _, is_declared in session.ffi.symbols(namespace, pattern) do
            if kind ~= "other" and not is_declared and not seen[name] then
                seen[name] = true
                rows[#rows + 1] = ("%s  %s"):format(name, session.style.notes(place))
            end
        end
    end
    sort_for(rows, word)
    return rows
end

-- A header's path as #include has it.
local function included_as(path)
    local name = path:gsub("^/usr/include/", ""):gsub("^/usr/local/include/", "")
        :gsub("^[^/]*%-linux%-[^/]*/", "")
    return "<" .. name .. ">"
end

-- Header files whose name fits.
local function headers(pattern)
    local rows = {}
    local pipe = io.popen("find -L " .. table.concat(FOLDERS, " ")
        .. " -maxdepth 5 -name '*.h' 2>/dev/null")
    for path in pipe:lines() do
        local file = path:match "[^/]*$"
        if file:find(pattern) or file:gsub("%.h$", ""):find(pattern) then
            rows[#rows + 1] = included_as(path)
        end
    end
    pipe:close()
    table.sort(rows)
    return rows
end

-- A command that ends after PATIENCE, with the status 124, where the system can do that.
local function impatient(command)
    return ("if command -v timeout >/dev/null; then timeout %d %s; else %s; fi"):format(PATIENCE,
        command, command)
end

local function start(command, places)
    return io.popen(impatient(command .. places .. " 2>/dev/null"))
end

-- The headers that a search writes, each once, and their depths. True when time was too short.
local function add_headers(rows, depth, pipe)
    for path in pipe:lines() do
        local row = included_as(path)
        if not depth[row] then
            rows[#rows + 1], depth[row] = row, select(2, row:gsub("/", ""))
        end
    end
    local _, _, status = pipe:close()
    return status == 124 or status == 143 -- GNU's, busybox's
end

-- Starts to look for headers in which a function of that name stands. Returns what waits for them
-- and gives them, those in fewer folders first, and whether time was too short for all; it takes
-- the first row of exports.
local function search_headers(word)
    if word:find "[^%w_*?%[%]^-]" then
        return function() return {}, false end
    end
    local name = glob.is_glob(word) and word or "*" .. word .. "*"
    name = name:gsub("[*?]", { ["*"] = "[A-Za-z0-9_]*", ["?"] = "[A-Za-z0-9_]" })
    local command = "env LC_ALL=C grep -rlE --include='*.h' '(^|[^A-Za-z0-9_])" .. name .. " *[(]' "
    local pipe = start(command, NEAR_HEADERS .. table.concat(FOLDERS, " "))
    return function(export)
        local rows, depth = {}, {}
        local is_cut = add_headers(rows, depth, pipe)
        if is_cut and export then -- at least those that are named as the library is
            local stem = export:match "  .-lib(.-)[-%d]*%.so" or "*"
            stem = stem:gsub("%W", "?")
            add_headers(rows, depth, start(command, ("/usr/include/*%s*"):format(stem)))
        end
        table.sort(rows, function(a, b)
            return depth[a] < depth[b] or depth[a] == depth[b] and a < b
        end)
        return rows, is_cut
    end
end

local function named_libraries(pattern)
    local rows = {}
    for _, candidate in ipairs(library.known()) do
        local stem = candidate.name:gsub("^lib", ""):gsub("%.so.*$", "")
        if candidate.name:find(pattern) or stem:find(pattern) then
            rows[#rows + 1] = ("%s  %s"):format(candidate.name, candidate.path)
        end
    end
    table.sort(rows)
    return rows
end

-- What libraries of the system export that are not open; each file once. Whether that is all.
local function system_exports(session, pattern, word)
    local rows, seen = {}, {}
    for _, candidate in ipairs(library.known()) do
        local path = system.real_path(candidate.path)
        local names = not seen[path] and exports(path, pattern) or {}
        seen[path] = true
        for _, name in ipairs(names) do
            if not session.ffi.declaration(name) then
                rows[#rows + 1] = ("%s  %s"):format(name, session.style.notes(candidate.name))
            end
        end
        if #rows > MAX_EXPORTS then
            break
        end
    end
    sort_for(rows, word)
    return rows, #rows > MAX_EXPORTS
end

-- The title of the last section says when not all headers were read.
local function header_section(session, rows, is_cut)
    local title = "headers with functions of such names"
    local count = section(session, title, rows, is_cut)
    if is_cut then
        session:print("%s", session.style.notes(("(%d s was too short to read all headers; the "
            .. "next :find goes on)"):format(PATIENCE)))
    end
    return count
end

return function(session, word)
    if word == "" then
        error(":find wants a word: :find sqlite3_open", 0)
    end
    local pattern, count = glob.pattern(word), 0
    local headers_found = search_headers(word) -- meanwhile
    count = count + section(session, "declared", declared(session, pattern))
    count = count + section(session, "exported by open libraries, not declared",
        exported(session, pattern, word))
    count = count + section(session, "headers", headers(pattern))
    count = count + section(session, "libraries", named_libraries(pattern))
    local exports_found, more = system_exports(session, pattern, word)
    count = count + section(session, "exported by libraries of the system", exports_found, more)
    count = count + header_section(session, headers_found(exports_found[1]))
    if count == 0 then
        error(("nothing like '%s' was found"):format(word), 0)
    end
end
