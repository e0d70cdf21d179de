/* What attributes ask for. Included by internal.h, where its types are known. */
#ifndef CDECL_ATTR_H
#define CDECL_ATTR_H

/* ---- attr.c ---- */

enum attr_code {
    ATTR_UNKNOWN,
#define KEEP(id, name) ATTR_KEEP_##name,
#define CONVENTION(name) ATTR_CONVENTION_##name,
#define ACT(name) ATTR_##name,
#define REFUSE(name) ATTR_REFUSE_##name,
#include "attrs.def"
    ATTR_COUNT
};

/* What attributes at one place, or several united, ask for. */
struct attrs {
    bool any; /* false: nothing below is set */
    bool packed;
    bool transparent;
    bool noreturn;
    uint32_t alignment;   /* aligned or _Alignas, 0 when none */
    uint32_t vector_size; /* bytes, 0 when none */
    uint32_t nkept;
    struct name *mode;
    struct cdecl_attr *kept; /* `nkept` of them */
    struct note_link *notes; /* of ours */
    enum cdecl_refusal refusal;
    const char *symbol; /* asm label */
};

void cdecl__attributes_merge(struct cdecl_state *state, struct attrs *to, const struct attrs *from);
static inline void cdecl__attributes_unite(struct cdecl_state *state, struct attrs *to,
                                           const struct attrs *from)
{
    if (RARELY(from->any))
        cdecl__attributes_merge(state, to, from);
}

static inline bool cdecl__at_attribute(const struct parser *p)
{
    switch (p->tok.kind) {
    case TOK_ATTRIBUTE:
    case TOK_LATTR:
    case TOK_DECLSPEC:
    case TOK_CALLCONV:
    case TOK_NULLABLE:
    case TOK_EXTENSION: return true;
    default: return false;
    }
}

/* Attributes of any spelling, or none. */
void cdecl__read_attributes(struct parser *p, struct attrs *attrs);
static inline void cdecl__attributes(struct parser *p, struct attrs *attrs)
{
    if (RARELY(cdecl__at_attribute(p)))
        cdecl__read_attributes(p, attrs);
}
void cdecl__alignas(struct parser *p, struct attrs *attrs);   /* at _Alignas */
void cdecl__asm_label(struct parser *p, struct attrs *attrs); /* at asm */
/* Applies vector_size, mode and, for typedefs, aligned to a declared type. */
const struct cdecl_type *cdecl__attributes_change(struct parser *p, const struct cdecl_type *type,
                                                  const struct attrs *attrs);
static inline const struct cdecl_type *
cdecl__attributes_apply(struct parser *p, const struct cdecl_type *type, const struct attrs *attrs)
{
    return RARELY(attrs->any) ? cdecl__attributes_change(p, type, attrs) : type;
}
void cdecl__attributes_add(struct cdecl_state *state, struct attrs *attrs, enum cdecl_attr_id id,
                           const char *name);
void cdecl__intern_attributes(struct cdecl_state *state);

#endif
