/* How values travel between Lua's C functions and C code: shared by abi.c, ffitype.c, plan.c,
 * call.c, fastcall.c and callback.c, and by nobody else.
 *
 * One *frame* describes the arguments of one call: every argument register the platform has, then
 * the block of stack arguments. An argument is a list of pieces, each "these bytes of the value
 * lie at that offset of the frame", so that filling a frame, or taking it apart in a callback, is
 * copying bytes. The same holds for the result and the registers that bring it back.
 */
#ifndef LFFI_PLAN_H
#define LFFI_PLAN_H

#include <errno.h>
#include <stdatomic.h>

#include "lffi.h"

/* Which convention abi.c implements. Elsewhere libffi classifies, from real types (ffitype.c). */
#if defined LFFI_ABI_GENERIC
#elif defined __x86_64__ && defined __LP64__ && !defined _WIN32
#define LFFI_ABI_SYSV 1
#elif defined __aarch64__ && defined __LP64__ && !defined __APPLE__ && !defined __AARCH64EB__
#define LFFI_ABI_AAPCS 1
#else
#define LFFI_ABI_GENERIC 1
#endif

#ifdef LFFI_ABI_SYSV
enum { LFFI_GPRS = 6, LFFI_FPRS = 8, LFFI_RESULT_FPRS = 2 };
#else
enum { LFFI_GPRS = 8, LFFI_FPRS = 8, LFFI_RESULT_FPRS = 4 };
#endif

#define LFFI_INLINE inline __attribute__((always_inline))
#define LFFI_NOINLINE __attribute__((noinline)) /* what is rare, out of the way */

/* A 16-byte vector is what both conventions pass whole in one register. */
#define LFFI_VECTOR16 float __attribute__((vector_size(16)))

union lffi_fpr {
    float f;
    double d;
    LFFI_VECTOR16 v;
    unsigned char bytes[16];
};

/* The argument registers. `gpr` has one word more than there are registers: AArch64's x8. */
struct lffi_registers {
    union lffi_fpr fpr[LFFI_FPRS];
    uint64_t gpr[LFFI_GPRS];
    uint64_t hidden; /* AArch64: address for a result in memory */
    uint64_t unused;
};
_Static_assert(sizeof(struct lffi_registers) % 16 == 0, "the stack block follows, aligned to 16");

/* The frame of one call. A larger stack block lies in a userdata of the same form. */
enum { LFFI_STACK_BLOCK = 512 };
struct lffi_frame {
    struct lffi_registers regs;
    _Alignas(16) unsigned char stack[LFFI_STACK_BLOCK];
};
/* Bytes of stack that the register path passes along: usually, and when libffi cannot make the call
 * because it does not know of 128-bit floating registers. */
#ifdef LFFI_ABI_SYSV
enum { LFFI_FAST_STACK = LFFI_STACK_BLOCK, LFFI_WIDE_STACK = 8192 };
#else
enum { LFFI_FAST_STACK = 128, LFFI_WIDE_STACK = 0 };
#endif
#define LFFI_STACK_START ((uint32_t)offsetof(struct lffi_frame, stack))

/* The registers that bring a result back; x87 values lie in `fpr`. */
struct lffi_return {
    uint64_t gpr[2];
    union lffi_fpr fpr[LFFI_RESULT_FPRS];
};

/* The register that tells the callee where to write a result in memory. */
#ifdef LFFI_ABI_SYSV
#define LFFI_HIDDEN_RESULT(regs) (&(regs)->gpr[0])
#else
#define LFFI_HIDDEN_RESULT(regs) (&(regs)->hidden)
#endif

/* Which of them a function sets. */
enum lffi_return_kind {
    LFFI_RETURN_WORDS,    /* at most one general and one floating register, of 64 bits; void */
    LFFI_RETURN_GPRS,     /* two general registers */
    LFFI_RETURN_FPRS,     /* two floating registers (AArch64: up to four) */
    LFFI_RETURN_WIDE,     /* one floating register, all 128 bits */
    LFFI_RETURN_X87,      /* long double */
    LFFI_RETURN_X87_PAIR, /* long double _Complex */
    LFFI_RETURN_MEMORY    /* written to memory whose address the caller passed */
};

/* `size` bytes at `from` in the value lie at `to` in the frame (or in struct lffi_return). */
struct lffi_piece {
    uint32_t from, to, size;
};

/* How one value travels. */
enum { LFFI_MAX_PIECES = 4 };
struct lffi_way {
    unsigned npieces;
    bool indirect; /* piece[0].to holds the address of a copy of the value */
    struct lffi_piece piece[LFFI_MAX_PIECES];
};

/* What the arguments assigned so far have used up. */
struct lffi_assign {
    uint32_t gprs, fprs;
    uint32_t stack; /* bytes of the stack block */
    bool wide;      /* an argument, or the result, fills 128 bits of a floating register */
};


/* Bytes of arguments on the stack: far more than any real call, and safe on small thread stacks. */
enum { LFFI_MAX_STACK = 1 << 18 };

struct lffi_call;

/* ---- abi.c ----------------------------------------------------------------------------------- */

/* Assigns the next argument. False with `*why` when the value cannot be passed. */
bool lffi_abi_argument(struct lffi_assign *assign, const struct cdecl_type *type,
                       struct lffi_way *way, const char **why);
/* Says how a result comes back; a result in memory takes its register from `assign`, which must be
 * fresh. False with `*why` when it cannot. */
bool lffi_abi_result(struct lffi_assign *assign, const struct cdecl_type *type,
                     struct lffi_way *way, enum lffi_return_kind *kind, const char **why);

/* ---- plan.c ---------------------------------------------------------------------------------- */

/* LFFI_I8 .. LFFI_U64: an integer that fills one register at most. */
#define LFFI_IS_WORD(op) ((op) >= LFFI_I8 && (op) <= LFFI_U64)

enum {
    LFFI_PARAM_INDIRECT = 1,   /* AArch64: by address of a copy */
    LFFI_PARAM_FUNCTION = 2,   /* function pointer: a Lua function becomes a callback */
    LFFI_PARAM_STRING = 4,     /* pointer to const char: a Lua string passes as it is */
    LFFI_PARAM_TRANSPARENT = 8 /* transparent_union: takes what a member takes */
};

struct lffi_param {
    struct lffi_ctype *ct;
    int64_t min, max; /* integers: the Lua integers that are plain, right under every policy */
    uint32_t to;     /* pieces == 1: where the whole value lies in the frame */
    uint8_t op;      /* enum lffi_op; an enum's is that of its integer type */
    uint8_t pieces;  /* 0: an empty struct, nothing travels */
    uint8_t first;   /* pieces > 1: index into the plan's pieces */
    uint8_t flags;   /* LFFI_PARAM_* */
};

/* Everything about calling functions of one type. Immutable; a userdata held by the ctype. */
struct lffi_plan {
    struct lffi_ctype *ct;     /* the function type */
    const struct lffi_piece *pieces;
    struct lffi_ctype *const *promoted; /* variadic: types of plain Lua values, LFFI_PROMOTED_* */
    uint32_t nparams;
    uint32_t copies;           /* bytes of copies of indirect arguments */
    struct lffi_assign end;    /* after the last parameter; where variadic ones go on */
    struct lffi_param result;  /* offsets are in struct lffi_return */
    uint8_t result_kind;       /* enum lffi_return_kind */
    bool variadic;             /* ", ..." or "()" */
    bool by_libffi;            /* no register path */
    bool quick_callback;       /* scalars only, of which Lua's values are made without allocating */
    struct lffi_param param[];
};

enum {
    LFFI_PROMOTED_INTEGER,
    LFFI_PROMOTED_FLOAT,
    LFFI_PROMOTED_BOOLEAN,
    LFFI_PROMOTED_STRING,
    LFFI_PROMOTED_POINTER,
    LFFI_PROMOTED_COUNT
};

/* The plan, or NULL with the reason pushed as a string. May raise when memory is out. */
const struct lffi_plan *lffi_find_plan(lua_State *L, struct lffi_ctype *ct);

/* Where a printf-like function has its format and the first argument for it, counted from 1; both 0
 * for any other. */
struct lffi_format {
    uint16_t text, first;
    bool scan; /* scanf's rules, not printf's */
};

/* A format that fitted arguments of these kinds (direct.c): it is not read again. The string is
 * held by a user value of the record. */
struct lffi_seen {
    const void *text;
    uint64_t kinds;
};

/* Whose function runs. */
struct lffi_callee {
    struct lffi_state *st;
    const struct lffi_library *lib; /* NULL when called through a pointer */
};

/* What a Lua function of a namespace is about: the public record, and what calls need at once. The
 * plan is held by its ctype until lua_close, so upvalue 1 can be the record's bare address, which
 * is quicker to read; upvalues 2 and 3 keep the record and the library alive (docs/design.md S18).
 */
struct lffi_record {
    struct lffi_function pub;
    const struct lffi_plan *plan;
    struct lffi_callee callee; /* the library is that of `pub` */
    uint64_t nonnull; /* bit i: parameter i + 1 refuses NULL */
    uint64_t borrows; /* bit i: a Lua function given there is only called during the call */
    struct lffi_format format;
    /* results of a word: which of its bits count, 0 when it is no integer, and their sign bit */
    uint64_t result_mask, result_sign;
    struct lffi_seen seen[]; /* LFFI_SEEN_FORMATS of them when there is a format */
};
enum { LFFI_SEEN_FORMATS = 4 };
enum { LFFI_UPVALUE_ADDRESS = 1, LFFI_UPVALUE_RECORD, LFFI_UPVALUE_LIBRARY };

/* ---- call.c, direct.c ------------------------------------------------------------------------ */

/* The Lua function of any C function; upvalues as above. */
int lffi_call_function(lua_State *L);
/* Calls registers-only functions with plain arguments; all else it hands to lffi_call_function.
 * NULL when functions of this plan cannot be called so. */
lua_CFunction lffi_direct_caller(const struct lffi_record *record);
bool lffi_is_direct_caller(lua_CFunction fn);
/* The rare part of lffi_end_call. */
void lffi_after_call(lua_State *L, struct lffi_state *st, const struct lffi_call *running);

/* ---- format.c -------------------------------------------------------------------------------- */

/* Of a variadic function, by its attribute or as one of libc's. */
struct lffi_format lffi_format_of(const struct cdecl_decl *decl);
/* Raises when a variadic argument is not what the format reads. The arguments begin at index 1. */
void lffi_check_format(lua_State *L, const struct lffi_record *record, struct lffi_where *where,
                       int nargs);

/* ---- plain.c --------------------------------------------------------------------------------- */

/* Stores a plain Lua value that is right for the parameter under every policy. False: the general
 * conversion decides. */
bool lffi_store_plain(lua_State *L, const struct lffi_param *param, int idx, unsigned char *slot);
/* Pushes a plain value, or returns false. */
bool lffi_push_plain(lua_State *L, uint8_t op, const unsigned char *slot);
/* Widens the param's integer in the first bytes of a slot to the whole slot, as code compiled by
 * clang expects of small ones. */
void lffi_widen(const struct lffi_param *param, unsigned char *slot);
/* Puts a value together from its pieces, and back. `registers` is what offsets count from. */
void lffi_gather(const struct lffi_plan *plan, const struct lffi_param *param,
                 const unsigned char *registers, unsigned char *value);
void lffi_scatter(const struct lffi_plan *plan, const struct lffi_param *param,
                  const unsigned char *value, unsigned char *registers);

/* ---- the running call ------------------------------------------------------------------------ */

/* One running FFI call, on the C stack of the thread that makes it. */
struct lffi_call {
    struct lffi_call *outer;
    lua_State *L;              /* the stack that called; callbacks run on it */
    const struct lffi_callee *callee;
    int error_index;           /* stack index of the kept error of a callback, 0: none, or ... */
    int prepared; /* stack index of what quick callbacks have left there (enter.c), or 0 */
    uint32_t version;          /* with `prepared`: of the function there, and the slot it is of */
    const void *slot;
    const char *failure;       /* ... this, when it is LFFI_FAILED: an error without a Lua value */
    bool reported;             /* with an error: a suppressed callback has told ffi.onerror */
};
enum { LFFI_FAILED = -1 };

/* What a thread has: the innermost of its running calls, and where its errno lies, once known. The
 * address of the first names the thread. Defined in callback.c. */
struct lffi_thread {
    struct lffi_call *innermost;
    int *error_number;
};
#ifdef __GLIBC__ /* modules are loaded late, and glibc keeps room for such small variables */
#define LFFI_TLS __attribute__((tls_model("initial-exec")))
#else
#define LFFI_TLS
#endif
extern _Thread_local struct lffi_thread lffi_thread LFFI_TLS;
#define lffi_innermost (lffi_thread.innermost)

/* The hook that a Lua thread had before lffi_arm_hook. Places for the main thread and for those
 * whose calls are nested in each other; when there are more, the others are not armed. */
enum { LFFI_ARMED = 8 };
struct lffi_armed {
    lua_State *L; /* NULL: unused */
    lua_Hook hook;
    int mask, count;
};

struct lffi_slot;

/* What other threads and signal handlers may look at: outside every Lua state, never freed. */
struct lffi_gate {
    _Atomic(const void *) owner; /* &lffi_innermost of the owning thread */
    atomic_bool attention;       /* events wait for lffi_attend */
    _Atomic(struct lffi_slot *) events; /* slots that have some, newest first */
    struct lffi_armed armed[LFFI_ARMED]; /* the owner's */
    struct lffi_gate *next;      /* the free ones */
};

/* The errno of this thread. */
static LFFI_INLINE int *lffi_errno(void)
{
    if (lffi_thread.error_number == NULL)
        lffi_thread.error_number = &errno;
    return lffi_thread.error_number;
}

/* Begins the part of a call that runs C: nothing may raise until lffi_leave_c. */
static LFFI_INLINE void lffi_enter_c(lua_State *L,
                                                               const struct lffi_callee *callee,
                                                               struct lffi_call *running)
{
    struct lffi_state *st = callee->st;
    struct lffi_gate *gate = st->gate;
    running->outer = lffi_innermost;
    running->L = L;
    running->callee = callee;
    running->error_index = running->prepared = 0;
    if (gate != NULL)
        atomic_store_explicit(&gate->owner, &lffi_innermost, memory_order_relaxed);
    atomic_signal_fence(memory_order_release); /* a signal callback's handler looks at it */
    lffi_innermost = running;
    *lffi_errno() = st->saved_errno;
}

static LFFI_INLINE void lffi_leave_c(const struct lffi_callee *callee,
                                                               const struct lffi_call *running)
{
    callee->st->saved_errno = *lffi_thread.error_number;
    lffi_innermost = running->outer;
}

/* After lffi_leave_c: raises what callbacks of the call have left, runs what waits. */
static LFFI_INLINE void lffi_end_call(lua_State *L,
                                                                const struct lffi_callee *callee,
                                                                const struct lffi_call *running)
{
    const struct lffi_gate *gate = callee->st->gate;
    if (running->error_index != 0 ||
        (gate != NULL && atomic_load_explicit(&gate->attention, memory_order_relaxed)))
        lffi_after_call(L, callee->st, running);
}

/* Reports foreign-thread events and runs signal callbacks; may raise. Called at safe points. */
void lffi_attend(lua_State *L, struct lffi_state *st);
/* The callbacks made for one call only. */
struct lffi_loan {
    struct lffi_slot *slot;
    uint64_t born; /* of the slot: another one may have taken its place */
};
struct lffi_loans {
    uint32_t n;
    struct lffi_loan loan[];
};
/* Pushes room for so many loans, which end with the C function that runs at the latest. */
struct lffi_loans *lffi_push_loans(lua_State *L, uint32_t room);
void lffi_end_loans(lua_State *L, struct lffi_loans *loans); /* NULL: none */

/* ---- fastcall.c, ffitype.c ------------------------------------------------------------------- */

/* Runs the code at `address` with the registers and stack block of the frame, as far as `used`. The
 * registers that carry results come back in `ret`. */
void lffi_invoke(const struct lffi_plan *plan, void (*address)(void), const unsigned char *frame,
                 const struct lffi_assign *used, struct lffi_return *ret);
/* The same through libffi. */
void lffi_invoke_libffi(enum lffi_return_kind kind, void (*address)(void),
                        const unsigned char *frame, uint32_t stack_size, struct lffi_return *ret);
/* True when the environment (CFFI_NO_FASTCALL=1) asks for libffi wherever it can do the call. */
bool lffi_prefers_libffi(void);

#endif
