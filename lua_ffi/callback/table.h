/* slot.c's table of slots and gates, for code.c, which takes slots, and ends.c, which ends states.
 * What says "locked" is called with the lock of the table.
 */
#ifndef LFFI_TABLE_H
#define LFFI_TABLE_H

#include "callback/signature.h"
#include "callback/slot.h"

void lffi_lock_slots(void);
void lffi_unlock_slots(void);
/* In the child of a fork: a lock that nobody has. */
void lffi_renew_slots(void);

/* ---- slots ----------------------------------------------------------------------------------- */

/* Locked: a tombstone whose code is of that pool, one of the state's own or of a state that is
 * gone; NULL when none has rested long enough. */
struct lffi_slot *lffi_exhume(struct lffi_gate *gate, enum lffi_pool pool, bool is_signal);
/* Locked: notes a new one, which is nobody's yet. */
struct lffi_slot *lffi_add_slot(struct lffi_slot *slot, enum lffi_pool pool);
/* Locked: begins a use of a slot that is nobody's. */
void lffi_begin_use(struct lffi_slot *slot, const struct lffi_signature *signature,
                    struct lffi_gate *gate, const struct lffi_use *use,
                    struct lffi_creation *place);
/* Locked: the text of a place as one more slot's; NULL when memory is out. */
struct lffi_creation *lffi_hold_place(const char *text);
void lffi_drop_place(struct lffi_creation *place);
/* All those of a state that closes. */
void lffi_close_slots(struct lffi_gate *gate);

/* ---- gates ----------------------------------------------------------------------------------- */

/* All there ever were; go on with `known`. */
struct lffi_gate *lffi_all_gates(void);
/* Gives the state one; NULL when memory is out. */
struct lffi_gate *lffi_open_gate(struct lffi_state *st);
/* Of a closed state, in which no thread is any more: another may have it. */
void lffi_return_gate(struct lffi_gate *gate);

#endif
