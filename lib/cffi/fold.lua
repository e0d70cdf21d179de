-- Nested text within a width: what fits stands on one line; what does not has as many items in a
-- line as fit, those of several lines by themselves.
--
-- A node is a string, or a list of nodes: { node..., head = text before it, open =, close =,
-- rows = whether each item is a line of bytes }.
local INDENT = "    "

local render

-- A node on one line; nil when that is longer than `room`, or it holds several lines.
local function flat(node, room)
    if type(node) == "string" then
        return utf8.len(node) and utf8.len(node) <= room and node or nil
    elseif node.rows and #node > 1 then
        return nil
    end
    local texts, used = {}, #(node.head or "") + #node.open + #node.close
    for i, item in ipairs(node) do
        local text = flat(item, room - used)
        if not text then
            return nil
        end
        texts[i], used = text, used + #text + 2
    end
    local text = (node.head or "") .. node.open .. table.concat(texts, ", ") .. node.close
    return #text <= room and text or nil
end

-- Items one after the other, in lines as long as they may be.
local function filled(texts, indent, width)
    local lines, line = {}, ""
    for i, text in ipairs(texts) do
        text = i < #texts and text .. "," or text
        local is_long = #indent + #line + 1 + #text > width or text:find "\n" or line:find "\n"
        if line ~= "" and is_long then
            lines[#lines + 1], line = line, text
        else
            line = line == "" and text or line .. " " .. text
        end
    end
    lines[#lines + 1] = line
    return lines
end

local function item_lines(node, indent, width)
    local texts = {}
    for i, item in ipairs(node) do
        texts[i] = render(item, indent, width - 1)
    end
    return node.rows and texts or filled(texts, indent, width)
end

-- A node as text whose first line begins behind `indent`.
function render(node, indent, width)
    local text = flat(node, width - #indent)
    if text or type(node) == "string" then
        return text or node
    end
    local inner = indent .. INDENT
    local lines = item_lines(node, inner, width)
    return (node.head or "") .. node.open .. "\n" .. inner
        .. table.concat(lines, "\n" .. inner) .. "\n" .. indent .. node.close
end

return function(node, width)
    return render(node, "", width)
end
