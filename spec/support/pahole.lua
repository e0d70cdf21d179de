-- pahole (of the package dwarves), which reads layouts from what the compiler writes for debuggers: an oracle of
-- ffi.layout. Its texts and ours are brought into one form.
local support = require "support"

local pahole = {}

local function run(command)
    local pipe <close> = assert(io.popen(command))
    return pipe:read "a"
end

function pahole.is_here()
    return run "command -v pahole" ~= "" and run "command -v gcc" ~= ""
end

-- The texts of the structs and unions of a header, by their tags.
function pahole.texts(header)
    local base = os.tmpname()
    support.write_file(base .. ".c", ("#include <%s>\n"):format(header))
    local out = run(("gcc -w -g -D_GNU_SOURCE -fno-eliminate-unused-debug-types -c -o %s.o %s.c && pahole %s.o")
        :format(base, base, base))
    for _, ending in ipairs { "", ".c", ".o" } do os.remove(base .. ending) end
    local texts = {}
    for tag, body in ("\n" .. out):gmatch "\n([us]%l+ [%w_]+) (%b{})" do
        texts[tag] = body
    end
    return texts
end

-- What stands in the comments below the members: "holes" = 2.
local function sums_in(line, sums)
    for name, value in line:gsub("_", " "):gmatch "([%a ]+): (%d+)" do
        sums[name:match "^ *(.-) *$"] = tonumber(value)
    end
end

-- A layout's text as a list: a line for each member (bit, bytes), hole and cache line; and the sums.
function pahole.facts(text)
    local list, sums = {}, {}
    for line in text:gmatch "[^\n]+" do
        local offset, bit, size = line:match "/%* +(%d+):? ?(%d*) +(%d+) %*/$"
        local hole, unit = line:match "XXX (%d+) (bi?y?t)e?s? hole"
        local number, ago = line:match "cacheline (%d+) boundary [^*]*%)[^%d]*(%d*)"
        if offset then
            list[#list + 1] = ("member at %d, %d"):format(offset * 8 + (tonumber(bit) or 0), size)
        elseif hole then
            list[#list + 1] = ("hole of %d %s"):format(hole, unit)
        elseif number then
            list[#list + 1] = ("cache line %d, %s"):format(number, ago)
        elseif line:find "/%*" then
            sums_in(line, sums)
        end
    end
    return list, sums
end

return pahole
