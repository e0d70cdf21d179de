-- Expat against lua-expat.
local ffi = require "cffi"
local found, lxp = pcall(require, "lxp")

local plain, said = ffi.scope { stays = true }, ffi.scope { stays = true }
plain.cdef [[
struct XML_ParserStruct *XML_ParserCreate(const char *encoding);
void XML_ParserFree(struct XML_ParserStruct *parser);
int XML_Parse(struct XML_ParserStruct *parser, const char *text, int size, int last);
void XML_SetElementHandler(struct XML_ParserStruct *parser,
    void (*start)(void *data, const char *name, const char **attributes),
    void (*stop)(void *data, const char *name));
void XML_SetCharacterDataHandler(struct XML_ParserStruct *parser,
    void (*text)(void *data, const char *text, int size));
]]
said.cdef [==[
[[cffi::owned(XML_ParserFree)]] struct XML_ParserStruct *XML_ParserCreate(
    [[cffi::default(NULL)]] const char *encoding);
void XML_ParserFree(struct XML_ParserStruct *parser);
int XML_Parse(struct XML_ParserStruct *parser, [[cffi::in(size)]] const char *text, int size,
    int last);
void XML_SetElementHandler(struct XML_ParserStruct *parser,
    void (*start)(void *data, [[cffi::string]] const char *name, const char **attributes),
    void (*stop)(void *data, [[cffi::string]] const char *name));
void XML_SetCharacterDataHandler(struct XML_ParserStruct *parser,
    void (*text)(void *data, [[cffi::string(size)]] const char *text, int size));
]==]

local lines = { "<list>" }
for i = 1, 3000 do
    lines[#lines + 1] = ("<item><name>number %d</name></item>"):format(i)
end
lines[#lines + 1] = "</list>"
local TEXT = table.concat(lines)

return function(job)
    if not found then
        return
    end
    local c, a = plain.load "expat", said.load "expat"
    local function count(with_elements)
        local depth, deepest, size = 0, 0, 0
        return function(name)
            depth, size = depth + 1, size + #name
            deepest = depth > deepest and depth or deepest
        end, function(name)
            depth, size = depth - 1, size + #name
        end, function(text)
            size = size + #text
        end, function() return with_elements and size + deepest or size end
    end
    local function sides(elements)
        local plain_start, plain_stop, plain_text, plain_result = count(elements)
        local string = plain.string
        local function on_start(_, name) plain_start(string(name)) end
        local function on_stop(_, name) plain_stop(string(name)) end
        local function on_text(_, text, size) plain_text(string(text, size)) end
        local said_start, said_stop, said_text, said_result = count(elements)
        local function got_start(_, name) said_start(name) end
        local function got_stop(_, name) said_stop(name) end
        local function got_text(_, text) said_text(text) end
        local before_plain, before_said = 0, 0
        return {
            binding = function()
                local start, stop, text, result = count(elements)
                local parser = lxp.new {
                    StartElement = elements and function(_, name) start(name) end or nil,
                    EndElement = elements and function(_, name) stop(name) end or nil,
                    CharacterData = function(_, got) text(got) end,
                }
                parser:parse(TEXT)
                parser:parse()
                parser:close()
                return result() - (elements and 3 or 0)
            end,
            plain = function()
                local parser = c.XML_ParserCreate(nil)
                if elements then
                    c.XML_SetElementHandler(parser, on_start, on_stop)
                end
                c.XML_SetCharacterDataHandler(parser, on_text)
                c.XML_Parse(parser, TEXT, #TEXT, 1)
                c.XML_ParserFree(parser)
                local got = plain_result() - (elements and 3 or 0) - before_plain
                before_plain = before_plain + got
                return got
            end,
            annotated = function()
                local parser = a.XML_ParserCreate()
                if elements then
                    a.XML_SetElementHandler(parser, got_start, got_stop)
                end
                a.XML_SetCharacterDataHandler(parser, got_text)
                a.XML_Parse(parser, TEXT, 1)
                a.XML_ParserFree(parser)
                local got = said_result() - (elements and 3 or 0) - before_said
                before_said = before_said + got
                return got
            end,
        }
    end
    job("expat: 6,000 elements, three handlers", "lua-expat", sides(true))
    job("expat: texts of 6,000 elements", "lua-expat", sides(false))
end
