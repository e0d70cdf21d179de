/* The LP64D convention of 64-bit RISC-V, as gcc applies it to C: which register or stack slot each
 * byte of an argument or result travels in, calls through C function-pointer types and, where words
 * of stack or two registers of result come into it, through code of its own, and libffi's view of
 * results.
 *
 * Depends on the type description (abi.h, cdecl.h) and on libffi.h; no Lua. It allocates nothing.
 * Where gcc and clang differ (bit-fields without a name or a width), this file follows gcc.
 */
#include <string.h>

#include "call/abi/assign.h"
#include "call/libffi.h"

#ifdef LFFI_ABI_RISCV64

/* ---- where values travel --------------------------------------------------------------------- */

/* psABI 2.2. The one or two scalars that a struct comes down to, "flattened". */
struct scalar {
    uint64_t from, size;
    bool floating;
};
struct scalars {
    unsigned n;
    struct scalar of[2];
};

static bool add_scalar(struct scalars *flat, uint64_t from, uint64_t size, bool floating)
{
    if (flat->n == 2 || size > 8)
        return false;
    flat->of[flat->n++] = (struct scalar){from, size, floating};
    return true;
}

static bool flatten(const struct cdecl_type *type, uint64_t at, struct scalars *flat);

static bool flatten_array(const struct cdecl_type *type, uint64_t at, struct scalars *flat)
{
    uint64_t size = cdecl_sizeof(type->target);
    if (type->count > 2 || cdecl_sizeof(type) == 0)
        return false;
    for (uint64_t i = 0; i < type->count; i++)
        if (!flatten(type->target, at + i * size, flat))
            return false;
    return true;
}

/* A bit-field is an integer of as many bytes as it touches, also one without a name. */
static bool flatten_member(const struct cdecl_member *member, uint64_t at, struct scalars *flat)
{
    if (member->width == CDECL_NOT_BITFIELD)
        return flatten(member->type, at + member->offset, flat);
    return member->width == 0 ||
           add_scalar(flat, at + member->offset, (member->bit + member->width + 7u) / 8, false);
}

/* False: the value is more than two scalars of at most 64 bits, or something else is part of it, as
 * is a union, a pointer, an array without elements. */
static bool flatten(const struct cdecl_type *type, uint64_t at, struct scalars *flat)
{
    uint64_t size = cdecl_sizeof(type);
    switch ((enum cdecl_kind)type->kind) {
    case CDECL_STRUCT:
        for (uint32_t i = 0; i < type->tag->nmembers; i++)
            if (!flatten_member(&type->tag->members[i], at, flat))
                return false;
        return true;
    case CDECL_ARRAY: return flatten_array(type, at, flat);
    case CDECL_COMPLEX:
        return add_scalar(flat, at, size / 2, true) &&
               add_scalar(flat, at + size / 2, size / 2, true);
    case CDECL_FLOAT: return add_scalar(flat, at, size, true);
    case CDECL_BOOL:
    case CDECL_INT:
    case CDECL_ENUM: return add_scalar(flat, at, size, false);
    case CDECL_UNION:
    case CDECL_VOID:
    case CDECL_FUNCTION:
    case CDECL_POINTER:
    case CDECL_VECTOR: break;
    }
    return false;
}

static const struct cdecl_type *mode_of(const struct cdecl_type *type);

/* A struct is to gcc as the one member that fills it, whatever takes no room besides. */
static const struct cdecl_type *mode_of_struct(const struct cdecl_type *type)
{
    const struct cdecl_type *mode = NULL;
    for (uint32_t i = 0; i < type->tag->nmembers; i++) {
        const struct cdecl_member *member = &type->tag->members[i];
        if (member->type->kind == CDECL_ARRAY && member->type->count >= CDECL_COUNT_VLA)
            return NULL;
        if (member->width == CDECL_NOT_BITFIELD && cdecl_sizeof(member->type) == cdecl_sizeof(type))
            mode = mode_of(member->type);
    }
    return mode;
}

/* The floating type that a value is one of, as a whole; NULL when there is none. */
static const struct cdecl_type *mode_of(const struct cdecl_type *type)
{
    if (type->kind == CDECL_FLOAT || type->kind == CDECL_COMPLEX)
        return type;
    if (type->kind == CDECL_ARRAY && type->count == 1)
        return mode_of(type->target);
    return type->kind == CDECL_STRUCT && cdecl_sizeof(type) > 0 ? mode_of_struct(type) : NULL;
}

/* The registers of a value of which a floating one is part; false when it is like an integer. */
static bool in_fprs(const struct cdecl_type *type, struct scalars *flat)
{
    *flat = (struct scalars){0};
    if (!flatten(type, 0, flat)) {
        const struct cdecl_type *mode = mode_of(type);
        *flat = (struct scalars){0};
        if (mode == NULL || !flatten(mode, 0, flat))
            return false;
    }
    if (flat->n == 0)
        return false;
    return flat->of[0].floating || (flat->n == 2 && flat->of[1].floating);
}

static unsigned count_floating(const struct scalars *flat)
{
    unsigned count = flat->of[0].floating;
    return flat->n == 2 && flat->of[1].floating ? count + 1 : count;
}

/* The pieces of a flattened value, in registers from those places on. Padding that does not travel
 * makes the value more than its only piece: a second one without bytes says so. */
static void add_scalars(const struct scalars *flat, uint64_t size, struct lffi_way *way,
                        uint64_t gpr, uint64_t fpr)
{
    for (unsigned i = 0; i < flat->n; i++) {
        const struct scalar *scalar = &flat->of[i];
        lffi_add_piece(way, scalar->from, scalar->floating ? fpr : gpr, scalar->size);
        fpr += scalar->floating ? sizeof(union lffi_fpr) : 0;
    }
    if (way->npieces == 1 && way->piece[0].size != size)
        way->piece[way->npieces++] = (struct lffi_piece){0, way->piece[0].to, 0};
}

static bool argument_in_fprs(struct lffi_assign *assign, const struct cdecl_type *type,
                             struct lffi_way *way)
{
    struct scalars flat;
    unsigned fprs;
    if (assign->anonymous || !in_fprs(type, &flat))
        return false;
    fprs = count_floating(&flat);
    if (assign->fprs + fprs > LFFI_FPRS || assign->gprs + flat.n - fprs > LFFI_GPRS)
        return false;
    add_scalars(&flat, cdecl_sizeof(type), way, lffi_gpr_offset(assign->gprs),
                lffi_fpr_offset(assign->fprs));
    assign->fprs += fprs;
    assign->gprs += flat.n - fprs;
    return true;
}

/* What a scalar's type says of its own; that of a typedef's attribute counts for records alone. */
static uint32_t argument_align(const struct cdecl_type *type)
{
    bool record = type->kind == CDECL_STRUCT || type->kind == CDECL_UNION;
    return cdecl_alignof(record ? type : type->unqual) >= 16 ? 16 : 8;
}

bool lffi_abi_argument(struct lffi_assign *assign, const struct cdecl_type *type,
                       struct lffi_way *way, const char **why)
{
    uint64_t size = cdecl_sizeof(type);
    uint32_t align = 8;
    uint32_t words;
    uint32_t held;
    *way = (struct lffi_way){0};
    if (!lffi_vectors_supported(type, why))
        return false;
    if (size == 0 || argument_in_fprs(assign, type, way))
        return true;
    way->indirect = size > 16;
    if (way->indirect)
        size = sizeof(void *);
    else
        align = argument_align(type);
    if (assign->anonymous && align == 16)
        assign->gprs = lffi_align_up(assign->gprs, 2);
    words = (uint32_t)(size + 7) / 8;
    held = LFFI_GPRS - assign->gprs < words ? LFFI_GPRS - assign->gprs : words;
    if (held == 0)
        return lffi_add_stack(assign, way, size, align, why);
    lffi_add_piece(way, 0, lffi_gpr_offset(assign->gprs), held == words ? size : 8);
    assign->gprs += held;
    if (held < words) { /* the first that lies on the stack */
        lffi_add_piece(way, 8, LFFI_STACK_START, size - 8);
        assign->stack = 8;
    }
    return true;
}

bool lffi_abi_result(struct lffi_assign *assign, const struct cdecl_type *type,
                     struct lffi_way *way, enum lffi_return_kind *kind, const char **why)
{
    struct scalars flat;
    *way = (struct lffi_way){0};
    *kind = LFFI_RETURN_WORDS;
    if (type->kind == CDECL_VOID || cdecl_sizeof(type) == 0)
        return true;
    if (!lffi_vectors_supported(type, why))
        return false;
    if (in_fprs(type, &flat)) {
        if (count_floating(&flat) == 2)
            *kind = LFFI_RETURN_FPRS;
        add_scalars(&flat, cdecl_sizeof(type), way, 0, offsetof(struct lffi_return, fpr));
    } else if (cdecl_sizeof(type) > 16) {
        assign->gprs++; /* the address travels as a hidden first argument */
        *kind = LFFI_RETURN_MEMORY;
    } else {
        if (cdecl_sizeof(type) > 8)
            *kind = LFFI_RETURN_GPRS;
        lffi_add_piece(way, 0, 0, cdecl_sizeof(type));
    }
    return true;
}

void lffi_abi_end(struct lffi_assign *assign, bool variadic)
{
    assign->anonymous = variadic;
}

/* ---- libffi's view of results ---------------------------------------------------------------- */

static ffi_type *two_words[] = {&ffi_type_uint64, &ffi_type_uint64, NULL};
static ffi_type two_words_type = LFFI_STRUCT_TYPE(16, two_words);
static ffi_type *word_and_float[] = {&ffi_type_uint64, &ffi_type_double, NULL};
static ffi_type word_and_float_type = LFFI_STRUCT_TYPE(16, word_and_float);
static ffi_type *two_floats[] = {&ffi_type_double, &ffi_type_double, NULL};
static ffi_type two_floats_type = LFFI_STRUCT_TYPE(16, two_floats);

ffi_type *lffi_abi_result_type(enum lffi_return_kind kind)
{
    if (kind == LFFI_RETURN_GPRS)
        return &two_words_type;
    return kind == LFFI_RETURN_FPRS ? &two_floats_type : &word_and_float_type;
}

/* Offsets in struct lffi_return of the two halves of libffi's result. */
static void result_halves(enum lffi_return_kind kind, size_t *first, size_t *second)
{
    const size_t fpr = offsetof(struct lffi_return, fpr);
    *first = kind == LFFI_RETURN_FPRS ? fpr : 0;
    *second = kind == LFFI_RETURN_GPRS ? 8 : kind == LFFI_RETURN_FPRS ? fpr + 16 : fpr;
}

void lffi_return_to_libffi(enum lffi_return_kind kind, const struct lffi_return *ret, void *value)
{
    size_t first;
    size_t second;
    result_halves(kind, &first, &second);
    memcpy(value, (const char *)ret + first, 8);
    memcpy((char *)value + 8, (const char *)ret + second, 8);
}

/* Its frames are large: apart from those of plain calls. */
static LFFI_NOINLINE void invoke_libffi(enum lffi_return_kind kind, void (*address)(void),
                                        const unsigned char *frame, uint32_t stack,
                                        struct lffi_return *ret)
{
    size_t first;
    size_t second;
    uint64_t value[2];
    lffi_invoke_libffi(lffi_abi_result_type(kind), address, frame, stack, value);
    result_halves(kind, &first, &second);
    memcpy((char *)ret + first, &value[0], 8);
    memcpy((char *)ret + second, &value[1], 8);
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* Any call: loads all registers, copies `bytes` of the stack block, a multiple of 8, and leaves in
 * `ret` every register that may bring a result. */
void lffi_riscv64_call(void (*address)(void), const struct lffi_registers *regs, const void *stack,
                       uint64_t bytes, struct lffi_return *ret);

_Static_assert(offsetof(struct lffi_registers, fpr) == 80, "as the code below has it");
_Static_assert(offsetof(struct lffi_return, fpr) == 16, "likewise");
_Static_assert(sizeof(union lffi_fpr) == 16, "likewise");

/* clang-format off */
__asm__(".pushsection .text\n"
        ".balign 4\n"
        ".globl lffi_riscv64_call\n"
        ".hidden lffi_riscv64_call\n"
        ".type lffi_riscv64_call, @function\n"
        "lffi_riscv64_call:\n"
        ".cfi_startproc\n"
        "addi sp, sp, -32\n"
        ".cfi_def_cfa_offset 32\n"
        "sd ra, 24(sp)\n"
        "sd s0, 16(sp)\n"
        "sd s1, 8(sp)\n"
        ".cfi_offset ra, -8\n"
        ".cfi_offset s0, -16\n"
        ".cfi_offset s1, -24\n"
        "addi s0, sp, 32\n"
        ".cfi_def_cfa s0, 0\n"
        "mv s1, a4\n"
        "mv t0, a0\n"
        "mv t1, a1\n"
        "sub sp, sp, a3\n"
        "andi sp, sp, -16\n"
        "mv t2, sp\n"
        "add t3, a2, a3\n"
        "1:\n"
        "beq a2, t3, 2f\n"
        "ld t4, 0(a2)\n"
        "sd t4, 0(t2)\n"
        "addi a2, a2, 8\n"
        "addi t2, t2, 8\n"
        "j 1b\n"
        "2:\n"
        "fld fa0, 80(t1)\n"
        "fld fa1, 96(t1)\n"
        "fld fa2, 112(t1)\n"
        "fld fa3, 128(t1)\n"
        "fld fa4, 144(t1)\n"
        "fld fa5, 160(t1)\n"
        "fld fa6, 176(t1)\n"
        "fld fa7, 192(t1)\n"
        "ld a0, 0(t1)\n"
        "ld a1, 8(t1)\n"
        "ld a2, 16(t1)\n"
        "ld a3, 24(t1)\n"
        "ld a4, 32(t1)\n"
        "ld a5, 40(t1)\n"
        "ld a6, 48(t1)\n"
        "ld a7, 56(t1)\n"
        "jalr t0\n"
        "sd a0, 0(s1)\n"
        "sd a1, 8(s1)\n"
        "fsd fa0, 16(s1)\n"
        "fsd fa1, 32(s1)\n"
        "addi sp, s0, -32\n"
        ".cfi_def_cfa sp, 32\n"
        "ld ra, 24(sp)\n"
        "ld s0, 16(sp)\n"
        "ld s1, 8(sp)\n"
        ".cfi_restore ra\n"
        ".cfi_restore s0\n"
        ".cfi_restore s1\n"
        "addi sp, sp, 32\n"
        ".cfi_def_cfa_offset 0\n"
        "ret\n"
        ".cfi_endproc\n"
        ".size lffi_riscv64_call, .-lffi_riscv64_call\n"
        ".popsection\n");
/* clang-format on */

/* The commonest calls, those without stack whose result is in the first register of its kind: types
 * of C's that name no more registers than matter. */
static void call_for_words(void (*address)(void), const struct lffi_registers *regs,
                           const struct lffi_assign *used, struct lffi_return *ret)
{
    const uint64_t *g = regs->gpr;
    struct lffi_words got;
    if (used->fprs > 0)
        got = ((struct lffi_words(*) LFFI_VARIADIC_TYPES)address)(LFFI_GPR_VALUES(g),
                                                                  LFFI_FPR_VALUES(regs->fpr, d));
    else if (used->gprs > 3)
        got = ((struct lffi_words(*)(LFFI_GPR_TYPES))address)(LFFI_GPR_VALUES(g));
    else
        got = ((struct lffi_words(*)(uint64_t, uint64_t, uint64_t))address)(g[0], g[1], g[2]);
    ret->gpr[0] = got.word;
    ret->fpr[0].d = got.number;
}

bool lffi_is_general(enum lffi_return_kind kind, const struct lffi_assign *used)
{
    return LFFI_IN_WORDS(kind) && used->stack == 0 && used->fprs == 0;
}

void lffi_invoke(enum lffi_return_kind kind, bool prefer_libffi, void (*address)(void),
                 const unsigned char *frame, const struct lffi_assign *used,
                 struct lffi_return *ret)
{
    const struct lffi_registers *regs = (const struct lffi_registers *)(const void *)frame;
    if (prefer_libffi && used->stack <= 8 * LFFI_LIBFFI_VALUES)
        invoke_libffi(kind, address, frame, used->stack, ret);
    else if (LFFI_IN_WORDS(kind) && used->stack == 0)
        call_for_words(address, regs, used, ret);
    else
        lffi_riscv64_call(address, regs, frame + LFFI_STACK_START, used->stack, ret);
}

#endif
