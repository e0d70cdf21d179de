-- The Debian packages whose headers are read as they are: which they are, what they hold, and the
-- flags they want. For tools/headers.lua and tools/header_macros.lua.
local packages = {}

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

-- Debian package, and the pkg-config module that tells its compiler flags; `first`: a header that the
-- others want before them
packages.list = {
    {"libc6-dev"}, {"linux-libc-dev"}, {"libcrypt-dev"},
    {"zlib1g-dev", "zlib"}, {"libbz2-dev"}, {"liblzma-dev", "liblzma"}, {"libzstd-dev", "libzstd"},
    {"libarchive-dev", "libarchive"}, {"libsqlite3-dev", "sqlite3"}, {"libpq-dev", "libpq"},
    {"libcurl4-openssl-dev", "libcurl"}, {"libssl-dev", "openssl"}, {"libexpat1-dev", "expat"},
    {"libxml2-dev", "libxml-2.0"}, {"libpng-dev", "libpng"}, {"libjpeg62-turbo-dev", "libjpeg"},
    {"libfreetype-dev", "freetype2"}, {"libfontconfig-dev", "fontconfig"}, {"libcairo2-dev", "cairo"},
    {"libpango1.0-dev", "pangocairo"}, {"libgdk-pixbuf-2.0-dev", "gdk-pixbuf-2.0"}, {"x11proto-dev"},
    {"libx11-dev", "x11"}, {"libxext-dev", "xext"}, {"libxcb1-dev", "xcb"}, {"libgl-dev", "gl"}, {"libegl-dev", "egl"},
    {"libwayland-dev", "wayland-client"}, {"libvulkan-dev", "vulkan"}, {"libsdl2-dev", "sdl2"},
    {"libglib2.0-dev", "gio-unix-2.0 gmodule-2.0"},
    {"libgtk-3-dev", "gtk+-3.0 gtk+-unix-print-3.0", first = "gtk/gtk.h"},
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

-- Others, of which the macros alone are looked at. `most`: so many headers, for each takes long.
packages.more = {
    {"libxft-dev", "xft"}, {"libxi-dev", "xi"}, {"libxrandr-dev", "xrandr"}, {"libxrender-dev", "xrender"},
    {"libxt-dev", "xt"}, {"libxtst-dev", "xtst"}, {"libxcursor-dev", "xcursor"}, {"libxdamage-dev", "xdamage"},
    {"libxfixes-dev", "xfixes"}, {"libxcomposite-dev", "xcomposite"}, {"libxinerama-dev", "xinerama"},
    {"libxkbcommon-dev", "xkbcommon"}, {"libxss-dev", "xscrnsaver"}, {"libice-dev", "ice"}, {"libsm-dev", "sm"},
    {"libxau-dev", "xau"}, {"libxdmcp-dev", "xdmcp"}, {"libtiff-dev", "libtiff-4"}, {"libwebp-dev", "libwebp"},
    {"libxslt1-dev", "libxslt"}, {"libpixman-1-dev", "pixman-1"}, {"libharfbuzz-dev", "harfbuzz"},
    {"libfribidi-dev", "fribidi"}, {"libgraphite2-dev", "graphite2"}, {"libthai-dev", "libthai"},
    {"libdatrie-dev", "datrie-0.2"}, {"libgcrypt20-dev", "libgcrypt"}, {"libgpg-error-dev", "gpg-error"},
    {"libgnutls28-dev", "gnutls"}, {"libidn2-dev", "libidn2"}, {"libtasn1-6-dev", "libtasn1"},
    {"libp11-kit-dev", "p11-kit-1"}, {"libssh2-1-dev", "libssh2"}, {"libmbedtls-dev"}, {"libnspr4-dev", "nspr"},
    {"libnss3-dev", "nss", most = 24}, {"libblkid-dev", "blkid"}, {"libmount-dev", "mount"}, {"uuid-dev", "uuid"},
    {"libselinux1-dev", "libselinux"}, {"libsepol-dev", "libsepol", most = 24}, {"libbsd-dev", "libbsd"},
    {"libmd-dev", "libmd"}, {"libmagic-dev", "libmagic"}, {"libepoxy-dev", "epoxy"}, {"libatk1.0-dev", "atk"},
    {"libbrotli-dev", "libbrotlienc"},
    {"libdeflate-dev", "libdeflate"}, {"libltdl-dev"}, {"libedit-dev", "libedit"}, {"libgles-dev", "glesv2"},
    {"libglut-dev", "glut"}, {"libglu1-mesa-dev", "glu"}, {"libtirpc-dev", "libtirpc"}, {"nettle-dev", "nettle"},
    {"libz3-dev", "z3"}, {"libhttp-parser-dev"}, {"tk-dev", "tk"}, {"liblerc-dev"}, {"libjbig-dev"},
}

function packages.is_installed(package)
    return (run("dpkg -s " .. package))
end

-- The header's name as it is included: below the first include directory that holds it.
function packages.include_name(path, flags)
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

function packages.flags_of(modules)
    if not modules then
        return ""
    end
    local ok, flags = run("pkg-config --cflags " .. modules)
    return ok and flags:gsub("%s+$", "") or ""
end

-- The headers of a package; of an empty one, those of the versioned packages that it depends on.
function packages.headers_of(package)
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

packages.run, packages.lines_of = run, lines_of
return packages
