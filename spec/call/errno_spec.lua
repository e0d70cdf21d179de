-- errno around calls (docs/design.md S15); around callbacks it is callback/errno_spec's.

local ffi = require("cffi").scope {}

describe("errno", function()
    it("is saved after each call and restored before the next", function()
        ffi.cdef "int close(int); int *__errno_location(void); int abs(int);"
        ffi.errno(0)
        assert.equal(-1, ffi.C.close(-1))
        io.open "/no/such/file" -- sets the real errno
        assert.equal(9, ffi.errno())
        assert.equal(9, ffi.C.__errno_location()[0]) -- restored for the call
        assert.equal("Bad file descriptor", ffi.strerror())
        ffi.C.abs(1) -- leaves errno alone
        assert.equal(9, ffi.errno(42))
        io.open "/no/such/file"
        assert.equal(42, ffi.C.__errno_location()[0])
        assert.equal(42, ffi.errno(0))
        assert.equal("No such file or directory", ffi.strerror(2))
        assert.equal("Unknown error 99999", ffi.strerror(99999))
    end)
end)
