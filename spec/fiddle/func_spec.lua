-- Calls of real C functions through Function (Ruby: test_func.rb).
local ffi = require "cffi"
local fiddle = require "cffi.fiddle"
local helpers = require "support.fiddle"

local Function, Pointer = fiddle.Function, fiddle.Pointer
local libc, libm = helpers.libc, helpers.libm

describe("C functions through fiddle.Function", function()
    it("srand: no result", function()
        local srand = Function(libc.srand, { "uint" }, "void")
        assert.equal(0, select("#", srand(10)))
    end)

    it("sinf, sin: floats", function()
        local sinf = Function(libm.sinf, { fiddle.TYPE_FLOAT }, fiddle.TYPE_FLOAT)
        local sin = Function(libm.sin, { fiddle.TYPE_DOUBLE }, fiddle.TYPE_DOUBLE)
        assert.near(1.0, sinf(math.pi / 2), 1e-6)
        assert.near(0.0, sinf(0), 1e-6)
        assert.near(1.0, sin(math.pi / 2), 1e-12)
        assert.near(-1.0, sin(-math.pi / 2), 1e-12)
    end)

    it("isdigit, atof: integers and text", function()
        local isdigit = Function(libc.isdigit, { "int" }, "int")
        assert.is_true(isdigit(("1"):byte()) > 0)
        assert.is_true(isdigit(("a"):byte()) == 0)
        local atof = Function(libc.atof, { "const_string" }, "double")
        assert.equal(12.34, atof "12.34")
        assert.near(12.34, atof "+12.34", 1e-9)
    end)

    it("strtod: C moves a pointer through its reference", function()
        local strtod = Function(libc.strtod, { "voidp", "voidp" }, "double")
        local text = helpers.buffer "12.34 rest"
        local rest = Pointer(text)
        assert.equal(12.34, strtod(text, -rest))
        assert.equal(" rest", rest:string())
        assert.equal(5, rest - text)
        assert.is_nil(rest.size) -- C made this address
    end)

    it("strcpy under a collector that runs all the time", function()
        local strcpy = Function(libc.strcpy, { "voidp", "const_string" }, "voidp")
        local function set_pause(to) -- as 5.5 has it, or the others
            local ok, was = pcall(collectgarbage, "param", "pause", to)
            return ok and was or collectgarbage("setpause", to)
        end
        local pause = set_pause(0)
        finally(function() set_pause(pause) end)
        for i = 1, 200 do
            local buffer = Pointer.malloc(10)
            local result = strcpy(buffer, "123" .. i)
            assert.equal("123" .. i, buffer:string())
            assert.equal("123" .. i, result:string())
            collectgarbage "step"
        end
    end)

    local function sorted(text, compare)
        local qsort = Function(libc.qsort, { "voidp", "size_t", "size_t", "voidp" }, "void")
        local buffer = helpers.buffer(text)
        local c <close> = fiddle.Closure("int", { "voidp", "voidp" }, compare)
        qsort(buffer, #text, 1, c)
        return buffer:string()
    end

    it("qsort with a closure", function()
        local function compare(x, y) return x[0] - y[0] end
        local text = "9341570268"
        assert.equal("0123456789", sorted(text, compare))
        assert.equal("9341570268", text) -- strings do not change
    end)

    it("qsort with a closure that collects garbage", function()
        assert.equal("0123456789", sorted("9341570268", function(x, y)
            collectgarbage()
            return x:deref "char" - y:deref "char"
        end))
    end)

    it("snprintf: variadic", function()
        local snprintf = Function(libc.snprintf, {
            fiddle.TYPE_VOIDP, fiddle.TYPE_SIZE_T, fiddle.TYPE_CONST_STRING, fiddle.TYPE_VARIADIC,
        }, fiddle.TYPE_INT)
        local buffer = Pointer.malloc(64)
        assert.equal(5, snprintf(buffer, 64, "%d %s", 12, "xy"))
        assert.equal("12 xy", buffer:string())
        local object = setmetatable({}, { __cffi_pointer = function() return ffi.cast("char *", buffer) end })
        snprintf(buffer + 32, 32, "<%s>", object)
        assert.equal("<12 xy>", (buffer + 32):string())
        snprintf(buffer, 64, "%zu", ffi.new("size_t", 42))
        assert.equal("42", buffer:string())
    end)

    it("bool results are booleans", function()
        local c <close> = fiddle.Closure("bool(int)", function(i) return i > 0 end)
        local positive = Function(c, { "int" }, fiddle.TYPE_BOOL)
        assert.is_true(positive(1))
        assert.is_false(positive(-1))
    end)

    it("fputs takes an open Lua file", function()
        local path = os.tmpname()
        finally(function() os.remove(path) end)
        local file = assert(io.open(path, "w"))
        local fputs = Function(libc.fputs, { "const_string", "voidp" }, "int")
        fputs("through FILE *\n", file)
        file:close()
        assert.equal("through FILE *\n", require("support").read_file(path))
        helpers.raises("ArgumentError", "bad argument #2 to 'fputs' (int fputs(const char *, void *)): "
            .. "the file is closed", fputs, "x", file)
    end)
end)
