-- cffi bind HEADER... [-o FILE.lua], and :bind of the prompt: headers as a Lua module, and a file
-- of its names for editors.
local bind = require "cffi.bind"

-- The command line again, without -o, so that the texts do not depend on where they are written.
local function words_of(plan)
    local words = { "cffi", "bind" }
    for _, option in ipairs { { "-p", plan.packages }, { "-l", plan.libraries } } do
        for _, word in ipairs(option[2] or {}) do
            words[#words + 1] = option[1] .. " " .. word
        end
    end
    words[#words + 1] = plan.annotate and "--annotate " .. plan.annotate
    return table.concat(table.move(plan.words, 1, #plan.words, #words + 1, words), " ")
end

local function write(path, text)
    local file, why = io.open(path, "w")
    local written = file
    if file then
        written, why = file:write(text)
        file:close()
    end
    if not written then
        error("cannot write " .. why, 0)
    end
end

local function read(path)
    local file = io.open(path)
    local text = file and file:read "a"
    if file then
        file:close()
    end
    return text
end

local function write_out(text)
    local written, why = io.write(text)
    if not written then
        error("cannot write: " .. why, 0)
    end
end

-- plan: `words` (headers), `packages`, `libraries`, `output`; without that `write`, else standard
-- output, gets the module. `annotate`: a file that says how to call. `merge`: into the module that
-- is there. Returns a list of the files that were written.
return function(plan)
    local name = (plan.output or plan.words[1]):match "([^/]-)%.?%w*$":gsub("[^%w_]", "_")
    local beside = plan.output and plan.output:gsub("%.lua$", "") .. ".d.lua"
    local old
    if plan.merge then
        local text = read(plan.output or error("--merge wants -o FILE", 0))
        old = text and { module = text, editors = read(beside) }
    end
    local module, editors = bind.text(plan.words, { pkg = plan.packages, lib = plan.libraries,
            annotate = plan.annotate },
        words_of(plan), name, old)
    if not plan.output then
        (plan.write or write_out)(module)
        return {}
    end
    write(plan.output, module)
    write(beside, editors)
    return { plan.output, beside }
end
