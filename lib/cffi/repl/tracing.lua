-- :trace: every call of a library is shown, or no more.
local trace = require "cffi.trace"

-- The namespace that a word stands for: a header's, or what a Lua expression gives.
local function namespace_of(session, word)
    for _, entry in ipairs(session.headers) do
        for _, header in ipairs(entry.headers) do
            if header == word then
                return entry.namespace
            end
        end
    end
    local value = session:value_of(word)
    if type(value) ~= "table" or not pcall(session.ffi.symbols, value) then
        error(("'%s' is no library: :lib opens one, :include reads a header"):format(word), 0)
    end
    return value
end

return function(session, word)
    if word == "" then
        error(":trace wants a library: :trace z", 0)
    end
    local namespace = namespace_of(session, word)
    if trace.stop(namespace) then
        session:print("%s", session.style.notes(word .. " is no longer traced"))
        return
    end
    trace.start(session.ffi, namespace, function(text) session.write(session.style.notes(text)) end)
    session:print("%s", session.style.notes("calls of " .. word .. " are shown"))
end
