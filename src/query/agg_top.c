// SPDX-License-Identifier: Apache-2.0
// top_hits and top_metrics: a small search in each bucket, read by the readers of a search.
#include "query/agg_private.h"
#include "query/request_private.h"

enum { TOP_HITS_DEFAULT = 3, TOP_HITS_MAX = 100, TOP_METRICS_MAX = 10 };

static const struct json *member(const struct json *v, const char *name)
{
    for (uint32_t i = 0; i < v->count; i++) {
        if (slice_is(v->keys[i], name))
            return &v->items[i];
    }
    return NULL;
}

static bool is_of_top_hits(struct slice key)
{
    static const char *const keys[] = {"from",         "size",
                                       "sort",         "_source",
                                       "fields",       "docvalue_fields",
                                       "version",      "seq_no_primary_term",
                                       "track_scores", "stored_fields"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (slice_is(key, keys[i]))
            return true;
    }
    return false;
}

static enum err top_hits(struct agg_parser *p, struct slice key, const struct json *v,
                         struct agg *out)
{
    (void)key;
    struct request *top = ARENA_NEW(p->form.request, struct request);
    for (uint32_t i = 0; i < v->count; i++) {
        if (!is_of_top_hits(v->keys[i]))
            return form_unknown(&p->form, v->keys[i], &v->items[i]);
    }
    enum err e = request_parse(v, p->form.request, top, p->form.why);
    if (e)
        return e;
    if (!member(v, "size"))
        top->size = TOP_HITS_DEFAULT;
    if ((uint64_t)top->from + top->size > TOP_HITS_MAX)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "Top hits result window is too large, the top hits aggregator [%.*s]'s "
                           "from + size must be less than or equal to: [%d] but was [%llu].",
                           SLICE_PRINT(p->name), TOP_HITS_MAX,
                           (unsigned long long)top->from + top->size);
    out->top = top;
    return OK;
}

const struct agg_form agg_form_top_hits = {
    .name = "top_hits", .kind = AGG_TOP_HITS, .whole = top_hits};

static enum err take_metric(struct agg_parser *p, const struct json *v, struct field_wish *out)
{
    const struct slice key = slice_text("metrics");
    if (v->type != JSON_OBJECT)
        return form_wrong_type(&p->form, key, v);
    for (uint32_t i = 0; i < v->count; i++) {
        if (!slice_is(v->keys[i], "field"))
            return form_unknown(&p->form, v->keys[i], &v->items[i]);
        enum err e = form_text(&p->form, v->keys[i], &v->items[i], &out->pattern);
        if (e)
            return e;
    }
    return out->pattern.len ? OK
                            : form_refuse(&p->form, v, "illegal_argument_exception",
                                          "Required [field] of [metrics]");
}

static enum err take_metrics(struct agg_parser *p, const struct json *v, struct request *top)
{
    uint32_t count = v->type == JSON_ARRAY ? v->count : 1;
    const struct json *items = v->type == JSON_ARRAY ? v->items : v;
    if (count == 0 || count > FIELD_WISHES_MAX)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[metrics] must name 1 to %d fields", FIELD_WISHES_MAX);
    struct field_wish *fields = ARENA_ARRAY(p->form.request, struct field_wish, count);
    top->fields = fields;
    top->field_count = count;
    for (uint32_t i = 0; i < count; i++) {
        enum err e = take_metric(p, &items[i], &fields[i]);
        if (e)
            return e;
    }
    return OK;
}

static enum err take_size(struct agg_parser *p, const struct json *v, struct request *top)
{
    enum err e = agg_count(p, slice_text("size"), v, 1, &top->size);
    if (!e && top->size > TOP_METRICS_MAX)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[top_metrics.size] must not be more than [%d] but was [%u].",
                           TOP_METRICS_MAX, top->size);
    return e;
}

static enum err take_part(struct agg_parser *p, struct slice key, const struct json *v,
                          struct request *top)
{
    if (slice_is(key, "metrics"))
        return take_metrics(p, v, top);
    if (slice_is(key, "size"))
        return take_size(p, v, top);
    return slice_is(key, "sort") ? request_sort(&p->form, v, top) : form_unknown(&p->form, key, v);
}

// It shows no row as a whole: its values are fields, and there is no _source.
static enum err top_metrics(struct agg_parser *p, struct slice key, const struct json *v,
                            struct agg *out)
{
    (void)key;
    struct request *top = ARENA_NEW(p->form.request, struct request);
    *top = (struct request){.size = 1, .source = {.is_given = true, .is_off = true}};
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = take_part(p, v->keys[i], &v->items[i], top);
        if (e)
            return e;
    }
    if (top->field_count == 0 || top->sort_count == 0)
        return form_refuse(&p->form, v, "illegal_argument_exception", "Required [%s]",
                           top->field_count ? "sort" : "metrics");
    if (top->sort_count > 1)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[top_metrics] sorts by one field, found %u", top->sort_count);
    out->top = top;
    return OK;
}

const struct agg_form agg_form_top_metrics = {
    .name = "top_metrics", .kind = AGG_TOP_METRICS, .whole = top_metrics};
