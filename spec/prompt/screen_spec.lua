-- The prompt on terminals of all kinds: colours, widths, pages, pastes, what is long, and what goes away.
local support = require "support"
local prompts = require "support.prompt"

local state = os.tmpname()
os.remove(state)

local function start_prompt(editor, settings, rows, columns)
    local all = { "XDG_STATE_HOME=" .. state }
    table.move(settings or {}, 1, #(settings or {}), 2, all)
    local prompt = prompts.start(editor, all, rows, columns)
    prompt.expect "^D\r\n"
    return prompt
end

local function leave(prompt)
    prompt.send "\4"
    assert.equal(0, prompt.finish())
end

describe("the prompt's screen", function() prompts.each_editor(describe, pending, function(editor)
    teardown(function() os.execute("rm -rf " .. state) end)

    it("has colours where the terminal has, unless NO_COLOR is set", function()
        for setting, colour in pairs { ["TERM=xterm"] = true, ["NO_COLOR=1"] = false, ["TERM=dumb"] = false } do
            local prompt = start_prompt(editor, { "TERM=xterm", setting })
            prompt.expect "> "
            prompt.send "error('oh', 0)\n"
            prompt.expect "0)\r\n"
            assert.equal(colour, prompt.expect "> ":find "\27%[31moh\27%[0m\r\n" ~= nil)
            leave(prompt)
        end
    end)

    it("has no escape at all on a dumb terminal", function()
        local prompt = start_prompt(editor)
        prompt.expect "> "
        prompt.send "int screen_f(int);\nx x\n:help\n"
        local shown = prompt.expect "`ffi` and `C` are there."
        prompt.expect "> "
        assert.is_nil(shown:find "\27")
        assert.truthy(shown:find("    x x\r\n      ^\r\n", 1, true))
        leave(prompt)
    end)

    it("folds values at the width of the window, also when that changes", function()
        local prompt = start_prompt(editor, nil, 24, 30)
        prompt.expect "> "
        prompt.send "{1000000, 2000000, 3000000, 4}\n"
        prompt.expect "{\r\n    1000000, 2000000,\r\n    3000000, 4\r\n}\r\n> "
        prompt.resize(24, 100)
        prompt.send "_\n"
        prompt.expect "{1000000, 2000000, 3000000, 4}\r\n> "
        leave(prompt)
    end)

    it("shows long lists in pages", function()
        local prompt = start_prompt(editor, nil, 10, 80)
        prompt.expect "> "
        prompt.send "ffi.symbols(C, '^str')\n"
        local page = prompt.expect "-- "
        assert.equal(10, select(2, page:gsub("\n", ""))) -- nine rows behind the input
        prompt.expect " more; Enter, or q and Enter -- "
        prompt.send "\n"
        prompt.expect " more; Enter, or q and Enter -- "
        prompt.send "q\n"
        prompt.expect "> "
        leave(prompt)
        assert.is_nil(editor.edits and support.read_file(state .. "/cffi/history"):find "\nq\n")
    end)

    if editor.pastes then it("takes a pasted chunk as one input where the terminal brackets pastes", function()
        local prompt = start_prompt(editor, { "TERM=xterm", "NO_COLOR=1" })
        prompt.expect "> "
        prompt.send "\27[200~for i = 1, 2 do\n\tprint(i * 21)\nend\27[201~\n"
        prompt.expect "21\r\n42\r\n"
        prompt.expect "> "
        leave(prompt)
    end) end

    if editor.edits then it("completes members, types in strings and commands", function()
        local prompt = start_prompt(editor)
        prompt.expect "> "
        prompt.send "struct screen_point { int abscissa; };\n"
        prompt.expect "declared struct screen_point\r\n> "
        prompt.send "a = ffi.new('struct screen_\t[2]')\n"
        prompt.expect "ffi.new('struct screen_point[2]')\r\n> "
        prompt.send "a[1].abs\t\n"
        prompt.expect "a[1].abscissa\r\n0\r\n> "
        prompt.send ":lay\t struct screen_\t\n"
        prompt.expect ":layout struct screen_point\r\nstruct screen_point {\r\n"
        prompt.expect "> "
        leave(prompt)
    end) end

    if editor.edits then it("says that names are too many to be listed", function()
        local prompt = start_prompt(editor)
        prompt.expect "> "
        prompt.send "t = {} for i = 1000, 2500 do t[#t + 1] = ('int tab_many_%d(void);'):format(i) end\n"
        prompt.expect "> "
        prompt.send "ffi.cdef(table.concat(t))\n"
        prompt.expect "> "
        prompt.send ":x tab_\t"
        prompt.expect "\r\nmore than 1000 names begin with 'tab_many_'\r\n"
        prompt.expect ":x tab_many_"
        prompt.send "\0216 * 7\n"
        prompt.expect "42\r\n> "
        leave(prompt)
    end) end

    it("^C ends a wait in C", function()
        local prompt = start_prompt(editor)
        prompt.expect "> "
        prompt.send "unsigned sleep(unsigned seconds);\n"
        prompt.expect "> "
        prompt.send "print 'asleep' C.sleep(60)\n"
        prompt.expect "\nasleep\r\n"
        os.execute "sleep 0.2"
        prompt.send "\3"
        prompt.expect "interrupted!\r\n> "
        leave(prompt)
    end)

    it("survives a crash in C, and says what it was", function()
        local prompt = start_prompt(editor)
        prompt.expect "> "
        prompt.send "size_t strlen(const char *);\n"
        prompt.expect "> "
        prompt.send "C.strlen(ffi.cast('char *', 8))\n"
        prompt.expect "stdin:2: C crashed (SIGSEGV at 0x8) in strlen(0x8)\r\n"
        prompt.expect "> "
        prompt.send "C.strlen 'alive'\n"
        prompt.expect "5\r\n> "
        leave(prompt)
    end)

    if editor.edits then it("keeps the end of a history that is huge", function()
        os.execute(("mkdir -p %s/cffi && yes 'a line of no use' | head -c 100000000 >%s/cffi/history")
            :format(state, state))
        local history = assert(io.open(state .. "/cffi/history", "a"))
        history:write("\n'the last' .. ' line'\n")
        history:close()
        local prompt = start_prompt(editor)
        prompt.expect "> "
        prompt.send "\16\n"
        prompt.expect '"the last line"\r\n> '
        leave(prompt)
        assert.is_true(#support.read_file(state .. "/cffi/history") < 1 << 20)
    end) end

    it("starts whatever is in the place of the history", function()
        local homes = os.tmpname()
        os.remove(homes)
        finally(function() os.execute("rm -r " .. homes) end)
        assert(os.execute(("mkdir -p %s/folder/cffi/history %s/pipe/cffi %s/long/cffi && mkfifo %s/pipe/cffi/history")
            :format(homes, homes, homes, homes)))
        support.write_file(homes .. "/long/cffi/history", ("\0x"):rep(1 << 21))
        support.write_file(homes .. "/file", "")
        for _, home in ipairs { "/folder", "/pipe", "/long", "/file" } do
            local prompt = start_prompt(editor, { "XDG_STATE_HOME=" .. homes .. home })
            prompt.expect "> "
            prompt.send "6 * 7\n"
            prompt.expect "42\r\n"
            prompt.expect "> "
            leave(prompt)
        end
    end)

    it("takes lines that are longer than a narrow window is wide", function()
        local prompt = start_prompt(editor, { "TERM=xterm", "NO_COLOR=1" }, 10, 20)
        prompt.expect "> "
        local digits = ("1234567890"):rep(6)
        prompt.send("#'" .. digits .. "' + 100\n")
        prompt.expect "160\r\n"
        prompt.expect "> "
        prompt.send("'" .. digits .. "'\n")
        prompt.expect('"' .. digits .. '"\r\n')
        prompt.expect "> "
        leave(prompt)
    end)

    it("works where no history can be written", function()
        local prompt = start_prompt(editor, { "XDG_STATE_HOME=/proc/nowhere" })
        prompt.expect "> "
        prompt.send "6 * 7\n"
        prompt.expect "42\r\n> "
        leave(prompt)
    end)

    it("ends when the terminal goes away", function()
        local prompt = start_prompt(editor)
        prompt.expect "> "
        assert.equal(1, prompt.hang_up() & 127) -- SIGHUP
    end)
end) end)

describe("a session with a library never seen before", function()
    it("goes from nothing to a working call #lp64", function()
        local prompt = start_prompt({ name = "readline" }, { "XDG_CACHE_HOME=" .. state }, 60, 100)
        prompt.expect "> "
        local function round(line, ...)
            prompt.send(line .. "\n")
            for _, text in ipairs { ... } do
                prompt.expect(text)
            end
            prompt.expect "\r\n> "
        end
        round(":find deflateBound", "exported by libraries of the system\r\n", "deflateBound  libz.so.1")
        round(":include zlib.h", "<zlib.h>: ", "libz.so", " functions, ")
        round("?compress2", "int compress2(", "\r\n    Compresses the source buffer", "zlib.h:", "libz.so.1")
        round("?Z_BEST_*", "#define Z_BEST_COMPRESSION 9", "#define Z_BEST_SPEED 1")
        round("out, n = ffi.new 'uint8_t[64]', ffi.new('unsigned long[1]', 64)")
        round("compress2(out, n, ('a'):rep(1000), 1000, Z_BEST_COMPRESSION) == Z_OK", "\r\ntrue")
        round(":x out 8", "0x", "  78 da ", " |x")
        round(":layout z_stream", "/* XXX 4 bytes hole */", "/* size: 112, align: 8")
        round(":include sys/stat.h", "<sys/stat.h>: ")
        round("st = ffi.new 'struct stat'")
        round("stat('/etc/passwd', st)", "\r\n0")
        round("st", "struct stat {\r\n", "st_size = ", "st_mtim = {tv_sec = ")
        round("stat('/etc/passwd')", "stat", "int stat(")
        round(":save " .. state .. "/saved.lua", "/saved.lua: ")
        leave(prompt)
        local code, out, err = support.run { support.lua, "bin/cffi", state .. "/saved.lua" }
        assert.equal("", err)
        assert.truthy(out:find "\ntrue\n0\nstruct stat {" or out:find "^true\n0\nstruct stat {")
        assert.equal(0, code)
    end)
end)
