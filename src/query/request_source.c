// SPDX-License-Identifier: Apache-2.0
#include "query/request_private.h"

static enum err take_filter(const struct form *f, struct slice key, const struct json *v,
                            struct source_filter *out)
{
    if (slice_is(key, "includes") || slice_is(key, "include"))
        return form_texts(f, key, v, &out->includes, &out->include_count);
    if (slice_is(key, "excludes") || slice_is(key, "exclude"))
        return form_texts(f, key, v, &out->excludes, &out->exclude_count);
    return form_refuse(f, v, "parsing_exception", "Unknown key for a %s in [%.*s].",
                       json_token_name(v), SLICE_PRINT(key));
}

enum err request_source(const struct form *f, const struct json *v, struct request *out)
{
    struct source_filter *source = &out->source;
    *source = (struct source_filter){.is_given = true};
    if (v->type == JSON_BOOL) {
        source->is_off = !v->truth;
        return OK;
    }
    if (v->type == JSON_STRING || v->type == JSON_ARRAY)
        return form_texts(f, slice_text("_source"), v, &source->includes, &source->include_count);
    if (v->type != JSON_OBJECT)
        return form_refuse(f, v, "parsing_exception",
                           "Expected one of [VALUE_BOOLEAN, VALUE_STRING, START_ARRAY, "
                           "START_OBJECT] but found [%s]",
                           json_token_name(v));
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = take_filter(f, v->keys[i], &v->items[i], source);
        if (e)
            return e;
    }
    return OK;
}

static enum err take_wish(const struct form *f, struct slice key, const struct json *v,
                          struct field_wish *out)
{
    if (v->type != JSON_OBJECT)
        return form_text(f, key, v, &out->pattern);
    bool ignored = false;
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = OK;
        if (slice_is(v->keys[i], "field"))
            e = form_text(f, v->keys[i], &v->items[i], &out->pattern);
        else if (slice_is(v->keys[i], "format"))
            e = form_text(f, v->keys[i], &v->items[i], &out->format);
        else if (slice_is(v->keys[i], "include_unmapped"))
            e = form_bool(f, v->keys[i], &v->items[i], &ignored);
        else
            e = form_unknown(f, v->keys[i], &v->items[i]);
        if (e)
            return e;
    }
    if (out->pattern.len == 0)
        return form_refuse(f, v, "illegal_argument_exception", "Required [field] in [%.*s]",
                           SLICE_PRINT(key));
    return OK;
}

enum err request_fields(const struct form *f, struct slice key, const struct json *v,
                        const struct field_wish **out, uint32_t *out_count)
{
    if (v->type != JSON_ARRAY)
        return form_wrong_type(f, key, v);
    if (v->count > FIELD_WISHES_MAX)
        return form_refuse(f, v, "illegal_argument_exception",
                           "[%.*s] may not have more than [%d] entries", SLICE_PRINT(key),
                           FIELD_WISHES_MAX);
    struct field_wish *wishes = ARENA_ARRAY(f->request, struct field_wish, v->count);
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = take_wish(f, key, &v->items[i], &wishes[i]);
        if (e)
            return e;
    }
    *out = wishes;
    *out_count = v->count;
    return OK;
}
