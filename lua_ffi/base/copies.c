/* Copies of symbols, one behind the other in the caller's memory, whose owner it stays.
 *
 * Depends on libc only.
 */
#include <string.h>

#include "base/elfsym.h"

/* What stands before the name of a copied symbol. */
struct copied {
    uint64_t size;
    enum lffi_symbol_kind kind;
};

struct lffi_symbol lffi_copied_symbol(const char *memory, size_t *place)
{
    struct copied head;
    struct lffi_symbol symbol = {.name = memory + *place + sizeof head};
    memcpy(&head, memory + *place, sizeof head); /* not aligned */
    symbol.kind = head.kind;
    symbol.size = head.size;
    *place += sizeof head + strlen(symbol.name) + 1;
    return symbol;
}

size_t lffi_copy_symbol(struct lffi_symbol symbol, char *memory, size_t size, size_t used)
{
    struct copied head = {symbol.size, symbol.kind};
    size_t length = strlen(symbol.name) + 1;
    size_t bytes = sizeof head + length;
    if (used <= size && bytes <= size - used) {
        memcpy(memory + used, &head, sizeof head);
        memcpy(memory + used + sizeof head, symbol.name, length);
    }
    return bytes < SIZE_MAX - used ? used + bytes : SIZE_MAX;
}
