/* The places where callbacks were created, as texts ("app.lua:12") outside every Lua state.
 *
 * Depends on signature.h alone. All callbacks of one place hold one text, which is freed with the
 * last of them. The caller holds the lock of the process-wide table that `places` is part of.
 */
#include <stdlib.h>
#include <string.h>

#include "callback/signature.h"

unsigned lffi_text_hash(const char *text)
{
    unsigned hash = 5381;
    while (*text != '\0')
        hash = hash * 33 + (unsigned char)*text++;
    return hash;
}

static struct lffi_creation **bucket_of(struct lffi_creations *places, const char *text)
{
    return &places->bucket[lffi_text_hash(text) % LFFI_BUCKETS];
}

struct lffi_creation *lffi_hold_creation(struct lffi_creations *places, const char *text)
{
    struct lffi_creation **bucket = bucket_of(places, text);
    struct lffi_creation *place = *bucket;
    size_t length = strlen(text) + 1;
    while (place != NULL && strcmp(place->text, text) != 0)
        place = place->next;
    if (place == NULL && (place = malloc(sizeof *place + length)) != NULL) {
        place->holders = 0;
        memcpy(place->text, text, length);
        place->next = *bucket;
        *bucket = place;
    }
    if (place != NULL)
        place->holders++;
    return place;
}

void lffi_drop_creation(struct lffi_creations *places, struct lffi_creation *place)
{
    struct lffi_creation **link = bucket_of(places, place->text);
    if (--place->holders > 0)
        return;
    while (*link != place)
        link = &(*link)->next;
    *link = place->next;
    free(place);
}
