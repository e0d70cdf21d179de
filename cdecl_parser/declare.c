/* What a declared name comes to mean: a new declaration, the composite of two, or a conflict.
 * Depends on compat.c and scope.c, and on print.c for messages. Declarations belong to the state's
 * arena. */
#include <string.h>
#include "internal.h"

struct cdecl_decl cdecl__new_decl(const struct parser *p, enum cdecl_decl_kind kind,
                                  const struct place *at, const struct cdecl_type *type)
{
    return (struct cdecl_decl){.kind = (uint8_t)kind,
                               .line = at->line == 0 ? 1 : at->line, /* 0 marks what is known
                                                                      * without a header */
                               .file = p->lex.file,
                               .name = at->name->text,
                               .type = type};
}

struct decl_text {
    char text[200];
};

static struct decl_text decl_text(const struct cdecl_decl *decl)
{
    struct decl_text result;
    size_t needed = cdecl__print_resolved(decl, result.text, sizeof result.text);
    if (needed >= sizeof result.text)
        memcpy(result.text + sizeof result.text - 4, "...", 4);
    return result;
}

COLD _Noreturn static void fail_conflict(struct parser *p, const struct place *at,
                                         const struct cdecl_decl *old,
                                         const struct cdecl_decl *decl)
{
    cdecl__fail_at(p, at, "'%s' redeclared as '%s', was '%s'%s", decl->name, decl_text(decl).text,
                   decl_text(old).text, cdecl__origin(p, at, old).text);
}

static const struct cdecl_decl *publish(struct parser *p, const struct place *at,
                                        const struct cdecl_decl *decl)
{
    struct cdecl_decl *copy = NEW(p->state, struct cdecl_decl);
    *copy = *decl;
    cdecl__bind(p->state, at->name, copy);
    return copy;
}

static bool has_attr(const struct cdecl_attr *list, const struct cdecl_attr *attr)
{
    for (; list != NULL; list = list->next) {
        bool same_text = list->text == attr->text || (list->text != NULL && attr->text != NULL &&
                                                      strcmp(list->text, attr->text) == 0);
        if (list->id == attr->id && list->name == attr->name && same_text &&
            list->nints == attr->nints &&
            (attr->nints == 0 ||
             memcmp(list->ints, attr->ints, attr->nints * sizeof *attr->ints) == 0))
            return true;
    }
    return false;
}

/* The attributes of two declarations of one name, without repetitions. */
static const struct cdecl_attr *unite(struct cdecl_state *state, const struct cdecl_attr *old,
                                      const struct cdecl_attr *fresh)
{
    unsigned count = 0;
    for (const struct cdecl_attr *attr = old; attr != NULL && fresh != NULL; attr = attr->next)
        count++;
    for (; fresh != NULL; fresh = fresh->next) {
        if (has_attr(old, fresh))
            continue;
        if (++count > CDECL_MAX_ATTRIBUTES)
            cdecl__fail(state, "more than %d attributes", CDECL_MAX_ATTRIBUTES);
        struct cdecl_attr *copy = NEW(state, struct cdecl_attr);
        *copy = *fresh;
        copy->next = old;
        old = copy;
    }
    return old;
}

/* clang's overloadable functions: none of them can be used. */
static bool are_overloads(const struct cdecl_decl *a, const struct cdecl_decl *b)
{
    return a->refusal == CDECL_REFUSED_overloadable && b->refusal == CDECL_REFUSED_overloadable;
}

/* Whether it says more of the parameters than their types. */
static bool is_told(const struct cdecl_decl *decl)
{
    const struct cdecl_type *function = cdecl__function_of(decl->type);
    for (uint32_t i = 0; decl->params != NULL && i < function->nparams; i++)
        if (decl->params[i].name != NULL || cdecl_param_attrs(&decl->params[i]) != NULL)
            return true;
    return false;
}

/* A compatible re-declaration: composite type, united attributes (docs/design.md, S9). */
static const struct cdecl_decl *merge(struct parser *p, const struct place *at,
                                      const struct cdecl_decl *old, const struct cdecl_decl *decl)
{
    struct cdecl_decl merged = *old;
    merged.type = cdecl__composite(p->state, old->type, decl->type);
    if (merged.type == NULL && are_overloads(old, decl))
        return old;
    if (merged.type == NULL)
        fail_conflict(p, at, old, decl);
    if (decl->type->annotated)
        merged.type = cdecl__unite_annotations(p, at, merged.type, old->type, decl->type);
    merged.attrs = unite(p->state, old->attrs, decl->attrs);
    if (merged.symbol == old->name)
        merged.symbol = decl->symbol;
    if (!is_told(old) || merged.type->nparams != old->type->nparams) {
        merged.base = decl->base;
        merged.params = decl->params;
    }
    if (merged.params != old->params && !is_told(&merged) && merged.type == old->type)
        merged.params = old->params; /* nothing but typedefs: not worth a new one */
    if (merged.refusal == CDECL_USABLE)
        merged.refusal = decl->refusal;
    if (merged.type == old->type && merged.attrs == old->attrs && merged.symbol == old->symbol &&
        merged.params == old->params && merged.refusal == old->refusal)
        return old;
    return publish(p, at, &merged);
}

/* Appends to the list of a text whose declarations have a meaning to its end only. */
static const struct cdecl_decl *list_unbound(struct parser *p, struct name *name,
                                             const struct cdecl_decl *decl)
{
    struct cdecl_decl *copy = NEW(p->state, struct cdecl_decl);
    *copy = *decl;
    copy->next = NULL;
    if (p->unbound == NULL)
        p->unbound = copy;
    else
        p->last_unbound->next = copy;
    p->last_unbound = copy;
    cdecl__mean_for_now(p, &name->decl, copy, NULL);
    return copy;
}

static bool is_among(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

/* Typedefs that mean the same wherever libraries are compiled for this machine. LuaJIT knows them,
 * and keeps them whatever a text makes of them. */
static bool is_fixed(const char *name)
{
    static const char *const names[] = {
        "va_list", "__builtin_va_list", "__gnuc_va_list", "ptrdiff_t", "size_t",   "ssize_t",
        "wchar_t", "intptr_t",          "uintptr_t",      "int8_t",    "int16_t",  "int32_t",
        "int64_t", "uint8_t",           "uint16_t",       "uint32_t",  "uint64_t", NULL};
    return is_among(name, names);
}

/* One of them as an integer of another size or sign; `long long int64_t` may be. */
static bool contradicts(const struct cdecl_decl *old, const struct cdecl_decl *decl)
{
    const struct cdecl_type *a = old->type, *b = decl->type;
    if (old->kind != CDECL_DECL_TYPEDEF || decl->kind != old->kind || a->kind != CDECL_INT ||
        !is_fixed(old->name))
        return false;
    return b->kind != CDECL_INT || a->bits != b->bits || a->is_signed != b->is_signed;
}

const struct cdecl_decl *cdecl__declare(struct parser *p, const struct place *at,
                                        const struct cdecl_decl *decl)
{
    const struct cdecl_decl *old = at->name->decl;
    if (p->source->flags & CDECL_UNBOUND)
        return list_unbound(p, at->name, decl);
    if (old == NULL)
        return publish(p, at, decl);
    bool predeclared = old->line == 0;
    if (predeclared && (old->kind != decl->kind || old->type != decl->type)) {
        if (p->source->flags & CDECL_KEEP_FIRST && is_fixed(decl->name))
            return old;
        if (!(p->source->flags & (CDECL_OVERRIDE | CDECL_KEEP_FIRST)) && contradicts(old, decl))
            fail_conflict(p, at, old, decl);
        return publish(p, at, decl);
    }
    if (p->source->flags & CDECL_OVERRIDE && !predeclared)
        return publish(p, at, decl);
    if (p->source->flags & CDECL_KEEP_FIRST && decl->kind != CDECL_DECL_CONSTANT)
        return old;
    if (old->kind != decl->kind)
        fail_conflict(p, at, old, decl);
    if (decl->kind != CDECL_DECL_CONSTANT)
        return merge(p, at, old, decl);
    if (!cdecl__same_value(old, decl))
        fail_conflict(p, at, old, decl);
    return old;
}
