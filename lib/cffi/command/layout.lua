-- cffi layout TYPE...: types as ffi.layout shows them.
local start = require "cffi.command.start"

return function(plan)
    local ffi = require "cffi"
    start.include(plan)
    for _, ct in ipairs(plan.words) do
        io.write(ffi.layout(ct), "\n")
    end
end
