-- Names by pattern, as a shell has them: * and ? and [abc].
local glob = {}

function glob.is_glob(text)
    return text:find "[*?%[]" ~= nil
end

-- A Lua pattern for a glob; of a word without wildcards, for whatever has it as a part.
function glob.pattern(text)
    if not glob.is_glob(text) then
        return (text:gsub("%W", "%%%0"))
    end
    if text:gsub("%[.[^%]]*%]", ""):find "%[" then
        error(("'%s' is no pattern: missing ']'"):format(text), 0)
    end
    text = text:gsub("[%^%$%(%)%%%.%+%-]", "%%%0")
    return "^" .. text:gsub("[*?]", { ["*"] = ".*", ["?"] = "." }) .. "$"
end

return glob
