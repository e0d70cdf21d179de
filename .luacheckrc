std = "lua54"
max_line_length = 100
-- Rows of tables, quoted error texts and generated C may be longer in specs and tools; specs also
-- make garbage on purpose (531: values that are dropped).
for _, path in ipairs { "spec", "spec/**/*.lua" } do
    files[path] = { std = "+busted", max_line_length = 120, ignore = { "531" } }
end
files["tools"] = { max_line_length = 120 }
-- Runs under LuaJIT, to be compared with.
files["spec/support/luajit_values.lua"] = { std = "max", max_line_length = 120 }
files["bench/peers/luajit.lua"] = { std = "luajit" }
-- Never run: what lua-language-server reads, one line a sentence.
files["lib/cffi.d.lua"] = { ignore = { "212" }, max_line_length = false }
