/* Functions that crash, each in its own way. Loaded with CFFI_CRASH set, the library itself does.
 */
#include <stdlib.h>

int crash_overflow(int depth)
{
    volatile char block[4096];
    block[0] = (char)depth;
    return depth < 0 ? 0 : crash_overflow(depth + 1) + block[0];
}

int crash_divide(int a, int b)
{
    return a / b;
}

int crash_write(int *where)
{
    *where = 1;
    return 0;
}

int crash_in(int (*callback)(int), int *where)
{
    int result = callback(1);
    *where = result;
    return result;
}

__attribute__((constructor)) static void constructor(void)
{
    static int *volatile nowhere;
    if (getenv("CFFI_CRASH") != NULL)
        *nowhere = 1;
}
