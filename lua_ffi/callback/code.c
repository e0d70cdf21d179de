/* The code of callbacks: a slot for a signature, with an entry where the result and the pools
 * allow, or else a libffi closure; a tombstone's before a new one's.
 *
 * Depends on libffi for closures, on entries.c, and on visitor.c for closures' handler. Nothing
 * here is ever freed: C may keep the address.
 */
#include <stdlib.h>

#include "callback/signature.h"
#include "callback/table.h"

struct closure_slot {
    struct lffi_slot slot;
    ffi_closure *closure;
};

/* What a slot keeps for life: its code, its pool and whether signal handlers may call it. */
static bool give_signal(struct lffi_slot *slot, bool is_signal)
{
    slot->signal = is_signal ? calloc(1, sizeof *slot->signal) : NULL;
    return !is_signal || slot->signal != NULL;
}

static struct lffi_slot *new_closure(bool is_signal)
{
    struct closure_slot *slot = calloc(1, sizeof *slot);
    if (slot == NULL)
        return NULL;
    if (give_signal(&slot->slot, is_signal))
        slot->closure = ffi_closure_alloc(sizeof *slot->closure, &slot->slot.code);
    if (slot->closure == NULL) {
        free(slot->slot.signal);
        free(slot);
        return NULL;
    }
    return lffi_add_slot(&slot->slot, LFFI_POOL_CLOSURE);
}

/* A slot with an entry that none has had before. */
static struct lffi_slot *new_entry(enum lffi_pool pool, bool is_signal)
{
    struct lffi_slot *slot = calloc(1, sizeof *slot);
    if (slot == NULL)
        return NULL;
    if (give_signal(slot, is_signal))
        slot->code = lffi_claim_entry(pool, slot);
    if (slot->code == NULL) {
        free(slot->signal);
        free(slot);
        return NULL;
    }
    return lffi_add_slot(slot, pool);
}

/* An entry, new or long at rest; NULL when there is none. */
static struct lffi_slot *find_entry(struct lffi_gate *gate, enum lffi_pool pool, bool is_signal)
{
    struct lffi_slot *slot = new_entry(pool, is_signal);
    return slot != NULL ? slot : lffi_exhume(gate, pool, is_signal);
}

static bool prepare_closure(struct lffi_slot *slot, const struct lffi_signature *signature)
{
    ffi_closure *closure = ((struct closure_slot *)slot)->closure;
    ffi_cif *cif = (ffi_cif *)(uintptr_t)lffi_signature_cif(signature); /* only read by libffi */
    return ffi_prep_closure_loc(closure, cif, lffi_answer_closure, slot, slot->code) == FFI_OK;
}

/* A slot whose code can serve the signature. */
static struct lffi_slot *find_code(const struct lffi_signature *signature, struct lffi_gate *gate,
                                   bool is_signal, const char **why)
{
    bool only_entry = signature->kind == LFFI_RETURN_WIDE; /* which libffi does not know of */
    enum lffi_pool pool = lffi_pool_for(signature->kind);
    struct lffi_slot *slot = NULL;
    if (pool != LFFI_POOL_CLOSURE && (only_entry || !lffi_prefers_libffi())) {
        if (pool == LFFI_POOL_WORDS && signature->gprs_only)
            slot = find_entry(gate, LFFI_POOL_GPRS, is_signal);
        if (slot == NULL)
            slot = find_entry(gate, pool, is_signal);
        if (slot != NULL)
            return slot;
    }
    if (only_entry) {
        *why = "too many callbacks with results of 128 bits";
        return NULL;
    }
    slot = lffi_exhume(gate, LFFI_POOL_CLOSURE, is_signal);
    if (slot == NULL)
        slot = new_closure(is_signal);
    if (slot != NULL && !prepare_closure(slot, signature))
        abort(); /* only for a cif of an unknown ABI */
    return slot;
}

struct lffi_slot *lffi_take_slot(const struct lffi_signature *signature, struct lffi_gate *gate,
                                 const struct lffi_use *use, const char *place_text,
                                 const char **why)
{
    struct lffi_slot *slot = NULL;
    struct lffi_creation *place;
    *why = "not enough memory for a callback";
    lffi_lock_slots();
    place = lffi_hold_place(place_text);
    if (place != NULL)
        slot = find_code(signature, gate, use->kind == LFFI_KIND_SIGNAL, why);
    if (slot == NULL) {
        if (place != NULL)
            lffi_drop_place(place);
        lffi_unlock_slots();
        return NULL;
    }
    lffi_begin_use(slot, signature, gate, use, place);
    lffi_unlock_slots();
    return slot;
}
