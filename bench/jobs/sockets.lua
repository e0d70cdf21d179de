-- Sockets against lua-socket.
local ffi = require "cffi"
local found, socket = pcall(require, "socket.core")

local plain, said = ffi.scope { stays = true }, ffi.scope { stays = true }
plain.cdef [[
int socketpair(int domain, int type, int protocol, int fds[2]);
ssize_t send(int fd, const void *data, size_t size, int flags);
ssize_t recv(int fd, void *data, size_t size, int flags);
int gethostname(char *name, size_t size);
]]
said.cdef [==[
[[cffi::errno]] int socketpair(int domain, int type, int protocol, [[cffi::out]] int fds[2]);
[[cffi::errno]] ssize_t send(int fd, [[cffi::in(size)]] const void *data, size_t size,
    [[cffi::default(0)]] int flags);
[[cffi::errno]] ssize_t recv(int fd, [[cffi::out(size)]] void *data, size_t size,
    [[cffi::default(0)]] int flags);
[[cffi::errno]] int gethostname([[cffi::out(size), cffi::string]] char *name, size_t size);
]==]

local MESSAGE = ("message "):rep(12)

return function(job)
    if not found then
        return
    end
    local server = assert(socket.tcp())
    assert(server:bind("127.0.0.1", 0))
    assert(server:listen(1))
    local client = assert(socket.tcp())
    local _, port = server:getsockname()
    assert(client:connect("127.0.0.1", port))
    local peer = assert(server:accept())
    -- Both sides of ours use the very same connection.
    local from, to = client:getfd(), peer:getfd()
    local c, a = plain.C, said.C
    job("socket: 1,000 messages there and back", "lua-socket", {
        binding = function()
            local size = 0
            for _ = 1, 1000 do
                client:send(MESSAGE)
                local got = peer:receive(#MESSAGE)
                peer:send(got)
                size = size + #client:receive(#MESSAGE)
            end
            return size
        end,
        plain = function()
            local size, send, recv, string = 0, c.send, c.recv, plain.string
            local buffer = plain.new "char[256]"
            for _ = 1, 1000 do
                send(from, MESSAGE, #MESSAGE, 0)
                local got = string(buffer, recv(to, buffer, 256, 0))
                send(to, got, #got, 0)
                size = size + #string(buffer, recv(from, buffer, 256, 0))
            end
            return size
        end,
        annotated = function()
            local size, send, recv = 0, a.send, a.recv
            for _ = 1, 1000 do
                assert(send(from, MESSAGE))
                local got = assert(recv(to, 256))
                assert(send(to, got))
                size = size + #assert(recv(from, 256))
            end
            return size
        end,
    })
    job("socket: the host's name, 2,000 times", "lua-socket", {
        binding = function()
            local size = 0
            for _ = 1, 2000 do size = size + #socket.dns.gethostname() end
            return size
        end,
        plain = function()
            local size, buffer = 0, plain.new "char[256]"
            for _ = 1, 2000 do
                assert(c.gethostname(buffer, 256) == 0)
                size = size + #plain.string(buffer)
            end
            return size
        end,
        annotated = function()
            local size = 0
            for _ = 1, 2000 do
                local ok, name = a.gethostname(256)
                size = size + (ok and #name)
            end
            return size
        end,
    })
end
