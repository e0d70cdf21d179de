-- A text as a long string of Lua, in brackets that the text does not end.
return function(text)
    local level = ""
    while text:find("]" .. level .. "]", 1, true) do
        level = level .. "="
    end
    return ("[%s[\n%s\n]%s]"):format(level, text, level)
end
