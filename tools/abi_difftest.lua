-- Compares calls and callbacks with what C compilers do: random signatures are compiled by gcc and
-- clang and called through cffi, by the register path and through libffi. Every leaf of every argument is checked
-- on the other side, in both directions. The types are abi_types.lua's.
--
--   lua5.4 tools/abi_difftest.lua [N] [SEED] [KEEP]
--
-- CFFI_DIFFTEST_CC lists other compilers, separated by commas: "aarch64-linux-gnu-gcc". N
-- signatures (2000), a seed (random). Exit code 1 and the failing signatures when anything is wrong.
-- Files go to $CFFI_BUILD/difftest-abi and stay there when KEEP is given or something failed.

package.path = arg[0]:match "^(.-)[^/]*$" .. "?.lua;" .. package.path -- for what stands beside this file

local ffi = require "cffi"
local types = require "abi_types"

local N = tonumber(arg[1]) or 2000
local SEED = tonumber(arg[2]) or os.time()
local KEEP = arg[3] ~= nil
local BATCH = 100
local DIR = (os.getenv "CFFI_BUILD" or "build") .. "/difftest-abi"

ffi.cdef [[
int setenv(const char *name, const char *value, int overwrite);
int unsetenv(const char *name);
]]

math.randomseed(SEED)
local random, chance = math.random, types.chance

-- ---- signatures -----------------------------------------------------------------------------------

local function signature(options, index)
    local s = {name = "f" .. index, params = {}, values = {}}
    local count = random(0, chance(80) and 7 or 16)
    for i = 1, count do
        repeat
            s.params[i] = types.argument(options)
        until types.settled(s.params[i], options, i, count)
    end
    if chance(15) and #s.params > 0 then
        s.fixed = #s.params
        for i = s.fixed + 1, s.fixed + random(6) do
            s.params[i] = types.variadic(options)
        end
    end
    for i, t in ipairs(s.params) do
        s.values[i] = t.value()
    end
    if not chance(8) then
        s.result = types.argument(options)
        s.result_value = s.result.value()
    end
    return s
end

local function parameter_list(s, named)
    local list = {}
    for i = 1, s.fixed or #s.params do
        list[i] = s.params[i].c .. (named and " a" .. i or "")
    end
    if s.fixed then
        list[#list + 1] = "..."
    end
    return #list > 0 and table.concat(list, ", ") or "void"
end

local function callee_text(s)
    local lines = {("%s %s(%s)\n{"):format(s.result and s.result.c or "void", s.name, parameter_list(s, true))}
    local function add(...) lines[#lines + 1] = string.format(...) end
    if s.fixed then
        add("    va_list ap;\n    va_start(ap, a%d);", s.fixed)
        for i = s.fixed + 1, #s.params do
            add("    %s a%d = va_arg(ap, %s);", s.params[i].c, i, s.params[i].c)
        end
    end
    for i, t in ipairs(s.params) do
        add("%s", types.checking(t, "a" .. i, s.values[i]))
    end
    if s.result then
        add("    %s r;\n    memset(&r, 0x5a, sizeof r);", s.result.c)
        add("%s\n    return r;", types.setting(s.result, "r", s.result_value))
    end
    add("}")
    return table.concat(lines, "\n")
end

-- The other direction: C calls a callback of the same type and checks its result.
local function caller_text(s)
    local lines, names = {}, {}
    local function add(...) lines[#lines + 1] = string.format(...) end
    add("void c%s(%s (*cb)(%s))\n{", s.name, s.result and s.result.c or "void", parameter_list(s))
    for i, t in ipairs(s.params) do
        names[i] = "a" .. i
        add("    %s a%d;\n    memset(&a%d, 0x5a, sizeof a%d);", t.c, i, i, i)
        add("%s", types.setting(t, names[i], s.values[i]))
    end
    local call = ("cb(%s)"):format(table.concat(names, ", "))
    if s.result then
        add("    %s r = %s;\n%s", s.result.c, call, types.checking(s.result, "r", s.result_value))
    else
        add("    %s;", call)
    end
    add("}")
    return table.concat(lines, "\n")
end

local function declarations(s)
    local result = s.result and s.result.c or "void"
    local text = ("%s %s(%s);"):format(result, s.name, parameter_list(s))
    if not s.fixed then
        text = ("%s\nvoid c%s(%s (*cb)(%s));"):format(text, s.name, result, parameter_list(s))
    end
    return text
end

-- ---- batches ----------------------------------------------------------------------------------------

local function write_file(path, text)
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
end

local HEADER = [[
#include <complex.h>
#include <stdarg.h>
#include <string.h>
#if defined __clang__ && defined __x86_64__
#define _Float128 __float128
#elif defined __clang__
#define _Float128 long double
#endif
int wrong, wrong_line;
#define CHECK(equal) \
    if (!(equal) && wrong++ == 0) wrong_line = __LINE__
]]

-- Which of the types that some machines do not have this compiler, or cffi, lacks, as keys.
local lacks = {}
local function lacking(compiler)
    if not lacks[compiler] then
        lacks[compiler] = {}
        for _, name in ipairs {"_Float16", "_Float128", "__int128"} do
            write_file(DIR .. "/probe.c", ("%s\n%s x;\n"):format(HEADER, name))
            local has = os.execute(("%s -fsyntax-only %s/probe.c 2>/dev/null"):format(compiler, DIR))
            lacks[compiler][name] = not (has and pcall(ffi.new, name)) or nil -- cffi may refuse it
        end
    end
    return lacks[compiler]
end

local function make_batch(number, first, size, compiler)
    local options = {
        compiler = compiler:find "clang" and "clang" or "gcc", lacks = lacking(compiler), count = 0, types = {},
    }
    local batch = {signatures = {}, number = number, compiler = compiler}
    local bodies, decls = {}, {"int wrong, wrong_line;"}
    for i = 1, size do
        local s = signature(options, first + i)
        batch.signatures[i] = s
        bodies[#bodies + 1] = callee_text(s)
        if not s.fixed then
            bodies[#bodies + 1] = caller_text(s)
        end
        decls[#decls + 1] = declarations(s)
    end
    local definitions = types.vector_definitions() .. "\n" .. table.concat(options.types, "\n")
    batch.cdef = definitions .. "\n" .. table.concat(decls, "\n")
    batch.path = ("%s/b%d"):format(DIR, number)
    write_file(batch.path .. ".c", HEADER .. definitions .. "\n" .. table.concat(bodies, "\n"))
    return batch
end

local function compile(batches)
    local commands = {}
    for i, b in ipairs(batches) do
        commands[i] = ("%s -w -O1 -shared -fPIC -o %s.so %s.c 2>%s.log & "):format(b.compiler, b.path, b.path, b.path)
    end
    local ok = os.execute(table.concat(commands) .. "wait")
    assert(ok, "a compiler failed")
end

-- ---- running ------------------------------------------------------------------------------------------

local checks, failures = 0, {}
local refused = {} -- reason to how many calls and callbacks were refused for it

-- What libffi cannot pass is refused, where there is no calling convention of ours: an error when the
-- function is looked up, the callback made or the variadic argument met. True when it is one, counted.
local function is_refusal(message)
    local reason = tostring(message):match ": (libffi cannot %a+ [^:]*)$"
    if reason then
        refused[reason] = (refused[reason] or 0) + 1
    end
    return reason ~= nil
end

local function fail(batch, s, mode, what)
    failures[#failures + 1] = ("b%d %s %s: %s: %s %s(%s)"):format(batch.number, batch.compiler, mode, what,
        s.result and s.result.c or "void", s.name, parameter_list(s))
end

local function arguments(scope, s)
    local list = {}
    for i, t in ipairs(s.params) do
        list[i] = t.lua(s.values[i])
        local is_variadic = s.fixed and i > s.fixed
        if t.boxed or t.kind == "aggregate" and (is_variadic or chance(50)) then
            list[i] = scope.new(t.c, list[i])
        end
        if is_variadic and t.kind == "aggregate" then
            list[i] = scope.byvalue(list[i])
        end
    end
    return list
end

local function call_once(scope, lib, batch, s, mode)
    lib.wrong = 0
    local found, callee = pcall(function() return lib[s.name] end)
    if not found and is_refusal(callee) then
        return
    elseif not found then
        fail(batch, s, mode, "lookup raised " .. tostring(callee))
        return
    end
    if chance(25) then
        callee = scope.cast(scope.typeof("$ *", scope.typeof(callee)), callee)
    end
    local ok, got = pcall(callee, table.unpack(arguments(scope, s), 1, #s.params))
    if not ok and is_refusal(got) then
        return
    end
    checks = checks + 1
    if not ok then
        fail(batch, s, mode, "call raised " .. tostring(got))
    elseif lib.wrong ~= 0 then
        fail(batch, s, mode, ("%d leaves of the arguments, from line %d"):format(lib.wrong, lib.wrong_line))
    elseif s.result and not s.result.same(s.result_value, got) then
        fail(batch, s, mode, "result")
    end
end

local function callback_once(scope, lib, batch, s, mode)
    local bad
    local function callback(...)
        for i, t in ipairs(s.params) do
            if not t.same(s.values[i], (select(i, ...))) then
                bad = bad or "callback argument " .. i
            end
        end
        local result = s.result and s.result.lua(s.result_value)
        return s.result and s.result.kind == "aggregate" and chance(50) and scope.new(s.result.c, result)
            or result
    end
    lib.wrong = 0
    local ok, err = pcall(lib["c" .. s.name], callback)
    if not ok and is_refusal(err) then
        return
    end
    checks = checks + 1
    if not ok then
        fail(batch, s, mode, "callback raised " .. tostring(err))
    elseif bad or lib.wrong ~= 0 then
        fail(batch, s, mode, bad or "callback result, line " .. lib.wrong_line)
    end
    ffi.release(callback)
end

local function run(batch, mode)
    if mode == "libffi" then
        ffi.C.setenv("CFFI_NO_FASTCALL", "1", 1)
    else
        ffi.C.unsetenv("CFFI_NO_FASTCALL")
    end
    local scope = ffi.scope {}
    scope.cdef(batch.cdef)
    local lib = scope.load((DIR:sub(1, 1) == "/" and "" or "./") .. batch.path .. ".so")
    local trace = assert(io.open(DIR .. "/current", "w"))
    for _, s in ipairs(batch.signatures) do
        trace:seek "set"
        trace:write(("b%d %s %s\n"):format(batch.number, mode, s.name))
        trace:flush()
        call_once(scope, lib, batch, s, mode)
        if not s.fixed then
            callback_once(scope, lib, batch, s, mode)
        end
    end
    trace:close()
end

local function find_compilers()
    local compilers = {}
    for name in (os.getenv "CFFI_DIFFTEST_CC" or ""):gmatch "[^,]+" do
        compilers[#compilers + 1] = name
    end
    if #compilers == 0 then
        compilers = {"gcc", os.execute "command -v clang >/dev/null" and "clang" or nil}
    end
    return compilers
end

local function main()
    local compilers = find_compilers()
    os.execute("mkdir -p " .. DIR)
    local done, number = 0, 0
    while done < N do
        local batches = {}
        for i = 1, 2 do
            local size = math.min(BATCH, N - done)
            if size > 0 then
                number = number + 1
                batches[i] = make_batch(number, done, size, compilers[number % #compilers + 1])
                done = done + size
            end
        end
        compile(batches)
        for _, b in ipairs(batches) do
            run(b, "registers")
            run(b, "libffi")
        end
    end
    for i = 1, math.min(#failures, 20) do
        print(failures[i])
    end
    for reason, times in types.sorted(refused) do
        print(("refused %d times: %s"):format(times, reason))
    end
    print(("%d signatures, %d calls and callbacks, %d wrong (seed %d)"):format(N, checks, #failures, SEED))
    if not KEEP and #failures == 0 then
        os.execute("rm -rf " .. DIR)
    end
    os.exit(#failures == 0)
end

main()
