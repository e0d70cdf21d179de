-- What you learn: an object-like C library (cairo) given methods by ffi.metatype, enumerators by
-- name, out-parameters in a struct.
-- Draws numbers as bars into a PNG: lines "NAME NUMBER" of standard input or of a file.
--     cffi draw.lua OUT.png [FILE]
local ffi = require "cffi"

local found, cairo = pcall(ffi.include, "cairo/cairo.h")
if not found then
    print "cairo's headers are not here. Debian has them in the package libcairo2-dev."
    os.exit(77)
end

local function die(text)
    io.stderr:write("draw.lua: ", text, "\n")
    os.exit(1)
end

-- canvas:line_to(x, y) is cairo_line_to(canvas, x, y).
ffi.metatype("cairo_t", { __index = function(_, name) return cairo["cairo_" .. name] end })

local function surface(width, height)
    return ffi.gc(cairo.cairo_image_surface_create(cairo.CAIRO_FORMAT_RGB24, width, height),
        cairo.cairo_surface_destroy)
end

local bars, most, wide = {}, 0, 0
local measure = ffi.gc(cairo.cairo_create(surface(1, 1)), cairo.cairo_destroy)
measure:set_font_size(13)
for line in io.lines(arg[2]) do
    local name, number = line:match "^%s*(.-)%s+(%S+)%s*$"
    number = tonumber(number)
    if number then
        local extents = cairo.cairo_text_extents_t()
        measure:text_extents(name, extents)
        bars[#bars + 1] = { name = name, number = number }
        most, wide = math.max(most, number), math.max(wide, extents.x_advance)
    end
end
if not arg[1] or #bars == 0 then die "usage: cffi draw.lua OUT.png [FILE]; lines: NAME NUMBER" end

local left, row, length = wide + 20, 22, 360
local image = surface(math.ceil(left + length + 70), row * #bars + 16)
local canvas = ffi.gc(cairo.cairo_create(image), cairo.cairo_destroy)
canvas:set_source_rgb(1, 1, 1)
canvas:paint()
canvas:set_font_size(13)
for i, bar in ipairs(bars) do
    local y = 8 + (i - 1) * row
    local size = most > 0 and math.max(0, bar.number) / most * length or 0
    local colour = cairo.cairo_pattern_create_linear(left, 0, left + length, 0)
    cairo.cairo_pattern_add_color_stop_rgb(colour, 0, 0.20, 0.45, 0.75)
    cairo.cairo_pattern_add_color_stop_rgb(colour, 1, 0.85, 0.35, 0.30)
    canvas:set_source(colour)
    canvas:rectangle(left, y, size, row - 6)
    canvas:fill()
    cairo.cairo_pattern_destroy(colour)
    canvas:set_source_rgb(0.15, 0.15, 0.15)
    canvas:move_to(10, y + 13)
    canvas:show_text(bar.name)
    canvas:move_to(left + size + 6, y + 13)
    canvas:show_text(("%g"):format(bar.number))
end
local status = cairo.cairo_surface_write_to_png(image, arg[1])
if status ~= cairo.CAIRO_STATUS_SUCCESS then
    die(arg[1] .. ": " .. ffi.string(cairo.cairo_status_to_string(status)))
end
