-- The addresses of the network's interfaces.
local ffi = require "cffi"
local posix = require "cffi.posix"

local list = posix["struct ifaddrs *[1]"]()
assert(posix.getifaddrs(list) == 0)
local text = ffi.new("char[?]", posix.INET6_ADDRSTRLEN)
local kinds = {
    [posix.AF_INET] = { posix["struct sockaddr_in *"], "sin_addr" },
    [posix.AF_INET6] = { posix["struct sockaddr_in6 *"], "sin6_addr" },
}
local item = list[0]
while item do
    local kind = item.ifa_addr and kinds[item.ifa_addr.sa_family]
    if kind then
        local address = ffi.cast(kind[1], item.ifa_addr)
        posix.inet_ntop(item.ifa_addr.sa_family, ffi.addressof(address, kind[2]), text, posix.INET6_ADDRSTRLEN)
        local flags = item.ifa_flags & posix.IFF_LOOPBACK ~= 0 and " (loopback)" or ""
        print(ffi.string(item.ifa_name) .. " " .. ffi.string(text) .. flags)
    end
    item = item.ifa_next
end
posix.freeifaddrs(list[0])
