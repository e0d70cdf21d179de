-- A document by its URL: curl's options in "...", a callback among them.
local ffi = require "cffi"
local curl = ffi.include("curl/curl.h", { pkg = "libcurl" })

assert(curl.curl_global_init(curl.CURL_GLOBAL_ALL) == curl.CURLE_OK)
local handle, parts = curl.curl_easy_init(), {}
local receive <close> = ffi.callback(curl.curl_write_callback, function(bytes, size, count)
    parts[#parts + 1] = ffi.string(bytes, size * count)
    return size * count
end)
curl.curl_easy_setopt(handle, curl.CURLOPT_URL, arg[1])
curl.curl_easy_setopt(handle, curl.CURLOPT_WRITEFUNCTION, receive)
local code = curl.curl_easy_perform(handle)
local size = ffi.new "double[1]"
curl.curl_easy_getinfo(handle, curl.CURLINFO_SIZE_DOWNLOAD, size)
print(ffi.string(curl.curl_easy_strerror(code)), size[0], table.concat(parts))
print(curl.CURL_AT_LEAST_VERSION(7, 80, 0), curl.LIBCURL_VERSION_NUM >= curl.CURL_VERSION_BITS(7, 80, 0))
curl.curl_easy_cleanup(handle)
curl.curl_global_cleanup()
