// SPDX-License-Identifier: Apache-2.0
#include "query/request_private.h"

#include <strings.h>

static bool is_score(struct slice field)
{
    return slice_is(field, "_score");
}

static bool text_is(struct slice s, const char *word)
{
    return s.len == strlen(word) && strncasecmp((const char *)s.at, word, s.len) == 0;
}

static enum err set_order(const struct form *f, struct slice order, struct sort_key *out)
{
    if (!text_is(order, "asc") && !text_is(order, "desc"))
        return fail(f->why, ERR_INVALID,
                    "illegal_argument_exception: Unknown sort order [%.*s] of [%.*s]",
                    SLICE_PRINT(order), SLICE_PRINT(out->field));
    out->descending = text_is(order, "desc");
    return OK;
}

static enum err set_missing(const struct form *f, struct slice key, const struct json *v,
                            struct sort_key *out)
{
    struct literal missing;
    enum err e = form_scalar(f, key, v, &missing);
    if (e)
        return e;
    out->missing_first = slice_is(missing.text, "_first");
    if (!out->missing_first && !slice_is(missing.text, "_last"))
        out->missing = missing;
    return OK;
}

static enum err take_option(const struct form *f, struct slice key, const struct json *v,
                            struct sort_key *out)
{
    struct slice text = {0};
    if (slice_is(key, "order")) {
        enum err e = form_text(f, key, v, &text);
        return e ? e : set_order(f, text, out);
    }
    if (slice_is(key, "missing"))
        return set_missing(f, key, v, out);
    if (slice_is(key, "format"))
        return form_text(f, key, v, &out->format);
    if (slice_is(key, "unmapped_type")) {
        out->is_unmapped_ok = true;
        return form_text(f, key, v, &text);
    }
    // A document has one value of a field, so every mode gives that one.
    if (slice_is(key, "mode") || slice_is(key, "numeric_type"))
        return form_text(f, key, v, &text);
    return form_unknown(f, key, v);
}

static enum err take_field(const struct form *f, struct slice field, const struct json *v,
                           struct sort_key *out)
{
    struct form sort = *f;
    sort.thing = "field_sort";
    *out = (struct sort_key){.field = field, .descending = is_score(field)};
    if (slice_is(field, "_script") || slice_is(field, "_geo_distance") || field.len == 0)
        return form_refuse(f, v, "illegal_argument_exception", "cannot sort by [%.*s]",
                           SLICE_PRINT(field));
    if (v->type == JSON_STRING)
        return set_order(f, v->text, out);
    if (v->type != JSON_OBJECT)
        return form_wrong_type(&sort, field, v);
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = take_option(&sort, v->keys[i], &v->items[i], out);
        if (e)
            return e;
    }
    return OK;
}

static enum err add_key(const struct form *f, struct sort_key *keys, struct request *out,
                        struct sort_key **out_key)
{
    if (out->sort_count == SORT_KEYS_MAX)
        return fail(f->why, ERR_INVALID, "illegal_argument_exception: more than [%d] sort fields",
                    SORT_KEYS_MAX);
    *out_key = &keys[out->sort_count++];
    return OK;
}

// A name, or a map of fields.
static enum err take_element(const struct form *f, const struct json *v, struct sort_key *keys,
                             struct request *out)
{
    struct sort_key *key = NULL;
    if (v->type == JSON_STRING) {
        enum err e = add_key(f, keys, out, &key);
        if (!e)
            *key = (struct sort_key){.field = v->text, .descending = is_score(v->text)};
        return e;
    }
    if (v->type != JSON_OBJECT)
        return form_refuse(f, v, "illegal_argument_exception",
                           "malformed sort format, within the sort array, an object, or an actual "
                           "string are allowed");
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = add_key(f, keys, out, &key);
        if (!e)
            e = take_field(f, v->keys[i], &v->items[i], key);
        if (e)
            return e;
    }
    return OK;
}

enum err request_sort(const struct form *f, const struct json *v, struct request *out)
{
    struct sort_key *keys = ARENA_ARRAY(f->request, struct sort_key, SORT_KEYS_MAX);
    uint32_t count = v->type == JSON_ARRAY ? v->count : 1;
    const struct json *items = v->type == JSON_ARRAY ? v->items : v;
    out->sort = keys;
    out->sort_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        enum err e = take_element(f, &items[i], keys, out);
        if (e)
            return e;
    }
    return OK;
}

enum err request_sort_text(const struct form *f, struct slice text, struct request *out)
{
    const struct slice *names = NULL;
    uint32_t count = 0;
    request_names(f, text, &names, &count);
    struct sort_key *keys = ARENA_ARRAY(f->request, struct sort_key, SORT_KEYS_MAX);
    out->sort = keys;
    out->sort_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct sort_key *key = NULL;
        enum err e = add_key(f, keys, out, &key);
        if (e)
            return e;
        const uint8_t *colon = memrchr(names[i].at, ':', names[i].len);
        size_t len = colon ? (size_t)(colon - names[i].at) : names[i].len;
        key->field = slice_of(names[i].at, len);
        key->descending = is_score(key->field);
        e = colon ? set_order(f, slice_from(names[i], len + 1), key) : OK;
        if (e)
            return e;
    }
    return OK;
}
