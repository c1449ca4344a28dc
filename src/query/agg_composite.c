// SPDX-License-Identifier: Apache-2.0
#include "query/agg_private.h"

#include <strings.h>

// composite: buckets of every combination of some sources, a page at a time.
//
//     "sources": [{"NAME": {"terms": {"field": ..., "order": ...}}}, ...],
//     "size": 10, "after": {"NAME": value, ...}

enum { SIZE_DEFAULT = 10, SOURCES_MAX = 32 };

// ---- one source ----

static const struct agg_form *const source_forms[] = {&agg_form_terms, &agg_form_date_histogram,
                                                      &agg_form_histogram};

static enum err take_order(struct agg_parser *p, struct slice key, const struct json *v,
                           bool *out_descending)
{
    struct slice text = {0};
    enum err e = form_text(&p->form, key, v, &text);
    if (e)
        return e;
    *out_descending = text.len == 4 && strncasecmp((const char *)text.at, "desc", 4) == 0;
    bool is_ascending = text.len == 3 && strncasecmp((const char *)text.at, "asc", 3) == 0;
    if (!*out_descending && !is_ascending)
        return form_refuse(&p->form, v, "illegal_argument_exception", "Unknown sort order [%.*s]",
                           SLICE_PRINT(text));
    return OK;
}

enum missing_order { MISSING_DEFAULT, MISSING_FIRST, MISSING_LAST };

static enum err take_missing_order(struct agg_parser *p, struct slice key, const struct json *v,
                                   enum missing_order *out)
{
    static const char *const names[] = {
        [MISSING_DEFAULT] = "default", [MISSING_FIRST] = "first", [MISSING_LAST] = "last"};
    struct slice text = {0};
    enum err e = form_text(&p->form, key, v, &text);
    for (int i = 0; !e && i < 3; i++) {
        if (text.len == strlen(names[i]) &&
            strncasecmp((const char *)text.at, names[i], text.len) == 0) {
            *out = (enum missing_order)i;
            return OK;
        }
    }
    return e ? e
             : form_refuse(&p->form, v, "illegal_argument_exception",
                           "Unknown missing order [%.*s]", SLICE_PRINT(text));
}

// What a source shares with the aggregation of its name.
static bool is_shared(struct slice key)
{
    static const char *const keys[] = {"field",    "script",         "value_type",        "format",
                                       "interval", "fixed_interval", "calendar_interval", "offset",
                                       "time_zone"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (slice_is(key, keys[i]))
            return true;
    }
    return false;
}

struct reading { // a source that is being read
    const struct agg_form *form;
    struct agg_source *source;
    struct agg *agg;
    enum missing_order order;
};

static enum err take_source_key(struct agg_parser *p, struct slice key, const struct json *v,
                                struct reading *r)
{
    if (slice_is(key, "order"))
        return take_order(p, key, v, &r->source->descending);
    if (slice_is(key, "missing_bucket"))
        return form_bool(&p->form, key, v, &r->agg->missing_is_apart);
    if (slice_is(key, "missing_order"))
        return take_missing_order(p, key, v, &r->order);
    return is_shared(key) ? agg_take_param(p, r->form, key, v, r->agg)
                          : form_unknown(&p->form, key, v);
}

static enum err read_form(struct agg_parser *p, const struct agg_form *form, const struct json *v,
                          struct agg_source *out)
{
    struct agg *agg = ARENA_NEW(p->form.request, struct agg);
    struct reading r = {.form = form, .source = out, .agg = agg};
    if (v->type != JSON_OBJECT)
        return form_wrong_type(&p->form, slice_text(form->name), v);
    agg->name = p->name;
    agg->kind = form->kind;
    agg->type_name = form->name;
    if (form->start)
        form->start(agg);
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = take_source_key(p, v->keys[i], &v->items[i], &r);
        if (e)
            return e;
    }
    out->takes_missing = agg->missing_is_apart;
    if (r.order != MISSING_DEFAULT && !out->takes_missing)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "missingOrder can only be set if missingBucket is true");
    out->missing_first = r.order == MISSING_DEFAULT ? !out->descending : r.order == MISSING_FIRST;
    out->agg = agg;
    return form->finish(p, v, agg);
}

// {"terms": {...}}
static enum err read_kind(struct agg_parser *p, const struct json *v, struct agg_source *out)
{
    if (v->type != JSON_OBJECT || v->count != 1)
        return form_refuse(&p->form, v, "parsing_exception",
                           "a source of [composite] is an object of one kind");
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers.
    for (size_t i = 0; i < sizeof source_forms / sizeof *source_forms; i++) {
        if (slice_is(v->keys[0], source_forms[i]->name))
            return read_form(p, source_forms[i], &v->items[0], out);
    }
    return form_refuse(&p->form, &v->items[0], "parsing_exception", "invalid source type: %.*s",
                       SLICE_PRINT(v->keys[0]));
}

// {"NAME": {"terms": {...}}}
static enum err read_source(struct agg_parser *p, const struct json *v, struct agg_source *out)
{
    if (v->type != JSON_OBJECT || v->count != 1)
        return form_refuse(&p->form, v, "parsing_exception",
                           "a source of [composite] is an object of one name");
    struct slice outer = p->name;
    p->name = v->keys[0];
    enum err e = read_kind(p, &v->items[0], out);
    p->name = outer;
    return e;
}

static enum err take_sources(struct agg_parser *p, struct slice key, const struct json *v,
                             struct agg *out)
{
    if (v->type != JSON_ARRAY && v->type != JSON_OBJECT)
        return form_wrong_type(&p->form, key, v);
    uint32_t count = v->type == JSON_ARRAY ? v->count : 1;
    const struct json *items = v->type == JSON_ARRAY ? v->items : v;
    if (count > SOURCES_MAX)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "Composite [sources] can have at most [%d] sources", SOURCES_MAX);
    struct agg_source *sources = ARENA_ARRAY(p->form.request, struct agg_source, count);
    for (uint32_t i = 0; i < count; i++) {
        enum err e = read_source(p, &items[i], &sources[i]);
        for (uint32_t k = 0; !e && k < i; k++)
            if (slice_equal(sources[k].agg->name, sources[i].agg->name))
                e = form_refuse(&p->form, &items[i], "illegal_argument_exception",
                                "Composite source names must be unique, found duplicates: [%.*s]",
                                SLICE_PRINT(sources[i].agg->name));
        if (e)
            return e;
    }
    out->sources = sources;
    out->source_count = count;
    p->total += count;
    return OK;
}

// ---- the whole ----

static enum err take_size(struct agg_parser *p, struct slice key, const struct json *v,
                          struct agg *out)
{
    return agg_count(p, key, v, 1, &out->size);
}

// Kept as it is until the sources are known; their order is not that of its keys.
static enum err take_after(struct agg_parser *p, struct slice key, const struct json *v,
                           struct agg *out)
{
    if (v->type != JSON_OBJECT)
        return form_wrong_type(&p->form, key, v);
    for (uint32_t i = 0; i < v->count; i++) {
        struct literal ignored;
        if (!form_literal(&v->items[i], &ignored))
            return form_wrong_type(&p->form, v->keys[i], &v->items[i]);
    }
    (void)out;
    return OK;
}

static void start(struct agg *out)
{
    out->size = SIZE_DEFAULT;
}

static const struct json *member(const struct json *object, struct slice name)
{
    for (uint32_t i = 0; i < object->count; i++) {
        if (slice_equal(object->keys[i], name))
            return &object->items[i];
    }
    return NULL;
}

static enum err sort_after(struct agg_parser *p, const struct json *after, struct agg *out)
{
    if (after->count != out->source_count)
        return form_refuse(&p->form, after, "illegal_argument_exception",
                           "[after] has %u value(s) but [sources] has %u", after->count,
                           out->source_count);
    struct literal *values = ARENA_ARRAY(p->form.request, struct literal, out->source_count);
    for (uint32_t i = 0; i < out->source_count; i++) {
        const struct agg_source *source = &out->sources[i];
        const struct json *v = member(after, source->agg->name);
        if (!v)
            return form_refuse(&p->form, after, "illegal_argument_exception",
                               "Missing value for [after.%.*s]", SLICE_PRINT(source->agg->name));
        (void)form_literal(v, &values[i]); // take_after() has looked at it
        if (values[i].type == LITERAL_NULL && !source->takes_missing)
            return form_refuse(&p->form, v, "illegal_argument_exception",
                               "Invalid value for [after.%.*s]: null, and the source has no "
                               "[missing_bucket]",
                               SLICE_PRINT(source->agg->name));
    }
    out->after = values;
    return OK;
}

static enum err finish(struct agg_parser *p, const struct json *v, struct agg *out)
{
    if (out->source_count == 0)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "Composite [sources] cannot be null or empty");
    const struct json *after = json_get(v, "after");
    return after ? sort_after(p, after, out) : OK;
}

// Each source becomes the sub-aggregation of the one before it: so they are collected.
static void complete(struct agg_parser *p, struct agg *out)
{
    struct agg_source *sources = ARENA_ARRAY(p->form.request, struct agg_source, out->source_count);
    const struct agg *subs = out->subs;
    uint32_t sub_count = out->sub_count;
    for (uint32_t i = out->source_count; i > 0; i--) {
        struct agg *agg = ARENA_NEW(p->form.request, struct agg);
        *agg = *out->sources[i - 1].agg;
        agg->subs = subs;
        agg->sub_count = sub_count;
        sources[i - 1] = out->sources[i - 1];
        sources[i - 1].agg = agg;
        subs = agg;
        sub_count = 1;
    }
    out->sources = sources;
    out->subs = subs;
    out->sub_count = sub_count;
}

static const struct agg_param params[] = {
    {"sources", take_sources},
    {"size", take_size},
    {"after", take_after},
    {NULL, NULL},
};

const struct agg_form agg_form_composite = {.name = "composite",
                                            .kind = AGG_COMPOSITE,
                                            .params = params,
                                            .start = start,
                                            .finish = finish,
                                            .complete = complete};
