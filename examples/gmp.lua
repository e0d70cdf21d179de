-- What you learn: a big-integer library as a Lua number type (ffi.metatype), whose values pass into
-- C integers of any width exactly, under each policy (__cffi_integer).

local ffi = require "cffi"

local found, gmp = pcall(ffi.load, "gmp")
if not found then
    io.stderr:write("gmp.lua needs libgmp (Debian: libgmp10): ", gmp, "\n")
    os.exit(77)
end

ffi.cdef [[
typedef struct { int _mp_alloc; int _mp_size; unsigned long *_mp_d; } __mpz_struct;
void __gmpz_init(__mpz_struct *);
void __gmpz_clear(__mpz_struct *);
int __gmpz_set_str(__mpz_struct *, const char *, int);
char *__gmpz_get_str(char *, int, const __mpz_struct *);
size_t __gmpz_sizeinbase(const __mpz_struct *, int);
void __gmpz_add(__mpz_struct *, const __mpz_struct *, const __mpz_struct *);
void __gmpz_sub(__mpz_struct *, const __mpz_struct *, const __mpz_struct *);
void __gmpz_mul(__mpz_struct *, const __mpz_struct *, const __mpz_struct *);
void __gmpz_fdiv_q(__mpz_struct *, const __mpz_struct *, const __mpz_struct *);
void __gmpz_fdiv_r(__mpz_struct *, const __mpz_struct *, const __mpz_struct *);
void __gmpz_pow_ui(__mpz_struct *, const __mpz_struct *, unsigned long);
int __gmpz_cmp(const __mpz_struct *, const __mpz_struct *);
]]

local mpz
local function big(value)
    if ffi.istype(mpz, value) then return value end
    local z = ffi.new(mpz)
    gmp.__gmpz_init(z)
    assert(gmp.__gmpz_set_str(z, tostring(value), 10) == 0, "not an integer")
    return z
end

local function operator(name, convert)
    local fn = gmp["__gmpz_" .. name]
    return function(a, b)
        local r = big(0)
        fn(r, big(a), (convert or big)(b))
        return r
    end
end

local function text(z)
    local buffer = ffi.new("char[?]", gmp.__gmpz_sizeinbase(z, 10) + 2)
    return ffi.string(gmp.__gmpz_get_str(buffer, 10, z))
end

mpz = ffi.metatype("__mpz_struct", {
    __add = operator "add", __sub = operator "sub", __mul = operator "mul",
    __idiv = operator "fdiv_q", __mod = operator "fdiv_r", __pow = operator("pow_ui", ffi.tonumber),
    __unm = function(a) return big(0) - a end,
    __eq = function(a, b) return gmp.__gmpz_cmp(big(a), big(b)) == 0 end,
    __lt = function(a, b) return gmp.__gmpz_cmp(big(a), big(b)) < 0 end,
    __le = function(a, b) return gmp.__gmpz_cmp(big(a), big(b)) <= 0 end,
    __tostring = text, __gc = gmp.__gmpz_clear, __cffi_integer = text,
})

-- What C makes of x in a field, computed by GMP; nil when the policy refuses it.
local function expected(x, bits, signed, policy)
    local size = big(2) ^ bits
    local least, most = signed and -size // 2 or big(0), (signed and size // 2 or size) - 1
    local low = x % size
    if policy == "saturate" then return x < least and least or x > most and most or x end
    local fits = least <= x and x <= most or policy == "fit" and -size // 2 <= x and x < least
    if not fits and policy ~= "wrap" then return nil end
    return low > most and low - size or low
end

local x = big(3) ^ 631 + 12345 -- 1001 bits
local values = {x, -x, x % big(2) ^ 64, -(x % big(2) ^ 31), big(2) ^ 127, big(7)}
for _, policy in ipairs {"fit", "strict", "wrap", "saturate"} do
    local stored, refused = 0, 0
    local scope = ffi.scope {overflow = policy}
    local s = scope.new "struct { uint64_t u; int32_t i; __int128 w; int b : 5; }"
    for field, bits in pairs {u = 64, i = 32, w = 128, b = 5} do
        for _, value in ipairs(values) do
            local want = expected(value, bits, field ~= "u", policy)
            local ok, message = pcall(function() s[field] = value end)
            assert(ok == (want ~= nil), message)
            assert(not ok or tostring(s[field]) == tostring(want))
            if ok then stored = stored + 1 else refused = refused + 1 end
        end
    end
    print(policy, stored .. " stored as GMP computes them, " .. refused .. " refused")
end
print(gmp.__gmpz_sizeinbase(x, 2) .. " bits, the low 64: " .. tostring(ffi.cast("uint64_t", x)))
