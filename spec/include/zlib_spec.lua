-- S21: ffi.include of one real header: functions, macros of both kinds, types, the library found by itself.
local ffi = require "cffi".scope {}
local headers = require "support.headers"

describe("ffi.include 'zlib.h'", function()
    headers.own_cache()
    local z = ffi.include "zlib.h"
    teardown(headers.clean)

    it("finds the library", function()
        assert.matches("^<zlib%.h>: .*libz%.so", tostring(z))
        assert.equal(z.ZLIB_VERSION, ffi.string(z.zlibVersion()))
    end)

    it("has constants", function()
        assert.equal(1, z.Z_BEST_SPEED)
        assert.equal(-1, z.Z_DEFAULT_COMPRESSION)
        assert.equal(0, z.Z_OK)
    end)

    it("has types", function()
        local stream = ffi.new(z.z_stream)
        assert.equal("struct z_stream_s", ffi.reflect(stream).name)
        assert.equal(ffi.typeof "struct gz_header_s", z["struct gz_header_s"])
    end)

    it("calls what function-like macros call", function()
        local stream = ffi.new(z.z_stream)
        assert.equal(z.Z_OK, z.deflateInit(stream, 6))
        local text, out = ("hello "):rep(1000), ffi.new "unsigned char[1000]"
        stream.next_in, stream.avail_in = ffi.cast("unsigned char *", text), #text
        stream.next_out, stream.avail_out = out, 1000
        assert.equal(z.Z_STREAM_END, z.deflate(stream, z.Z_FINISH))
        assert.equal(z.Z_OK, z.deflateEnd(stream))
        assert.is_true(stream.total_out < 100)

        local back = ffi.new(z.z_stream)
        assert.equal(z.Z_OK, z.inflateInit(back))
        local plain = ffi.new("unsigned char[?]", #text)
        back.next_in, back.avail_in = out, stream.total_out
        back.next_out, back.avail_out = plain, #text
        assert.equal(z.Z_STREAM_END, z.inflate(back, z.Z_NO_FLUSH))
        assert.equal(z.Z_OK, z.inflateEnd(back))
        assert.equal(text, ffi.string(plain, #text))
    end)

    it("declares in the scope", function()
        assert.equal(ffi.sizeof(z.z_stream), ffi.sizeof "z_stream")
        local kind, text, file, line = ffi.declaration "zlibVersion"
        assert.same({ "function", "const char *zlibVersion(void)" }, { kind, text })
        assert.matches("/zlib%.h$", file)
        assert.is_true(line > 100)
    end)
end)
