// SPDX-License-Identifier: Apache-2.0
#include "query/agg_private.h"

enum err agg_take_field(struct agg_parser *p, struct slice key, const struct json *v,
                        struct agg *out)
{
    if (v->type != JSON_STRING)
        return form_wrong_type(&p->form, key, v);
    return form_text(&p->form, key, v, &out->field);
}

enum err agg_take_missing(struct agg_parser *p, struct slice key, const struct json *v,
                          struct agg *out)
{
    return form_scalar(&p->form, key, v, &out->missing);
}

enum err agg_take_format(struct agg_parser *p, struct slice key, const struct json *v,
                         struct agg *out)
{
    return form_text(&p->form, key, v, &out->format);
}

enum err agg_take_keyed(struct agg_parser *p, struct slice key, const struct json *v,
                        struct agg *out)
{
    return form_bool(&p->form, key, v, &out->keyed);
}

enum err agg_take_time_zone(struct agg_parser *p, struct slice key, const struct json *v,
                            struct agg *out)
{
    return form_time_zone(&p->form, key, v, &out->time_zone);
}

enum err agg_count(struct agg_parser *p, struct slice key, const struct json *v, int64_t min,
                   uint32_t *out)
{
    int64_t count = 0;
    enum err e = form_i64(&p->form, key, v, &count);
    if (e)
        return e;
    if (count < min || count > UINT32_MAX)
        return fail(p->form.why, ERR_INVALID,
                    "illegal_argument_exception: [%.*s] must be %s. Found [%lld] in [%.*s]",
                    SLICE_PRINT(key),
                    count > UINT32_MAX ? "less than 4294967296"
                    : min > 0          ? "greater than 0"
                                       : "greater than or equal to 0",
                    (long long)count, SLICE_PRINT(p->name));
    *out = (uint32_t)count;
    return OK;
}

enum err agg_take_min_doc_count(struct agg_parser *p, struct slice key, const struct json *v,
                                struct agg *out)
{
    uint32_t count = 0;
    enum err e = agg_count(p, key, v, 0, &count);
    if (!e)
        out->min_doc_count = count;
    return e;
}

enum err agg_take_ignored(struct agg_parser *p, struct slice key, const struct json *v,
                          struct agg *out)
{
    (void)p, (void)key, (void)v, (void)out;
    return OK;
}

enum err agg_take_script(struct agg_parser *p, struct slice key, const struct json *v,
                         struct agg *out)
{
    (void)out;
    return form_refuse(&p->form, v, "illegal_argument_exception",
                       "[%s] does not support [%.*s]: there are no scripts", p->form.thing,
                       SLICE_PRINT(key));
}

enum err agg_needs_field(struct agg_parser *p, const struct json *v, struct agg *out)
{
    (void)v;
    if (out->field.len > 0)
        return OK;
    return fail(p->form.why, ERR_INVALID,
                "illegal_argument_exception: Required one of fields [field, script], but none were "
                "specified. ");
}

uint32_t agg_below(const struct agg *a, const struct agg **out)
{
    if (a->kind == AGG_COMPOSITE && a->source_count)
        a = a->sources[a->source_count - 1].agg;
    *out = a->subs;
    return a->sub_count;
}
