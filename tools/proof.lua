-- Runs everything that shows the promises, each within a time, and writes what it said as one table:
--   lua tools/proof.lua REPORT SCALE [STEP...]
-- REPORT is a page with the lines <!-- proof --> and <!-- /proof -->, between which the table stands; rows of steps
-- that are not run stay. SCALE multiplies the sizes of random runs: 1 is ten minutes of each, 6 is an hour. The exit
-- code is 1 when a step failed. See docs/testing.md for what each step proves.
local report, scale = arg[1], tonumber(arg[2])
assert(report and scale, "usage: lua tools/proof.lua REPORT SCALE [STEP...]")

local function seconds(n) return math.ceil(n * scale) end

-- Each: name, command, seconds it may take, and patterns of the output: what they find is the row's text.
local STEPS = {
    { "check", "make check", 900, { "(%d+%%: Checks: %d+, Failures: %d+, Errors: %d+)" } },
    { "specs", "make spec", 2400, { "(%d+ successes / %d+ failures / %d+ errors / %d+ pending)" } },
    { "lint", "make lint", 900, { "lint%-size: (%d+ functions, lines: [^\n]+)" } },
    { "clang", "make test-clang", 1800,
        { "(%d+%%: Checks: %d+, Failures: %d+, Errors: %d+)", "(%d+ successes / %d+ failures / %d+ errors)" } },
    { "generic", "make test-generic", 1800,
        { "(%d+ successes / %d+ failures / %d+ errors)", "(%d+ signatures, [^\n]+)" } },
    { "calls", ("make difftest-abi N=%d SEED=11"):format(seconds(20000)), seconds(1800) + 600,
        { "(%d+ signatures, [^\n]+)" } },
    { "layouts", ("make difftest-layout N=%d SEED=11"):format(seconds(20000)), seconds(900) + 600,
        { "(%d+ declarations, [^\n]+)" } },
    { "values", ("make difftest-value N=%d SEED=11"):format(seconds(20000)), seconds(900) + 600,
        { "(%d+ casts and [^\n]+)" } },
    { "asan", "make asan", 3600,
        { "(%d+%%: Checks: %d+, Failures: %d+, Errors: %d+)", "(%d+ successes / %d+ failures / %d+ errors)" } },
    { "tsan", "make tsan", 1800, { "(%d+ successes / %d+ failures / %d+ errors)" } },
    { "delays", ("make delays SECONDS=%d"):format(seconds(600)), seconds(600) + 1200,
        { "(%d+ successes / %d+ failures / %d+ errors)" } },
    { "deadlocks", "make spec SPEC=spec/callback/ends_spec.lua", 600,
        { "(%d+ successes / %d+ failures / %d+ errors)" } },
    { "exhaustion", "make spec SPEC=spec/object/exhaustion_spec.lua", 1200,
        { "(%d+ successes / %d+ failures / %d+ errors)" } },
    { "valgrind", "make valgrind", 7200,
        { "(%d+%%: Checks: %d+, Failures: %d+, Errors: %d+)", "(%d+ successes / %d+ failures / %d+ errors)" } },
    { "gcstress", "make gcstress", 3600, { "(%d+ successes / %d+ failures / %d+ errors)" } },
    { "monkey", ("make monkey SECONDS=%d SEED=11"):format(seconds(600)), seconds(600) + 300, { "(monkey: [^\n]+)" } },
    { "monkey-asan", ("make monkey-asan SECONDS=%d SEED=12"):format(seconds(600)), seconds(600) + 900,
        { "(monkey: [^\n]+)" } },
    { "fuzz", ("make fuzz FUZZ_SECONDS=%d"):format(seconds(600)), seconds(600) + 600, { "(Done %d+ runs[^\n]*)" } },
    { "fuzz-cache", ("make fuzz-cache N=%d SEED=11"):format(seconds(2000)), seconds(1200) + 600,
        { "(%d+ files changed[^\n]*)" } },
    { "soak", ("make soak N=%d SEED=1"):format(seconds(10000000)), seconds(600) + 300, { "([%d,]+ callbacks[^\n]*)" } },
    { "soak-threads", ("make soak-threads N=%d SEED=1"):format(seconds(10000000)), seconds(1800) + 600,
        { "(%d+ calls on %d+ threads[^\n]*)" } },
    { "headers", "make headers", 3600, { "(%d+ headers[^\n]*)" } },
    { "defines", "make headers-defines", 3600, { "(%d+ headers[^\n]*)" } },
    { "macros", "make macros", 3600, { "(%d+ macros[^\n]*)" } },
    { "machines", "tools/machines arm64", 3600, { "| (arm64 [^\n]+)" } },
    { "coverage", "make coverage", 3600, { "(lines: [^\n]+)", "(branches: [^\n]+)" } },
}

local function read(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read "a"
    file:close()
    return text
end

local function output(command)
    local pipe = assert(io.popen(command))
    local text = pipe:read "a"
    local ok = pipe:close()
    return text, ok
end

-- The last of what each pattern finds: tools print their summaries at the end.
local function summary(text, patterns)
    local found = {}
    for _, pattern in ipairs(patterns) do
        local last
        for match in text:gmatch(pattern) do last = match end
        found[#found + 1] = last
    end
    return table.concat(found, "; ")
end

local function run(step)
    local name, command, limit, patterns = table.unpack(step)
    io.write(("proof: %s: %s (at most %d s)\n"):format(name, command, limit))
    io.flush()
    local log = os.tmpname()
    local begun = os.time()
    local _, how, code = os.execute(("timeout -k 10 %d %s >%s 2>&1"):format(limit, command, log))
    local text = read(log)
    os.remove(log)
    local said = summary(text:gsub("\27%[[%d;]*m", ""), patterns)
    local passed = how == "exit" and code == 0
    if not passed then
        io.write(text:sub(-4000))
        local why = code == 124 and "not done in time" or "FAILED, exit code " .. code
        said = said ~= "" and why .. ": " .. said or why
    elseif said == "" then
        passed, said = false, "FAILED: nothing was found in what it printed"
    end
    io.write(("proof: %s: %s\n"):format(name, said))
    return { command = command, said = said:gsub("|", "/"), took = os.time() - begun }, passed
end

-- ---- the report ----------------------------------------------------------------------------------

local FIRST, LAST = "<!-- proof -->", "<!-- /proof -->"

-- The rows that the page has, by command without its numbers.
local function key_of(command) return (command:gsub("=%d+", "=")) end

local function rows_of(page)
    local rows = {}
    local between = assert(page:match(FIRST:gsub("%p", "%%%0") .. "(.-)" .. LAST:gsub("%p", "%%%0")),
        report .. " has no place for the table")
    for line in between:gmatch "[^\n]+" do
        local command = line:match "^| `([^`]+)`"
        if command then rows[key_of(command)] = line end
    end
    return rows
end

local function machine()
    local compiler = output "${CC:-cc} --version":match "[^\n]+"
    return ("%s, %s, %s"):format(output "uname -m":match "%S+", compiler, _VERSION)
end

local function write_report(results)
    local page = read(report)
    local rows, lines = rows_of(page), { "", "| Command | Said | Time | When, what, on |", "|---|---|---|---|" }
    local commit = (output "git rev-parse --short HEAD 2>/dev/null"):match "%S+" or "an archive"
    local where = ("%s, %s, %s"):format(os.date "%Y-%m-%d", commit, machine())
    for _, step in ipairs(STEPS) do
        local result = results[step[1]]
        lines[#lines + 1] = result and ("| `%s` | %s | %d s | %s |"):format(result.command, result.said, result.took,
            where) or rows[key_of(step[2])]
    end
    local at, to = page:find(FIRST, 1, true), page:find(LAST, 1, true)
    local file = assert(io.open(report, "wb"))
    assert(file:write(page:sub(1, at + #FIRST - 1), table.concat(lines, "\n"), "\n", page:sub(to)))
    assert(file:close())
end

local wanted, known = {}, {}
for i = 3, #arg do wanted[arg[i]] = true end
for _, step in ipairs(STEPS) do known[step[1]] = true end
for name in pairs(wanted) do
    assert(known[name], "no step is called " .. name)
end
local results, failed = {}, 0
for _, step in ipairs(STEPS) do
    if next(wanted) == nil or wanted[step[1]] then
        local result, passed = run(step)
        results[step[1]] = result
        failed = failed + (passed and 0 or 1)
        write_report(results)
    end
end
io.write(("proof: %d failed, see %s\n"):format(failed, report))
os.exit(failed == 0)
