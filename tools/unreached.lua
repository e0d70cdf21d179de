-- Compares the lines that no test reaches with those that docs/testing.md explains:
--   lua tools/unreached.lua LINES PAGE
-- LINES is gcovr's report as text. PAGE has a table between <!-- unreached --> and <!-- /unreached -->, whose rows
-- begin with names in backquotes: a file, its functions, the next file; a file without functions is meant whole.
-- Prints the functions with such lines that stand in no row, and rows of what is not there; then the exit code is 1.
local report, page = arg[1], arg[2]
assert(report and page, "usage: lua tools/unreached.lua LINES PAGE")

local function read(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read "a"
    file:close()
    return text
end

-- The function that each line of a C file belongs to. A function begins in the first column, as do the braces around
-- its body; what has none is a macro that makes functions.
local function functions_of(path)
    local owner, known, number, from, header, inside = {}, {}, 0, 0, "", false
    local function own(name)
        for line = from, number do owner[line] = name end
        known[name] = true
    end
    for line in (read(path) .. "\n"):gmatch "(.-)\n" do
        number = number + 1
        if line == "{" then
            inside = header:match "([%a_][%w_]*)%s*%b()%s*$" or false
        elseif line == "}" and inside then
            own(inside)
            inside, header = false, ""
        elseif line:find "^[%a_]" and not inside and header == "" then
            from, header = number, line
        elseif header ~= "" and not inside then
            header = header .. " " .. line
        end
        if not inside and header:find "^[%u_]+%b()%s*$" then
            own(header:match "^[%u_]+")
            header = ""
        elseif not inside and header:find "[;}]%s*$" then
            header = ""
        end
    end
    return owner, known
end

local explained, complaints = {}, 0

local function complain(...)
    complaints = complaints + 1
    io.write("unreached: ", string.format(...), "\n")
end

local sources = {}

local function source(path)
    if not sources[path] then
        local owner, known = functions_of(path)
        sources[path] = { owner = owner, known = known }
    end
    return sources[path]
end

local function explain(row)
    local file
    for name in row:gmatch "`([^`]+)`" do
        if name:find "/" then
            file = name
            explained[file] = explained[file] or {}
        elseif not source(file).known[name] then
            complain("%s has no function %s", file, name)
        else
            explained[file][name] = true
        end
    end
end

-- Lines as "12,15-17": by function, in their order.
local function by_function(path, lines)
    local owner, order, found = source(path).owner, {}, {}
    for first, last in lines:gmatch "(%d+)%-?(%d*)" do
        for line = tonumber(first), tonumber(last) or tonumber(first) do
            local name = owner[line]
            if name and not found[name] then
                order[#order + 1] = name
                found[name] = {}
            end
            if name then table.insert(found[name], line) end
        end
    end
    return order, found
end

local table_text = read(page):match "<!%-%- unreached %-%->(.-)<!%-%- /unreached %-%->"
assert(table_text, page .. " has no table of lines that are not reached")
for row in table_text:gmatch "\n|([^|\n]+)|" do explain(row) end

local count = 0
local said = read(report):gsub("\n(%S+%.[ch])\n", "\n%1") -- long names stand in a line of their own
for path, lines in said:gmatch "\n(%S+%.[ch])%s+%d+%s+%d+%s+%d+%%%s+([%d,%-]+)" do
    local known = explained[path]
    local whole = known and next(known) == nil
    local order, found = by_function(path, lines)
    for _, name in ipairs(order) do
        count = count + 1
        if not whole and not (known and known[name]) then
            complain("%s: %s, lines %s", path, name, table.concat(found[name], " "))
        end
    end
end
io.write(("unreached: %d functions have lines that no test reaches, not explained: %d\n"):format(count, complaints))
os.exit(complaints == 0)
