-- The prompt on a terminal, with each of what can edit its lines.
local ffi = require "cffi"
local support = require "support"
local terminal = require "support.terminal"

local prompt = {}

-- name; `edits`: whether it has history and completion; `pastes`: whether it brackets pastes.
local editors = {
    { name = "readline", edits = true, pastes = true },
    { name = "edit", edits = true },
    { name = "none" },
}

-- Defines the cases of fn(editor) for each editor that is there; one that is not is pending.
function prompt.each_editor(describe, pending, fn)
    for _, editor in ipairs(editors) do
        describe("(" .. editor.name .. ")", function()
            if editor.edits and not pcall(ffi.load, editor.name) then
                pending("lib" .. editor.name .. " is not here")
                return
            end
            fn(editor)
        end)
    end
end

-- Starts a prompt. `settings`: variables of its environment. Its `expect` waits until keys are asked for when the text
-- is a prompt's.
function prompt.start(editor, settings, rows, columns)
    local words = { "env", "-u", "NO_COLOR", "TERM=dumb", "CFFI_EDITOR=" .. editor.name }
    table.move(settings or {}, 1, #(settings or {}), #words + 1, words)
    table.move({ support.lua, "bin/cffi" }, 1, 2, #words + 1, words)
    local self = terminal.start(words, rows, columns)
    local expect = self.expect
    function self.expect(text)
        local before = expect(text)
        if editor.edits and text:find "> $" then
            self.raw()
        end
        return before
    end
    return self
end

return prompt
