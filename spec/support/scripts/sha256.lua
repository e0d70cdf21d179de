-- The SHA-256 of a file: OpenSSL.
local ffi = require "cffi"
local ssl = ffi.include("openssl/evp.h", { pkg = "libcrypto" })

local context = ssl.EVP_MD_CTX_new()
assert(ssl.EVP_DigestInit_ex(context, ssl.EVP_sha256(), nil) == 1)
local file <close> = assert(io.open(arg[1], "rb"))
for part in file:lines(2 ^ 16 // 1) do
    ssl.EVP_DigestUpdate(context, part, #part)
end
local digest, size = ffi.new("unsigned char[?]", ssl.EVP_MAX_MD_SIZE), ffi.new "unsigned[1]"
ssl.EVP_DigestFinal_ex(context, digest, size)
ssl.EVP_MD_CTX_free(context)
print((ffi.string(digest, size[0]):gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)))
