/* Functions for annotations: each does one thing that [[cffi::...]] can describe, and some lie. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct box {
    int value;
};
static int boxes;

struct box *an_new(int value)
{
    struct box *box = NULL;
    if (value >= 0 && (box = malloc(sizeof *box)) != NULL) {
        box->value = value;
        boxes++;
    } else {
        errno = EINVAL;
    }
    return box;
}

int an_free(struct box *box)
{
    boxes -= box != NULL;
    free(box);
    return 0;
}

int an_value(const struct box *box)
{
    return box->value;
}

int an_alive(void)
{
    return boxes;
}

/* As sqlite3_open: gives the box also when it fails. */
int an_open(int value, struct box **box)
{
    *box = value == 13 ? NULL : an_new(abs(value));
    return value >= 0 && value != 13 ? 0 : 14;
}

const char *an_text_of(int code)
{
    return code == 14 ? "cannot open it" : NULL;
}

enum an_result { AN_FINE, AN_BAD = 7 };
enum an_result an_enum(int code)
{
    return (enum an_result)code;
}

/* Writes x's, claims to have written `claim`. */
int an_fill(char *to, int room, int claim)
{
    if (room > 0)
        memset(to, 'x', (size_t)(claim < room ? (claim > 0 ? claim : 0) : room));
    return claim;
}

long an_squares(int *to, long room)
{
    for (long i = 0; i < room && i < 5; i++)
        to[i] = (int)(i * i);
    return room < 5 ? room : 5;
}

int an_letters(char *to, int *room, int claim);
int an_letters(char *to, int *room, int claim)
{
    if (claim < -100)
        return claim;
    for (int i = 0; i < *room && i < claim; i++)
        to[i] = (char)('a' + i % 26);
    *room = claim;
    return 0;
}

int an_used(int *to, size_t *room, size_t claim)
{
    for (size_t i = 0; i < *room && i < claim; i++)
        to[i] = (int)i + 1;
    *room = claim;
    return 0;
}

int an_sum(const int *values, int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += values[i];
    return sum;
}

int an_small(const void *data, signed char n)
{
    return data == NULL ? -1 : n;
}

int an_differences(const char *a, const char *b, int n)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += a[i] != b[i];
    return count;
}

void an_upper(const char *from, char *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from[i] >= 'a' && from[i] <= 'z' ? (char)(from[i] - 32) : from[i];
}

const void *an_bytes(long *size, int lie)
{
    *size = lie ? -5 : 4;
    return "a\0b\0c";
}

int an_flags(unsigned flags)
{
    return (int)flags;
}

int an_three(int a, double b, const char *c)
{
    return a + (int)b + (c != NULL ? (int)strlen(c) : 0);
}

void an_swap(int *a, int *b)
{
    int c = *a;
    *a = *b;
    *b = c;
}

void an_move(struct box *box, long double *sum, int by[3])
{
    box->value += by[0];
    *sum += box->value;
    by[2] = 99;
}

int an_many(const char *first, int *out, ...)
{
    *out = (int)strlen(first);
    return 1;
}

static const char *kept;
void an_each(void (*each)(void *user, const char *text, int size), void *user)
{
    each(user, "one", 3);
    each(user, "t\0o", 3);
    each(user, NULL, 0);
}

int an_names(const char *(*name)(int), int n)
{
    int size = 0;
    for (int i = 0; i < n; i++) {
        kept = name(i);
        size += kept != NULL ? (int)strlen(kept) : 100;
    }
    return size;
}

const char *an_kept(void)
{
    return kept;
}

int an_calls(int (*fn)(const char *text), const char *text)
{
    return fn(text);
}

/* Texts that are freed by a function which changes errno; both call back while there is somebody.
 */
static int (*listener)(int);
static int texts;

void an_listen(int (*callback)(int))
{
    listener = callback;
}

static int tell(int what)
{
    return listener != NULL ? listener(what) : 0;
}

char *an_copy(const char *text, int error_number)
{
    char *copy = text != NULL ? strdup(text) : NULL;
    texts += copy != NULL;
    tell(1);
    errno = error_number;
    return copy;
}

void an_forget(char *text)
{
    texts--;
    tell(2);
    errno = 77;
    free(text);
}

int an_texts(void)
{
    return texts;
}

int an_tell(int what)
{
    errno = what;
    return tell(what);
}
