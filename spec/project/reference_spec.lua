-- lib/cffi.d.lua, the one source of the reference: complete, understood, and what docs/reference.md says.
local ffi = require "cffi"
local reference = require "cffi.reference"
local support = require "support"

describe("lib/cffi.d.lua", function()
    it("has every public name, and no other", function()
        local entries, wrong = reference.entries(), {}
        local names = { onerror = true, nullptr = true } -- fields that are nil, one until it is set
        for name in pairs(require "cffi.core") do
            names[name] = true
        end
        local modules = support.read_file("lib/cffi.lua"):match "local modules = (%b{})"
        for name in modules:gmatch "([%w_]+) = \"cffi" do
            names[name] = true
        end
        for name in pairs(names) do
            if not entries[name] and not rawget(require "cffi.fiddle", name) then
                wrong[#wrong + 1] = name .. " is missing"
            end
        end
        for _, entry in ipairs(entries) do
            if not names[entry.name] then
                wrong[#wrong + 1] = entry.name .. " is none"
            end
        end
        table.sort(wrong)
        assert.equal("", table.concat(wrong, ", "))
        assert.is_true(#entries > 45)
    end)

    it("says of every function what it does, takes and gives, with an example", function()
        for _, entry in ipairs(reference.entries()) do
            assert.is_true(#entry.text > 3, entry.name)
            if entry.call then
                assert.is_truthy(entry.text:find "%.$", entry.name)
                assert.is_truthy(entry.example, entry.name .. " has no example")
            end
        end
        local cast = reference.entries().cast
        assert.same({ { name = "ct", optional = false, type = "ffi.type", text = "" },
            { name = "value", optional = false, type = "any", text = "" } }, cast.params)
        assert.same({ { type = "ffi.cdata", text = "" } }, cast.returns)
        assert.equal("cast(ct, value)", cast.call)
        assert.equal('"cannot convert ... to ..." where C has no such cast.', cast.errors)
    end)

    -- What an entry says in code: `name`, `:name(...)`.
    local function names_in(text)
        local names = {}
        for code in text:gmatch "`(.-)`" do
            names[code:match "^[%w_]+" or code:match "^:([%w_]+)" or code] = true
        end
        return names
    end

    local function lacks(missing, where, text, names)
        local told = names_in(text)
        for _, name in ipairs(names) do
            if not told[name] then
                missing[#missing + 1] = where .. " " .. name
            end
        end
    end

    local function quoted(path, pattern)
        local names = {}
        for name in assert(support.read_file(path):match(pattern), path):gmatch '"([%w_]+)"' do
            names[#names + 1] = name
        end
        assert.is_true(#names > 0, path)
        return names
    end

    local function option_text(entry)
        return entry.params[#entry.params].text
    end

    it("has every option", function()
        local entries, missing = reference.entries(), {}
        local list = "static const char %*const names%[%] = (%b{})"
        lacks(missing, "cdef", option_text(entries.cdef), quoted("lua_ffi/face/api.c", "read_cdef_options.-" .. list))
        lacks(missing, "scope", option_text(entries.scope),
            quoted("lua_ffi/face/api.c", "\nstatic int api_scope.*" .. list))
        lacks(missing, "load", option_text(entries.load), quoted("lua_ffi/face/load.c", list))
        local _, said = pcall(ffi.callback, "int (int)", math.abs, { none = 1 })
        local names = {}
        for name in said:match "there are (.-)%)":gmatch "%a+" do names[#names + 1] = name end
        assert.equal(5, #names)
        lacks(missing, "callback", option_text(entries.callback), names)
        for fn, call in pairs {
            include = function() ffi.include("stddef.h", { none = 1 }) end,
            compile = function() ffi.compile("", { none = 1 }) end,
            verify = function() ffi.verify("", "stddef.h", { none = 1 }) end,
        } do
            names = {}
            for name in select(2, pcall(call)):match "; there are (.-)%)":gmatch "%a+" do names[#names + 1] = name end
            assert.is_true(#names > 3)
            lacks(missing, fn, option_text(entries[fn]), names)
        end
        assert.equal("", table.concat(missing, ", "))
    end)

    it("has every field of what functions give", function()
        local entries, missing = reference.entries(), {}
        local function keys(t)
            local names = {}
            for name in pairs(t) do names[#names + 1] = name end
            return names
        end
        local scope = ffi.scope()
        scope.cdef [=[
            struct s { int bits : 3; int b; }; enum e { A };
            [[cffi::errno]] int renamed([[cffi::out]] int *a, ...) asm("abs");
        ]=]
        for _, ct in ipairs { "int", "double", "int *", "int[3]", "struct s", "enum e", "int (int)", "void",
            "double _Complex", "int __attribute__((vector_size(8)))", scope.C.renamed } do
            local told = scope.reflect(ct)
            lacks(missing, "reflect", entries.reflect.text, keys(told))
            for _, member in ipairs(told.members or {}) do
                lacks(missing, "reflect", entries.reflect.text, keys(member))
            end
            for _, constant in ipairs(told.constants or {}) do
                lacks(missing, "reflect", entries.reflect.text, keys(constant))
            end
        end
        for _, decl in ipairs(ffi.parse "int f(int x); typedef int t; int v; enum { X = 4 };") do
            lacks(missing, "parse", entries.parse.text, keys(decl))
        end
        local callback <const> = ffi.callback("int (int)", math.abs)
        lacks(missing, "callbacks", entries.callbacks.text, keys(ffi.callbacks()[1]))
        callback:free()
        assert.equal("", table.concat(missing, ", "))
    end)

    it("has every method of the objects", function()
        local texts, missing = {}, {}
        for _, object in ipairs(reference.entries().objects) do
            texts[object.name] = object.text
        end
        local methods = " = (%b{})"
        lacks(missing, "arena", texts["ffi.arena"], quoted("lua_ffi/face/arena.c", "methods%[%]" .. methods))
        lacks(missing, "task", texts["ffi.task"], quoted("lua_ffi/face/tasks.c", "of_task%[%]" .. methods))
        lacks(missing, "worker", texts["ffi.worker"], quoted("lua_ffi/face/tasks.c", "of_worker%[%]" .. methods))
        for _, name in ipairs(quoted("lua_ffi/callback/public.c", "methods%[%]" .. methods)) do
            if name ~= "close" then -- __close's
                lacks(missing, "callback", texts["ffi.callback"], { name })
            end
        end
        assert.equal("", table.concat(missing, ", "))
        assert.truthy(texts["cffi.posix"] and texts["cffi.luajit"])
    end)

    it("raises for what an editor would not understand", function()
        local function refused(message, text)
            assert.equal(message, select(2, pcall(reference.read, text, "x.lua")))
        end
        refused("x.lua:1: not understood: ---@parm a integer", "---@parm a integer")
        refused("x.lua:2: not understood: ---@param a", "---Text.\n---@param a\nfunction ffi.f(a) end")
        refused("x.lua:3: parameters (a, b), told of (a)", "---Text.\n---@param a integer\nfunction ffi.f(a, b) end")
    end)

    it("is what docs/reference.md was made from", function()
        local code, out = support.run { support.lua, "tools/reference.lua" }
        assert.equal(0, code)
        assert.equal(out, support.read_file "docs/reference.md", "run make reference")
    end)
end)
