/* The names of POSIX that every scope knows when no text has given them another meaning
 * (docs/design.md S20): types by their names, structures by their tags. posix.def lists them; the
 * compiler that builds the library tells what they are. Made when first needed, so that a scope
 * pays for what it uses. Depends on type.c, tag.c and scope.c; owns nothing. */
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <iconv.h>
#include <locale.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <regex.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <utime.h>
#include <wchar.h>
#include <wctype.h>
#if defined __linux__
#include <mqueue.h>
#endif
#include "internal.h"

enum form {
    INTEGER,
    STRUCT_HANDLE,
    STRUCT_POINTER,
    SIGNAL_HANDLER,
    OBJECT,
    TEXT_POINTER,
    TEXT_LIST
};

/* A type by its form: `prim` of an INTEGER, `tag` of a STRUCT_..., NULL: void. */
struct shape {
    enum form form;
    enum cdecl_prim prim;
    const char *tag;
};

struct field {
    const char *name;
    struct shape shape;
    size_t offset, size;
    size_t count; /* of an array's elements, 0 for no array */
};

struct known {
    const char *name;
    struct shape shape; /* of an OBJECT are size, align and, where they are known, the fields */
    size_t size, align;
    const struct field *fields;
    uint32_t nfields;
};

/* clang-format off */
#define PRIM_OF(value)                   \
    _Generic((value),                    \
        char: CDECL_PRIM_CHAR,           \
        signed char: CDECL_PRIM_SCHAR,   \
        unsigned char: CDECL_PRIM_UCHAR, \
        short: CDECL_PRIM_SHORT,         \
        unsigned short: CDECL_PRIM_USHORT, \
        int: CDECL_PRIM_INT,             \
        unsigned: CDECL_PRIM_UINT,       \
        long: CDECL_PRIM_LONG,           \
        unsigned long: CDECL_PRIM_ULONG, \
        long long: CDECL_PRIM_LLONG,     \
        unsigned long long: CDECL_PRIM_ULLONG)
/* clang-format on */

#define MEMBER_OF(type, name) (((type *)0)->name)
#define PLACE(type, name) offsetof(type, name), sizeof MEMBER_OF(type, name)

/* First what the records consist of. */
/* clang-format off */
#define ALIAS(name)
#define HANDLE(name, tag)
#define POINTER(name, tag)
#define HANDLER(name)
#define OPAQUE(name)
#define FIELD(type, name) \
    {#name, {INTEGER, PRIM_OF(MEMBER_OF(type, name)), NULL}, PLACE(type, name), 0},
#define ARRAY(type, name)                                                                 \
    {#name, {INTEGER, PRIM_OF(MEMBER_OF(type, name[0])), NULL}, PLACE(type, name),        \
     sizeof MEMBER_OF(type, name) / sizeof MEMBER_OF(type, name[0])},
#define TEXT(type, name) {#name, {TEXT_POINTER, CDECL_PRIM_CHAR, NULL}, PLACE(type, name), 0},
#define TEXTS(type, name) {#name, {TEXT_LIST, CDECL_PRIM_CHAR, NULL}, PLACE(type, name), 0},
#define ADDRESS(type, name) \
    {#name, {STRUCT_POINTER, CDECL_PRIM_VOID, NULL}, PLACE(type, name), 0},
#define INNER(type, name, tag) {#name, {OBJECT, CDECL_PRIM_VOID, tag}, PLACE(type, name), 0},
#define RECORD(name, fields) static const struct field fields_of_##name[] = {fields};
#define TYPEDEFS
#define TAGS
#include "posix.def"

/* Then the names. */
#undef TYPEDEFS
#undef TAGS
#undef ALIAS
#undef HANDLE
#undef POINTER
#undef HANDLER
#undef OPAQUE
#undef RECORD
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ALIAS(name) {#name, {INTEGER, PRIM_OF((name)0), NULL}, 0, 0, NULL, 0},
#define HANDLE(name, tag) {#name, {STRUCT_HANDLE, CDECL_PRIM_VOID, tag}, 0, 0, NULL, 0},
#define POINTER(name, tag) {#name, {STRUCT_POINTER, CDECL_PRIM_VOID, tag}, 0, 0, NULL, 0},
#define HANDLER(name) {#name, {SIGNAL_HANDLER, CDECL_PRIM_VOID, NULL}, 0, 0, NULL, 0},
#define OPAQUE(name) \
    {#name, {OBJECT, CDECL_PRIM_VOID, NULL}, sizeof(name), _Alignof(name), NULL, 0},
#define RECORD(name, fields)                                                                    \
    {#name, {OBJECT, CDECL_PRIM_VOID, NULL}, sizeof(name), _Alignof(name), fields_of_##name, \
     COUNT(fields_of_##name)},

static const struct known typedefs[] = {
#define TYPEDEFS
#include "posix.def"
#undef TYPEDEFS
};

#undef RECORD
#define RECORD(name, fields)                                                          \
    {#name, {OBJECT, CDECL_PRIM_VOID, NULL}, sizeof(struct name), _Alignof(struct name), \
     fields_of_##name, COUNT(fields_of_##name)},

static const struct known tags[] = {
#define TAGS
#include "posix.def"
#undef TAGS
};

/* clang-format on */

static const struct known *find(const struct known *table, size_t count, const char *name)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, table[middle].name);
        if (order == 0)
            return &table[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *cdecl_known_typedef(size_t i)
{
    return i < COUNT(typedefs) ? typedefs[i].name : NULL;
}

const char *cdecl_known_tag(size_t i)
{
    return i < COUNT(tags) ? tags[i].name : NULL;
}

bool cdecl__is_known_tag(const struct name *name)
{
    return find(tags, COUNT(tags), name->text) != NULL;
}

/* `struct name`, incomplete when it is new. */
static struct cdecl_tag *tag_of(struct cdecl_state *state, const char *text)
{
    struct name *name = cdecl__intern(state, text, strlen(text));
    if (name->extra != NULL && name->extra->tag != NULL)
        return name->extra->tag;
    struct cdecl_tag *tag = cdecl__new_tag(state, CDECL_STRUCT, name);
    tag->predeclared = cdecl__is_known_tag(name);
    return tag;
}

static const struct cdecl_type *type_of(struct cdecl_state *state, const struct shape *shape)
{
    const struct cdecl_type *const *basic = state->basic;
    switch (shape->form) {
    case INTEGER: return basic[shape->prim];
    case TEXT_POINTER: return cdecl__pointer(state, basic[CDECL_PRIM_CHAR]);
    case TEXT_LIST: return cdecl__pointer(state, cdecl__pointer(state, basic[CDECL_PRIM_CHAR]));
    case STRUCT_POINTER:
        if (shape->tag == NULL)
            return cdecl__pointer(state, basic[CDECL_PRIM_VOID]);
        return cdecl__pointer(state, tag_of(state, shape->tag)->type);
    case SIGNAL_HANDLER:
        return cdecl__pointer(state,
                              cdecl__function(state, basic[CDECL_PRIM_VOID], &basic[CDECL_PRIM_INT],
                                              1, false, false, CDECL_USABLE));
    case STRUCT_HANDLE:
    case OBJECT: break;
    }
    return tag_of(state, shape->tag)->type;
}

/* The member that `field` tells of; false when a text has given the structure that it is of another
 * meaning. */
static bool make_member(struct cdecl_state *state, struct cdecl_member *member,
                        const struct field *field)
{
    const struct cdecl_type *type = type_of(state, &field->shape);
    cdecl__complete_known(state, type);
    if (field->count > 0)
        type = cdecl__array(state, type, field->count);
    *member =
        (struct cdecl_member){.name = cdecl__intern(state, field->name, strlen(field->name))->text,
                              .type = type,
                              .offset = field->offset,
                              .width = CDECL_NOT_BITFIELD};
    return cdecl_sizeof(type) == field->size;
}

static void complete(struct cdecl_state *state, struct cdecl_tag *tag, const struct known *known)
{
    struct cdecl_tag fresh = *tag;
    struct cdecl_member *members = NULL;
    uint16_t depth = 0;
    if (known->nfields > 0)
        members = NEW_ARRAY(state, struct cdecl_member, known->nfields);
    fresh.members = members;
    fresh.named = false;
    fresh.nmembers = 0;
    for (uint32_t i = 0; i < known->nfields; i++) {
        struct cdecl_member *member = &members[fresh.nmembers];
        if (make_member(state, member, &known->fields[i]))
            fresh.nmembers++;
        if (member->type->depth > depth)
            depth = member->type->depth;
    }
    fresh.size = known->size;
    fresh.align = (uint32_t)known->align;
    fresh.predeclared = true;
    fresh.line = 0;
    fresh.file = NULL;
    cdecl__complete_tag(state, tag, &fresh, (uint16_t)(depth + 1));
}

bool cdecl__complete_known(struct cdecl_state *state, const struct cdecl_type *type)
{
    if (type->kind != CDECL_STRUCT || !type->tag->predeclared || type->tag->complete)
        return false;
    complete(state, (struct cdecl_tag *)(uintptr_t)type->tag,
             find(tags, COUNT(tags), type->tag->name));
    return true;
}

/* A nameless structure, shown by the typedef's name. */
static const struct cdecl_type *object_type(struct cdecl_state *state, const struct name *name,
                                            const struct known *known)
{
    struct cdecl_tag *tag = cdecl__new_tag(state, CDECL_STRUCT, NULL);
    complete(state, tag, known);
    tag->typedef_name = name->text;
    tag->typedef_align = tag->type->align;
    return tag->type;
}

bool cdecl__declare_known(struct cdecl_state *state, struct name *name)
{
    const struct known *known = find(typedefs, COUNT(typedefs), name->text);
    if (known == NULL)
        return false;
    struct cdecl_decl *decl = NEW(state, struct cdecl_decl);
    *decl = (struct cdecl_decl){.kind = CDECL_DECL_TYPEDEF, .name = name->text}; /* line 0 */
    decl->type = known->shape.form == OBJECT ? object_type(state, name, known)
                                             : type_of(state, &known->shape);
    decl->symbol = name->text;
    cdecl__bind(state, name, decl);
    return true;
}
