/* The macros that the compiler predefines, as the one that builds the library told the Makefile:
 * predefined.h is a sorted table of {"name", "text"}. Owns nothing. */
#include <string.h>
#include "internal.h"

static const struct {
    const char *name, *text;
} predefined[] = {
#include "predefined.h"
};

/* Called for each new name that begins with an underscore, as all of them do. */
const char *cdecl__predefined(const char *text, size_t size)
{
    size_t low = 0, high = sizeof predefined / sizeof *predefined;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strncmp(text, predefined[middle].name, size);
        if (order == 0)
            order = predefined[middle].name[size] == '\0' ? 0 : -1;
        if (order == 0)
            return predefined[middle].text;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
