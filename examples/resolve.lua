-- What you learn: tasks, for C functions that block: names are looked up beside each other.
--   cffi examples/resolve.lua [NAME...]
local ffi = require "cffi"
local posix = ffi.include { "sys/types.h", "sys/socket.h", "netdb.h" }

local function lookup(name)
    local list = ffi.new "struct addrinfo *[1]"
    local hints = ffi.new("struct addrinfo", { ai_socktype = posix.SOCK_STREAM })
    local code = ffi.await(ffi.async(posix.getaddrinfo, name, nil, hints, list))
    if code ~= 0 then
        return ffi.string(posix.gai_strerror(code))
    end
    local host = ffi.new("char[?]", posix.NI_MAXHOST)
    local first = list[0]
    posix.getnameinfo(first.ai_addr, first.ai_addrlen, host, posix.NI_MAXHOST, nil, 0,
        posix.NI_NUMERICHOST)
    posix.freeaddrinfo(list[0])
    return ffi.string(host)
end

local names = #arg > 0 and arg or { "127.0.0.1", "127.0.0.2", "127.0.0.3", "::1" }
local answers, lookups = {}, {}
for i, name in ipairs(names) do
    lookups[i] = function() answers[i] = lookup(name) end
end
ffi.threads(8)
ffi.run(table.unpack(lookups))
for i, name in ipairs(names) do
    print(name, answers[i])
end
