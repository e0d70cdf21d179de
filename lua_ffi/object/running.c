/* What a thread has: the innermost of its running calls, and where some of its things lie.
 *
 * Depends on nothing. One of the two C globals (docs/design.md section 6).
 */
#include "object/running.h"

_Thread_local struct lffi_thread lffi_thread LFFI_TLS;
