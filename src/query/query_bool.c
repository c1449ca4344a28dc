// SPDX-License-Identifier: Apache-2.0
#include "query/query_private.h"
#include "query/should_match.h"

enum err query_clauses(struct query_parser *p, struct slice key, const struct json *v,
                       const struct query *const **out, uint32_t *out_count)
{
    if (v->type != JSON_OBJECT && v->type != JSON_ARRAY)
        return form_wrong_type(&p->form, key, v);
    uint32_t count = v->type == JSON_ARRAY ? v->count : 1;
    const struct json *items = v->type == JSON_ARRAY ? v->items : v;
    const struct query **queries = ARENA_ARRAY(p->form.request, const struct query *, count);
    for (uint32_t i = 0; i < count; i++) {
        enum err e = query_inner(p, &items[i], &queries[i]);
        if (e)
            return e;
    }
    *out = queries;
    *out_count = count;
    return OK;
}

static enum err take_key(struct query_parser *p, struct slice key, const struct json *v,
                         struct query *out, struct slice *out_should_match)
{
    struct query_bool *b = &out->bool_;
    bool ignored = false;
    if (slice_is(key, "must"))
        return query_clauses(p, key, v, &b->must, &b->must_count);
    if (slice_is(key, "filter"))
        return query_clauses(p, key, v, &b->filter, &b->filter_count);
    if (slice_is(key, "should"))
        return query_clauses(p, key, v, &b->should, &b->should_count);
    if (slice_is(key, "must_not") || slice_is(key, "mustNot"))
        return query_clauses(p, key, v, &b->must_not, &b->must_not_count);
    if (slice_is(key, "minimum_should_match"))
        return form_text(&p->form, key, v, out_should_match);
    if (slice_is(key, "adjust_pure_negative"))
        return form_bool(&p->form, key, v, &ignored);
    bool known = false;
    enum err e = query_common(p, key, v, out, &known);
    return e || known ? e : form_unknown(&p->form, key, v);
}

static enum err set_should_match(struct query_parser *p, const struct json *v, struct slice spec,
                                 struct query_bool *b)
{
    bool needs_should = b->must_count == 0 && b->filter_count == 0 && b->should_count > 0;
    if (spec.at && should_match_min(spec, b->should_count, &b->should_match_min))
        return form_refuse(&p->form, v, "number_format_exception",
                           "[bool] minimum_should_match is no number, percentage or condition");
    if (needs_should && b->should_match_min == 0)
        b->should_match_min = 1;
    return OK;
}

enum err query_bool(struct query_parser *p, const struct json *v, struct query *out)
{
    struct slice should_match = {0};
    out->kind = QUERY_BOOL;
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = take_key(p, v->keys[i], &v->items[i], out, &should_match);
        if (e)
            return e;
    }
    struct query_bool *b = &out->bool_;
    enum err e = set_should_match(p, v, should_match, b);
    if (e)
        return e;
    bool is_empty = b->must_count == 0 && b->filter_count == 0 && b->should_count == 0 &&
                    b->must_not_count == 0 && b->should_match_min == 0;
    if (is_empty)
        out->kind = QUERY_MATCH_ALL;
    return OK;
}

// Its filter is a must: it scores, by its boost.
enum err query_constant_score(struct query_parser *p, const struct json *v, struct query *out)
{
    out->kind = QUERY_BOOL;
    for (uint32_t i = 0; i < v->count; i++) {
        bool known = slice_is(v->keys[i], "filter");
        if (known && v->items[i].type != JSON_OBJECT)
            return form_refuse(&p->form, &v->items[i], "parsing_exception", "unexpected token [%s]",
                               json_token_name(&v->items[i]));
        enum err e = known ? query_clauses(p, v->keys[i], &v->items[i], &out->bool_.must,
                                           &out->bool_.must_count)
                           : query_common(p, v->keys[i], &v->items[i], out, &known);
        if (e)
            return e;
        if (!known)
            return form_refuse(&p->form, &v->items[i], "parsing_exception",
                               "[constant_score] query does not support [%.*s]",
                               SLICE_PRINT(v->keys[i]));
    }
    if (out->bool_.must_count == 0)
        return form_refuse(&p->form, v, "parsing_exception",
                           "[constant_score] requires a 'filter' element");
    return OK;
}
