/* Types and declarations as C text. A type is printed around its name: what stands before it (base
 * type, stars, opening parentheses) and after it (brackets, parameters). The recursion is bounded
 * by the depth every type carries. Writes into the caller's buffer; owns nothing. */
#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "internal.h"

static void put(struct out *out, const char *text)
{
    cdecl__put(out, text, strlen(text));
}

static void put_unsigned(struct out *out, uint64_t u)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, u);
    put(out, digits);
}

/* A space unless what comes next may follow directly. */
static void separate(struct out *out)
{
    if (out->used > 0 && out->last != '*' && out->last != '(' && out->last != ' ')
        put(out, " ");
}

static void word(struct out *out, const char *text)
{
    separate(out);
    put(out, text);
}

/* What is known of a declared name beyond its type. */
struct spelling {
    const char *name; /* NULL: abstract */
    const char *base;
    const struct cdecl_param *params;
};

static void spell(struct out *out, const struct cdecl_type *type, const struct spelling *as);
static void declare(struct out *out, const struct cdecl_type *type, const char *name);

static void qualifiers(struct out *out, unsigned quals)
{
    if (quals & CDECL_CONST)
        word(out, "const");
    if (quals & CDECL_VOLATILE)
        word(out, "volatile");
    if (quals & CDECL_ATOMIC)
        word(out, "_Atomic");
    if (quals & CDECL_RESTRICT)
        word(out, "restrict");
}

/* ---- bodies of nameless tags ---- */

static void aligned(struct out *out, uint32_t align)
{
    if (align == 0)
        return;
    put(out, " __attribute__((aligned(");
    put_unsigned(out, align);
    put(out, ")))");
}

static void member(struct out *out, const struct cdecl_tag *tag, const struct cdecl_member *m)
{
    put(out, " ");
    spell(out, m->type, &(struct spelling){m->name, cdecl_member_typedef(tag, m), NULL});
    if (m->width != CDECL_NOT_BITFIELD) {
        put(out, " : ");
        put_unsigned(out, m->width);
    }
    if (m->packed)
        put(out, " __attribute__((packed))");
    aligned(out, m->alignment);
    put(out, ";");
}

static void put_signed(struct out *out, const struct cdecl_value *v)
{
    if (v->type->is_signed && (int64_t)v->u < 0) {
        put(out, "-");
        if (v->u == (uint64_t)1 << 63) { /* its positive would not fit */
            put(out, "9223372036854775807 - 1");
            return;
        }
        put_unsigned(out, 0 - v->u);
        return;
    }
    put_unsigned(out, v->u);
    if (v->u > INT64_MAX)
        put(out, "u");
}

/* ": T" where the enumerators alone would give another type. */
static void fixed_type(struct out *out, const struct cdecl_tag *tag)
{
    enum cdecl_prim prim = (enum cdecl_prim)tag->underlying->prim;
    if (tag->packed || prim == CDECL_PRIM_INT || prim == CDECL_PRIM_UINT)
        return;
    put(out, " : ");
    declare(out, tag->underlying, NULL);
}

static void enum_body(struct out *out, const struct cdecl_tag *tag)
{
    fixed_type(out, tag);
    put(out, " {");
    for (uint32_t i = 0; i < tag->nconstants; i++) {
        put(out, i == 0 ? " " : ", ");
        put(out, tag->constants[i]->name);
        put(out, " = ");
        struct cdecl_value value = cdecl_value_of(tag->constants[i]);
        put_signed(out, &value);
    }
    put(out, " }");
}

static void body(struct out *out, const struct cdecl_tag *tag)
{
    put(out, cdecl__tag_keyword((enum cdecl_kind)tag->kind));
    if (tag->packed)
        put(out, " __attribute__((packed))");
    aligned(out, tag->alignment);
    if (!tag->complete)
        return;
    if (tag->kind == CDECL_ENUM) {
        enum_body(out, tag);
        return;
    }
    put(out, " {");
    for (uint32_t i = 0; i < tag->nmembers; i++)
        member(out, tag, &tag->members[i]);
    put(out, " }");
}

/* #pragma pack has no attribute that says the same, but an operator. */
static void packed_body(struct out *out, const struct cdecl_tag *tag)
{
    char pragma[48];
    if (tag->kind == CDECL_ENUM || tag->pack == 0) {
        body(out, tag);
        return;
    }
    snprintf(pragma, sizeof pragma, "_Pragma(\"pack(push, %lu)\") ", (unsigned long)tag->pack);
    put(out, pragma);
    body(out, tag);
    put(out, " _Pragma(\"pack(pop)\")");
}

/* ---- the base type ---- */

static const char *prim_spelling(enum cdecl_prim prim)
{
    static const char *const spellings[CDECL_PRIM_COUNT] = {
#define PRIM(id, spelling, class, size, align, is_signed, bits) [CDECL_PRIM_##id] = spelling,
#include "prims.def"
#undef PRIM
    };
    return spellings[prim];
}

/* Its typedef's name has another meaning by now: a predeclared one's, or with CDECL_OVERRIDE. */
static bool is_replaced(const struct cdecl_tag *tag)
{
    const struct cdecl_decl *decl = cdecl__name_of(tag->typedef_name)->decl;
    return decl != NULL && (decl->kind != CDECL_DECL_TYPEDEF || decl->type->tag != tag);
}

/* Replaced typedefs spelt out in one text. Types are as deep as they are because they go by their
 * typedefs: spelling all of them out could go on without end. So that is done for so many, none of
 * them inside another; the others keep the name they had. */
#define MOST_REPLACED 64

/* A nameless struct, union or enum goes by its typedef, which may have given it an alignment. */
static bool goes_by_typedef(const struct out *out, const struct cdecl_type *type)
{
    const struct cdecl_tag *tag = type->tag;
    if (tag == NULL || tag->name != NULL || tag->typedef_name == NULL ||
        tag->typedef_name == out->declared || type->align != tag->typedef_align)
        return false;
    return !is_replaced(tag) || out->in_replaced || out->nreplaced >= MOST_REPLACED;
}

static void nameless(struct out *out, const struct cdecl_tag *tag)
{
    bool outer = out->in_replaced;
    if (tag->typedef_name != NULL && is_replaced(tag)) {
        out->in_replaced = true;
        out->nreplaced++;
    }
    packed_body(out, tag);
    out->in_replaced = outer;
}

static void tag_name(struct out *out, const struct cdecl_type *type)
{
    const struct cdecl_tag *tag = type->tag;
    separate(out);
    if (tag->name != NULL) {
        put(out, cdecl__tag_keyword((enum cdecl_kind)tag->kind));
        put(out, " ");
        put(out, tag->name);
    } else if (goes_by_typedef(out, type)) {
        put(out, tag->typedef_name);
    } else {
        nameless(out, tag);
    }
}

static void plain_base(struct out *out, const struct cdecl_type *type)
{
    if (type->tag != NULL) {
        tag_name(out, type);
        return;
    }
    if (type->kind == CDECL_VECTOR) {
        plain_base(out, type->target);
        put(out, " __attribute__((vector_size(");
        put_unsigned(out, type->size);
        put(out, ")))");
        return;
    }
    word(out, prim_spelling(type->prim));
    if (type->prim == CDECL_PRIM_BITINT || type->prim == CDECL_PRIM_UBITINT) {
        put(out, "(");
        put_unsigned(out, type->bits);
        put(out, ")");
    }
}

static bool is_derived(const struct cdecl_type *type)
{
    return type->kind == CDECL_POINTER || type->kind == CDECL_ARRAY || type->kind == CDECL_FUNCTION;
}

/* A type with an alignment of its own, as its typedef gave it. */
static bool is_realigned(const struct cdecl_type *type)
{
    return type->align != type->unqual->align;
}

static void realigned(struct out *out, const struct cdecl_type *type)
{
    word(out,
         "__typeof__(__attribute__((aligned("); /* first: after a body it would be the body's */
    put_unsigned(out, type->align);
    put(out, "))) ");
    declare(out, type->unqual, NULL);
    put(out, ")");
}

/* ---- around the name ---- */

/* The part of a type that its declaration named by a typedef. */
static bool is_named(const struct out *out, const struct cdecl_type *type)
{
    return out->named != NULL && type->unqual == out->named->unqual &&
           type->align == out->named->align;
}

/* Written as one word or as __typeof__: nothing of it stands behind the name. */
static bool is_closed(const struct out *out, const struct cdecl_type *type)
{
    return is_named(out, type) || is_realigned(type);
}

/* Whether a pointer to it needs parentheses. */
static bool binds_tighter(const struct out *out, const struct cdecl_type *type)
{
    return (type->kind == CDECL_ARRAY || type->kind == CDECL_FUNCTION) && !is_closed(out, type);
}

static void before(struct out *out, const struct cdecl_type *type)
{
    if (is_named(out, type)) {
        qualifiers(out, type->quals & ~(unsigned)out->named->quals);
        word(out, out->base);
        return;
    }
    if (is_realigned(type) && !goes_by_typedef(out, type)) {
        qualifiers(out, type->quals);
        realigned(out, type);
        return;
    }
    if (!is_derived(type)) {
        qualifiers(out, type->quals);
        plain_base(out, type);
        return;
    }
    before(out, type->target);
    if (type->kind != CDECL_POINTER)
        return;
    separate(out);
    put(out, binds_tighter(out, type->target) ? "(*" : "*");
    qualifiers(out, type->quals);
}

static void parameters(struct out *out, const struct cdecl_type *type,
                       const struct cdecl_param *params)
{
    put(out, "(");
    for (uint32_t i = 0; i < type->nparams; i++) {
        if (i > 0)
            put(out, ", ");
        struct out inner = *out;
        inner.buffer = out->size > out->used ? out->buffer + out->used : NULL;
        inner.size = out->size > out->used ? out->size - out->used : 0;
        inner.used = 0;
        inner.last = 0;
        if (params == NULL)
            declare(&inner, type->params[i], NULL);
        else
            spell(&inner, type->params[i],
                  &(struct spelling){params[i].name, params[i].base,
                                     params[i].more != NULL ? params[i].more->params : NULL});
        out->used += inner.used;
        out->last = inner.last;
        out->nreplaced = inner.nreplaced;
    }
    if (type->variadic)
        put(out, type->nparams > 0 ? ", ..." : "...");
    else if (type->nparams == 0 && !type->no_proto)
        put(out, "void");
    put(out, ")");
    const char *refused = cdecl__refused_attribute(type->refusal);
    if (refused != NULL) {
        put(out, " __attribute__((");
        put(out, refused);
        put(out, "))");
    }
}

static void array_length(struct out *out, const struct cdecl_type *type)
{
    put(out, "[");
    if (type->count == CDECL_COUNT_VLA)
        put(out, "?");
    else if (type->count != CDECL_COUNT_UNKNOWN)
        put_unsigned(out, type->count);
    put(out, "]");
}

/* `params` are those of the first function that is met. */
static void after(struct out *out, const struct cdecl_type *type, const struct cdecl_param *params)
{
    for (; is_derived(type) && !is_closed(out, type); type = type->target) {
        if (type->kind == CDECL_FUNCTION) {
            parameters(out, type, params);
            params = NULL;
        } else if (type->kind == CDECL_ARRAY) {
            array_length(out, type);
        } else if (binds_tighter(out, type->target)) {
            put(out, ")");
        }
    }
}

/* What the typedef `base` stands for within `type`. Its name may mean something else by now: then
 * that is found nowhere in the type, which is spelt out. */
static const struct cdecl_type *meaning(const struct out *out, const char *base,
                                        const struct cdecl_type *type)
{
    if (base == NULL || base == out->declared || out->resolved)
        return NULL;
    const struct cdecl_decl *decl = cdecl__name_of(base)->decl;
    if (decl == NULL || decl->kind != CDECL_DECL_TYPEDEF)
        return NULL;
    bool decayed = decl->type->kind == CDECL_ARRAY && type->kind == CDECL_POINTER &&
                   type->target == decl->type->target;
    return decayed ? type : decl->type; /* a parameter of an array's typedef */
}

static void spell(struct out *out, const struct cdecl_type *type, const struct spelling *as)
{
    const char *base = out->base;
    const struct cdecl_type *named = out->named;
    out->base = as->base;
    out->named = meaning(out, as->base, type);
    before(out, type);
    if (as->name != NULL)
        word(out, as->name);
    else if (type->kind == CDECL_FUNCTION && !is_closed(out, type))
        separate(out);
    after(out, type, as->params);
    out->base = base;
    out->named = named;
}

static void declare(struct out *out, const struct cdecl_type *type, const char *name)
{
    spell(out, type, &(struct spelling){.name = name});
}

const struct cdecl_type *cdecl__function_of(const struct cdecl_type *type)
{
    while (type->kind == CDECL_POINTER || type->kind == CDECL_ARRAY)
        type = type->target;
    return type->kind == CDECL_FUNCTION ? type : NULL;
}

static size_t finish(const struct out *out)
{
    if (out->size > 0)
        out->buffer[out->used < out->size ? out->used : out->size - 1] = '\0';
    return out->used;
}

size_t cdecl_print(const struct cdecl_type *type, const char *name, char *buffer, size_t size)
{
    struct out out = {.buffer = buffer, .size = size};
    declare(&out, type, name);
    return finish(&out);
}

const char *cdecl__type_text(struct cdecl_state *state, const struct cdecl_type *type)
{
    char *text = state->texts[state->next_text];
    size_t size = sizeof state->texts[0];
    state->next_text = (state->next_text + 1) % 2;
    if (cdecl_print(type, NULL, text, size) >= size)
        memcpy(text + size - 4, "...", 4);
    return text;
}

/* ---- declarations ---- */

/* Whether the text, read as a constant of the type, is the value again. */
static bool reads_back(const char *text, const struct cdecl_value *v)
{
    if (v->type->prim == CDECL_PRIM_DOUBLE)
        return strtod(text, NULL) == (double)v->f;
    if (v->type->prim == CDECL_PRIM_FLOAT)
        return strtof(text, NULL) == (float)v->f;
#ifdef CDECL_QUAD
    if (v->type->prim == CDECL_PRIM_FLOAT128) {
        bool negative = *text == '-';
        text += negative;
        return cdecl__read_quad(text, strlen(text)) == (negative ? -v->f : v->f);
    }
#endif
    return strtold(text, NULL) == (long double)v->f;
}

/* The text of a finite value with so many digits; returns what the decimal point is in it. */
static const char *float_text(char *text, size_t size, const struct cdecl_value *v, int digits)
{
#ifdef CDECL_QUAD
    if (v->type->prim == CDECL_PRIM_FLOAT128) {
        cdecl_print_quad(text, size, v->f, digits);
        return ".";
    }
#endif
    snprintf(text, size, "%.*Lg", digits, (long double)v->f);
    return localeconv()->decimal_point;
}

/* With as few digits as it takes. */
static void put_float(struct out *out, const struct cdecl_value *v)
{
    char text[64];
    enum cdecl_prim prim = (enum cdecl_prim)v->type->prim;
    if (v->f != v->f) {
        put(out, "__builtin_nan(\"\")");
        return;
    }
    if (v->f - v->f != 0) {
        put(out, v->f < 0 ? "-__builtin_inf()" : "__builtin_inf()");
        return;
    }
    int digits = FLT_DIG, most = prim == CDECL_PRIM_FLOAT128 ? 36 : LDBL_DECIMAL_DIG;
    const char *point;
    do
        point = float_text(text, sizeof text, v, digits);
    while (!reads_back(text, v) && digits++ < most);
    const char *at = strstr(text, point);
    cdecl__put(out, text, at == NULL ? strlen(text) : (size_t)(at - text));
    put(out, at == NULL ? "" : ".");
    put(out, at == NULL ? "" : at + strlen(point));
    if (text[strspn(text, "-0123456789")] == '\0')
        put(out, ".0");
    put(out, prim == CDECL_PRIM_LDOUBLE ? "L" : prim == CDECL_PRIM_FLOAT128 ? "F128" : "");
}

static void put_string(struct out *out, const char *text, size_t size)
{
    char escape[8];
    put(out, "\"");
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            snprintf(escape, sizeof escape, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            snprintf(escape, sizeof escape, "\\%03o", c);
        else
            snprintf(escape, sizeof escape, "%c", c);
        put(out, escape);
    }
    put(out, "\"");
}

static void put_value(struct out *out, const struct cdecl_value *v)
{
    put(out, " = ");
    if (v->kind == CDECL_VALUE_STRING)
        put_string(out, v->s, v->size);
    else if (v->kind == CDECL_VALUE_FLOAT)
        put_float(out, v);
    else
        put_signed(out, v);
}

static void constant(struct out *out, const struct cdecl_decl *decl)
{
    const struct cdecl_type *object =
        decl->type->kind == CDECL_ARRAY ? decl->type->target : decl->type;
    bool is_const = object->quals & CDECL_CONST || object->kind == CDECL_POINTER;
    put(out, is_const ? "static" : "static const");
    spell(out, decl->type, &(struct spelling){decl->name, decl->base, NULL});
    struct cdecl_value value = cdecl_value_of(decl);
    put_value(out, &value);
}

static void asm_label(struct out *out, const struct cdecl_decl *decl)
{
    if (strcmp(decl->symbol, decl->name) == 0)
        return;
    put(out, " __asm__(");
    put_string(out, decl->symbol, strlen(decl->symbol));
    put(out, ")");
}

static void macro(struct out *out, const struct cdecl_decl *decl)
{
    put(out, "#define ");
    put(out, decl->name);
    put(out, decl->parameters == NULL ? "" : decl->parameters);
    put(out, decl->text[0] == '\0' ? "" : " ");
    put(out, decl->text);
}

static size_t print_decl(struct out *out, const struct cdecl_decl *decl)
{
    if (decl->kind == CDECL_DECL_MACRO) {
        macro(out, decl);
        return finish(out);
    }
    if (decl->kind == CDECL_DECL_CONSTANT) {
        constant(out, decl);
        return finish(out);
    }
    struct spelling as = {decl->name, decl->base, decl->params};
    if (decl->kind == CDECL_DECL_TYPEDEF) {
        out->declared = decl->name;
        put(out, "typedef");
    } else if (decl->kind == CDECL_DECL_VARIABLE) {
        put(out, decl->thread_local ? "extern _Thread_local" : "extern");
    }
    spell(out, decl->type, &as);
    if (decl->kind != CDECL_DECL_TYPEDEF)
        asm_label(out, decl);
    return finish(out);
}

size_t cdecl_print_member(const struct cdecl_tag *tag, const struct cdecl_member *m, char *buffer,
                          size_t size)
{
    struct out out = {.buffer = buffer, .size = size};
    spell(&out, m->type, &(struct spelling){m->name, cdecl_member_typedef(tag, m), NULL});
    return finish(&out);
}

size_t cdecl_print_decl(const struct cdecl_decl *decl, char *buffer, size_t size)
{
    struct out out = {.buffer = buffer, .size = size};
    return print_decl(&out, decl);
}

size_t cdecl__print_resolved(const struct cdecl_decl *decl, char *buffer, size_t size)
{
    struct out out = {.buffer = buffer, .size = size, .resolved = true};
    return print_decl(&out, decl);
}
