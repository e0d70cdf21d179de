/* What in a text is C++, for the errors that say so: its words, and what stands before a token that
 * C does not take there. Depends on libc; the texts are constants. */
#include <ctype.h>
#include <string.h>
#include "internal.h"

bool cdecl__is_cpp(const char *word)
{
    static const char *const words[] = {
        "class",    "namespace", "template", "using",   "std",      "public",   "private",
        "virtual",  "friend",    "explicit", "mutable", "typename", "decltype", "protected",
        "operator", "delete",    "new",      "concept", "requires", "consteval"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* A piece of the text: a word or one other character. */
struct piece {
    const char *at;
    size_t size;
};

static bool is(struct piece piece, const char *word)
{
    return piece.size == strlen(word) && memcmp(piece.at, word, piece.size) == 0;
}

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The piece that ends in front of `end`, blanks aside; empty at the beginning of the text. */
static struct piece before(const struct parser *p, const char *end)
{
    const char *at;
    while (end > p->lex.text && isspace((unsigned char)end[-1]))
        end--;
    at = end;
    while (at > p->lex.text && in_word(at[-1]))
        at--;
    if (at == end && at > p->lex.text)
        at--;
    return (struct piece){at, (size_t)(end - at)};
}

static const char *after_parameters(const struct parser *p, struct piece token)
{
    if (is(token, "const"))
        return ": a const member function is C++";
    if (is(token, "{") && p->body != NULL)
        return ": a function in a struct is C++";
    return "";
}

static const char *after_name(const struct parser *p, struct piece token, struct piece name)
{
    struct piece word = before(p, name.at);
    if (is(token, ":") && (is(word, "struct") || is(word, "union")))
        return ": a base class is C++, in C its members stand first in the struct";
    if (is(token, "{") && is(word, "class"))
        return ": a scoped enum is C++, leave out 'class'";
    return "";
}

const char *cdecl__cpp_reason(const struct parser *p)
{
    struct piece token = {p->tok.start, p->tok.size};
    struct piece last;
    if (p->tok.start < p->lex.text || p->tok.start >= p->lex.text + p->lex.size)
        return ""; /* of a macro */
    last = before(p, token.at);
    if (is(last, "operator"))
        return ": an operator of one's own is C++, give it a name";
    if (is(token, "::"))
        return ": a name with '::' is C++ and has no C form";
    if (is(token, "~") && p->body != NULL)
        return ": a destructor is C++, leave it out";
    if (is(token, "noexcept") || is(token, "override") || is(token, "final"))
        return ": that is C++, leave it out";
    if (is(last, "final"))
        return ": 'final' is C++, leave it out";
    return is(last, ")") ? after_parameters(p, token) : after_name(p, token, last);
}
