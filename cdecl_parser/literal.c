/* The values of numbers, characters and strings (C11 6.4.4, 6.4.5; C23's separators and 0b).
 * Depends on the lexer having found where a literal ends. Strings are copied into the state's
 * arena. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "digits.h"
#include "internal.h"
#include "target.h"

/* Longest floating literal; longer ones are refused. */
#define LONGEST_FLOAT 1024

/* ---- integers ---- */

enum { SUFFIX_U = 1, SUFFIX_L = 2, SUFFIX_LL = 4, SUFFIX_BAD = 8 };

static unsigned integer_suffix(const char *at, const char *end)
{
    unsigned seen = 0;
    while (at < end) {
        unsigned bit = SUFFIX_U;
        if (*at == 'l' || *at == 'L') {
            bit = at + 1 < end && at[1] == at[0] ? SUFFIX_LL : SUFFIX_L;
            at += bit == SUFFIX_LL;
        } else if (*at != 'u' && *at != 'U') {
            return SUFFIX_BAD;
        }
        unsigned group = bit == SUFFIX_U ? SUFFIX_U : SUFFIX_L | SUFFIX_LL;
        if (seen & group)
            return SUFFIX_BAD;
        seen |= bit;
        at++;
    }
    return seen;
}

/* The first type of C11 6.4.4.1's list that holds the value; in #if the widest (6.10.1p4). */
static const struct cdecl_type *integer_type(struct parser *p, uint64_t u, unsigned suffix,
                                             bool decimal)
{
    static const enum cdecl_prim ladder[] = {CDECL_PRIM_INT, CDECL_PRIM_UINT, CDECL_PRIM_LONG,
                                             CDECL_PRIM_ULONG, CDECL_PRIM_LLONG};
    size_t first = suffix & SUFFIX_LL || p->preprocessing ? 4 : suffix & SUFFIX_L ? 2 : 0;
    for (size_t i = first; i < 5; i++) {
        const struct cdecl_type *type = p->state->basic[ladder[i]];
        if (type->is_signed ? (suffix & SUFFIX_U) != 0 : decimal && !(suffix & SUFFIX_U))
            continue;
        if (u >> (type->bits - 1) == 0 || (!type->is_signed && (u >> (type->bits - 1)) <= 1))
            return type;
    }
    return p->state->basic[CDECL_PRIM_ULLONG];
}

static unsigned number_base(const char **at, const char *end)
{
    const char *s = *at;
    if (end - s > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        *at += 2;
        return 16;
    }
    if (end - s > 2 && s[0] == '0' && (s[1] == 'b' || s[1] == 'B')) {
        *at += 2;
        return 2;
    }
    return s[0] == '0' ? 8 : 10;
}

COLD _Noreturn static void malformed(const struct parser *p, const struct token *token)
{
    cdecl__fail_token(p, token, "malformed number '%.*s'",
                      (int)(token->size > 60 ? 60 : token->size), token->start);
}

static struct cdecl_value integer(struct parser *p, const struct token *token)
{
    const char *at = token->start, *end = at + token->size;
    unsigned base = number_base(&at, end);
    uint64_t u = 0;
    bool fits = read_digits(&at, end, base, &u);
    for (; at < end && *at == '\''; fits &= read_digits(&at, end, base, &u))
        at++;
    if (!fits)
        cdecl__fail_token(p, token, "integer constant does not fit 64 bits");
    unsigned suffix = integer_suffix(at, end);
    if (suffix & SUFFIX_BAD)
        malformed(p, token);
    return (struct cdecl_value){
        .kind = CDECL_VALUE_INT, .type = integer_type(p, u, suffix, base == 10), .u = u};
}

/* ---- floating ---- */

static bool is_floating(const struct token *token)
{
    bool hex = token->size > 1 && token->start[0] == '0' && (token->start[1] | 0x20) == 'x';
    for (uint32_t i = 0; i < token->size; i++) {
        char c = token->start[i];
        if (c == '.' || (hex ? (c | 0x20) == 'p' : (c | 0x20) == 'e'))
            return true;
    }
    return false;
}

static bool same_word(const char *at, size_t size, const char *word)
{
    for (size_t i = 0; i < size; i++)
        if ((at[i] | 0x20) != (word[i] | 0x20) || word[i] == '\0')
            return false;
    return word[size] == '\0';
}

static enum cdecl_prim float_suffix(const struct parser *p, const struct token *token,
                                    const char *at)
{
    static const struct {
        const char *word;
        enum cdecl_prim prim;
    } suffixes[] = {
        {"", CDECL_PRIM_DOUBLE},     {"f", CDECL_PRIM_FLOAT},      {"l", CDECL_PRIM_LDOUBLE},
        {"f16", CDECL_PRIM_FLOAT16}, {"f32", CDECL_PRIM_FLOAT},    {"f64", CDECL_PRIM_DOUBLE},
        {"f32x", CDECL_PRIM_DOUBLE}, {"f64x", CDECL_PRIM_LDOUBLE}, {"f128", CDECL_PRIM_FLOAT128},
        {"q", CDECL_PRIM_FLOAT128},  {"w", CDECL_PRIM_LDOUBLE}};
    size_t size = strlen(at);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (same_word(at, size, suffixes[i].word))
            return suffixes[i].prim;
    malformed(p, token);
}

/* strtold() reads the locale's decimal point, so that is what the copy gets. */
static struct cdecl_value floating(struct parser *p, const struct token *token)
{
    char buffer[LONGEST_FLOAT + 16], *rest;
    const char *point = localeconv()->decimal_point;
    size_t used = 0;
    for (uint32_t i = 0; i < token->size; i++) {
        if (used >= LONGEST_FLOAT)
            cdecl__fail_token(p, token, "floating constant is too long");
        if (token->start[i] == '.' && strlen(point) == 1)
            buffer[used++] = *point;
        else if (token->start[i] != '\'')
            buffer[used++] = token->start[i];
    }
    buffer[used] = '\0';
    struct cdecl_value value = {.kind = CDECL_VALUE_FLOAT};
    value.f = strtold(buffer, &rest);
    if (rest == buffer)
        malformed(p, token);
    value.type = p->state->basic[float_suffix(p, token, rest)];
    /* Rounded once: what long double has may lie on the other side of a tie. */
    if (value.type->prim == CDECL_PRIM_FLOAT)
        value.f = strtof(buffer, NULL);
    else if (value.type->prim == CDECL_PRIM_DOUBLE)
        value.f = strtod(buffer, NULL);
#ifdef CDECL_QUAD
    else if (value.type->prim == CDECL_PRIM_FLOAT128)
        value.f = cdecl__read_quad(buffer, (size_t)(rest - buffer));
#endif
    return value;
}

/* One to four decimal digits, with no 0 before them. */
static bool is_short(const struct token *token)
{
    if (token->size > 4 || token->start[0] == '0')
        return false;
    for (uint32_t i = 0; i < token->size; i++)
        if (!is_digit(token->start[i]))
            return false;
    return true;
}

static struct cdecl_value short_integer(const struct parser *p, const struct token *token)
{
    const char *at = token->start;
    uint64_t u = 0;
    read_digits(&at, at + token->size, 10, &u);
    return (struct cdecl_value){
        .kind = CDECL_VALUE_INT, .type = p->state->basic[CDECL_PRIM_INT], .u = u};
}

struct cdecl_value cdecl__number(struct parser *p, const struct token *token)
{
    if (is_short(token))
        return short_integer(p, token);
    return is_floating(token) ? floating(p, token) : integer(p, token);
}

/* ---- characters ---- */

/* How the characters of a literal are stored, by its prefix. */
struct encoding {
    const struct cdecl_type *type;
    const char *text, *end; /* between the quotes */
};

static struct encoding open_literal(const struct parser *p, const struct token *token)
{
    const char *at = token->start, *end = at + token->size - 1;
    const struct cdecl_type *type = p->state->basic[CDECL_PRIM_CHAR];
    if (*at == 'L')
        type = p->state->basic[CDECL_PRIM_OF(__WCHAR_TYPE__)];
    else if (*at == 'U')
        type = p->state->basic[CDECL_PRIM_OF(__CHAR32_TYPE__)];
    else if (*at == 'u' && at[1] != '8')
        type = p->state->basic[CDECL_PRIM_OF(__CHAR16_TYPE__)];
    while (*at != '"' && *at != '\'')
        at++;
    return (struct encoding){type, at + 1, end};
}

static int simple_escape(char c)
{
    static const char from[] = "abfnrtveE\\'\"?", to[] = "\a\b\f\n\r\t\v\033\033\\'\"?";
    const char *at = c == '\0' ? NULL : strchr(from, c);
    return at == NULL ? -1 : (unsigned char)to[at - from];
}

/* \ooo and \xhh: `base` digits, at most `most` of them. */
static uint32_t numeric_escape(const char **at, const char *end, unsigned base, int most)
{
    uint64_t value = 0;
    read_digits(at, end - *at > most ? *at + most : end, base, &value);
    return (uint32_t)value;
}

static uint32_t hex_escape(const struct parser *p, const struct token *token, const char **at,
                           const char *end)
{
    const char *digits = *at;
    uint32_t value = numeric_escape(at, end, 16, INT_MAX);
    if (*at == digits)
        cdecl__fail_token(p, token, "'\\x' without hexadecimal digits in a literal");
    return value;
}

/* \uhhhh, \Uhhhhhhhh: exactly `count` digits that name a character [6.4.3]. */
static uint32_t universal_name(const struct parser *p, const struct token *token, const char **at,
                               const char *end, int count)
{
    const char *digits = *at;
    uint32_t value = numeric_escape(at, end, 16, count);
    if (*at - digits != count)
        cdecl__fail_token(p, token, "'\\%c' needs %d hexadecimal digits", digits[-1], count);
    if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        cdecl__fail_token(p, token, "'\\%c%.*s' is no character", digits[-1], count, digits);
    return value;
}

/* Reads one character or escape; `*code` says that it is a code point rather than one unit. */
static uint32_t next_char(const struct parser *p, const struct token *token, const char **at,
                          const char *end, bool *code)
{
    *code = false;
    char c = *(*at)++;
    if (c != '\\')
        return (unsigned char)c;
    c = *(*at)++; /* a backslash is never the last: the lexer did not end the literal after it */
    int simple = simple_escape(c);
    if (simple >= 0)
        return (uint32_t)simple;
    if (c == 'x')
        return hex_escape(p, token, at, end);
    if (c == 'u' || c == 'U') {
        *code = true;
        return universal_name(p, token, at, end, c == 'u' ? 4 : 8);
    }
    if (c < '0' || c > '7')
        cdecl__fail_token(p, token, "unknown escape '\\%c' in a literal", c);
    (*at)--;
    return numeric_escape(at, end, 8, 3);
}

/* In wide literals the source's UTF-8 sequences become code points. */
static uint32_t decode_utf8(const char **at, const char *end, uint32_t lead)
{
    int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    uint32_t value = more == 0 ? lead : lead & (0x3fu >> more);
    for (; more > 0 && *at < end; more--)
        value = value << 6 | ((unsigned char)*(*at)++ & 0x3f);
    return value;
}

static uint32_t next_wide(const struct parser *p, const struct token *token, const char **at,
                          const char *end)
{
    bool code, escape = **at == '\\';
    uint32_t c = next_char(p, token, at, end, &code);
    return !escape && c >= 0x80 ? decode_utf8(at, end, c) : c;
}

struct cdecl_value cdecl__character(struct parser *p, const struct token *token)
{
    struct encoding literal = open_literal(p, token);
    const char *at = literal.text;
    struct cdecl_value value = {.kind = CDECL_VALUE_INT, .type = p->state->basic[CDECL_PRIM_INT]};
    if (at == literal.end)
        cdecl__fail_token(p, token, "empty character constant");
    if (literal.type->size > 1) {
        value.type = literal.type;
        value.u = cdecl__wrap(next_wide(p, token, &at, literal.end), literal.type);
        if (at != literal.end)
            cdecl__fail_token(p, token, "more than one character in a wide character constant");
        return value;
    }
    uint64_t u = 0;
    size_t count = 0;
    for (bool code; at < literal.end; count++)
        u = u << 8 | (next_char(p, token, &at, literal.end, &code) & 0xff);
    if (count > 4)
        cdecl__fail_token(p, token, "more than four characters in a character constant");
    value.u = cdecl__wrap(u, count == 1 ? literal.type : value.type);
    if (*token->start == 'u') /* u8: C23 6.4.4.4 */
        cdecl__convert(p, &value, p->state->basic[CDECL_PRIM_UCHAR]);
    return value;
}

/* ---- strings ---- */

static size_t put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    for (size_t i = more; i > 0; i--, c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)(lead[more] | c);
    return more + 1;
}

static size_t put_unit(char *to, uint32_t c, uint64_t unit)
{
    if (unit == 1) {
        *to = (char)c;
        return 1;
    }
    if (unit == 4) {
        memcpy(to, &c, 4);
        return 4;
    }
    uint16_t units[2] = {(uint16_t)c, 0};
    if (c < 0x10000) {
        memcpy(to, units, 2);
        return 2;
    }
    units[0] = (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
    units[1] = (uint16_t)(0xdc00 + (c & 0x3ff));
    memcpy(to, units, 4);
    return 4;
}

/* Decodes one literal to `to`, which has room for `unit` bytes per source byte. */
static size_t put_literal(const struct parser *p, const struct token *token,
                          struct encoding literal, char *to, uint64_t unit)
{
    size_t used = 0;
    const char *at = literal.text;
    while (at < literal.end) {
        bool code = false;
        if (unit > 1) {
            used += put_unit(to + used, next_wide(p, token, &at, literal.end), unit);
            continue;
        }
        uint32_t c = next_char(p, token, &at, literal.end, &code);
        used += code ? put_utf8(to + used, c) : put_unit(to + used, c, 1);
    }
    return used;
}

struct piece {
    struct piece *next;
    struct token token;
};

/* The value's type is the array's: `char [6]` for "hello". */
struct cdecl_value cdecl__strings(struct parser *p)
{
    struct piece first = {NULL, p->tok}, *last = &first;
    const struct cdecl_type *type = open_literal(p, &p->tok).type;
    size_t room = p->tok.size;
    for (cdecl__advance(p); p->tok.kind == TOK_STRING; cdecl__advance(p)) {
        struct piece *piece = SCRATCH(p->state, struct piece);
        piece->token = p->tok;
        last = last->next = piece;
        room += p->tok.size;
        if (open_literal(p, &p->tok).type->size > type->size)
            type = open_literal(p, &p->tok).type;
    }
    char *bytes = cdecl__alloc(p->state, (room + 1) * (size_t)type->size, 4);
    size_t used = 0;
    for (const struct piece *piece = &first; piece != NULL; piece = piece->next)
        used +=
            put_literal(p, &piece->token, open_literal(p, &piece->token), bytes + used, type->size);
    memset(bytes + used, 0, (size_t)type->size);
    struct cdecl_value value = {.kind = CDECL_VALUE_STRING};
    value.type = cdecl__array(p->state, type, used / type->size + 1);
    value.s = bytes;
    value.size = used;
    return value;
}
