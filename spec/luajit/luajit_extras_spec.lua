-- The functions that cffi-lua has beyond LuaJIT's, as its documentation describes them.

for _, name in ipairs { "cffi", "cffi.luajit" } do
    local ffi = require(name)

    describe(name .. " has cffi-lua's extra functions:", function()
        it("type", function()
            assert.equal("cdata", ffi.type(ffi.new "int"))
            assert.equal(name == "cffi" and "ctype" or "cdata", ffi.type(ffi.typeof "int"))
            for _, v in ipairs { 1, "s", true, {}, print, io.stdout } do
                assert.equal(type(v), ffi.type(v))
            end
            assert.equal("nil", ffi.type(nil))
        end)

        it("nullptr, which pointers compare with", function()
            if name == "cffi" then -- NULL read from C is nil
                assert.is_nil(ffi.nullptr)
            else
                assert.is_true(ffi.cast("void *", 0) == ffi.nullptr)
                assert.is_true(ffi.cast("int *", 0) == ffi.nullptr)
                assert.is_true(ffi.istype("void *", ffi.nullptr))
            end
            assert.is_false(ffi.cast("int *", 8) == ffi.nullptr)
            local p = ffi.new("int *[1]", { ffi.cast("int *", 8) })
            p[0] = ffi.nullptr
            assert.is_nil(p[0])
        end)

        it("addressof", function()
            local n = ffi.new("int", 7)
            local p = ffi.addressof(n)
            assert.is_true(ffi.istype("int *", p))
            assert.equal(7, p[0])
            p[0] = 8
            assert.equal(8, ffi.tonumber(n))
            local s = ffi.new("struct { int a, b; }", 1, 2)
            assert.equal(2, ffi.addressof(s)[0].b)
            assert.equal(3, ffi.addressof(ffi.new("int[3]", 1, 2, 3))[0][2])
        end)

        it("toretval", function()
            assert.equal(5, ffi.toretval(ffi.new("int8_t", 5)))
            assert.equal(1.5, ffi.toretval(ffi.new("double", 1.5)))
            assert.is_true(ffi.toretval(ffi.new("bool", true)))
            assert.is_nil(ffi.toretval(ffi.cast("void *", 0)))
            assert.equal(math.maxinteger, ffi.toretval(ffi.cast("uint64_t", math.maxinteger)))
            assert.equal("cdata", ffi.type(ffi.toretval(ffi.cast("uint64_t", -1))))
            assert.equal("cdata", ffi.type(ffi.toretval(ffi.new "struct { int a; }")))
        end)

        it("eval", function()
            assert.is_true(ffi.istype("long long", ffi.eval "5LL"))
            assert.is_true(ffi.istype("unsigned long long", ffi.eval "0xFFFFFFFFFFFFFFFFULL"))
            assert.equal(7, ffi.tonumber(ffi.eval "1 + 2 * 3"))
            assert.equal(65, ffi.tonumber(ffi.eval "'A'"))
            assert.equal(4, ffi.tonumber(ffi.eval "sizeof(int)"))
            assert.is_true(ffi.istype("double", ffi.eval "1.5"))
            local ok, message = pcall(ffi.eval, "1 +")
            assert.is_false(ok)
            assert.matches("^1:4: expected an expression, got end of text\n", message)
        end)

        it("tonumber", function()
            assert.equal(5, ffi.tonumber(ffi.new("int", 5)))
            assert.equal(2.5, ffi.tonumber(ffi.new("double", 2.5)))
            assert.equal(2.0 ^ 64, ffi.tonumber(ffi.cast("uint64_t", -1)))
            assert.is_nil(ffi.tonumber(ffi.new "struct { int a; }"))
            assert.is_nil(ffi.tonumber {})
            assert.equal(5, ffi.tonumber "5")
            assert.equal(255, ffi.tonumber("ff", 16))
        end)
    end)
end
