---@meta cffi

-- What every public name of `require "cffi"` takes, gives and raises: for lua-language-server, and
-- the one source of docs/reference.md and of the prompt's help. Never loaded as code. Each name
-- has a sentence, its parameters and results, "Errors:" where there is more than a wrong type, and
-- an example that the tests run: what follows --> is what it prints.
--
-- A `ct` is C text ("int *"), a type object or a C object; every function raises
-- "bad argument #1 to 'sizeof' (...)" for what it does not take.

---A C object: a number, struct, array, pointer or function of C, as `ffi.new`, `ffi.cast` and C functions give them.
---@class ffi.cdata: userdata
---A C type. Calling it is `ffi.new`; `ct.NAME` is a constant declared in it.
---@class ffi.ctype: userdata
---The functions, variables, constants and macros of a library, looked up when first asked for. Of headers also their types, and `pairs(ns)`.
---@class ffi.namespace: table
---A C function pointer made of a Lua function: `:free()` ends it, `:set(fn)` has it run another function, `<close>`.
---@class ffi.callback: ffi.cdata
---Memory with one owner: `:new(ct, ...)` as `ffi.new`, `:string(s)` a copy of a string as `char *`, `:close()`, `<close>`.
---@class ffi.arena: userdata
---A C call on another thread. `:wait([seconds])` gives the results, or `nil, "timeout"`, or `nil, "cancelled"`; `:done()`; `:errno()`, what C left; `:cancel()`, true when it had not begun; `<close>` cancels or waits; `:pollfd()`, `:events()` for cqueues.
---@class ffi.task: userdata
---A thread of one's own: `:call(fn, ...)` is `fn(...)` there, `:async(fn, ...)` a task; `:close()`, `<close>`.
---@class ffi.worker: userdata
---The functions, constants, macros, types and variables of C and POSIX, without declarations, headers or a compiler: `posix.open`, `posix.O_CLOEXEC`, `posix.S_ISDIR(mode)`, `posix["struct stat"]`, `posix.environ`. Of this system, as they were when the module was built; `pairs(posix)` lists them.
---@class cffi.posix: ffi.namespace
---An `ffi` with LuaJIT's rules; `install([{ source = true }])` brings what LuaJIT's programs expect. docs/luajit.md.
---@class cffi.luajit: ffi
---The object style of Ruby's Fiddle; its names are in `ffi`, too. docs/fiddle.md.
---@class cffi.fiddle: table
---@alias ffi.type string|ffi.ctype|ffi.cdata
---@alias ffi.policy "fit"|"strict"|"wrap"|"saturate"

---Calls to C libraries from declarations. `require "cffi"` is the default scope; `ffi.scope()` makes others.
---@class ffi
---@field C ffi.namespace what the process has loaded: the C library and the rest
---@field nullptr nil NULL, as Lua has it; a typed one is `ffi.cast("T *", nil)`
---@field onerror? fun(message: any) gets errors of callbacks that no Lua code waits for; nil: they go to stderr
---@field os "Linux"|"OSX"|"BSD"|"Windows"|"POSIX"|"Other" the system
---@field arch string the processor: "x64", "arm64", ...
---@field _VERSION string "cffi" and the version
local ffi = {}

---Declares the functions, variables, types and constants of a C text: all of it or, on an error, nothing.
---@param text string declarations as in a header; conditions and object-like macros work. `$` stands for an argument
---@param ... ffi.type|string|integer|table types, names or numbers for the `$` in the text; last may come options: `override` (true: replace what was declared), `defs` ({NAME = value}: macros for this text), `name` (of the text, in errors)
---Errors: "LINE:COLUMN: what is wrong", the line and a caret; "'f' redeclared as ..., was ...".
---Example:
---```lua
---ffi.cdef "int abs(int number);"
---print(ffi.C.abs(-5)) --> 5
---```
function ffi.cdef(text, ...) end

---Opens a library and gives its namespace.
---@param name string|string[] "z", "libz.so.1", a path, or alternatives that are tried in order
---@param options? boolean|table true: its symbols serve later libraries; or `global`, `overflow` (a policy for its functions), `flags` (of dlopen), `unload` (true: unmapped by the collector)
---@return ffi.namespace
---Errors: "cannot load 'NAME'" and everything that was tried.
---Example:
---```lua
---ffi.cdef "const char *zlibVersion(void);"
---local z = ffi.load "z"
---print(ffi.string(z.zlibVersion()):match "^%d") --> 1
---```
function ffi.load(name, options) end

---Unloads a library now; its functions raise from then on.
---@param library ffi.namespace
---Errors: for `ffi.C`; while one of its functions runs.
---Example:
---```lua
---local z = ffi.load "z"
---ffi.close(z)
---```
function ffi.close(library) end

---A new C object that Lua owns, zeroed and then initialised.
---@param ct ffi.type of `T[?]` the length follows, `T[]` takes that of its initialiser
---@param ... any the length of `T[?]`; initialisers: one table or object, or a value for each member or element
---@return ffi.cdata
---Errors: "too many initializers for 'int[2]'", and those of storing a value.
---Example:
---```lua
---local a = ffi.new("int[3]", { 10, 20, 30 })
---print(a[2], #a) --> 30	3
---```
function ffi.new(ct, ...) end

---The type object of a type; calling it is `ffi.new`.
---@param ct ffi.type|function a type, an object, or a C function of a namespace
---@param ... ffi.type|string|integer for the `$` in the text
---@return ffi.ctype
---Errors: "unknown type 'NAME'", with the nearest name.
---Example:
---```lua
---local int3 = ffi.typeof "int[3]"
---print(int3, #int3()) --> ctype<int[3]>	3
---```
function ffi.typeof(ct, ...) end

---What C's cast gives, always a C object. Integers wrap; pointers and integers become each other.
---@param ct ffi.type
---@param value any
---@return ffi.cdata
---Errors: "cannot convert ... to ..." where C has no such cast.
---Example:
---```lua
---print(ffi.tonumber(ffi.cast("uint8_t", 257))) --> 1
---```
function ffi.cast(ct, value) end

---Methods and operators for a struct, union or enum type: every metamethod of Lua 5.4, and `__new` for the constructor.
---@param ct ffi.type
---@param metatable table
---@return ffi.ctype
---Example:
---```lua
---ffi.cdef "struct metatype_point { double x, y; };"
---local point = ffi.metatype("struct metatype_point", {
---    __index = { norm = function(self) return (self.x ^ 2 + self.y ^ 2) ^ 0.5 end },
---})
---print(point(3, 4):norm()) --> 5.0
---```
function ffi.metatype(ct, metatable) end

---Has `finaliser(object)` called when the object is collected, or as a `<close>` variable ends.
---@generic T
---@param object T a C object; nil (a NULL result) stays nil
---@param finaliser? function a Lua or C function; nil removes it
---@return T
---Example:
---```lua
---ffi.cdef "void *malloc(size_t); void free(void *);"
---local memory = ffi.gc(ffi.C.malloc(100), ffi.C.free)
---print(ffi.isnull(memory)) --> false
---```
function ffi.gc(object, finaliser) end

---The size in bytes; nil when it is not known.
---@param ct ffi.type
---@param n? integer the length of a `T[?]`
---@return integer? bytes
---Example:
---```lua
---print(ffi.sizeof "int[4]", ffi.sizeof("char[?]", 10)) --> 16	10
---```
function ffi.sizeof(ct, n) end

---The alignment in bytes.
---@param ct ffi.type
---@return integer bytes
---Example:
---```lua
---print(ffi.alignof "int") --> 4
---```
function ffi.alignof(ct) end

---Where a member begins.
---@param ct ffi.type
---@param member string
---@return integer? bytes
---@return integer? bit of a bit-field: its first bit within that byte
---@return integer? width of a bit-field, in bits
---Example:
---```lua
---ffi.cdef "struct offsetof_s { int a; char b; };"
---print(ffi.offsetof("struct offsetof_s", "b")) --> 4
---```
function ffi.offsetof(ct, member) end

---Whether a value is a C object of the type; qualifiers do not count, and a pointer to a struct is accepted for it.
---@param ct ffi.type
---@param value any
---@return boolean
---Example:
---```lua
---print(ffi.istype("int", ffi.new "int"), ffi.istype("int", 1)) --> true	false
---```
function ffi.istype(ct, value) end

---Lua's `type` that knows "cdata" and "ctype".
---@param value any
---@return string
---Example:
---```lua
---print(ffi.type(ffi.new "int"), ffi.type(1)) --> cdata	number
---```
function ffi.type(value) end

---A Lua string of the bytes at a pointer: n, or up to a zero or the end of an array.
---@param pointer ffi.cdata|string|nil nil gives nil
---@param n? integer bytes
---@return string?
---Errors: "index out of bounds" when n is more than an array has.
---Example:
---```lua
---print(ffi.string(ffi.new("char[8]", "text"))) --> text
---```
function ffi.string(pointer, n) end

---Copies bytes, as memcpy does; of a string without n also its final zero.
---@param to ffi.cdata
---@param from ffi.cdata|string
---@param n? integer bytes; may be left out for a string
---Errors: when either is known to be smaller.
---Example:
---```lua
---local buffer = ffi.new "char[8]"
---ffi.copy(buffer, "text")
---print(ffi.string(buffer)) --> text
---```
function ffi.copy(to, from, n) end

---Fills bytes, as memset does.
---@param to ffi.cdata
---@param n integer bytes
---@param byte? integer 0 unless given
---Errors: when the object is known to be smaller.
---Example:
---```lua
---local buffer = ffi.new "char[4]"
---ffi.fill(buffer, 3, 0x41)
---print(ffi.string(buffer)) --> AAA
---```
function ffi.fill(to, n, byte) end

---C's `errno` as the last call through this module left it on this thread.
---@param n? integer its value for the next call
---@return integer number what it was
---Example:
---```lua
---ffi.errno(2)
---print(ffi.errno()) --> 2
---```
function ffi.errno(n) end

---The text of an error number.
---@param n? integer `ffi.errno()` unless given
---@return string
---Example:
---```lua
---print(ffi.strerror(2)) --> No such file or directory
---```
function ffi.strerror(n) end

---A C function pointer that calls a Lua function. It lives until `:free()`, `<close>`, or the end of the Lua state.
---@param ct ffi.type a function pointer or function type
---@param fn function
---@param options? table `error` (what C gets after an error), `onerror` (a function for the error), `always` (true: runs also after an error), `signal` (true: a signal handler, fn runs at the next safe point), `thread` ("run", "post", "owner" or "value": what happens on threads that do not run Lua)
---@return ffi.callback
---Errors: "cannot make a callback of type ..." for types that no callback can have.
---Example:
---```lua
---local twice = ffi.callback("int (*)(int)", function(n) return 2 * n end)
---print(twice(21)) --> 42
---twice:free()
---```
function ffi.callback(ct, fn, options) end

---Frees the callbacks that were made when `fn` was passed to C.
---@param fn function
---@return integer count how many there were
---Example:
---```lua
---print(ffi.release(print)) --> 0
---```
function ffi.release(fn) end

---The living callbacks of all scopes: a list of tables with `type` (text), `fn`, `created` (file and line), `calls` (how many), `shared` (made by passing the function).
---@return table[]
---Example:
---```lua
---print(#ffi.callbacks() >= 0) --> true
---```
function ffi.callbacks() end

---Lets other threads run callbacks, and runs those that wait for this thread, as the end of every call of C does.
---@param seconds? number waits that long at most for the first; none: only those that wait now
---@return integer count how many have run
---Errors: for times that are negative.
---Example:
---```lua
---print(ffi.poll()) --> 0
---```
function ffi.poll(seconds) end

---A file descriptor that is readable while a callback waits for Lua or a task has ended that nobody has looked at, for event loops: when it is, call `ffi.poll()`.
---@return integer fd the same each time; it is not to be read from
---Example:
---```lua
---print(ffi.fd() == ffi.fd()) --> true
---```
function ffi.fd() end

---Ends, for good and in all scopes, what scripts may add: declarations, libraries, pointer casts, callbacks. What is bound goes on working. For hosts; SECURITY.md says what it does not do.
---Errors: afterwards "no new declarations after ffi.lock()", and likewise for the others.
---Example:
---```lua
---print(ffi.locked()) --> false
---```
function ffi.lock() end

---Whether `ffi.lock` was called.
---@return boolean
---Example:
---```lua
---print(ffi.locked()) --> false
---```
function ffi.locked() end

---Calls a C function on another thread: arguments are converted now, and what they refer to is kept until C is over.
---@param fn function|ffi.cdata a function of a namespace, or a function pointer
---@param ... any its arguments
---@return ffi.task
---Errors: those of `fn(...)` for arguments that do not fit; that the system has no thread left.
---Example:
---```lua
---ffi.cdef "int abs(int);"
---print(ffi.async(ffi.C.abs, -3):wait()) --> 3
---```
function ffi.async(fn, ...) end

---In a coroutine: waits for a task, yielding the task until it is done.
---@param task ffi.task
---@return any ... the results
---Errors: outside of coroutines, where `task:wait()` is right.
---Example:
---```lua
---ffi.run(function() print(ffi.await(ffi.async(ffi.C.abs, -4))) end) --> 4
---```
function ffi.await(task) end

---Runs functions as coroutines beside each other until all have returned; those that await tasks let the others go on.
---@param ... function
---Errors: the first error of one of them, at once.
---Example:
---```lua
---ffi.run(function() coroutine.yield() print "second" end, function() print "first" end) --> first
-----> second
---```
function ffi.run(...) end

---How many threads run tasks at most: 4 unless set.
---@param n? integer
---@return integer before
---Example:
---```lua
---print(ffi.threads()) --> 4
---```
function ffi.threads(n) end

---One thread of its own, for C libraries that keep state by thread.
---@return ffi.worker
---Example:
---```lua
---local worker <close> = ffi.worker()
---print(worker:call(ffi.C.abs, -5)) --> 5
---```
function ffi.worker() end

---What happens to integers that do not fit: "fit" (an error; unsigned types take negative ones of their width), "strict" (an error), "wrap" (modulo 2^N), "saturate" (the nearest).
---@param policy? ffi.policy
---@return ffi.policy before the one that was in force
---Example:
---```lua
---print(ffi.overflow()) --> fit
---```
function ffi.overflow(policy) end

---Lets the objects of a big-integer library pass as C integers.
---@param metatable table theirs
---@param fn? fun(object: any): integer|string the value, as an integer or as decimal or hexadecimal digits; nil: no longer
---Example:
---```lua
---local big = setmetatable({ "18446744073709551615" }, { __name = "big" })
---ffi.integer_type(getmetatable(big), function(object) return object[1] end)
---print(ffi.cast("uint64_t", big)) --> 18446744073709551615
---```
function ffi.integer_type(metatable, fn) end

---An independent `ffi`, with names and rules of its own.
---@param options? table `overflow` (a policy), `bounds` (false: array indices are not checked), `luajit` (true: LuaJIT's rules), `stays` (true: until `lua_close`)
---@return ffi
---Example:
---```lua
---local other = ffi.scope { overflow = "wrap" }
---print(other.new("uint8_t[1]", { 257 })[0]) --> 1
---```
function ffi.scope(options) end

---A pointer to an object, to its member or element, or to the function or variable of a library.
---@param object ffi.cdata|ffi.namespace|function
---@param name? string|integer of the member or of the library's function or variable, or the index of the element
---@return ffi.cdata
---Example:
---```lua
---print(ffi.typeof(ffi.addressof(ffi.new "int[3]"))) --> ctype<int (*)[3]>
---print(ffi.addressof(ffi.new("int[3]", 5, 6, 7), 1)[0]) --> 6
---```
function ffi.addressof(object, name) end

---What passes a struct or union by value where C has `...`; the object itself passes its address there.
---@param object ffi.cdata
---@return userdata
---Example:
---```lua
---local div = ffi.byvalue(ffi.new "struct { int quot, rem; }")
---print(pcall(ffi.byvalue, 5)) --> false	bad argument #1 to 'byvalue' (struct or union expected, got integer 5)
---```
function ffi.byvalue(object) end

---The Lua value that an object would be as the result of a C function.
---@param object ffi.cdata
---@return any
---Example:
---```lua
---print(ffi.toretval(ffi.new("int", 5))) --> 5
---```
function ffi.toretval(object) end

---A Lua number of a C number, of digits, or of an object of a big-integer library; nil when it is none.
---@param value any
---@param base? integer of digits
---@return number?
---Example:
---```lua
---print(ffi.tonumber(ffi.new("double", 1.5)), ffi.tonumber("ff", 16)) --> 1.5	255
---```
function ffi.tonumber(value, base) end

---A struct as a table by name, an array as a list from 1, what is inside them likewise.
---@param object ffi.cdata
---@param n? integer elements, of a pointer
---@return table
---Example:
---```lua
---print(table.concat(ffi.totable(ffi.new("int[3]", { 1, 2, 3 })), " ")) --> 1 2 3
---```
function ffi.totable(object, n) end

---Lua's `math.type` that knows C numbers.
---@param value any
---@return "integer"|"float"|nil
---Example:
---```lua
---print(ffi.math_type(ffi.new "uint64_t"), ffi.math_type "1") --> integer	nil
---```
function ffi.math_type(value) end

---Whether a value is nil or a NULL pointer.
---@param value any
---@return boolean
---Example:
---```lua
---print(ffi.isnull(nil), ffi.isnull(ffi.cast("void *", 0))) --> true	true
---```
function ffi.isnull(value) end

---Whether two values are equal as C compares them, objects with Lua numbers too, which `==` cannot.
---@param a any
---@param b any
---@return boolean
---Example:
---```lua
---print(ffi.eq(ffi.new("int64_t", 5), 5)) --> true
---```
function ffi.eq(a, b) end

---A Lua function for a C function pointer, as fast as one of a library.
---@param pointer ffi.cdata a function pointer; any pointer when a declaration is given
---@param name string its name in errors, or its declaration
---@param library? ffi.namespace what must stay loaded
---@return function
---Example:
---```lua
---ffi.cdef "int abs(int number);"
---local pointer = ffi.cast("void *", ffi.C.abs)
---print(ffi.tofunction(pointer, "int my_abs(int number)")(-3)) --> 3
---```
function ffi.tofunction(pointer, name, library) end

---Says after the fact how a declared function is called, as `[[cffi::...]]` in its declaration does.
---@param ns ffi.namespace the library, whose scope it is declared in
---@param name string the function; what was fetched follows at once
---@param attributes table `errno`, `status`, `string`, `owned`, `count` of the function; numbers or names of parameters: their attributes as text
---Errors: what the declaration would raise.
---Example:
---```lua
---ffi.cdef "double frexp(double x, int *exponent);"
---ffi.annotate(ffi.C, "frexp", { exponent = "out" })
---print(ffi.C.frexp(8)) --> 0.5	4
---```
function ffi.annotate(ns, name, attributes) end

---An owner of memory: what it made is used until it is closed.
---@return ffi.arena
---Example:
---```lua
---local arena <close> = ffi.arena()
---local names = arena:new("const char *[2]")
---names[0] = arena:string "one"
---print(ffi.string(names[0])) --> one
---```
function ffi.arena() end

---A `void *` that stands for a Lua value as long as the object that is returned lives.
---@param value any
---@return ffi.cdata
---Example:
---```lua
---local handle = ffi.handle { 42 }
---print(ffi.from_handle(handle)[1]) --> 42
---```
function ffi.handle(value) end

---The Lua value that a handle stands for.
---@param pointer ffi.cdata a `void *` that came from `ffi.handle`
---@return any
---Errors: "'0x3' is no handle, or one whose value is gone".
---Example:
---```lua
---local handle = ffi.handle "text"
---print(ffi.from_handle(handle)) --> text
---```
function ffi.from_handle(pointer) end

---The value of a C constant expression, as an object of its type.
---@param text string
---@param ... ffi.type|string|integer for the `$` in the text
---@return ffi.cdata
---Errors: "the expression is not a constant".
---Example:
---```lua
---print(ffi.eval "sizeof(int) * 3 + 0x10") --> 28
---```
function ffi.eval(text, ...) end

---What a C text declares, as a list of tables (`kind`, `name`, `type`, `symbol`, `text`, `names` of parameters; a constant's
---`value`), without declaring it. The list of more than 10,000 makes these when asked: `#`, indices, `ipairs`, `pairs` and the
---functions of `table` find them; `next` and `rawlen` only after `pairs` or a write.
---@param text string
---@param ... ffi.type|string|integer for the `$` in the text
---@return table[]
---Example:
---```lua
---for _, decl in ipairs(ffi.parse "int f(void); typedef long t;") do
---    print(decl.kind, decl.name) --> function	f
---end --> typedef	t
---```
function ffi.parse(text, ...) end

---What a type is, as a plain table. All have `kind`, `name`, `complete`, and `size` and `align` when these are known. Integers: `signed`, `bits`. Pointers: `target`. Arrays, vectors: `element`, `count`. Structs, unions: `tag`, `members`, a list of `name`, `type`, `text`, `offset` and, of bit-fields, `bit`, `width`. Enums: `tag`, `underlying`, `constants`, a list of `name`, `value`. Functions: `result`, `params` (types), `variadic`; those of a namespace also `names` (of the parameters), `symbol`, `text` and `annotations`.
---@param ct ffi.type|function
---@return table
---Example:
---```lua
---print(ffi.reflect("int[3]").count, ffi.reflect("int[3]").element) --> 3	ctype<int>
---```
function ffi.reflect(ct) end

---What one name was declared as; nil when it was not.
---@param name string
---@return string? kind "function", "variable", "typedef", "constant", "macro"
---@return string? text of C
---@return string? file
---@return integer? line
---Example:
---```lua
---ffi.cdef("int declaration_f(char *);", { name = "mine.h" })
---print(ffi.declaration "declaration_f") --> function	int declaration_f(char *)	mine.h	1
---```
function ffi.declaration(name) end

---Iterates over what the scope has declared: name, kind, C text, file, line. `for name, kind in ffi.declarations(pattern), "names" do` is spared the rest, which takes longer than all else.
---@param pattern? string of Lua, for the names
---@return fun(): string?, string?, string?, string?, integer?
---Example:
---```lua
---ffi.cdef "int declared_one(void);"
---for name, kind in ffi.declarations "^declared_" do print(name, kind) end --> declared_one	function
---```
function ffi.declarations(pattern) end

---Iterates over what a library exports: name, kind ("function", "object", "other"), size, whether it is declared.
---@param library ffi.namespace
---@param pattern? string of Lua, for the names
---@return fun(): string?, string?, integer?, boolean?
---Example:
---```lua
---for name, kind in ffi.symbols(ffi.load "z", "^zlibVersion$") do print(name, kind) end --> zlibVersion	function
---```
function ffi.symbols(library, pattern) end

---The layout of a type as text: offset and size of each member, holes, padding, cache lines.
---@param ct ffi.type
---@return string
---Example:
---```lua
---print(ffi.layout "struct { char a; int b; }":match "XXX 3 bytes hole") --> XXX 3 bytes hole
---```
function ffi.layout(ct) end

---Any value as text: members and enumerators by name, texts as text, bytes in hex, pointers followed one level when their memory can be read.
---@param value any
---@param options? integer|table the depth, or `depth`, `width` (columns of a line) and `items` (of one object)
---@return string
---Example:
---```lua
---ffi.cdef "struct inspect_s { int a; char text[8]; };"
---print(ffi.inspect(ffi.new("struct inspect_s", 1, "one"))) --> struct inspect_s {a = 1, text = "one"}
---```
function ffi.inspect(value, options) end

---The bytes at a pointer or of an object as text with addresses; memory that cannot be read is said to be so.
---@param value ffi.cdata|string
---@param n? integer bytes
---@return string
---Example:
---```lua
---print(ffi.hexdump("ABC"):match "41 42 43") --> 41 42 43
---```
function ffi.hexdump(value, n) end

---Declares what C headers declare, as the compiler reads them, and gives a namespace of their functions, constants, macros and types.
---@param headers string|string[] "zlib.h", "./mine.h"
---@param options? table `pkg`, `lib`, `defs`, `undefs`, `cflags`, `cc`, `compile`, `functions`: see docs/include.md
---@return ffi.namespace
---Errors: what the compiler says.
---Example:
---```lua
---local header = ffi.include "zlib.h"
---print(header.Z_BEST_SPEED, ffi.sizeof(header.z_stream)) --> 1	112
---```
function ffi.include(headers, options) end

---Has the compiler build C text, once, and gives its namespace, declared from the text itself.
---@param text string C
---@param options? table `headers`, `cc`, `cflags`, `defs`, `undefs`, `pkg`, `lib`: see docs/include.md
---@return ffi.namespace
---Errors: what the compiler says, with lines of the text.
---Example:
---```lua
---print(ffi.compile("int twice(int x) { return 2 * x; }").twice(21)) --> 42
---```
function ffi.compile(text, options) end

---Compares declarations with the headers they stand for, by the system's compiler: sizes, offsets, constants, prototypes, types of variables.
---@param text string declarations as for `ffi.cdef`
---@param headers string|string[] "zlib.h", "./mine.h"
---@param options? table `cc`, `cflags`, `defs`, `undefs` as for `ffi.include`; `name` (of the text, in errors)
---@return integer numbers how many sizes, offsets and values were compared
---@return integer declared how many functions, variables and typedefs
---Errors: the first difference: "the declarations differ from <zlib.h>: the value of 'Z_BEST_SPEED' is 2, the compiler says 1".
---Example:
---```lua
---print(ffi.verify("const char *zlibVersion(void);", "zlib.h")) --> 0	1
---```
function ffi.verify(text, headers, options) end

---Iterates over the structs, unions and enums that the scope's texts have named: "struct name", the keyword, whether it is complete.
---@param pattern? string of Lua, for the names
---@return fun(): string?, string?, boolean?
---Example:
---```lua
---ffi.cdef "struct tags_handle; enum tags_color { TAGS_RED };"
---for name, _, complete in ffi.tags "^tags_" do print(name, complete) end --> struct tags_handle	false
-----> enum tags_color	true
---```
function ffi.tags(pattern) end

---Whether something is true of the target: "64bit", "32bit", "le", "be", "fpu", "hardfp", ...
---@param name string
---@return boolean
---Example:
---```lua
---print(ffi.abi "64bit" ~= ffi.abi "32bit") --> true
---```
function ffi.abi(name) end

return ffi
