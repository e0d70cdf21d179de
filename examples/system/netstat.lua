-- What you learn: a linked list that C owns (getifaddrs), a struct that is another one by its tag
-- (sockaddr), network byte order, and sockets.
-- Lists the network interfaces with their addresses, and who listens where (TCP).
--     cffi netstat.lua
local ffi = require "cffi"
local posix = require "cffi.posix"

local families = {
    [posix.AF_INET] = { posix["struct sockaddr_in *"], "sin_addr" },
    [posix.AF_INET6] = { posix["struct sockaddr_in6 *"], "sin6_addr" },
}

local function text(family, address)
    local out = ffi.new("char[?]", posix.INET6_ADDRSTRLEN)
    return posix.inet_ntop(family, address, out, #out) and ffi.string(out) or error(ffi.strerror())
end

-- The address in a socket address as text; nil for other families than IP.
local function address(socket_address)
    local known = families[socket_address.sa_family]
    return known and text(socket_address.sa_family, ffi.cast(known[1], socket_address)[known[2]])
end

print "INTERFACE        STATE  ADDRESS"
local list = posix["struct ifaddrs *[1]"]()
assert(posix.getifaddrs(list) == 0, ffi.strerror())
local each = list[0]
while each do
    local ip = each.ifa_addr and address(each.ifa_addr)
    if ip then
        print(("%-16s %-6s %s"):format(ffi.string(each.ifa_name),
            each.ifa_flags & posix.IFF_UP ~= 0 and "up" or "down", ip))
    end
    each = each.ifa_next
end
posix.freeifaddrs(list[0])

-- Addresses in /proc/net/tcp are words of 32 bits in this machine's order, in hexadecimal.
local function listening(path, family)
    for line in io.lines(path) do
        local hex, port, state = line:match "^%s*%d+: (%x+):(%x+) %S+ (%x+)"
        if state and tonumber(state, 16) == posix.TCP_LISTEN then
            local words = ffi.new "uint32_t[4]"
            for i = 0, #hex // 8 - 1 do
                words[i] = tonumber(hex:sub(8 * i + 1, 8 * i + 8), 16)
            end
            local number = tonumber(port, 16)
            local service = posix.getservbyport(posix.htons(number), "tcp")
            print(("%-40s %5d  %s"):format(text(family, words), number,
                service and ffi.string(service.s_name) or ""))
        end
    end
end

print "\nLISTENING                                 PORT  SERVICE"
listening("/proc/net/tcp", posix.AF_INET)
pcall(listening, "/proc/net/tcp6", posix.AF_INET6)
