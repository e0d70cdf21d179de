/* Annotations as the C text that would make them. Depends on out.c and print.c. The buffer is the
 * caller's. */
#include <stdio.h>
#include <string.h>
#include "internal.h"

static void put(struct out *out, const char *text)
{
    cdecl__put(out, text, strlen(text));
}

/* "word" or "word(argument)", after a comma when it is not the first. */
static void put_word(struct out *out, const char *word, const char *argument)
{
    if (out->used > 0)
        put(out, ", ");
    put(out, word);
    if (argument == NULL)
        return;
    put(out, "(");
    put(out, argument);
    put(out, ")");
}

static const char *value_text(const struct cdecl_value *value, char *text, size_t size)
{
    if (value->kind == CDECL_VALUE_NONE)
        snprintf(text, size, "NULL");
    else if (value->kind == CDECL_VALUE_FLOAT)
        snprintf(text, size, "%.17g", (double)value->f);
    else if (value->kind == CDECL_VALUE_STRING)
        snprintf(text, size, "\"%s\"", value->s);
    else if (value->type->is_signed || (value->type->kind == CDECL_ENUM))
        snprintf(text, size, "%lld", (long long)value->u);
    else
        snprintf(text, size, "%llu", (unsigned long long)value->u);
    return text;
}

static void put_function(struct out *out, const struct cdecl_annotation *a)
{
    char text[100], both[300];
    bool bare = a->value.kind == CDECL_VALUE_NONE;
    value_text(&a->value, text, sizeof text);
    if (a->failure == CDECL_FAILURE_ERRNO)
        put_word(out, "errno", bare ? NULL : text);
    if (a->failure == CDECL_FAILURE_STATUS) {
        snprintf(both, sizeof both, "%s, %s", text, a->message != NULL ? a->message : "");
        put_word(out, "status", a->message != NULL ? both : text);
    }
    if (a->string)
        put_word(out, "string", a->length != 0 ? a->length_name : a->freed_by);
    if (a->owned != NULL)
        put_word(out, "owned", a->owned);
    if (a->count)
        put_word(out, "count", NULL);
}

static void put_param(struct out *out, const struct cdecl_param_annotation *param)
{
    static const char *const words[] = {"", "in", "out", "inout"};
    char text[100];
    if (param->passing != CDECL_PASS)
        put_word(out, words[param->passing], param->length_name);
    if (param->string)
        put_word(out, "string", param->passing == CDECL_PASS ? param->length_name : NULL);
    if (param->owned != NULL)
        put_word(out, "owned", param->owned);
    if (param->nullable)
        put_word(out, "nullable", NULL);
    if (param->scoped)
        put_word(out, "scoped", NULL);
    if (param->flags != NULL) {
        cdecl_print(param->flags, NULL, text, sizeof text);
        put_word(out, "flags", text);
    }
    if (param->optional)
        put_word(out, "default", value_text(&param->value, text, sizeof text));
}

size_t cdecl_print_annotation(const struct cdecl_type *function, uint32_t param, char *buffer,
                              size_t size)
{
    struct out out = {.buffer = buffer, .size = size};
    const struct cdecl_annotation *a = cdecl_annotation_of(function);
    if (size > 0)
        buffer[0] = '\0';
    if (a != NULL && param == 0)
        put_function(&out, a);
    else if (a != NULL)
        put_param(&out, &a->param[param - 1]);
    if (size > 0)
        buffer[out.used < size ? out.used : size - 1] = '\0';
    return out.used;
}
