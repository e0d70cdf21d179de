/* Macros: what #define and #undef do, and reading a replacement in place of a name. Depends on
 * error.c and scope.c. A macro becomes a declaration in the state's arena; what a text needs to
 * read its own is scratch. */
#include <string.h>
#include "internal.h"

/* Longest piece of a macro quoted in a message. */
#define QUOTED 100

/* ---- definitions ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* What follows a macro's name, in scratch memory: comments and runs of blanks are made one blank,
 * so that equal texts compare. */
static const char *normalise(struct parser *p, const char *at, const char *end)
{
    char *text = cdecl__take(p->state, &p->state->scratch, (size_t)(end - at) + 1, 1);
    char *to = text;
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

/* Cuts what follows the name into "(x, y)", NULL for an object-like macro, and the replacement. */
static struct cdecl_decl new_macro(struct parser *p, const struct place *at, const char *from,
                                   const char *to)
{
    const char *text = normalise(p, from, to);
    struct cdecl_decl macro = {.kind = CDECL_DECL_MACRO, .file = p->lex.file};
    macro.name = at->name->text;
    macro.text = text;
    if (!p->lex.built_in)
        macro.line = at->line == 0 ? 1 : at->line;
    if (from == to || *from != '(') /* "(" after a blank begins the replacement */
        return macro;
    const char *close = strchr(text, ')');
    if (close == NULL)
        cdecl__fail_at(p, at, "expected ')' to close the parameters of macro '%s'", macro.name);
    size_t size = (size_t)(close + 1 - text);
    char *copy = cdecl__take(p->state, &p->state->scratch, size + 1, 1);
    memcpy(copy, text, size);
    copy[size] = '\0';
    macro.parameters = copy;
    macro.text = close[1] == ' ' ? close + 2 : close + 1;
    return macro;
}

static bool same_macro(const struct cdecl_decl *a, const struct cdecl_decl *b)
{
    if ((a->parameters == NULL) != (b->parameters == NULL) || strcmp(a->text, b->text) != 0)
        return false;
    return a->parameters == NULL || strcmp(a->parameters, b->parameters) == 0;
}

/* Whether a macro is one of the compiler's own, as it lists them: one we know, or one without
 * underscores beside one with ("linux" beside "__linux__"). */
static bool is_compilers(const struct parser *p, const struct cdecl_decl *macro,
                         const struct cdecl_decl *old)
{
    size_t size = strlen(macro->name);
    char reserved[40];
    if (old != NULL && old->line == 0)
        return true;
    if (!p->lex.verbatim || macro->parameters != NULL || size + 5 > sizeof reserved)
        return false;
    memcpy(reserved, "__", 2);
    memcpy(reserved + 2, macro->name, size);
    memcpy(reserved + 2 + size, "__", 3);
    const char *text = cdecl__predefined(reserved, size + 4);
    return text != NULL && strcmp(text, macro->text) == 0;
}

/* Gives the name of `extra` the meaning `macro`, NULL for none. */
static void set_macro(struct parser *p, struct name_extra *extra, const struct cdecl_decl *macro)
{
    if (p->source->flags & CDECL_UNBOUND) {
        cdecl__mean_for_now(p, &extra->macro, macro, NULL);
        return;
    }
    if (extra->macro != NULL)
        p->state->macros_replaced++;
    SAVE(p->state, extra->macro);
    extra->macro = macro;
}

static const struct cdecl_decl *publish(struct parser *p, const struct cdecl_decl *macro)
{
    struct cdecl_decl *decl = NEW(p->state, struct cdecl_decl);
    *decl = *macro;
    decl->text = cdecl__copy_text(p->state, macro->text, strlen(macro->text));
    if (macro->parameters != NULL)
        decl->parameters = cdecl__copy_text(p->state, macro->parameters, strlen(macro->parameters));
    if (!(p->source->flags & CDECL_UNBOUND))
        cdecl__append_decl(p->state, decl);
    return decl;
}

/* A compiler may define its macros anew (another one, or with other flags), and has seen to it that
 * those of its output agree. */
static bool may_replace(const struct parser *p, const struct cdecl_decl *old)
{
    return old == NULL || old->line == 0 || p->lex.verbatim ||
           (p->source->flags & (CDECL_OVERRIDE | CDECL_KEEP_FIRST | CDECL_UNBOUND)) != 0;
}

COLD _Noreturn static void fail_redefined(const struct parser *p, const struct place *at,
                                          const struct cdecl_decl *macro,
                                          const struct cdecl_decl *old)
{
    cdecl__fail_at(p, at, "macro '%s' redefined as '%s%s', was '%s%s'%s", macro->name,
                   macro->parameters == NULL ? "" : macro->parameters, macro->text,
                   old->parameters == NULL ? "" : old->parameters, old->text,
                   cdecl__origin(p, at, old).text);
}

void cdecl__define(struct parser *p, const struct place *at, const char *from, const char *to)
{
    struct arena_mark mark = cdecl__arena_mark(&p->state->scratch);
    struct cdecl_decl macro = new_macro(p, at, from, to);
    struct name_extra *extra = cdecl__extra(p->state, at->name);
    const struct cdecl_decl *old = extra->macro;
    if (strcmp(macro.name, "__STDC__") == 0)
        p->lex.verbatim = true;
    bool known = old != NULL && same_macro(old, &macro);
    if (!known && !(p->lex.verbatim && is_compilers(p, &macro, old))) {
        if (!may_replace(p, old))
            fail_redefined(p, at, &macro, old);
        set_macro(p, extra, publish(p, &macro));
    }
    cdecl__arena_release(&p->state->scratch, mark);
}

void cdecl__undefine(struct parser *p, struct name *name)
{
    if (name->extra == NULL || name->extra->macro == NULL)
        return;
    if (!p->lex.verbatim || name->extra->macro->line != 0)
        set_macro(p, name->extra, NULL);
}

/* ---- for the time of one text ---- */

void cdecl__define_all(struct parser *p, const struct cdecl_source *source)
{
    for (size_t i = 0; i < source->ndefines; i++) {
        const struct cdecl_define *define = &source->defines[i];
        struct name *name = cdecl__intern(p->state, define->name, strlen(define->name));
        struct name_extra *extra = cdecl__extra(p->state, name);
        struct cdecl_decl *macro = KEEP_ONE(p->state, struct cdecl_decl);
        *macro = (struct cdecl_decl){.kind = CDECL_DECL_MACRO, .name = name->text};
        macro->text = define->text == NULL ? "1" : define->text;
        cdecl__mean_for_now(p, &extra->macro, macro, macro);
    }
}

/* ---- use ---- */

static const char *skip_blanks(const char *at, const char *end)
{
    for (;;) {
        while (at < end && (is_blank(*at) || *at == '\n'))
            at++;
        if (end - at < 2 || at[0] != '/' || at[1] != '*')
            return at;
        for (at += 2; at + 1 < end && !(at[0] == '*' && at[1] == '/'); at++)
            ;
        at = at + 1 < end ? at + 2 : end;
    }
}

/* Whether '(' follows, also behind the end of the replacements that are being read. */
static bool is_called(const struct lexer *lex, const char *next)
{
    const struct expansion *e = lex->expansion;
    const char *end = lex->end;
    for (; (next = skip_blanks(next, end)) == end && e != NULL; e = e->outer) {
        next = e->next;
        end = e->end;
    }
    return next < end && *next == '(';
}

COLD _Noreturn static void fail_call(const struct parser *p, const struct cdecl_decl *macro,
                                     const char *start)
{
    const char *at = p->lex.expansion == NULL ? start : p->lex.use;
    struct place place = {at, p->lex.line, NULL};
    bool cut = strlen(macro->text) > QUOTED;
    cdecl__fail_at(p, &place,
                   "'%s%s' is a function-like macro, which is not expanded here: write what it "
                   "stands for, '%.*s%s', or give ffi.cdef what 'cc -E' makes of the text",
                   macro->name, macro->parameters, QUOTED, macro->text, cut ? "..." : "");
}

bool cdecl__expand(struct parser *p, struct name *name, const char *start, const char *next)
{
    struct lexer *lex = &p->lex;
    const struct cdecl_decl *macro = name->extra->macro;
    if (lex->no_expand || lex->verbatim || name->extra->expanding == p->state->epoch)
        return false;
    if (macro->parameters != NULL && is_called(lex, next))
        fail_call(p, macro, start);
    if (macro->parameters != NULL)
        return false;
    struct expansion *expansion = SCRATCH(p->state, struct expansion);
    size_t size = strlen(macro->text);
    if (lex->expansion == NULL)
        lex->use = start;
    lex->expanded += size + 1;
    if (lex->expanded > CDECL_MAX_EXPANSION) {
        struct place place = {lex->use, lex->line, NULL};
        cdecl__fail_at(p, &place, "macros expand to too much text");
    }
    *expansion = (struct expansion){lex->expansion, name->extra, next, lex->end};
    name->extra->expanding = p->state->epoch;
    lex->expansion = expansion;
    lex->next = macro->text;
    lex->end = macro->text + size;
    return true;
}

bool cdecl__end_expansion(struct lexer *lex)
{
    struct expansion *expansion = lex->expansion;
    if (expansion == NULL)
        return false;
    expansion->macro->expanding = 0;
    lex->next = expansion->next;
    lex->end = expansion->end;
    lex->expansion = expansion->outer;
    return true;
}
