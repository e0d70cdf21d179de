/* The System V convention of x86-64, as gcc applies it to C: which register or stack slot each byte
 * of an argument or result travels in, calls through C function-pointer types, and libffi's view of
 * results.
 *
 * Depends on the type description (abi.h, cdecl.h) and on libffi.h; no Lua. It allocates nothing.
 * libffi has its own classification, but releases in use get about one random signature in 150
 * wrong, and it refuses unions, bit-fields and packed structs. Where gcc and clang differ (unnamed
 * bit-fields, flexible array members, arrays of packed structs), this file follows gcc.
 */
#include <string.h>

#include "call/abi/assign.h"
#include "call/libffi.h"

#ifdef LFFI_ABI_SYSV

/* ---- where values travel --------------------------------------------------------------------- */

/* psABI 3.2.3. A class for each eightbyte of a value of at most 16 bytes. */
enum word_class { NO_CLASS, INTEGER, SSE, SSE_UP, X87, X87_UP, IN_MEMORY };

static enum word_class merge(enum word_class a, enum word_class b)
{
    if (a == b || b == NO_CLASS)
        return a;
    if (a == NO_CLASS)
        return b;
    if (a == IN_MEMORY || b == IN_MEMORY)
        return IN_MEMORY;
    if (a == INTEGER || b == INTEGER)
        return INTEGER;
    if (a == X87 || a == X87_UP || b == X87 || b == X87_UP)
        return IN_MEMORY;
    return SSE;
}

/* Merges `what` into the eightbytes that the bytes [at, at + size) touch. */
static void cover(enum word_class classes[2], uint64_t at, uint64_t size, enum word_class what)
{
    if (size == 0)
        return;
    for (uint64_t i = at / 8; i <= (at + size - 1) / 8 && i < 2; i++)
        classes[i] = merge(classes[i], what);
}

/* A 16-byte scalar: `low` for its first half, `high` for its second. */
static void cover_pair(enum word_class classes[2], enum word_class low, enum word_class high)
{
    classes[0] = merge(classes[0], low);
    classes[1] = merge(classes[1], high);
}

/* The alignment that a scalar needs to travel in registers: that of its machine mode, whatever
 * alignment attributes its type carries. */
static uint64_t mode_align(const struct cdecl_type *type)
{
    uint64_t size = cdecl_sizeof(type);
    if (type->kind == CDECL_COMPLEX)
        return size / 2;
    if (type->prim == CDECL_PRIM_BITINT || type->prim == CDECL_PRIM_UBITINT)
        return size > 8 ? 8 : size;
    return size;
}

static void classify_float(const struct cdecl_type *type, uint64_t at, enum word_class classes[2])
{
    uint64_t size = cdecl_sizeof(type);
    if (type->prim == CDECL_PRIM_LDOUBLE)
        cover_pair(classes, X87, X87_UP);
    else if (size == 16 && type->kind != CDECL_COMPLEX)
        cover_pair(classes, SSE, SSE_UP);
    else
        cover(classes, at, size, SSE);
}

static bool classify(const struct cdecl_type *type, uint64_t at, enum word_class classes[2]);

static bool classify_array(const struct cdecl_type *type, uint64_t at, enum word_class classes[2])
{
    enum word_class element[2] = {NO_CLASS, NO_CLASS};
    uint64_t size = cdecl_sizeof(type);
    uint64_t end = (at + size + 7) / 8;
    uint64_t words = (at % 8 + cdecl_sizeof(type->target) + 7) / 8;
    if (type->count >= CDECL_COUNT_VLA)
        return false; /* gcc: a flexible member puts its struct in memory */
    if (size == 0)
        return true;
    /* As gcc does, the first element's classes are repeated: the others' alignment is not looked
     * at. */
    if (!classify(type->target, at % 8, element))
        return false;
    for (uint64_t i = at / 8; i < end && i < 2; i++)
        classes[i] = merge(classes[i], element[(i - at / 8) % words]);
    return true;
}

/* The last rules, applied to every aggregate, also to one inside another. False: in memory. */
static bool settle(enum word_class classes[2])
{
    if (classes[0] == IN_MEMORY || classes[1] == IN_MEMORY)
        return false;
    if (classes[1] == X87_UP && classes[0] != X87)
        return false;
    if (classes[1] == SSE_UP && classes[0] != SSE)
        classes[1] = SSE;
    return true;
}

/* gcc makes an ordinary member of a bit-field that fills a machine integer at its natural place. */
static bool is_plain_integer(const struct cdecl_tag *tag, const struct cdecl_member *member)
{
    uint64_t bytes = member->width / 8;
    if (member->width % 8 != 0 || member->bit != 0 || (bytes & (bytes - 1)) != 0)
        return false;
    return member->offset % bytes == 0 && (bytes == 1 || !(tag->packed || member->packed));
}

/* `start`: of the struct or union. In a union gcc looks at the machine integer that holds the bits,
 * and takes a zero-width one, whatever its type, for one byte; in a struct that is nothing. */
static bool classify_bits(const struct cdecl_tag *tag, const struct cdecl_member *member,
                          uint64_t start, enum word_class classes[2])
{
    uint64_t first = (start + member->offset) * 8 + member->bit;
    uint64_t last = first + member->width - 1;
    uint64_t bytes = 1;
    if (member->width == 0) {
        cover(classes, start + member->offset, tag->kind == CDECL_UNION, INTEGER);
        return true;
    }
    while (bytes * 8 < member->width)
        bytes *= 2;
    if ((tag->kind == CDECL_UNION || is_plain_integer(tag, member)) &&
        (start + member->offset) % bytes != 0)
        return false;
    cover(classes, first / 8, last / 8 - first / 8 + 1, INTEGER);
    return true;
}

/* Each member is classified by itself before it is merged: merging is not associative. */
static bool classify_members(const struct cdecl_type *type, uint64_t at, enum word_class classes[2])
{
    enum word_class all[2] = {NO_CLASS, NO_CLASS};
    for (uint32_t i = 0; i < type->tag->nmembers; i++) {
        const struct cdecl_member *member = &type->tag->members[i];
        enum word_class own[2] = {NO_CLASS, NO_CLASS};
        bool fits = member->width == CDECL_NOT_BITFIELD
                        ? classify(member->type, at + member->offset, own)
                        : classify_bits(type->tag, member, at, own);
        if (!fits)
            return false;
        cover_pair(all, own[0], own[1]);
    }
    if (!settle(all))
        return false;
    cover_pair(classes, all[0], all[1]);
    return true;
}

/* Merges the classes of a value at byte `at` of a 16-byte object. False: it goes in memory. */
static bool classify(const struct cdecl_type *type, uint64_t at, enum word_class classes[2])
{
    switch ((enum cdecl_kind)type->kind) {
    case CDECL_STRUCT:
    case CDECL_UNION: return classify_members(type, at, classes);
    case CDECL_ARRAY: return classify_array(type, at, classes);
    case CDECL_ENUM: return classify(type->tag->underlying, at, classes);
    case CDECL_VOID:
    case CDECL_FUNCTION: return true;
    case CDECL_BOOL:
    case CDECL_INT:
    case CDECL_POINTER:
    case CDECL_FLOAT:
    case CDECL_COMPLEX:
    case CDECL_VECTOR: break;
    }
    if (at % mode_align(type) != 0)
        return false;
    if (type->kind == CDECL_FLOAT || type->kind == CDECL_COMPLEX || type->kind == CDECL_VECTOR)
        classify_float(type, at, classes);
    else
        cover(classes, at, cdecl_sizeof(type), INTEGER);
    return true;
}

/* The final classes of a whole value; false: in memory. */
static bool classes_of(const struct cdecl_type *type, enum word_class classes[2])
{
    classes[0] = classes[1] = NO_CLASS;
    return cdecl_sizeof(type) <= 16 && classify(type, 0, classes) && settle(classes);
}

static uint64_t eightbyte_size(const struct cdecl_type *type, unsigned index)
{
    uint64_t rest = cdecl_sizeof(type) - 8 * index;
    return rest < 8 ? rest : 8;
}

/* libffi passes 64 bits of a floating register; what needs 128 must fit the register path. */
static bool wide_possible(const struct lffi_assign *assign, const char **why)
{
    if (!assign->wide || assign->stack <= LFFI_WIDE_STACK)
        return true;
    *why = "its 128-bit arguments cannot be passed together with more than 8 KiB of stack";
    return false;
}

bool lffi_abi_argument(struct lffi_assign *assign, const struct cdecl_type *type,
                       struct lffi_way *way, const char **why)
{
    enum word_class classes[2];
    uint32_t gprs = assign->gprs;
    uint32_t fprs = assign->fprs;
    bool registers = classes_of(type, classes) && classes[0] != X87;
    *way = (struct lffi_way){0};
    if (!lffi_vectors_supported(type, why))
        return false;
    if (cdecl_sizeof(type) == 0)
        return true;
    for (unsigned i = 0; i < 2; i++) {
        gprs += registers && classes[i] == INTEGER;
        fprs += registers && classes[i] == SSE;
    }
    if (!registers || gprs > LFFI_GPRS || fprs > LFFI_FPRS)
        return lffi_add_stack(assign, way, cdecl_sizeof(type), cdecl_alignof(type), why) &&
               wide_possible(assign, why);
    for (unsigned i = 0; i < 2; i++) {
        if (classes[i] == INTEGER)
            lffi_add_piece(way, 8 * i, lffi_gpr_offset(assign->gprs++), eightbyte_size(type, i));
        else if (classes[i] == SSE)
            lffi_add_piece(way, 8 * i, lffi_fpr_offset(assign->fprs++), eightbyte_size(type, i));
        else if (classes[i] == SSE_UP)
            lffi_add_piece(way, 8, lffi_fpr_offset(assign->fprs - 1) + 8, 8);
        assign->wide |= classes[i] == SSE_UP;
    }
    return wide_possible(assign, why);
}

/* A result in registers, `gprs` and `fprs` of them. */
static enum lffi_return_kind register_kind(const enum word_class classes[2], unsigned gprs,
                                           unsigned fprs)
{
    if (classes[1] == SSE_UP)
        return LFFI_RETURN_WIDE;
    if (gprs == 2)
        return LFFI_RETURN_GPRS;
    return fprs == 2 ? LFFI_RETURN_FPRS : LFFI_RETURN_WORDS;
}

static enum lffi_return_kind return_registers(const struct cdecl_type *type,
                                              const enum word_class classes[2],
                                              struct lffi_way *way)
{
    const uint64_t fpr = offsetof(struct lffi_return, fpr);
    unsigned gprs = 0;
    unsigned fprs = 0;
    if (classes[0] == X87) {
        lffi_add_piece(way, 0, fpr, 16);
        return LFFI_RETURN_X87;
    }
    for (unsigned i = 0; i < 2; i++) {
        if (classes[i] == INTEGER)
            lffi_add_piece(way, 8 * i, 8 * gprs++, eightbyte_size(type, i));
        else if (classes[i] == SSE)
            lffi_add_piece(way, 8 * i, fpr + 16 * fprs++, eightbyte_size(type, i));
        else if (classes[i] == SSE_UP)
            lffi_add_piece(way, 8, fpr + 8, 8);
    }
    return register_kind(classes, gprs, fprs);
}

bool lffi_abi_result(struct lffi_assign *assign, const struct cdecl_type *type,
                     struct lffi_way *way, enum lffi_return_kind *kind, const char **why)
{
    enum word_class classes[2];
    *way = (struct lffi_way){0};
    *kind = LFFI_RETURN_WORDS;
    if (type->kind == CDECL_VOID)
        return true;
    if (!lffi_vectors_supported(type, why))
        return false;
    if (type->prim == CDECL_PRIM_CLDOUBLE && type->kind == CDECL_COMPLEX) {
        lffi_add_piece(way, 0, offsetof(struct lffi_return, fpr), 32);
        *kind = LFFI_RETURN_X87_PAIR;
    } else if (classes_of(type, classes)) {
        *kind = return_registers(type, classes, way);
        assign->wide = *kind == LFFI_RETURN_WIDE;
    } else {
        assign->gprs++; /* the address travels as a hidden first argument */
        *kind = LFFI_RETURN_MEMORY;
    }
    return true;
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
    switch (kind) {
    case LFFI_RETURN_WORDS:
    case LFFI_RETURN_MEMORY: return &word_and_float_type;
    case LFFI_RETURN_GPRS: return &two_words_type;
    case LFFI_RETURN_FPRS:
    case LFFI_RETURN_WIDE: return &two_floats_type; /* WIDE never comes here */
    case LFFI_RETURN_X87: return &ffi_type_longdouble;
    case LFFI_RETURN_X87_PAIR: return &ffi_type_complex_longdouble;
    }
    return &two_words_type;
}

/* Offsets in struct lffi_return of the first and second eightbyte of libffi's result. */
static void result_halves(enum lffi_return_kind kind, size_t *first, size_t *second)
{
    const size_t fpr = offsetof(struct lffi_return, fpr);
    *first = kind == LFFI_RETURN_FPRS ? fpr : 0;
    *second = kind == LFFI_RETURN_GPRS ? 8 : kind == LFFI_RETURN_FPRS ? fpr + 16 : fpr;
}

static size_t x87_size(enum lffi_return_kind kind)
{
    return kind == LFFI_RETURN_X87 ? 16 : kind == LFFI_RETURN_X87_PAIR ? 32 : 0;
}

static void return_from_libffi(enum lffi_return_kind kind, const void *value,
                               struct lffi_return *ret)
{
    size_t first;
    size_t second;
    if (x87_size(kind) > 0) {
        memcpy(ret->fpr, value, x87_size(kind));
        return;
    }
    result_halves(kind, &first, &second);
    memcpy((char *)ret + first, value, 8);
    memcpy((char *)ret + second, (const char *)value + 8, 8);
}

void lffi_return_to_libffi(enum lffi_return_kind kind, const struct lffi_return *ret, void *value)
{
    size_t first;
    size_t second;
    if (x87_size(kind) > 0) {
        memcpy(value, ret->fpr, x87_size(kind));
        return;
    }
    result_halves(kind, &first, &second);
    memcpy(value, (const char *)ret + first, 8);
    memcpy((char *)value + 8, (const char *)ret + second, 8);
}

/* Its frames are large: apart from those of plain calls. */
static LFFI_NOINLINE void invoke_libffi(enum lffi_return_kind kind, void (*address)(void),
                                        const unsigned char *frame, uint32_t stack,
                                        struct lffi_return *ret)
{
    _Alignas(16) unsigned char value[16 * LFFI_MAX_PIECES];
    lffi_invoke_libffi(lffi_abi_result_type(kind), address, frame, stack, value);
    return_from_libffi(kind, value, ret);
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* Integer and floating arguments travel in separate registers, so one type, all general registers
 * then all floating ones, calls every function whose arguments fit; eight-byte words after them
 * become the stack block. The types are variadic because a variadic callee wants to know of the
 * floating registers (AL) and others do not mind. */

/* What is passed: a few registers, the general ones, all of them, words of stack, the stack block,
 * all 128 bits of the floating registers, those and a large block. */
enum shape {
    SHAPE_3,
    SHAPE_GENERAL,
    SHAPE_REGISTERS,
    SHAPE_8,
    SHAPE_16,
    SHAPE_BLOCK,
    SHAPE_WIDE,
    SHAPE_WIDE_LARGE
};

/* A large struct by value is just a piece of the stack. */
struct block {
    _Alignas(16) uint64_t words[LFFI_FAST_STACK / 8];
};
struct large_block {
    _Alignas(16) uint64_t words[LFFI_WIDE_STACK / 8];
};

#define GPRS(g) LFFI_GPR_VALUES(g)
#define FPRS(f, as) LFFI_FPR_VALUES(f, as)
#define PASSED void (*address)(void), const struct lffi_registers *regs, const uint64_t *stack
#define CODE(R) ((R(*)(uint64_t, ...))address)

/* A function that calls code returning R. Blocks have functions of their own: a compiler may
 * reserve room for them on entry, and recursion through callbacks needs the C stack. */
/* clang-format off */
#define DEFINE_CALLER(name, R)                                                                     \
    static LFFI_NOINLINE R name##_large(PASSED)                                                    \
    {                                                                                              \
        return CODE(R)(GPRS(regs->gpr), FPRS(regs->fpr, v), *(const struct large_block *)stack);   \
    }                                                                                              \
    static LFFI_NOINLINE R name##_block(PASSED, bool wide)                                         \
    {                                                                                              \
        const struct block *block = (const struct block *)stack;                                   \
        return wide ? CODE(R)(GPRS(regs->gpr), FPRS(regs->fpr, v), *block)                         \
                    : CODE(R)(GPRS(regs->gpr), FPRS(regs->fpr, d), *block);                        \
    }                                                                                              \
    static LFFI_NOINLINE R name##_stack(PASSED, bool few)                                          \
    {                                                                                              \
        const uint64_t *g = regs->gpr;                                                             \
        const union lffi_fpr *f = regs->fpr;                                                       \
        return few ? CODE(R)(GPRS(g), FPRS(f, d), LFFI_WORDS8(stack))                              \
                   : CODE(R)(GPRS(g), FPRS(f, d), LFFI_WORDS16(stack));                            \
    }                                                                                              \
    static R name(PASSED, enum shape shape)                                                        \
    {                                                                                              \
        const uint64_t *g = regs->gpr;                                                             \
        switch (shape) {                                                                           \
        case SHAPE_3: return CODE(R)(g[0], g[1], g[2]);                                            \
        case SHAPE_GENERAL: return CODE(R)(GPRS(g));                                               \
        case SHAPE_REGISTERS: return CODE(R)(GPRS(g), FPRS(regs->fpr, d));                         \
        case SHAPE_8: case SHAPE_16:                                                               \
            return name##_stack(address, regs, stack, shape == SHAPE_8);                           \
        case SHAPE_BLOCK: case SHAPE_WIDE:                                                         \
            return name##_block(address, regs, stack, shape == SHAPE_WIDE);                        \
        case SHAPE_WIDE_LARGE: break;                                                              \
        }                                                                                          \
        return name##_large(address, regs, stack);                                                 \
    }
/* clang-format on */

struct two_words {
    uint64_t low, high;
};
struct two_floats {
    double first, second;
};

DEFINE_CALLER(call_words, struct lffi_words)
DEFINE_CALLER(call_gprs, struct two_words)
DEFINE_CALLER(call_fprs, struct two_floats)
DEFINE_CALLER(call_wide, LFFI_VECTOR16)
DEFINE_CALLER(call_x87, long double)
DEFINE_CALLER(call_x87_pair, long double _Complex)

/* The kinds of results but words. */
static LFFI_NOINLINE void call_by_kind(enum lffi_return_kind kind, PASSED, enum shape shape,
                                       struct lffi_return *ret)
{
    /* clang-format off */
    switch (kind) {
    case LFFI_RETURN_WORDS: case LFFI_RETURN_MEMORY: break;
    case LFFI_RETURN_GPRS: {
        struct two_words got = call_gprs(address, regs, stack, shape);
        ret->gpr[0] = got.low;
        ret->gpr[1] = got.high;
        break;
    }
    /* clang-format on */
    case LFFI_RETURN_FPRS: {
        struct two_floats got = call_fprs(address, regs, stack, shape);
        ret->fpr[0].d = got.first;
        ret->fpr[1].d = got.second;
        break;
    }
    case LFFI_RETURN_WIDE: ret->fpr[0].v = call_wide(address, regs, stack, shape); break;
    case LFFI_RETURN_X87: {
        long double got = call_x87(address, regs, stack, shape);
        memcpy(ret->fpr, &got, sizeof got);
        break;
    }
    case LFFI_RETURN_X87_PAIR: {
        long double _Complex got = call_x87_pair(address, regs, stack, shape);
        memcpy(ret->fpr, &got, sizeof got);
        break;
    }
    }
}

static void call_for_words(PASSED, enum shape shape, struct lffi_return *ret)
{
    struct lffi_words got = call_words(address, regs, stack, shape);
    ret->gpr[0] = got.word;
    ret->fpr[0].d = got.number;
}

static enum shape shape_of(const struct lffi_assign *used)
{
    if (used->wide)
        return used->stack > LFFI_FAST_STACK ? SHAPE_WIDE_LARGE : SHAPE_WIDE;
    if (used->stack > 64)
        return used->stack > 128 ? SHAPE_BLOCK : SHAPE_16;
    if (used->stack > 0)
        return SHAPE_8;
    if (used->fprs > 0)
        return SHAPE_REGISTERS;
    return used->gprs <= 3 ? SHAPE_3 : SHAPE_GENERAL;
}

bool lffi_is_general(enum lffi_return_kind kind, const struct lffi_assign *used)
{
    (void)kind;
    return !used->wide && used->stack == 0 && used->fprs == 0;
}

void lffi_invoke(enum lffi_return_kind kind, bool prefer_libffi, void (*address)(void),
                 const unsigned char *frame, const struct lffi_assign *used,
                 struct lffi_return *ret)
{
    const struct lffi_registers *regs = (const struct lffi_registers *)(const void *)frame;
    const uint64_t *stack = (const uint64_t *)(const void *)(frame + LFFI_STACK_START);
    /* Only what fills 128 bits of a register cannot go through libffi. */
    if (!used->wide && (prefer_libffi || used->stack > LFFI_FAST_STACK))
        invoke_libffi(kind, address, frame, used->stack, ret);
    else if (kind == LFFI_RETURN_WORDS || kind == LFFI_RETURN_MEMORY)
        call_for_words(address, regs, stack, shape_of(used), ret);
    else
        call_by_kind(kind, address, regs, stack, shape_of(used), ret);
}

#endif
