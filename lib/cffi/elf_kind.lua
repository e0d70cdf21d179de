-- What an ELF file is for, by its header: class with byte order, and e_machine; nothing for another
-- file. Needs no core and no particular Lua, for it also says why the core cannot be loaded.
return function(path)
    local file = io.open(path, "rb")
    local head = file and file:read(20)
    if file then
        file:close()
    end
    if head and #head == 20 and head:sub(1, 4) == "\127ELF" then
        local a, b = head:byte(19, 20)
        return head:sub(5, 6), head:byte(6) == 2 and 256 * a + b or a + 256 * b
    end
end
