-- What the build refuses: a machine without a calling convention, a function that is nowhere.
local support = require "support"

describe("a machine without a calling convention", function()
    it("ends the build with one line", function()
        local code, _, err = support.run { "sh", "-c",
            "${CC:-cc} -fsyntax-only -DLFFI_ABI_GENERIC -iquote cdecl_parser -iquote lua_ffi"
                .. " $(pkg-config --cflags \"$(tools/lua-config pc)\" libffi) lua_ffi/call/plan.c" }
        assert.not_equal(0, code)
        assert.truthy(err:find("cffi has no calling convention for this target: "
            .. "write call/abi/NAME.h and call/abi/NAME.c", 1, true), err)
        local _, errors = err:gsub("error: ", "")
        assert.equal(2, errors) -- the line, and what ends the compilation
    end)
end)
