-- LibYAML's events against lua-yaml.
local ffi = require "cffi"
local found, yaml = pcall(require, "yaml")

-- The head of yaml_event_t, as far as scalars go, and a parser of which only the size is known.
local TYPES = [[
typedef struct { char state[480]; } yaml_parser_t;
typedef struct {
    enum { YAML_STREAM_END_EVENT = 2, YAML_SCALAR_EVENT = 6 } type;
    struct { const char *anchor, *tag, *value; size_t length; char rest[16]; } scalar;
    size_t marks[6];
} yaml_event_t;
]]

local plain, said = ffi.scope { stays = true }, ffi.scope { stays = true }
plain.cdef(TYPES)
plain.cdef [[
int yaml_parser_initialize(yaml_parser_t *parser);
void yaml_parser_delete(yaml_parser_t *parser);
void yaml_parser_set_input_string(yaml_parser_t *parser, const char *text, size_t size);
int yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);
void yaml_event_delete(yaml_event_t *event);
]]
said.cdef(TYPES)
said.cdef [==[
int yaml_parser_initialize(yaml_parser_t *parser);
void yaml_parser_delete(yaml_parser_t *parser);
void yaml_parser_set_input_string(yaml_parser_t *parser, [[cffi::in(size)]] const char *text,
    size_t size);
[[cffi::status(1)]] int yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);
void yaml_event_delete(yaml_event_t *event);
]==]

local lines = {}
for i = 1, 1000 do
    lines[i] = ("- {name: number %d, sizes: [%d, %d], note: a text}"):format(i, i, i * i)
end
local TEXT = table.concat(lines, "\n")

-- The size of all scalars by the functions of `c`; `set` gives the parser its text.
local function sizes(scope, c, set)
    return function()
        local parser, event = scope.new "yaml_parser_t", scope.new "yaml_event_t"
        local parse, delete, string = c.yaml_parser_parse, c.yaml_event_delete, scope.string
        local scalar, size = event.scalar, 0
        c.yaml_parser_initialize(parser)
        set(parser)
        repeat
            assert(parse(parser, event))
            local kind = event.type
            if kind == 6 then
                size = size + #string(scalar.value, scalar.length)
            end
            delete(event)
        until kind == 2
        c.yaml_parser_delete(parser)
        return size
    end
end

return function(job)
    if not found then
        return
    end
    local c, a = plain.load "yaml", said.load "yaml"
    job("yaml: scalars of 1,000 records", "lua-yaml", {
        binding = function()
            local size, next_event = 0, yaml.parser(TEXT)
            repeat
                local event = next_event()
                if event.type == "SCALAR" then
                    size = size + #event.value
                end
            until event.type == "STREAM_END"
            return size
        end,
        plain = sizes(plain, c, function(parser)
            c.yaml_parser_set_input_string(parser, TEXT, #TEXT)
        end),
        annotated = sizes(said, a, function(parser)
            a.yaml_parser_set_input_string(parser, TEXT)
        end),
    })
end
