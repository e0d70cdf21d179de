-- What attributes of declarations say and calls obey (docs/design.md S10); formats are in format_spec.
local ffi = require "cffi"
local support = require "support"

local raises = support.raises

describe("nonnull", function()
    local scope = ffi.scope()
    scope.cdef [==[
        size_t strlen(const char *s) __attribute__((__nonnull__(1)));
        char *strchr(const char *s, int c) __attribute__((nonnull));
        void *memcpy(void *restrict to, const void *restrict from, size_t n) __attribute__((nonnull(2)));
        size_t clang_length(const char *s __attribute__((nonnull))) __asm__("strlen");
        size_t c23_length(const char *s [[gnu::nonnull]]) __asm__("strlen");
        size_t c11_length(const char s[static 1]) __asm__("strlen");
        int nothing(int n) __asm__("abs") __attribute__((nonnull(1, 7)));
        typedef size_t (*length_t)(const char *);
    ]==]
    local C = scope.C

    it("refuses NULL where it says so", function()
        raises("bad argument #1 to 'strlen' (size_t strlen(const char *s)): "
            .. "NULL is not allowed here (nonnull)", function() C.strlen(nil) end)
        raises("bad argument #1 to 'strlen' (size_t strlen(const char *s)): "
            .. "NULL is not allowed here (nonnull)", function() C.strlen(ffi.cast("void *", nil)) end)
        raises("bad argument #1 to 'strchr' (char *strchr(const char *s, int c)): "
            .. "NULL is not allowed here (nonnull)", function() C.strchr(nil, 0) end)
        raises("bad argument #2 to 'memcpy' (void *memcpy(void *to, const void *from, "
            .. "size_t n)): NULL is not allowed here (nonnull)",
            function() C.memcpy(nil, nil, 0) end)
        assert.is_nil(C.memcpy(nil, "x", 0))
        assert.equal(3, C.strlen "abc")
        assert.equal(0, C.nothing(0))
    end)

    it("stands on parameters as well, and in [static n]", function()
        for _, name in ipairs { "clang_length", "c23_length", "c11_length" } do
            raises(("bad argument #1 to '%s' (size_t %s(const char *s) __asm__(\"strlen\")): "
                .. "NULL is not allowed here (nonnull)"):format(name, name),
                function() C[name](nil) end)
            assert.equal(2, C[name] "ab")
        end
    end)
end)

describe("transparent_union", function()
    local scope = ffi.scope()
    -- As <sys/socket.h> of glibc has it.
    scope.cdef [[
        struct sockaddr { unsigned short sa_family; char sa_data[14]; };
        struct sockaddr_in { unsigned short sin_family, sin_port; uint32_t sin_addr; char sin_zero[8]; };
        struct sockaddr_un;
        typedef union { struct sockaddr *__restrict __sockaddr__;
                        struct sockaddr_in *__restrict __sockaddr_in__;
                        struct sockaddr_un *__restrict __sockaddr_un__;
                      } __SOCKADDR_ARG __attribute__ ((__transparent_union__));
        typedef union { const struct sockaddr *__restrict __sockaddr__;
                        const struct sockaddr_in *__restrict __sockaddr_in__;
                        const struct sockaddr_un *__restrict __sockaddr_un__;
                      } __CONST_SOCKADDR_ARG __attribute__ ((__transparent_union__));
        extern int socket (int, int, int) __attribute__ ((__nothrow__ , __leaf__));
        extern int bind (int __fd, __CONST_SOCKADDR_ARG __addr, unsigned __len);
        extern int listen (int __fd, int __n);
        extern int getsockname (int __fd, __SOCKADDR_ARG __addr, unsigned *__restrict __len);
        extern int connect (int __fd, __CONST_SOCKADDR_ARG __addr, unsigned __len);
        extern int accept (int __fd, __SOCKADDR_ARG __addr, unsigned *__restrict __addr_len);
        int close(int);

        typedef union { int i; float f; } number __attribute__((transparent_union));
        int number_abs(number n) __asm__("abs");
        int call_number(int (*fn)(number), number n);
    ]]
    local C = scope.C

    it("takes what any member takes: sockets connect", function()
        local address = scope.new("struct sockaddr_in", { sin_family = 2, sin_addr = 0x0100007f })
        local size = scope.new("unsigned[1]", { scope.sizeof(address) })
        local server, client = C.socket(2, 1, 0), C.socket(2, 1, 0)
        assert.equal(0, C.bind(server, address, size[0]))
        assert.equal(0, C.listen(server, 1))
        assert.equal(0, C.getsockname(server, scope.cast("struct sockaddr *", address), size))
        assert.are_not.equal(0, address.sin_port)
        assert.equal(0, C.connect(client, scope.cast("const struct sockaddr_in *", address), size[0]))
        local peer = scope.new "struct sockaddr_in[1]"
        local connection = C.accept(server, peer, size)
        assert.is_true(connection > 0)
        assert.equal(2, peer[0].sin_family)
        for _, fd in ipairs { connection, client, server } do
            C.close(fd)
        end
        assert.equal(-1, C.accept(server, nil, nil))
    end)

    it("takes a whole union, NULL, void pointers", function()
        assert.equal(7, C.number_abs(scope.new("number", { i = -7 })))
        assert.equal(7, C.number_abs(-7))
        assert.equal(0x3fc00000, C.number_abs(1.5))
        assert.equal(-1, C.bind(-1, nil, 0))
        assert.equal(-1, C.bind(-1, scope.cast("void *", 0), 0))
    end)

    it("refuses all else", function()
        local prefix = "bad argument #2 to 'bind' (int bind(int __fd, __CONST_SOCKADDR_ARG __addr, "
            .. "unsigned int __len)): no member of '__CONST_SOCKADDR_ARG' takes "
        raises(prefix .. "integer 5", function() C.bind(0, 5, 0) end)
        raises(prefix .. "string \"x\"", function() C.bind(0, "x", 0) end)
        raises(prefix .. "'int[3]'", function() C.bind(0, scope.new "int[3]", 0) end)
        raises("bad argument #1 to 'number_abs' (int number_abs(number n) __asm__(\"abs\")): "
            .. "no member of 'number' takes string \"x\"", function() C.number_abs "x" end)
    end)
end)

describe("attributes that change layout or calling and are not supported", function()
    local scope = ffi.scope()
    scope.cdef [[
        struct swapped { int x; } __attribute__((scalar_storage_order("big-endian")));
        struct holder { int a; struct swapped b; };
        struct microsoft { char a; int b : 3; } __attribute__((ms_struct));
        int takes(struct swapped) __asm__("abs");
        int windows(int) __attribute__((ms_abi)) __asm__("abs");
        int vectors(int) __attribute__((vectorcall)) __asm__("abs");
        int registers(int) __attribute__((regparm(3))) __asm__("abs");
        int plain(int) __attribute__((cold, hot, pure, const, used, visibility("default"),
            warn_unused_result, alloc_size(1), access(read_only, 1), tainted_args, unknown_one("x", 3)))
            __asm__("abs");
        int sysv(int) __attribute__((sysv_abi)) __asm__("abs");
    ]]
    local order = "'struct swapped' cannot be used: __attribute__((scalar_storage_order)) is not supported"

    it("raise when used, with the reason", function()
        raises(order, function() scope.new "struct swapped" end)
        raises(order, function() scope.new "struct swapped[2]" end)
        local memory = scope.new("int[4]")
        raises(order, function() return scope.cast("struct swapped *", memory).x end)
        raises(order, function() scope.cast("struct swapped *", memory).x = 1 end)
        raises("'struct holder' cannot be used: __attribute__((scalar_storage_order)) is not supported",
            function() return scope.cast("struct holder *", memory).a end)
        raises("'struct microsoft' cannot be used: __attribute__((ms_struct)) is not supported",
            function() scope.new "struct microsoft" end)
        raises("cannot call 'takes' (int takes(struct swapped) __asm__(\"abs\")): "
            .. "__attribute__((scalar_storage_order)) is not supported", function() return scope.C.takes end)
        for name, attribute in pairs { windows = "ms_abi", vectors = "vectorcall", registers = "regparm" } do
            raises(("'%s' cannot be used: __attribute__((%s)) is not supported"):format(name, attribute),
                function() return scope.C[name] end)
        end
        raises("no callback of type 'int (int) __attribute__((ms_abi))' is possible: "
            .. "__attribute__((ms_abi)) is not supported",
            function() scope.cast("int (*)(int) __attribute__((ms_abi))", function() end) end)
    end)

    it("do not hinder others", function()
        assert.equal(3, scope.C.plain(-3))
        assert.equal(3, scope.C.sysv(-3))
    end)
end)

describe("vectors", function()
    it("of sizes that no register of the calling convention holds are refused, with the reason #registers", function()
        local scope = ffi.scope()
        scope.cdef [[
            typedef int wide __attribute__((vector_size(32)));
            typedef int single __attribute__((vector_size(4)));
            wide f(wide) __asm__("abs");
            int g(struct { single s; }) __asm__("abs");
            int h(const wide *) __asm__("abs");
        ]]
        local reason = "only vectors of 8 or 16 bytes with two or more elements can be passed"
        raises("cannot call 'f' (wide f(wide) __asm__(\"abs\")): " .. reason,
            function() return scope.C.f end)
        local ok, message = pcall(function() return scope.C.g end)
        assert.is_false(ok)
        assert.equal(reason, message:sub(-#reason))
        assert.equal("function", type(scope.C.h))
    end)
end)

describe("deprecated functions", function()
    it("warn when they are fetched #warn", function()
        local code, out, err = support.run_lua [==[
            warn "@on"
            local ffi = require "cffi"
            ffi.cdef 'int a(void) __attribute__((deprecated("use b"))) __asm__("getpid");'
            ffi.cdef '[[deprecated]] int b(void) __asm__("getpid");'
            ffi.cdef 'int c(void) __attribute__((__deprecated__)) __asm__("getpid");'
            print(ffi.C.a() > 0, ffi.C.b() > 0, ffi.C.c() > 0, ffi.C.a() > 0)
        ]==]
        assert.equal("true\ttrue\ttrue\ttrue\n", out)
        assert.equal("Lua warning: 'a' is deprecated: use b\nLua warning: 'b' is deprecated\n"
            .. "Lua warning: 'c' is deprecated\n", err)
        assert.equal(0, code)
    end)
end)
