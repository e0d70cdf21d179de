-- What you learn: a big-integer library as a Lua number type (ffi.metatype), whose values pass into
-- C integers of any width exactly, under each policy (__cffi_integer).

local ffi = require "cffi"

local found, gmp = pcall(ffi.load, "gmp")
if not found then
    io.stderr:write("gmp.lua needs libgmp (Debian: libgmp10): ", gmp, "\n")
    os.exit(77)
end

ffi.cdef [[
typedef unsigned long mp_limb_t;
typedef struct { int _mp_alloc; int _mp_size; mp_limb_t *_mp_d; } __mpz_struct;
void __gmpz_init(__mpz_struct *);
void __gmpz_clear(__mpz_struct *);
int __gmpz_set_str(__mpz_struct *, const char *, int);
char *__gmpz_get_str(char *, int, const __mpz_struct *);
size_t __gmpz_sizeinbase(const __mpz_struct *, int);
void __gmpz_add(__mpz_struct *, const __mpz_struct *, const __mpz_struct *);
void __gmpz_sub(__mpz_struct *, const __mpz_struct *, const __mpz_struct *);
void __gmpz_mul(__mpz_struct *, const __mpz_struct *, const __mpz_struct *);
void __gmpz_pow_ui(__mpz_struct *, const __mpz_struct *, unsigned long);
void __gmpz_fdiv_r_2exp(__mpz_struct *, const __mpz_struct *, unsigned long);
int __gmpz_cmp(const __mpz_struct *, const __mpz_struct *);
]]

local mpz

local function big(value)
    if ffi.istype(mpz, value) then return value end
    local z = ffi.new(mpz)
    gmp.__gmpz_init(z)
    if gmp.__gmpz_set_str(z, tostring(value), 10) ~= 0 then
        error("not an integer: " .. tostring(value), 2)
    end
    return z
end

local function operator(name)
    local fn = gmp["__gmpz_" .. name]
    return function(a, b)
        local r = big(0)
        fn(r, big(a), big(b))
        return r
    end
end

local function text(z)
    local buffer = ffi.new("char[?]", gmp.__gmpz_sizeinbase(z, 10) + 2)
    return ffi.string(gmp.__gmpz_get_str(buffer, 10, z))
end

mpz = ffi.metatype("__mpz_struct", {
    __add = operator "add", __sub = operator "sub", __mul = operator "mul",
    __pow = function(a, n)
        local r = big(0)
        gmp.__gmpz_pow_ui(r, big(a), n)
        return r
    end,
    __eq = function(a, b) return gmp.__gmpz_cmp(big(a), big(b)) == 0 end,
    __lt = function(a, b) return gmp.__gmpz_cmp(big(a), big(b)) < 0 end,
    __tostring = text,
    __gc = gmp.__gmpz_clear,
    __cffi_integer = text,
})

local x = big(3) ^ 631 + 12345
print("x has " .. gmp.__gmpz_sizeinbase(x, 2) .. " bits")

-- Modulo 2^64, once by GMP and once by the conversion.
local low = big(0)
gmp.__gmpz_fdiv_r_2exp(low, x, 64)
assert(tostring(ffi.cast("uint64_t", x)) == tostring(low))
gmp.__gmpz_fdiv_r_2exp(low, x, 128)
assert(tostring(ffi.cast("unsigned __int128", x)) == tostring(low))
print("cast to uint64_t and unsigned __int128 agree with GMP")

for _, policy in ipairs { "fit", "strict", "wrap", "saturate" } do
    local scope = ffi.scope { overflow = policy }
    scope.cdef "struct sample { uint64_t u; int32_t i; __int128 w; };"
    local s = scope.new "struct sample"
    local function put(field, value)
        local ok = pcall(function() s[field] = value end)
        return ok and tostring(s[field]) or "refused"
    end
    assert(put("u", x - x + 7) == "7") -- a big number that fits passes under every policy
    print(policy, put("u", x), put("i", x), put("w", x) == tostring(ffi.cast("__int128", x)))
end
