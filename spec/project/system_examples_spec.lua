-- The tools in examples/system do what they say, compared with the system's own.
local support = require "support"
local terminal = require "support.terminal"
local posix = require "cffi.posix"

local FOLDER = "examples/system/"

-- Runs a tool to its end; returns exit code, output and errors. Without an optional library the case is pending.
local function tool(name, ...)
    local code, out, err = support.run { support.lua, "bin/cffi", FOLDER .. name, ... }
    if code == 77 and not os.getenv "CFFI_NO_SKIP" then
        pending(((out .. err):gsub("\n$", "")))
    end
    return code, out, err
end

local function output(name, ...)
    local code, out, err = tool(name, ...)
    assert.equal("", err)
    assert.equal(0, code)
    return out
end

local function refusal(name, ...)
    local code, _, err = tool(name, ...)
    return { code, err }
end

local function shell(command)
    local pipe <close> = assert(io.popen(command))
    return pipe:read "a"
end

local function temporary()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    return path
end

local function folder()
    local path = os.tmpname()
    assert(os.remove(path) and os.execute("mkdir " .. path))
    finally(function() os.execute("rm -rf " .. path) end)
    return path
end

local function start(name, ...)
    return terminal.start { support.lua, "bin/cffi", FOLDER .. name, ... }
end

local function line_with(text, pattern)
    for line in text:gmatch "[^\n]+" do
        if line:find(pattern) then return line end
    end
    error(("no line with %q in %s"):format(pattern, text))
end

describe("system example", function()
    it("ps.lua lists processes with owner, state, memory, time and arguments #close", function()
        local pid = shell "sleep 61 >/dev/null & echo $!; sleep 0.2":match "%d+"
        finally(function() posix.kill(tonumber(pid), posix.SIGKILL) end)
        local user = shell "id -un":match "%S+"
        local line = line_with(output("ps.lua", user), "^ *" .. pid .. " ")
        local who, memory, command = line:match "^ *%d+ (%S+) +S +(%d+)k +0%.%d+ (.*)"
        assert.equal(user, who)
        assert.equal("sleep 61", command)
        local theirs = tonumber(shell("ps -o rss= -p " .. pid))
        assert.is_true(math.abs(theirs - tonumber(memory)) < 1000) -- the kernel counts in batches
        assert.equal(1, select(2, output("ps.lua", "nobody at all"):gsub("\n", "")))
    end)

    it("df.lua says of each file system what df says", function()
        local size = line_with(output("df.lua", "/"), "^/ "):match "^/ +(%S+)"
        local bytes = tonumber(shell "df -B1 --output=size / | tail -1")
        local number, unit = size:match "([%d.]+)(%u)"
        local factor = 1024 ^ (("BKMGTP"):find(unit) - 1)
        assert.is_true(math.abs(number * factor - bytes) <= bytes / 1000, size)
        local count = 0
        for path, kind in output "df.lua":gmatch "\n(/%S*) +(%a%S*)" do -- a mount may cover another
            local theirs = shell("df --output=fstype " .. path .. " 2>/dev/null | tail -1"):match "%S+"
            count = count + (theirs == kind and 1 or 0)
        end
        assert.is_true(count >= 1)
        assert.equal("/no/such                         No such file or directory",
            line_with(output("df.lua", "/no/such"), "^/no"))
    end)

    it("watch.lua says what happens in a directory, or runs a command, until it is removed", function()
        local path = folder()
        local watch = start("watch.lua", path)
        watch.expect "watching"
        support.write_file(path .. "/one", "1")
        watch.expect "made\tone\r\nwritten\tone\r\n"
        os.rename(path .. "/one", path .. "/two")
        watch.expect "moved away\tone\r\nmoved here\ttwo\r\n"
        os.execute("mkdir " .. path .. "/sub; rm -r " .. path)
        watch.expect "made\tsub/\r\n"
        watch.expect "removed\ttwo\r\n"
        assert.equal(0, watch.finish())

        assert(os.execute("mkdir " .. path))
        watch = start("watch.lua", path, "echo changed")
        watch.expect "watching"
        support.write_file(path .. "/one", "1")
        watch.expect "changed\r\n"
        watch.hang_up()
        local code, err = table.unpack(refusal("watch.lua", "/no/such"))
        assert.equal(1, code)
        assert.truthy(err:find("No such file or directory", 1, true))
    end)

    it("tail.lua prints what is added to files, until a signal ends it", function()
        local one, two = temporary(), temporary()
        support.write_file(one, "first\n")
        local tail = start("tail.lua", one, two)
        tail.expect("==> " .. one .. " <==\r\nfirst\r\n")
        local file <close> = assert(io.open(two, "a"))
        file:write "second\n"
        file:flush()
        tail.expect("==> " .. two .. " <==\r\nsecond\r\n")
        file:write "third\n"
        file:flush()
        assert.equal("", tail.expect "third\r\n")
        support.write_file(two, "new\n") -- shorter
        assert.equal("", tail.expect "new\r\n")
        tail.send "\3"
        assert.equal(0, tail.finish())
    end)

    it("top.lua shows who uses the processors #close", function()
        local out = shell("sh -c 'while :; do :; done' & echo $!; " .. support.lua .. " bin/cffi " .. FOLDER
            .. "top.lua 0.5 1; kill $!")
        local pid, rest = out:match "^(%d+)\n(.*)"
        local percent = line_with(rest, " " .. pid .. "  sh$"):match "^ *([%d.]+)"
        assert.is_true(tonumber(percent) > 0, out)
        local processes, busy = rest:match "^(%d+) processes, ([%d.]+) of %d+ processors busy\n"
        assert.is_true(tonumber(processes) > 2 and tonumber(busy) > 0)
        local last = math.huge
        for line in rest:gmatch "\n([^\n]+)" do
            local now = tonumber(line:match "[%d.]+")
            assert.is_true(now <= last, rest)
            last = now
        end
    end)

    it("keys.lua names keys and sizes, and puts the terminal back #close", function()
        local command = support.lua .. " bin/cffi " .. FOLDER .. "keys.lua; stty -a"
        local keys = terminal.start({ "sh", "-c", command }, 30, 100)
        keys.expect "30 rows, 100 columns\r\n"
        keys.send "a"
        keys.expect "61                 a\r\n"
        keys.send "\27[A"
        keys.expect "1b 5b 41           up\r\n"
        keys.send "\r"
        keys.expect "0d                 .\r\n"
        keys.resize(20, 60)
        keys.expect "20 rows, 60 columns\r\n"
        keys.send "q"
        local settings = keys.expect "-tostop"
        assert.truthy(settings:find " icanon " and settings:find " echo ", settings)
        assert.equal(0, keys.finish())
        assert.same({ 1, "keys.lua: standard input is no terminal\n" }, refusal "keys.lua")
    end)

    it("sha256sum.lua prints what coreutils print", function()
        local empty, large = temporary(), temporary()
        support.write_file(large, ("\0\1\2 text"):rep(50000))
        local files = empty .. " " .. large .. " README.md"
        assert.equal(shell("sha256sum " .. files), output("sha256sum.lua", empty, large, "README.md"))
        assert.equal(shell("sha512sum " .. large), output("sha256sum.lua", "-a", "sha512", large))
        assert.equal(shell "sha256sum </dev/null", output "sha256sum.lua")
        local code, out, err = tool("sha256sum.lua", "/no/such", empty)
        assert.same({ 1, shell("sha256sum " .. empty), "sha256sum.lua: /no/such: No such file or directory\n" },
            { code, out, err })
        assert.same({ 2, "sha256sum.lua: OpenSSL knows no digest 'sha0'\n" },
            refusal("sha256sum.lua", "-a", "sha0", empty))
    end)

    -- Size of a PNG, and one pixel of it as "red green blue alpha", read by libpng of itself.
    local function pixel(path, x, y)
        local png = require "cffi".include "png.h"
        local image = png.png_image { version = png.PNG_IMAGE_VERSION }
        assert(png.png_image_begin_read_from_file(image, path) ~= 0)
        image.format = png.PNG_FORMAT_RGBA
        local bytes = require "cffi".new("uint8_t[?]", png.PNG_IMAGE_SIZE(image))
        assert(png.png_image_finish_read(image, nil, bytes, 0, nil) ~= 0)
        local at = 4 * (y * image.width + x)
        return image.width, image.height, ("%d %d %d %d"):format(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3])
    end

    it("draw.lua draws bars as long as the numbers", function()
        local data, picture = temporary(), temporary()
        support.write_file(data, "one hundred 100\nfifty 50\nnot a line\nnone 0\n")
        assert.equal("", output("draw.lua", picture, data))
        local width, height = pixel(picture, 0, 0)
        assert.equal(3 * 22 + 16, height)
        local left = width - 360 - 70 -- the bars begin here, or a pixel earlier
        local function at(x, row) return (select(3, pixel(picture, left + x, 8 + 22 * row + 2))) end
        local white = "255 255 255 255"
        assert.same({ white, white, white }, { at(-4, 0), at(366, 0), at(4, 2) })
        assert.is_true(at(355, 0) ~= white and at(175, 1) ~= white)
        assert.equal(white, at(183, 1))
        assert.same({ 1, "draw.lua: /no/such/picture.png: error while writing to output stream\n" },
            refusal("draw.lua", "/no/such/picture.png", data))
    end)

    it("pngthumb.lua makes small pictures, mixing what lies together", function()
        local picture = temporary()
        assert.equal("539 x 258 -> 64 x 30\n", output("pngthumb.lua", FOLDER .. "draw.png", picture, "64"))
        local width, height, first = pixel(picture, 0, 0)
        assert.same({ 64, 30, "255 255 255 255" }, { width, height, first })
        local large = { pixel(FOLDER .. "draw.png", 150, 20) }
        local small = { pixel(picture, 150 * 64 // 539, 2) }
        local red, green = small[3]:match "(%d+) (%d+)"
        local red0, green0 = large[3]:match "(%d+) (%d+)"
        assert.is_true(math.abs(red - red0) < 60 and math.abs(green - green0) < 60, small[3] .. " of " .. large[3])
        assert.same({ 1, "pngthumb.lua: Not a PNG file\n" }, refusal("pngthumb.lua", "README.md", picture))
    end)

    it("fetch.lua gets what a server says, and says what it did not #close", function()
        local server <close> = assert(io.popen(support.lua .. " bin/cffi spec/support/serve.lua 5"))
        local base = "http://127.0.0.1:" .. server:read "l"
        local file = temporary()
        local code, out, err = tool("fetch.lua", "-v", base .. "/moved")
        assert.same({ 0, "hello\n" }, { code, out })
        assert.truthy(err:find("< HTTP/1.0 302 Found", 1, true))
        assert.truthy(err:find "\n200, text/plain, 6 bytes, [%d.]+ ms\n$", err)
        assert.equal("", output("fetch.lua", base .. "/zeros", file))
        assert.equal(("\0\255"):rep(100000), support.read_file(file))
        code, out, err = tool("fetch.lua", base .. "/nowhere")
        assert.equal(1, code)
        assert.equal("", out)
        assert.truthy(err:find "^fetch.lua: HTTP response code said error" , err)
        assert.equal("hello\n", output("fetch.lua", base .. "/hello"))
    end)

    it("sqlite_shell.lua prints tables, and goes on after an error", function()
        local path = temporary()
        assert.equal("", output("sqlite_shell.lua", path,
            "create table t (name text, n); insert into t values ('Zoë', 1), (null, x'00ff')"))
        assert.equal("name  n\nZoë   1\n      (2 bytes)\n", output("sqlite_shell.lua", path, "select * from t -- all"))
        local code, out, err = support.run({ support.lua, "bin/cffi", FOLDER .. "sqlite_shell.lua", path },
            "select x\nfrom t;\nselect count(*) as rows\nfrom t; select 1.5 a;\n")
        assert.same({ 1, "rows\n2\na\n1.5\n", "error: no such column: x\n" }, { code, out, err })
        code, err = table.unpack(refusal("sqlite_shell.lua", "/no/such/file"))
        assert.equal(1, code)
        assert.truthy(err:find("unable to open database file", 1, true))
    end)

    it("fdinfo.lua says what descriptors are", function()
        local path = temporary()
        support.write_file(path, "12345")
        assert.equal("/dev/null\tcharacter device 1, 3 (TIOCGWINSZ: Inappropriate ioctl for device)\n"
            .. path .. "\tfile, 5 bytes\n/etc\tdirectory\n/no/such\tNo such file or directory\n",
            output("fdinfo.lua", "/dev/null", path, "/etc", "/no/such"))
        local command = support.lua .. " bin/cffi " .. FOLDER .. "fdinfo.lua"
        local out = shell("(printf 123456; sleep 1) | (sleep 0.3; " .. command .. ")")
        assert.truthy(out:find "^input\tpipe, 6 of %d+ bytes waiting\noutput\tpipe, ", out)
        local there = terminal.start({ support.lua, "bin/cffi", FOLDER .. "fdinfo.lua", "/dev/tty" }, 33, 44)
        there.expect "/dev/tty\tterminal, 33 rows, 44 columns, device 5, 0\r\n"
        assert.equal(0, there.finish())
    end)

    it("pipeline.lua connects commands and says how each ended", function()
        local code, out, err = tool("pipeline.lua", "printf", "b\\na\\nc\\n", "--", "sort", "-r", "--", "head", "-2")
        assert.same({ 0, "c\nb\n", "printf: exit code 0\nsort: exit code 0\nhead: exit code 0\n" }, { code, out, err })
        code, out, err = tool("pipeline.lua", "no-such-program", "--", "sh", "-c", "cat; kill -9 $$")
        assert.same({ 0, "", "no-such-program: No such file or directory\nno-such-program: exit code 127\n"
            .. "sh: signal 9\n" }, { code, out, err })
        assert.same({ 2, "usage: cffi pipeline.lua COMMAND... [-- COMMAND...]...\n" },
            refusal("pipeline.lua", "cat", "--"))
    end)

    it("netstat.lua lists interfaces and who listens", function()
        local server <close> = assert(io.popen(support.lua .. " bin/cffi spec/support/serve.lua 1"))
        local port = server:read "l"
        local out = output "netstat.lua"
        assert.truthy(out:find "\nlo +up +127%.0%.0%.1\n", out)
        assert.truthy(line_with(out, " " .. port .. "  $"):find "^127%.0%.0%.1 ")
        os.execute(("sh -c 'exec 3<>/dev/tcp/127.0.0.1/%s' 2>/dev/null || bash -c 'exec 3<>/dev/tcp/127.0.0.1/%s'")
            :format(port, port)) -- the one request it waits for
    end)

    it("tools are all tested here, short, and begin with what they teach", function()
        local spec = support.read_file "spec/project/system_examples_spec.lua"
        local index = support.read_file "examples/README.md"
        local files <close> = assert(io.popen("ls " .. FOLDER .. "*.lua examples/*.lua"))
        for path in files:lines() do
            local text, name = support.read_file(path), path:match "[^/]+$"
            local _, lines = text:gsub("\n", "")
            assert.equal("-- What you learn: ", text:sub(1, 19), path)
            assert.is_true(lines <= 90, path)
            local link = "](" .. path:match "^examples/(.*)" .. ")"
            assert.truthy(index:find(link, 1, true), path .. " is not in the index")
            if path:sub(1, #FOLDER) == FOLDER then
                assert.is_nil(text:find("cdef", 1, true), path .. " types declarations")
                assert.truthy(spec:find('%f[%w]' .. name:gsub('%p', '%%%0') .. '%f[^%w.]'), path .. " is not run")
            end
        end
    end)
end)
