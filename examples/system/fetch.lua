-- What you learn: a variadic function with options of different types (curl_easy_setopt), Lua
-- functions as C's callbacks, lists that C owns.
-- Gets a URL and writes what it says to standard output or a file; with -v also the headers.
--     cffi fetch.lua [-v] URL [FILE]
local ffi = require "cffi"

local found, curl = pcall(ffi.include, "curl/curl.h")
if not found then
    print "curl's headers are not here. Debian has them in the package libcurl4-openssl-dev."
    os.exit(77)
end

local function die(text)
    io.stderr:write("fetch.lua: ", text, "\n")
    os.exit(1)
end

local function check(code)
    return code == curl.CURLE_OK or die(ffi.string(curl.curl_easy_strerror(code)))
end

-- Gets `url`; body(text) and header(text) are called for each piece. Returns status, type, seconds.
local function get(url, body, header)
    local easy = ffi.gc(curl.curl_easy_init(), curl.curl_easy_cleanup)
    local function set(name, value)
        check(curl.curl_easy_setopt(easy, curl["CURLOPT_" .. name], value))
    end
    local function info(name, kind)
        local out = ffi.new(kind)
        check(curl.curl_easy_getinfo(easy, curl["CURLINFO_" .. name], out))
        return out[0]
    end
    local function receiver(fn)
        return ffi.callback("size_t (char *, size_t, size_t, void *)", function(bytes, size, count)
            fn(ffi.string(bytes, size * count))
            return size * count
        end, { error = 0 })
    end
    local on_body <close>, on_header = receiver(body), header and receiver(header)
    local _ <close> = on_header
    set("URL", url)
    set("FOLLOWLOCATION", 1)
    set("FAILONERROR", 1)
    set("USERAGENT", "cffi/1")
    set("WRITEFUNCTION", on_body)
    if header then set("HEADERFUNCTION", on_header) end
    check(curl.curl_easy_perform(easy))
    local kind = info("CONTENT_TYPE", "char *[1]")
    local seconds = info("TOTAL_TIME", "double[1]")
    return info("RESPONSE_CODE", "long[1]"), kind and ffi.string(kind), seconds
end

local verbose = arg[1] == "-v" and table.remove(arg, 1)
if not arg[1] then die "usage: cffi fetch.lua [-v] URL [FILE]" end
local out = arg[2] and assert(io.open(arg[2], "wb")) or io.stdout
local size = 0
local status, kind, seconds = get(arg[1], function(text)
    size = size + #text
    assert(out:write(text))
end, verbose and function(text) io.stderr:write("< ", text) end)
out:close()
if verbose then
    io.stderr:write(("%d, %s, %d bytes, %.1f ms\n"):format(status, kind, size, seconds * 1000))
end
