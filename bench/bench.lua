-- Every row as a ratio to the hand-written binding, both measured alternately in one process.
--
--   lua bench/bench.lua [--check] [--api] [--row NAME] [--rounds N] [--peers DIR] [--count PREFIX]
--
-- A round runs a short slice of each side in turn, by the clock of this process's CPU time; what
-- counts is the best slice of each, since other programs can only make one slower. A row over its
-- limit gets a second chance with more rounds. --check exits 1 when a row stays over its limit or
-- the geometric mean is over 1. --count, under callgrind, counts instructions: these repeat.
-- --api also measures the rows without reading in place, and --lines is how it does.
-- --peers also measures foreign function interfaces of other languages, each in its own process.

local rows = require "rows"

local SECOND_CHANCES = 4

local function slice(fn, count)
    local start = os.clock()
    fn(count)
    return os.clock() - start
end

-- Nanoseconds of both sides, each the best of all rounds so far.
local function measure(row, rounds)
    row.best_hand, row.best_ffi = row.best_hand or math.huge, row.best_ffi or math.huge
    for _ = 1, rounds do
        row.best_hand = math.min(row.best_hand, slice(row.hand, row.count) / row.count * 1e9)
        row.best_ffi = math.min(row.best_ffi, slice(row.ffi, row.count) / row.count * 1e9)
    end
end

local function over(row)
    return row.limit and row.best_ffi / row.best_hand > row.limit
end

local function measure_row(row, rounds)
    collectgarbage()
    row.hand(row.count) -- caches, lazily built plans
    row.ffi(row.count)
    measure(row, rounds)
    for _ = 1, SECOND_CHANCES do
        if not over(row) then break end
        measure(row, rounds)
    end
end

local function count_row(row, counting, prefix)
    local count = math.max(1, row.count // 50)
    row.best_hand = counting.instructions(row.hand, count, prefix)
    row.best_ffi = counting.instructions(row.ffi, count, prefix)
end

local function print_row(row)
    print(("%-36s %8s %12.1f %12.1f %7.2f%s"):format(row.name,
        row.limit and ("%.2f"):format(row.limit) or "-", row.best_hand, row.best_ffi,
        row.best_ffi / row.best_hand, over(row) and "  over" or ""))
end

-- Prints all rows; returns how many are over their limit, and the geometric mean.
local function run(selected, unit, measure_one)
    local failed, log_sum, count = 0, 0, 0
    print(("%-36s %8s %12s %12s %7s"):format("row", "limit", "hand " .. unit, "cffi " .. unit,
        "ratio"))
    for _, row in ipairs(selected) do
        measure_one(row)
        print_row(row)
        if row.limit then
            failed = failed + (over(row) and 1 or 0)
            log_sum, count = log_sum + math.log(row.best_ffi / row.best_hand), count + 1
        end
    end
    local mean = math.exp(log_sum / math.max(1, count))
    print(("geometric mean of %d rows: %.2f; %d over their limit"):format(count, mean, failed))
    return failed, mean
end

-- Programs that print "row<TAB>nanoseconds" lines when given the library; those that are not
-- installed say nothing.
local PEERS = {
    {"luajit", "luajit", "luajit.lua"},
    {"luajit -joff", "luajit -joff", "luajit.lua"},
    {"py cffi", "/usr/bin/python3", "python_cffi.py"},
    {"py ctypes", "/usr/bin/python3", "python_ctypes.py"},
    {"fiddle", "ruby", "ruby_fiddle.rb"},
    {"ruby ffi", "ruby", "ruby_ffi.rb"},
}

local function run_peer(command, script, library)
    local times = {}
    local pipe = io.popen(("%s bench/peers/%s %s 2>/dev/null"):format(command, script, library))
    for line in pipe:lines() do
        local name, ns = line:match "^(.-)\t([%d.]+)$"
        if name then times[name] = tonumber(ns) end
    end
    pipe:close()
    return next(times) and times
end

local function run_peers(selected, directory)
    local columns = {}
    for _, peer in ipairs(PEERS) do
        local times = run_peer(peer[2], peer[3], directory .. "/benchlib.so")
        if times then columns[#columns + 1] = {name = peer[1], times = times} end
    end
    local function print_line(name, cell)
        local line = {("%-36s"):format(name)}
        for i = -1, #columns do line[#line + 1] = ("%12s"):format(cell(i)) end
        print(table.concat(line, " "))
    end
    print "\nns per operation with the loop around it, each in its own process (-: no such row)"
    print_line("row", function(i)
        return i == -1 and "hand" or i == 0 and "cffi" or columns[i].name
    end)
    for _, row in ipairs(selected) do
        print_line(row.name, function(i)
            local ns = row.best_hand
            if i == 0 then ns = row.best_ffi elseif i > 0 then ns = columns[i].times[row.name] end
            return ns and ("%.1f"):format(ns) or "-"
        end)
    end
end

-- A second process with the same rows by Lua's API alone: the same as the peers are measured.
local function run_api(selected, unit, rounds, part)
    local times = {}
    local only = part and (" --row '%s'"):format((part:gsub("'", "'\\''"))) or ""
    local pipe = assert(io.popen(("CFFI_NO_PEEK=1 %s bench/bench.lua --lines --rounds %d%s")
        :format(arg[-1], rounds, only)))
    for line in pipe:lines() do
        local name, ns = line:match "^(.-)\t([%d.]+)$"
        if name then times[name] = tonumber(ns) end
    end
    assert(pipe:close())
    print "\narguments read by Lua's API alone (CFFI_NO_PEEK=1), in a process of its own"
    print(("%-36s %12s %12s %7s"):format("row", "cffi " .. unit, "API " .. unit, "ratio"))
    for _, row in ipairs(selected) do
        local ns = times[row.name]
        print(("%-36s %12.1f %12.1f %7.2f"):format(row.name, row.best_ffi, ns, ns / row.best_ffi))
    end
end

local function run_lines(selected, rounds)
    for _, row in ipairs(selected) do
        measure_row(row, rounds)
        print(("%s\t%.1f"):format(row.name, row.best_ffi))
    end
end

local function options(argv)
    local o = {rounds = 40}
    local takes = {["--row"] = "row", ["--rounds"] = "rounds", ["--count"] = "count",
        ["--peers"] = "peers"}
    local i = 1
    while argv[i] do
        if argv[i] == "--check" or argv[i] == "--api" or argv[i] == "--lines" then
            o[argv[i]:sub(3)] = true
        else
            local name = takes[argv[i]] or error("unknown option " .. argv[i], 0)
            i = i + 1
            o[name] = argv[i]
        end
        i = i + 1
    end
    o.rounds = tonumber(o.rounds)
    return o
end

local function main(argv)
    local o = options(argv)
    local selected = {}
    local failed, mean
    for _, row in ipairs(rows) do
        if not o.row or row.name:find(o.row, 1, true) then selected[#selected + 1] = row end
    end
    if o.lines then return run_lines(selected, o.rounds) end
    if o.count then
        local counting = require "counting"
        failed, mean = run(selected, "instr", function(row) count_row(row, counting, o.count) end)
    else
        failed, mean = run(selected, "ns", function(row) measure_row(row, o.rounds) end)
    end
    if o.api then run_api(selected, "ns", o.rounds, o.row) end
    if o.peers then run_peers(selected, o.peers) end
    if o.check and (failed > 0 or mean > 1) then os.exit(1) end
end

main(arg)
