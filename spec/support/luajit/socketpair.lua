-- Messages with a binary header over a socket pair, as LuaJIT programs write it.
local ffi = require "ffi"
local bit = require "bit"
local C = ffi.C

ffi.cdef [[
int socketpair(int domain, int type, int protocol, int sv[2]);
struct iovec { void *iov_base; size_t iov_len; };
struct msghdr {
    void *msg_name; unsigned msg_namelen;
    struct iovec *msg_iov; size_t msg_iovlen;
    void *msg_control; size_t msg_controllen; int msg_flags;
};
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags);
ssize_t recv(int fd, void *buf, size_t len, int flags);
int close(int fd);
uint32_t htonl(uint32_t);
typedef struct { uint32_t size; uint16_t kind; uint8_t flags, version; uint64_t id; } header_t;
]]

local header_t = ffi.typeof "header_t"
local header_size = ffi.sizeof(header_t)

local pair = ffi.new "int[2]"
assert(C.socketpair(1, 1, 0, pair) == 0)

local function send(fd, kind, id, text)
    local header = header_t { size = C.htonl(#text), kind = kind, version = 2, id = id }
    header.flags = bit.bor(header.flags, 0x81)
    local payload = ffi.new("char[?]", #text)
    ffi.copy(payload, text, #text)
    local iov = ffi.new("struct iovec[2]", { { header, header_size }, { payload, #text } })
    local msg = ffi.new("struct msghdr", { msg_iov = iov, msg_iovlen = 2 })
    assert(C.sendmsg(fd, msg, 0) == header_size + #text)
end

local function receive_bytes(fd, n)
    local buffer = ffi.new("uint8_t[?]", n)
    local have = 0
    while have < n do
        local got = tonumber(C.recv(fd, buffer + have, n - have, 0))
        assert(got > 0)
        have = have + got
    end
    return buffer
end

local function receive(fd)
    local bytes = receive_bytes(fd, header_size)
    local header = ffi.cast("const header_t *", bytes)
    local size = bit.bswap(header.size)
    local text = ffi.string(receive_bytes(fd, size), size)
    return header.kind, bit.tohex(header.flags, 2), header.version,
        tostring(header.id):match "^%d+", text
end

send(pair[0], 7, 12345678901ULL, "hello")
send(pair[0], 65535, 0xFFFFFFFFFFFFFFFFULL, ("x"):rep(10) .. "\0end")
print(receive(pair[1]))
local kind, flags, version, id, text = receive(pair[1])
print(kind, flags, version, id, #text, (text:gsub("%z", "!")))
C.close(pair[0])
C.close(pair[1])
