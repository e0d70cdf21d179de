/* The small preprocessor: directives, found by the lexer at the start of a line. Depends on lex.c
 * and expr.c. Macros become declarations in the state's arena; the rest is scratch. */
#include <stdio.h>
#include <string.h>
#include "internal.h"

/* ---- reading a directive's line ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

static const char *end_of_word(const char *at, const char *end)
{
    while (at < end && is_word(*at))
        at++;
    return at;
}

static bool word_is(const char *at, const char *end, const char *word)
{
    return (size_t)(end - at) == strlen(word) && memcmp(at, word, (size_t)(end - at)) == 0;
}

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
    uint32_t line = 0;
    if (at >= end || *at < '0' || *at > '9') {
        struct place place = {at, p->lex.line, NULL};
        cdecl__fail_at(p, &place, "expected a line number after '#line'");
    }
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        line = line > UINT32_MAX / 10 - 1 ? line : line * 10 + (uint32_t)(*at - '0');
    p->lex.line = line - 1; /* the newline that ends the directive counts one */
    at = skip_blanks(at, end);
    if (at >= end || *at != '"')
        return;
    char name[FILENAME_MAX];
    size_t size = 0;
    for (at++; at < end && *at != '"' && size < sizeof name; at++) {
        at += *at == '\\' && at + 1 < end; /* gcc escapes quotes and backslashes */
        name[size++] = *at;
    }
    if (at < end && *at == '"')
        p->lex.file = cdecl__intern(p->state, name, size)->text;
}

/* ---- #pragma pack ---- */

/* What one "pack(push)" keeps. */
struct pack {
    struct pack *outer;
    unsigned depth; /* 1 for the outermost */
    uint32_t value;
    struct name *label;
};

static void push_pack(struct parser *p, struct name *label, const struct place *at)
{
    struct pack *pack = KEEP_ONE(p->state, struct pack);
    *pack = (struct pack){p->packs, p->packs == NULL ? 1 : p->packs->depth + 1, p->pack, label};
    if (pack->depth > CDECL_MAX_PACKS)
        cdecl__fail_at(p, at, "more than %d '#pragma pack(push)' inside each other",
                       CDECL_MAX_PACKS);
    p->packs = pack;
}

static void pop_pack(struct parser *p, const struct name *label)
{
    struct pack *pack = p->packs;
    while (pack != NULL && label != NULL && pack->label != label)
        pack = pack->outer;
    if (pack == NULL)
        return; /* compilers warn and go on */
    p->pack = pack->value;
    p->packs = pack->outer;
}

static void set_pack(struct parser *p, uint32_t value, const struct place *at)
{
    if ((value & (value - 1)) != 0 || value > 16)
        cdecl__fail_at(p, at, "#pragma pack takes 1, 2, 4, 8 or 16");
    p->pack = value;
}

/* "pack" "(" [ push | pop ] [ , name ] [ , n ] ")" */
static void pragma_pack(struct parser *p, const char *at, const char *end)
{
    bool push = false, pop = false, any = false, has_value = false;
    uint32_t value = 0;
    struct name *label = NULL;
    at = skip_blanks(at, end);
    struct place place = {p->lex.expansion == NULL ? at : p->lex.use, p->lex.line, NULL};
    if (at >= end || *at != '(')
        return;
    for (at = skip_blanks(at + 1, end); at < end && *at != ')'; at = skip_blanks(at, end)) {
        const char *stop = end_of_word(at, end);
        any = true;
        if (*at == ',') {
            at++;
            continue;
        }
        if (stop == at)
            return; /* not a form we know: compilers ignore it with a warning */
        if (word_is(at, stop, "push"))
            push = true;
        else if (word_is(at, stop, "pop"))
            pop = true;
        else if (*at < '0' || *at > '9')
            label = cdecl__intern(p->state, at, (size_t)(stop - at));
        else {
            has_value = true;
            for (value = 0; at < stop; at++)
                value = value > 1000000 ? value : value * 10 + (uint32_t)(*at - '0');
        }
        at = stop;
    }
    if (push)
        push_pack(p, label, &place);
    if (pop)
        pop_pack(p, label);
    if (has_value || !any)
        set_pack(p, value, &place);
}

static void pragma(struct parser *p, const char *at, const char *end)
{
    at = skip_blanks(at, end);
    const char *stop = end_of_word(at, end);
    if (word_is(at, stop, "pack"))
        pragma_pack(p, stop, end);
}

/* "(" tokens ")" after __pragma. */
static void ms_pragma(struct parser *p, const struct token *open)
{
    struct token token = *open;
    for (size_t depth = 1; depth > 0; depth -= token.kind == TOK_RPAREN) {
        cdecl__lex(p, &token);
        if (token.kind == TOK_EOF)
            cdecl__fail_token(p, open, "'(' is never closed");
        depth += token.kind == TOK_LPAREN;
    }
    pragma(p, open->start + 1, token.start);
}

/* "(" string ")" after _Pragma, "(" the pragma itself ")" after __pragma. */
static void pragma_operator(struct parser *p, const struct name *name)
{
    struct token token;
    cdecl__lex(p, &token);
    if (token.kind != TOK_LPAREN)
        cdecl__fail_token(p, &token, "expected '(' after '%s'", name->text);
    if (name->token == TOK_MSPRAGMA) {
        ms_pragma(p, &token);
        return;
    }
    cdecl__lex(p, &token);
    if (token.kind != TOK_STRING)
        cdecl__fail_token(p, &token, "expected a string in '_Pragma'");
    pragma(p, token.start + 1, token.start + token.size - 1);
    cdecl__lex(p, &token);
    if (token.kind != TOK_RPAREN)
        cdecl__fail_token(p, &token, "expected ')' to close '_Pragma'");
}

/* ---- one directive ---- */

/* A directive's line while it is looked at. */
struct directive {
    struct token token; /* its '#', for errors */
    const char *word, *word_end;
    const char *rest, *end; /* what follows the word, without the blanks before it */
};

static struct directive read_directive(const struct parser *p, const char *hash)
{
    const char *end = end_of_line(p, hash + 1), *at = skip_blanks(hash + 1, end);
    struct directive d = {.word = at, .word_end = end_of_word(at, end), .end = end};
    d.token =
        (struct token){.kind = TOK_HASH, .line = p->lex.line, .size = 1, .start = hash, .at = hash};
    d.rest = skip_blanks(d.word_end, end);
    return d;
}

static bool is_directive(const struct directive *d, const char *word)
{
    return word_is(d->word, d->word_end, word);
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
    if (*end == d->rest || (*d->rest >= '0' && *d->rest <= '9'))
        cdecl__fail_token(p, &d->token, "expected a name after '#%.*s'",
                          (int)(d->word_end - d->word), d->word);
    cdecl__check_utf8(p, d->rest, *end);
    struct name *name = cdecl__intern(p->state, d->rest, (size_t)(*end - d->rest));
    if (name->token == TOK_SOFT_DEFINED)
        cdecl__fail_token(p, &d->token, "'defined' cannot be the name of a macro");
    return name;
}

/* Replacement text with comments and runs of blanks made one blank, so that equal texts compare. */
static const char *replacement(struct parser *p, const char *at, const char *end)
{
    char *text = cdecl__alloc(p->state, (size_t)(end - at) + 1, 1), *to = text;
    char quote = '\0';
    while (at < end) {
        bool comment = quote == '\0' && *at == '/' && at + 1 < end;
        if (comment && at[1] == '/')
            break;
        if (comment && at[1] == '*') {
            for (at += 2; at < end && !(at[-1] == '*' && *at == '/'); at++)
                ;
            at += at < end;
            if (to > text && to[-1] != ' ')
                *to++ = ' ';
            continue;
        }
        char c = *at++;
        if (quote == '\0' && (c == '"' || c == '\''))
            quote = c;
        else if (c == quote)
            quote = '\0';
        bool blank = quote == '\0' && is_blank(c);
        if (blank && (to == text || to[-1] == ' '))
            continue;
        *to++ = blank ? ' ' : c;
        if (quote != '\0' && c == '\\' && at < end)
            *to++ = *at++;
    }
    while (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
    return text;
}

static void define(struct parser *p, const struct directive *d)
{
    const char *end;
    struct name *name = macro_name(p, d, &end);
    if (end < d->end && *end == '(')
        cdecl__fail_token(p, &d->token,
                          "function-like macro '%s': give ffi.cdef what 'cc -E -P' "
                          "makes of the header",
                          name->text);
    struct name_extra *extra = cdecl__extra(p->state, name);
    const char *text = replacement(p, end, d->end);
    bool replace = (p->source->flags & (CDECL_OVERRIDE | CDECL_KEEP_FIRST)) != 0;
    if (extra->macro != NULL && strcmp(extra->macro->text, text) == 0)
        return;
    if (extra->macro != NULL && extra->macro->line != 0 && !replace)
        cdecl__fail_token(p, &d->token, "macro '%s' redefined as '%s', was '%s'", name->text, text,
                          extra->macro->text);
    struct cdecl_decl *decl = NEW(p->state, struct cdecl_decl);
    *decl = (struct cdecl_decl){
        .kind = CDECL_DECL_MACRO, .line = p->lex.line, .file = p->lex.file, .name = name->text};
    decl->text = text;
    SAVE(p->state, extra->macro);
    extra->macro = decl;
    cdecl__append_decl(p->state, decl);
}

static void undefine(struct parser *p, const struct directive *d)
{
    const char *end;
    struct name *name = macro_name(p, d, &end);
    if (name->extra == NULL)
        return;
    SAVE(p->state, name->extra->macro);
    name->extra->macro = NULL;
}

/* A macro the caller gave for one text. */
struct caller_macro {
    struct caller_macro *outer;
    struct name_extra *extra;
    const struct cdecl_decl *hidden; /* what it meant before */
    struct cdecl_decl decl;
};

/* Defines the caller's macros for this text. */
void cdecl__define_all(struct parser *p, const struct cdecl_source *source)
{
    for (size_t i = 0; i < source->ndefines; i++) {
        const struct cdecl_define *define = &source->defines[i];
        struct name *name = cdecl__intern(p->state, define->name, strlen(define->name));
        struct caller_macro *own = KEEP_ONE(p->state, struct caller_macro);
        *own = (struct caller_macro){.outer = p->caller_macros};
        own->extra = cdecl__extra(p->state, name);
        own->hidden = own->extra->macro;
        own->decl.kind = CDECL_DECL_MACRO;
        own->decl.name = name->text;
        own->decl.text = define->text == NULL ? "1" : define->text;
        SAVE(p->state, own->extra->macro);
        own->extra->macro = &own->decl;
        p->caller_macros = own;
    }
}

void cdecl__undefine_all(struct parser *p)
{
    for (struct caller_macro *own = p->caller_macros; own != NULL; own = own->outer)
        if (own->extra->macro == &own->decl)
            own->extra->macro = own->hidden;
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
    if (is_directive(d, "include") || is_directive(d, "include_next") || is_directive(d, "import"))
        cdecl__fail_token(p, &d->token,
                          "'#%.*s' is not for ffi.cdef: give it what 'cc -E -P' makes of the "
                          "header",
                          word, d->word);
    if (d->word == d->end || is_directive(d, "warning") || is_directive(d, "ident") ||
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
        pragma(p, d->word_end, d->end);
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
    } else if (is_directive(&d, "line") || (d.word < d.end && *d.word >= '0' && *d.word <= '9')) {
        p->lex.next = d.end;
        line_marker(p, is_directive(&d, "line") ? d.rest : d.word, d.end);
    } else {
        plain_directive(p, &d);
        move_on(p, d.token.start, d.end);
    }
}

const struct preprocessor cdecl__preprocessor = {directive, pragma_operator};
