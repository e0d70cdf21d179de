-- Writes docs/reference.md from lib/cffi.d.lua: lua tools/reference.lua > docs/reference.md
local reference = require "cffi.reference"

local HEAD = [[
# Reference

Every public name of `require "cffi"`, made from `lib/cffi.d.lua` by `make reference`; editors with
lua-language-server show the same. A `ct` is C text (`"int *"`), a type object or a C object. Every function raises
`bad argument #N to 'NAME' (...)` for what it does not take. The rules behind them are in [design.md](design.md).

```lua
local ffi = require "cffi"
```
]]

local function parameter(param)
    return ("* `%s`%s: `%s`%s"):format(param.name, param.optional and " (may be left out)" or "", param.type,
        param.text == "" and "" or ", " .. param.text)
end

local function result(value)
    local text = (value.name or "") .. (value.text == "" and "" or " " .. value.text)
    return ("* gives `%s`%s"):format(value.type, text == "" and "" or ", " .. text)
end

local function entry_text(entry)
    local lines = { "## `ffi." .. (entry.call or entry.name) .. "`", "", entry.text }
    if entry.type then
        lines[3] = ("`%s`, %s"):format(entry.type .. (entry.optional and "?" or ""), entry.text)
    end
    if #entry.params + #entry.returns > 0 then
        lines[#lines + 1] = ""
    end
    for _, param in ipairs(entry.params) do
        lines[#lines + 1] = parameter(param)
    end
    for _, value in ipairs(entry.returns) do
        lines[#lines + 1] = result(value)
    end
    if entry.errors then
        lines[#lines + 1] = "\nErrors: " .. entry.errors
    end
    if entry.example then
        lines[#lines + 1] = "\n```lua\n" .. entry.example .. "```"
    end
    return table.concat(lines, "\n") .. "\n"
end

io.write(HEAD)
local entries = reference.entries()
for _, entry in ipairs(entries) do
    io.write("\n", entry_text(entry))
end
io.write "\n## Objects and modules\n\n"
for _, object in ipairs(entries.objects) do
    io.write(("* `%s`: %s\n"):format(object.name, (object.text:gsub("docs/([%w_]+%.md)", "[%1](%1)"))))
end
