-- Every rule of docs/design.md (### S1. to S20.) is named by the first comment of at least one spec,
-- and no spec names a rule that is not there.
--   lua tools/lint_rules.lua docs/design.md SPEC...           complains about both
--   lua tools/lint_rules.lua --list docs/design.md SPEC...    says which specs hold which rule

local function read(path)
    local file = assert(io.open(path))
    local text = file:read "a"
    file:close()
    return text
end

-- Numbers in order, and number -> title.
local function rules_of(design)
    local numbers, titles = {}, {}
    for digits, title in ("\n" .. read(design)):gmatch "\n### S(%d+)%. ([^\n]+)" do
        local number = tonumber(digits)
        numbers[#numbers + 1], titles[number] = number, title
    end
    return numbers, titles
end

local function first_comment(path)
    local lines = {}
    for line in read(path):gmatch "[^\n]*" do
        if not line:find "^%-%-" then break end
        lines[#lines + 1] = line:sub(3)
    end
    return table.concat(lines, " ")
end

-- "S1-S3" names three rules; "S3, S17" two. S stands alone, so that UTF-8 or ASCII64 are no rules.
local function each_rule(comment, visit)
    for first, last in comment:gmatch "%f[%w]S(%d+)%-S(%d+)%f[%W]" do
        for number = tonumber(first), tonumber(last) do visit(number) end
    end
    for number in comment:gmatch "%f[%w]S(%d+)%f[%W]" do visit(tonumber(number)) end
end

-- Number -> list of specs that name it, each once, in the order given.
local function holders(specs)
    local held = {}
    for _, path in ipairs(specs) do
        local seen = {}
        each_rule(first_comment(path), function(number)
            if seen[number] then return end
            seen[number] = true
            held[number] = held[number] or {}
            table.insert(held[number], path)
        end)
    end
    return held
end

local function list(numbers, titles, held)
    for _, number in ipairs(numbers) do
        print(("%-5s%s"):format("S" .. number, titles[number]))
        for _, path in ipairs(held[number] or {}) do print("     " .. path) end
    end
end

local function complaints(numbers, titles, held)
    local missing, unknown = {}, {}
    for _, number in ipairs(numbers) do
        if not held[number] then
            missing[#missing + 1] = ("S%d (%s) is named by no spec's first comment"):format(number, titles[number])
        end
    end
    for number, paths in pairs(held) do
        if not titles[number] then
            unknown[#unknown + 1] = ("%s: the design has no rule S%d"):format(table.concat(paths, ", "), number)
        end
    end
    table.sort(unknown)
    return table.move(unknown, 1, #unknown, #missing + 1, missing)
end

local listing = arg[1] == "--list"
local design = table.remove(arg, listing and 2 or 1)
local numbers, titles = rules_of(design)
local held = holders { table.unpack(arg, listing and 2 or 1) }
if listing then
    list(numbers, titles, held)
    return
end
local found = complaints(numbers, titles, held)
if #numbers == 0 then found[1] = design .. " has no rules" end
for _, text in ipairs(found) do print("lint-rules: " .. text) end
print(("lint-rules: %d rules, %d specs, complaints: %d"):format(#numbers, #arg, #found))
os.exit(#found == 0)
