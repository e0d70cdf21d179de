/* Why something cannot be used: the texts, once. Depends on attrs.def; owns nothing. */
#include "internal.h"

#define REFUSED(word) \
    [CDECL_REFUSED_##word] = {"__attribute__((" #word ")) is not supported", #word},

static const struct {
    const char *text;
    const char *attribute; /* NULL when it is none that is to blame */
} refusals[CDECL_REFUSAL_COUNT] = {
    [CDECL_NOT_EXPORTED] = {"it is static, so no library exports it", NULL},
    [CDECL_NO_INT128] = {"this machine has no integers of more than 64 bits", NULL},
    [CDECL_NO_FLOAT128] = {"this machine has no floats of 128 bits", NULL},
#define CONVENTION(word) REFUSED(word)
#define REFUSE(word) REFUSED(word)
#include "attrs.def"
};

const char *cdecl_refusal_text(enum cdecl_refusal refusal)
{
    return refusals[refusal].text;
}

const char *cdecl__refused_attribute(enum cdecl_refusal refusal)
{
    return refusals[refusal].attribute;
}
