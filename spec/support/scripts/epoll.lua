-- A server and its client in one process: sockets, epoll.
local ffi = require "cffi"
local posix = require "cffi.posix"

local function check(value)
    return value >= 0 and value or error(ffi.strerror(), 2)
end

local address, size = posix["struct sockaddr_in"](), posix["socklen_t[1]"]()
address.sin_family, address.sin_addr.s_addr = posix.AF_INET, posix.htonl(posix.INADDR_LOOPBACK)
size[0] = ffi.sizeof(address)
local server = check(posix.socket(posix.AF_INET, posix.SOCK_STREAM | posix.SOCK_CLOEXEC | posix.SOCK_NONBLOCK, 0))
check(posix.setsockopt(server, posix.SOL_SOCKET, posix.SO_REUSEADDR, ffi.new("int[1]", 1), ffi.sizeof "int"))
check(posix.bind(server, address, size[0]))
check(posix.listen(server, posix.SOMAXCONN))
check(posix.getsockname(server, address, size))

local poller = check(posix.epoll_create1(posix.EPOLL_CLOEXEC))
local function watch(fd)
    local event = posix["struct epoll_event"]()
    event.events, event.data.fd = posix.EPOLLIN, fd
    check(posix.epoll_ctl(poller, posix.EPOLL_CTL_ADD, fd, event))
end
watch(server)

local client = check(posix.socket(posix.AF_INET, posix.SOCK_STREAM, 0))
check(posix.connect(client, address, size[0]))
check(posix.send(client, "hello", 5, posix.MSG_NOSIGNAL))

local events, buffer = posix["struct epoll_event[8]"](), ffi.new("char[?]", posix.BUFSIZ)
local answered
repeat
    for i = 0, check(posix.epoll_wait(poller, events, 8, 1000)) - 1 do
        local fd = events[i].data.fd
        if fd == server then
            watch(check(posix.accept4(server, nil, nil, posix.SOCK_CLOEXEC)))
        else
            local count = check(posix.recv(fd, buffer, posix.BUFSIZ, 0))
            check(posix.send(fd, ffi.string(buffer, count):upper(), count, posix.MSG_NOSIGNAL))
            posix.close(fd)
            answered = true
        end
    end
until answered
print(ffi.string(buffer, posix.recv(client, buffer, posix.BUFSIZ, posix.MSG_WAITALL)))
print(posix.ntohs(address.sin_port) > posix.IPPORT_RESERVED)
posix.close(client)
posix.close(poller)
posix.close(server)
