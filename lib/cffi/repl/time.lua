-- :time: how long an expression or statement takes.
local ENOUGH = 0.2 -- seconds of processor time
local UNITS = { { 1, "s" }, { 1e-3, "ms" }, { 1e-6, "us" }, { 1e-9, "ns" } }

-- A function of the number of times to run the text.
local function repeated(session, text)
    local chunk, err
    for _, form in ipairs { "for _ = 1, ... do local _ = %s\nend", "for _ = 1, ... do %s\nend" } do
        chunk, err = load(form:format(text), "=stdin", "t", session.names.env)
        if chunk then
            return chunk
        end
    end
    error(err, 0)
end

local function readable(seconds)
    for _, unit in ipairs(UNITS) do
        if seconds >= unit[1] then
            return ("%.3g %s"):format(seconds / unit[1], unit[2])
        end
    end
    return ("%.2g ns"):format(seconds * 1e9)
end

return function(session, text)
    if text == "" then
        error(":time wants an expression: :time C.abs(-1)", 0)
    end
    local run, count = repeated(session, text), 1
    local spent
    while true do
        local start = os.clock()
        run(count)
        spent = os.clock() - start
        if spent >= ENOUGH or count >= 1 << 40 then
            break
        end
        count = spent < ENOUGH / 100 and count * 10 or math.ceil(count * ENOUGH / spent * 1.1)
    end
    session:print("%s (mean of %d)", readable(spent / count), count)
end
