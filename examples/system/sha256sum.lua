-- What you learn: a large library (OpenSSL) from its header alone; objects with their destructor,
-- and data in pieces.
-- Prints the SHA-256 (or another digest) of files, as sha256sum does; of standard input if none.
--     cffi sha256sum.lua [-a ALGORITHM] [FILE...]
local ffi = require "cffi"

local found, ssl = pcall(ffi.include, "openssl/evp.h")
if not found then
    print "OpenSSL's headers are not here. Debian has them in the package libssl-dev."
    os.exit(77)
end

local function digest(file, kind)
    local context = ffi.gc(ssl.EVP_MD_CTX_new(), ssl.EVP_MD_CTX_free)
    assert(ssl.EVP_DigestInit_ex(context, kind, nil) == 1)
    for piece in file:lines(65536) do
        assert(ssl.EVP_DigestUpdate(context, piece, #piece) == 1)
    end
    local out, size = ffi.new("unsigned char[?]", ssl.EVP_MAX_MD_SIZE), ffi.new "unsigned int[1]"
    assert(ssl.EVP_DigestFinal_ex(context, out, size) == 1)
    return (ffi.string(out, size[0]):gsub(".", function(byte)
        return ("%02x"):format(byte:byte())
    end))
end

local algorithm = "sha256"
if arg[1] == "-a" then
    algorithm = table.remove(arg, 2) or error "-a needs the name of a digest"
    table.remove(arg, 1)
end
local kind = ssl.EVP_get_digestbyname(algorithm)
if not kind then
    io.stderr:write("sha256sum.lua: OpenSSL knows no digest '", algorithm, "'\n")
    os.exit(2)
end

local status = true
for _, path in ipairs(arg[1] and arg or { "-" }) do
    local file, why = io.stdin, nil
    if path ~= "-" then file, why = io.open(path, "rb") end
    if file then
        print(digest(file, kind) .. "  " .. path)
    else
        io.stderr:write("sha256sum.lua: ", why, "\n")
        status = false
    end
end
os.exit(status)
