-- What the compiler says of the structs and unions of a header: the oracle of ffi.layout.
local support = require "support"
local ffi = require "cffi"

local layouts = {}

-- Headers that every Linux with a compiler has, those of few structs first.
layouts.headers = {
    "time.h", "stdlib.h", "signal.h", "sys/stat.h", "sys/socket.h", "netinet/in.h", "net/if.h", "netdb.h", "termios.h",
    "dirent.h", "pwd.h", "sys/resource.h", "poll.h", "ifaddrs.h", "link.h", "linux/perf_event.h", "linux/input.h",
    "linux/bpf.h", "linux/kvm.h", "linux/videodev2.h", "sound/asound.h", "linux/ethtool.h", "linux/fuse.h",
    "linux/btrfs.h", "linux/io_uring.h", "linux/nvme_ioctl.h", "linux/tipc_config.h", "linux/fb.h", "linux/usb/ch9.h",
    "linux/virtio_net.h", "linux/dvb/frontend.h", "linux/cdrom.h", "linux/soundcard.h", "linux/atmdev.h",
    "linux/hdreg.h",
}

local function run(command)
    local pipe <close> = assert(io.popen(command))
    local out = pipe:read "a"
    return pipe:close() and out
end

-- A scope with what the header declares; nil when the system has no such header.
function layouts.scope_of(header)
    local text = run(("echo '#include <%s>' | cc -E -P -D_GNU_SOURCE -x c - 2>/dev/null"):format(header))
    if text then
        local scope = ffi.scope {}
        scope.cdef(text)
        return scope, text
    end
end

-- Calls visit(path, member, depth) for each member that a line of the layout shows, in its order.
local function walk(info, path, visit)
    for _, member in ipairs(info.members) do
        local inner = ffi.reflect(member.type)
        local name = member.name and path .. member.name or path
        local is_written_out = inner.anonymous and inner.members
        if is_written_out then
            walk(inner, member.name and name .. "." or path, visit)
        end
        if member.name or not member.width then
            visit((member.name or not is_written_out) and name, member)
        end
    end
end

-- True when a member is an array of or a pointer to a struct without a name: no path leads into it.
local function is_deep(info)
    for _, member in ipairs(info.members) do
        local inner = ffi.reflect(member.type)
        local outer = inner
        while inner.element or inner.target do
            inner = ffi.reflect(inner.element or inner.target)
        end
        if inner ~= outer and inner.anonymous or inner.anonymous and inner.members and is_deep(inner) then
            return true
        end
    end
    return false
end

-- C statements that print where the members are, in bits, and their size in bytes.
local function probe(tag, info)
    local code = { ('puts("%s"); printf("%%zu %%zu\\n", sizeof(%s), _Alignof(%s));'):format(tag, tag, tag) }
    walk(info, "", function(path, member)
        if not path then
            code[#code + 1] = 'puts("-");'
        elseif member.width then
            code[#code + 1] = ("{ static %s v; v.%s = -1; bits(&v, sizeof v, %d); }"):format(tag, path,
                ffi.reflect(member.type).size)
        else
            local size = ffi.reflect(member.type).size and ("sizeof ((%s *)0)->%s"):format(tag, path) or "(size_t)0"
            code[#code + 1] = ('printf("%%zu %%zu\\n", offsetof(%s, %s) * 8, %s);'):format(tag, path, size)
        end
    end)
    return table.concat(code, "\n")
end

local FRAME = [[
#include <%s>
#include <stdio.h>
#include <stddef.h>
static void bits(const void *p, size_t size, size_t of)
{
    size_t i = 0;
    while (i < size * 8 && !(((const unsigned char *)p)[i / 8] >> i %% 8 & 1)) i++;
    printf("%%zu %%zu\n", i, of);
}
int main(void) {
%s
return 0; }
]]

-- A list of at most `limit` records of the header: scope, tag, and a list of "bit size" or "-" for each line of the
-- layout that shows a member, behind "size align".
function layouts.of(header, limit)
    local scope, text = layouts.scope_of(header)
    local seen, records, code = {}, {}, {}
    for tag in (text or ""):gmatch "%f[%w_]([us][nt][ir][ou][nc]t? [%a_][%w_]*) ?{" do
        local known, info = pcall(function() return scope.reflect(tag) end)
        if known and not seen[tag] and info.members and not is_deep(info) and #records < limit then
            seen[tag] = true
            records[#records + 1] = { scope = scope, tag = tag, header = header, lines = {} }
            code[#code + 1] = probe(tag, info)
        end
    end
    if #records == 0 then
        return records
    end
    local base = os.tmpname()
    support.write_file(base .. ".c", FRAME:format(header, table.concat(code, "\n")))
    local out = assert(run(("cc -w -D_GNU_SOURCE -o %s %s.c && %s"):format(base, base, base)), header)
    os.remove(base)
    os.remove(base .. ".c")
    local at = 0
    for line in out:gmatch "[^\n]+" do
        if records[at + 1] and line == records[at + 1].tag then
            at = at + 1
        else
            table.insert(records[at].lines, line)
        end
    end
    return records
end

return layouts
