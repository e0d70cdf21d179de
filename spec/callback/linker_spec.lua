-- Libraries that start or wait for threads when they are loaded and unloaded (S12, S26): the dynamic linker is C, too.
local ffi = require "cffi"
local callbacks = require "support.callbacks"
local support = require "support"

local fails, lib = callbacks.fails, callbacks.load()
local path = support.library "linked"
ffi.cdef [[
    int setenv(const char *, const char *, int); int unsetenv(const char *);
    extern int linked_answer; int linked_call(int (*)(int), int); int linked_pause(int);
]]

-- What the library is to call.
local function set(name, cb)
    if cb then
        ffi.C.setenv(name, tostring(ffi.tonumber(ffi.cast("intptr_t", cb))), 1)
    else
        ffi.C.unsetenv(name)
    end
end

-- A copy, which nobody has loaded.
local function copy()
    local name = os.tmpname()
    support.write_file(name, support.read_file(path))
    finally(function() os.remove(name) end)
    return name
end

describe("a library that joins a thread which calls back", function()
    local ran, cb
    before_each(function()
        ran = 0
        cb = ffi.callback("int (int)", function() ran = ran + 1 return 7 end)
    end)
    after_each(function()
        for _, name in ipairs { "LINKED_CALL", "LINKED_CLOSE", "LINKED_HERE" } do set(name) end
        cb:free()
    end)

    it("when it is loaded", function()
        set("LINKED_CALL", cb)
        local linked = ffi.load(path)
        assert.equal(1, ran)
        assert.equal(7, linked.linked_answer)
        ffi.close(linked)
    end)

    it("when it is closed", function()
        local linked = ffi.load(path)
        set("LINKED_CLOSE", cb)
        ffi.close(linked)
        assert.equal(1, ran)
    end)

    it("when it is collected", function()
        ffi.load(path, { unload = true })
        set("LINKED_CLOSE", cb)
        support.gc()
        assert.equal(1, ran)
    end)

    it("when the Lua state closes #process", function()
        local status, out, err = callbacks.run(([[
            ffi.cdef "int setenv(const char *, const char *, int);"
            local linked = ffi.load(%q, { unload = true })
            ffi.load(%q, { unload = true })
            local cb = ffi.callback("int (int)", function() io.write "ran " return 1 end)
            ffi.C.setenv("LINKED_CLOSE", tostring(ffi.tonumber(ffi.cast("intptr_t", cb))), 1)
            io.write "end "
        ]]):format(path, path))
        assert.equal("end ran ", out)
        assert.equal("", err)
        assert.equal(0, status)
    end)

    it("leaves ffi.errno as it was", function()
        set("LINKED_CALL", cb)
        ffi.errno(77)
        ffi.close(ffi.load(path))
        pcall(ffi.load, "no_such_library")
        assert.equal(77, ffi.errno())
    end)
end)

describe("a library that calls back on the thread that loads it", function()
    after_each(function()
        for _, name in ipairs { "LINKED_CALL", "LINKED_CLOSE", "LINKED_HERE" } do set(name) end
    end)

    it("has its error raised by ffi.load and ffi.close", function()
        local cb <close> = ffi.callback("int (int)", function() error("in the constructor", 0) end)
        set("LINKED_HERE", cb)
        set("LINKED_CALL", cb)
        fails("in the constructor", ffi.load, copy())
        set "LINKED_CALL"
        local linked = ffi.load(path)
        set("LINKED_CLOSE", cb)
        fails("in the constructor", ffi.close, linked)
        assert.truthy(tostring(linked):find " %(closed%)$")
    end)

    it("is no obstacle to threads that look up symbols, which wait for the linker", function()
        local n = 0
        local here <close> = ffi.callback("int (int)", function() n = n + 1 return 1 end)
        local i = 0
        local other <close> = ffi.callback("int (int)", function()
            i = i + 1
            ffi.cdef(("int linked_missing%d;"):format(i))
            pcall(function() return ffi.C["linked_missing" .. i] end)
            return 1
        end)
        set("LINKED_HERE", here)
        set("LINKED_CALL", here)
        lib.callbacks_delay = 10
        lib.callbacks_start(other, 2, 30, 1)
        local linked = ffi.load(copy())
        assert.equal(1, n)
        assert.equal(0, lib.callbacks_join())
        lib.callbacks_reset()
        assert.equal(60, i)
        ffi.close(linked)
    end)
end)

describe("closing a library", function()
    it("is refused while another thread is inside it", function()
        local linked = ffi.load(path)
        local inside
        local cb <close> = ffi.callback("int (int)", function()
            inside = true
            return linked.linked_pause(100)
        end)
        lib.callbacks_start(cb, 1, 1, 100)
        while not inside do lib.callbacks_pause(1) end
        fails(("cannot close library '%s': one of its functions is running"):format(path:match "[^/]*$"), ffi.close,
            linked)
        assert.equal(0, lib.callbacks_join())
        ffi.close(linked)
    end)

    it("is refused in a callback on another thread, which may not know what Lua's does", function()
        local linked = ffi.load(path)
        local cb <close> = ffi.callback("int (int)", function() ffi.close(linked) return 3 end, { error = 4 })
        local reports = callbacks.reports(lib.callbacks_in_threads, cb, 1, 1, 4)
        assert.equal(1, #reports)
        assert.equal(("cannot close library '%s' in a callback on a foreign thread: Lua's own may be inside it")
            :format(path:match "[^/]*$"), callbacks.first_line(reports[1]))
        ffi.close(linked)
        local again <close> = ffi.callback("int (int)", function() ffi.close(linked) return 3 end)
        assert.equal(0, lib.callbacks_in_threads(again, 1, 1, 3)) -- it is closed: nothing to do
    end)
end)
