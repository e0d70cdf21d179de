-- Colours of the prompt: functions that put a text into them, or leave it as it is.
local COLOURS = { errors = "31", notes = "2", carets = "1;32", titles = "1" }

return function(colour)
    local style = {}
    for name, code in pairs(COLOURS) do
        style[name] = function(text)
            return colour and ("\27[%sm%s\27[0m"):format(code, text) or text
        end
    end
    return style
end
