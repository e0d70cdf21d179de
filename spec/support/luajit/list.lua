-- A sorted linked list in malloc'ed memory, as LuaJIT programs write it.
local ffi = require "ffi"

ffi.cdef [[
void *malloc(size_t size);
void free(void *);
typedef struct node { struct node *next; int64_t key; char name[12]; } node_t;
typedef struct { node_t *head; int count; } list_t;
]]
local C = ffi.C
local node_p = ffi.typeof "node_t *"

local freed = 0
local methods = {}

function methods:insert(key, name)
    local node = ffi.cast(node_p, C.malloc(ffi.sizeof "node_t"))
    node.key = key
    ffi.fill(node.name, ffi.sizeof(node.name))
    ffi.copy(node.name, name, math.min(#name, 11))
    local before, at = nil, self.head
    while at ~= nil and at.key < node.key do
        before, at = at, at.next
    end
    node.next = at
    if before == nil then
        self.head = node
    else
        before.next = node
    end
    self.count = self.count + 1
    return node
end

function methods:each()
    local at = self.head
    return function()
        if at == nil then
            return nil
        end
        local node = at
        at = at.next
        return node
    end
end

function methods:clear()
    local at = self.head
    while at ~= nil do
        local following = at.next
        C.free(at)
        freed = freed + 1
        at = following
    end
    self.head, self.count = nil, 0
end

local list_t = ffi.metatype("list_t", {
    __index = methods,
    __gc = function(list) list:clear() end,
    __len = function(list) return list.count end,
    __tostring = function(list) return ("list of %d"):format(list.count) end,
})

local list = list_t()
for i, name in ipairs { "delta", "alpha", "a name too long", "bravo", "charlie" } do
    list:insert((i * 7LL) % 5 - 2, name)
end
local out = {}
for node in list:each() do
    out[#out + 1] = tostring(node.key):match "^-?%d+" .. ":" .. ffi.string(node.name)
end
print(table.concat(out, " "))
print(#list, tostring(list), tonumber(list.head.next.next.key - list.head.key))
print(ffi.offsetof("node_t", "name"), ffi.istype(node_p, list.head), ffi.istype("node_t", list.head))
list = nil -- luacheck: ignore
collectgarbage()
collectgarbage()
print(freed)
