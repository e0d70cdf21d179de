-- iconv and qsort: char ** arguments, size_t counters, errno, callbacks made and freed.
local ffi = require "ffi"
ffi.cdef [[
typedef void *iconv_t;
iconv_t iconv_open(const char *tocode, const char *fromcode);
size_t iconv(iconv_t cd, char **inbuf, size_t *inbytesleft, char **outbuf, size_t *outbytesleft);
int iconv_close(iconv_t cd);
void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *));
void *bsearch(const void *key, const void *base, size_t n, size_t size, int (*compare)(const void *, const void *));
typedef enum { RED, GREEN = 4, BLUE } color_t;
typedef struct { char name[16]; color_t color; uint32_t value : 24, flag : 1; } item_t;
char *getenv(const char *);
int setenv(const char *, const char *, int);
]]
local C = ffi.C
local size_max = ffi.cast("size_t", -1)
local handle = ffi.typeof "iconv_t"
local failed = ffi.cast(handle, ffi.cast("intptr_t", -1))

local function convert(to, from, text)
    local cd = C.iconv_open(to, from)
    if cd == failed then return nil, "unknown encoding", ffi.errno() end
    local source = ffi.new("char[?]", #text + 1, text)
    local size = #text * 4 + 16
    local target = ffi.new("char[?]", size)
    local inp, outp = ffi.new("char *[1]", source), ffi.new("char *[1]", target)
    local inleft, outleft = ffi.new("size_t[1]", #text), ffi.new("size_t[1]", size)
    local r = C.iconv(cd, inp, inleft, outp, outleft)
    local code = ffi.errno()
    C.iconv_close(cd)
    if r == size_max then return nil, "cannot convert", code, tonumber(inp[0] - source) end
    return ffi.string(target, size - tonumber(outleft[0])), outp[0] - target == size - tonumber(outleft[0])
end
print(convert("UTF-16LE", "UTF-8", "h\195\169"))
print(convert("UTF-8", "ISO-8859-1", "\228\246"))
print(convert("UTF-8", "NONSENSE", "x"))

local items = ffi.new("item_t[4]", {
    { "pear", "GREEN", 300, 1 }, { "apple", C.RED, 20, 0 }, { "fig", 5, 2 ^ 24 + 7, 1 }, { name = "date" },
})
local function by_name(a, b)
    local x = ffi.string(ffi.cast("const item_t *", a).name)
    local y = ffi.string(ffi.cast("const item_t *", b).name)
    return x < y and -1 or x > y and 1 or 0
end
local compare = ffi.cast("int (*)(const void *, const void *)", by_name)
C.qsort(items, 4, ffi.sizeof "item_t", compare)
for i = 0, 3 do
    local it = items[i]
    print(ffi.string(it.name), tonumber(it.color), it.value, it.flag, it.color < 5, tonumber(it.color) == C.BLUE)
end
local key = ffi.new("item_t", { name = "fig" })
local found = ffi.cast("item_t *", C.bsearch(key, items, 4, ffi.sizeof "item_t", compare))
print(found ~= nil, found - items, ffi.string(found.name), found.value)
key.name = "kiwi"
print(C.bsearch(key, items, 4, ffi.sizeof "item_t", compare) == nil)
compare:set(function() return 0 end)
C.qsort(items, 4, ffi.sizeof "item_t", compare)
compare:free()
local calls = 0
local ok, message = pcall(C.bsearch, key, items, 1, ffi.sizeof "item_t", function()
    calls = calls + 1
    error("stop", 0)
end)
print(ok, message, calls)
print(C.getenv "CFFI_LJ_NONE" == nil, C.setenv("CFFI_LJ", "yes", 1), ffi.string(C.getenv "CFFI_LJ"))
print(tonumber(ffi.cast("color_t", "BLUE")), tonumber(ffi.new("color_t", 4)), ffi.sizeof "color_t", C.GREEN)
