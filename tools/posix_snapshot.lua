-- Writes the snapshot of the system's headers that cffi.posix reads: lua tools/posix_snapshot.lua FILE
-- Headers that this system does not have, or that do not go with the others, are left out.
local core = require "cffi"
local compiler = require "cffi.include.compiler"
local pieces = require "cffi.include.pieces"
local snapshot = require "cffi.include.snapshot"
local system = require "cffi.include.system"
local units = require "cffi.include.unit"

-- C11, POSIX.1-2017, then what Linux and the BSDs have. Each line a family.
local HEADERS = [[
assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h locale.h math.h setjmp.h
signal.h stdalign.h stdarg.h stdbool.h stddef.h stdint.h stdio.h stdlib.h stdnoreturn.h string.h time.h
uchar.h wchar.h wctype.h
aio.h arpa/inet.h cpio.h dirent.h dlfcn.h fcntl.h fmtmsg.h fnmatch.h ftw.h glob.h grp.h iconv.h langinfo.h
libgen.h monetary.h mqueue.h net/if.h netdb.h netinet/in.h netinet/tcp.h nl_types.h poll.h pthread.h pwd.h
regex.h sched.h search.h semaphore.h spawn.h strings.h sys/ipc.h sys/mman.h sys/msg.h sys/resource.h
sys/select.h sys/sem.h sys/shm.h sys/socket.h sys/stat.h sys/statvfs.h sys/time.h sys/times.h sys/types.h
sys/uio.h sys/un.h sys/utsname.h sys/wait.h syslog.h tar.h termios.h unistd.h utime.h utmpx.h wordexp.h
alloca.h argp.h argz.h crypt.h endian.h envz.h err.h error.h execinfo.h fstab.h fts.h getopt.h gshadow.h
ifaddrs.h link.h malloc.h mntent.h obstack.h paths.h printf.h pty.h resolv.h shadow.h stdio_ext.h
sysexits.h ucontext.h ustat.h utmp.h values.h
net/ethernet.h net/if_arp.h net/route.h netinet/ether.h netinet/icmp6.h netinet/ip.h netinet/ip6.h
netinet/ip_icmp.h netinet/udp.h netpacket/packet.h
sys/auxv.h sys/epoll.h sys/eventfd.h sys/fanotify.h sys/file.h sys/fsuid.h sys/inotify.h sys/ioctl.h
sys/klog.h sys/mount.h sys/param.h sys/personality.h sys/pidfd.h sys/prctl.h sys/ptrace.h sys/quota.h
sys/random.h sys/reboot.h sys/sendfile.h sys/signalfd.h sys/statfs.h sys/swap.h sys/syscall.h
sys/sysinfo.h sys/sysmacros.h sys/timerfd.h sys/timex.h sys/ttydefaults.h sys/user.h sys/vfs.h sys/xattr.h
linux/audit.h linux/can.h linux/can/raw.h linux/capability.h linux/close_range.h linux/fb.h linux/fiemap.h
linux/filter.h linux/fs.h linux/futex.h linux/gpio.h linux/genetlink.h linux/hidraw.h linux/i2c-dev.h
linux/i2c.h linux/if_addr.h linux/if_link.h linux/if_packet.h linux/if_tun.h linux/input.h
linux/io_uring.h linux/kd.h linux/landlock.h linux/limits.h linux/loop.h linux/magic.h linux/memfd.h
linux/neighbour.h linux/netlink.h linux/openat2.h linux/perf_event.h linux/random.h linux/rtc.h
linux/rtnetlink.h linux/sched.h linux/seccomp.h linux/serial.h linux/sockios.h linux/spi/spidev.h
linux/stat.h linux/taskstats.h linux/uinput.h linux/userfaultfd.h linux/vm_sockets.h linux/vt.h
linux/wait.h linux/watchdog.h
]]

local words, program, source = compiler.choose()
local how = { words = words, program = program, source = source }
local flags = compiler.flags {}
local left_out = {}

-- Whether the compiler takes these headers together.
local function go_together(headers)
    local arguments = table.move(flags, 1, #flags, 1, {})
    table.move({ "-fsyntax-only", "-w", "-x", "c", "-" }, 1, 5, #arguments + 1, arguments)
    return compiler.run(how, arguments, (compiler.include_lines(headers)),
        "cannot include the system's headers") == 0
end

-- Appends to `taken` those of all[from .. to] that go with what is there, found by halves.
local function take(taken, all, from, to)
    local list = table.move(taken, 1, #taken, 1, {})
    table.move(all, from, to, #list + 1, list)
    if go_together(list) then
        table.move(all, from, to, #taken + 1, taken)
    elseif from < to then
        local middle = (from + to) // 2
        take(taken, all, from, middle)
        take(taken, all, middle + 1, to)
    else
        left_out[#left_out + 1] = all[from]
    end
end

local all = {}
for header in HEADERS:gmatch "%S+" do
    all[#all + 1] = header
end
local headers = {}
take(headers, all, 1, #all)
local ffi, unit, complete = core.scope(), nil, nil
local read = compiler.read(how, flags, compiler.source(headers), function() end, function(read)
    for _, file in ipairs(read.files) do
        read.asked[file] = true -- every name is the snapshot's own
    end
    unit, complete = units.begin(ffi, read)
end)
complete()
pieces.add(unit, ffi)
unit.includes = snapshot.includes(read.includes)
unit.headers = "\n" .. table.concat(headers, "\n") .. "\n"
-- Whole and renamed, for a program may have the old one in its memory.
assert(system.write_whole(assert((...), "usage: posix_snapshot.lua FILE"), snapshot.encode(unit)))
io.stderr:write(("%d headers, %d files; left out: %s\n"):format(#headers, #read.files,
    left_out[1] and table.concat(left_out, " ") or "none"))
