-- A module that is not loaded before something of it is used: what few programs need costs the
-- others nothing.
return function(name)
    return setmetatable({}, {
        __index = function(module, key)
            local value = require(name)[key]
            module[key] = value
            return value
        end,
    })
end
