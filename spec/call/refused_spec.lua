-- Functions and arguments that no call can pass, each with the reason (docs/design.md section 5).
local ffi = require "cffi"
local support = require "support"

local raises = support.raises

describe("a function that cannot be called", function()
    local scope = ffi.scope()
    scope.cdef [[
        struct refused_half { char bytes[150000]; };
        struct refused_aligned { int x; } __attribute__((aligned(32)));
        typedef int refused_vector __attribute__((vector_size(32)));
        int halves(struct refused_half, struct refused_half) __asm__("abs");
        int aligned(struct refused_aligned) __asm__("abs");
        int open(struct { int n; int a[?]; }) __asm__("abs");
        int any(int, ...) __asm__("abs");
        int sscanf(const char *, const char *, ...);
        int snprintf(char *, size_t, const char *, ...);
    ]]
    local C = scope.C

    it("says why when it is fetched", function()
        raises("cannot call 'halves' (int halves(struct refused_half, struct refused_half) "
            .. '__asm__("abs")): its arguments need more than 256 KiB of stack',
            function() return C.halves end)
        raises("cannot call 'open' (int open(struct { int n; int a[?]; }) __asm__(\"abs\")): "
            .. "'struct { int n; int a[?]; }' has no fixed size", function() return C.open end)
        raises("functions of type 'int (struct refused_half, struct refused_half)' cannot be "
            .. "called: its arguments need more than 256 KiB of stack", function()
            scope.cast("int (*)(struct refused_half, struct refused_half)", 1)(nil, nil)
        end)
    end)

    it("says why when only variadic arguments are at fault", function()
        local half = scope.new "struct refused_half"
        raises("the arguments need more than 256 KiB of stack",
            function() C.any(1, scope.byvalue(half), scope.byvalue(half)) end)
    end)

    it("says why when a variadic vector is at fault #registers", function()
        raises("bad argument #2 to 'any' (int any(int, ...) __asm__(\"abs\")): 'int "
            .. "__attribute__((vector_size(32)))' cannot be passed: only vectors of 8 or 16 bytes "
            .. "with two or more elements can be passed",
            function() C.any(1, scope.new "refused_vector") end)
    end)

    it("says what a format wants", function()
        raises("bad argument #3 to 'sscanf' (int sscanf(const char *, const char *, ...)): format "
            .. "'%mls' wants 'wchar_t **', got 'int[1]'",
            function() C.sscanf("x", "%mls", scope.new "int[1]") end)
    end)

    it("says what an object stands for that is no address", function()
        local prefix = "bad argument #4 to 'snprintf' (int snprintf(char *, size_t, "
            .. "const char *, ...)): "
        for text, value in pairs {
            ["integer 5"] = 5,
            ["'int'"] = scope.new "int",
            ["a C type"] = scope.typeof "int",
        } do
            local object = setmetatable({}, { __cffi_pointer = function() return value end })
            raises(prefix .. "cannot convert " .. text .. " to a pointer",
                function() C.snprintf(nil, 0, "%p", object) end)
        end
        raises(prefix .. "cannot convert boolean true to a pointer", function()
            C.snprintf(nil, 0, "%p", setmetatable({}, { __cffi_pointer = function() return true end }))
        end)
    end)

    if ffi.arch ~= "x64" then return end

    it("by the rules of x86-64 #registers", function()
        raises("cannot call 'aligned' (int aligned(struct refused_aligned) __asm__(\"abs\")): "
            .. "alignments above 16 bytes cannot be passed on the stack",
            function() return C.aligned end)
        scope.cdef 'int wide(__float128, struct { char b[9000]; }) __asm__("abs");'
        raises("cannot call 'wide' (int wide(_Float128, struct { char b[9000]; }) __asm__(\"abs\")): "
            .. "its 128-bit arguments cannot be passed together with more than 8 KiB of stack",
            function() return C.wide end)
    end)
end)
