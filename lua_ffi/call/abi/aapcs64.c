/* AAPCS64, the convention of 64-bit Arm, as gcc applies it to C: which register or stack slot each
 * byte of an argument or result travels in, calls through C function-pointer types, and libffi's
 * view of results.
 *
 * Depends on the type description (abi.h, cdecl.h) and on libffi.h; no Lua. It allocates nothing.
 */
#include <string.h>

#include "call/abi/assign.h"
#include "call/libffi.h"

#ifdef LFFI_ABI_AAPCS64

/* ---- where values travel --------------------------------------------------------------------- */

/* A homogeneous aggregate: `count` floating values or vectors of `size` bytes. */
struct homogeneous {
    uint64_t size;
    uint64_t count;
    uint8_t prim; /* CDECL_PRIM_COUNT for vectors */
};

static bool homogeneous(const struct cdecl_type *type, struct homogeneous *h);

/* One more kind of element; false when it differs from the others. */
static bool same_element(struct homogeneous *h, uint64_t size, uint8_t prim, uint64_t count)
{
    /* long double and _Float128 are one machine format, as are the vectors of one size */
    if (h->size != 0 &&
        (h->size != size || (h->prim == CDECL_PRIM_COUNT) != (prim == CDECL_PRIM_COUNT)))
        return false;
    h->size = size;
    h->prim = prim;
    h->count += count;
    return true;
}

static bool homogeneous_members(const struct cdecl_type *type, struct homogeneous *h)
{
    uint64_t longest = 0;
    for (uint32_t i = 0; i < type->tag->nmembers; i++) {
        const struct cdecl_member *member = &type->tag->members[i];
        struct homogeneous inner = {h->size, 0, h->prim};
        if (member->width != CDECL_NOT_BITFIELD) {
            if (member->width == 0 && type->kind == CDECL_STRUCT)
                continue; /* a union counts it, to gcc */
            return false;
        }
        if (!homogeneous(member->type, &inner))
            return false;
        h->size = inner.size;
        h->prim = inner.prim;
        if (type->kind == CDECL_UNION)
            longest = inner.count > longest ? inner.count : longest;
        else
            longest += inner.count;
    }
    h->count += longest;
    return cdecl_sizeof(type) == longest * h->size; /* no padding anywhere */
}

static bool homogeneous(const struct cdecl_type *type, struct homogeneous *h)
{
    if (type->kind == CDECL_STRUCT || type->kind == CDECL_UNION)
        return homogeneous_members(type, h);
    if (type->kind == CDECL_FLOAT)
        return same_element(h, type->size, type->prim, 1);
    if (type->kind == CDECL_COMPLEX)
        return same_element(h, type->size / 2, CDECL_PRIM_DOUBLE, 2);
    if (type->kind == CDECL_VECTOR)
        return same_element(h, type->size, CDECL_PRIM_COUNT, 1);
    if (type->kind == CDECL_ARRAY && type->count < CDECL_COUNT_VLA) {
        struct homogeneous inner = {h->size, 0, h->prim};
        if (type->count == 0 || !homogeneous(type->target, &inner))
            return type->count == 0;
        if (type->count > LFFI_MAX_PIECES)
            return false;
        *h = (struct homogeneous){inner.size, h->count + inner.count * type->count, inner.prim};
        return true;
    }
    return false;
}

/* True for what travels in floating registers: floats, vectors, homogeneous aggregates. */
static bool in_fprs(const struct cdecl_type *type, struct homogeneous *h)
{
    *h = (struct homogeneous){0};
    return homogeneous(type, h) && h->count > 0 && h->count <= LFFI_MAX_PIECES;
}

static bool is_composite(const struct cdecl_type *type)
{
    return type->kind == CDECL_STRUCT || type->kind == CDECL_UNION;
}

static uint32_t natural_align(const struct cdecl_type *type)
{
    uint32_t align = 1;
    if (!is_composite(type))
        return cdecl_alignof(type->unqual);
    for (uint32_t i = 0; i < type->tag->nmembers; i++) {
        uint32_t member = lffi_member_align(type, &type->tag->members[i]);
        if (type->tag->members[i].width == CDECL_NOT_BITFIELD && member > align)
            align = member;
    }
    return align;
}

static uint32_t argument_align(const struct cdecl_type *type)
{
    return natural_align(type) >= 16 ? 16 : 8;
}

static bool argument_in_fprs(struct lffi_assign *assign, const struct cdecl_type *type,
                             const struct homogeneous *h, struct lffi_way *way, const char **why)
{
    if (assign->fprs + h->count > LFFI_FPRS) {
        assign->fprs = LFFI_FPRS;
        return lffi_add_stack(assign, way, cdecl_sizeof(type), argument_align(type), why);
    }
    for (uint64_t i = 0; i < h->count; i++)
        lffi_add_piece(way, i * h->size, lffi_fpr_offset(assign->fprs++), h->size);
    assign->wide |= h->size == 16;
    return true;
}

bool lffi_abi_argument(struct lffi_assign *assign, const struct cdecl_type *type,
                       struct lffi_way *way, const char **why)
{
    struct homogeneous h;
    uint64_t size = cdecl_sizeof(type);
    uint32_t words;
    *way = (struct lffi_way){0};
    if (!lffi_vectors_supported(type, why))
        return false;
    if (size == 0)
        return true;
    if (in_fprs(type, &h))
        return argument_in_fprs(assign, type, &h, way, why);
    way->indirect = size > 16;
    if (way->indirect)
        size = sizeof(void *);
    else if (argument_align(type) == 16)
        assign->gprs = lffi_align_up(assign->gprs, 2);
    words = (uint32_t)(size + 7) / 8;
    if (assign->gprs + words <= LFFI_GPRS) {
        lffi_add_piece(way, 0, lffi_gpr_offset(assign->gprs), size);
        assign->gprs += words;
        return true;
    }
    assign->gprs = LFFI_GPRS;
    return lffi_add_stack(assign, way, size, way->indirect ? 8 : argument_align(type), why);
}

bool lffi_abi_result(struct lffi_assign *assign, const struct cdecl_type *type,
                     struct lffi_way *way, enum lffi_return_kind *kind, const char **why)
{
    struct homogeneous h;
    (void)assign; /* the address of a result in memory has a register of its own, x8 */
    *way = (struct lffi_way){0};
    *kind = LFFI_RETURN_GPRS;
    if (type->kind == CDECL_VOID || cdecl_sizeof(type) == 0)
        return true;
    if (!lffi_vectors_supported(type, why))
        return false;
    if (in_fprs(type, &h)) {
        *kind = LFFI_RETURN_FPRS;
        for (uint64_t i = 0; i < h.count; i++)
            lffi_add_piece(way, i * h.size, offsetof(struct lffi_return, fpr) + 16 * i, h.size);
    } else if (cdecl_sizeof(type) > 16) {
        *kind = LFFI_RETURN_MEMORY;
    } else {
        lffi_add_piece(way, 0, 0, cdecl_sizeof(type));
    }
    return true;
}

/* ---- libffi's view of results ---------------------------------------------------------------- */

static ffi_type *two_words[] = {&ffi_type_uint64, &ffi_type_uint64, NULL};
static ffi_type two_words_type = LFFI_STRUCT_TYPE(16, two_words);
static ffi_type *four_quads[] = {&ffi_type_longdouble, &ffi_type_longdouble, &ffi_type_longdouble,
                                 &ffi_type_longdouble, NULL};
static ffi_type four_quads_type = {64, 16, FFI_TYPE_STRUCT, four_quads};
static ffi_type *in_memory[] = {&ffi_type_uint64, &ffi_type_uint64, &ffi_type_uint64, NULL};
static ffi_type in_memory_type = LFFI_STRUCT_TYPE(24, in_memory);

ffi_type *lffi_abi_result_type(enum lffi_return_kind kind)
{
    if (kind == LFFI_RETURN_MEMORY)
        return &in_memory_type;
    return kind == LFFI_RETURN_FPRS ? &four_quads_type : &two_words_type;
}

static void return_from_libffi(enum lffi_return_kind kind, const void *value,
                               struct lffi_return *ret)
{
    if (kind == LFFI_RETURN_FPRS)
        memcpy(ret->fpr, value, sizeof ret->fpr);
    else if (kind != LFFI_RETURN_MEMORY)
        memcpy(ret->gpr, value, sizeof ret->gpr);
}

void lffi_return_to_libffi(enum lffi_return_kind kind, const struct lffi_return *ret, void *value)
{
    if (kind == LFFI_RETURN_FPRS)
        memcpy(value, ret->fpr, sizeof ret->fpr);
    else if (kind != LFFI_RETURN_MEMORY)
        memcpy(value, ret->gpr, sizeof ret->gpr);
}

/* Its frames are large: apart from those of plain calls. A result in memory goes to where x8 is to
 * point. */
static LFFI_NOINLINE void invoke_libffi(enum lffi_return_kind kind, void (*address)(void),
                                        const unsigned char *frame, uint32_t stack,
                                        struct lffi_return *ret)
{
    const struct lffi_registers *regs = (const struct lffi_registers *)(const void *)frame;
    _Alignas(16) unsigned char scratch[16 * LFFI_MAX_PIECES];
    void *value = kind == LFFI_RETURN_MEMORY ? (void *)(uintptr_t)regs->hidden : scratch;
    lffi_invoke_libffi(lffi_abi_result_type(kind), address, frame, stack, value);
    return_from_libffi(kind, value, ret);
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* Integer and floating arguments travel in separate registers, so one type, all general registers
 * then all floating ones, calls every function whose arguments fit; eight-byte words after them
 * become the stack block. */

/* What is passed: a few registers, the general ones, all of them, words of stack, all 128 bits of
 * the floating registers. */
enum shape { SHAPE_3, SHAPE_GENERAL, SHAPE_REGISTERS, SHAPE_8, SHAPE_16, SHAPE_WIDE };

#define GPRS(g) LFFI_GPR_VALUES(g)
#define FPRS(f, as) LFFI_FPR_VALUES(f, as)

/* A function that calls code returning R. */
#define DEFINE_CALLER(name, R)                                                                     \
    static R name(void (*address)(void), const struct lffi_registers *regs, const uint64_t *stack, \
                  enum shape shape)                                                                \
    {                                                                                              \
        R (*code)(uint64_t, ...) = (R(*)(uint64_t, ...))address;                                   \
        const uint64_t *g = regs->gpr;                                                             \
        const union lffi_fpr *f = regs->fpr;                                                       \
        switch (shape) {                                                                           \
        case SHAPE_3: return code(g[0], g[1], g[2]);                                               \
        case SHAPE_GENERAL: return code(GPRS(g));                                                  \
        case SHAPE_REGISTERS: return code(GPRS(g), FPRS(f, d));                                    \
        case SHAPE_8: return code(GPRS(g), FPRS(f, d), LFFI_WORDS8(stack));                        \
        case SHAPE_16: return code(GPRS(g), FPRS(f, d), LFFI_WORDS16(stack));                      \
        case SHAPE_WIDE: break;                                                                    \
        }                                                                                          \
        return code(GPRS(g), FPRS(f, v), LFFI_WORDS16(stack));                                     \
    }

DEFINE_CALLER(call_gprs, struct lffi_words)
DEFINE_CALLER(call_fprs, struct lffi_vectors)

static void call_by_kind(enum lffi_return_kind kind, void (*address)(void),
                         const struct lffi_registers *regs, const uint64_t *stack, enum shape shape,
                         struct lffi_return *ret)
{
    if (kind == LFFI_RETURN_FPRS) {
        struct lffi_vectors got = call_fprs(address, regs, stack, shape);
        memcpy(ret->fpr, &got, sizeof got);
    } else {
        struct lffi_words got = call_gprs(address, regs, stack, shape);
        ret->gpr[0] = got.low;
        ret->gpr[1] = got.high;
    }
}

static enum shape shape_of(const struct lffi_assign *used)
{
    if (used->wide)
        return SHAPE_WIDE;
    if (used->stack > 0)
        return used->stack > 64 ? SHAPE_16 : SHAPE_8;
    if (used->fprs > 0)
        return SHAPE_REGISTERS;
    return used->gprs <= 3 ? SHAPE_3 : SHAPE_GENERAL;
}

bool lffi_is_general(enum lffi_return_kind kind, const struct lffi_assign *used)
{
    return kind != LFFI_RETURN_MEMORY && !used->wide && used->stack == 0 && used->fprs == 0;
}

void lffi_invoke(enum lffi_return_kind kind, bool prefer_libffi, void (*address)(void),
                 const unsigned char *frame, const struct lffi_assign *used,
                 struct lffi_return *ret)
{
    const struct lffi_registers *regs = (const struct lffi_registers *)(const void *)frame;
    const uint64_t *stack = (const uint64_t *)(const void *)(frame + LFFI_STACK_START);
    /* C has no type that loads x8, the address for a result in memory, with a pointer of ours. */
    if (prefer_libffi || used->stack > LFFI_FAST_STACK || kind == LFFI_RETURN_MEMORY)
        invoke_libffi(kind, address, frame, used->stack, ret);
    else
        call_by_kind(kind, address, regs, stack, shape_of(used), ret);
}

#endif
