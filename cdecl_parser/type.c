/* Types and their constructors. Every derived type is looked up in the state's table by shape
 * first, so that the same type is the same pointer; a node is never changed after that. Depends on
 * scope.c for memory. All types belong to the state's arena. */
#include <string.h>
#include "internal.h"
#include "checked.h"
#include "target.h"

const struct cdecl_type cdecl__new_type = {.depth = 1};
const struct cdecl_tag cdecl__incomplete_tag = {.align = 1};

/* ---- the table ---- */

static uint32_t mix(uint32_t hash, uint64_t value)
{
    uint64_t x = ((uint64_t)hash << 32 | hash) ^ value;
    x *= 0x9e3779b97f4a7c15u;
    return (uint32_t)(x >> 32) ^ (uint32_t)x;
}

static uint64_t count_of(const struct cdecl_type *t)
{
    return t->kind == CDECL_FUNCTION ? 0 : t->count;
}

static uint32_t hash_type(const struct cdecl_type *t)
{
    uint32_t hash =
        mix(t->kind, (uint64_t)t->quals | (uint64_t)t->prim << 8 | (uint64_t)t->bits << 16 |
                         (uint64_t)t->variadic << 32 | (uint64_t)t->no_proto << 33 |
                         (uint64_t)t->is_signed << 34 | (uint64_t)t->refusal << 35);
    hash = mix(hash, count_of(t) ^ (uint64_t)t->align << 48);
    if (t->unqual != NULL)
        hash = mix(hash, t->unqual->hash);
    if (t->target != NULL)
        hash = mix(hash, t->target->hash);
    for (uint32_t i = 0; i < t->nparams; i++)
        hash = mix(hash, t->params[i]->hash);
    return hash | 1u << 31; /* never 0 */
}

static bool same_type(const struct cdecl_type *a, const struct cdecl_type *b)
{
    return a->hash == b->hash && a->kind == b->kind && a->quals == b->quals && a->prim == b->prim &&
           a->is_signed == b->is_signed && a->bits == b->bits && a->variadic == b->variadic &&
           a->no_proto == b->no_proto && a->align == b->align && a->nparams == b->nparams &&
           count_of(a) == count_of(b) && a->target == b->target && a->tag == b->tag &&
           a->refusal == b->refusal &&
           (a->nparams == 0 || memcmp(a->params, b->params, a->nparams * sizeof *a->params) == 0);
}

/* `shape->unqual` is NULL when the type is its own unqualified version. */
static const struct cdecl_type *find(const struct cdecl_state *state,
                                     const struct cdecl_type *shape)
{
    const struct table *table = &state->types;
    uint32_t at = shape->hash & table->mask;
    for (; table->hashes[at] != 0; at = (at + 1) & table->mask) {
        if (table->hashes[at] != shape->hash)
            continue;
        const struct cdecl_type *type = table->slots[at];
        const struct cdecl_type *unqual = type->unqual == type ? NULL : type->unqual;
        if (same_type(type, shape) && unqual == shape->unqual)
            return type;
    }
    return NULL;
}

/* Pointers without qualifiers are looked up without building their shape: they are most of all. */
static uint32_t pointer_hash(const struct cdecl_type *to)
{
    return mix(CDECL_POINTER, to->hash) | 1u << 31;
}

static bool is_plain_pointer(const struct cdecl_type *t)
{
    return t->kind == CDECL_POINTER && (t->unqual == NULL || t->unqual == t);
}

static const struct cdecl_type *find_pointer(const struct cdecl_state *state,
                                             const struct cdecl_type *to)
{
    const struct table *table = &state->types;
    uint32_t hash = pointer_hash(to), at = hash & table->mask;
    for (; table->hashes[at] != 0; at = (at + 1) & table->mask) {
        const struct cdecl_type *type = table->slots[at];
        if (table->hashes[at] == hash && type->target == to && is_plain_pointer(type))
            return type;
    }
    return NULL;
}

static const struct cdecl_type *intern(struct cdecl_state *state, struct cdecl_type *shape)
{
    shape->hash = is_plain_pointer(shape) ? pointer_hash(shape->target) : hash_type(shape);
    const struct cdecl_type *found = find(state, shape);
    if (found != NULL)
        return found;
    if (shape->depth > CDECL_MAX_DEPTH)
        cdecl__fail(state, "type nests too deeply (more than %d levels)", CDECL_MAX_DEPTH);
    struct cdecl_type *type = NEW(state, struct cdecl_type);
    *type = *shape;
    if (type->unqual == NULL)
        type->unqual = type;
    if (type->nparams > 0) {
        const struct cdecl_type **params =
            NEW_ARRAY(state, const struct cdecl_type *, type->nparams);
        memcpy(params, shape->params, type->nparams * sizeof *params);
        type->params = params;
    }
    cdecl__table_insert(state, &state->types, type);
    return type;
}

/* ---- basic types ---- */

/* Why a machine cannot use a type of so many bits, if it cannot. The layout is that of machines
 * which can. */
static uint8_t machine_refusal(const struct cdecl_type *type)
{
    bool is_quad = type->prim == CDECL_PRIM_FLOAT128 || type->prim == CDECL_PRIM_CFLOAT128;
    if (!CDECL_HAS_INT128 && type->kind == CDECL_INT && type->bits > 64)
        return CDECL_NO_INT128;
    return !CDECL_HAS_FLOAT128 && is_quad ? CDECL_NO_FLOAT128 : CDECL_USABLE;
}

void cdecl__make_basic(struct cdecl_state *state)
{
    static const struct {
        enum cdecl_kind kind;
        uint64_t size, align;
        bool is_signed;
        uint64_t bits;
    } prims[CDECL_PRIM_COUNT] = {
#define PRIM(id, spelling, class, size, align, is_signed, bits) \
    [CDECL_PRIM_##id] = {CDECL_##class, size, align, is_signed, bits},
#include "prims.def"
#undef PRIM
    };
    for (int i = 0; i < CDECL_PRIM_COUNT; i++) {
        struct cdecl_type shape = {.kind = (uint8_t)prims[i].kind,
                                   .prim = (uint8_t)i,
                                   .is_signed = prims[i].is_signed,
                                   .bits = (uint16_t)prims[i].bits,
                                   .depth = 1,
                                   .align = (uint32_t)prims[i].align,
                                   .size = prims[i].size};
        shape.refusal = machine_refusal(&shape);
        state->basic[i] = intern(state, &shape);
    }
}

const struct cdecl_type *cdecl__bitint(struct cdecl_state *state, uint64_t bits, bool is_signed)
{
    if (bits < (is_signed ? 2 : 1) || bits > CDECL_MAX_BITINT)
        cdecl__fail(state, "%s_BitInt(%lld) is not supported: %d to %d bits are",
                    is_signed ? "" : "unsigned ", (long long)bits, is_signed ? 2 : 1,
                    CDECL_MAX_BITINT);
    struct cdecl__extent extent = cdecl__bitint_extent(bits);
    struct cdecl_type shape = {.kind = CDECL_INT,
                               .prim = is_signed ? CDECL_PRIM_BITINT : CDECL_PRIM_UBITINT,
                               .is_signed = is_signed,
                               .bits = (uint16_t)bits,
                               .depth = 1,
                               .size = extent.size,
                               .align = extent.align};
    shape.refusal = machine_refusal(&shape);
    return intern(state, &shape);
}

const struct cdecl_type *cdecl__size_type(struct cdecl_state *state)
{
    return state->basic[CDECL_PRIM_OF(__SIZE_TYPE__)];
}

const struct cdecl_type *cdecl__ptrdiff_type(struct cdecl_state *state)
{
    return state->basic[CDECL_PRIM_OF(__PTRDIFF_TYPE__)];
}

/* ---- derived types ---- */

/* A pointer's depth ends at a tag that goes by a name: chains of structs may be of any length. */
static uint16_t pointer_depth(const struct cdecl_type *to)
{
    const struct cdecl_tag *tag = to->tag;
    bool named = tag != NULL && (tag->name != NULL ||
                                 (tag->typedef_name != NULL && to->align == tag->typedef_align));
    return (uint16_t)(named ? 2 : to->depth + 1);
}

static const struct cdecl_type *new_pointer(struct cdecl_state *state, const struct cdecl_type *to)
{
    struct cdecl_type shape = {.kind = CDECL_POINTER,
                               .depth = pointer_depth(to),
                               .align = _Alignof(void *),
                               .size = sizeof(void *),
                               .target = to};
    return intern(state, &shape);
}

/* Without what _Atomic adds. */
static struct cdecl__extent plain_extent(const struct cdecl_type *type)
{
    const struct cdecl_tag *tag = type->tag;
    if (tag == NULL)
        return (struct cdecl__extent){type->size, type->align};
    return (struct cdecl__extent){tag->size, type->align == 0 ? tag->align : type->align};
}

const struct cdecl_type *cdecl__pointer(struct cdecl_state *state, const struct cdecl_type *to)
{
    const struct cdecl_type *found = find_pointer(state, to);
    return found != NULL ? found : new_pointer(state, to);
}

/* What an array is aligned as. Where gcc forgets that its elements are atomic, it does not lower
 * their alignment either, as i386 does for members of long long and double. */
static uint32_t element_align(const struct cdecl_type *element)
{
    if (CDECL_ATOMIC_ARRAYS_ALIGN || (element->quals & CDECL_ATOMIC) == 0)
        return cdecl_alignof(element);
    const struct cdecl_type *type =
        element->kind == CDECL_ENUM ? element->tag->underlying : element;
    return cdecl__preferred_align((enum cdecl_prim)type->prim, plain_extent(element).align);
}

const struct cdecl_type *cdecl__array(struct cdecl_state *state, const struct cdecl_type *element,
                                      uint64_t count)
{
    struct cdecl_type shape = {.kind = CDECL_ARRAY,
                               .depth = (uint16_t)(element->depth + 1),
                               .count = count,
                               .target = element};
    uint64_t size = cdecl_sizeof(element);
    if (element->kind == CDECL_FUNCTION)
        cdecl__fail(state, "array of functions '%s'", cdecl__type_text(state, element));
    if (!cdecl_is_complete(element))
        cdecl__fail(state, "array element has incomplete type '%s'",
                    cdecl__type_text(state, element));
    if (element->kind == CDECL_ARRAY && element->count == CDECL_COUNT_VLA)
        cdecl__fail(state, "only the outermost array length can be '?'");
    if (count != CDECL_COUNT_UNKNOWN && count != CDECL_COUNT_VLA &&
        !size_mul(size, count, &shape.size))
        cdecl__fail(state, "size of array is too large");
    shape.align = element_align(element);
    return intern(state, &shape);
}

const struct cdecl_type *cdecl__vector(struct cdecl_state *state, const struct cdecl_type *element,
                                       uint64_t bytes)
{
    if (element->kind != CDECL_INT && element->kind != CDECL_FLOAT)
        cdecl__fail(state, "vector of '%s'", cdecl__type_text(state, element));
    if (bytes == 0 || bytes % element->size != 0 || (bytes & (bytes - 1)) != 0 ||
        bytes > CDECL_MAX_ALIGN)
        cdecl__fail(state, "vector_size(%llu) does not suit '%s'", (unsigned long long)bytes,
                    cdecl__type_text(state, element));
    struct cdecl_type shape = {.kind = CDECL_VECTOR,
                               .depth = (uint16_t)(element->depth + 1),
                               .align = cdecl__vector_align(bytes, element->kind == CDECL_FLOAT),
                               .size = bytes,
                               .count = bytes / element->size,
                               .target = element};
    return intern(state, &shape);
}

/* A version of `type` with these qualifiers and alignment instead of its own. */
static const struct cdecl_type *variant(struct cdecl_state *state, const struct cdecl_type *type,
                                        unsigned quals, uint32_t align)
{
    const struct cdecl_type *plain = type->unqual;
    if (quals == 0 && align == plain->align)
        return plain;
    struct cdecl_type shape = *plain;
    shape.quals = (uint8_t)quals;
    shape.align = align;
    shape.unqual = plain;
    shape.user = NULL;
    return intern(state, &shape);
}

const struct cdecl_type *cdecl__unqualified(struct cdecl_state *state,
                                            const struct cdecl_type *type)
{
    return type->quals == 0 ? type : variant(state, type, 0, type->align);
}

/* Qualifiers of an array belong to its elements (C11 6.7.3p9). */
const struct cdecl_type *cdecl__qualify(struct cdecl_state *state, const struct cdecl_type *type,
                                        unsigned quals)
{
    if ((type->quals | quals) == type->quals)
        return type;
    if (type->kind == CDECL_ARRAY) {
        const struct cdecl_type *element = cdecl__qualify(state, type->target, quals);
        const struct cdecl_type *array = cdecl__array(state, element, type->count);
        return type->align == array->align ? array : cdecl__align(state, array, type->align);
    }
    if (type->kind == CDECL_FUNCTION)
        return type; /* undefined in C; compilers ignore it */
    if (quals & CDECL_RESTRICT && type->kind != CDECL_POINTER)
        cdecl__fail(state, "restrict needs a pointer, not '%s'", cdecl__type_text(state, type));
    return variant(state, type, type->quals | quals, type->align);
}

const struct cdecl_type *cdecl__align(struct cdecl_state *state, const struct cdecl_type *type,
                                      uint32_t align)
{
    if (type->align == align)
        return type;
    return variant(state, type, type->quals, align);
}

const struct cdecl_type *cdecl__function(struct cdecl_state *state, const struct cdecl_type *result,
                                         const struct cdecl_type *const *params, uint32_t nparams,
                                         bool variadic, bool no_proto, enum cdecl_refusal refusal)
{
    struct cdecl_type shape = {.kind = CDECL_FUNCTION,
                               .variadic = variadic,
                               .no_proto = no_proto,
                               .refusal = (uint8_t)refusal,
                               .align = 1,
                               .depth = (uint16_t)(result->depth + 1),
                               .nparams = nparams,
                               .target = result,
                               .params = params};
    for (uint32_t i = 0; i < nparams; i++)
        if (params[i]->depth >= shape.depth)
            shape.depth = (uint16_t)(params[i]->depth + 1);
    return intern(state, &shape);
}

static size_t annotation_size(uint32_t nparams)
{
    return sizeof(struct cdecl_annotation) + nparams * sizeof(struct cdecl_param_annotation);
}

/* Of a function declared with "()" nothing is said of its parameters, however many there are. */
struct cdecl_annotation *cdecl__copy_annotation(struct cdecl_state *state,
                                                const struct cdecl_type *type, uint32_t nparams)
{
    size_t size = annotation_size(nparams);
    struct cdecl_annotation *copy = cdecl__alloc(state, size, _Alignof(struct cdecl_annotation));
    memset(copy, 0, size);
    if (type->annotated)
        memcpy(copy, cdecl_annotation_of(type),
               annotation_size(type->nparams < nparams ? type->nparams : nparams));
    return copy;
}

const struct cdecl_type *cdecl__annotated(struct cdecl_state *state, const struct cdecl_type *type,
                                          const struct cdecl_annotation *annotation)
{
    size_t size = type->nparams * sizeof *type->params;
    const void **params = NEW_ARRAY(state, const void *, type->nparams + 1u);
    struct cdecl_type *made = NEW(state, struct cdecl_type);
    if (size > 0)
        memcpy(params, type->params, size);
    params[type->nparams] = annotation;
    *made = *type;
    made->annotated = true;
    made->params = (const struct cdecl_type *const *)params;
    made->unqual = made;
    made->user = NULL;
    return made;
}

/* C11 6.7.6.3p7-8: as a parameter, or as a value. */
const struct cdecl_type *cdecl__decay(struct cdecl_state *state, const struct cdecl_type *type)
{
    if (type->kind == CDECL_ARRAY)
        return cdecl__pointer(state, type->target);
    if (type->kind == CDECL_FUNCTION)
        return cdecl__pointer(state, type);
    return type;
}

/* ---- properties ---- */

struct cdecl__extent cdecl__extent_of(const struct cdecl_type *type)
{
    struct cdecl__extent plain = plain_extent(type);
    bool atomic = (type->quals & CDECL_ATOMIC) != 0 && cdecl_is_complete(type);
    return atomic ? cdecl__atomic_extent(plain) : plain;
}

uint64_t cdecl_sizeof(const struct cdecl_type *type)
{
    return cdecl__extent_of(type).size;
}

uint32_t cdecl_alignof(const struct cdecl_type *type)
{
    return cdecl__extent_of(type).align;
}

bool cdecl_is_complete(const struct cdecl_type *type)
{
    if (type->tag != NULL)
        return type->tag->complete;
    if (type->kind == CDECL_ARRAY)
        return type->count != CDECL_COUNT_UNKNOWN;
    return type->kind != CDECL_VOID && type->kind != CDECL_FUNCTION;
}

const struct cdecl_member *cdecl_find_member(const struct cdecl_type *type, const char *name,
                                             size_t size, uint64_t *offset)
{
    if (type->kind != CDECL_STRUCT && type->kind != CDECL_UNION)
        return NULL;
    for (uint32_t i = 0; i < type->tag->nmembers; i++) {
        const struct cdecl_member *m = &type->tag->members[i];
        if (m->name == NULL) {
            const struct cdecl_member *inner = cdecl_find_member(m->type, name, size, offset);
            if (inner == NULL)
                continue;
            *offset += m->offset;
            return inner;
        }
        if (cdecl__name_of(m->name)->size == size && memcmp(m->name, name, size) == 0) {
            *offset = m->offset;
            return m;
        }
    }
    return NULL;
}

bool cdecl__is_integer(const struct cdecl_type *type)
{
    return type->kind == CDECL_INT || type->kind == CDECL_BOOL || type->kind == CDECL_ENUM;
}

bool cdecl__is_arithmetic(const struct cdecl_type *type)
{
    return cdecl__is_integer(type) || type->kind == CDECL_FLOAT;
}

/* ---- conversions between arithmetic types (C11 6.3.1) ---- */

const struct cdecl_type *cdecl__promote(struct cdecl_state *state, const struct cdecl_type *type)
{
    type = cdecl__plain(type);
    if (type->kind == CDECL_ENUM)
        type = type->tag->underlying == NULL ? state->basic[CDECL_PRIM_INT]
                                             : cdecl__plain(type->tag->underlying);
    bool bitint = type->prim == CDECL_PRIM_BITINT || type->prim == CDECL_PRIM_UBITINT;
    if (cdecl__is_integer(type) && !bitint && type->bits < state->basic[CDECL_PRIM_INT]->bits)
        return state->basic[CDECL_PRIM_INT];
    return type;
}

/* The type that C11 6.3.1.8 gives two integers; enum cdecl_prim lists the types by their ranks. */
static const struct cdecl_type *
common_integer(struct cdecl_state *state, const struct cdecl_type *a, const struct cdecl_type *b)
{
    if (a->is_signed == b->is_signed)
        return a->bits > b->bits || (a->bits == b->bits && a->prim > b->prim) ? a : b;
    const struct cdecl_type *s = a->is_signed ? a : b, *u = a->is_signed ? b : a;
    if (s->bits > u->bits)
        return s;
    if (u->bits > s->bits || u->prim > s->prim)
        return u;
    return state->basic[s->prim + 1]; /* long long and unsigned long: the unsigned version of s */
}

static int float_rank(const struct cdecl_type *type)
{
    switch (type->prim) {
    case CDECL_PRIM_FLOAT16: return 1;
    case CDECL_PRIM_FLOAT: return 2;
    case CDECL_PRIM_DOUBLE: return 3;
    case CDECL_PRIM_LDOUBLE: return 4;
    case CDECL_PRIM_FLOAT128: return 5;
    default: return 0;
    }
}

const struct cdecl_type *cdecl__usual(struct cdecl_state *state, const struct cdecl_type *a,
                                      const struct cdecl_type *b)
{
    a = cdecl__promote(state, a);
    b = cdecl__promote(state, b);
    if (a == b)
        return a;
    if (a->kind == CDECL_FLOAT || b->kind == CDECL_FLOAT)
        return float_rank(a) >= float_rank(b) ? a : b;
    return common_integer(state, a, b);
}
