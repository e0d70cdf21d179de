/* #pragma, _Pragma and __pragma: of all pragmas only pack means something here. Depends on lex.c.
 * The stack of pack values is in the transaction's log. */
#include <string.h>
#include "directive.h"

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
    bool valid = (value & (value - 1)) == 0 && value <= 16;
    if (!valid && p->lex.verbatim)
        return; /* the compiler has warned and gone on */
    if (!valid)
        cdecl__fail_at(p, at, "#pragma pack takes 1, 2, 4, 8 or 16");
    p->pack = value;
}

/* What stands in one "pack(...)". */
struct pack_request {
    bool push, pop, any, has_value;
    uint32_t value;
    struct name *label;
};

/* One word of it: push, pop, a label or a number. */
static void pack_word(struct parser *p, struct pack_request *request, const char *at,
                      const char *end)
{
    if (word_is(at, end, "push")) {
        request->push = true;
    } else if (word_is(at, end, "pop")) {
        request->pop = true;
    } else if (is_digit(*at)) {
        request->has_value = true;
        request->value = read_count(&at, end, UINT32_MAX);
    } else {
        request->label = cdecl__intern(p->state, at, (size_t)(end - at));
    }
}

/* Reads what follows "pack". False for a form we do not know: compilers warn and go on. */
static bool read_pack(struct parser *p, const char *at, const char *end,
                      struct pack_request *request)
{
    if (at >= end || *at != '(')
        return false;
    for (at = skip_blanks(at + 1, end); at < end && *at != ')'; at = skip_blanks(at, end)) {
        const char *stop = end_of_word(at, end);
        request->any = true;
        if (*at == ',')
            stop = at + 1;
        else if (stop == at)
            return false;
        else
            pack_word(p, request, at, stop);
        at = stop;
    }
    return true;
}

/* "pack" "(" [ push | pop ] [ , name ] [ , n ] ")" */
static void pragma_pack(struct parser *p, const char *at, const char *end)
{
    struct pack_request request = {0};
    at = skip_blanks(at, end);
    struct place place = {p->lex.expansion == NULL ? at : p->lex.use, p->lex.line, NULL};
    if (!read_pack(p, at, end, &request))
        return;
    if (request.push)
        push_pack(p, request.label, &place);
    if (request.pop)
        pop_pack(p, request.label);
    if (request.has_value || !request.any)
        set_pack(p, request.value, &place);
}

void cdecl__pragma(struct parser *p, const char *at, const char *end)
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
    cdecl__pragma(p, open->start + 1, token.start);
}

void cdecl__pragma_operator(struct parser *p, const struct name *name)
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
    cdecl__pragma(p, token.start + 1, token.start + token.size - 1);
    cdecl__lex(p, &token);
    if (token.kind != TOK_RPAREN)
        cdecl__fail_token(p, &token, "expected ')' to close '_Pragma'");
}
