/* The small preprocessor: directives, found by the lexer at the start of a line. Depends on lex.c
 * and expr.c. Macros become declarations in the state's arena; the rest is scratch. */
#include <stdio.h>
#include <string.h>
#include "directive.h"

/* ---- reading a directive's line ---- */

/* Where the line ends: a newline outside comments and quotes, or the end of the text. */
static const char *find_end(const struct parser *p, const char *at)
{
    const char *end = p->lex.end;
    for (char quote = '\0'; at < end && *at != '\n'; at++) {
        if (quote != '\0') {
            if (*at == '\\' && at + 1 < end && at[1] != '\n')
                at++;
            else if (*at == quote)
                quote = '\0';
        } else if (*at == '"' || *at == '\'') {
            quote = *at;
        } else if (*at == '/' && at[1] == '/') {
            const char *stop = memchr(at, '\n', (size_t)(end - at));
            return stop == NULL ? end : stop;
        } else if (*at == '/' && at[1] == '*') {
            for (at += 2; at < end && !(at[0] == '*' && at[1] == '/'); at++)
                ;
            if (at >= end)
                return end;
            at++;
        }
    }
    return at;
}

static void refuse_zero(const struct parser *p, const char *at, const char *end)
{
    const char *zero = memchr(at, '\0', (size_t)(end - at));
    uint32_t line = p->lex.line;
    if (zero == NULL)
        return;
    for (; at < zero; at++)
        line += *at == '\n';
    cdecl__fail_zero(p, zero, line);
}

/* Likewise for a line that begins at p->lex.line; it may have no zero byte. */
static const char *end_of_line(const struct parser *p, const char *at)
{
    const char *end = find_end(p, at);
    refuse_zero(p, at, end);
    return end;
}

/* ---- #line and line markers ---- */

/* "# 12 "file.h" flags" and "#line 12 "file.h"": the next line is line 12 of file.h. */
static void line_marker(struct parser *p, const char *at, const char *end)
{
    bool valid = at < end && is_digit(*at);
    if (!valid && p->lex.verbatim)
        return;
    if (!valid) {
        struct place place = {at, p->lex.line, NULL};
        cdecl__fail_at(p, &place, "expected a line number after '#line'");
    }
    /* The newline that ends the directive counts one. */
    p->lex.line = read_count(&at, end, UINT32_MAX) - 1;
    at = skip_blanks(at, end);
    if (at >= end || *at != '"')
        return;
    char name[FILENAME_MAX];
    size_t size = 0;
    for (at++; at < end && *at != '"' && size < sizeof name; at++) {
        at += *at == '\\' && at + 1 < end; /* gcc escapes quotes and backslashes */
        name[size++] = *at;
    }
    if (at >= end || *at != '"')
        return;
    p->lex.file = cdecl__intern(p->state, name, size)->text;
    p->lex.built_in = strcmp(p->lex.file, "<built-in>") == 0;
    p->lex.verbatim |= p->lex.built_in;
}

/* ---- one directive ---- */

static struct directive read_directive(const struct parser *p, const char *hash)
{
    const char *end = end_of_line(p, hash + 1), *at = skip_blanks(hash + 1, end);
    struct directive d = {.word = at, .word_end = end_of_word(at, end), .end = end};
    d.token =
        (struct token){.kind = TOK_HASH, .line = p->lex.line, .size = 1, .start = hash, .at = hash};
    d.rest = skip_blanks(d.word_end, end);
    return d;
}

/* The lines from `from` up to `to` have been read. */
static void move_on(struct parser *p, const char *from, const char *to)
{
    for (; from < to; from++)
        p->lex.line += *from == '\n';
    p->lex.next = to;
}

/* ---- macros ---- */

static struct name *macro_name(struct parser *p, const struct directive *d, const char **end)
{
    *end = end_of_word(d->rest, d->end);
    if (*end == d->rest || is_digit(*d->rest))
        cdecl__fail_token(p, &d->token, "expected a name after '#%.*s'",
                          (int)(d->word_end - d->word), d->word);
    cdecl__check_utf8(p, d->rest, *end);
    struct name *name = cdecl__intern(p->state, d->rest, (size_t)(*end - d->rest));
    if (name->token == TOK_SOFT_DEFINED)
        cdecl__fail_token(p, &d->token, "'defined' cannot be the name of a macro");
    return name;
}

static void define(struct parser *p, const struct directive *d)
{
    const char *end;
    struct place at = {d->token.at, d->token.line, NULL};
    at.name = macro_name(p, d, &end);
    cdecl__define(p, &at, end, d->end);
}

static void undefine(struct parser *p, const struct directive *d)
{
    const char *end;
    cdecl__undefine(p, macro_name(p, d, &end));
}

/* ---- conditions ---- */

/* Evaluates the rest of a #if's line. */
static bool condition(struct parser *p, const struct directive *d)
{
    struct parser line = *p;
    struct cdecl_state *s = p->state;
    char *end = (char *)(uintptr_t)d->end, stopped = *end;
    *end = '\0'; /* the copy of the text is ours */
    line.preprocessing = true;
    line.has_ahead = false;
    line.unevaluated = 0;
    line.prototype = NULL;
    line.body = NULL;
    line.lex.skipping = false;
    line.lex.next = d->rest;
    line.lex.end = end;
    line.lex.conditional = NULL;
    line.lex.line_start = false;
    s->parser = &line;
    cdecl__advance(&line);
    struct cdecl_value value = cdecl__full_expression(&line);
    if (line.tok.kind != TOK_EOF)
        cdecl__expected(&line, "an operator");
    if (value.kind != CDECL_VALUE_INT)
        cdecl__fail_token(p, &d->token, "the condition is not an integer");
    s->parser = p;
    p->lex.expanded = line.lex.expanded;
    p->next_arg = line.next_arg;
    *end = stopped;
    return value.u != 0;
}

static bool is_opening(const struct directive *d)
{
    return is_directive(d, "if") || is_directive(d, "ifdef") || is_directive(d, "ifndef");
}

static bool branch_holds(struct parser *p, const struct directive *d)
{
    const char *end;
    if (is_directive(d, "if") || is_directive(d, "elif"))
        return condition(p, d);
    bool wanted = is_directive(d, "ifdef") || is_directive(d, "elifdef");
    return cdecl__is_defined(macro_name(p, d, &end)) == wanted;
}

/* Past blanks and comments; one that is never closed is the rest of the text. */
static const char *skip_comments(const struct parser *p, const char *start)
{
    const char *at = start, *end = p->lex.end;
    for (;;) {
        at = skip_blanks(at, end);
        if (end - at < 2 || at[0] != '/' || at[1] != '*')
            break;
        for (at += 2; at < end && !(at[0] == '*' && at[1] == '/'); at++)
            ;
        at = at < end ? at + 2 : end;
    }
    refuse_zero(p, start, at);
    return at;
}

/* In a branch that is not read: the next #elif, #else or #endif of this #if, or the end. */
static struct directive next_branch(struct parser *p)
{
    for (unsigned nested = 0;;) {
        const char *start = p->lex.next, *at = skip_comments(p, start);
        if (at >= p->lex.end)
            cdecl__fail_token(p, &p->lex.conditional->token, "'#if' is never closed");
        if (*at != '#') {
            const char *end = end_of_line(p, at);
            move_on(p, start, end < p->lex.end ? end + 1 : end);
            continue;
        }
        struct directive d = read_directive(p, at);
        bool closing = is_directive(&d, "endif");
        bool branch = is_directive(&d, "else") || is_directive(&d, "elif") ||
                      is_directive(&d, "elifdef") || is_directive(&d, "elifndef");
        if (nested == 0 && (closing || branch))
            return d;
        if (is_opening(&d))
            nested++;
        nested -= closing;
        move_on(p, start, d.end < p->lex.end ? d.end + 1 : d.end);
    }
}

static void close_conditional(struct parser *p)
{
    p->lex.conditional = p->lex.conditional->outer;
    p->lex.nconditionals--;
}

/* Whether the branch that `d` opens is to be read. */
static bool enter_branch(struct parser *p, const struct directive *d)
{
    struct conditional *c = p->lex.conditional;
    if (c->had_else)
        cdecl__fail_token(p, &d->token, "'#%.*s' after '#else'", (int)(d->word_end - d->word),
                          d->word);
    c->had_else = is_directive(d, "else");
    bool holds = !c->taken && (c->had_else || branch_holds(p, d));
    c->taken |= holds;
    return holds;
}

/* Skips branches until one is to be read, or the #endif has been. */
static void skip_branches(struct parser *p)
{
    for (;;) {
        struct directive d = next_branch(p);
        move_on(p, p->lex.next, d.token.start);
        d.token.line = p->lex.line;
        bool closing = is_directive(&d, "endif");
        bool holds = !closing && enter_branch(p, &d);
        move_on(p, d.token.start, d.end);
        if (closing)
            close_conditional(p);
        if (closing || holds)
            return;
    }
}

static void open_conditional(struct parser *p, const struct directive *d)
{
    struct conditional *c = KEEP_ONE(p->state, struct conditional);
    if (++p->lex.nconditionals > CDECL_MAX_CONDITIONALS)
        cdecl__fail_token(p, &d->token, "more than %d '#if' inside each other",
                          CDECL_MAX_CONDITIONALS);
    *c = (struct conditional){.outer = p->lex.conditional, .token = d->token};
    p->lex.conditional = c;
    c->taken = branch_holds(p, d);
    move_on(p, d->token.start, d->end);
    if (!c->taken)
        skip_branches(p);
}

/* #elif, #else or #endif after a branch that was read. */
static void leave_branch(struct parser *p, const struct directive *d)
{
    if (p->lex.conditional == NULL)
        cdecl__fail_token(p, &d->token, "'#%.*s' without '#if'", (int)(d->word_end - d->word),
                          d->word);
    if (!is_directive(d, "endif"))
        enter_branch(p, d); /* checks the order; `taken` keeps it from being read */
    move_on(p, d->token.start, d->end);
    if (is_directive(d, "endif"))
        close_conditional(p);
    else
        skip_branches(p);
}

/* ---- the directive ---- */

static void fail_directive(struct parser *p, const struct directive *d)
{
    const char *end = d->end;
    while (end > d->rest && is_blank(end[-1]))
        end--;
    int size = (int)(end - d->rest > 200 ? 200 : end - d->rest);
    int word = (int)(d->word_end - d->word > 40 ? 40 : d->word_end - d->word);
    if (is_directive(d, "error"))
        cdecl__fail_token(p, &d->token, "#error%s%.*s", size > 0 ? " " : "", size, d->rest);
    bool includes =
        is_directive(d, "include") || is_directive(d, "include_next") || is_directive(d, "import");
    if (includes && !p->lex.verbatim) /* with -dI a compiler shows those that it has read */
        cdecl__fail_token(p, &d->token,
                          "'#%.*s' is not for ffi.cdef: give it what 'cc -E' makes of the "
                          "header",
                          word, d->word);
    if (includes || d->word == d->end || is_directive(d, "warning") || is_directive(d, "ident") ||
        is_directive(d, "sccs") || is_directive(d, "assert") || is_directive(d, "unassert"))
        return;
    cdecl__fail_token(p, &d->token, "unknown directive '#%.*s'", word, d->word);
}

/* Directives that stand alone; the others move on by themselves. */
static void plain_directive(struct parser *p, const struct directive *d)
{
    if (is_directive(d, "define"))
        define(p, d);
    else if (is_directive(d, "undef"))
        undefine(p, d);
    else if (is_directive(d, "pragma"))
        cdecl__pragma(p, d->word_end, d->end);
    else
        fail_directive(p, d);
}

static void directive(struct parser *p)
{
    struct directive d = read_directive(p, p->lex.next);
    if (is_opening(&d)) {
        open_conditional(p, &d);
    } else if (is_directive(&d, "elif") || is_directive(&d, "else") ||
               is_directive(&d, "elifdef") || is_directive(&d, "elifndef") ||
               is_directive(&d, "endif")) {
        leave_branch(p, &d);
    } else if (is_directive(&d, "line") || (d.word < d.end && is_digit(*d.word))) {
        p->lex.next = d.end;
        line_marker(p, is_directive(&d, "line") ? d.rest : d.word, d.end);
    } else {
        plain_directive(p, &d);
        move_on(p, d.token.start, d.end);
    }
}

const struct preprocessor cdecl__preprocessor = {directive, cdecl__pragma_operator};
