-- Calls of libuv against lua-luv: a clock, the environment, names of the process.
local ffi = require "cffi"
local found, uv = pcall(require, "luv")

local plain, said = ffi.scope { stays = true }, ffi.scope { stays = true }
plain.cdef [[
uint64_t uv_hrtime(void);
int uv_os_getenv(const char *name, char *buffer, size_t *size);
int uv_os_setenv(const char *name, const char *value);
int uv_cwd(char *buffer, size_t *size);
]]
said.cdef [==[
uint64_t uv_hrtime(void);
[[cffi::status(0)]] int uv_os_getenv(const char *name,
    [[cffi::out(size), cffi::string]] char *buffer, size_t *size);
[[cffi::status(0)]] int uv_os_setenv(const char *name, const char *value);
[[cffi::status(0)]] int uv_cwd([[cffi::out(size), cffi::string]] char *buffer, size_t *size);
]==]

-- 20,000 times of the clock.
local function times(hrtime)
    return function()
        local last, back = 0, 0
        for _ = 1, 20000 do
            local now = hrtime()
            back, last = now < last and back + 1 or back, now
        end
        return back
    end
end

-- What is set 2,000 times is read again.
local function environment(set, get)
    return function()
        local size = 0
        for i = 1, 2000 do
            assert(set("CFFI_BENCH", i % 7 == 0 and "seven" or "another value"))
            size = size + #get "CFFI_BENCH"
        end
        return size
    end
end

local function folder(cwd)
    return function()
        local size = 0
        for _ = 1, 2000 do size = size + #cwd() end
        return size
    end
end

return function(job)
    if not found then
        return
    end
    local c, a = plain.load "libuv.so.1", said.load "libuv.so.1"
    local buffer, size = plain.new "char[256]", plain.new "size_t[1]"
    local string = plain.string
    job("luv: 20,000 times of a clock", "lua-luv",
        { binding = times(uv.hrtime), plain = times(c.uv_hrtime), annotated = times(a.uv_hrtime) })
    job("luv: 2,000 changes of the environment", "lua-luv", {
        binding = environment(uv.os_setenv, uv.os_getenv),
        plain = environment(function(name, value)
            return c.uv_os_setenv(name, value) == 0
        end, function(name)
            size[0] = 256
            assert(c.uv_os_getenv(name, buffer, size) == 0)
            return string(buffer, size[0])
        end),
        annotated = environment(a.uv_os_setenv, function(name)
            return a.uv_os_getenv(name, 256)
        end),
    })
    job("luv: current folder, 2,000 times", "lua-luv", {
        binding = folder(uv.cwd),
        plain = folder(function()
            size[0] = 256
            assert(c.uv_cwd(buffer, size) == 0)
            return string(buffer, size[0])
        end),
        annotated = folder(function() return a.uv_cwd(256) end),
    })
end
