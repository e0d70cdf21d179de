-- Machines and systems: their names, which are ffi.arch and ffi.os, and how C tells them apart.
local compiler = require "cffi.include.compiler"
local core = require "cffi"

local target = {}

-- In this order: the first condition that holds is the name.
local architectures = {
    { "x64", "__x86_64__" }, { "x86", "__i386__" },
    { "arm64", "__aarch64__" }, { "arm", "__arm__" },
    { "ppc64le", "__powerpc64__", "__LITTLE_ENDIAN__" }, { "ppc64", "__powerpc64__" },
    { "riscv64", "__riscv" }, { "s390x", "__s390x__" }, { "mips64", "__mips64" },
}
local systems = {
    { "Linux", "__linux__" }, { "OSX", "__APPLE__" }, { "BSD", "__FreeBSD__" },
    { "BSD", "__NetBSD__" }, { "BSD", "__OpenBSD__" }, { "BSD", "__DragonFly__" },
    { "Windows", "_WIN32" },
}

local function first(list, is_defined)
    for _, entry in ipairs(list) do
        if is_defined(entry[2]) and (not entry[3] or is_defined(entry[3])) then
            return entry[1]
        end
    end
end

-- That of this very module: "x64 Linux".
function target.own()
    return core.arch .. " " .. core.os
end

-- What a compiler with these flags compiles for. Raises a string without a position.
function target.of(how, flags)
    local words = table.move(flags, 1, #flags, 1, {})
    table.move({ "-dM", "-E", "-x", "c", "-" }, 1, 5, #words + 1, words)
    local doing = "cannot tell the compiler's target"
    local code, output, messages = compiler.run(how, words, "", doing)
    if code ~= 0 then
        compiler.failed(how, doing, code, messages)
    end
    local function is_defined(name)
        return output:find("#define " .. name .. " ", 1, true) ~= nil
    end
    return ("%s %s"):format(first(architectures, is_defined) or "unknown",
        first(systems, is_defined) or "Other")
end

local function conditions_of(list, name)
    local texts = {}
    for _, entry in ipairs(list) do
        if entry[1] == name then
            texts[#texts + 1] = ("defined %s%s"):format(entry[2],
                entry[3] and " && defined " .. entry[3] or "")
        end
    end
    return texts[2] and "(" .. table.concat(texts, " || ") .. ")" or texts[1]
end

-- The condition of #if that holds for `names` of targets, which are some of `all`.
function target.condition(names, all)
    local same_system = true
    for _, name in ipairs(all) do
        same_system = same_system and name:match " (.*)" == all[1]:match " (.*)"
    end
    local texts = {}
    for i, name in ipairs(names) do
        local architecture, system = name:match "(.*) (.*)"
        local both = { conditions_of(architectures, architecture),
            not same_system and conditions_of(systems, system) or nil }
        local text = table.concat(both, " && ")
        texts[i] = names[2] and text:find("&&", 1, true) and "(" .. text .. ")" or text
    end
    return table.concat(texts, " || ")
end

return target
