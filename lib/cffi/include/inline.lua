-- ffi.compile: C text built by the compiler, once, and declared from itself.
local build = require "cffi.include.build"
local compiler = require "cffi.include.compiler"
local namespace = require "cffi.include.namespace"
local options = require "cffi.include.options"
local session = require "cffi.include.session"
local units = require "cffi.include.unit"

local inline = {}

local TITLE = "the C text"
local FILE = "C text" -- its name in what the compiler says

local compile_options = {
    cc = true, cflags = true, defs = true, undefs = true, pkg = true, lib = true, headers = true,
}

-- Where pkg-config says that libraries are is told to the program, too.
local function package_words(words)
    local link = {}
    for _, word in ipairs(words) do
        link[#link + 1] = word
        local folder = word:match "^%-L(.+)"
        link[#link + 1] = folder and "-Wl,-rpath," .. folder or nil
    end
    return link
end

-- Words for the linker: what the option `lib` names, and pkg-config.
local function link_words(lib, package)
    local link = package_words(package.libraries)
    for _, name in ipairs(options.list(lib or nil)) do
        if type(name) ~= "string" then
            error("bad argument #2 to 'compile' (option 'lib' must be a name or a list of names)",
                0)
        end
        link[#link + 1] = name:find "/" and name or "-l" .. name
    end
    return link
end

local function source_of(text, headers)
    local lines, words = compiler.include_lines(headers)
    return {
        lines = ('%s#line 1 "%s"\n%s\n'):format(lines, FILE, text), words = words,
        headers = headers, asked = { [FILE] = true }, doing = "cannot compile " .. TITLE,
        key = table.concat(headers, "\n") .. "\n\n" .. text,
    }
end

-- Functions are fetched while their declarations are those of this text: another may have others of
-- the same names.
local function fetch(ns, unit)
    for name, kind in units.names(unit) do
        local _ = kind == "function" and pcall(function() return ns[name] end)
    end
end

-- ffi.compile(text [, options])
function inline.compile(ffi, text, given)
    if type(text) ~= "string" then
        error(("bad argument #1 to 'compile' (C text expected, got %s)"):format(
            text == nil and "no value" or ffi.type(text)), 0)
    end
    given = options.check("compile", given, compile_options)
    local headers = given.headers and options.headers("compile", 2, given.headers) or {}
    local source = source_of(text, headers)
    local known = session.compile(ffi, source, given)
    local lib = build.library(ffi, {
        how = known.how, flags = known.flags, link = link_words(given.lib, known.package),
        files = known.unit.files, source = source,
    })
    local ns = namespace.new(ffi, known.unit, TITLE, { lib })
    fetch(ns, known.unit)
    return ns
end

return inline
