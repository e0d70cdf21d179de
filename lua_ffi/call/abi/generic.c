/* Calls and callbacks by libffi alone, which is told the C types (describe.c): for every machine
 * that has no calling convention of its own in this folder.
 *
 * Depends on the type description (abi.h, cdecl.h) and on libffi.h; no Lua. It allocates nothing:
 * what libffi needs to know of a signature lies in room of its plan, of its callbacks' signature,
 * or, for a call of a variadic function, of the call.
 */
#include <string.h>

#include "call/abi/describe.h"

#ifdef LFFI_ABI_LIBFFI

/* Where an argument waits in the frame. `whole` is its type even where it is split; NULL: the
 * second part of such a one. */
struct place {
    const ffi_type *whole;
    uint32_t to, size;
};

struct lffi_prepared {
    ffi_cif cif;
    struct lffi_room rest; /* for descriptions of types yet to come */
    ffi_type *result;
    ffi_type **types;    /* of the arguments that libffi is given */
    struct place *place; /* likewise */
    void **values;       /* of the arguments of one call; NULL: in the frame or in lffi_invoke */
    uint32_t nargs;
    uint32_t nfixed; /* the variadic ones come after these */
    bool of_callback;
};

/* Pointers to so many arguments lie on the C stack during a call, more of them in the frame. */
enum { FEW = 16 };

/* What is one argument to C is at most so many to libffi: see must_split. */
enum { SPLIT = 2 };

static size_t aligned(size_t size)
{
    return (size + 15) & ~(size_t)15;
}

/* ---- what libffi needs to know --------------------------------------------------------------- */

/* The arrays of a prepared signature, and room for descriptions after them. */
static struct lffi_prepared *lay_out(void *room, uint32_t nargs)
{
    struct lffi_prepared *prepared = room;
    unsigned char *next = (unsigned char *)room + aligned(sizeof *prepared);
    memset(prepared, 0, sizeof *prepared);
    prepared->types = (ffi_type **)(void *)next;
    next += aligned(nargs * sizeof(ffi_type *));
    prepared->place = (struct place *)(void *)next;
    next += aligned(nargs * sizeof(struct place));
    prepared->rest.next = next;
    return prepared;
}

static size_t room_of(uint32_t nargs)
{
    return aligned(sizeof(struct lffi_prepared)) + aligned(nargs * sizeof(ffi_type *)) +
           aligned(nargs * sizeof(struct place));
}

size_t lffi_abi_room(const struct lffi_assign *counted)
{
    return room_of(counted->passed) + counted->described;
}

void lffi_abi_begin(struct lffi_assign *assign, void *room, const struct lffi_assign *counted,
                    bool of_callback)
{
    uint32_t described = counted->described;
    uint32_t passed = counted->passed;
    *assign = (struct lffi_assign){.described = described};
    assign->prepared = lay_out(room, passed);
    assign->prepared->of_callback = of_callback;
}

/* ffi_prep_cif refuses unknown ABIs, types without size and, among variadic arguments, those that
 * C's promotions do away with: none of these comes here. */
static void prepare(struct lffi_prepared *prepared, bool variadic)
{
    ffi_status status;
    if (variadic)
        status = ffi_prep_cif_var(&prepared->cif, FFI_DEFAULT_ABI, prepared->nfixed,
                                  prepared->nargs, prepared->result, prepared->types);
    else
        status = ffi_prep_cif(&prepared->cif, FFI_DEFAULT_ABI, prepared->nargs, prepared->result,
                              prepared->types);
    if (status != FFI_OK)
        abort();
}

void lffi_abi_end(struct lffi_assign *assign, bool variadic)
{
    struct lffi_prepared *prepared = assign->prepared;
    prepared->nfixed = prepared->nargs;
    if (prepared->nargs > FEW)
        assign->stack += (uint32_t)(prepared->nargs * sizeof(void *) + 15) & ~(uint32_t)15;
    prepare(prepared, variadic);
}

size_t lffi_abi_variadic_room(const struct lffi_assign *end)
{
    uint32_t nfixed = end->prepared->nargs;
    return room_of(nfixed) + aligned(nfixed * sizeof(void *)) + 64;
}

size_t lffi_abi_argument_room(const struct cdecl_type *type)
{
    struct lffi_room room = {NULL, 0};
    const char *why;
    if (type != NULL)
        lffi_describe(&room, type, &why); /* what is refused is refused when it is assigned */
    return room.size + SPLIT * (sizeof(void *) + sizeof(ffi_type *) + sizeof(struct place));
}

void lffi_abi_begin_variadic(struct lffi_assign *assign, void *room, uint32_t more)
{
    const struct lffi_prepared *fixed = assign->prepared;
    uint32_t nargs = fixed->nargs + SPLIT * more;
    struct lffi_prepared *prepared = lay_out(room, nargs);
    memcpy(prepared->types, fixed->types, fixed->nargs * sizeof *fixed->types);
    memcpy(prepared->place, fixed->place, fixed->nargs * sizeof *fixed->place);
    prepared->values = (void **)(void *)prepared->rest.next;
    prepared->rest.next += aligned(nargs * sizeof(void *));
    prepared->result = fixed->result;
    prepared->nargs = prepared->nfixed = fixed->nargs;
    assign->prepared = prepared;
}

/* ---- where values wait ----------------------------------------------------------------------- */

static bool is_general(const ffi_type *described)
{
    return described->size <= 8 && described->type != FFI_TYPE_FLOAT &&
           described->type != FFI_TYPE_DOUBLE && described->type != FFI_TYPE_STRUCT &&
           described->type != FFI_TYPE_COMPLEX && described->type != FFI_TYPE_VOID;
}

static bool is_floating(const ffi_type *described)
{
    return described->type == FFI_TYPE_FLOAT || described->type == FFI_TYPE_DOUBLE;
}

/* libffi before 3.4.7 loses the first floating argument of a call on x86-64 when a struct of an
 * integer and a float, eight bytes each, takes the last general register. In two arguments these
 * travel the same way. */
static bool must_split(struct lffi_assign *assign, const struct cdecl_type *type)
{
#ifdef __x86_64__
    enum { GPRS = 6, FPRS = 8 };
    unsigned gprs;
    unsigned fprs;
    bool is_mixed = lffi_x86_registers(type, &gprs, &fprs);
    if (assign->machine_gprs + gprs > GPRS || assign->machine_fprs + fprs > FPRS)
        return false;
    assign->machine_gprs += gprs;
    assign->machine_fprs += fprs;
    return is_mixed && assign->machine_gprs == GPRS;
#else
    (void)assign, (void)type;
    return false;
#endif
}

static bool find_place(struct lffi_assign *assign, const ffi_type *described,
                       const struct cdecl_type *type, struct lffi_way *way, const char **why)
{
    if (is_general(described) && assign->gprs < LFFI_GPRS)
        lffi_add_piece(way, 0, lffi_gpr_offset(assign->gprs++), cdecl_sizeof(type));
    else if (is_floating(described) && assign->fprs < LFFI_FPRS)
        lffi_add_piece(way, 0, lffi_fpr_offset(assign->fprs++), cdecl_sizeof(type));
    else
        return lffi_add_stack(assign, way, cdecl_sizeof(type), cdecl_alignof(type), why);
    return true;
}

/* Describes by `how`, in the prepared signature or counting. */
static ffi_type *describe(struct lffi_assign *assign, const struct cdecl_type *type,
                          ffi_type *(*how)(struct lffi_room *, const struct cdecl_type *,
                                           const char **),
                          const char **why)
{
    struct lffi_room counting = {NULL, 0};
    ffi_type *described;
    if (assign->prepared != NULL)
        return how(&assign->prepared->rest, type, why);
    described = how(&counting, type, why);
    assign->described += (uint32_t)counting.size;
    return described;
}

static void add_argument(struct lffi_assign *assign, ffi_type *described, const ffi_type *whole,
                         uint32_t to, uint64_t size)
{
    struct lffi_prepared *prepared = assign->prepared;
    assign->passed++;
    if (prepared == NULL)
        return;
    prepared->types[prepared->nargs] = described;
    prepared->place[prepared->nargs++] = (struct place){whole, to, (uint32_t)size};
}

/* An empty struct is nothing but on s390x, where its address is passed: any, for nobody looks. */
static void add_empty(struct lffi_assign *assign)
{
#ifdef __s390x__
    add_argument(assign, &ffi_type_pointer, &ffi_type_pointer, 0, 0);
#else
    (void)assign;
#endif
}

bool lffi_abi_argument(struct lffi_assign *assign, const struct cdecl_type *type,
                       struct lffi_way *way, const char **why)
{
    struct lffi_prepared *prepared = assign->prepared;
    ffi_type *described;
    *way = (struct lffi_way){0};
    if (cdecl_sizeof(type) == 0) {
        add_empty(assign);
        return true;
    }
    described = describe(assign, type, lffi_describe, why);
    if (described == NULL || !find_place(assign, described, type, way, why))
        return false;
    if (must_split(assign, type) && (prepared == NULL || !prepared->of_callback)) {
        add_argument(assign, &ffi_type_uint64, described, way->piece[0].to, sizeof(uint64_t));
        add_argument(assign, &ffi_type_double, NULL, way->piece[0].to + 8, sizeof(double));
    } else {
        add_argument(assign, described, described, way->piece[0].to, cdecl_sizeof(type));
    }
    return true;
}

static enum lffi_return_kind place_result(const ffi_type *described, uint64_t size,
                                          struct lffi_way *way)
{
    const uint64_t fpr = offsetof(struct lffi_return, fpr);
    if (size > sizeof(union lffi_fpr) * LFFI_RESULT_FPRS)
        return LFFI_RETURN_MEMORY;
    lffi_add_piece(way, 0, is_general(described) ? 0 : fpr, size);
    return is_general(described) || is_floating(described) ? LFFI_RETURN_WORDS : LFFI_RETURN_FPRS;
}

bool lffi_abi_result(struct lffi_assign *assign, const struct cdecl_type *type,
                     struct lffi_way *way, enum lffi_return_kind *kind, const char **why)
{
    ffi_type *described = &ffi_type_void;
    *way = (struct lffi_way){0};
    *kind = LFFI_RETURN_WORDS;
#if defined __s390x__ || defined __i386__
    if (type->kind != CDECL_VOID && cdecl_sizeof(type) == 0) {
        *why = "libffi cannot give back an empty struct on this machine"; /* by address */
        return false;
    }
#endif
    if (type->kind != CDECL_VOID && cdecl_sizeof(type) > 0) {
        described = describe(assign, type, lffi_describe_result, why);
        if (described == NULL)
            return false;
        *kind = place_result(described, cdecl_sizeof(type), way);
    }
#ifdef __x86_64__
    if (type->kind != CDECL_VOID && cdecl_sizeof(type) > 16)
        assign->machine_gprs++; /* perhaps: then it is a long double _Complex */
#endif
    if (assign->prepared != NULL)
        assign->prepared->result = described;
    return true;
}

/* ---- calls ----------------------------------------------------------------------------------- */

bool lffi_is_general(enum lffi_return_kind kind, const struct lffi_assign *used)
{
    (void)kind;
    return used->fprs == 0 && used->stack == 0;
}

static bool is_widened(const ffi_type *type)
{
    return is_general(type) && type->size < sizeof(ffi_arg);
}

/* libffi widens small integers; ours lie at the start of their place. */
static void narrow(const ffi_type *type, ffi_arg word, void *value)
{
    const unsigned char *bytes = (const unsigned char *)&word;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bytes += sizeof word - type->size;
#endif
    memcpy(value, bytes, type->size);
}

static void run(const struct lffi_prepared *prepared, void (*address)(void), void **values,
                const unsigned char *frame, struct lffi_return *ret)
{
    const struct lffi_registers *regs = (const struct lffi_registers *)(const void *)frame;
    ffi_cif *cif = (ffi_cif *)(uintptr_t)&prepared->cif; /* libffi only reads it */
    void *result = ret->fpr;
    ffi_arg word = 0;
    for (uint32_t i = 0; i < prepared->nargs; i++)
        values[i] = (void *)(uintptr_t)(frame + prepared->place[i].to);
    if (is_widened(prepared->result))
        result = &word;
    else if (is_general(prepared->result))
        result = ret->gpr;
    else if (prepared->result->size > sizeof ret->fpr)
        result = (void *)(uintptr_t)regs->hidden;
    ffi_call(cif, address, result, values);
    if (is_widened(prepared->result))
        narrow(prepared->result, word, ret->gpr);
}

/* Not inline, for those with more arguments do not need the room. */
static LFFI_NOINLINE void run_few(const struct lffi_prepared *prepared, void (*address)(void),
                                  const unsigned char *frame, struct lffi_return *ret)
{
    void *values[FEW];
    run(prepared, address, values, frame, ret);
}

void lffi_invoke(enum lffi_return_kind kind, bool prefer_libffi, void (*address)(void),
                 const unsigned char *frame, const struct lffi_assign *used,
                 struct lffi_return *ret)
{
    struct lffi_prepared *prepared = used->prepared;
    (void)kind;
    (void)prefer_libffi;
    if (prepared->values != NULL) {
        prepare(prepared, true);
        run(prepared, address, prepared->values, frame, ret);
    } else if (prepared->nargs <= FEW) {
        run_few(prepared, address, frame, ret);
    } else {
        size_t end = LFFI_STACK_START + used->stack;
        end -= aligned(prepared->nargs * sizeof(void *));
        run(prepared, address, (void **)(uintptr_t)(const void *)(frame + end), frame, ret);
    }
}

/* ---- callbacks ------------------------------------------------------------------------------- */

const ffi_cif *lffi_prepared_cif(const struct lffi_prepared *prepared)
{
    return &prepared->cif;
}

static bool same_type(const ffi_type *a, const ffi_type *b)
{
    if (a == b)
        return true;
    if (a->type != FFI_TYPE_STRUCT || b->type != FFI_TYPE_STRUCT || a->size != b->size ||
        a->alignment != b->alignment)
        return false;
    for (size_t i = 0;; i++) {
        if (a->elements[i] == NULL || b->elements[i] == NULL)
            return a->elements[i] == b->elements[i];
        if (!same_type(a->elements[i], b->elements[i]))
            return false;
    }
}

/* The first argument from `i` on that is no second part. */
static uint32_t next_whole(const struct lffi_prepared *prepared, uint32_t i)
{
    return i < prepared->nargs && prepared->place[i].whole == NULL ? i + 1 : i;
}

bool lffi_same_prepared(const struct lffi_prepared *a, const struct lffi_prepared *b)
{
    uint32_t i = 0;
    uint32_t j = 0;
    if (!same_type(a->result, b->result))
        return false;
    for (; i < a->nargs && j < b->nargs; i = next_whole(a, i + 1), j = next_whole(b, j + 1))
        if (!same_type(a->place[i].whole, b->place[j].whole))
            return false;
    return i == a->nargs && j == b->nargs;
}

void lffi_closure_arguments(const struct lffi_prepared *prepared, void *const *values,
                            struct lffi_registers *in)
{
    memset(in->gpr, 0, sizeof in->gpr); /* whole words are kept of a signal's */
    for (uint32_t i = 0; i < prepared->nargs; i++) {
        const struct place *place = &prepared->place[i];
        if (place->to < LFFI_STACK_START)
            memcpy((unsigned char *)in + place->to, values[i], place->size);
    }
}

const unsigned char *lffi_closure_stack(const struct lffi_prepared *prepared, const void *values,
                                        uint32_t to)
{
    void *const *value = values;
    for (uint32_t i = 0; prepared->place[i].to != to; i = next_whole(prepared, i + 1))
        value++;
    return *value;
}

/* The reverse of narrow, for libffi wants small integers widened. */
static ffi_arg widen(const ffi_type *type, const void *value)
{
    union {
        int8_t i8;
        int16_t i16;
        int32_t i32;
        uint8_t u8;
        uint16_t u16;
        uint32_t u32;
    } as;
    memcpy(&as, value, type->size);
    switch (type->type) {
    case FFI_TYPE_SINT8: return (ffi_arg)(ffi_sarg)as.i8;
    case FFI_TYPE_SINT16: return (ffi_arg)(ffi_sarg)as.i16;
    case FFI_TYPE_SINT32: return (ffi_arg)(ffi_sarg)as.i32;
    case FFI_TYPE_UINT8: return as.u8;
    case FFI_TYPE_UINT16: return as.u16;
    default: return as.u32;
    }
}

void lffi_closure_result(const ffi_type *type, const struct lffi_return *ret, void *result)
{
    if (is_widened(type))
        *(ffi_arg *)result = widen(type, ret->gpr);
    else if (is_general(type))
        memcpy(result, ret->gpr, type->size);
    else if (type->type != FFI_TYPE_VOID && type->size <= sizeof ret->fpr)
        memcpy(result, ret->fpr, type->size);
}

#endif
