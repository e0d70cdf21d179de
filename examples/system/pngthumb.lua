-- What you learn: structs with bit-fields and texts of a library's own (png_image), function-like
-- macros (PNG_IMAGE_SIZE), and fast work on bytes in C's memory.
-- Writes a small copy of a PNG picture, at most SIZE (128) pixels wide and high.
--     cffi pngthumb.lua IN.png OUT.png [SIZE]
local ffi = require "cffi"

local found, png = pcall(ffi.include, "png.h")
if not found then
    print "libpng's headers are not here. Debian has them in the package libpng-dev."
    os.exit(77)
end

local function die(text)
    io.stderr:write("pngthumb.lua: ", text, "\n")
    os.exit(1)
end

local function check(ok, image)
    return ok ~= 0 or die(ffi.string(image.message))
end

local function read(path)
    local image = ffi.gc(png.png_image { version = png.PNG_IMAGE_VERSION }, png.png_image_free)
    check(png.png_image_begin_read_from_file(image, path), image)
    image.format = png.PNG_FORMAT_RGBA
    local pixels = ffi.new("uint8_t[?]", png.PNG_IMAGE_SIZE(image))
    check(png.png_image_finish_read(image, nil, pixels, 0, nil), image)
    return pixels, image.width, image.height
end

local function write(path, pixels, width, height)
    local image = png.png_image { version = png.PNG_IMAGE_VERSION, width = width, height = height,
        format = png.PNG_FORMAT_RGBA }
    check(png.png_image_write_to_file(image, path, 0, pixels, 0, nil), image)
end

-- Each pixel of the result is the mean of those it stands for, weighted with how opaque they are.
local function shrink(from, width, height, limit)
    local scale = math.max(1, width / limit, height / limit)
    local w, h = math.max(1, width // scale | 0), math.max(1, height // scale | 0)
    local to = ffi.new("uint8_t[?]", 4 * w * h)
    for y = 0, h - 1 do
        local top, bottom = y * height // h, (y + 1) * height // h - 1
        for x = 0, w - 1 do
            local left, right = x * width // w, (x + 1) * width // w - 1
            local r, g, b, a = 0, 0, 0, 0
            for i = top, bottom do
                for at = 4 * (i * width + left), 4 * (i * width + right), 4 do
                    local alpha = from[at + 3]
                    a, r = a + alpha, r + alpha * from[at]
                    g, b = g + alpha * from[at + 1], b + alpha * from[at + 2]
                end
            end
            local at, weight = 4 * (y * w + x), math.max(a, 1)
            to[at], to[at + 1], to[at + 2] = r // weight, g // weight, b // weight
            to[at + 3] = a // ((bottom - top + 1) * (right - left + 1))
        end
    end
    return to, w, h
end

if not arg[2] then die "usage: cffi pngthumb.lua IN.png OUT.png [SIZE]" end
local pixels, width, height = read(arg[1])
local small, w, h = shrink(pixels, width, height, tonumber(arg[3]) or 128)
write(arg[2], small, w, h)
print(("%d x %d -> %d x %d"):format(width, height, w, h))
