-- Handle (Ruby: test_handle.rb).
local ffi = require "cffi"
local fiddle = require "cffi.fiddle"
local helpers = require "support.fiddle"

local raises = helpers.raises

describe("fiddle.Handle", function()
    it("raises for a library that is not there, with all that was tried", function()
        local _, err = pcall(fiddle.dlopen, "/no/such/lib.so")
        assert.equal("DLError", err.kind)
        assert.equal("/no/such/lib.so", err.name)
        assert.truthy(err.message:find "^cannot load library '/no/such/lib.so':\n\t")
        local _, named = pcall(fiddle.Handle, "nosuchlibrary")
        assert.truthy(named.message:find("libnosuchlibrary.so", 1, true))
    end)

    it("takes a list of alternatives and names the core understands", function()
        assert.truthy(fiddle.dlopen({ "nosuchlibrary", "libm.so.6" }):file_name():find "libm")
        assert.truthy(fiddle.dlopen("m"):has "cos")
    end)

    it("finds symbols as fields and by method", function()
        local h = fiddle.Handle "libm.so.6"
        assert.equal(h:sym "sin", h.sin)
        assert.equal(h["sin"], h.sin)
        assert.equal(h.sin, h:has "sin")
        assert.equal("sin", h.sin.name)
        assert.is_nil(h:has "no_such_symbol")
        assert.is_function(h.close) -- methods come first
        assert.equal("close", helpers.libc:sym("close").name)
    end)

    it("names the library's file and the near miss for an unknown symbol", function()
        local h = fiddle.Handle "libm.so.6"
        local text = ("undefined symbol 'sinn' in %s (did you mean 'sinf'?)"):format(h:file_name())
        local err = raises("DLError", text, h.sym, h, "sinn")
        assert.equal("sinn", err.name)
        raises("DLError", text, function() return h.sinn end)
        raises("TypeError", "name of a symbol expected, got nil", h.sym, h, nil)
        raises("TypeError", "name of a symbol expected, got number", h.has, h, 1)
    end)

    it("closes, once; symbols and functions raise from then on", function()
        local h = fiddle.Handle "libm.so.6"
        local closed = ("library '%s' is closed"):format(h:file_name())
        local sin, f = h.sin, fiddle.Function(h.sin, { "double" }, "double")
        local bare = f:func()
        assert.equal(0.0, f(0))
        assert.is_true(h:close())
        assert.is_true(h:is_closed())
        raises("DLError", closed, h.sym, h, "sin")
        raises("DLError", closed, h.has, h, "sin")
        raises("DLError", closed, h.close, h)
        raises("DLError", closed, h.address, h)
        raises("DLError", closed, sin.address, sin)
        raises("DLError", "cannot call 'sin': " .. closed, f, 0)
        raises("DLError", "cannot call 'sin': " .. closed, f.func, f)
        assert.has_error(function() bare(0) end, "cannot call 'sin': " .. closed)
        assert.truthy(tostring(h):find "%(closed%)$")
    end)

    it("is closed by <close>, and that is no second close #close", function()
        local kept
        do
            local h <close> = fiddle.Handle "libm.so.6"
            kept = h
        end
        assert.is_true(kept:is_closed())
        do
            local h <close> = fiddle.Handle "libm.so.6"
            h:close()
        end
    end)

    it("is closed after a function, whose results it gives", function()
        local kept
        local a, b = fiddle.Handle("libm.so.6", nil, function(h)
            kept = h
            return h:has "sin" ~= nil, "two"
        end)
        assert.is_true(a)
        assert.equal("two", b)
        assert.is_true(kept:is_closed())
        assert.has_error(function()
            fiddle.Handle("libm.so.6", function(h)
                kept = h
                error("boom", 0)
            end)
        end, "boom")
        assert.is_true(kept:is_closed())
    end)

    it("is left open by the collector unless asked", function()
        local h = fiddle.Handle "libm.so.6"
        assert.is_false(h:is_close_enabled())
        h:enable_close()
        assert.is_true(h:is_close_enabled())
        h:disable_close()
        assert.is_false(h:is_close_enabled())
        h:enable_close()
        local f = fiddle.Function(h.cos, { "double" }, "double")
        h = nil -- luacheck: ignore
        collectgarbage()
        collectgarbage()
        assert.equal(1.0, f(0)) -- the function keeps it
    end)

    it("is the dlopen handle as number and Pointer", function()
        local h = fiddle.Handle "libm.so.6"
        assert.equal(h:address(), h:to_ptr():address())
        assert.equal(h:address(), fiddle.Handle("libm.so.6"):address())
        local dlsym = fiddle.Function(fiddle.DEFAULT.dlsym, { "voidp", "const_string" }, "voidp")
        assert.equal(h.sin, dlsym(h, "sin"))
    end)

    it("knows its file", function()
        assert.equal("libm.so.6", fiddle.Handle("libm.so.6"):file_name():match "[^/]+$")
        assert.is_nil(fiddle.Handle():file_name())
    end)

    it("is the program without a name", function()
        local h = fiddle.Handle()
        assert.is_true(h:has "lua_newstate" ~= nil or h:has "malloc" ~= nil)
        assert.is_nil(h:has "no_such_symbol")
        raises("DLError", "undefined symbol 'no_such_symbol'", h.sym, h, "no_such_symbol")
    end)

    it("takes RTLD flags", function()
        local h = fiddle.dlopen("libm.so.6", fiddle.RTLD_NOW | fiddle.RTLD_GLOBAL)
        assert.truthy(h.cos)
        assert.equal(fiddle.RTLD_NOW, fiddle.Handle.RTLD_NOW)
        for _, name in ipairs { "LAZY", "NOW", "GLOBAL", "LOCAL", "NODELETE", "NOLOAD", "DEEPBIND" } do
            assert.equal("integer", math.type(fiddle["RTLD_" .. name]), name)
        end
        raises("TypeError", "RTLD_ flags expected, got string", fiddle.dlopen, "libm.so.6", "now")
    end)

    it("keeps a library's symbols to itself unless RTLD_GLOBAL is given", function()
        local exit, out = require("support").run_lua [[
            local fiddle = require "cffi.fiddle"
            local h = fiddle.dlopen "libz.so.1"
            io.write(tostring(h:has "zlibVersion" ~= nil), tostring(fiddle.DEFAULT:has "zlibVersion" ~= nil))
            fiddle.dlopen("libz.so.1", fiddle.RTLD_LAZY | fiddle.RTLD_GLOBAL)
            io.write(tostring(fiddle.DEFAULT:has "zlibVersion" ~= nil))
        ]]
        assert.equal(0, exit)
        assert.equal("truefalsetrue", out)
    end)

    it("has the loader's own handles", function()
        for _, h in ipairs { fiddle.DEFAULT, fiddle.NEXT, fiddle.Handle.DEFAULT, fiddle.Handle.NEXT } do
            assert.is_false(h:sym("malloc"):is_null())
            assert.is_nil(h:has "no_such_symbol")
        end
        assert.equal(fiddle.NEXT.malloc, fiddle.sym "malloc")
        assert.equal(fiddle.NEXT.malloc, fiddle.Handle.sym "malloc")
        assert.is_nil(fiddle.has "no_such_symbol")
        raises("DLError", "undefined symbol 'no_such_symbol'", fiddle.sym, "no_such_symbol")
    end)

    it("of the class find what RTLD_GLOBAL made global", function()
        local exit, out, err = require("support").run_lua [[
            local fiddle = require "cffi.fiddle"
            print(fiddle.has "zlibVersion")
            fiddle.dlopen("libz.so.1", fiddle.RTLD_LAZY | fiddle.RTLD_GLOBAL)
            print(fiddle.sym "zlibVersion" == fiddle.has "zlibVersion", fiddle.has "zlibVersion" ~= nil)
        ]]
        assert.equal("", err)
        assert.equal("nil\ntrue\ttrue\n", out)
        assert.equal(0, exit)
    end)

    it("cannot have its fields set", function()
        raises("ArgumentError", "a Handle has no field 'sin' to set", function()
            helpers.libm.sin = 1
        end)
    end)

    it("has symbols to iterate over", function()
        local found = {}
        for name in helpers.libm:symbols "^sin" do
            found[name] = true
        end
        assert.is_true(found.sin and found.sinf)
        assert.is_nil(found.cos)
    end)

    it("passes for its address", function()
        assert.equal(helpers.libm:address(),
            ffi.tonumber(ffi.cast("intptr_t", ffi.cast("void *", helpers.libm))))
    end)
end)
