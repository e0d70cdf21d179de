-- cffi embed symbols LIBRARY FILE...: a table of symbols, `cffi_symbols_LIBRARY`
-- cffi embed modules [FOLDER...]: this module's Lua files and those of folders, and
-- `void cffi_preload(lua_State *L)`
-- C files for programs that link cffi in (include/cffi.h, docs/embed.md), on standard output.
--
-- FILE names the symbols: a list of names, one a line ('#' begins a comment, "variable NAME" is
-- one), a Lua module that `cffi bind` wrote, or a static library (NAME.a), by itself for all that
-- it exports, behind others for those of them that it has. Names that nothing defines are errors
-- of the linker.

local function fail(...)
    error(table.concat { ... }, 0)
end

local function read(path)
    local file, err = io.open(path, "rb")
    if not file then
        fail(err)
    end
    local text = file:read "a"
    file:close()
    return text
end

-- The words of a shell that stand for themselves.
local function quoted(word)
    return "'" .. word:gsub("'", [['\'']]) .. "'"
end

local c_kinds = {
    ["function"] = "CFFI_IS_FUNCTION", variable = "CFFI_IS_VARIABLE", unknown = "CFFI_UNKNOWN",
}

-- ---- symbols -----------------------------------------------------------------------------------

-- Name -> kind, and the names in order, of what a static library defines.
local function names_of_archive(path)
    local kinds, list = {}, {}
    read(path) -- nm's own words are no help
    local pipe = io.popen("nm -g -P --defined-only " .. quoted(path) .. " 2>/dev/null")
    for line in pipe:lines() do
        local name, letter = line:match "^(%S+) (%a)"
        if name and not kinds[name] and name:find "^[%a_][%w_]*$" then
            kinds[name] = letter:find "[TWi]" and "function" or "variable"
            list[#list + 1] = name
        end
    end
    pipe:close()
    return kinds, list
end

-- What the file calls instead of cffi: its own table.
local function table_of_bound(path, text)
    local env = {
        require = function()
            return { namespace = function(bound) return bound end }
        end,
    }
    local chunk, err = load(text, "@" .. path, "t", env)
    local ok, bound = pcall(chunk or error, err)
    if not ok or type(bound) ~= "table" or type(bound.names) ~= "string" then
        fail(path, " is no module that `cffi bind` wrote", ok and "" or ": " .. tostring(bound))
    end
    return bound
end

local function names_of_bound(path, text)
    local kinds, list = {}, {}
    for name, kind in table_of_bound(path, text).names:gmatch "([%w_]+):([%w_]+)" do
        if (kind == "function" or kind == "variable") and not kinds[name] then
            kinds[name] = kind
            list[#list + 1] = name
        end
    end
    return kinds, list
end

local function names_of_list(path, text)
    local kinds, list, number = {}, {}, 0
    for line in (text .. "\n"):gmatch "(.-)\r?\n" do
        number = number + 1
        local words = {}
        for word in line:gsub("#.*", ""):gmatch "%S+" do
            words[#words + 1] = word
        end
        local name = words[#words]
        local kind = #words > 1 and words[1] or "unknown"
        if name then
            if #words > 2 or not name:find "^[%a_][%w_]*$" or not c_kinds[kind] then
                fail(("%s:%d: expected a name, or 'variable' or 'function' and a name, "):format(
                    path, number), ("got '%s'"):format(line))
            end
            if not kinds[name] then
                kinds[name] = kind
                list[#list + 1] = name
            end
        end
    end
    return kinds, list
end

local function names_of(path)
    if path:find "%.a$" then
        return names_of_archive(path)
    end
    local text = read(path)
    return (path:find "%.lua$" and names_of_bound or names_of_list)(path, text)
end

-- Addresses are taken under names of our own, which neither headers nor the compiler's built-in
-- functions contradict.
local head = [[
/* Made by cffi embed from %s. */
#include <cffi.h>

#define STRING_(text) #text
#define STRING(text) STRING_(text)
#define SYMBOL(name) __asm__(STRING(__USER_LABEL_PREFIX__) name)

]]

local function write_symbols(library, paths)
    local kinds, list = {}, {}
    for i, path in ipairs(paths) do
        local these, names = names_of(path)
        if #names == 0 then
            fail(path, " names no symbols")
        end
        local has, kept = path:find "%.a$" and i > 1, {}
        for _, name in ipairs(has and list or names) do
            if these[name] and (has or not kinds[name]) then
                kinds[name] = has and kinds[name] ~= "unknown" and kinds[name] or these[name]
                kept[#kept + 1] = name
            end
        end
        list = has and kept or table.move(kept, 1, #kept, #list + 1, list)
    end
    io.write(head:format(table.concat(paths, ", ")))
    for i, name in ipairs(list) do
        io.write(("extern const char symbol_%d[] SYMBOL(\"%s\");\n"):format(i, name))
    end
    local array = "cffi_symbols_" .. library:gsub("[^%w_]", "_")
    io.write(("\nextern const struct cffi_symbol %s[];\n"):format(array))
    io.write(("const struct cffi_symbol %s[] = {\n"):format(array))
    for i, name in ipairs(list) do
        io.write(("    {\"%s\", symbol_%d, %s, 0},\n"):format(name, i, c_kinds[kinds[name]]))
    end
    io.write "    CFFI_END};\n"
end

-- ---- modules -----------------------------------------------------------------------------------

local function c_string(text)
    local escapes = {
        ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
        ['"'] = '\\"', ["\\"] = "\\\\", ["?"] = "\\?",
    }
    return '"' .. text:gsub('[%c"\\?\128-\255]', function(c)
        return escapes[c] or ("\\%03o"):format(c:byte())
    end) .. '"'
end

local modules_head = [[
/* Made by cffi embed: Lua modules as text, compiled when they are first required. */
#include <lauxlib.h>
#include <lua.h>

void cffi_preload(lua_State *L);

static const struct {
    const char *name;
    const char *text;
    size_t size;
} modules[] = {
]]

local modules_tail = [[
};

/* Called as any loader of package.preload; its upvalue: which module. */
static int load_module(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(1));
    const char *name = lua_pushfstring(L, "=%s", modules[i].name);
    if (luaL_loadbufferx(L, modules[i].text, modules[i].size, name, "t") != LUA_OK)
        return lua_error(L);
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

/* Puts the modules into package.preload, which luaL_openlibs has made. */
void cffi_preload(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "_PRELOAD");
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        lua_pushinteger(L, (lua_Integer)i);
        lua_pushcclosure(L, load_module, 1);
        lua_setfield(L, -2, modules[i].name);
    }
    lua_pop(L, 1);
}
]]

-- The Lua files below a folder that these names of it lead to.
local FIND = "cd %s && find %s -name '*.lua' ! -name '*.d.lua' | LC_ALL=C sort"

-- Writes the modules and returns how many.
local function write_folder(folder, names)
    local count, pipe = 0, io.popen(FIND:format(quoted(folder), names))
    for path in pipe:lines() do
        local text = read(folder .. "/" .. path)
        local lines = {}
        for line in text:gmatch "[^\n]*\n?" do
            lines[#lines + 1] = line ~= "" and "     " .. c_string(line) or nil
        end
        io.write(("    {\"%s\",\n%s,\n     %d},\n"):format(
            path:gsub("^%./", ""):sub(1, -5):gsub("/", "."),
            #lines > 0 and table.concat(lines, "\n") or '""', #text))
        count = count + 1
    end
    pipe:close()
    return count
end

local function write_modules(folders)
    for _, folder in ipairs(folders) do
        read(folder .. "/.") -- fails where there is none
    end
    local own = assert(package.searchpath("cffi", package.path)):match "^(.*)/[^/]*$" or "."
    io.write(modules_head)
    write_folder(own, "cffi.lua cffi")
    for _, folder in ipairs(folders) do
        if write_folder(folder, ".") == 0 then
            fail("no Lua files in ", folder)
        end
    end
    io.write(modules_tail)
end

return function(plan)
    local words = plan.words
    if words[1] == "symbols" and #words >= 3 then
        write_symbols(words[2], table.move(words, 3, #words, 1, {}))
    elseif words[1] == "modules" then
        write_modules(table.move(words, 2, #words, 1, {}))
    else
        fail "embed wants 'symbols LIBRARY FILE...' or 'modules [FOLDER...]'"
    end
end
