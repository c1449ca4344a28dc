// SPDX-License-Identifier: Apache-2.0
#include "query/form.h"

#include "base/date.h"

#include <stdio.h>

enum err form_refuse(const struct form *f, const struct json *at, const char *type,
                     const char *format, ...)
{
    char words[FAULT_WORDS_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    return fail(f->why, ERR_INVALID, "%s: [%u:%u] %s", type, at->line, at->column, words);
}

enum err form_unknown(const struct form *f, struct slice key, const struct json *v)
{
    return form_refuse(f, v, "x_content_parse_exception", "[%s] unknown field [%.*s]", f->thing,
                       SLICE_PRINT(key));
}

enum err form_wrong_type(const struct form *f, struct slice key, const struct json *v)
{
    return form_refuse(f, v, "x_content_parse_exception",
                       "[%s] %.*s doesn't support values of type: %s", f->thing, SLICE_PRINT(key),
                       json_token_name(v));
}

static enum err failed_field(const struct form *f, struct slice key, const struct json *v,
                             const char *words)
{
    return form_refuse(f, v, "x_content_parse_exception", "[%s] failed to parse field [%.*s]: %s",
                       f->thing, SLICE_PRINT(key), words);
}

enum err form_bool(const struct form *f, struct slice key, const struct json *v, bool *out)
{
    struct fault why = {0};
    return json_bool(v, out, &why) ? failed_field(f, key, v, why.words) : OK;
}

enum err form_i64(const struct form *f, struct slice key, const struct json *v, int64_t *out)
{
    struct fault why = {0};
    return json_i64(v, out, &why) ? failed_field(f, key, v, why.words) : OK;
}

enum err form_f64(const struct form *f, struct slice key, const struct json *v, double *out)
{
    struct fault why = {0};
    return json_f64(v, out, &why) ? failed_field(f, key, v, why.words) : OK;
}

enum err form_text(const struct form *f, struct slice key, const struct json *v, struct slice *out)
{
    struct literal l;
    if (!form_literal(v, &l) || l.type == LITERAL_NULL)
        return form_wrong_type(f, key, v);
    *out = l.text;
    return OK;
}

enum err form_time_zone(const struct form *f, struct slice key, const struct json *v,
                        struct slice *out)
{
    const struct date_zone *z = NULL;
    struct fault why = {0};
    struct slice name = {0};
    enum err e = form_text(f, key, v, &name);
    if (e)
        return e;
    if (v->type == JSON_NUMBER && name.len > 0 && name.at[0] != '-')
        name = arena_print(f->request, "+%.*s", SLICE_PRINT(name));
    if (date_zone_get(name, &z, &why))
        return failed_field(f, key, v, why.words);
    *out = name;
    return OK;
}

bool form_literal(const struct json *v, struct literal *out)
{
    switch (v->type) {
    case JSON_NULL:
        *out = (struct literal){.type = LITERAL_NULL};
        return true;
    case JSON_BOOL:
        *out = (struct literal){.type = LITERAL_BOOL,
                                .truth = v->truth,
                                .text = slice_text(v->truth ? "true" : "false")};
        return true;
    case JSON_NUMBER:
        *out = (struct literal){.type = LITERAL_NUMBER, .text = v->text};
        return true;
    case JSON_STRING:
        *out = (struct literal){.type = LITERAL_TEXT, .text = v->text};
        return true;
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return false;
}

enum err form_scalar(const struct form *f, struct slice key, const struct json *v,
                     struct literal *out)
{
    return form_literal(v, out) ? OK : form_wrong_type(f, key, v);
}

enum err form_texts(const struct form *f, struct slice key, const struct json *v,
                    const struct slice **out, uint32_t *out_count)
{
    uint32_t count = v->type == JSON_ARRAY ? v->count : 1;
    const struct json *items = v->type == JSON_ARRAY ? v->items : v;
    struct slice *texts = ARENA_ARRAY(f->request, struct slice, count);
    for (uint32_t i = 0; i < count; i++) {
        enum err e = form_text(f, key, &items[i], &texts[i]);
        if (e)
            return e;
    }
    *out = texts;
    *out_count = count;
    return OK;
}
