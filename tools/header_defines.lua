-- What compilers print of real headers with every macro in it (-E -dD), declared by ffi.cdef as it is.
--
--   lua tools/header_defines.lua [--only PACKAGE] [--report FILE]
--
-- The headers of the packages of tools/header_packages.lua, by gcc and by clang. Each text is declared
-- in a scope of its own; the macros it leaves defined are counted by cdef's own listing. A text that
-- is refused counts when the compiler, given nothing but an #include of the header, accepts that as C.
-- --report replaces the section about this in docs/headers.md, which `make headers` leaves alone.
-- The exit status is 1 when a text was refused.
local ffi = require "cffi"
local packages = dofile "tools/header_packages.lua"

local COMPILERS = { "gcc", "clang" }
local HEADING = "\n## With every macro\n"

local options = {}
for i = 1, #arg, 2 do
    options[arg[i]:match "^%-%-(%l+)$" or error(arg[i] .. "?")] = assert(arg[i + 1], arg[i] .. " needs a value")
end

local function read(path)
    local file <close> = assert(io.open(path, "rb"))
    return file:read "a"
end

os.execute "mkdir -p build/defines"
local BASE = "build/defines/try"

-- The text of a header, or nil when the compiler does not print one.
local function preprocessed(compiler, flags, name)
    local file <close> = assert(io.open(BASE .. ".c", "w"))
    file:write(("#include <%s>\n"):format(name))
    file:close()
    return packages.run(("%s %s -w -E -dD -o %s.i %s.c"):format(compiler, flags, BASE, BASE)) and read(BASE .. ".i")
end

local function is_accepted(compiler, flags)
    return (packages.run(("%s %s -w -fsyntax-only %s.c"):format(compiler, flags, BASE)))
end

-- The macros that a text leaves defined; `silent` are function-like ones whose use is no error that
-- names them.
local function count_macros(scope, result)
    for name, kind, text in scope.declarations() do
        if kind == "macro" and text:find("(", 9 + #name, true) == 9 + #name then
            result.callable = result.callable + 1
            local ok, why = pcall(scope.eval, name .. "(1)")
            result.silent = result.silent + ((ok or not why:find("'" .. name .. "(", 1, true)) and 1 or 0)
        elseif kind == "macro" then
            result.macros = result.macros + 1
        end
    end
end

local total = { headers = 0, texts = 0, macros = 0, callable = 0, silent = 0, packages = 0 }
local refused = {}

local function check(package)
    local flags = packages.flags_of(package[2])
    for _, path in ipairs(packages.headers_of(package[1])) do
        local name, counted = packages.include_name(path, flags), 0
        for _, compiler in ipairs(COMPILERS) do
            local text = preprocessed(compiler, flags, name)
            local scope = ffi.scope {}
            local ok, why = pcall(scope.cdef, text or "")
            if text and ok then
                counted = 1
                total.texts = total.texts + 1
                count_macros(scope, total)
            elseif text and not ok and is_accepted(compiler, flags) then
                refused[#refused + 1] = ("%s: %s (%s): %s"):format(package[1], name, compiler, why)
                print(refused[#refused])
            end
        end
        total.headers = total.headers + counted
    end
end

io.stdout:setvbuf "line"
for _, package in ipairs(packages.list) do
    if (not options.only or options.only == package[1]) and packages.is_installed(package[1]) then
        check(package)
        total.packages = total.packages + 1
        print(("%-24s %5d headers %5d texts %3d refused so far"):format(package[1], total.headers, total.texts,
            #refused))
    end
end

local summary = ([[
%d headers of %d packages, %d texts of gcc and clang: %d refused; %d object-like macros, %d function-like ones,
of which %d do not say their name when they are used]]):format(total.headers, total.packages, total.texts, #refused,
    total.macros, total.callable, total.silent)
print("defines: " .. summary)
if options.report then
    local before = read(options.report)
    before = before:sub(1, (before:find(HEADING, 1, true) or #before + 1) - 1)
    local file <close> = assert(io.open(options.report, "w"))
    file:write(before, HEADING, "\nWritten by `make headers-defines REPORT=docs/headers.md` on ", os.date "%Y-%m-%d",
        ". What `-E -dD` prints, each `#define` in\nit, was declared by `ffi.cdef` as it is, each text in a scope of ",
        "its own:\n", summary, ".\n")
end
os.exit(#refused == 0)
