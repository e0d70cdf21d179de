-- What you learn: events of a C library as Lua functions (callbacks), and where an error in one
-- of them goes.
local ffi = require "cffi"

ffi.cdef [[
    typedef struct XML_ParserStruct *XML_Parser;
    enum XML_Status { XML_STATUS_ERROR, XML_STATUS_OK };
    enum XML_Error { XML_ERROR_NONE };
    XML_Parser XML_ParserCreate(const char *encoding);
    void XML_ParserFree(XML_Parser parser);
    void XML_SetElementHandler(XML_Parser parser,
        void (*start)(void *user, const char *name, const char **attributes),
        void (*finish)(void *user, const char *name));
    void XML_SetCharacterDataHandler(XML_Parser parser,
        void (*text)(void *user, const char *bytes, int length));
    enum XML_Status XML_Parse(XML_Parser parser, const char *bytes, int length, int is_final);
    enum XML_Error XML_GetErrorCode(XML_Parser parser);
    const char *XML_ErrorString(enum XML_Error code);
]]
local found, expat = pcall(ffi.load, "expat")
if not found then
    print "expat is not here. Debian has it in the package libexpat1."
    os.exit(77)
end

local function attributes_of(list)
    local out = {}
    local i = 0
    while list[i] do
        out[#out + 1] = (" %s=%q"):format(ffi.string(list[i]), ffi.string(list[i + 1]))
        i = i + 2
    end
    return table.concat(out)
end

-- Parses `xml`; handlers.start(name, attributes), handlers.text(text), handlers.finish(name).
local function parse(xml, handlers)
    local parser = ffi.gc(expat.XML_ParserCreate(nil), expat.XML_ParserFree)
    local start <close> = ffi.callback("void (*)(void *, const char *, const char **)",
        function(_, name, list) handlers.start(ffi.string(name), attributes_of(list)) end)
    local finish <close> = ffi.callback("void (*)(void *, const char *)",
        function(_, name) handlers.finish(ffi.string(name)) end)
    local text <close> = ffi.callback("void (*)(void *, const char *, int)",
        function(_, bytes, length) handlers.text(ffi.string(bytes, length)) end)
    expat.XML_SetElementHandler(parser, start, finish)
    expat.XML_SetCharacterDataHandler(parser, text)
    if expat.XML_Parse(parser, xml, #xml, 1) == 0 then
        error(ffi.string(expat.XML_ErrorString(expat.XML_GetErrorCode(parser))), 2)
    end
end

local depth = 0
local printer = {
    start = function(name, attributes)
        print(("  "):rep(depth) .. name .. attributes)
        depth = depth + 1
    end,
    finish = function() depth = depth - 1 end,
    text = function(text)
        if text:find "%S" then print(("  "):rep(depth) .. text) end
    end,
}
parse([[<menu kind="lunch"><dish price="7">soup</dish><dish>rice</dish></menu>]], printer)
print(pcall(parse, "<menu><dish></menu>", printer))

-- expat goes on after an error in a handler: those that follow are not run, and the error is raised
-- when XML_Parse returns.
local stopped = {
    start = function(name) error("no " .. name .. " today", 0) end,
    finish = print,
}
print((select(2, pcall(parse, "<fish/>", stopped)):match "^[^\n]*"))
