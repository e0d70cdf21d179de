/* Text into a buffer that may be too small: what does not fit is counted and left out, as snprintf
 * does. The buffer is the caller's. */
#include <string.h>
#include "internal.h"

void cdecl__put(struct out *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++, out->used++)
        if (out->used + 1 < out->size)
            out->buffer[out->used] = text[i];
    if (size > 0)
        out->last = text[size - 1];
}
