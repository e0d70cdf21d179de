std = "lua54"
max_line_length = 100
-- Rows of tables and quoted error texts may be longer in specs.
for _, path in ipairs { "spec", "spec/**/*.lua" } do
    files[path] = { std = "+busted", max_line_length = 120 }
end
-- Runs under LuaJIT, to be compared with.
files["spec/support/luajit_values.lua"] = { std = "max", max_line_length = 120 }
