// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "query/agg_private.h"

#include <stdlib.h>

static const char other_default[] = "_other_";

static enum err take_filter(struct agg_parser *p, struct slice key, const struct json *v,
                            struct agg *out)
{
    (void)key;
    const struct query **filters = ARENA_NEW(p->form.request, const struct query *);
    enum err e = form_query(&p->form, v, &filters[0]);
    out->filters = filters;
    out->filter_count = 1;
    return e;
}

const struct agg_form agg_form_filter = {
    .name = "filter", .kind = AGG_FILTER, .whole = take_filter};

struct named_filter {
    struct slice name;
    const struct query *query;
};

static int by_name(const void *a, const void *b)
{
    const struct named_filter *x = a;
    const struct named_filter *y = b;
    return slice_compare(x->name, y->name);
}

// Named filters are answered in the order of their names, a list as it is written.
static enum err take_filters(struct agg_parser *p, struct slice key, const struct json *v,
                             struct agg *out)
{
    if (v->type != JSON_OBJECT && v->type != JSON_ARRAY)
        return form_wrong_type(&p->form, key, v);
    if (v->count > LIMIT_BUCKETS)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[filters] may not have more than [%d] filters", LIMIT_BUCKETS);
    struct named_filter *named = ARENA_ARRAY(p->form.request, struct named_filter, v->count);
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = form_query(&p->form, &v->items[i], &named[i].query);
        if (e)
            return e;
        if (v->type == JSON_OBJECT)
            named[i].name = v->keys[i];
    }
    out->filters_keyed = v->type == JSON_OBJECT;
    if (out->filters_keyed && v->count > 1)
        qsort(named, v->count, sizeof *named, by_name);
    const struct query **filters = ARENA_ARRAY(p->form.request, const struct query *, v->count);
    struct slice *names = ARENA_ARRAY(p->form.request, struct slice, v->count);
    for (uint32_t i = 0; i < v->count; i++) {
        filters[i] = named[i].query;
        names[i] = named[i].name;
    }
    out->filters = filters;
    out->filter_names = out->filters_keyed ? names : NULL;
    out->filter_count = v->count;
    return OK;
}

static enum err take_other_bucket(struct agg_parser *p, struct slice key, const struct json *v,
                                  struct agg *out)
{
    bool wanted = false;
    enum err e = form_bool(&p->form, key, v, &wanted);
    if (!e && !wanted)
        out->other_bucket = slice_of(NULL, 0);
    if (!e && wanted && out->other_bucket.len == 0)
        out->other_bucket = slice_text(other_default);
    return e;
}

static enum err take_other_key(struct agg_parser *p, struct slice key, const struct json *v,
                               struct agg *out)
{
    return form_text(&p->form, key, v, &out->other_bucket);
}

static enum err finish_filters(struct agg_parser *p, const struct json *v, struct agg *out)
{
    if (out->filter_count == 0)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[filters] cannot be empty in [%.*s]", SLICE_PRINT(p->name));
    return OK;
}

static const struct agg_param filters_params[] = {
    {"filters", take_filters},
    {"other_bucket", take_other_bucket},
    {"other_bucket_key", take_other_key},
    {"keyed", agg_take_keyed},
    {NULL, NULL},
};

static void start_filters(struct agg *out)
{
    out->keyed = true;
}

const struct agg_form agg_form_filters = {.name = "filters",
                                          .kind = AGG_FILTERS,
                                          .params = filters_params,
                                          .start = start_filters,
                                          .finish = finish_filters};

static const struct agg_param missing_params[] = {
    {"field", agg_take_field}, {"missing", agg_take_missing}, {NULL, NULL}};

const struct agg_form agg_form_missing = {
    .name = "missing", .kind = AGG_MISSING, .params = missing_params, .finish = agg_needs_field};

static const struct agg_param no_params[] = {{NULL, NULL}};

const struct agg_form agg_form_global = {.name = "global", .kind = AGG_GLOBAL, .params = no_params};
