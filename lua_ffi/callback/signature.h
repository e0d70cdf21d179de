/* What slot.c, code.c and visitor.c know of callbacks without Lua: the inside of slot.h's struct
 * lffi_signature, and the texts that name the places of creation. Both are parts of slot.c's table,
 * whose lock the callers of all but lffi_answer_closure hold.
 */
#ifndef LFFI_SIGNATURE_H
#define LFFI_SIGNATURE_H

#include "call/libffi.h"
#include "callback/slot.h"

/* An argument that travels as the address of a copy: where the address lies, see struct lffi_param,
 * and the bytes of the copy. */
struct lffi_indirect {
    uint32_t to;
    uint32_t size;
};

/* An argument that Lua gets as a string: where its address lies and, if it has one, its length. */
struct lffi_given_text {
    uint32_t to;
    uint32_t has_length; /* else it ends with its zero */
    uint32_t length_to;
    uint32_t length_op;
};

struct lffi_signature {
    const struct lffi_signature *next;
    uint64_t result_size; /* bytes of a result in memory */
    uint32_t stack_size;
    uint32_t nindirect;
    struct lffi_indirect *indirect;
    uint32_t ntexts;
    struct lffi_given_text *texts;
    bool wide;                       /* 128 bits of a floating register matter */
    bool gprs_only;                  /* no floating register matters, nor the stack */
    uint8_t gprs, fprs;              /* how many registers libffi knows of */
    uint64_t zero[LFFI_RESULT_FPRS]; /* of a float result, where LFFI_BOXED_FLOATS */
    enum lffi_return_kind kind;
#ifdef LFFI_ABI_LIBFFI
    struct lffi_prepared *prepared;
#else
    struct lffi_lowered lowered;
#endif
    char text[];
};

/* ---- signature.c ----------------------------------------------------------------------------- */

enum { LFFI_BUCKETS = 256 };

/* All that were ever needed, in lists by the hash of their texts. */
struct lffi_signatures {
    const struct lffi_signature *bucket[LFFI_BUCKETS];
};

/* The signature of a plan, made when it is new; NULL when memory is out. `text`: see
 * lffi_signature_of. */
const struct lffi_signature *lffi_find_signature(struct lffi_signatures *known,
                                                 const struct lffi_plan *plan, const char *text);

const ffi_cif *lffi_signature_cif(const struct lffi_signature *signature);

/* ---- creation.c ------------------------------------------------------------------------------ */

struct lffi_creations {
    struct lffi_creation *bucket[LFFI_BUCKETS];
};

unsigned lffi_text_hash(const char *text);
/* The text as one more slot's; NULL when memory is out. */
struct lffi_creation *lffi_hold_creation(struct lffi_creations *places, const char *text);
void lffi_drop_creation(struct lffi_creations *places, struct lffi_creation *place);

/* ---- visitor.c ------------------------------------------------------------------------------- */

/* The handler of every libffi closure; `user` is the slot. */
void lffi_answer_closure(ffi_cif *cif, void *result, void **values, void *user);

#endif
