-- cffi repl: the prompt, on a terminal or for lines from elsewhere.
local function next_line()
    local line, why = io.stdin:read()
    return line or why and error("cannot read: " .. why, 0)
end

return function(plan)
    local session, terminal = require "cffi.repl.session", require "cffi.repl.terminal"
    local function prepare(self)
        local packages = plan.packages and " pkg=" .. table.concat(plan.packages, " pkg=") or ""
        for _, headers in ipairs(require "cffi.command.start".groups(plan)) do
            self:take(":include " .. table.concat(headers, " ") .. packages)
        end
        for _, name in ipairs(plan.libraries or {}) do
            self:take(":lib " .. name)
        end
    end
    if terminal.is_terminal(0) and terminal.is_terminal(1) then
        terminal.run(prepare)
        return
    end
    local self = session.new { read = next_line }
    local write = self.write
    self.write = function() end -- what is printed is of the lines
    prepare(self)
    self.write = write
    local errors = self:run()
    local written, why = io.stdout:flush()
    if not written then
        error("cannot write: " .. why, 0)
    elseif errors > 0 then
        os.exit(1, true)
    end
end
