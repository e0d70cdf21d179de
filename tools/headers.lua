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

-- Debian package, and the pkg-config module that tells its compiler flags
local PACKAGES = {
    {"libc6-dev"}, {"linux-libc-dev"}, {"libcrypt-dev"},
    {"zlib1g-dev", "zlib"}, {"libbz2-dev"}, {"liblzma-dev", "liblzma"}, {"libzstd-dev", "libzstd"},
    {"libarchive-dev", "libarchive"}, {"libsqlite3-dev", "sqlite3"}, {"libpq-dev", "libpq"},
    {"libcurl4-openssl-dev", "libcurl"}, {"libssl-dev", "openssl"}, {"libexpat1-dev", "expat"},
    {"libxml2-dev", "libxml-2.0"}, {"libpng-dev", "libpng"}, {"libjpeg62-turbo-dev", "libjpeg"},
    {"libfreetype-dev", "freetype2"}, {"libfontconfig-dev", "fontconfig"}, {"libcairo2-dev", "cairo"},
    {"libpango1.0-dev", "pangocairo"}, {"libgdk-pixbuf-2.0-dev", "gdk-pixbuf-2.0"}, {"x11proto-dev"},
    {"libx11-dev", "x11"}, {"libxext-dev", "xext"}, {"libxcb1-dev", "xcb"}, {"libgl-dev", "gl"}, {"libegl-dev", "egl"},
    {"libwayland-dev", "wayland-client"}, {"libvulkan-dev", "vulkan"}, {"libsdl2-dev", "sdl2"},
    {"libglib2.0-dev", "gio-unix-2.0 gmodule-2.0"}, {"libgtk-3-dev", "gtk+-3.0 gtk+-unix-print-3.0"},
    {"libgmp-dev", "gmp"}, {"libmpfr-dev", "mpfr"}, {"libuv1-dev", "libuv"}, {"libevent-dev", "libevent"},
    {"liblua5.4-dev", "lua5.4"}, {"libluajit-5.1-dev", "luajit"}, {"libpython3-dev", "python3"},
    {"ruby-dev", "ruby"}, {"tcl-dev", "tcl"}, {"libncurses-dev", "ncursesw"}, {"libreadline-dev", "readline"},
    {"libpcre2-dev", "libpcre2-8"}, {"libgit2-dev", "libgit2"}, {"libffi-dev", "libffi"},
    {"libdbus-1-dev", "dbus-1"}, {"libsystemd-dev", "libsystemd"}, {"libudev-dev", "libudev"},
    {"libusb-1.0-0-dev", "libusb-1.0"}, {"libasound2-dev", "alsa"}, {"libpulse-dev", "libpulse"},
    {"libavformat-dev", "libavformat libavcodec libavutil"}, {"libopenal-dev", "openal"},
    {"libjansson-dev", "jansson"}, {"libyaml-dev", "yaml-0.1"}, {"libcjson-dev", "libcjson"},
    {"libmicrohttpd-dev", "libmicrohttpd"}, {"libnl-3-dev", "libnl-3.0"}, {"libpcap-dev", "libpcap"},
    {"libelf-dev", "libelf"}, {"libunwind-dev", "libunwind"}, {"libhdf5-dev", "hdf5"},
    {"libgsl-dev", "gsl"}, {"libfftw3-dev", "fftw3"}, {"liblapacke-dev", "lapacke"},
}

-- gcc knows _Float32 and its like as types of their own; the parser takes them as what they are made of.
local COMPILERS = {
    {name = "gcc", command = "gcc",
        check = "gcc -Dbool=_Bool -D_Float32=float -D_Float64=double -D_Float32x=double '-D_Float64x=long double'"},
    {name = "clang", command = "clang -D_GNU_SOURCE -O2", check = "clang -Dbool=_Bool -D_Float128=__float128"},
}

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

local function run(command)
    local pipe = assert(io.popen("{ " .. command .. "; } 2>&1"))
    local output = pipe:read("a")
    return pipe:close() == true, output
end

local function lines_of(command)
    local lines = {}
    local pipe = assert(io.popen(command))
    for line in pipe:lines() do
        lines[#lines + 1] = line
    end
    pipe:close()
    return lines
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

local function is_installed(package)
    return (run("dpkg -s " .. package))
end

local function install()
    local missing = {}
    for _, package in ipairs(PACKAGES) do
        if not is_installed(package[1]) then
            missing[#missing + 1] = package[1]
        end
    end
    if #missing > 0 then
        assert(os.execute("DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends " ..
            table.concat(missing, " ")), "apt-get failed")
    end
end

-- The header's name as it is included: below the first include directory that holds it.
local function include_name(path, flags)
    local directories = {"/usr/include/x86_64-linux-gnu/", "/usr/include/"}
    for flag in flags:gmatch("%-I(%S+)") do
        table.insert(directories, 1, flag .. "/")
    end
    for _, prefix in ipairs(directories) do
        if path:sub(1, #prefix) == prefix then
            return path:sub(#prefix + 1)
        end
    end
    return path
end

local function flags_of(modules)
    if not modules then
        return ""
    end
    local ok, flags = run("pkg-config --cflags " .. modules)
    return ok and flags:gsub("%s+$", "") or ""
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
        if right then
            return "checked", count(asserts, "\n"), said
        end
        said = complaint
    end
    write(base .. ".alone.c", text)
    if not run(("%s -w -fsyntax-only %s.alone.c"):format(compiler.check, base)) then
        return nil
    end
    return parsed and "wrong" or "refused", 0, said
end

local failures = {}

-- The headers of a package; of an empty one, those of the versioned packages that it depends on.
local function headers_of(package)
    local list = "dpkg -L %s | grep '/include/.*\\.h$' | sort"
    local paths = lines_of(list:format(package))
    if #paths > 0 then
        return paths
    end
    local depends = lines_of("dpkg-query -W -f '${Depends}' " .. package)[1] or ""
    for name in depends:gmatch("[%w.+-]+%-dev") do
        local more = lines_of(list:format(name))
        table.move(more, 1, #more, #paths + 1, paths)
    end
    return paths
end

local function check_package(package)
    local flags = flags_of(package[2])
    local result = {package = package[1], headers = 0, asserts = 0, failed = 0}
    for _, path in ipairs(headers_of(package[1])) do
        local counted = false
        for _, compiler in ipairs(COMPILERS) do
            local name = include_name(path, flags)
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
for _, package in ipairs(PACKAGES) do
    if (not options.only or options.only == package[1]) and is_installed(package[1]) then
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
    write(options.report, text)
end
os.exit(sum.failed == 0)
