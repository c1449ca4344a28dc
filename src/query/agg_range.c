// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "query/agg_private.h"

static enum err take_bound(struct agg_parser *p, struct slice key, const struct json *v,
                           struct agg_range *out)
{
    if (slice_is(key, "key"))
        return form_text(&p->form, key, v, &out->key);
    if (slice_is(key, "from"))
        return form_scalar(&p->form, key, v, &out->from);
    if (slice_is(key, "to"))
        return form_scalar(&p->form, key, v, &out->to);
    return form_unknown(&p->form, key, v);
}

static enum err take_ranges(struct agg_parser *p, struct slice key, const struct json *v,
                            struct agg *out)
{
    if (v->type != JSON_ARRAY)
        return form_wrong_type(&p->form, key, v);
    if (v->count > LIMIT_BUCKETS)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[%s] may not have more than [%d] ranges", p->form.thing, LIMIT_BUCKETS);
    struct agg_range *ranges = ARENA_ARRAY(p->form.request, struct agg_range, v->count);
    for (uint32_t i = 0; i < v->count; i++) {
        const struct json *one = &v->items[i];
        if (one->type != JSON_OBJECT)
            return form_wrong_type(&p->form, key, one);
        for (uint32_t k = 0; k < one->count; k++) {
            enum err e = take_bound(p, one->keys[k], &one->items[k], &ranges[i]);
            if (e)
                return e;
        }
    }
    out->ranges = ranges;
    out->range_count = v->count;
    return OK;
}

static enum err finish(struct agg_parser *p, const struct json *v, struct agg *out)
{
    if (out->range_count == 0)
        return fail(p->form.why, ERR_INVALID,
                    "illegal_argument_exception: No [ranges] specified for the [%.*s] aggregation",
                    SLICE_PRINT(p->name));
    return agg_needs_field(p, v, out);
}

static const struct agg_param params[] = {
    {"field", agg_take_field},        {"ranges", take_ranges},
    {"keyed", agg_take_keyed},        {"missing", agg_take_missing},
    {"format", agg_take_format},      {"script", agg_take_script},
    {"value_type", agg_take_ignored}, {NULL, NULL},
};

const struct agg_form agg_form_range = {
    .name = "range", .kind = AGG_RANGE, .params = params, .finish = finish};

static const struct agg_param date_params[] = {
    {"field", agg_take_field},
    {"ranges", take_ranges},
    {"keyed", agg_take_keyed},
    {"missing", agg_take_missing},
    {"format", agg_take_format},
    {"time_zone", agg_take_time_zone},
    {"script", agg_take_script},
    {"value_type", agg_take_ignored},
    {NULL, NULL},
};

const struct agg_form agg_form_date_range = {
    .name = "date_range", .kind = AGG_DATE_RANGE, .params = date_params, .finish = finish};
