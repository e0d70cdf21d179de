-- Twelve system programs with nothing typed that a header says: no declaration, no constant (docs/design.md S21).
local support = require "spec.support"

local FOLDER = "spec/support/scripts/"

local function run(name, ...)
    local command = { "env", "CFFI_BUILD=" .. (os.getenv "CFFI_BUILD" or "build"), support.lua, "bin/cffi",
        FOLDER .. name, ... }
    local code, out, err = support.run(command)
    assert.equal("", err)
    assert.equal(0, code)
    return out
end

local function temporary(text)
    local path = os.tmpname()
    support.write_file(path, text or "")
    finally(function() os.remove(path) end)
    return path
end

describe("programs without declarations", function()
    it("df.lua: statvfs, getmntent", function()
        local folders = {}
        for folder in run "df.lua":gmatch "(%S+) +%d+ r[wo]\n" do folders[#folders + 1] = folder end
        local file <close> = assert(io.popen [[while read -r _ folder _; do
            [ "$(stat -f -c %b "$folder" 2>/dev/null || echo 0)" -gt 0 ] && echo "$folder"; done </proc/self/mounts]])
        assert.equal(file:read "a", table.concat(folders, "\n") .. "\n")
    end)

    it("inotify.lua: inotify, poll", function()
        local folder = temporary()
        os.remove(folder)
        assert(os.execute("mkdir " .. folder))
        local out = run("inotify.lua", folder)
        assert(os.remove(folder))
        assert.equal("create\tnew\nwrite\tnew\ndelete\tnew\n", out)
    end)

    it("sqlite.lua: SQLite with a function of ours #close", function()
        assert.equal("5000\t25005000\trow 999\nfalse\tno such table: nowhere\n", run "sqlite.lua")
    end)

    it("curl.lua: options in '...', computed by macros #close #libraries", function()
        local url = "file://" .. temporary "some content"
        assert.equal("No error\t12.0\tsome content\ntrue\ttrue\n", run("curl.lua", url))
    end)

    it("cairo.lua: a picture as PNG #libraries", function()
        local path = temporary()
        assert.equal("64\ttrue\n", run("cairo.lua", path))
        assert.equal("\137PNG\r\n", support.read_file(path):sub(1, 6))
    end)

    it("termios.lua: raw mode, the terminal's size", function()
        local code, out = support.run { "script", "-qec", "stty rows 30 cols 100; CFFI_BUILD="
            .. (os.getenv "CFFI_BUILD" or "build") .. " " .. support.lua .. " bin/cffi " .. FOLDER .. "termios.lua",
            "/dev/null" }
        assert.equal(0, code)
        assert.equal("30\t100\ttrue\r\n", out)
        local _, none = support.run { "sh", "-c",
            "exec " .. support.lua .. " bin/cffi " .. FOLDER .. "termios.lua </dev/null" }
        assert.equal("no terminal: Inappropriate ioctl for device\n", none)
    end)

    it("getifaddrs.lua: interfaces' addresses", function()
        assert.truthy(run "getifaddrs.lua":find("lo 127.0.0.1 (loopback)\n", 1, true))
    end)

    it("fork.lua: fork, execvp, pipe, waitpid", function()
        assert.equal("1\n2\n3\n4\n5\n\t0\n\t3\n\tsignal 9\n\t127\n", run "fork.lua")
    end)

    it("mmap.lua: mmap, memchr", function()
        assert.equal("3\t6\t-1\ttrue\n", run("mmap.lua", temporary "one\nthree \nfive"))
    end)

    it("epoll.lua: a server", function()
        assert.equal("HELLO\ntrue\n", run "epoll.lua")
    end)

    it("sha256.lua: OpenSSL #close #libraries", function()
        assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n",
            run("sha256.lua", temporary "abc"))
    end)

    it("gzip.lua: zlib's streams #close", function()
        local text, packed = ("text \0 "):rep(50000), os.tmpname()
        finally(function() os.remove(packed) end)
        assert.equal("350000\ttrue\n", run("gzip.lua", temporary(text), packed))
        local pipe <close> = assert(io.popen("gzip -dc " .. packed))
        assert.equal(text, pipe:read "a")
    end)

    it("type no declaration and copy no constant", function()
        local files <close> = assert(io.popen("ls " .. FOLDER .. "*.lua"))
        local count = 0
        for path in files:lines() do
            count = count + 1
            local text = support.read_file(path)
            assert.is_nil(text:find "cdef", path)
            assert.is_nil(text:find "0x%x", path)
            -- C types that are spelt: those of the language and of the headers
            assert.is_nil(text:find "struct [%w_]+ {", path)
        end
        assert.equal(12, count)
    end)
end)
