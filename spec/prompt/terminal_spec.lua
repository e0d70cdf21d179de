-- The prompt on a terminal: line editing, history, ^C.
local support = require "support"
local prompts = require "support.prompt"

describe("CFFI_EDITOR", function()
    it("is told when it names nothing that is there", function()
        local prompt = prompts.start { name = "ed" }
        prompt.expect "cffi: there is no editor 'ed' (CFFI_EDITOR: readline, edit or none)\r\n"
        prompt.expect "> "
        prompt.send "6 * 7\n"
        prompt.expect "42\r\n> "
        prompt.send "\4"
        assert.equal(0, prompt.finish())
    end)
end)

describe("the prompt on a terminal", function() prompts.each_editor(describe, pending, function(editor)
    local state = os.tmpname()
    os.remove(state)

    local function start_prompt()
        return prompts.start(editor, { "XDG_STATE_HOME=" .. state })
    end

    teardown(function()
        os.execute("rm -rf " .. state)
    end)

    it("greets, asks, prints, and ends with ^D", function()
        local prompt = start_prompt()
        prompt.expect ":help   :include FILE.h   :lib NAME   :find WORD   ?NAME   ^D\r\n"
        prompt.expect "> "
        prompt.send "for i = 41, 42 do\n"
        prompt.expect ">> "
        prompt.send "print(i * 2) end\n"
        prompt.expect "82\r\n84\r\n"
        prompt.expect "> "
        prompt.send "error('oh', 0)\n"
        prompt.expect "\noh\r\n"
        prompt.expect "> "
        prompt.send "\4"
        assert.equal(0, prompt.finish())
    end)

    if editor.edits then it("remembers lines from one session to the next", function()
        local prompt = start_prompt()
        prompt.expect "> "
        prompt.send "6 * 7 -- kept\n"
        prompt.expect "42\r\n> "
        prompt.send "\4"
        prompt.finish()
        assert.truthy(support.read_file(state .. "/cffi/history"):find "6 %* 7 %-%- kept\n")
        prompt = start_prompt()
        prompt.expect "> "
        prompt.send "\16\n" -- the line before
        prompt.expect "42\r\n> "
        prompt.send "\4"
        prompt.finish()
    end) end

    if editor.edits then it("remembers the lines before a process that ended at once", function()
        local prompt = start_prompt()
        prompt.expect "> "
        prompt.send "os.exit(3) -- the end\n"
        assert.equal(3 << 8, prompt.finish())
        assert.truthy(support.read_file(state .. "/cffi/history"):find("os.exit(3) -- the end\n", 1, true))
    end) end

    it("^D within an incomplete input ends it, with an error on a line of its own", function()
        local prompt = start_prompt()
        prompt.expect "> "
        prompt.send "f(\n"
        prompt.expect ">> "
        prompt.send "\4"
        prompt.expect "\r\nstdin:1: unexpected symbol near <eof>\r\n> "
        prompt.send "\4"
        assert.equal(0, prompt.finish())
    end)

    if editor.edits then it("completes names with Tab", function()
        local prompt = start_prompt()
        prompt.expect "> "
        prompt.send "int getpagesize(void);\n"
        prompt.expect "declared getpagesize\r\n> "
        prompt.send "ffi.sizeo\t 'int', C.getpagesi\t() > 0\n"
        prompt.expect "ffi.sizeof 'int', C.getpagesize() > 0\r\n"
        prompt.expect "4\ttrue\r\n> "
        prompt.send ":la\t unsign\t\n"
        prompt.expect ":layout unsigned\r\nunsigned int; /* size: 4, align: 4 */\r\n> "
        prompt.send "size_t strnlen(const char *text, size_t most);\n"
        prompt.expect "declared strnlen\r\n> "
        prompt.send "C.strnlen(\t"
        prompt.expect "C.strnlen("
        prompt.expect "size_t strnlen(const char *text, size_t most)\r\n"
        prompt.expect "C.strnlen("
        prompt.send "'abc', \t"
        prompt.expect "size_t strnlen(const char *text, size_t most)\r\n"
        prompt.expect "C.strnlen('abc', "
        prompt.send "2)\n"
        prompt.expect "\r\n2\r\n> "
        prompt.send "nil, 'bi\t'\n" -- no file's name
        prompt.expect "nil\t\"bi\"\r\n> "
        prompt.send "\4"
        assert.equal(0, prompt.finish())
    end) end

    it("^C drops the line being typed, also an incomplete input, as often as wanted", function()
        local prompt = start_prompt()
        prompt.expect "> "
        for _ = 1, 3 do
            prompt.send "f(\n"
            prompt.expect ">> "
            prompt.send "more\3"
            prompt.expect "interrupted!\r\n> "
        end
        prompt.send "1 + 1\n"
        prompt.expect "2\r\n> "
        prompt.send "\4"
        assert.equal(0, prompt.finish())
    end)

    it("^C ends running Lua code, as often as wanted", function()
        local prompt = start_prompt()
        prompt.expect "> "
        for _ = 1, 3 do
            prompt.send "print 'started' while true do end\n"
            prompt.expect "\nstarted\r\n"
            prompt.send "\3"
            prompt.expect "interrupted!\r\n> "
        end
        prompt.send "\4"
        assert.equal(0, prompt.finish())
    end)
end) end)
