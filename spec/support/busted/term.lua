-- For a Lua that has no modules in C installed (tools/test-lua): busted's report goes to no terminal.
return { isatty = function() return false end }
