-- Why `require "cffi.core"` failed, in one line: what the dynamic linker says of the module's file
-- names symbols and numbers, not what to do.
local elf_kind = require "cffi.elf_kind"

-- By e_machine of the ELF header.
local machines = {
    [3] = "i386", [8] = "MIPS", [20] = "PowerPC", [21] = "PowerPC 64", [22] = "S/390", [40] = "ARM",
    [62] = "x86-64", [183] = "AArch64", [243] = "RISC-V", [258] = "LoongArch",
}

-- What the file is for; nil when that is this machine, or not known.
local function other_machine(path)
    local own_class, own = elf_kind "/proc/self/exe"
    local class, machine = elf_kind(path)
    if own and class and (own ~= machine or own_class ~= class) then
        return machines[machine] or "machine " .. machine
    end
end

local other_lua = "was built for another Lua than this " .. _VERSION
    .. ": build it with the headers of this one"

-- Each: a pattern of the dynamic linker's message, and what it means.
local meanings = {
    { "undefined symbol: luaL?_", other_lua },
    { "[Ss]ymbol not found.*luaL?_", other_lua },
    { "Error relocating [^:]*: luaL?_[%w_]+: symbol not found", other_lua },
    { "(lib[%w_+-]+%.so[%d.]*): cannot open shared", "needs %s, which is not installed" },
    { "Error loading shared library (lib[%w_+-]+%.so[%d.]*)", "needs %s, which is not installed" },
    { "[Ll]ibrary not loaded: (%S+)", "needs %s, which is not installed" },
    { "invalid ELF header", "is no shared library" },
    { "file too short", "is no shared library" },
}

-- unloadable(message): why, from what `require` raised.
return function(message)
    if _VERSION < "Lua 5.3" then
        return "cffi: needs Lua 5.3, 5.4 or 5.5, and this is " .. _VERSION
    end
    local path = package.searchpath and package.searchpath("cffi.core", package.cpath)
    if not path then
        return "cffi: the module's file cffi/core.so is not on package.cpath: "
            .. "build it with make, or install it"
    end
    local machine = other_machine(path)
    if machine then
        return ("cffi: %s was built for another machine (%s)"):format(path, machine)
    end
    for _, meaning in ipairs(meanings) do
        local found = message:match(meaning[1])
        if found then
            return ("cffi: %s %s"):format(path, meaning[2]:format(found))
        end
    end
    return message
end
