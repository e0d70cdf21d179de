/* Copies a type of another state into this one. Basic and derived types find their equals in the
 * table; a tag finds the compatible one of its name, or gets a copy that is not bound to the name.
 * Depends on type.c, compat.c and scope.c; what is returned belongs to the state named in the call.
 */
#include <string.h>
#include "internal.h"

/* A tag met by this import and the one that stands for it here, maybe still being filled. */
struct copied {
    const struct copied *previous;
    const struct cdecl_tag *from, *to;
};

struct importer {
    struct cdecl_state *state;
    unsigned depth;
    const struct copied *copied;
};

static const struct cdecl_type *import(struct importer *im, const struct cdecl_type *type);

static const char *own_text(struct cdecl_state *state, const char *text)
{
    return text == NULL ? NULL : cdecl__intern(state, text, strlen(text))->text;
}

/* ---- tags ---- */

static const struct cdecl_member *import_members(struct importer *im, const struct cdecl_tag *from)
{
    if (from->nmembers == 0)
        return NULL;
    struct cdecl_member *members = NEW_ARRAY(im->state, struct cdecl_member, from->nmembers);
    for (uint32_t i = 0; i < from->nmembers; i++) {
        members[i] = from->members[i];
        members[i].name = own_text(im->state, from->members[i].name);
        members[i].type = import(im, from->members[i].type);
    }
    return members;
}

static const struct cdecl_decl *import_constant(struct importer *im, const struct cdecl_decl *from)
{
    struct cdecl_decl *decl = NEW(im->state, struct cdecl_decl);
    *decl = *from;
    decl->file = own_text(im->state, from->file);
    decl->name = own_text(im->state, from->name);
    decl->type = import(im, from->type);
    struct cdecl_value value = cdecl_value_of(from);
    value.type = import(im, value.type);
    decl->attrs = NULL;
    decl->user = NULL;
    decl->next = NULL;
    if (value.kind == CDECL_VALUE_STRING)
        value.s = cdecl__copy_text(im->state, value.s, value.size + 3);
    cdecl__set_value(im->state, decl, &value);
    return decl;
}

static const struct cdecl_decl *const *
import_constants(struct importer *im, const struct cdecl_tag *from)
{
    if (from->nconstants == 0)
        return NULL;
    const struct cdecl_decl **constants =
        NEW_ARRAY(im->state, const struct cdecl_decl *, from->nconstants);
    for (uint32_t i = 0; i < from->nconstants; i++)
        constants[i] = import_constant(im, from->constants[i]);
    return constants;
}

static void remember(struct importer *im, const struct cdecl_tag *from, const struct cdecl_tag *to)
{
    struct copied *copied = SCRATCH(im->state, struct copied);
    *copied = (struct copied){im->copied, from, to};
    im->copied = copied;
}

static struct cdecl_tag *copy_tag(struct importer *im, const struct cdecl_tag *from)
{
    struct cdecl_state *s = im->state;
    struct cdecl_tag *to = cdecl__new_tag(s, (enum cdecl_kind)from->kind, NULL);
    remember(im, from, to);
    to->name = own_text(s, from->name);
    to->typedef_name = own_text(s, from->typedef_name);
    to->typedef_align = from->typedef_align;
    to->complete = from->complete;
    to->packed = from->packed;
    to->transparent = from->transparent;
    to->flexible = from->flexible;
    to->vla = from->vla;
    to->align = from->align;
    to->pack = from->pack;
    to->alignment = from->alignment;
    to->size = from->size;
    to->unsupported = from->unsupported;
    ((struct cdecl_type *)(uintptr_t)to->type)->depth = from->type->depth;
    if (from->kind != CDECL_ENUM)
        to->members = import_members(im, from);
    else if (from->underlying != NULL)
        to->underlying = import(im, from->underlying);
    to->nmembers = from->nmembers;
    to->constants = import_constants(im, from);
    to->nconstants = from->nconstants;
    return to;
}

/* A tag of this state that can stand for `from`: the one bound to its name, or an earlier copy. */
static const struct cdecl_tag *find_equal(const struct cdecl_state *state,
                                          const struct cdecl_tag *from)
{
    for (const struct cdecl_tag *tag = state->first_tag; tag != NULL; tag = tag->next) {
        bool same = tag->kind == from->kind && tag->complete == from->complete &&
                    (tag->name == NULL) == (from->name == NULL) &&
                    (tag->name == NULL || strcmp(tag->name, from->name) == 0);
        if (same && cdecl_compatible(tag->type, from->type))
            return tag;
    }
    return NULL;
}

static const struct cdecl_tag *import_tag(struct importer *im, const struct cdecl_tag *from)
{
    for (const struct copied *known = im->copied; known != NULL; known = known->previous)
        if (known->from == from)
            return known->to;
    const struct cdecl_tag *found = find_equal(im->state, from);
    if (found == NULL)
        return copy_tag(im, from);
    remember(im, from, found);
    return found;
}

/* ---- types ---- */

static const struct cdecl_type *import_function(struct importer *im, const struct cdecl_type *type)
{
    const struct cdecl_type **params = NULL;
    if (type->nparams > 0)
        params = cdecl__scratch(im->state, type->nparams * sizeof *params, _Alignof(void *));
    for (uint32_t i = 0; i < type->nparams; i++)
        params[i] = import(im, type->params[i]);
    return cdecl__function(im->state, import(im, type->target), params, type->nparams,
                           type->variadic, type->no_proto, type->unsupported);
}

static const struct cdecl_type *import_plain(struct importer *im, const struct cdecl_type *type)
{
    struct cdecl_state *s = im->state;
    switch ((enum cdecl_kind)type->kind) {
    case CDECL_POINTER: return cdecl__pointer(s, import(im, type->target));
    case CDECL_ARRAY: return cdecl__array(s, import(im, type->target), type->count);
    case CDECL_VECTOR: return cdecl__vector(s, import(im, type->target), type->size);
    case CDECL_FUNCTION: return import_function(im, type);
    case CDECL_ENUM:
    case CDECL_STRUCT:
    case CDECL_UNION: return import_tag(im, type->tag)->type;
    case CDECL_VOID:
    case CDECL_BOOL:
    case CDECL_INT:
    case CDECL_FLOAT:
    case CDECL_COMPLEX: break;
    }
    if (type->prim == CDECL_PRIM_BITINT || type->prim == CDECL_PRIM_UBITINT)
        return cdecl__bitint(s, type->bits, type->is_signed);
    return s->basic[type->prim];
}

static const struct cdecl_type *import(struct importer *im, const struct cdecl_type *type)
{
    if (++im->depth > 4 * CDECL_MAX_DEPTH)
        cdecl__fail(im->state, "type nests too deeply to be copied");
    const struct cdecl_type *result = import_plain(im, type->unqual);
    if (type->align != type->unqual->align)
        result = cdecl__align(im->state, result, type->align);
    im->depth--;
    return cdecl__qualify(im->state, result, type->quals);
}

struct request {
    const struct cdecl_type *type;
};

static const void *import_one(struct cdecl_state *state, void *argument)
{
    struct importer im = {.state = state};
    const struct request *request = argument;
    return import(&im, request->type);
}

const struct cdecl_type *cdecl_import(struct cdecl_state *state, const struct cdecl_type *type,
                                      struct cdecl_error *error)
{
    struct request request = {type};
    return cdecl__protect(state, error, import_one, &request);
}
