-- Texts of ordinary declarations for the parser's benchmark: structs with bit-fields, unions and
-- arrays, enums, typedefs, function types and functions. Runs under Lua 5.1 and later.

local BLOCK = [[
struct node@ {
    unsigned int flags : 4;
    unsigned int kind : 12;
    int refcount;
    union {
        int64_t integer;
        double number;
        const char *string;
        struct { uint32_t low, high; } halves;
    } value;
    struct node@ *next, *previous;
    char name[32];
};
enum color@ { COLOR@_RED, COLOR@_GREEN = 4, COLOR@_BLUE };
typedef struct node@ node_t@;
typedef int (*visitor@)(node_t@ *node, void *context);
int node@_insert(node_t@ *parent, node_t@ *child, size_t position);
const char *node@_name(const node_t@ *node, unsigned int flags);
]]

local M = {}

-- A text of at least so many bytes.
function M.text(bytes)
    local parts, size = {}, 0
    while size < bytes do
        local part = BLOCK:gsub("@", tostring(#parts + 1))
        parts[#parts + 1] = part
        size = size + #part
    end
    return table.concat(parts)
end

return M
