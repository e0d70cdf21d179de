-- A web server on the loopback interface, made with our own FFI, for the specs of what fetches: says its port, answers
-- as many requests as its argument says, and ends, at the latest after a minute.
--     cffi spec/support/serve.lua COUNT
local ffi = require "cffi"
local posix = require "cffi.posix"

local pages = {
    ["/hello"] = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello\n",
    ["/zeros"] = "HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n" .. ("\0\255"):rep(100000),
    ["/moved"] = "HTTP/1.0 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n",
}
local missing = "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n"

local function check(result)
    return result >= 0 and result or error(ffi.strerror(), 2)
end

posix.alarm(60)
local server = check(posix.socket(posix.AF_INET, posix.SOCK_STREAM, 0))
local address = posix["struct sockaddr_in"] { sin_family = posix.AF_INET,
    sin_addr = { s_addr = posix.htonl(posix.INADDR_LOOPBACK) } }
local any = ffi.cast(posix["struct sockaddr *"], address)
local size = ffi.new("socklen_t[1]", { ffi.sizeof(address) })
check(posix.bind(server, any, size[0]))
check(posix.listen(server, 8))
check(posix.getsockname(server, any, size))
print(posix.ntohs(address.sin_port))
io.stdout:flush()

local function send_all(client, text)
    while text ~= "" do
        text = text:sub(check(posix.send(client, text, #text, posix.MSG_NOSIGNAL)) + 1)
    end
end

local buffer = ffi.new "char[4096]"
for _ = 1, tonumber(arg[1]) do
    local client = check(posix.accept(server, nil, nil))
    local request = ""
    while not request:find("\r\n\r\n", 1, true) do
        local count = check(posix.read(client, buffer, #buffer))
        if count == 0 then break end
        request = request .. ffi.string(buffer, count)
    end
    send_all(client, pages[request:match "^GET (%S+)"] or missing)
    posix.close(client)
end
