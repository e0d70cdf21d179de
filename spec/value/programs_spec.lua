-- What public programs and bug reports showed of the default scope (docs/design.md S1, S4, S11).
local ffi = require "cffi"
local support = require "spec.support"

local raises = support.raises

describe("the size of a struct with a flexible member", function()
    ffi.cdef "struct pr_event { int n; char name[]; };"
    local block = ffi.new "char[64]"

    it("is that of its type behind a pointer or in a larger block", function()
        assert.equal(4, ffi.sizeof(ffi.cast("struct pr_event *", block)[0]))
    end)

    it("is that of the object where it is one", function()
        assert.equal(14, ffi.sizeof(ffi.new("struct pr_event", 10)))
    end)
end)

describe("ffi.istype", function()
    it("ignores qualifiers of elements", function()
        assert.is_true(ffi.istype("int[3]", ffi.new "const int[3]"))
        assert.is_true(ffi.istype("int[2][3]", ffi.new "const int[2][3]"))
        assert.is_false(ffi.istype("int[3]", ffi.new "const int[4]"))
        assert.is_false(ffi.istype("int[3]", ffi.new "unsigned[3]"))
    end)
end)

describe("a complex number", function()
    local real, complex = ffi.new("double _Complex", 3), ffi.new("double _Complex", 3, 4)

    it("without an imaginary part is a real one", function()
        assert.equal(3, ffi.new("struct { int n; }", { real }).n)
        assert.equal(3.0, ffi.new("struct { double n; }", { real }).n)
        assert.equal(3.0, ffi.tonumber(real))
    end)

    it("with one is refused, but by a cast", function()
        raises("field 'n' of 'struct { int n; }': 'int' has no room for the imaginary part of "
            .. "'double _Complex': pass its .re", ffi.new, "struct { int n; }", { complex })
        raises("field 'n' of 'struct { float n; }': 'float' has no room for the imaginary part of "
            .. "'double _Complex': pass its .re", ffi.new, "struct { float n; }", { complex })
        assert.is_nil(ffi.tonumber(complex))
        assert.equal(3, ffi.tonumber(ffi.cast("int", complex)))
        assert.equal(3.0, ffi.tonumber(ffi.cast("double", complex)))
    end)

    it("with a fraction or no number is no integer", function()
        raises("field 'n' of 'struct { int n; }': number 3.5+0i is not an integer, as 'int' needs",
            ffi.new, "struct { int n; }", { ffi.new("double _Complex", 3.5) })
        raises("field 'n' of 'struct { int n; }': cannot convert 'double _Complex' to 'int'",
            ffi.new, "struct { int n; }", { ffi.new("double _Complex", 1 / 0) })
    end)
end)

describe("a vector", function()
    it("is filled by a number", function()
        ffi.cdef "struct pr_body { float v __attribute__((vector_size(16))); };"
        local body = ffi.new "struct pr_body"
        body.v = 3
        assert.same({ 3, 3, 3, 3 }, ffi.totable(body.v))
    end)
end)
