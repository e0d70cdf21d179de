/* C types as libffi's descriptions, and those for which there is none.
 *
 * Depends on the type description (cdecl.h) and on libffi.h; no Lua. It allocates nothing: what it
 * makes lies in the caller's room. A struct that libffi can read member by member is described so.
 * Others, that is unions, and structs with bit-fields or members out of alignment, are lowered:
 * described as a struct of plain numbers that the machine's psABI passes the same way. What remains
 * is refused.
 */
#include <float.h>
#include <string.h>

#include "call/abi/assign.h"
#include "call/abi/describe.h"

#ifdef LFFI_ABI_LIBFFI

/* How a machine passes aggregates, as far as it concerns lowering. */
enum {
    MACHINE_EIGHTBYTES, /* x86-64: each eight bytes by what lies in them */
    MACHINE_MEMORY,     /* i386: all in memory */
    MACHINE_SIZE,       /* s390x: by their size, unless the one member is a float */
    MACHINE_FLATTENED,  /* riscv: one or two members by their kind, else by their size */
    MACHINE_HOMOGENEOUS /* arm, ppc64le: floats of one kind by their kind, else by their size */
};
#if defined __x86_64__
#define MACHINE MACHINE_EIGHTBYTES
#elif defined __i386__
#define MACHINE MACHINE_MEMORY
#elif defined __s390x__
#define MACHINE MACHINE_SIZE
#elif defined __riscv
#define MACHINE MACHINE_FLATTENED
#elif defined __arm__ || defined __aarch64__ || (defined __powerpc64__ && defined __LITTLE_ENDIAN__)
#define MACHINE MACHINE_HOMOGENEOUS
#else
#define MACHINE_UNKNOWN 1
#define MACHINE MACHINE_HOMOGENEOUS
#endif
#ifndef MACHINE_UNKNOWN
#define MACHINE_UNKNOWN 0
#endif

/* Bytes up to which the members of an aggregate may matter to how it travels: beyond them, all
 * machines above look at its size alone. */
enum { MEMBERS_MATTER = MACHINE == MACHINE_HOMOGENEOUS ? 128 : 16 };

/* ---- scalars --------------------------------------------------------------------------------- */

static ffi_type *integer(uint64_t size, bool is_signed)
{
    switch (size) {
    case 1: return is_signed ? &ffi_type_sint8 : &ffi_type_uint8;
    case 2: return is_signed ? &ffi_type_sint16 : &ffi_type_uint16;
    case 4: return is_signed ? &ffi_type_sint32 : &ffi_type_uint32;
    case 8: return is_signed ? &ffi_type_sint64 : &ffi_type_uint64;
    default: return NULL;
    }
}

/* True when _Float128 is what long double is. */
static const bool quad_is_long_double = LDBL_MANT_DIG == 113;

static ffi_type *floating(uint8_t prim, const char **why)
{
    if (prim == CDECL_PRIM_FLOAT)
        return &ffi_type_float;
    if (prim == CDECL_PRIM_DOUBLE)
        return &ffi_type_double;
    if (prim == CDECL_PRIM_LDOUBLE || (prim == CDECL_PRIM_FLOAT128 && quad_is_long_double))
        return sizeof(long double) == sizeof(double) ? &ffi_type_double : &ffi_type_longdouble;
    *why = prim == CDECL_PRIM_FLOAT16 ? "libffi cannot pass '_Float16'"
                                      : "libffi cannot pass '_Float128' on this machine";
    return NULL;
}

/* The type of each half of a complex one. */
static uint8_t complex_part(uint8_t prim)
{
    switch (prim) {
    case CDECL_PRIM_CFLOAT: return CDECL_PRIM_FLOAT;
    case CDECL_PRIM_CDOUBLE: return CDECL_PRIM_DOUBLE;
    case CDECL_PRIM_CLDOUBLE: return CDECL_PRIM_LDOUBLE;
    case CDECL_PRIM_CFLOAT16: return CDECL_PRIM_FLOAT16;
    default: return CDECL_PRIM_FLOAT128;
    }
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* A description with room for `n` elements. */
struct made {
    ffi_type type;
    ffi_type *element[];
};

static struct made *make(struct lffi_room *room, uint64_t size, uint32_t align, size_t n)
{
    size_t bytes = (sizeof(struct made) + (n + 1) * sizeof(ffi_type *) + 15) & ~(size_t)15;
    struct made *made = (struct made *)(void *)room->next;
    room->size += bytes;
    if (made == NULL)
        return NULL;
    room->next += bytes;
    made->type = (ffi_type){(size_t)size, (unsigned short)align, FFI_TYPE_STRUCT, made->element};
    made->element[n] = NULL;
    return made;
}

/* What stands for a description while sizes are counted. */
static ffi_type *counted(struct made *made)
{
    return made != NULL ? &made->type : &ffi_type_void;
}

/* A struct of `n` times the same. */
static ffi_type *repeat(struct lffi_room *room, uint64_t size, uint32_t align, ffi_type *element,
                        size_t n)
{
    struct made *made = make(room, size, align, n);
    for (size_t i = 0; made != NULL && i < n; i++)
        made->element[i] = element;
    return counted(made);
}

/* Bytes of which nothing matters but how many there are. */
static ffi_type *plain_bytes(struct lffi_room *room, uint64_t size, uint32_t align)
{
    uint64_t unit = align > 8 ? 8 : align;
    if (size > MEMBERS_MATTER)
        return repeat(room, size, align, integer(unit, false), 1);
    return repeat(room, size, align, integer(unit, false), (size_t)(size / unit));
}

/* ---- what an aggregate is made of ------------------------------------------------------------ */

struct makeup {
    uint8_t base;      /* of its floats: FLOAT ... FLOAT128; CDECL_PRIM_COUNT: they differ */
    uint64_t floats;   /* how many of them; of a union, in the longest member */
    bool has_integers; /* anything but floats */
    bool irregular;    /* libffi cannot be told of it member by member */
    bool unaligned;    /* ... since a member stands where its type does not */
    bool bits;         /* ... since it has bit-fields */
    bool flexible;
    uint8_t eightbyte[2]; /* x86-64: what lies in them, HAS_* */
};
enum { HAS_INTEGERS = 1, HAS_FLOATS = 2 };

static void note_eightbytes(struct makeup *m, uint64_t at, uint64_t size, uint8_t what)
{
    for (uint64_t i = at / 8; size > 0 && i <= (at + size - 1) / 8 && i < 2; i++)
        m->eightbyte[i] |= what;
}

static void examine(struct makeup *m, const struct cdecl_type *type, uint64_t at);

static void examine_members(struct makeup *m, const struct cdecl_type *type, uint64_t at)
{
    const struct cdecl_tag *tag = type->tag;
    uint64_t before = m->floats;
    uint64_t longest = 0;
    m->irregular |= type->kind == CDECL_UNION;
    m->flexible |= tag->flexible;
    for (uint32_t i = 0; i < tag->nmembers; i++) {
        const struct cdecl_member *member = &tag->members[i];
        if (member->width != CDECL_NOT_BITFIELD) {
            uint64_t first = member->bit;
            m->bits = m->irregular = true;
            m->has_integers |= member->width > 0 || type->kind == CDECL_UNION; /* as gcc has it */
            note_eightbytes(m, at + member->offset, (first + member->width + 7) / 8, HAS_INTEGERS);
            continue;
        }
        if (type->kind == CDECL_UNION)
            m->floats = 0;
        examine(m, member->type, at + member->offset);
        if (m->floats > longest)
            longest = m->floats;
    }
    if (type->kind == CDECL_UNION)
        m->floats = before + longest;
}

static void examine_array(struct makeup *m, const struct cdecl_type *type, uint64_t at)
{
    uint64_t size = cdecl_sizeof(type->target);
    if (type->count == 0 || type->count >= CDECL_COUNT_VLA || size == 0)
        return;
    for (uint64_t i = 0; i < type->count; i++)
        examine(m, type->target, at + i * size);
}

static void note_floats(struct makeup *m, uint8_t prim, unsigned n)
{
    if (prim == CDECL_PRIM_LDOUBLE && LDBL_MANT_DIG == DBL_MANT_DIG)
        prim = CDECL_PRIM_DOUBLE; /* one format is one kind to the conventions */
    if (prim == CDECL_PRIM_FLOAT128 && quad_is_long_double)
        prim = CDECL_PRIM_LDOUBLE;
    if (m->base == CDECL_PRIM_VOID)
        m->base = prim;
    else if (m->base != prim)
        m->base = CDECL_PRIM_COUNT;
    m->floats += n;
}

/* Notes what a value at byte `at` of a whole of at most MEMBERS_MATTER bytes consists of. */
static void examine(struct makeup *m, const struct cdecl_type *type, uint64_t at)
{
    uint64_t align = cdecl_alignof(type->unqual);
    if (type->kind == CDECL_STRUCT || type->kind == CDECL_UNION) {
        examine_members(m, type, at);
    } else if (type->kind == CDECL_ARRAY) {
        examine_array(m, type, at);
    } else {
        bool is_float = type->kind == CDECL_FLOAT || type->kind == CDECL_COMPLEX;
        m->unaligned |= at % align != 0;
        m->irregular |= at % align != 0;
        m->has_integers |= !is_float;
        note_eightbytes(m, at, cdecl_sizeof(type), is_float ? HAS_FLOATS : HAS_INTEGERS);
        if (type->kind == CDECL_FLOAT)
            note_floats(m, type->prim, 1);
        else if (type->kind == CDECL_COMPLEX)
            note_floats(m, complex_part(type->prim), 2);
    }
}

/* ---- aggregates ------------------------------------------------------------------------------ */

/* The element type of an array of any depth, and how many there are. */
static const struct cdecl_type *innermost(const struct cdecl_type *type, uint64_t *n)
{
    *n = 1;
    for (; type->kind == CDECL_ARRAY; type = type->target)
        *n *= type->count < CDECL_COUNT_VLA ? type->count : 0;
    return type;
}

static size_t count_elements(const struct cdecl_tag *tag)
{
    uint64_t elements = 0;
    for (uint32_t i = 0; i < tag->nmembers; i++) {
        uint64_t n;
        if (cdecl_sizeof(innermost(tag->members[i].type, &n)) > 0)
            elements += n;
    }
    return (size_t)elements; /* of a byte at least each */
}

/* How the argument is aligned. 32-bit Arm: to 8 when a member is, as laid out, or the type of a
 * bit-field; attributes of the whole, and more than that, do not matter. libffi goes by what it is
 * told. */
static uint32_t aggregate_align(const struct cdecl_type *type)
{
#ifdef __arm__
    for (uint32_t i = 0; i < type->tag->nmembers; i++) {
        const struct cdecl_member *member = &type->tag->members[i];
        bool field = member->width != CDECL_NOT_BITFIELD;
        uint32_t align =
            field ? cdecl_alignof(member->type->unqual) : lffi_member_align(type, member);
        if (align > 4 && member->width != 0)
            return 8;
    }
    return 4;
#else
    return cdecl_alignof(type->unqual);
#endif
}

/* Member by member. Its own size and alignment are given, which attributes may have changed. */
static ffi_type *describe_members(struct lffi_room *room, const struct cdecl_type *type,
                                  const char **why)
{
    const struct cdecl_tag *tag = type->tag;
    struct made *made = make(room, cdecl_sizeof(type), aggregate_align(type), count_elements(tag));
    size_t used = 0;
    for (uint32_t i = 0; i < tag->nmembers; i++) {
        uint64_t n;
        const struct cdecl_type *element = innermost(tag->members[i].type, &n);
        ffi_type *described;
        if (cdecl_sizeof(element) == 0 || n == 0)
            continue;
        described = lffi_describe(room, element, why);
        if (described == NULL)
            return NULL;
        for (; made != NULL && n > 0; n--)
            made->element[used++] = described;
    }
    return counted(made);
}

/* x86-64: one number for each eight bytes, an integer unless nothing but floats lies in them.
 * Nothing where only padding is. */
static ffi_type *describe_eightbytes(struct lffi_room *room, uint64_t size, uint32_t align,
                                     const struct makeup *m)
{
    struct made *made;
    size_t n = 0;
    ffi_type *element[2];
    for (unsigned i = 0; i < 2 && size > 8 * i; i++) {
        uint64_t rest = size - 8 * i;
        if (m->eightbyte[i] == HAS_FLOATS)
            element[n++] = rest < 8 ? &ffi_type_float : &ffi_type_double;
        else if (m->eightbyte[i] != 0)
            element[n++] = &ffi_type_uint64;
    }
    made = make(room, size, align, n);
    if (made != NULL)
        memcpy(made->element, element, n * sizeof *element);
    return counted(made);
}

/* Floats of one kind and nothing else, not even padding. */
static bool is_homogeneous(const struct makeup *m, uint64_t size, ffi_type *element)
{
    return element != NULL && !m->has_integers && m->floats > 0 &&
           m->floats * element->size == size;
}

static bool is_known_float(uint8_t prim)
{
    return prim == CDECL_PRIM_FLOAT || prim == CDECL_PRIM_DOUBLE || prim == CDECL_PRIM_LDOUBLE ||
           (prim == CDECL_PRIM_FLOAT128 && quad_is_long_double);
}

/* What is not refused for being lowered. */
static const char *refuse_irregular(const struct makeup *m)
{
    if (MACHINE_UNKNOWN)
        return "libffi cannot pass unions, bit-fields and packed structs on this machine";
    if (MACHINE == MACHINE_EIGHTBYTES && m->unaligned)
        return "libffi cannot pass a struct with members out of alignment";
    if (MACHINE == MACHINE_EIGHTBYTES && m->irregular && m->floats > 0 &&
        (m->base == CDECL_PRIM_LDOUBLE || m->base == CDECL_PRIM_FLOAT128 ||
         m->base == CDECL_PRIM_FLOAT16 || m->base == CDECL_PRIM_COUNT))
        return "libffi cannot pass a union with such floating members";
    if (MACHINE == MACHINE_FLATTENED && (m->bits || m->unaligned) && m->floats > 0)
        return "libffi cannot pass floating members beside bit-fields or out of alignment";
    return NULL;
}

/* ppc64: aggregates of long doubles alone that travel in floating registers; gcc gives them no even
 * place among the words beside those, as libffi would for their alignment. */
static bool is_ibm_pair(const struct makeup *m)
{
    return MACHINE == MACHINE_HOMOGENEOUS && LDBL_MANT_DIG == 106 && !m->has_integers &&
           m->base == CDECL_PRIM_LDOUBLE && m->floats > 0 && m->floats <= 4;
}

static ffi_type *describe_irregular(struct lffi_room *room, const struct cdecl_type *type,
                                    const struct makeup *m, const char **why)
{
    uint64_t size = cdecl_sizeof(type);
    uint32_t align = aggregate_align(type);
    ffi_type *element = is_known_float(m->base) ? floating(m->base, why) : NULL;
    if (element == NULL && MACHINE == MACHINE_HOMOGENEOUS && m->floats > 0 && !m->has_integers &&
        m->base != CDECL_PRIM_COUNT)
        return floating(m->base, why); /* in registers that libffi does not know */
    *why = refuse_irregular(m);
    if (*why != NULL)
        return NULL;
    if (MACHINE == MACHINE_EIGHTBYTES)
        return describe_eightbytes(room, size, align, m);
    if (MACHINE == MACHINE_HOMOGENEOUS && is_homogeneous(m, size, element))
        return repeat(room, size, is_ibm_pair(m) ? 8 : align, element, (size_t)m->floats);
    return plain_bytes(room, size, align);
}

/* Floats alone with padding between or behind them, which libffi takes for more floats. */
static bool is_padded(const struct makeup *m, uint64_t size)
{
    const char *why;
    return MACHINE == MACHINE_HOMOGENEOUS && !MACHINE_UNKNOWN && is_known_float(m->base) &&
           m->floats > 0 && !m->has_integers && !is_homogeneous(m, size, floating(m->base, &why));
}

static bool has_vectors(const struct cdecl_type *type)
{
    if (type->kind == CDECL_ARRAY)
        return has_vectors(type->target);
    if (type->kind == CDECL_STRUCT || type->kind == CDECL_UNION)
        for (uint32_t i = 0; i < type->tag->nmembers; i++)
            if (has_vectors(type->tag->members[i].type))
                return true;
    return type->kind == CDECL_VECTOR;
}

/* i386: only what gcc loads into a vector register is aligned to 16 on the stack. */
static uint32_t i386_alignment(const struct cdecl_type *type)
{
    if (type->kind == CDECL_ARRAY)
        return i386_alignment(type->target);
    if (type->kind == CDECL_STRUCT || type->kind == CDECL_UNION)
        for (uint32_t i = 0; i < type->tag->nmembers; i++)
            if (i386_alignment(type->tag->members[i].type) == 16)
                return 16;
    return type->prim == CDECL_PRIM_FLOAT128 && type->kind == CDECL_FLOAT ? 16 : 4;
}

/* s390x: by the size, but for a struct whose one member, at any depth, is a float; then that lies
 * at the start of a floating register, and so do the eight bytes of an aligned one. Members without
 * size count to gcc, and libffi is not told of them: what is no such struct is plain bytes. */
static ffi_type *describe_by_size(struct lffi_room *room, const struct cdecl_type *type)
{
    const struct cdecl_type *only = type;
    uint64_t size = cdecl_sizeof(type);
    uint32_t align = cdecl_alignof(type->unqual);
    while (only->kind == CDECL_STRUCT && only->tag->nmembers == 1 &&
           only->tag->members[0].width == CDECL_NOT_BITFIELD)
        only = only->tag->members[0].type;
    if (only->kind == CDECL_FLOAT && (size == 4 || size == 8))
        return repeat(room, size, align, size == 4 ? &ffi_type_float : &ffi_type_double, 1);
    return plain_bytes(room, size, align);
}

static ffi_type *describe_aggregate(struct lffi_room *room, const struct cdecl_type *type,
                                    const char **why)
{
    struct makeup m = {.base = CDECL_PRIM_VOID};
    uint64_t size = cdecl_sizeof(type);
    uint32_t align = aggregate_align(type);
    if (has_vectors(type)) {
        *why = "libffi cannot pass vectors";
        return NULL;
    }
    if (MACHINE == MACHINE_MEMORY)
        return plain_bytes(room, size, i386_alignment(type));
    if (size > MEMBERS_MATTER)
        return plain_bytes(room, size, align);
    examine(&m, type, 0);
    if (MACHINE == MACHINE_EIGHTBYTES && size > 8 && m.eightbyte[1] == 0) {
        *why = "libffi cannot pass a struct with eight bytes of padding"; /* in callbacks */
        return NULL;
    }
    if (m.flexible) {
        *why = "libffi cannot pass a struct with a flexible array member";
        return NULL;
    }
    if (MACHINE == MACHINE_SIZE)
        return describe_by_size(room, type);
    if (m.irregular || is_padded(&m, size) || is_ibm_pair(&m))
        return describe_irregular(room, type, &m, why);
    return describe_members(room, type, why);
}

/* ---- all types ------------------------------------------------------------------------------- */

/* An integer of more than 64 bits: a pair of words wherever it is not in memory. */
static ffi_type *describe_long(struct lffi_room *room, const struct cdecl_type *type)
{
    uint32_t align = cdecl_alignof(type->unqual);
    if (MACHINE == MACHINE_HOMOGENEOUS && align > 8)
        align = 8; /* ppc64le aligns aggregates to 16 in registers, and this not */
    return plain_bytes(room, cdecl_sizeof(type), align);
}

static ffi_type *describe_complex(struct lffi_room *room, const struct cdecl_type *type,
                                  const char **why)
{
    ffi_type *part = floating(complex_part(type->prim), why);
    (void)room;
    if (part == NULL)
        return NULL;
#ifdef FFI_TARGET_HAS_COMPLEX_TYPE
    if (part == &ffi_type_float)
        return &ffi_type_complex_float;
    return part == &ffi_type_double ? &ffi_type_complex_double : &ffi_type_complex_longdouble;
#else
    if (MACHINE != MACHINE_FLATTENED) {
        *why = "libffi cannot pass complex numbers on this machine";
        return NULL;
    }
    return repeat(room, cdecl_sizeof(type), cdecl_alignof(type->unqual), part, 2);
#endif
}

ffi_type *lffi_describe(struct lffi_room *room, const struct cdecl_type *type, const char **why)
{
    switch ((enum cdecl_kind)type->kind) {
    case CDECL_STRUCT:
    case CDECL_UNION: return describe_aggregate(room, type, why);
    case CDECL_ENUM: return lffi_describe(room, type->tag->underlying, why);
    case CDECL_POINTER: return &ffi_type_pointer;
    case CDECL_FLOAT: return floating(type->prim, why);
    case CDECL_COMPLEX: return describe_complex(room, type, why);
    case CDECL_VECTOR: *why = "libffi cannot pass vectors"; return NULL;
    case CDECL_BOOL:
    case CDECL_INT: break;
    case CDECL_VOID:
    case CDECL_ARRAY:
    case CDECL_FUNCTION: return NULL; /* no argument and no member is one */
    }
    if (cdecl_sizeof(type) > 8)
        return describe_long(room, type);
    return integer(cdecl_sizeof(type), type->is_signed != 0);
}

ffi_type *lffi_describe_result(struct lffi_room *room, const struct cdecl_type *type,
                               const char **why)
{
    struct makeup m = {.base = CDECL_PRIM_VOID};
    if (MACHINE == MACHINE_EIGHTBYTES && cdecl_sizeof(type) == sizeof(long double)) {
        /* libffi 3.4 brings back struct { long double; } from the wrong register. */
        examine(&m, type, 0);
        if (m.base == CDECL_PRIM_LDOUBLE && m.floats == 1 && !m.has_integers && !m.irregular)
            return &ffi_type_longdouble;
    }
    return lffi_describe(room, type, why);
}

bool lffi_x86_registers(const struct cdecl_type *type, unsigned *gprs, unsigned *fprs)
{
    struct makeup m = {.base = CDECL_PRIM_VOID};
    *gprs = *fprs = 0;
    if (cdecl_sizeof(type) > 16)
        return false;
    examine(&m, type, 0);
    if (m.base == CDECL_PRIM_LDOUBLE)
        return false;
    for (unsigned i = 0; i < 2; i++) {
        *gprs += (m.eightbyte[i] & HAS_INTEGERS) != 0;
        *fprs += m.eightbyte[i] == HAS_FLOATS;
    }
    return *gprs == 1 && *fprs == 1 && (m.eightbyte[0] & HAS_INTEGERS) != 0;
}

#endif
