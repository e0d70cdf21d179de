/* struct, union and enum specifiers, and the bodies of struct and union (enum.c has that of enum).
 * Members are collected in scratch memory and copied once their number is known; layout.c places
 * them, tag.c publishes. Depends on declarator.c and expr.c as well. */
#include <string.h>
#include "internal.h"

/* A member as it is collected. */
struct member_node {
    struct cdecl_member member;
    const char *base; /* the typedef its declaration began with, NULL when none */
    struct member_node *next;
    struct place at;
};

/* ---- members ---- */

static bool is_anonymous(const struct cdecl_member *m)
{
    return m->name == NULL && (m->type->kind == CDECL_STRUCT || m->type->kind == CDECL_UNION);
}

static size_t count_names(const struct cdecl_member *m)
{
    size_t count = m->name != NULL;
    if (is_anonymous(m))
        for (uint32_t i = 0; i < m->type->tag->nmembers; i++)
            count += count_names(&m->type->tag->members[i]);
    return count;
}

COLD _Noreturn static void fail_duplicate(struct parser *p, const struct cdecl_member *m,
                                          const struct place *at)
{
    cdecl__fail_at(p, at, "duplicate member '%s'", m->name);
}

static void add_names(struct parser *p, struct name_set *set, const struct cdecl_member *m,
                      const struct place *at)
{
    if (m->name != NULL && !cdecl__add_name(set, m->name))
        fail_duplicate(p, m, at);
    if (is_anonymous(m))
        for (uint32_t i = 0; i < m->type->tag->nmembers; i++)
            add_names(p, set, &m->type->tag->members[i], at);
}

/* Few members, each with a name: they are compared with each other. */
static bool is_small(const struct body *body)
{
    if (body->nmembers > 8)
        return false;
    for (const struct member_node *node = body->first; node != NULL; node = node->next)
        if (node->member.name == NULL)
            return false;
    return true;
}

static void check_small(struct parser *p, const struct body *body)
{
    for (const struct member_node *node = body->first; node != NULL; node = node->next)
        for (const struct member_node *m = body->first; m != node; m = m->next)
            if (m->member.name == node->member.name)
                fail_duplicate(p, &node->member, &node->at);
}

static void check_duplicates(struct parser *p, const struct body *body)
{
    if (is_small(body)) {
        check_small(p, body);
        return;
    }
    size_t names = 0;
    for (const struct member_node *node = body->first; node != NULL; node = node->next)
        names += count_names(&node->member);
    struct name_set set = cdecl__name_set(p->state, names);
    for (const struct member_node *node = body->first; node != NULL; node = node->next)
        add_names(p, &set, &node->member, &node->at);
}

static struct member_node *add_member(struct parser *p, const struct cdecl_type *type,
                                      const struct name *name, const struct place *at)
{
    struct body *body = p->body;
    struct member_node *node = SCRATCH(p->state, struct member_node);
    node->member = (struct cdecl_member){
        .name = name == NULL ? NULL : name->text, .type = type, .width = CDECL_NOT_BITFIELD};
    node->at = *at;
    node->base = NULL;
    if (body->last == NULL)
        body->first = node;
    else
        body->last->next = node;
    body->last = node;
    body->nmembers++;
    return node;
}

/* ":" constant-expression */
static uint8_t bitfield_width(struct parser *p, const struct cdecl_type *type,
                              const struct name *name)
{
    struct place at = cdecl__here(p);
    const char *shown = name == NULL ? "(unnamed)" : name->text;
    struct cdecl_value value = cdecl__integer(p, "bit-field width");
    if (!cdecl__is_integer(type) || !cdecl_is_complete(type))
        cdecl__fail_at(p, &at, "bit-field '%s' has type '%s'", shown,
                       cdecl__type_text(p->state, type));
    const struct cdecl_type *base = type->kind == CDECL_ENUM ? type->tag->underlying : type;
    if (cdecl__promote(p->state, value.type)->is_signed && (int64_t)value.u < 0)
        cdecl__fail_at(p, &at, "width %lld of bit-field '%s' is negative", (long long)value.u,
                       shown);
    if (value.u > base->bits)
        cdecl__fail_at(p, &at, "width %llu of bit-field '%s' exceeds its type '%s'",
                       (unsigned long long)value.u, shown, cdecl__type_text(p->state, type));
    if (value.u == 0 && name != NULL)
        cdecl__fail_at(p, &at, "bit-field '%s' has width 0", shown);
    return (uint8_t)value.u;
}

void cdecl__body_constant(struct parser *p, const struct cdecl_decl *decl)
{
    struct body *body = p->body;
    struct constant_node *node = SCRATCH(p->state, struct constant_node);
    node->decl = decl;
    if (body->last_constant == NULL)
        body->constants = node;
    else
        body->last_constant->next = node;
    body->last_constant = node;
    body->nconstants++;
}

/* static const T name = constant; inside a body: a constant of the struct, as in LuaJIT. */
static void member_constant(struct parser *p, const struct declarator *d)
{
    if (d->type->kind == CDECL_FUNCTION)
        cdecl__fail_at(p, &d->at, "a function in a struct is C++: declare it outside");
    if (d->name == NULL || !cdecl__accept(p, TOK_ASSIGN))
        cdecl__expected(p, "'=' after a static constant");
    struct cdecl_value value = cdecl__initialiser(p);
    if (value.kind == CDECL_VALUE_NONE)
        cdecl__fail_at(p, &d->at, "'%s' has no constant value", d->name->text);
    if (value.kind != CDECL_VALUE_STRING)
        cdecl__convert(p, &value, cdecl__plain(d->type));
    struct cdecl_decl *decl = NEW(p->state, struct cdecl_decl);
    *decl = cdecl__new_decl(p, CDECL_DECL_CONSTANT, &d->at, d->type);
    cdecl__set_value(p->state, decl, &value);
    cdecl__body_constant(p, decl);
}

/* Attributes that are united with those read before, not added to them. */
OUT_OF_LINE static void later_attributes(struct parser *p, struct attrs *attrs)
{
    struct attrs later = {0};
    cdecl__attributes(p, &later);
    cdecl__attributes_unite(p->state, attrs, &later);
}

/* member = declarator [ ":" width ] attributes */
static void member(struct parser *p, const struct specs *specs)
{
    struct declarator d;
    struct place at = cdecl__here(p);
    if (p->tok.kind == TOK_COLON)
        d = (struct declarator){.type = specs->type, .at = at, .attrs = specs->attrs};
    else
        cdecl__declarator(p, specs, NAME_REQUIRED, &d);
    if (specs->storage == STORAGE_STATIC) {
        member_constant(p, &d);
        return;
    }
    struct member_node *node = add_member(p, d.type, d.name, &d.at);
    node->base = specs->base;
    if (cdecl__accept(p, TOK_COLON)) {
        node->member.width = bitfield_width(p, d.type, d.name);
        if (RARELY(cdecl__at_attribute(p)))
            later_attributes(p, &d.attrs);
    }
    node->member.alignment = d.attrs.alignment;
    node->member.packed = d.attrs.packed;
}

/* attributes member: they are this member's alone. */
OUT_OF_LINE static void attributed_member(struct parser *p, struct specs specs)
{
    later_attributes(p, &specs.attrs);
    member(p, &specs);
}

/* A declaration without declarators: an anonymous member, or (MS, Plan 9) a tagged one. */
static void anonymous_member(struct parser *p, const struct specs *specs, const struct place *at)
{
    const struct cdecl_type *type = specs->type;
    bool is_enum = type->kind == CDECL_ENUM;
    if (type->kind != CDECL_STRUCT && type->kind != CDECL_UNION) {
        if (p->source->flags & CDECL_SINGLE_TYPE && !is_enum) /* no header is to be bent to */
            cdecl__fail_at(p, at, "'%s' without a name is no member",
                           cdecl__type_text(p->state, type));
        return; /* "enum { A };", or nothing at all */
    }
    if (!type->tag->complete)
        return; /* only declares the tag */
    struct member_node *node = add_member(p, type, NULL, at);
    node->member.alignment = specs->attrs.alignment;
    node->member.packed = specs->attrs.packed;
}

/* member-declaration = specifiers [ member { "," member } ] ";" [6.7.2.1] */
static void member_declaration(struct parser *p)
{
    struct specs specs;
    struct place at = cdecl__here(p);
    if (cdecl__accept(p, TOK_SEMICOLON))
        return;
    if (cdecl__accept_static_assert(p)) {
        cdecl__static_assert(p);
        return;
    }
    cdecl__specifiers(p, &specs);
    if (specs.storage != STORAGE_NONE && specs.storage != STORAGE_STATIC)
        cdecl__fail_at(p, &at, "a member cannot have this storage class");
    if (p->tok.kind == TOK_SEMICOLON || p->tok.kind == TOK_RBRACE) {
        anonymous_member(p, &specs, &at);
    } else {
        do {
            if (RARELY(cdecl__at_attribute(p)))
                attributed_member(p, specs);
            else
                member(p, &specs);
        } while (cdecl__accept(p, TOK_COMMA));
    }
    if (p->tok.kind == TOK_ASSIGN)
        cdecl__fail_token(p, &p->tok,
                          "a member's default is C++: leave out '=' and what follows it");
    if (p->tok.kind != TOK_RBRACE)
        cdecl__expect(p, TOK_SEMICOLON, "after a member");
}

/* ---- struct and union bodies ---- */

static const struct cdecl_decl *const *
copy_constants(struct cdecl_state *state, const struct constant_node *node, uint32_t count)
{
    if (count == 0)
        return NULL;
    const struct cdecl_decl **constants = NEW_ARRAY(state, const struct cdecl_decl *, count);
    for (uint32_t i = 0; node != NULL; node = node->next)
        constants[i++] = node->decl;
    return constants;
}

static uint16_t body_depth(const struct body *body)
{
    uint16_t depth = 0;
    for (const struct member_node *node = body->first; node != NULL; node = node->next)
        if (node->member.type->depth > depth)
            depth = node->member.type->depth;
    return (uint16_t)(depth + 1);
}

void cdecl__tag_attributes(struct cdecl_tag *tag, const struct attrs *attrs)
{
    tag->packed = attrs->packed;
    tag->transparent = attrs->transparent;
    tag->alignment = attrs->alignment;
    tag->refusal = (uint8_t)attrs->refusal;
}

static void check_member(struct parser *p, const struct member_node *node, enum cdecl_kind kind)
{
    const struct cdecl_type *type = node->member.type;
    const char *name = node->member.name == NULL ? "(unnamed)" : node->member.name;
    bool open = type->kind == CDECL_ARRAY && type->count >= CDECL_COUNT_VLA;
    if (type->kind == CDECL_FUNCTION)
        cdecl__fail_at(p, &node->at,
                       "member '%s' is a function, which is C++: a pointer to one is '(*%s)'", name,
                       name);
    if (!cdecl_is_complete(type) && !open && !cdecl__complete_known(p->state, type->unqual))
        cdecl__fail_at(p, &node->at, "member '%s' has incomplete type '%s'", name,
                       cdecl__type_text(p->state, type));
    if (open && node->next != NULL && kind == CDECL_STRUCT)
        cdecl__fail_at(p, &node->at, "flexible member '%s' is not the last", name);
}

/* Whether an assignment of the whole would write to what is const [6.3.2.1p1]. */
static bool is_fixed(const struct cdecl_type *type)
{
    while (type->kind == CDECL_ARRAY && !(type->quals & CDECL_CONST))
        type = type->target;
    return (type->quals & CDECL_CONST) != 0 || (type->tag != NULL && type->tag->fixed);
}

/* Why the layout of a struct or union inside another is not known. */
static uint8_t member_refusal(const struct cdecl_member *m)
{
    const struct cdecl_type *type = m->type;
    while (type->kind == CDECL_ARRAY)
        type = type->target;
    return type->tag == NULL ? type->refusal : type->tag->refusal;
}

/* Whether a typedef says more of the member than its type, which goes by its name anyway. */
static bool is_told(const struct member_node *node)
{
    const struct cdecl_tag *tag = node->member.type->tag;
    return node->base != NULL && (tag == NULL || tag->typedef_name != node->base);
}

static bool any_told(const struct body *body)
{
    for (const struct member_node *node = body->first; node != NULL; node = node->next)
        if (is_told(node))
            return true;
    return false;
}

/* Room for so many members, and before it, when `named`, for their typedefs, the first one's last
 * (cdecl_member_typedef). */
static struct cdecl_member *new_members(struct cdecl_state *state, uint32_t count, bool named)
{
    const uint32_t each = sizeof(struct cdecl_member) / sizeof(const char *);
    uint32_t before = named ? count / each + (count % each != 0) : 0;
    return NEW_ARRAY(state, struct cdecl_member, (size_t)before + count) + before;
}

static struct cdecl_tag *finish_body(struct parser *p, struct cdecl_tag *tag,
                                     const struct body *body, const struct attrs *attrs,
                                     uint32_t pack, const struct place *at)
{
    struct cdecl_member *members = NULL;
    struct cdecl_tag fresh = *tag;
    if (!(p->source->flags & CDECL_KEEP_FIRST))
        check_duplicates(p, body);
    fresh.named = any_told(body);
    if (body->nmembers > 0)
        members = new_members(p->state, body->nmembers, fresh.named);
    uint32_t i = 0;
    for (const struct member_node *node = body->first; node != NULL; node = node->next, i++) {
        check_member(p, node, (enum cdecl_kind)tag->kind);
        members[i] = node->member;
        if (fresh.named)
            ((const char **)(void *)members)[-1 - (ptrdiff_t)i] = is_told(node) ? node->base : NULL;
    }
    cdecl__tag_attributes(&fresh, attrs);
    for (i = 0; i < body->nmembers && fresh.refusal == CDECL_USABLE; i++)
        fresh.refusal = member_refusal(&members[i]);
    fresh.flexible = fresh.vla = false;
    fresh.fixed = false;
    for (i = 0; i < body->nmembers; i++)
        fresh.fixed |= is_fixed(members[i].type);
    fresh.pack = pack;
    fresh.members = members;
    fresh.nmembers = body->nmembers;
    fresh.constants = copy_constants(p->state, body->constants, body->nconstants);
    fresh.nconstants = body->nconstants;
    p->culprit = at;
    cdecl__layout(p->state, &fresh, members, body->nmembers);
    p->culprit = NULL;
    return cdecl__finish_tag(p, tag, &fresh, at, body_depth(body));
}

/* body = "{" { member-declaration } "}" attributes */
static struct cdecl_tag *struct_body(struct parser *p, struct cdecl_tag *tag, struct attrs *attrs,
                                     const struct place *at)
{
    struct body body = {0}, *outer = p->body;
    struct place open = cdecl__here(p);
    cdecl__advance(p);
    p->body = &body;
    while (p->tok.kind != TOK_RBRACE) {
        if (p->tok.kind == TOK_EOF)
            cdecl__fail_at(p, &open, "'{' is never closed");
        member_declaration(p);
    }
    p->body = outer;
    uint32_t pack = p->pack; /* before the next token, which may come after a #pragma pack(pop) */
    cdecl__advance(p);
    cdecl__attributes(p, attrs);
    return finish_body(p, tag, &body, attrs, pack, at);
}

/* ---- the specifier ---- */

COLD _Noreturn static void fail_undeclared(struct parser *p, enum cdecl_kind kind,
                                           const struct place *at)
{
    struct hint hint = cdecl__hint(p->state, CDECL_SPACE_TAGS, at->name->text, at->name->size);
    cdecl__fail_at(p, at, "undeclared tag '%s %s'%s", cdecl__tag_keyword(kind), at->name->text,
                   hint.text);
}

static struct cdecl_tag *find_tag(struct parser *p, enum cdecl_kind kind, const struct place *at)
{
    struct cdecl_tag *tag = at->name->extra == NULL ? NULL : at->name->extra->tag;
    bool single = (p->source->flags & CDECL_SINGLE_TYPE) != 0;
    if (tag == NULL) {
        bool known = kind == CDECL_STRUCT && cdecl__is_known_tag(at->name);
        if (single && !known)
            fail_undeclared(p, kind, at);
        tag = cdecl__new_tag(p->state, kind, at->name);
        tag->predeclared = known;
        return tag;
    }
    if (tag->kind != kind)
        cdecl__fail_at(p, at, "'%s %s' was declared as '%s %s'%s", cdecl__tag_keyword(kind),
                       tag->name, cdecl__tag_keyword((enum cdecl_kind)tag->kind), tag->name,
                       cdecl__tag_origin(p, at, tag).text);
    return tag;
}

static const struct cdecl_type *with_body(struct parser *p, enum cdecl_kind kind,
                                          const struct place *at, struct attrs *attrs,
                                          const struct cdecl_type *fixed)
{
    bool named = at->name != NULL;
    if (p->source->flags & CDECL_NO_BODIES) {
        p->state->body = true;
        cdecl__fail(p->state, "a body makes a new type, which this text may not");
    }
    bool completes = (p->source->flags & CDECL_KEEP_FIRST) != 0; /* LuaJIT's type names may */
    if (named && p->source->flags & CDECL_SINGLE_TYPE && !completes)
        cdecl__fail_at(p, at, "'%s %s' cannot be declared in a type name", cdecl__tag_keyword(kind),
                       at->name->text);
    struct cdecl_tag *tag = named ? find_tag(p, kind, at) : cdecl__new_tag(p->state, kind, NULL);
    if (kind == CDECL_ENUM)
        tag = cdecl__enum_body(p, tag, attrs, fixed, at);
    else
        tag = struct_body(p, tag, attrs, at);
    return tag->type;
}

/* tag-specifier = ( "struct" | "union" | "enum" ) attributes [ name ] [ ":" type ] [ body ] */
const struct cdecl_type *cdecl__tag_specifier(struct parser *p)
{
    enum cdecl_kind kind = p->tok.kind == TOK_STRUCT  ? CDECL_STRUCT
                           : p->tok.kind == TOK_UNION ? CDECL_UNION
                                                      : CDECL_ENUM;
    struct attrs attrs = {0};
    struct place at = cdecl__here(p);
    const struct cdecl_type *fixed = NULL, *type;
    cdecl__enter(p);
    cdecl__advance(p);
    while (cdecl__at_attribute(p) || p->tok.kind == TOK_ALIGNAS) {
        if (p->tok.kind == TOK_ALIGNAS)
            cdecl__alignas(p, &attrs);
        else
            cdecl__attributes(p, &attrs);
    }
    at.name = NULL;
    if (p->tok.kind == TOK_IDENT) {
        at = cdecl__here(p);
        cdecl__advance(p);
    }
    if (kind == CDECL_ENUM)
        fixed = cdecl__enum_type(p);
    if (p->tok.kind == TOK_LBRACE) {
        type = with_body(p, kind, &at, &attrs, fixed);
    } else {
        if (at.name == NULL)
            cdecl__expected(p, kind == CDECL_ENUM     ? "a name or '{' after 'enum'"
                               : kind == CDECL_STRUCT ? "a name or '{' after 'struct'"
                                                      : "a name or '{' after 'union'");
        struct cdecl_tag *tag = find_tag(p, kind, &at);
        cdecl__complete_enum(p->state, tag, fixed);
        type = tag->type;
    }
    cdecl__leave(p);
    return type;
}
