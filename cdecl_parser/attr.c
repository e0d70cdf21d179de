/* Attributes: __attribute__((...)), [[...]], __declspec(...), _Alignas and asm labels. Known ones
 * are listed in attrs.def; the others are skipped with their arguments. What is kept is in the
 * state's arena. Depends on expr.c for arguments and type.c for the types that change. */
#include <stdlib.h>
#include <string.h>
#include "internal.h"
#include "target.h"

#if defined(__i386__)
#define REFUSED_CONVENTION(word) CDECL_REFUSED_##word
#else
#define REFUSED_CONVENTION(word) CDECL_USABLE
#endif

static const struct {
    const char *name;
    enum cdecl_refusal refusal;
    bool keep;
    enum cdecl_attr_id id; /* of what is kept */
} known[ATTR_COUNT] = {
#define KEEP(code, word) [ATTR_KEEP_##word] = {#word, CDECL_USABLE, true, CDECL_ATTR_##code},
#define CONVENTION(word) \
    [ATTR_CONVENTION_##word] = {#word, REFUSED_CONVENTION(word), true, CDECL_ATTR_CALLCONV},
#define ACT(word) [ATTR_##word] = {.name = #word},
#define REFUSE(word) [ATTR_REFUSE_##word] = {.name = #word, .refusal = CDECL_REFUSED_##word},
#include "attrs.def"
};

/* Called once per state: marks the names of known attributes, plain and with underscores. */
void cdecl__intern_attributes(struct cdecl_state *state)
{
    for (unsigned i = 1; i < ATTR_COUNT; i++) {
        char word[64] = "__";
        size_t size = strlen(known[i].name);
        memcpy(word + 2, known[i].name, size);
        memcpy(word + 2 + size, "__", 2);
        cdecl__intern(state, word, size + 4)->attribute = (uint8_t)i;
        cdecl__intern(state, word + 2, size)->attribute = (uint8_t)i;
    }
}

/* ---- keeping ---- */

static struct cdecl_attr *keep(struct cdecl_state *state, struct attrs *attrs,
                               enum cdecl_attr_id id, const char *name)
{
    if (++attrs->nkept > CDECL_MAX_ATTRIBUTES)
        cdecl__fail(state, "more than %d attributes", CDECL_MAX_ATTRIBUTES);
    struct cdecl_attr *attr = NEW(state, struct cdecl_attr);
    *attr = (struct cdecl_attr){.next = attrs->kept, .id = id, .name = name};
    attrs->kept = attr;
    return attr;
}

void cdecl__attributes_add(struct cdecl_state *state, struct attrs *attrs, enum cdecl_attr_id id,
                           const char *name)
{
    keep(state, attrs, id, name);
}

/* A word without the underscores around it, interned. */
static const char *bare_word(struct cdecl_state *state, const struct name *name)
{
    size_t size = name->size;
    if (size > 4 && memcmp(name->text, "__", 2) == 0 && memcmp(name->text + size - 2, "__", 2) == 0)
        return cdecl__intern(state, name->text + 2, size - 4)->text;
    return name->text;
}

struct int_node {
    struct int_node *next;
    int64_t value;
};

static void keep_ints(struct cdecl_state *state, struct cdecl_attr *attr,
                      const struct int_node *last, uint32_t count)
{
    int64_t *ints = NEW_ARRAY(state, int64_t, count);
    attr->ints = ints;
    attr->nints = count;
    for (uint32_t i = count; i > 0; i--, last = last->next)
        ints[i - 1] = last->value;
}

/* At '(': words and strings go to `text` (the first one), numbers to `ints`. */
static void keep_arguments(struct parser *p, struct cdecl_attr *attr)
{
    struct int_node *last = NULL;
    uint32_t count = 0;
    for (cdecl__advance(p); p->tok.kind != TOK_RPAREN;) {
        if (p->tok.kind == TOK_STRING) {
            attr->text = cdecl__strings(p).s;
        } else if (p->tok.name != NULL && p->tok.kind == TOK_IDENT &&
                   attr->id != CDECL_ATTR_NONNULL) {
            attr->text = bare_word(p->state, p->tok.name);
            cdecl__advance(p);
        } else {
            struct int_node *node = SCRATCH(p->state, struct int_node);
            node->value = (int64_t)cdecl__integer(p, "attribute argument").u;
            node->next = last;
            last = node;
            count++;
        }
        if (!cdecl__accept(p, TOK_COMMA))
            break;
    }
    cdecl__expect(p, TOK_RPAREN, "to close the attribute's arguments");
    if (count > 0)
        keep_ints(p->state, attr, last, count);
}

/* ---- acting ---- */

static uint32_t check_alignment(struct parser *p, const struct place *at, uint64_t align)
{
    if ((align & (align - 1)) != 0 || align > CDECL_MAX_ALIGN)
        cdecl__fail_at(p, at, "alignment %lld is not a power of two up to %lld", (long long)align,
                       (long long)CDECL_MAX_ALIGN);
    return (uint32_t)align;
}

static void raise_alignment(struct attrs *attrs, uint32_t align)
{
    if (align > attrs->alignment)
        attrs->alignment = align;
}

static void aligned(struct parser *p, struct attrs *attrs)
{
    uint32_t align = CDECL_MOST_ALIGNED;
    if (cdecl__accept(p, TOK_LPAREN)) {
        struct place at = cdecl__here(p);
        align = check_alignment(p, &at, cdecl__integer(p, "alignment").u);
        cdecl__expect(p, TOK_RPAREN, "to close 'aligned'");
        if (align == 0)
            cdecl__fail_at(p, &at, "alignment 0 is not a power of two up to %lld",
                           (long long)CDECL_MAX_ALIGN);
    }
    raise_alignment(attrs, align);
}

static void vector_size(struct parser *p, struct attrs *attrs)
{
    cdecl__expect(p, TOK_LPAREN, "after 'vector_size'");
    struct place at = cdecl__here(p);
    uint64_t bytes = cdecl__integer(p, "vector size").u;
    if (bytes == 0 || bytes > CDECL_MAX_ALIGN)
        cdecl__fail_at(p, &at, "vector size %lld is out of range", (long long)bytes);
    attrs->vector_size = (uint32_t)bytes;
    cdecl__expect(p, TOK_RPAREN, "to close 'vector_size'");
}

static void mode(struct parser *p, struct attrs *attrs)
{
    cdecl__expect(p, TOK_LPAREN, "after 'mode'");
    if (p->tok.name == NULL)
        cdecl__expected(p, "the name of a mode");
    const char *word = bare_word(p->state, p->tok.name);
    attrs->mode = cdecl__name_of(word);
    cdecl__advance(p);
    cdecl__expect(p, TOK_RPAREN, "to close 'mode'");
}

/* One attribute, its name already read. */
static void act(struct parser *p, struct attrs *attrs, const struct name *name)
{
    unsigned code = name->attribute;
    if (known[code].refusal != CDECL_USABLE)
        attrs->refusal = known[code].refusal;
    if (known[code].keep) {
        struct cdecl_attr *attr = keep(p->state, attrs, known[code].id, known[code].name);
        if (known[code].id == CDECL_ATTR_CALLCONV)
            attr->text = known[code].name;
        attrs->noreturn |= known[code].id == CDECL_ATTR_NORETURN;
        if (p->tok.kind == TOK_LPAREN)
            keep_arguments(p, attr);
        return;
    }
    if (code == ATTR_packed)
        attrs->packed = true;
    else if (code == ATTR_transparent_union)
        attrs->transparent = true;
    else if (code == ATTR_aligned || code == ATTR_align)
        aligned(p, attrs);
    else if (code == ATTR_vector_size)
        vector_size(p, attrs);
    else if (code == ATTR_mode)
        mode(p, attrs);
    if (p->tok.kind == TOK_LPAREN)
        cdecl__skip_parens(p);
}

/* ---- the three spellings ---- */

static struct name *next_word(struct parser *p, const char *what)
{
    struct name *name = p->tok.name;
    if (name == NULL)
        cdecl__expected(p, what);
    cdecl__advance(p);
    return name;
}

/* attribute = [ word "::" ] word [ "(" ... ")" ]; only "[[" takes the first part. */
static void attribute(struct parser *p, struct attrs *attrs, bool scoped)
{
    const struct name *name = next_word(p, "an attribute");
    if (scoped && p->tok.kind == TOK_SCOPE) {
        bool ours = strcmp(name->text, "cffi") == 0;
        p->lex.no_expand = ours; /* "errno" is a macro where it is included */
        cdecl__advance(p);
        p->lex.no_expand = false;
        if (ours) {
            cdecl__read_note(p, attrs);
            return;
        }
        name = next_word(p, "an attribute after '::'");
    }
    act(p, attrs, name);
}

/* attributes = [ attribute ] { "," [ attribute ] } close; without `apart`, the text that asks for
 * the comma, blanks are enough. */
static void attributes(struct parser *p, struct attrs *attrs, enum token_kind close,
                       const char *apart)
{
    while (p->tok.kind != close) {
        if (cdecl__accept(p, TOK_COMMA))
            continue;
        attribute(p, attrs, close == TOK_RBRACKET);
        if (apart != NULL && p->tok.kind != close)
            cdecl__expect(p, TOK_COMMA, apart);
    }
    cdecl__advance(p);
}

/* gnu-attributes = "__attribute__" "((" attributes "))" */
static void gnu(struct parser *p, struct attrs *attrs)
{
    cdecl__advance(p);
    cdecl__expect(p, TOK_LPAREN, "after '__attribute__'");
    cdecl__expect(p, TOK_LPAREN, "after '__attribute__('");
    attributes(p, attrs, TOK_RPAREN, "or ')' after an attribute");
    cdecl__expect(p, TOK_RPAREN, "to close '__attribute__'");
}

/* std-attributes = "[[" attributes "]]" [C23 6.7.12] */
static void standard(struct parser *p, struct attrs *attrs)
{
    cdecl__advance(p);
    attributes(p, attrs, TOK_RBRACKET, "or ']]' after an attribute");
    cdecl__expect(p, TOK_RBRACKET, "to close '[['");
}

/* declspec = "__declspec" "(" attributes ")", blanks for commas */
static void declspec(struct parser *p, struct attrs *attrs)
{
    cdecl__advance(p);
    cdecl__expect(p, TOK_LPAREN, "after '__declspec'");
    attributes(p, attrs, TOK_RPAREN, NULL);
}

/* "__stdcall" and its like: what the attribute of this name does. */
static void calling_convention(struct parser *p, struct attrs *attrs)
{
    const struct name *spelt = p->tok.name;
    const struct name *name = cdecl__intern(p->state, spelt->text + 2, spelt->size - 2u);
    keep(p->state, attrs, CDECL_ATTR_CALLCONV, name->text)->text = name->text;
    if (known[name->attribute].refusal != CDECL_USABLE)
        attrs->refusal = known[name->attribute].refusal;
    cdecl__advance(p);
}

/* "_Nonnull" and its like, and Microsoft's sizes of pointers, of which one is this machine's. */
static void pointer_word(struct parser *p)
{
    const char *other = sizeof(void *) == 8 ? "__ptr32" : "__ptr64";
    if (strcmp(p->tok.name->text, other) == 0)
        cdecl__fail_token(p, &p->tok, "'%s' is not supported: pointers have %d bytes", other,
                          (int)sizeof(void *));
    cdecl__advance(p);
}

void cdecl__read_attributes(struct parser *p, struct attrs *attrs)
{
    while (cdecl__at_attribute(p)) {
        cdecl__enter(p);
        attrs->any = true;
        if (p->tok.kind == TOK_ATTRIBUTE)
            gnu(p, attrs);
        else if (p->tok.kind == TOK_LATTR)
            standard(p, attrs);
        else if (p->tok.kind == TOK_DECLSPEC)
            declspec(p, attrs);
        else if (p->tok.kind == TOK_CALLCONV)
            calling_convention(p, attrs);
        else
            pointer_word(p);
        cdecl__leave(p);
    }
}

/* "_Alignas" "(" ( type-name | constant-expression ) ")" [6.7.5] */
void cdecl__alignas(struct parser *p, struct attrs *attrs)
{
    cdecl__advance(p);
    cdecl__expect(p, TOK_LPAREN, "after '_Alignas'");
    struct place at = cdecl__here(p);
    uint64_t align = cdecl__starts_type(p) ? cdecl_alignof(cdecl__type_name(p))
                                           : cdecl__integer(p, "alignment").u;
    raise_alignment(attrs, check_alignment(p, &at, align));
    attrs->any = true;
    cdecl__expect(p, TOK_RPAREN, "to close '_Alignas'");
}

/* "asm" "(" string { string } ")" */
void cdecl__asm_label(struct parser *p, struct attrs *attrs)
{
    cdecl__advance(p);
    cdecl__expect(p, TOK_LPAREN, "after 'asm'");
    if (p->tok.kind != TOK_STRING)
        cdecl__expected(p, "a string");
    struct cdecl_value label = cdecl__strings(p);
    attrs->any = true;
    attrs->symbol = cdecl__intern(p->state, label.s, label.size)->text;
    cdecl__expect(p, TOK_RPAREN, "to close 'asm'");
}

/* ---- what they do to declarations ---- */

void cdecl__attributes_merge(struct cdecl_state *state, struct attrs *to, const struct attrs *from)
{
    to->any = true;
    to->packed |= from->packed;
    to->transparent |= from->transparent;
    to->noreturn |= from->noreturn;
    raise_alignment(to, from->alignment);
    if (from->vector_size != 0)
        to->vector_size = from->vector_size;
    if (from->mode != NULL)
        to->mode = from->mode;
    if (from->refusal != CDECL_USABLE)
        to->refusal = from->refusal;
    if (from->notes != NULL)
        cdecl__add_notes(state, to, from);
    if (to->kept == NULL) { /* lists are shared, never changed */
        to->kept = from->kept;
        to->nkept = from->nkept;
        return;
    }
    for (const struct cdecl_attr *attr = from->kept; attr != NULL; attr = attr->next) {
        struct cdecl_attr *copy = keep(state, to, attr->id, attr->name);
        const struct cdecl_attr *next = copy->next;
        *copy = *attr;
        copy->next = next;
    }
}

static const struct cdecl_type *mode_type(struct parser *p, const char *word, bool is_signed)
{
    static const struct {
        const char *word;
        size_t size;
        enum cdecl_prim prim; /* floating modes; CDECL_PRIM_VOID: an integer of `size` bytes */
    } modes[] = {{"QI", 1, CDECL_PRIM_VOID},
                 {"byte", 1, CDECL_PRIM_VOID},
                 {"HI", 2, CDECL_PRIM_VOID},
                 {"SI", 4, CDECL_PRIM_VOID},
                 {"DI", 8, CDECL_PRIM_VOID},
                 {"TI", 16, CDECL_PRIM_VOID},
                 {"word", sizeof(cdecl__word), CDECL_PRIM_VOID},
                 {"unwind_word", sizeof(cdecl__unwind_word), CDECL_PRIM_VOID},
                 {"pointer", sizeof(void *), CDECL_PRIM_VOID},
                 {"HF", 2, CDECL_PRIM_FLOAT16},
                 {"SF", 4, CDECL_PRIM_FLOAT},
                 {"DF", 8, CDECL_PRIM_DOUBLE},
                 {"XF", 16, CDECL_PRIM_LDOUBLE},
                 {"TF", 16, CDECL_QUAD_PRIM},
                 {"SC", 8, CDECL_PRIM_CFLOAT},
                 {"DC", 16, CDECL_PRIM_CDOUBLE},
                 {"XC", 32, CDECL_PRIM_CLDOUBLE},
                 {"TC", 32, CDECL_QUAD_COMPLEX_PRIM}};
    static const enum cdecl_prim ints[] = {CDECL_PRIM_SCHAR, CDECL_PRIM_SHORT, CDECL_PRIM_INT,
                                           CDECL_PRIM_LONG,  CDECL_PRIM_LLONG, CDECL_PRIM_INT128};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(word, modes[i].word) != 0)
            continue;
        if (modes[i].prim != CDECL_PRIM_VOID)
            return p->state->basic[modes[i].prim];
        for (size_t k = 0; k < sizeof ints / sizeof *ints; k++)
            if (p->state->basic[ints[k]]->size == modes[i].size)
                return p->state->basic[ints[k] + (is_signed ? 0 : 1)];
    }
    return NULL;
}

static const struct cdecl_type *apply_mode(struct parser *p, const struct cdecl_type *type,
                                           const struct name *word)
{
    const char *text = word->text;
    unsigned quals = type->quals;
    uint64_t count = 0;
    bool pointer = type->kind == CDECL_POINTER;
    if (!pointer && !cdecl__is_arithmetic(type) && type->kind != CDECL_COMPLEX)
        cdecl__fail(p->state, "mode(%s) on '%s'", text, cdecl__type_text(p->state, type));
    if (text[0] == 'V' && text[1] >= '0' && text[1] <= '9') {
        char *end;
        count = strtoul(text + 1, &end, 10);
        text = end;
    }
    bool is_signed =
        type->kind == CDECL_ENUM ? cdecl__promote(p->state, type)->is_signed : type->is_signed;
    const struct cdecl_type *result = mode_type(p, text, is_signed);
    if (result == NULL || count > CDECL_MAX_ALIGN)
        cdecl__fail(p->state, "mode '%s' is not known", word->text);
    if (pointer && (count > 0 || result->size != type->size))
        cdecl__fail(p->state, "mode(%s) on '%s'", word->text, cdecl__type_text(p->state, type));
    if (pointer)
        return type;
    if (count > 0)
        result = cdecl__vector(p->state, result, count * result->size);
    return cdecl__qualify(p->state, result, quals);
}

/* vector_size changes the type that the declarator started from. */
static const struct cdecl_type *rebuild(struct parser *p, const struct cdecl_type *type,
                                        const struct attrs *attrs)
{
    struct cdecl_state *s = p->state;
    unsigned quals = type->quals;
    cdecl__enter(p);
    if (type->kind == CDECL_POINTER)
        type = cdecl__pointer(s, rebuild(p, type->target, attrs));
    else if (type->kind == CDECL_ARRAY)
        type = cdecl__array(s, rebuild(p, type->target, attrs), type->count);
    else if (type->kind == CDECL_FUNCTION)
        type = cdecl__function(s, rebuild(p, type->target, attrs), type->params, type->nparams,
                               type->variadic, type->no_proto, type->refusal);
    else
        type = cdecl__vector(s, cdecl__plain(type), attrs->vector_size);
    cdecl__leave(p);
    return cdecl__qualify(s, type, quals);
}

/* Marks the function type declared or pointed to as impossible to call. */
static const struct cdecl_type *refuse_calls(struct cdecl_state *s, const struct cdecl_type *type,
                                             enum cdecl_refusal refusal)
{
    if (type->kind == CDECL_FUNCTION)
        return cdecl__function(s, type->target, type->params, type->nparams, type->variadic,
                               type->no_proto, refusal);
    if (type->kind == CDECL_POINTER && type->target->kind == CDECL_FUNCTION)
        return cdecl__qualify(s, cdecl__pointer(s, refuse_calls(s, type->target, refusal)),
                              type->quals);
    return type;
}

const struct cdecl_type *cdecl__attributes_change(struct parser *p, const struct cdecl_type *type,
                                                  const struct attrs *attrs)
{
    if (attrs->mode != NULL)
        type = apply_mode(p, type, attrs->mode);
    if (attrs->vector_size != 0)
        type = rebuild(p, type, attrs);
    if (attrs->refusal != CDECL_USABLE)
        type = refuse_calls(p->state, type, attrs->refusal);
    return type;
}
