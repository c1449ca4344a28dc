// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "query/query_private.h"

static const struct {
    const char *name;
    query_form parse;
} kinds[] = {
    {"bool", query_bool},
    {"boosting", query_boosting},
    {"constant_score", query_constant_score},
    {"dis_max", query_dis_max},
    {"exists", query_exists},
    {"ids", query_ids},
    {"match", query_match},
    {"match_all", query_match_all},
    {"match_bool_prefix", query_match_prefix},
    {"match_none", query_match_none},
    {"match_phrase", query_match_phrase},
    {"match_phrase_prefix", query_match_prefix},
    {"multi_match", query_multi_match},
    {"prefix", query_prefix},
    {"query_string", query_string},
    {"range", query_range},
    {"fuzzy", query_fuzzy},
    {"regexp", query_regexp},
    {"simple_query_string", query_simple},
    {"term", query_term},
    {"terms", query_terms},
    {"wildcard", query_wildcard},
};

static enum err parse_kind(struct query_parser *p, struct slice name, const struct json *v,
                           struct query *out)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!slice_is(name, kinds[i].name))
            continue;
        p->form.thing = kinds[i].name;
        if (v->type != JSON_OBJECT)
            return form_refuse(&p->form, v, "parsing_exception",
                               "[%s] query malformed, no start_object after query name",
                               kinds[i].name);
        return kinds[i].parse(p, v, out);
    }
    return form_refuse(&p->form, v, "parsing_exception", "unknown query [%.*s]", SLICE_PRINT(name));
}

enum err query_inner(struct query_parser *p, const struct json *v, const struct query **out)
{
    if (v->type != JSON_OBJECT)
        return form_refuse(&p->form, v, "parsing_exception",
                           "[_na] query malformed, must start with start_object");
    if (v->count == 0)
        return fail(p->form.why, ERR_INVALID,
                    "illegal_argument_exception: query malformed, empty clause found at [%u:%u]",
                    v->line, v->column);
    if (v->count > 1)
        return form_refuse(&p->form, &v->items[1], "parsing_exception",
                           "[%.*s] malformed query, expected [END_OBJECT] but found [FIELD_NAME]",
                           SLICE_PRINT(v->keys[0]));
    if (p->depth == LIMIT_QUERY_DEPTH)
        return fail(p->form.why, ERR_INVALID,
                    "illegal_argument_exception: The nested depth of the query exceeds the maximum "
                    "nested depth for queries, which is [%d]",
                    LIMIT_QUERY_DEPTH);
    struct query *q = ARENA_NEW(p->form.request, struct query);
    q->boost = 1;
    const char *outer = p->form.thing;
    p->depth++;
    enum err e = parse_kind(p, v->keys[0], &v->items[0], q);
    p->depth--;
    p->form.thing = outer;
    if (!e)
        *out = q;
    return e;
}

enum err query_common(struct query_parser *p, struct slice key, const struct json *v,
                      struct query *out, bool *out_known)
{
    *out_known = true;
    if (slice_is(key, "_name"))
        return form_text(&p->form, key, v, &out->name);
    if (!slice_is(key, "boost")) {
        *out_known = false;
        return OK;
    }
    double boost = 0;
    enum err e = form_f64(&p->form, key, v, &boost);
    if (e)
        return e;
    if (boost < 0)
        return fail(p->form.why, ERR_INVALID,
                    "illegal_argument_exception: negative [boost] are not allowed in [%s], use a "
                    "value between 0 and 1 to deboost",
                    p->form.thing);
    out->boost = boost;
    return OK;
}

enum err form_query(const struct form *f, const struct json *v, const struct query **out)
{
    struct query_parser p = {.form = *f};
    p.form.thing = "query";
    return query_inner(&p, v, out);
}

enum err query_parse(const struct json *v, struct arena *request, const struct query **out,
                     struct fault *why)
{
    uint32_t clauses = FORM_CLAUSES_MAX;
    struct form f = {.request = request, .why = why, .clauses_left = &clauses};
    return form_query(&f, v, out);
}
