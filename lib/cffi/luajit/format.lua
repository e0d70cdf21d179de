-- LuaJIT's string.format: 64-bit cdata for every conversion of numbers, floats for those of
-- integers, and "%u". What it does not know it leaves to Lua's, errors included.
local format = string.format

local is_integral = { d = true, i = true, u = true, c = true, o = true, x = true, X = true }

-- The letters of the conversions in a format, one for each argument; remembered.
local parsed = setmetatable({}, { __mode = "k" })

local function conversions(text)
    local letters = parsed[text]
    if not letters then
        letters = {}
        for letter in text:gsub("%%%%", ""):gmatch "%%[-+ #0]*%d*%.?%d*(%a)" do
            letters[#letters + 1] = letter
            letters.unsigned = letters.unsigned or letter == "u"
        end
        parsed[text] = letters
    end
    return letters
end

local function make(ffi)
    local int64, uint64 = ffi.typeof "int64_t", ffi.typeof "uint64_t"

    local function is_wide(value)
        return ffi.istype(int64, value) or ffi.istype(uint64, value)
    end

    -- The 64 bits of a number, of its text or of a 64-bit cdata; other values as they are.
    local function integer(value)
        local number = type(value) == "string" and ffi.tonumber(value) or value
        if math.type(number) == "float" then
            number = ffi.cast(number >= 2.0 ^ 63 and uint64 or int64, number)
        elseif not is_wide(number) then
            return number
        end
        return ffi.toretval(ffi.cast(int64, number))
    end

    local function argument(letter, value)
        if is_integral[letter] then
            return integer(value)
        elseif letter ~= "s" and letter ~= "q" and is_wide(value) then
            return ffi.tonumber(value)
        elseif letter == "q" and ffi.type(value) == "cdata" then
            return tostring(value)
        end
        return value
    end

    -- "%u" becomes "%d", or "%s" of the digits that a number of 64 bits has when it has no sign.
    local function rewrite_unsigned(text, letters, values)
        local at = 0
        return (text:gsub("%%([-+ #0]*)(%d*%.?%d*)([%a%%])", function(flags, width, letter)
            if letter == "%" then
                return nil
            end
            at = at + 1
            if letters[at] ~= "u" then
                return nil
            elseif math.type(values[at]) == "integer" and values[at] < 0 then
                values[at] = tostring(ffi.cast(uint64, values[at])):match "%d+"
                return "%" .. flags:gsub("[^-]", "") .. width .. "s"
            end
            return "%" .. flags .. width .. "d"
        end))
    end

    return function(text, ...)
        if type(text) ~= "string" then
            return format(text, ...)
        end
        local letters, values = conversions(text), { ... }
        for i, letter in ipairs(letters) do
            values[i] = argument(letter, values[i])
        end
        if letters.unsigned then
            text = rewrite_unsigned(text, letters, values)
        end
        local ok, result = pcall(format, text, table.unpack(values, 1, select("#", ...)))
        if not ok then
            error((result:gsub("'%?'", "'format'", 1)), 2)
        end
        return result
    end
end

return make
