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
        raises("field 'n' of 'struct { int n; }': cannot convert number inf+0i to 'int'",
            ffi.new, "struct { int n; }", { ffi.new("double _Complex", 1 / 0) })
    end)
end)

describe("what has a const part", function()
    ffi.cdef [[
        struct pr_fixed { const int t[2]; int n; };
        struct pr_outer { struct pr_fixed inner; int z; };
    ]]

    it("is not assigned as a whole", function()
        local x, list = ffi.new "struct pr_outer", ffi.new "struct pr_outer[2]"
        raises("attempt to write to constant member 'inner' of 'struct pr_outer'",
            function() x.inner = {} end)
        raises("attempt to write to constant member 't' of 'struct pr_fixed'",
            function() x.inner.t = { 1, 2 } end)
        raises("attempt to write to constant element of 'struct pr_outer[2]'",
            function() list[0] = list[1] end)
    end)

    it("is initialised, and its other members are assigned", function()
        local x = ffi.new("struct pr_outer", { { { 1, 2 }, 3 }, 4 })
        x.z, x.inner.n = 5, 6
        assert.same({ 2, 6, 5 }, { x.inner.t[1], x.inner.n, x.z })
    end)
end)

describe("a function with an incomplete parameter", function()
    ffi.cdef "struct pr_later; int atoi(struct pr_later); enum pr_mode; long labs(enum pr_mode);"

    it("is read, and refused when called", function()
        assert.equal("ctype<int (struct pr_later)>", tostring(ffi.typeof(ffi.C.atoi)))
        raises("cannot call 'atoi' (int atoi(struct pr_later)): 'struct pr_later' is incomplete",
            ffi.C.atoi, 1)
    end)

    it("is called when a later text has completed the type", function()
        local labs = ffi.C.labs
        raises("cannot call 'labs' (long labs(enum pr_mode)): 'enum pr_mode' is incomplete", labs, 1)
        ffi.cdef "enum pr_mode { PR_ONE = 1 };"
        assert.equal(1, labs "PR_ONE")
    end)
end)

describe("a string", function()
    it("is no function", function()
        raises("cannot convert string \"text\" to 'int (*)(int)'", ffi.cast, "int (*)(int)", "text")
    end)
end)

describe("a function of another type", function()
    it("is named by its type", function()
        ffi.cdef "struct pr_handler { int (*f)(int); }; int strcmp(const char *, const char *);"
        raises("field 'f' of 'struct pr_handler': cannot convert "
            .. "'int (const char *, const char *)' to 'int (*)(int)'",
            ffi.new, "struct pr_handler", { ffi.C.strcmp })
    end)
end)

describe("a C function of Lua's as callback", function()
    it("blames the line of the call when its result does not convert", function()
        local cb <close> = ffi.callback("int (int)", tostring)
        local line = raises("result of callback 'int (int)': cannot convert string \"5\" to 'int'",
            function() cb(5) end)
        assert.equal(debug.getinfo(1, "l").currentline - 1, line)
    end)
end)

describe("objects with __cffi_pointer", function()
    local scope = ffi.scope() -- where no other spec has named the parameter
    scope.cdef "size_t strlen(const char *);"

    it("may give another such object", function()
        local fiddle = require "cffi.fiddle"
        local text = fiddle.to_ptr "four"
        local object = setmetatable({}, { __cffi_pointer = function() return text end })
        assert.equal(4, scope.C.strlen(object))
    end)

    it("that give themselves are refused", function()
        local mt = {}
        local object = setmetatable({}, mt)
        function mt.__cffi_pointer() return object end
        raises("bad argument #1 to 'strlen' (size_t strlen(const char *)): "
            .. "'__cffi_pointer' must give a pointer, got a table", scope.C.strlen, object)
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
