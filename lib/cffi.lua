-- The module that users require: the default scope of the C core, and the names that live in Lua.
local loaded, ffi = pcall(require, "cffi.core")
if not loaded then
    error(require "cffi.unloadable"(tostring(ffi)), 0)
end

-- Public name -> the module that has it, loaded when the name is first asked for. Such a module is
-- a function of a scope's API table and returns a table of what it adds to that scope.
local modules = {
    await = "cffi.task",
    run = "cffi.task",
    hexdump = "cffi.hexdump",
    inspect = "cffi.inspect",
    compile = "cffi.include",
    include = "cffi.include",
    layout = "cffi.layout",
    verify = "cffi.verify",
}

-- Every scope's table has this metatable, for the core gives a new one that of the scope it is made
-- from. Names that neither the core nor a module above has are those of cffi.fiddle, which works in
-- the default scope whatever the table.
return setmetatable(ffi, {
    __index = function(scope, name)
        if name == "nullptr" then
            return nil -- what NULL is everywhere (docs/design.md S5): for this, no module is loaded
        end
        local module = modules[name]
        for key, value in pairs(module and require(module)(scope) or {}) do
            scope[key] = value
        end
        if not module then
            scope[name] = require("cffi.fiddle")[name]
        end
        return rawget(scope, name)
    end,
    __cffi_names = function() return next, modules end, -- what completion cannot see in the table
})
