/* Text into a buffer that may be too small: what does not fit is counted and left out, as snprintf
 * does. The buffer is the caller's. */
#include <string.h>
#include "internal.h"

void cdecl__put(struct out *out, const char *text, size_t size)
{
    size_t room = out->used + 1 < out->size ? out->size - 1 - out->used : 0;
    if (size == 0)
        return;
    if (room > 0)
        memcpy(out->buffer + out->used, text, size < room ? size : room);
    out->used += size;
    out->last = text[size - 1];
}
