/* Which register or stack slot each byte of an argument or result travels in: the classification
 * of the System V x86-64 and the AAPCS64 calling conventions, as gcc applies them to C.
 *
 * Depends on the type description alone (call.h, cdecl.h); no Lua, no libffi. It allocates nothing.
 * libffi has its own classification, but releases in use get about one random signature in 150
 * wrong, and it refuses unions, bit-fields and packed structs. Where gcc and clang differ (unnamed
 * bit-fields, flexible array members, arrays of packed structs), this file follows gcc.
 */
#include "call/call.h"

#ifndef LFFI_ABI_GENERIC

static uint32_t align_up(uint32_t size, uint32_t align)
{
    return (size + align - 1) & ~(align - 1);
}

static void add_piece(struct lffi_way *way, uint64_t from, uint64_t to, uint64_t size)
{
    if (way->npieces > 0) {
        struct lffi_piece *last = &way->piece[way->npieces - 1];
        if (last->from + last->size == from && last->to + last->size == to) {
            last->size += (uint32_t)size;
            return;
        }
    }
    way->piece[way->npieces++] = (struct lffi_piece){(uint32_t)from, (uint32_t)to, (uint32_t)size};
}

/* Puts `size` bytes into the stack block. */
static bool add_stack(struct lffi_assign *assign, struct lffi_way *way, uint64_t size,
                      uint32_t align, const char **why)
{
    if (align > 16) {
        *why = "alignments above 16 bytes cannot be passed on the stack";
        return false;
    }
    assign->stack = align_up(assign->stack, align < 8 ? 8 : align);
    if (size > LFFI_MAX_STACK - assign->stack) {
        *why = "its arguments need more than 256 KiB of stack";
        return false;
    }
    add_piece(way, 0, LFFI_STACK_START + assign->stack, size);
    assign->stack = align_up(assign->stack + (uint32_t)size, 8);
    return true;
}

static uint64_t gpr_offset(uint32_t number)
{
    return offsetof(struct lffi_registers, gpr) + number * sizeof(uint64_t);
}

static uint64_t fpr_offset(uint32_t number)
{
    return offsetof(struct lffi_registers, fpr) + number * sizeof(union lffi_fpr);
}

static bool is_vector(const struct cdecl_type *type)
{
    return type->kind == CDECL_VECTOR;
}

/* Vectors of other sizes travel in registers that the frame does not have, or by rules that differ
 * between compilers. */
static bool vectors_supported(const struct cdecl_type *type, const char **why);

static bool members_supported(const struct cdecl_type *type, const char **why)
{
    for (uint32_t i = 0; i < type->tag->nmembers; i++)
        if (!vectors_supported(type->tag->members[i].type, why))
            return false;
    return true;
}

static bool vectors_supported(const struct cdecl_type *type, const char **why)
{
    if (type->kind == CDECL_ARRAY)
        return vectors_supported(type->target, why);
    if (type->kind == CDECL_STRUCT || type->kind == CDECL_UNION)
        return members_supported(type, why);
    if (!is_vector(type) || (type->count > 1 && (type->size == 8 || type->size == 16)))
        return true;
    *why = "only vectors of 8 or 16 bytes with two or more elements can be passed";
    return false;
}

#endif

/* ==== System V x86-64 ========================================================================= */

#ifdef LFFI_ABI_SYSV

/* psABI 3.2.3. A class for each eightbyte of a value of at most 16 bytes. */
enum class { NO_CLASS, INTEGER, SSE, SSE_UP, X87, X87_UP, IN_MEMORY };

static enum class merge(enum class a, enum class b)
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
static void cover(enum class classes[2], uint64_t at, uint64_t size, enum class what)
{
    if (size == 0)
        return;
    for (uint64_t i = at / 8; i <= (at + size - 1) / 8 && i < 2; i++)
        classes[i] = merge(classes[i], what);
}

/* A 16-byte scalar: `low` for its first half, `high` for its second. */
static void cover_pair(enum class classes[2], enum class low, enum class high)
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

static void classify_float(const struct cdecl_type *type, uint64_t at, enum class classes[2])
{
    uint64_t size = cdecl_sizeof(type);
    if (type->prim == CDECL_PRIM_LDOUBLE)
        cover_pair(classes, X87, X87_UP);
    else if (size == 16 && type->kind != CDECL_COMPLEX)
        cover_pair(classes, SSE, SSE_UP);
    else
        cover(classes, at, size, SSE);
}

static bool classify(const struct cdecl_type *type, uint64_t at, enum class classes[2]);

static bool classify_array(const struct cdecl_type *type, uint64_t at, enum class classes[2])
{
    enum class element[2] = {NO_CLASS, NO_CLASS};
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
static bool settle(enum class classes[2])
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
 * and takes a zero-width one for a member of its declared type. */
static bool classify_bits(const struct cdecl_tag *tag, const struct cdecl_member *member,
                          uint64_t start, enum class classes[2])
{
    uint64_t first = (start + member->offset) * 8 + member->bit;
    uint64_t last = first + member->width - 1;
    uint64_t bytes = 1;
    if (member->width == 0)
        return tag->kind != CDECL_UNION || classify(member->type, start + member->offset, classes);
    while (bytes * 8 < member->width)
        bytes *= 2;
    if ((tag->kind == CDECL_UNION || is_plain_integer(tag, member)) &&
        (start + member->offset) % bytes != 0)
        return false;
    cover(classes, first / 8, last / 8 - first / 8 + 1, INTEGER);
    return true;
}

/* Each member is classified by itself before it is merged: merging is not associative. */
static bool classify_members(const struct cdecl_type *type, uint64_t at, enum class classes[2])
{
    enum class all[2] = {NO_CLASS, NO_CLASS};
    for (uint32_t i = 0; i < type->tag->nmembers; i++) {
        const struct cdecl_member *member = &type->tag->members[i];
        enum class own[2] = {NO_CLASS, NO_CLASS};
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
static bool classify(const struct cdecl_type *type, uint64_t at, enum class classes[2])
{
    switch ((enum cdecl_kind)type->kind) {
    case CDECL_STRUCT:
    case CDECL_UNION:
        return classify_members(type, at, classes);
    case CDECL_ARRAY:
        return classify_array(type, at, classes);
    case CDECL_ENUM:
        return classify(type->tag->underlying, at, classes);
    case CDECL_VOID:
    case CDECL_FUNCTION:
        return true;
    case CDECL_BOOL:
    case CDECL_INT:
    case CDECL_POINTER:
    case CDECL_FLOAT:
    case CDECL_COMPLEX:
    case CDECL_VECTOR:
        break;
    }
    if (at % mode_align(type) != 0)
        return false;
    if (type->kind == CDECL_FLOAT || type->kind == CDECL_COMPLEX || is_vector(type))
        classify_float(type, at, classes);
    else
        cover(classes, at, cdecl_sizeof(type), INTEGER);
    return true;
}

/* The final classes of a whole value; false: in memory. */
static bool classes_of(const struct cdecl_type *type, enum class classes[2])
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
    enum class classes[2];
    uint32_t gprs = assign->gprs;
    uint32_t fprs = assign->fprs;
    bool registers = classes_of(type, classes) && classes[0] != X87;
    *way = (struct lffi_way){0};
    if (!vectors_supported(type, why))
        return false;
    if (cdecl_sizeof(type) == 0)
        return true;
    for (unsigned i = 0; i < 2; i++) {
        gprs += registers && classes[i] == INTEGER;
        fprs += registers && classes[i] == SSE;
    }
    if (!registers || gprs > LFFI_GPRS || fprs > LFFI_FPRS)
        return add_stack(assign, way, cdecl_sizeof(type), cdecl_alignof(type), why) &&
               wide_possible(assign, why);
    for (unsigned i = 0; i < 2; i++) {
        if (classes[i] == INTEGER)
            add_piece(way, 8 * i, gpr_offset(assign->gprs++), eightbyte_size(type, i));
        else if (classes[i] == SSE)
            add_piece(way, 8 * i, fpr_offset(assign->fprs++), eightbyte_size(type, i));
        else if (classes[i] == SSE_UP)
            add_piece(way, 8, fpr_offset(assign->fprs - 1) + 8, 8);
        assign->wide |= classes[i] == SSE_UP;
    }
    return wide_possible(assign, why);
}

/* A result in registers, `gprs` and `fprs` of them. */
static enum lffi_return_kind register_kind(const enum class classes[2], unsigned gprs,
                                           unsigned fprs)
{
    if (classes[1] == SSE_UP)
        return LFFI_RETURN_WIDE;
    if (gprs == 2)
        return LFFI_RETURN_GPRS;
    return fprs == 2 ? LFFI_RETURN_FPRS : LFFI_RETURN_WORDS;
}

static enum lffi_return_kind return_registers(const struct cdecl_type *type,
                                              const enum class classes[2], struct lffi_way *way)
{
    const uint64_t fpr = offsetof(struct lffi_return, fpr);
    unsigned gprs = 0;
    unsigned fprs = 0;
    if (classes[0] == X87) {
        add_piece(way, 0, fpr, 16);
        return LFFI_RETURN_X87;
    }
    for (unsigned i = 0; i < 2; i++) {
        if (classes[i] == INTEGER)
            add_piece(way, 8 * i, 8 * gprs++, eightbyte_size(type, i));
        else if (classes[i] == SSE)
            add_piece(way, 8 * i, fpr + 16 * fprs++, eightbyte_size(type, i));
        else if (classes[i] == SSE_UP)
            add_piece(way, 8, fpr + 8, 8);
    }
    return register_kind(classes, gprs, fprs);
}

bool lffi_abi_result(struct lffi_assign *assign, const struct cdecl_type *type,
                     struct lffi_way *way, enum lffi_return_kind *kind, const char **why)
{
    enum class classes[2];
    *way = (struct lffi_way){0};
    *kind = LFFI_RETURN_WORDS;
    if (type->kind == CDECL_VOID)
        return true;
    if (!vectors_supported(type, why))
        return false;
    if (type->prim == CDECL_PRIM_CLDOUBLE && type->kind == CDECL_COMPLEX) {
        add_piece(way, 0, offsetof(struct lffi_return, fpr), 32);
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

#endif

/* ==== AAPCS64 ================================================================================= */

#ifdef LFFI_ABI_AAPCS

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
            if (member->width == 0)
                continue;
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
    if (is_vector(type))
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

static uint32_t natural_align(const struct cdecl_type *type);

/* The alignment of a member as laid out, without that of an attribute on the enclosing type. */
static uint32_t member_align(const struct cdecl_type *type, const struct cdecl_member *member)
{
    uint32_t align = member->packed || type->tag->packed ? 1 : cdecl_alignof(member->type);
    if (member->alignment > align)
        align = member->alignment;
    if (type->tag->pack != 0 && align > type->tag->pack)
        align = type->tag->pack;
    return align;
}

static uint32_t natural_align(const struct cdecl_type *type)
{
    uint32_t align = 1;
    if (!is_composite(type))
        return cdecl_alignof(type->unqual);
    for (uint32_t i = 0; i < type->tag->nmembers; i++) {
        uint32_t member = member_align(type, &type->tag->members[i]);
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
        return add_stack(assign, way, cdecl_sizeof(type), argument_align(type), why);
    }
    for (uint64_t i = 0; i < h->count; i++)
        add_piece(way, i * h->size, fpr_offset(assign->fprs++), h->size);
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
    if (!vectors_supported(type, why))
        return false;
    if (size == 0)
        return true;
    if (in_fprs(type, &h))
        return argument_in_fprs(assign, type, &h, way, why);
    way->indirect = size > 16;
    if (way->indirect)
        size = sizeof(void *);
    else if (argument_align(type) == 16)
        assign->gprs = align_up(assign->gprs, 2);
    words = (uint32_t)(size + 7) / 8;
    if (assign->gprs + words <= LFFI_GPRS) {
        add_piece(way, 0, gpr_offset(assign->gprs), size);
        assign->gprs += words;
        return true;
    }
    assign->gprs = LFFI_GPRS;
    return add_stack(assign, way, size, way->indirect ? 8 : argument_align(type), why);
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
    if (!vectors_supported(type, why))
        return false;
    if (in_fprs(type, &h)) {
        *kind = LFFI_RETURN_FPRS;
        for (uint64_t i = 0; i < h.count; i++)
            add_piece(way, i * h.size, offsetof(struct lffi_return, fpr) + 16 * i, h.size);
    } else if (cdecl_sizeof(type) > 16) {
        *kind = LFFI_RETURN_MEMORY;
    } else {
        add_piece(way, 0, 0, cdecl_sizeof(type));
    }
    return true;
}

#endif
