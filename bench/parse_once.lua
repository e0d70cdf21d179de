-- Prints the seconds of CPU time that ffi.cdef needs for a text of so many bytes, in this process.
-- For LuaJIT and for Lua with cffi:  INTERPRETER bench/parse_once.lua BYTES

local ffi = require(rawget(_G, "jit") and "ffi" or "cffi")
local text = require("declarations").text(tonumber(arg[1]))

collectgarbage()
local start = os.clock()
ffi.cdef(text)
print(os.clock() - start)
