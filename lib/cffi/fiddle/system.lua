-- The C functions that the Fiddle classes themselves call, declared in a scope of their own so
-- that no script sees them; and the loader's constants of this system. Scripts can require this
-- module as well, so what opens libraries asks for ffi.lock here.
local ffi = require "cffi"
local locked = ffi.locked

local scope = ffi.scope()

scope.cdef [[
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void free(void *block);

void *dlopen(const char *path, int flags);
int dlclose(void *handle);
void *dlsym(void *handle, const char *name);

struct link_map { void *addr; char *name; void *ld; struct link_map *next, *previous; };
int dlinfo(void *handle, int request, void *info);

struct dl_info { const char *fname; void *fbase; const char *sname; void *saddr; };
int dladdr(const void *address, struct dl_info *info);
]]

local C = scope.C
local system = {
    load = scope.load, calloc = C.calloc, realloc = C.realloc, free = C.free,
    dlclose = C.dlclose, dlsym = C.dlsym,
}

-- The handle of a library that is open already, or of the process (nil).
function system.dlopen(path, flags)
    if locked() then
        error("no new libraries after ffi.lock()", 0)
    end
    return C.dlopen(path, flags)
end

-- <dlfcn.h> of glibc and musl; of macOS and the BSDs.
if ffi.os == "Linux" then
    system.rtld = {
        LAZY = 1, NOW = 2, NOLOAD = 4, DEEPBIND = 8, GLOBAL = 0x100, LOCAL = 0, NODELETE = 0x1000,
    }
    system.DEFAULT, system.NEXT = 0, -1
elseif ffi.os == "OSX" then
    system.rtld = { LAZY = 1, NOW = 2, LOCAL = 4, GLOBAL = 8, NOLOAD = 0x10, NODELETE = 0x80 }
    system.DEFAULT, system.NEXT = -2, -1
else
    system.rtld = {
        LAZY = 1, NOW = 2, LOCAL = 0, GLOBAL = 0x100, NODELETE = 0x1000, NOLOAD = 0x2000,
    }
    system.DEFAULT, system.NEXT = -2, -1
end

-- The file a dlopen handle stands for; nil where the system cannot tell.
function system.file_name(handle)
    local DLINFO_LINKMAP = 2
    if ffi.os ~= "Linux" then
        return nil
    end
    local map = scope.new "struct link_map *[1]"
    if C.dlinfo(handle, DLINFO_LINKMAP, map) ~= 0 or map[0] == nil then
        return nil
    end
    local name = scope.string(map[0].name)
    return name ~= "" and name or nil
end

-- The name of the function that begins at an address, or nil.
function system.symbol_at(address)
    local info = scope.new "struct dl_info"
    if C.dladdr(address, info) ~= 0 and scope.eq(info.saddr, address) then
        return scope.string(info.sname)
    end
end

return system
