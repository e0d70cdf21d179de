/* One variadic function that reads whatever it is told to; for variadic_spec. */
#include <complex.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct variadic_small {
    int i;
    double d;
};

struct variadic_large {
    long l[5];
};

/* `kinds` names the types of the arguments, one letter each; what was read goes to `out`, separated
 * by blanks. */
int variadic_read(char *out, size_t size, const char *kinds, ...)
{
    size_t used = 0;
    va_list ap;
    va_start(ap, kinds);
    out[0] = '\0';
    for (; *kinds != '\0'; kinds++) {
        char text[100] = "?";
        if (*kinds == 'i') {
            snprintf(text, sizeof text, "%d", va_arg(ap, int));
        } else if (*kinds == 'l') {
            snprintf(text, sizeof text, "%lld", va_arg(ap, long long));
        } else if (*kinds == 'u') {
            snprintf(text, sizeof text, "%llu", va_arg(ap, unsigned long long));
        } else if (*kinds == 'd') {
            snprintf(text, sizeof text, "%g", va_arg(ap, double));
        } else if (*kinds == 'D') {
            snprintf(text, sizeof text, "%Lg", va_arg(ap, long double));
        } else if (*kinds == 's') {
            snprintf(text, sizeof text, "%s", va_arg(ap, const char *));
        } else if (*kinds == 'z') { /* bytes after a zero */
            snprintf(text, sizeof text, "%s", va_arg(ap, const char *) + 2);
        } else if (*kinds == 'p') {
            snprintf(text, sizeof text, "%p", va_arg(ap, void *));
        } else if (*kinds == 'F') {
            snprintf(text, sizeof text, "%d", fileno(va_arg(ap, FILE *)));
        } else if (*kinds == 'f') {
            snprintf(text, sizeof text, "%d", va_arg(ap, int (*)(int))(-4));
        } else if (*kinds == 'S') {
            struct variadic_small s = va_arg(ap, struct variadic_small);
            snprintf(text, sizeof text, "{%d,%g}", s.i, s.d);
        } else if (*kinds == 'P') {
            const struct variadic_small *s = va_arg(ap, const struct variadic_small *);
            snprintf(text, sizeof text, "{%d,%g}", s->i, s->d);
        } else if (*kinds == 'L') {
            struct variadic_large s = va_arg(ap, struct variadic_large);
            snprintf(text, sizeof text, "{%ld,%ld}", s.l[0], s.l[4]);
#ifdef __SIZEOF_INT128__
        } else if (*kinds == 'q') {
            __int128 q = va_arg(ap, __int128);
            snprintf(text, sizeof text, "%llx:%016llx", (unsigned long long)(q >> 64),
                     (unsigned long long)q);
#endif
        } else if (*kinds == 'c') {
            double _Complex c = va_arg(ap, double _Complex);
            snprintf(text, sizeof text, "%g%+gi", creal(c), cimag(c));
        }
        used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? " " : "", text);
    }
    va_end(ap);
    return (int)used;
}
