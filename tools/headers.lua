-- Every C header of some forty Debian packages through the parser.
--
--   lua tools/headers.lua [--install] [--only PACKAGE] [--report FILE] [CHECKER [DIRECTORY]]
--
-- A header counts when the compiler, given nothing but an #include of it, accepts it as C. Its
-- preprocessed text then goes to CHECKER (build/drivers/header_check), which prints assertions on
-- what the parser made of it: sizes, alignments, offsets, constants, and the types of functions and
-- variables. The compiler checks these behind the same text. This is done with gcc and with clang.
-- --install installs what is missing with apt-get. --report writes the table as Markdown.
-- The exit status is 1 when a header that a compiler accepts was refused or an assertion failed.

-- gcc knows _Float32 and its like as types of their own; the parser takes them as what they are made of.
local COMPILERS = {
    {name = "gcc", command = "gcc",
        check = "gcc -Dbool=_Bool -D_Float32=float -D_Float64=double -D_Float32x=double '-D_Float64x=long double'"},
    {name = "clang", command = "clang -D_GNU_SOURCE -O2", check = "clang -Dbool=_Bool -D_Float128=__float128"},
}

local packages = dofile "tools/header_packages.lua"
local run, lines_of = packages.run, packages.lines_of

local options, checker, directory = {}, nil, nil
do
    local i = 1
    while i <= #arg do
        if arg[i] == "--install" then
            options.install = true
        elseif arg[i] == "--only" or arg[i] == "--report" then
            options[arg[i]:sub(3)] = assert(arg[i + 1], arg[i] .. " needs a value")
            i = i + 1
        elseif checker then
            directory = arg[i]
        else
            checker = arg[i]
        end
        i = i + 1
    end
    checker = checker or "build/drivers/header_check"
    directory = directory or "build/headers"
end

local function read(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read("a")
    file:close()
    return text
end

local function write(path, text)
    local file = assert(io.open(path, "wb"))
    assert(file:write(text))
    assert(file:close())
end

local function install()
    local missing = {}
    for _, package in ipairs(packages.list) do
        if not packages.is_installed(package[1]) then
            missing[#missing + 1] = package[1]
        end
    end
    if #missing > 0 then
        assert(os.execute("DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends " ..
            table.concat(missing, " ")), "apt-get failed")
    end
end

local function count(text, pattern)
    return select(2, text:gsub(pattern, ""))
end

-- The checker's first lines declare tags and go in front of the header.
local function split_tags(asserts)
    local from = 1
    for line, after in asserts:gmatch "([^\n]*)\n()" do
        if not line:find "^%a+ [%w_]+;$" then
            break
        end
        from = after
    end
    return asserts:sub(1, from - 1), asserts:sub(from)
end

-- What the checker says of the text with every #define in it (-dD); nil when it takes that, too.
local function refuses_macros(compiler, flags, base)
    local made = run(("%s %s -w -E -dD -o %s.dD.i %s.c"):format(compiler.command, flags, base, base))
    local parsed, said = run(("%s %s.dD.i >%s.dD.asserts"):format(checker, base, base))
    return not (made and parsed) and "with -dD: " .. said or nil
end

-- One header with one compiler: "refused", "wrong" (with what was said), "checked", or nil when the
-- compiler itself refuses.
local function try(compiler, flags, name)
    local base = directory .. "/try"
    write(base .. ".c", ("#include <%s>\n"):format(name))
    if not run(("%s %s -w -E -P -o %s.i %s.c"):format(compiler.command, flags, base, base)) then
        return nil
    end
    local parsed, said = run(("%s %s.i >%s.asserts"):format(checker, base, base))
    local text, asserts = read(base .. ".i"), read(base .. ".asserts")
    if parsed then
        local tags, rest = split_tags(asserts)
        write(base .. ".check.c", tags .. text .. "\n" .. rest)
        local right, complaint = run(("%s -w -fsyntax-only %s.check.c"):format(compiler.check, base))
        local refused = right and refuses_macros(compiler, flags, base)
        if right and not refused then
            return "checked", count(asserts, "\n"), said
        end
        said = refused or complaint
    end
    write(base .. ".alone.c", text)
    if not run(("%s -w -fsyntax-only %s.alone.c"):format(compiler.check, base)) then
        return nil
    end
    return parsed and "wrong" or "refused", 0, said
end

local failures = {}

local function check_package(package)
    local flags = packages.flags_of(package[2])
    local result = {package = package[1], headers = 0, asserts = 0, failed = 0}
    for _, path in ipairs(packages.headers_of(package[1])) do
        local counted = false
        for _, compiler in ipairs(COMPILERS) do
            local name = packages.include_name(path, flags)
            local outcome, asserts, said = try(compiler, flags, name)
            if outcome then
                counted = true
                result.asserts = result.asserts + asserts
            end
            if outcome and outcome ~= "checked" then
                result.failed = result.failed + 1
                failures[#failures + 1] = ("%s: %s (%s): %s\n%s"):format(package[1], name, compiler.name, outcome,
                    said:sub(1, 600))
                print(failures[#failures])
            end
        end
        result.headers = result.headers + (counted and 1 or 0)
    end
    return result
end

local function version_of(package)
    return lines_of("dpkg-query -W -f '${Version}' " .. package)[1] or "?"
end

local function report(results)
    local out = {
        "# System headers through the parser", "",
        "Written by `make headers REPORT=docs/headers.md`" .. os.date(" on %Y-%m-%d") .. ". Every header of the",
        "packages below that gcc or clang accepts by itself as C was preprocessed by that compiler (`gcc -E -P`,",
        "`clang -D_GNU_SOURCE -O2 -E -P`) and given to the parser as it is. The assertions are sizes, alignments,",
        "member offsets, enumerators and the types of functions, variables and typedefs as the parser printed",
        "them; the same compiler confirmed them behind the same text. \"Failed\" counts headers refused and headers",
        "with a false assertion, once for each compiler.", "",
        "| package | version | headers | assertions | failed |",
        "|---|---|---:|---:|---:|",
    }
    local sum = {headers = 0, asserts = 0, failed = 0}
    for _, r in ipairs(results) do
        out[#out + 1] = ("| %s | %s | %d | %d | %d |"):format(r.package, version_of(r.package), r.headers, r.asserts,
            r.failed)
        for key in pairs(sum) do
            sum[key] = sum[key] + r[key]
        end
    end
    out[#out + 1] = ("| **all** | | **%d** | **%d** | **%d** |"):format(sum.headers, sum.asserts, sum.failed)
    if #failures > 0 then
        out[#out + 1] = "\n## What failed\n\n```\n" .. table.concat(failures, "\n") .. "\n```"
    end
    return table.concat(out, "\n") .. "\n", sum
end

io.stdout:setvbuf("line")
os.execute("mkdir -p '" .. directory .. "'")
if options.install then
    install()
end
local results = {}
for _, package in ipairs(packages.list) do
    if (not options.only or options.only == package[1]) and packages.is_installed(package[1]) then
        local result = check_package(package)
        results[#results + 1] = result
        print(("%-24s %5d headers %7d assertions %3d failed"):format(result.package, result.headers,
            result.asserts, result.failed))
    elseif not options.only then
        print(("%-24s is not installed"):format(package[1]))
    end
end
local text, sum = report(results)
print(("headers: %d headers of %d packages, %d assertions: %d failed"):format(sum.headers, #results, sum.asserts,
    sum.failed))
if options.report then
    local before = io.open(options.report) and read(options.report) or ""
    write(options.report, text .. before:sub(before:find("\n## With every macro\n", 1, true) or #before + 1))
end
os.exit(sum.failed == 0)
