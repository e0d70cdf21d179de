-- S21: the two runs of the compiler begin together, and nothing of them stays.
local core = require "cffi"
local support = require "support"
local headers = require "support.headers"
local reader = require "cffi.include.reader"

describe("the runs of the compiler", function()
    local folder, header

    before_each(function()
        headers.own_cache()
        folder = headers.folder()
        header = headers.write(folder, "one.h", [[
#define ONE 1
#define TWICE(x) (2 * (x))
#define LOUD _Pragma("message(\"loud\")") 7
int abs(int);
]])
    end)
    after_each(headers.clean)

    -- A compiler whose two runs write down what `text`, a piece of a shell script, says.
    local function compiler(text)
        local program = headers.program(folder, "cc", ([[
case " $* " in *" -dD "*) run=first ;; *) run=second ;; esac
cd "%s"
%s]]):format(folder, text))
        return { cc = { program } }
    end

    local function include(options)
        return core.scope {}.include(header, options)
    end

    local function check(ns)
        assert.same({ 1, 8, 7, 3 }, { ns.ONE, ns.TWICE(4), ns.LOUD, ns.abs(-3) })
    end

    it("begin together", function()
        -- Each waits for the other one's mark: one after the other, the first would give up.
        check(include(compiler [[
touch $run
for i in $(seq 200); do [ -e first ] && [ -e second ] && exec cc "$@"; sleep 0.02; done
exit 1]]))
    end)

    it("are one after the other where a program cannot read the files of others", function()
        check(include(compiler [[
printf '%s\n' $run >>runs
sed '/dev.fd/d' >text.$run
exec cc "$@" <text.$run]]))
        local runs = support.read_file(folder .. "/runs")
        local _, first = runs:gsub("first", "")
        local _, second = runs:gsub("second", "")
        assert.same({ 2, 2 }, { first, second })
    end)

    it("end with an error of either", function()
        local options = compiler [=[[ $run = first ] || exec cc "$@"
echo "first.h:1:1: error: not today" >&2
exit 1]=]
        support.raises(("cannot include %q: '%s', which the option 'cc' names, says:\n"
            .. "first.h:1:1: error: not today"):format(header, options.cc[1]), include, options)
        -- The second one's: its macros are those that it does not tell.
        local ok, why = pcall(include, compiler [=[[ $run = first ] && exec cc "$@"
kill -9 $$]=])
        assert.is_false(ok)
        assert.equal(("cannot include %q: the compiler stops before it has expanded their macros"):format(header), why)
    end)

    it("end when the compiler does, whatever it leaves running", function()
        local start = os.time()
        check(include(compiler [=[sleep 30 & echo $! >>left
cc "$@"]=]))
        assert.is_true(os.time() - start < 10)
        for pid in support.read_file(folder .. "/left"):gmatch "%d+" do
            support.run { "kill", pid }
        end
    end)

    it("say when too many files are open, and leave none of theirs", function()
        local posix = require "cffi.posix"
        local limit = posix["struct rlimit"]()
        assert.equal(0, posix.getrlimit(posix.RLIMIT_NOFILE, limit))
        local before, hard = limit.rlim_cur, limit.rlim_max
        local lowest = posix.dup(0)
        posix.close(lowest)
        for free = 0, 9 do
            assert.equal(0, posix.setrlimit(posix.RLIMIT_NOFILE, posix["struct rlimit"](lowest + free, hard)))
            local ok, why = pcall(core.scope {}.include, header, { lib = false })
            assert.equal(0, posix.setrlimit(posix.RLIMIT_NOFILE, posix["struct rlimit"](before, hard)))
            assert.is_false(ok and free < 5)
            assert.truthy(ok or why == "cannot make a temporary file: Too many open files"
                or why == "cannot make a pipe: Too many open files", why)
            local now = posix.dup(0)
            posix.close(now)
            assert.equal(lowest, now)
        end
        check(include())
    end)

    it("are read to the end, however long the output and whatever is in it", function()
        local lines = {}
        for i = 1, 60000 do
            lines[i] = ("enum { NUMBER_%d = %d };\n"):format(i, i)
        end
        headers.write(folder, "long.h", table.concat(lines))
        local ns = core.scope {}.include(folder .. "/long.h", { lib = false })
        assert.same({ 1, 60000 }, { ns.NUMBER_1, ns.NUMBER_60000 })
        local options = compiler [=[[ $run = first ] && printf '# 1 "x.h" 1\n#define\n#undef\n#\n# 2\n#define 1x\n'
[ $run = second ] && printf 'cffi__macro 0 cffi__is cffi__end\n'
exit 0]=]
        assert.equal(("<one.h>: no library (%s)"):format "the option 'lib' is false", tostring(core.scope {}.include(
            "one.h", { cc = options.cc, lib = false })))
    end)

    it("are understood the same in whatever pieces they come", function()
        local _, text = support.run { "cc", "-E", "-dD", "-D_GNU_SOURCE", "-include", "sys/socket.h", "-x", "c",
            "/dev/null" }
        local function read(size)
            local feed, finish = reader.reading()
            for at = 1, #text, size do
                feed(text:sub(at, at + size - 1))
            end
            return finish()
        end
        local whole = read(#text)
        assert.is_true(#whole.macros > 300 and #whole.files > 10)
        assert.truthy(whole.text:find("int socket", 1, true) or whole.text:find "socket %(")
        for _, size in ipairs { 1, 7, 4096 } do
            assert.same(whole, read(size))
        end
    end)

    it("are repeated when a header changes between them", function()
        check(include(compiler(([=[
[ $run = first ] || [ -e changed ] || { touch changed; echo '#define MORE 5' >>one.h; touch -d '1 hour ago' one.h; }
exec cc "$@"]=]))))
        support.raises(("'LESS' is not declared by %q"):format(header), function()
            return core.scope {}.include(header).LESS
        end)
        assert.equal(5, core.scope {}.include(header).MORE)
    end)

    it("leave no file open and no program running", function()
        local function open_files()
            local pid = require "cffi.posix".getpid()
            local _, out = support.run { "ls", ("/proc/%d/fd"):format(pid) }
            return select(2, out:gsub("\n", ""))
        end
        local broken = headers.write(folder, "broken.h", "#error no\n")
        local lacking = headers.write(folder, "lacking.h", "unknown_t f(void);\n")
        local function all()
            for _, path in ipairs { header, broken, lacking } do
                pcall(core.scope {}.include, path, { lib = false, defs = { N = math.random(1 << 40) } })
            end
            pcall(core.scope {}.include, header, { cc = "/no/such/compiler" })
            collectgarbage()
            collectgarbage()
        end
        all()
        local before = open_files()
        for _ = 1, 4 do all() end
        assert.equal(before, open_files())
        local wait = core.scope {}
        wait.cdef "int waitpid(int, int *, int);"
        assert.equal(-1, wait.C.waitpid(-1, nil, 1)) -- no child: ECHILD
    end)
end)
