/* Text to tokens, one at a time, on demand. A token points into the parser's own copy of the text
 * (or into a macro's replacement) and carries its line; columns are counted only when an error
 * needs one. Directives go to the parser's
 * preprocessor, names to scope.c. Nothing returned here needs freeing. */
#include <stdio.h>
#include <string.h>
#include "internal.h"

enum {
    SPACE = 1,
    START = 2,
    DIGIT = 4,
    HIGH = 8,
    QUOTE = 16,
    SECOND = 32, /* makes another punctuator of the one before it */
    WORD = START | DIGIT | HIGH
};

/* Bytes from 0x80 on may be part of a name; whether they form UTF-8 is checked in
 * cdecl__check_utf8(). */
/* clang-format off */
static const unsigned char class[256] = {
    ['\n'] = SPACE,
    [' '] = SPACE, ['\t'] = SPACE, ['\v'] = SPACE, ['\f'] = SPACE, ['\r'] = SPACE, ['0'] = DIGIT,
    ['1'] = DIGIT, ['2'] = DIGIT,  ['3'] = DIGIT,  ['4'] = DIGIT,  ['5'] = DIGIT,  ['6'] = DIGIT,
    ['7'] = DIGIT, ['8'] = DIGIT,  ['9'] = DIGIT,  ['a'] = START,  ['b'] = START,  ['c'] = START,
    ['d'] = START, ['e'] = START,  ['f'] = START,  ['g'] = START,  ['h'] = START,  ['i'] = START,
    ['j'] = START, ['k'] = START,  ['l'] = START,  ['m'] = START,  ['n'] = START,  ['o'] = START,
    ['p'] = START, ['q'] = START,  ['r'] = START,  ['s'] = START,  ['t'] = START,  ['u'] = START,
    ['v'] = START, ['w'] = START,  ['x'] = START,  ['y'] = START,  ['z'] = START,  ['A'] = START,
    ['B'] = START, ['C'] = START,  ['D'] = START,  ['E'] = START,  ['F'] = START,  ['G'] = START,
    ['H'] = START, ['I'] = START,  ['J'] = START,  ['K'] = START,  ['L'] = START,  ['M'] = START,
    ['N'] = START, ['O'] = START,  ['P'] = START,  ['Q'] = START,  ['R'] = START,  ['S'] = START,
    ['T'] = START, ['U'] = START,  ['V'] = START,  ['W'] = START,  ['X'] = START,  ['Y'] = START,
    ['Z'] = START, ['_'] = START,  ['"'] = QUOTE,  ['\''] = QUOTE,
    ['='] = SECOND, ['['] = SECOND, [':'] = SECOND, ['>'] = SECOND,
#define H4(n) [n] = HIGH, [n + 1] = HIGH, [n + 2] = HIGH, [n + 3] = HIGH
#define H16(n) H4(n), H4(n + 4), H4(n + 8), H4(n + 12)
    H16(0x80),     H16(0x90),      H16(0xa0),      H16(0xb0),      H16(0xc0),      H16(0xd0),
    H16(0xe0),     H16(0xf0)
#undef H4
#undef H16
};
/* clang-format on */

static bool is(char c, unsigned mask)
{
    return (class[(unsigned char)c] & mask) != 0;
}

/* ---- errors ---- */

COLD _Noreturn static void fail_here(struct parser *p, const char *at, const char *message)
{
    struct token token = {.kind = TOK_EOF, .line = p->lex.line, .start = at, .at = at};
    if (p->lex.expansion != NULL)
        token.at = p->lex.use;
    cdecl__fail_token(p, &token, "%s", message);
}

void cdecl__fail_zero(const struct parser *p, const char *at, uint32_t line)
{
    struct place place = {at, line, NULL};
    cdecl__fail_at(p, &place, "zero byte in the text");
}

/* ---- blanks ---- */

static const char *skip_comment(struct parser *p, const char *open)
{
    for (const char *at = open + 2;; at++) {
        if (*at == '*' && at[1] == '/')
            return at + 2;
        if (*at == '\0' && at == p->lex.end)
            fail_here(p, open, "unterminated comment");
        if (*at == '\0')
            cdecl__fail_zero(p, at, p->lex.line);
        if (*at == '\n')
            p->lex.line++;
    }
}

static const char *skip_line_comment(const struct parser *p, const char *at)
{
    const char *end = memchr(at, '\n', (size_t)(p->lex.end - at));
    if (end == NULL)
        end = p->lex.end;
    const char *zero = memchr(at, '\0', (size_t)(end - at));
    if (zero != NULL)
        cdecl__fail_zero(p, zero, p->lex.line);
    return end;
}

/* ---- words ---- */

/* C11 D.1 allows far more than it forbids; that the bytes are UTF-8 at all is what we check. */
void cdecl__check_utf8(struct parser *p, const char *at, const char *end)
{
    while (at < end) {
        unsigned char lead = (unsigned char)*at;
        int more = lead < 0x80 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || end - at <= more)
            fail_here(p, at, "invalid UTF-8 in a name");
        unsigned char second = (unsigned char)at[more > 0];
        if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
            (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
            fail_here(p, at, "invalid UTF-8 in a name");
        for (int i = 1; i <= more; i++)
            if (((unsigned char)at[i] & 0xc0) != 0x80)
                fail_here(p, at, "invalid UTF-8 in a name");
        at += more + 1;
    }
}

/* A quote right after a literal prefix (L, u, U, u8): the word is part of the literal. */
static bool is_literal_prefix(const char *start, const char *end)
{
    size_t size = (size_t)(end - start);
    if (*end != '"' && *end != '\'')
        return false;
    return (size == 1 && (*start == 'L' || *start == 'u' || *start == 'U')) ||
           (size == 2 && start[0] == 'u' && start[1] == '8');
}

/* ---- literals ---- */

static const char *quoted(struct parser *p, const char *at, const char *start)
{
    char quote = *at++;
    for (;; at++) {
        if (*at == quote)
            return at + 1;
        if (*at == '\n' || (*at == '\0' && at == p->lex.end))
            fail_here(p, start,
                      quote == '"' ? "unterminated string" : "unterminated character constant");
        if (*at == '\0')
            cdecl__fail_zero(p, at, p->lex.line);
        if (*at == '\\' && at + 1 < p->lex.end && at[1] != '\0')
            at++;
    }
}

/* pp-number (C11 6.4.8) with C23's digit separators. */
static const char *number(const char *at)
{
    for (;; at++) {
        if ((*at == '+' || *at == '-') && strchr("eEpP", at[-1]) != NULL)
            continue;
        if (*at == '\'' && is(at[1], DIGIT | START))
            continue;
        if (!is(*at, WORD) && *at != '.')
            return at;
    }
}

/* ---- punctuators ---- */

static enum token_kind after(const char *at, char c, enum token_kind yes, enum token_kind no)
{
    return *at == c ? yes : no;
}

static enum token_kind shift_or_compare(const char *at, enum token_kind plain,
                                        enum token_kind equal, enum token_kind shift)
{
    if (*at == '=')
        return equal;
    if (*at != at[-1])
        return plain;
    return at[1] == '=' ? TOK_OPASSIGN : shift;
}

static enum token_kind punctuator(const char *at)
{
    char c = *at++;
    switch (c) {
    case '(': return TOK_LPAREN;
    case ')': return TOK_RPAREN;
    case '[': return after(at, '[', TOK_LATTR, TOK_LBRACKET);
    case ']': return TOK_RBRACKET;
    case '{': return TOK_LBRACE;
    case '}': return TOK_RBRACE;
    case ';': return TOK_SEMICOLON;
    case ',': return TOK_COMMA;
    case '?': return TOK_QUESTION;
    case '~': return TOK_TILDE;
    case '$': return TOK_DOLLAR;
    case ':': return after(at, ':', TOK_SCOPE, after(at, '>', TOK_RBRACKET, TOK_COLON));
    case '=': return after(at, '=', TOK_EQ, TOK_ASSIGN);
    case '!': return after(at, '=', TOK_NE, TOK_NOT);
    case '.': return at[0] == '.' && at[1] == '.' ? TOK_ELLIPSIS : TOK_DOT;
    case '*': return after(at, '=', TOK_OPASSIGN, TOK_STAR);
    case '/': return after(at, '=', TOK_OPASSIGN, TOK_SLASH);
    case '%': return after(at, '=', TOK_OPASSIGN, after(at, '>', TOK_RBRACE, TOK_PERCENT));
    case '^': return after(at, '=', TOK_OPASSIGN, TOK_CARET);
    case '#': return after(at, '#', TOK_HASHHASH, TOK_HASH);
    case '+': return after(at, '+', TOK_INCREMENT, after(at, '=', TOK_OPASSIGN, TOK_PLUS));
    case '-':
        if (*at == '>')
            return TOK_ARROW;
        return after(at, '-', TOK_DECREMENT, after(at, '=', TOK_OPASSIGN, TOK_MINUS));
    case '&': return after(at, '&', TOK_ANDAND, after(at, '=', TOK_OPASSIGN, TOK_AMP));
    case '|': return after(at, '|', TOK_OROR, after(at, '=', TOK_OPASSIGN, TOK_PIPE));
    case '<':
        if (*at == ':' || *at == '%')
            return *at == ':' ? TOK_LBRACKET : TOK_LBRACE;
        return shift_or_compare(at, TOK_LT, TOK_LE, TOK_SHL);
    case '>': return shift_or_compare(at, TOK_GT, TOK_GE, TOK_SHR);
    default: return TOK_EOF;
    }
}

/* Punctuators of one byte, unless a SECOND follows. */
/* clang-format off */
static const unsigned char single[256] = {
    ['('] = TOK_LPAREN,    [')'] = TOK_RPAREN, ['['] = TOK_LBRACKET, [']'] = TOK_RBRACKET,
    ['{'] = TOK_LBRACE,    ['}'] = TOK_RBRACE, [';'] = TOK_SEMICOLON, [','] = TOK_COMMA,
    ['?'] = TOK_QUESTION,  ['='] = TOK_ASSIGN, ['*'] = TOK_STAR,     ['~'] = TOK_TILDE,
    [':'] = TOK_COLON,
};
/* clang-format on */

/* Digraphs, and "::". */
static bool is_pair(char a, char b)
{
    return (a == '<' && (b == ':' || b == '%')) || (a == '%' && (b == ':' || b == '>')) ||
           (a == ':' && (b == ':' || b == '>'));
}

static uint32_t punctuator_size(enum token_kind kind, const char *at)
{
    if (kind == TOK_ELLIPSIS)
        return 3;
    if (is_pair(*at, at[1]))
        return 2;
    if (kind == TOK_OPASSIGN)
        return at[1] == '=' ? 2 : 3;
    return (uint32_t)strlen(cdecl__token_spelling(kind));
}

COLD _Noreturn static void fail_character(struct parser *p, const char *at)
{
    char message[48];
    unsigned char c = (unsigned char)*at;
    if (c == '\0')
        cdecl__fail_zero(p, at, p->lex.line);
    if (c < 0x20 || c == 0x7f)
        snprintf(message, sizeof message, "control character 0x%02x in the text", c);
    else
        snprintf(message, sizeof message, "unexpected character '%c'", c);
    fail_here(p, at, message);
}

/* ---- tokens ---- */

static void finish(struct parser *p, struct token *token, enum token_kind kind, const char *start,
                   const char *end)
{
    token->kind = (uint8_t)kind;
    token->line = p->lex.line;
    token->start = start;
    token->at = p->lex.expansion == NULL ? start : p->lex.use;
    token->size = (uint32_t)(end - start);
    token->name = NULL;
    p->lex.next = end;
}

/* Where a word ends. `plain` stops before bytes from 0x80 on. */
struct word {
    const char *plain, *end;
};

static struct word scan_word(const char *at, const char *text_end)
{
    unsigned size = CHUNK;
    while (text_end - at >= CHUNK && size == CHUNK) {
        size = cdecl__word_size(at);
        at += size;
    }
    while (is(*at, START | DIGIT))
        at++;
    struct word w = {at, at};
    while (is(*w.end, WORD))
        w.end++;
    return w;
}

/* A name or keyword, true; or a macro, whose replacement is read next, false. */
static bool word(struct parser *p, struct token *token, const char *start)
{
    struct word w = scan_word(start, p->lex.end);
    const char *end = w.end;
    if (is_literal_prefix(start, end)) {
        enum token_kind kind = *end == '"' ? TOK_STRING : TOK_CHAR;
        finish(p, token, kind, start, quoted(p, end, start));
        return true;
    }
    if (p->lex.skipping) {
        finish(p, token, TOK_IDENT, start, end);
        return true;
    }
    if (w.plain != end)
        cdecl__check_utf8(p, start, end);
    struct name *name = cdecl__intern(p->state, start, (size_t)(end - start));
    if (name->extra != NULL && name->extra->macro != NULL && cdecl__expand(p, name, start, end))
        return false;
    finish(p, token, name->token < TOK_SOFT_ALIGNAS ? name->token : TOK_IDENT, start, end);
    token->name = name;
    if (name->token != TOK_PRAGMA && name->token != TOK_MSPRAGMA)
        return true;
    p->preprocessor->pragma_operator(p, name);
    return false;
}

/* "$": the next argument. A name becomes an identifier; types and integers stay "$". */
static void dollar(struct parser *p, struct token *token, const char *at)
{
    finish(p, token, TOK_DOLLAR, at, at + 1);
    if (p->next_arg >= p->source->nargs)
        cdecl__fail_token(p, token, "no argument left for this '$'");
    if (is(at[1], WORD))
        cdecl__fail_token(p, token, "'$' must stand alone");
    const struct cdecl_arg *arg = &p->source->args[p->next_arg];
    token->arg = (uint32_t)p->next_arg++;
    if (arg->kind != CDECL_ARG_NAME)
        return;
    token->kind = TOK_IDENT;
    token->name = cdecl__intern(p->state, arg->name, arg->name_size);
}

static void symbol(struct parser *p, struct token *token, const char *at)
{
    enum token_kind kind = punctuator(at);
    if (kind == TOK_DOLLAR && !p->lex.skipping) {
        dollar(p, token, at);
        return;
    }
    if (kind == TOK_EOF && p->lex.skipping)
        kind = TOK_HASH;
    if (kind == TOK_EOF)
        fail_character(p, at);
    finish(p, token, kind, at, at + punctuator_size(kind, at));
}

/* A '/' that begins a comment: past it. NULL when it begins none. */
static const char *comment(struct parser *p, const char *at)
{
    if (at[1] == '*')
        return skip_comment(p, at);
    return at[1] == '/' ? skip_line_comment(p, at) : NULL;
}

/* The zero byte at `at`: the end of a replacement (true, go on) or of the text. */
static bool at_zero(struct parser *p, struct token *token, const char *at)
{
    if (at != p->lex.end)
        fail_character(p, at);
    if (cdecl__end_expansion(&p->lex))
        return true;
    if (p->lex.conditional != NULL)
        cdecl__fail_token(p, &p->lex.conditional->token, "'#if' is never closed");
    finish(p, token, TOK_EOF, at, at);
    return false;
}

/* Blanks and line ends before the next token. */
static inline const char *skip_space(struct lexer *lex)
{
    const char *at = lex->next;
    if (!is(*at, SPACE))
        return at;
    if (*at == ' ' && !is(at[1], SPACE))
        return at + 1;
    uint32_t lines = 0;
    for (; is(*at, SPACE); at++) {
        lines += *at == '\n';
        while (lex->end - at > 4 && memcmp(at + 1, "    ", 4) == 0)
            at += 4;
    }
    lex->line += lines;
    lex->line_start |= lines != 0;
    return at;
}

/* A token that begins neither a word nor a comment or directive. */
static void other_token(struct parser *p, struct token *token, const char *at)
{
    char c = *at;
    p->lex.line_start = false;
    if (is(c, DIGIT) || (c == '.' && is(at[1], DIGIT)))
        finish(p, token, TOK_NUMBER, at, number(at + 1));
    else if (c == '"' || c == '\'')
        finish(p, token, c == '"' ? TOK_STRING : TOK_CHAR, at, quoted(p, at, at));
    else
        symbol(p, token, at);
}

/* A token of any kind. */
OUT_OF_LINE static void any_token(struct parser *p, struct token *token)
{
    for (;;) {
        const char *at = skip_space(&p->lex);
        unsigned char c = (unsigned char)*at;
        if (class[c] & (START | HIGH)) {
            p->lex.line_start = false;
            if (word(p, token, at))
                return;
            continue;
        }
        if (c == '/' && (p->lex.next = comment(p, at)) != NULL)
            continue;
        p->lex.next = at;
        if (c == '\0') {
            if (at_zero(p, token, at))
                continue;
            return;
        }
        if (c == '#' && p->lex.line_start && p->lex.expansion == NULL) {
            p->preprocessor->directive(p);
            continue;
        }
        other_token(p, token, at);
        return;
    }
}

/* A name seen for the first time. */
OUT_OF_LINE static void new_word(struct parser *p, struct token *token, const char *at,
                                 unsigned size, uint32_t hash)
{
    struct name *name = cdecl__new_name(p->state, at, size, hash);
    if (name->extra != NULL) { /* the compiler predefines it as a macro */
        p->lex.next = at;
        any_token(p, token);
        return;
    }
    p->lex.line_start = false;
    finish(p, token, TOK_IDENT, at, at + size);
    token->name = name;
}

/* A word of less than CHUNK bytes. False when it is not one, or more than its token. */
static inline bool short_word(struct parser *p, struct token *token, const char *at)
{
    unsigned size = cdecl__word_size(at);
    if (RARELY(size == CHUNK || is(at[size], HIGH | QUOTE) || p->lex.skipping))
        return false;
    struct chunk text = cdecl__chunk(at, size);
    uint32_t hash = cdecl__hash_end(cdecl__hash_chunk(0, text), size);
    struct name *name = cdecl__find_short(&p->state->names, text, size, hash);
    if (name == NULL) {
        new_word(p, token, at, size, hash);
        return true;
    }
    if (RARELY(name->token >= TOK_PRAGMA || (name->extra != NULL && name->extra->macro != NULL)))
        return false;
    p->lex.line_start = false;
    finish(p, token, name->token, at, at + size);
    token->name = name;
    return true;
}

/* The commonest tokens are found here, without a call: most of a text are these. */
static inline void next_token(struct parser *p, struct token *token)
{
    const char *at = skip_space(&p->lex);
    unsigned char c = (unsigned char)*at;
    if (single[c] != 0 && !is(at[1], SECOND)) {
        p->lex.line_start = false;
        finish(p, token, single[c], at, at + 1);
        return;
    }
    if (class[c] & START && p->lex.end - at >= CHUNK && short_word(p, token, at))
        return;
    p->lex.next = at;
    any_token(p, token);
}

void cdecl__lex(struct parser *p, struct token *token)
{
    next_token(p, token);
}

/* ---- the parser's view ---- */

void cdecl__advance(struct parser *p)
{
    if (RARELY(p->has_ahead)) {
        p->tok = p->ahead;
        p->has_ahead = false;
    } else {
        next_token(p, &p->tok);
    }
}

const struct token *cdecl__peek(struct parser *p)
{
    if (!p->has_ahead) {
        cdecl__lex(p, &p->ahead);
        p->has_ahead = true;
    }
    return &p->ahead;
}

/* At an opening bracket of any kind: through the matching closing one. */
void cdecl__skip_parens(struct parser *p)
{
    struct place open = cdecl__here(p);
    size_t depth = 0;
    do {
        if (p->tok.kind == TOK_LPAREN || p->tok.kind == TOK_LBRACE || p->tok.kind == TOK_LBRACKET)
            depth++;
        else if (p->tok.kind == TOK_LATTR)
            depth += 2;
        else if (p->tok.kind == TOK_RPAREN || p->tok.kind == TOK_RBRACE ||
                 p->tok.kind == TOK_RBRACKET)
            depth--;
        else if (p->tok.kind == TOK_EOF)
            cdecl__fail_at(p, &open, "'%c' is never closed", *open.at);
        cdecl__advance(p);
    } while (depth > 0);
}

void cdecl__expected_token(const struct parser *p, enum token_kind kind, const char *why)
{
    char what[96];
    snprintf(what, sizeof what, "'%s'%s%s", cdecl__token_spelling(kind), why[0] == '\0' ? "" : " ",
             why);
    cdecl__expected(p, what);
}

void cdecl__too_deep(const struct parser *p)
{
    cdecl__fail_token(p, &p->tok, "nested too deeply (more than %d levels)", CDECL_MAX_DEPTH);
}
