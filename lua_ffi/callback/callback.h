/* The callback wing: C calling Lua. What others see of it is at the end, and in object/hooks.h what
 * lower wings call; slot.h has the inside. First the words and the rules of all files here.
 *
 * Slot: a code address that C may call at any time, from any thread, in a signal handler, also
 *   after the callback was freed or the Lua state closed. It lasts as long as the process;
 *   callbacks use one after the other, and `born` numbers these uses.
 * Entry: code compiled into the module (entries.c), a new slot's first choice; one serves all
 *   signatures of its pool. Closure: code that libffi writes, where no entry is left or fits.
 * Signature: how code of one C type is entered and left, without Lua (signature.c).
 * Gate: what other threads may look at of a Lua state (object/running.h); in it the universe, the
 *   lock of who runs Lua (base/universe.h). Resident: the thread that makes the state's calls.
 *   Guest: any other that runs callbacks, each on a coroutine of its own (guest.c).
 * Owner: the thread that made a callback. It matters to modes "post" and "owner" (later.c).
 * Visitor: a call that does not just run: by a guest, of a signal callback, of a callback that is
 *   not live or of another mode. It counts itself in the slot, so that this is not taken by another
 *   while it looks, waits and runs.
 * Stranger: a visitor of a tombstone that is counted until somebody can be told of it.
 * Event: a slot with something to tell. It stands in its gate's list until the next safe point: the
 *   end of a call, or the next Lua instruction when a signal has armed the hook (hook.c).
 * Tombstone: the slot of a freed callback. It rests until its state has made 100 more, in that
 *   state's yard; those of closed states lie in the orphans' yard, for any state to take.
 * Loan: one call's use of a shared slot; the end of the last one frees the slot (loans.c).
 *
 * The states of a slot, by functions of slot.c (take: lffi_take_slot of code.c, close:
 * lffi_callback_close of ends.c, and so on); "rested": after 100 further callbacks.
 *
 *     (new) --take--> IDLE ----publish----> LIVE ----close----> CLOSED
 *                     ^  |                    |                  |  ^
 *                     |  +--making failed--+  +--bury--+         |  |
 *                     |                    v           v         |  |
 *                     |                   FREED <------+         |  |
 *                     |                   |   |                  |  |
 *                     |                   |   +------close-------|--+
 *                     +---take, rested----+----------------------+
 *
 * A tombstone that is visited, has an event or is still needed by a run goes back to the end of its
 * yard. The slot of a {signal = true} callback never becomes one of another kind: a handler that C
 * was left with must not enter Lua.
 *
 * What a call becomes (visitor.c); "ours": on the resident, inside a call or between two.
 *
 *     status   signal   thread    C gets         and
 *     LIVE     no       ours      Lua's result   enters Lua; no visit, when nobody else wants to
 *     LIVE     no       another   Lua's result   waits for the universe, enters Lua
 *     LIVE     yes      ours      error value    the signal is counted: an event; the hook is armed
 *     LIVE     yes      another   error value    the signal is counted: an event
 *     FREED    no       ours      error value    an error of the running call
 *     FREED    no       another   error value    a stranger is counted: an event
 *     FREED    yes      any       error value    a stranger is counted: an event
 *     CLOSED   any      any       error value    one line on stderr, once
 *     IDLE     any      any       zero           nothing: somebody is writing the slot
 *
 * Of another mode than "run", LIVE and no signal's: "value" is answered with the error value; the
 * others run as above on their owner, and elsewhere become items (later.c), for which C gets
 * nothing ("post") or the result ("owner").
 *
 * Who may read and write the fields of struct lffi_slot:
 *     code, pool, signal, next    anyone reads; written once, before anyone knows the slot
 *     use                         who has the universe, while LIVE. Visitors read `error`, `place`
 *                                 and `mode`: so it is written as a whole while the slot is IDLE
 *                                 and not visited, under the lock
 *     the atomic ones             anyone reads and writes
 *     freed_at, next_freed        who holds the lock
 *     next_event                  who set `queued`, until the slot has been taken out
 *     version                     who has the universe
 *
 * Why each memory order. A taker exchanges `status` for IDLE, then reads `visitors`; a visitor adds
 * itself, then reads `status`. Sequential consistency lets one of the two see the other; acquire
 * and release would let both miss. `use` and `gate` are stored before LIVE and read after it.
 * `plain` is set after LIVE and read by the resident before it sits down: what a guest has done to
 * the slot in between makes it take the long way (base/universe.h). `visits` is a number that
 * orders nothing. So are the registers of a signal: those of two at once may mix, and either is
 * "the latest". Events are pushed by many and popped by who has the universe: no ABA.
 */
#ifndef LFFI_CALLBACK_H
#define LFFI_CALLBACK_H

#include "call/call.h"

/* ---- make.c, loans.c: a callback's life ------------------------------------------------------ */

/* Whose a callback is, which says how it ends. */
enum lffi_slot_kind {
    LFFI_KIND_OWN,     /* one of its own: :free() */
    LFFI_KIND_SIGNAL,  /* likewise, and signal handlers may call it */
    LFFI_KIND_SHARED,  /* of all implicit conversions of its function: ffi.release */
    LFFI_KIND_BORROWED /* likewise, and the end of its last loan */
};

/* What a callback does on a thread that does not run Lua (docs/design.md S27). */
enum lffi_thread_mode { LFFI_RUN, LFFI_POST, LFFI_OWNER, LFFI_VALUE };

/* What a callback is to be; values as stack indices, 0: none. */
struct lffi_options {
    enum lffi_slot_kind kind;
    enum lffi_thread_mode mode;
    int error;   /* the error value */
    int onerror; /* a function */
    bool always;
};

/* Makes a live callback of the Lua function at idx, ct being the function type. */
struct lffi_slot *lffi_make_callback(lua_State *L, struct lffi_ctype *ct, int idx,
                                     const struct lffi_options *options);
/* The slot with a code address of which this state has or had a callback; NULL: there is none. */
struct lffi_slot *lffi_find_slot(lua_State *L, struct lffi_state *st, const void *code);
/* Makes a tombstone of a live slot and lets go of its functions. */
void lffi_free_slot(lua_State *L, struct lffi_slot *slot);
/* Frees what implicit conversions of the function at idx have made. Returns how many. */
lua_Integer lffi_release(lua_State *L, struct lffi_scope *scope, int idx);
/* Notes one more use of a borrowed slot, which the end of the loans takes back. */
void lffi_lend(struct lffi_loans *loans, struct lffi_slot *slot);

/* ---- identity.c ------------------------------------------------------------------------------ */

/* True when the pointer at idx was made for an earlier use of the slot. */
bool lffi_is_outlived(lua_State *L, int idx, const struct lffi_slot *slot);

/* ---- public.c -------------------------------------------------------------------------------- */

/* Adds callback, release, callbacks to the API table on the stack top (upvalue: scope). */
void lffi_callback_api(lua_State *L, struct lffi_scope *scope);

/* ---- poll.c ---------------------------------------------------------------------------------- */

/* What is waited for; asked with the universe's mutex. */
typedef bool lffi_met(const struct lffi_gate *gate, void *data);
/* Lets others run Lua until that is met, it is later than `until`, or something waits for this
 * thread, which then runs. May raise what callbacks of signals raise. True: it is met. The state
 * has a gate. */
bool lffi_wait_outside(lua_State *L, struct lffi_state *st, int64_t until, lffi_met *met,
                       void *data);
/* The time that many seconds from now, which the argument is; none: LFFI_FOREVER. */
int64_t lffi_until(lua_State *L, int idx);
/* ---- guest.c, ends.c ------------------------------------------------------------------------- */

/* Runs a function on the guest's way, on a thread that is none of Lua's; false: the universe is
 * closed, or memory is out, and it has not run. */
bool lffi_run_as_guest(struct lffi_gate *gate, struct lffi_state *st, void (*run)(void *data),
                       void *data);
/* The state's gate, made on first use; NULL when memory is out. */
struct lffi_gate *lffi_gate_of(struct lffi_state *st);

#endif
