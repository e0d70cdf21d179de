-- Helpers of the specs. Specs run from the root of the tree.
local luassert = require "luassert"

local support = {}

-- Where the build is, and what `make` chose.
support.build = os.getenv "CFFI_BUILD" or "build"
support.lua = arg and arg[-1] or "lua5.4"

-- The path of the test library made from spec/support/NAME.c ("NAME-clang" too where clang is).
function support.library(name)
    return ("%s/spec/%s.so"):format(support.build, name)
end

-- True under valgrind and the sanitizers, which keep freed memory for a while: what a process
-- occupies says nothing then.
support.keeps_freed = os.getenv "LD_PRELOAD" ~= nil
-- How much longer than promised all may take: where each step is watched, or delayed (`make delays`).
support.patience = (support.keeps_freed or os.getenv "CFFI_DELAY_SECONDS") and 20 or 1

-- Collects all garbage, also what finalisers and weak tables only let go in a second cycle.
function support.gc()
    collectgarbage()
    collectgarbage()
end

-- Asserts that fn(...) raises exactly `text`, after the position "file:line: " that every error
-- begins with; the traceback of one in a callback may follow. Returns the line of the position.
function support.raises(text, fn, ...)
    local ok, message = pcall(fn, ...)
    luassert.is_false(ok, "no error, expected: " .. text)
    message = tostring(message):gsub("\nstack traceback:\n.*", "")
    local line, rest = message:match "^[^\n:]+:(%d+): (.*)$"
    luassert.equal(text, rest or message)
    return tonumber(line)
end

-- The C type that int64_t is, as errors name it.
function support.int64()
    return require "cffi".abi "64bit" and "long" or "long long"
end

local function quoted(word)
    return "'" .. tostring(word):gsub("'", [['\'']]) .. "'"
end

function support.read_file(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read "a"
    file:close() -- also where there is no <close>
    return text
end

function support.write_file(path, text)
    local file = assert(io.open(path, "wb"))
    assert(file:write(text))
    file:close()
end

-- Runs a command given as a list of words, with `input` as its standard input. Returns its exit
-- code (128 + n when signal n ended it), standard output and standard error.
function support.run(words, input)
    local stdin, stdout, stderr = os.tmpname(), os.tmpname(), os.tmpname()
    support.write_file(stdin, input or "")
    local command = {}
    for i, word in ipairs(words) do
        command[i] = quoted(word)
    end
    local _, how, code = os.execute(("%s <%s >%s 2>%s"):format(
        table.concat(command, " "), stdin, stdout, stderr))
    local out, err = support.read_file(stdout), support.read_file(stderr)
    os.remove(stdin)
    os.remove(stdout)
    os.remove(stderr)
    return how == "signal" and 128 + code or code, out, err
end

-- Runs Lua code in a process of its own, with this tree's module on the path: for whatever may end
-- the process, and for what happens at its end.
function support.run_lua(code, ...)
    local script = os.tmpname()
    support.write_file(script, code)
    local exit, out, err = support.run({ support.lua, "bin/cffi", script, ... })
    os.remove(script)
    return exit, out, err
end

local function below(fn, ...) -- luacheck: ignore 212
    local result = fn() -- no tail call: the varargs are to stay on the stack
    return result
end

local function filled(fn, more, ...) -- luacheck: ignore 212
    local result = below(fn, table.unpack({}, 1, more))
    return result
end

-- Runs fn on Lua stacks (of a million slots) with less and less room, from some thirty slots to none
-- at all. Returns the set of its errors, without positions and tracebacks.
function support.crowd(fn)
    local texts = {}
    for more = 99950, 99970 do
        local ok, text = coroutine.resume(coroutine.create(filled), fn, more,
            table.unpack({}, 1, 900000))
        if not ok then
            texts[(text:gsub("\n.*", ""):gsub("^[^\n:]+:%d+: ", ""))] = true
        end
    end
    return texts
end

-- False when the LuaJIT found is not of the architecture that is tested (which an emulator runs): what
-- it says of `char` and `long double` is then another machine's.
function support.luajit_is_of_this_machine()
    local _, arch = support.run { "env", "-u", "LUA_INIT", "luajit", "-e", "io.write(jit.arch)" }
    return arch == require "cffi".arch
end

-- What a program prints that the compiler makes of a main with that body, behind the headers.
function support.compiled(headers, body)
    local base = os.tmpname()
    support.write_file(base .. ".c", headers .. "int main(void) {\n" .. body .. "return 0; }\n")
    assert(os.execute(("%s -w -o %s.exe %s.c"):format(os.getenv "CC" or "cc", base, base)))
    local output = assert(io.popen(base .. ".exe")):read "a"
    for _, suffix in ipairs { "", ".c", ".exe" } do
        os.remove(base .. suffix)
    end
    return output
end

return support
