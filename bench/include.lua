-- ffi.include by the clock: cold against the compiler runs that it makes, warm, and first lookups.
--
--   lua bench/include.lua [--turns N] [--check]
--
-- A compiler that writes down its command lines and its input tells what runs there are. Then these
-- runs alone and a cold include, each in a process of its own with an empty cache, take turns; of
-- each the best counts, for other programs can only make a turn slower. --check: the status is 1
-- when a figure is over its limit.
local ffi = require "cffi"
local process = require "cffi.include.process"
local system = require "cffi.include.system"

local GTK = { "gtk/gtk.h", "gtk+-3.0" }

local options = { turns = 20 }
for i, word in ipairs(arg) do
    if word == "--turns" then
        options.turns = tonumber(arg[i + 1])
    elseif word == "--check" then
        options.check = true
    end
end

local clock = ffi.scope {}
clock.cdef "int clock_gettime(int clock, struct timespec *time); char *mkdtemp(char *pattern);"
local time = clock.new "struct timespec"

-- Milliseconds that have passed.
local function now()
    clock.C.clock_gettime(1, time) -- CLOCK_MONOTONIC
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6
end

local function temporary_folder()
    return ffi.string(clock.C.mkdtemp(clock.new("char[32]", "/tmp/cffi-bench-XXXXXX")))
end

local function run(words, input)
    local code, output, messages = process.run(words, input)
    if code ~= 0 then
        error(("%s: %s"):format(table.concat(words, " "), code and messages or output))
    end
    return output
end

-- ---- a process for each measurement -----------------------------------------------------------

local CHILD = [[
local ffi = require "cffi"
local clock = ffi.scope {}
clock.cdef "int clock_gettime(int clock, struct timespec *time);"
local time = clock.new "struct timespec"
local function now()
    clock.C.clock_gettime(1, time)
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6
end
local header, package, lookups = ...
local start = now()
local ns = ffi.include(header, { pkg = package ~= "" and package or nil })
print(now() - start)
if lookups then
    local names = {}
    for name, kind, _, _, _, lack in ffi.declarations(ffi.scope {}.include(header)) do
        names[#names + 1] = kind == "function" and not lack and name or nil
    end
    local sum = 0
    for i, name in ipairs(names) do
        local before = now()
        local _ = ns[name]
        sum = sum + (now() - before)
        if i == 1 then
            print(sum * 1000)
        end
    end
    print(sum * 1000 / #names)
end
]]

-- The numbers that a fresh process prints which includes a header with this cache folder.
local function include(cache, header, package, lookups, cc)
    local words = { "env", "XDG_CACHE_HOME=" .. cache }
    words[#words + 1] = cc and "CFFI_CC=" .. cc
    local asked = ("%q, %q, %s"):format(header, package or "", lookups and "true" or "nil")
    table.move({ arg[-1], "-e", (CHILD:gsub("%.%.%.", asked, 1)) }, 1, 3, #words + 1, words)
    local numbers = {}
    for number in run(words):gmatch "%S+" do
        numbers[#numbers + 1] = tonumber(number)
    end
    return numbers
end

-- ---- the compiler runs ------------------------------------------------------------------------

-- What include tells the second run while it waits (process.awaited) stands in the input then.
local RECORDER = [[#!/bin/sh
cd "${0%/*}"
case " $* " in *" -dD "*) n=1 ;; *) n=2 ;; esac
while IFS= read -r line; do
    file=${line#'#include "/dev/fd/'}
    if [ "$file" = "$line" ]; then printf '%s\n' "$line"; else cat "/dev/fd/${file%?}"; fi
done >input$n
printf '%s\n' "$@" >words$n
exec cc "$@" <input$n
]]

-- The runs that a cold include of a header makes: { words =, input = } each.
local function runs_of(folder, header)
    local recorder = folder .. "/cc"
    local file <close> = assert(io.open(recorder, "w"))
    file:write(RECORDER)
    file:close()
    run { "chmod", "+x", recorder }
    include(folder .. "/recorded", header, nil, nil, recorder)
    local runs = {}
    while true do
        local input = system.read_file(("%s/input%d"):format(folder, #runs + 1))
        if not input then
            return runs
        end
        local words = { "cc" }
        local list = system.read_file(("%s/words%d"):format(folder, #runs + 1))
        for word in list:gmatch "[^\n]+" do
            words[#words + 1] = word
        end
        runs[#runs + 1] = { words = words, input = input }
    end
end

local function alone(runs)
    local start = now()
    for _, each in ipairs(runs) do
        run(each.words, each.input)
    end
    return now() - start
end

-- ---- the figures ------------------------------------------------------------------------------

local over = 0

local function figure(name, value, unit, limit)
    local bad = value > limit
    over = over + (bad and 1 or 0)
    local text = "%-52s %9.2f %-3s limit %6.2f%s"
    print(text:format(name, value, unit, limit, bad and "  over" or ""))
end

local function best_of(turns, measure)
    local best = math.huge
    for _ = 1, turns do
        best = math.min(best, measure())
    end
    return best
end

local folder = temporary_folder()
local runs = runs_of(folder, "sqlite3.h")
local compiler, cold = math.huge, math.huge
for turn = 1, options.turns do
    compiler = math.min(compiler, alone(runs))
    cold = math.min(cold, include(("%s/cold%d"):format(folder, turn), "sqlite3.h")[1])
end
print(("the %d compiler runs for sqlite3.h, alone %20.2f ms"):format(#runs, compiler))
print(("%-52s %9.2f ms"):format("include \"sqlite3.h\", cold", cold))
figure("... as many times the compiler runs", cold / compiler, "", 1.2)
local warm, first, mean = math.huge, math.huge, math.huge
for _ = 1, options.turns do
    local numbers = include(folder .. "/cold1", "sqlite3.h", nil, true)
    warm, first = math.min(warm, numbers[1]), math.min(first, numbers[2])
    mean = math.min(mean, numbers[3])
end
figure("include \"sqlite3.h\", warm", warm, "ms", 10)
figure("first lookup of a function of it, mean", mean, "us", 20)
print(("%-52s %9.2f us"):format("... the very first", first))
if pcall(run, { "pkg-config", "--exists", GTK[2] }) then
    figure("include \"gtk/gtk.h\", warm", best_of(options.turns, function()
        return include(folder .. "/cold1", GTK[1], GTK[2])[1]
    end), "ms", 100)
end
run { "rm", "-r", folder }
os.exit(not options.check or over == 0)
