/* Declaration specifiers in any order (C11 6.7, 6.7.2) and type names: storage classes, qualifiers,
 * type keywords, names of types, struct, union, enum, typeof. Depends on aggregate.c, attr.c and
 * expr.c; types come from type.c. */
#include <ctype.h>
#include "internal.h"

/* ---- specifiers [6.7, 6.7.2] ---- */

/* Type keywords seen, as a set; LONG LONG counts as its own. */
enum {
    S_VOID = 1 << 0,
    S_BOOL = 1 << 1,
    S_CHAR = 1 << 2,
    S_SHORT = 1 << 3,
    S_INT = 1 << 4,
    S_LONG = 1 << 5,
    S_LLONG = 1 << 6,
    S_FLOAT = 1 << 7,
    S_DOUBLE = 1 << 8,
    S_SIGNED = 1 << 9,
    S_UNSIGNED = 1 << 10,
    S_COMPLEX = 1 << 11,
    S_INT128 = 1 << 12,
    S_FLOAT16 = 1 << 13,
    S_FLOAT128 = 1 << 14,
    S_FLOAT64X = 1 << 15,
    S_BITINT = 1 << 16,
    S_OTHER = 1 << 17
};

/* While the specifiers of one declaration are read. */
struct spec_reader {
    struct specs *specs;
    unsigned seen;   /* S_... */
    uint64_t bitint; /* N of _BitInt(N) */
    struct place first_type;
};

static const uint32_t keyword_bits[TOK_COUNT] = {
    [TOK_VOID] = S_VOID,         [TOK_BOOL] = S_BOOL,       [TOK_CHARKW] = S_CHAR,
    [TOK_SHORT] = S_SHORT,       [TOK_INT] = S_INT,         [TOK_LONG] = S_LONG,
    [TOK_FLOAT] = S_FLOAT,       [TOK_DOUBLE] = S_DOUBLE,   [TOK_SIGNED] = S_SIGNED,
    [TOK_UNSIGNED] = S_UNSIGNED, [TOK_COMPLEX] = S_COMPLEX, [TOK_INT128] = S_INT128,
    [TOK_FLOAT128] = S_FLOAT128,
};

/* Words that are type keywords only where no type has been seen, because headers declare them when
 * the compiler does not know them: "typedef float _Float32;". */
static unsigned soft_bit(const struct token *token)
{
    switch (token->name->token) {
    case TOK_SOFT_FLOAT16: return S_FLOAT16;
    case TOK_SOFT_FLOAT32: return S_FLOAT;
    case TOK_SOFT_FLOAT64:
    case TOK_SOFT_FLOAT32X: return S_DOUBLE;
    case TOK_SOFT_FLOAT64X: return S_FLOAT64X;
    case TOK_SOFT_FLOAT128: return S_FLOAT128;
    case TOK_SOFT_INT8: return S_CHAR;
    case TOK_SOFT_INT16: return S_SHORT;
    case TOK_SOFT_INT32: return S_INT;
    case TOK_SOFT_INT64: return S_LLONG;
    default: return 0;
    }
}

COLD _Noreturn static void fail_combination(struct parser *p, const struct spec_reader *r,
                                            const struct place *place)
{
    size_t size = 1; /* a word, or "$" */
    while (*place->at != '$' && (place->at[size] == '_' || isalnum((unsigned char)place->at[size])))
        size++;
    const struct cdecl_tag *tag = r->specs->type == NULL ? NULL : r->specs->type->tag;
    if (tag != NULL && r->specs->base == NULL)
        cdecl__fail_at(p, place, "expected ';' or a name after '%s%s%s', got '%.*s'",
                       cdecl__tag_keyword((enum cdecl_kind)tag->kind), tag->name == NULL ? "" : " ",
                       tag->name == NULL ? "" : tag->name, (int)size, place->at);
    cdecl__fail_at(p, place, "'%.*s' does not go with the type before it", (int)size, place->at);
}

static void add_bit(struct parser *p, struct spec_reader *r, unsigned bit)
{
    if (r->seen == 0)
        r->first_type = cdecl__here(p);
    if (bit == S_LONG && r->seen & S_LONG && !(r->seen & S_LLONG)) {
        r->seen = (r->seen & ~(unsigned)S_LONG) | S_LLONG;
    } else if (r->seen & (bit | S_OTHER) || (bit == S_LONG && r->seen & S_LLONG)) {
        struct place at = cdecl__here(p);
        fail_combination(p, r, &at);
    } else {
        r->seen |= bit;
    }
}

/* The meaning of a set of type keywords, CDECL_PRIM_COUNT when it has none. */
static enum cdecl_prim meaning(unsigned seen)
{
    const unsigned sizes = S_SHORT | S_LONG | S_LLONG, signs = S_SIGNED | S_UNSIGNED;
    if (seen & (sizes | signs) && !(seen & ~(S_INT | sizes | signs)))
        seen &= ~(unsigned)S_INT;
    if (seen & (sizes | S_INT128) && !(seen & ~(S_SIGNED | S_INT128 | sizes)))
        seen &= ~(unsigned)S_SIGNED;
    switch (seen) {
    case S_VOID: return CDECL_PRIM_VOID;
    case S_BOOL: return CDECL_PRIM_BOOL;
    case S_CHAR: return CDECL_PRIM_CHAR;
    case S_SIGNED | S_CHAR: return CDECL_PRIM_SCHAR;
    case S_UNSIGNED | S_CHAR: return CDECL_PRIM_UCHAR;
    case S_SHORT: return CDECL_PRIM_SHORT;
    case S_UNSIGNED | S_SHORT: return CDECL_PRIM_USHORT;
    case S_INT:
    case S_SIGNED: return CDECL_PRIM_INT;
    case S_UNSIGNED: return CDECL_PRIM_UINT;
    case S_LONG: return CDECL_PRIM_LONG;
    case S_UNSIGNED | S_LONG: return CDECL_PRIM_ULONG;
    case S_LLONG: return CDECL_PRIM_LLONG;
    case S_UNSIGNED | S_LLONG: return CDECL_PRIM_ULLONG;
    case S_INT128: return CDECL_PRIM_INT128;
    case S_UNSIGNED | S_INT128: return CDECL_PRIM_UINT128;
    case S_FLOAT16: return CDECL_PRIM_FLOAT16;
    case S_FLOAT: return CDECL_PRIM_FLOAT;
    case S_DOUBLE: return CDECL_PRIM_DOUBLE;
    case S_LONG | S_DOUBLE:
    case S_FLOAT64X: return CDECL_PRIM_LDOUBLE;
    case S_FLOAT128: return CDECL_PRIM_FLOAT128;
    case S_COMPLEX | S_FLOAT16: return CDECL_PRIM_CFLOAT16;
    case S_COMPLEX | S_FLOAT: return CDECL_PRIM_CFLOAT;
    case S_COMPLEX:
    case S_COMPLEX | S_DOUBLE: return CDECL_PRIM_CDOUBLE;
    case S_COMPLEX | S_LONG | S_DOUBLE:
    case S_COMPLEX | S_FLOAT64X: return CDECL_PRIM_CLDOUBLE;
    case S_COMPLEX | S_FLOAT128: return CDECL_PRIM_CFLOAT128;
    default: return CDECL_PRIM_COUNT;
    }
}

static void set_type(struct parser *p, struct spec_reader *r, const struct place *at,
                     const struct cdecl_type *type)
{
    if (r->seen != 0)
        fail_combination(p, r, at);
    r->seen = S_OTHER;
    r->specs->type = type;
}

/* "_BitInt" "(" constant-expression ")" */
static void bitint(struct parser *p, struct spec_reader *r)
{
    add_bit(p, r, S_BITINT);
    cdecl__advance(p);
    cdecl__expect(p, TOK_LPAREN, "after '_BitInt'");
    r->bitint = cdecl__integer(p, "_BitInt width").u;
    cdecl__expect(p, TOK_RPAREN, "to close '_BitInt'");
}

/* "_Atomic" [ "(" type-name ")" ] */
static void atomic(struct parser *p, struct spec_reader *r)
{
    struct place at = cdecl__here(p);
    cdecl__advance(p);
    if (!cdecl__accept(p, TOK_LPAREN)) {
        r->specs->quals |= CDECL_ATOMIC;
        return;
    }
    const struct cdecl_type *type = cdecl__type_name(p);
    cdecl__expect(p, TOK_RPAREN, "to close '_Atomic'");
    set_type(p, r, &at, cdecl__qualify(p->state, type, CDECL_ATOMIC));
}

/* "typeof" "(" ( type-name | expression ) ")" */
static void type_of(struct parser *p, struct spec_reader *r)
{
    struct place at = cdecl__here(p);
    const struct cdecl_type *type;
    bool unqual = p->tok.kind == TOK_TYPEOF_UNQUAL;
    cdecl__advance(p);
    cdecl__expect(p, TOK_LPAREN, "after 'typeof'");
    if (cdecl__starts_type(p)) {
        type = cdecl__type_name(p);
    } else {
        p->unevaluated++;
        type = cdecl__full_expression(p).type;
        p->unevaluated--;
    }
    cdecl__expect(p, TOK_RPAREN, "to close 'typeof'");
    set_type(p, r, &at, unqual ? cdecl__unqualified(p->state, type) : type);
}

static void storage(struct parser *p, struct specs *specs, enum storage class)
{
    if (specs->storage != STORAGE_NONE && specs->storage != class)
        cdecl__fail_token(p, &p->tok, "'%.*s' after another storage class", (int)p->tok.size,
                          p->tok.start);
    specs->storage = class;
}

static bool qualifier_or_storage(struct parser *p, struct specs *specs)
{
    switch (p->tok.kind) {
    case TOK_CONST: specs->quals |= CDECL_CONST; break;
    case TOK_VOLATILE: specs->quals |= CDECL_VOLATILE; break;
    case TOK_RESTRICT: specs->quals |= CDECL_RESTRICT; break;
    case TOK_TYPEDEF: storage(p, specs, STORAGE_TYPEDEF); break;
    case TOK_EXTERN: storage(p, specs, STORAGE_EXTERN); break;
    case TOK_STATIC: storage(p, specs, STORAGE_STATIC); break;
    case TOK_AUTO:
    case TOK_REGISTER: storage(p, specs, STORAGE_OTHER); break;
    case TOK_THREAD_LOCAL: specs->thread_local = true; break;
    case TOK_INLINE: break;
    case TOK_NORETURN: specs->attrs.noreturn = specs->attrs.any = true; break;
    default: return false;
    }
    cdecl__advance(p);
    return true;
}

/* Soft keywords that are no types: alignas, thread_local, noreturn, constexpr. */
static bool soft_specifier(struct parser *p, struct spec_reader *r)
{
    if (r->seen != 0)
        return false;
    switch (p->tok.name->token) {
    case TOK_SOFT_THREAD_LOCAL: r->specs->thread_local = true; break;
    case TOK_SOFT_NORETURN: r->specs->attrs.noreturn = r->specs->attrs.any = true; break;
    case TOK_SOFT_CONSTEXPR: r->specs->is_constexpr = true; break;
    case TOK_SOFT_ALIGNAS: cdecl__alignas(p, &r->specs->attrs); return true;
    default: return false;
    }
    cdecl__advance(p);
    return true;
}

/* "complex", the <complex.h> macro and LuaJIT's name of a type, unless it is a declared name: first
 * among the specifiers, or after float, double or long double where it can only be one. */
static bool is_complex(struct parser *p, unsigned seen)
{
    if (!cdecl__is_soft(&p->tok, TOK_SOFT_COMPLEX) || p->tok.name->decl != NULL || seen & S_COMPLEX)
        return false;
    enum token_kind next = cdecl__peek(p)->kind;
    if (seen == 0)
        return true;
    if (!(seen & (S_FLOAT | S_DOUBLE)))
        return false;
    return next == TOK_IDENT || next == TOK_STAR || next == TOK_LPAREN || next == TOK_RPAREN ||
           next == TOK_COMMA || next == TOK_EOF || next == TOK_CONST || next == TOK_DOUBLE;
}

/* "$" that stands for a type. */
static bool type_argument(struct parser *p, struct spec_reader *r)
{
    if (cdecl__arg(p)->kind != CDECL_ARG_TYPE)
        return false;
    struct place at = cdecl__here(p);
    set_type(p, r, &at, cdecl__arg(p)->type);
    cdecl__advance(p);
    return true;
}

static bool typedef_name(struct parser *p, struct spec_reader *r)
{
    const struct cdecl_decl *decl = p->tok.name->decl;
    if (decl == NULL || decl->kind != CDECL_DECL_TYPEDEF || r->seen != 0)
        return false;
    r->seen = S_OTHER;
    r->specs->type = decl->type;
    r->specs->base = decl->name;
    r->first_type = cdecl__here(p);
    if (decl->refusal != CDECL_USABLE) {
        r->specs->attrs.refusal = decl->refusal;
        r->specs->attrs.any = true;
    }
    cdecl__advance(p);
    return true;
}

/* A name that no text has declared, but POSIX has. */
OUT_OF_LINE static bool known_name(struct parser *p, struct spec_reader *r)
{
    return cdecl__declare_known(p->state, p->tok.name) && typedef_name(p, r);
}

/* A name among the specifiers: of a type, or a soft keyword. */
static bool word_specifier(struct parser *p, struct spec_reader *r)
{
    if (typedef_name(p, r))
        return true;
    if (p->tok.name->token == TOK_IDENT)
        return r->seen == 0 && p->tok.name->decl == NULL && known_name(p, r);
    unsigned bit = 0;
    if ((r->seen & ~(unsigned)(S_SIGNED | S_UNSIGNED | S_COMPLEX)) == 0)
        bit = soft_bit(&p->tok);
    if (bit == 0 && is_complex(p, r->seen))
        bit = S_COMPLEX;
    if (bit == 0)
        return soft_specifier(p, r);
    add_bit(p, r, bit);
    cdecl__advance(p);
    return true;
}

/* One type specifier that begins with a keyword, but is no simple one; false when none does. */
static bool type_specifier(struct parser *p, struct spec_reader *r)
{
    struct place at = cdecl__here(p);
    switch (p->tok.kind) {
    case TOK_STRUCT:
    case TOK_UNION:
    case TOK_ENUM: set_type(p, r, &at, cdecl__tag_specifier(p)); return true;
    case TOK_TYPEOF:
    case TOK_TYPEOF_UNQUAL: type_of(p, r); return true;
    case TOK_ATOMIC: atomic(p, r); return true;
    case TOK_BITINT: bitint(p, r); return true;
    case TOK_AUTO_TYPE:
        cdecl__fail_at(p, &at,
                       "'__auto_type' needs an initialiser's type, which "
                       "a declaration text cannot give");
    case TOK_DECIMAL: cdecl__fail_at(p, &at, "decimal floating types are not supported");
    case TOK_IMAGINARY: cdecl__fail_at(p, &at, "imaginary types are not supported");
    default: return false;
    }
}

static bool specifier(struct parser *p, struct spec_reader *r)
{
    unsigned bit = keyword_bits[p->tok.kind];
    if (bit != 0) {
        add_bit(p, r, bit);
        cdecl__advance(p);
        return true;
    }
    if (p->tok.kind == TOK_IDENT)
        return word_specifier(p, r);
    if (p->tok.kind == TOK_DOLLAR)
        return type_argument(p, r);
    if (p->tok.kind == TOK_LATTR || (p->tok.kind >= TOK_AUTO && cdecl__at_attribute(p))) {
        cdecl__attributes(p, &r->specs->attrs);
        return true;
    }
    if (p->tok.kind < TOK_AUTO)
        return false;
    if (p->tok.kind == TOK_ALIGNAS) {
        cdecl__alignas(p, &r->specs->attrs);
        return true;
    }
    return qualifier_or_storage(p, r->specs) || type_specifier(p, r);
}

/* Fails when it is known where the name comes from. */
COLD static void fail_foreign(struct parser *p, const char *name)
{
    const char *origin = cdecl__foreign_type(name);
    if (origin != NULL && origin[0] == '<')
        cdecl__fail_token(p, &p->tok, "unknown type '%s': it comes from %s, ffi.include reads that",
                          name, origin);
    if (origin != NULL)
        cdecl__fail_token(p, &p->tok, "unknown type '%s': declare it, '%s'", name, origin);
}

COLD _Noreturn static void fail_no_type(struct parser *p)
{
    if (p->tok.kind != TOK_IDENT)
        cdecl__expected(p, "a type");
    const struct name *name = p->tok.name;
    if (p->body != NULL && cdecl__byte_after(p) == '(' && p->lex.next[1] != '*' &&
        name->extra != NULL && name->extra->tag != NULL)
        cdecl__fail_token(p, &p->tok, "unknown type '%s': a constructor is C++, leave it out",
                          name->text);
    if (name->extra != NULL && name->extra->tag != NULL)
        cdecl__fail_token(p, &p->tok, "unknown type '%s' (did you mean '%s'?)", name->text,
                          cdecl__type_text(p->state, name->extra->tag->type));
    if (cdecl__byte_after(p) == '.')
        cdecl__fail_token(p, &p->tok,
                          "unknown type '%s' before '.' (a Lua float in the name? "
                          "math.tointeger makes it an integer)",
                          name->text);
    if (cdecl__is_cpp(name->text))
        cdecl__fail_token(p, &p->tok,
                          "unknown type '%s': this is C++, ffi.cdef takes C "
                          "(declare the functions that it exports as extern \"C\")",
                          name->text);
    fail_foreign(p, name->text);
    struct hint hint = cdecl__hint(p->state, CDECL_SPACE_TYPES, name->text, name->size);
    cdecl__fail_token(p, &p->tok, "unknown type '%s'%s", name->text, hint.text);
}

static const struct cdecl_type *keyword_type(struct parser *p, const struct spec_reader *r)
{
    unsigned seen = r->seen;
    if (seen & S_BITINT) {
        if (seen & ~(unsigned)(S_BITINT | S_SIGNED | S_UNSIGNED))
            cdecl__fail_at(p, &r->first_type, "these type specifiers do not go together");
        p->culprit = &r->first_type;
        const struct cdecl_type *type = cdecl__bitint(p->state, r->bitint, !(seen & S_UNSIGNED));
        p->culprit = NULL;
        return type;
    }
    enum cdecl_prim prim = meaning(seen);
    if (prim == CDECL_PRIM_COUNT)
        cdecl__fail_at(p, &r->first_type, "these type specifiers do not go together");
    return p->state->basic[prim];
}

/* specifiers = { storage | qualifier | type-specifier | attributes | _Alignas | inline } */
void cdecl__specifiers(struct parser *p, struct specs *specs)
{
    struct spec_reader r;
    r.specs = specs;
    r.seen = 0; /* the rest is set with the bits that tell of it */
    *specs = (struct specs){.storage = STORAGE_NONE};
    cdecl__enter(p);
    while (specifier(p, &r))
        ;
    if (r.seen == 0)
        fail_no_type(p);
    if (r.seen != S_OTHER)
        specs->type = keyword_type(p, &r);
    if (specs->quals != 0)
        specs->type = cdecl__qualify(p->state, specs->type, specs->quals);
    cdecl__leave(p);
}

static bool is_type_word(struct parser *p)
{
    struct name *name = p->tok.name;
    if (name->decl != NULL)
        return name->decl->kind == CDECL_DECL_TYPEDEF;
    if (name->token == TOK_IDENT)
        return cdecl__declare_known(p->state, name);
    return soft_bit(&p->tok) != 0 || is_complex(p, 0) || name->token == TOK_SOFT_ALIGNAS;
}

bool cdecl__starts_type(struct parser *p)
{
    switch (p->tok.kind) {
    case TOK_IDENT: return is_type_word(p);
    case TOK_DOLLAR: return cdecl__arg(p)->kind == CDECL_ARG_TYPE;
    case TOK_STRUCT:
    case TOK_UNION:
    case TOK_ENUM:
    case TOK_TYPEOF:
    case TOK_TYPEOF_UNQUAL:
    case TOK_ATOMIC:
    case TOK_BITINT:
    case TOK_CONST:
    case TOK_VOLATILE:
    case TOK_RESTRICT:
    case TOK_ALIGNAS:
    case TOK_EXTENSION:
    case TOK_REGISTER:
    case TOK_STATIC:
    case TOK_EXTERN:
    case TOK_TYPEDEF:
    case TOK_ATTRIBUTE:
    case TOK_LATTR:
    case TOK_DECIMAL:
    case TOK_AUTO_TYPE:
    case TOK_AUTO:
    case TOK_INLINE: return true;
    default: return keyword_bits[p->tok.kind] != 0;
    }
}

/* type-name = specifiers [ abstract-declarator ] [6.7.7] */
const struct cdecl_type *cdecl__type_name(struct parser *p)
{
    struct specs specs;
    struct declarator d;
    struct place at = cdecl__here(p);
    cdecl__specifiers(p, &specs);
    if (specs.storage != STORAGE_NONE)
        cdecl__fail_at(p, &at, "a type name cannot have a storage class");
    cdecl__declarator(p, &specs, NAME_NONE, &d);
    if (d.attrs.alignment != 0)
        return cdecl__align(p->state, d.type, d.attrs.alignment);
    return d.type;
}
