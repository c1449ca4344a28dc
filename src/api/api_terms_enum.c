// SPDX-License-Identifier: Apache-2.0
// _terms_enum and _validate/query: what a person who is writing a query asks for.  Both are
// searches without rows, so permits, filters of rows and floors hold as for any other.
#include "api/search_call.h"

enum { TERMS_DEFAULT = 10, TERMS_MAX = 10000 };

struct terms_wish {
    struct slice field, string;
    int64_t size;
    bool ignores_case;
    const struct query *filter; // NULL: none
};

static enum err unknown(const struct json *v, const char *thing, struct slice key,
                        struct fault *why)
{
    return fail(why, ERR_INVALID, "x_content_parse_exception: [%u:%u] [%s] unknown field [%.*s]",
                v->line, v->column, thing, SLICE_PRINT(key));
}

static enum err take_text(const struct json *v, struct slice key, struct slice *out,
                          struct fault *why)
{
    *out = v->text;
    if (v->type == JSON_STRING)
        return OK;
    return fail(why, ERR_INVALID,
                "x_content_parse_exception: [%u:%u] [terms_enum] %.*s doesn't support values of "
                "type: %s",
                v->line, v->column, SLICE_PRINT(key), json_token_name(v));
}

static enum err take_size(const struct json *v, int64_t *out, struct fault *why)
{
    enum err e = json_i64(v, out, why);
    if (!e && (*out < 1 || *out > TERMS_MAX))
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: [size] must be "
                    "from 1 to %d;",
                    TERMS_MAX);
    return e;
}

static enum err take_wish(struct exchange *x, struct slice key, const struct json *v,
                          struct terms_wish *out, struct fault *why)
{
    struct slice ignored;
    if (slice_is(key, "field"))
        return take_text(v, key, &out->field, why);
    if (slice_is(key, "string"))
        return take_text(v, key, &out->string, why);
    if (slice_is(key, "timeout"))
        return take_text(v, key, &ignored, why);
    if (slice_is(key, "size"))
        return take_size(v, &out->size, why);
    if (slice_is(key, "case_insensitive"))
        return json_bool(v, &out->ignores_case, why);
    if (slice_is(key, "index_filter"))
        return query_parse(v, x->arena, &out->filter, why);
    return unknown(v, "terms_enum", key, why);
}

static enum err read_wish(struct exchange *x, struct terms_wish *out, struct fault *why)
{
    const struct json *body = NULL;
    *out = (struct terms_wish){.size = TERMS_DEFAULT};
    enum err e = exchange_body(x, &body, why);
    for (uint32_t i = 0; !e && body && body->type == JSON_OBJECT && i < body->count; i++)
        e = take_wish(x, body->keys[i], &body->items[i], out, why);
    if (!e && out->field.len == 0)
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: field cannot be "
                    "null;");
    return e;
}

// The rows whose field begins so, within the filter.
static const struct query *prefix_query(struct exchange *x, const struct terms_wish *wish)
{
    const struct query **parts = ARENA_ARRAY(x->arena, const struct query *, 2);
    struct query *all = ARENA_NEW(x->arena, struct query);
    struct query *prefix = ARENA_NEW(x->arena, struct query);
    uint32_t count = 0;
    *prefix = (struct query){.kind = QUERY_PATTERN,
                             .boost = 1,
                             .pattern = {.field = wish->field,
                                         .kind = PATTERN_PREFIX,
                                         .text = wish->string,
                                         .ignores_case = wish->ignores_case,
                                         .is_lenient = true}};
    if (wish->string.len > 0)
        parts[count++] = prefix;
    if (wish->filter)
        parts[count++] = wish->filter;
    *all = (struct query){.kind = count ? QUERY_BOOL : QUERY_MATCH_ALL, .boost = 1};
    all->bool_.filter = parts;
    all->bool_.filter_count = count;
    return all;
}

static struct request terms_request(struct exchange *x, const struct terms_wish *wish)
{
    struct agg *terms = ARENA_NEW(x->arena, struct agg);
    struct agg_order *by_key = ARENA_NEW(x->arena, struct agg_order);
    *by_key = (struct agg_order){.by = ORDER_KEY, .ascending = true};
    *terms = (struct agg){.name = slice_text("terms"),
                          .kind = AGG_TERMS,
                          .type_name = "terms",
                          .field = wish->field,
                          .size = (uint32_t)wish->size,
                          .min_doc_count = 1,
                          .orders = by_key,
                          .order_count = 1};
    return (struct request){.query = prefix_query(x, wish), .aggs = terms, .agg_count = 1};
}

static void write_terms(struct exchange *x, const struct answer *a)
{
    json_object(&x->json);
    render_shards(&x->json, a->index_count);
    json_key(&x->json, "terms");
    json_array(&x->json);
    for (uint32_t i = 0; i < a->aggs[0].bucket_count; i++)
        if (a->aggs[0].buckets[i].key.type == VALUE_TEXT) // of numbers there are none
            json_string(&x->json, a->aggs[0].buckets[i].key.text);
    json_end(&x->json);
    json_key(&x->json, "complete");
    json_truth(&x->json, true);
    json_end(&x->json);
}

static enum err terms_enum(struct exchange *x, struct fault *why)
{
    struct search_call c = {.body = x->request->body, .reuse = {.is_off = true}};
    struct index_wish indices;
    struct terms_wish wish;
    enum err e = read_wish(x, &wish, why);
    if (!e)
        e = index_wish_make(exchange_path(x, 0), &x->parameters, &indices, why);
    if (e)
        return e;
    c.request = terms_request(x, &wish);
    e = search_call_run(x, &indices, x->arena, &c, why);
    if (!e)
        write_terms(x, &c.answer);
    return e;
}

// ---- _validate/query ----

static enum err read_query(struct exchange *x, struct request *out, struct fault *why)
{
    const struct json *body = NULL;
    enum err e = exchange_body(x, &body, why);
    for (uint32_t i = 0; !e && body && body->type == JSON_OBJECT && i < body->count; i++)
        if (!slice_is(body->keys[i], "query"))
            return fail(why, ERR_INVALID,
                        "parsing_exception: [%u:%u] request does not support [%.*s]",
                        body->items[i].line, body->items[i].column, SLICE_PRINT(body->keys[i]));
    if (!e)
        e = request_parse(body, x->arena, out, why);
    const struct slice *q = parameter_get(&x->parameters, "q");
    bool known = false;
    if (!e && q)
        e = request_parameter(out, slice_text("q"), *q, x->arena, &known, why);
    return e;
}

static void write_valid(struct exchange *x, const struct search_call *c, enum err e, bool explains,
                        const struct fault *why)
{
    json_object(&x->json);
    render_shards(&x->json, c->tables.count ? c->tables.count : 1);
    json_key(&x->json, "valid");
    json_truth(&x->json, e == OK);
    if (e && explains) {
        json_key(&x->json, "error");
        json_text(&x->json, why->words);
    }
    json_end(&x->json);
}

// Only what is wrong with the query makes it invalid; who may not ask is told so.
static enum err validate(struct exchange *x, struct fault *why)
{
    struct search_call c = {.body = x->request->body, .reuse = {.is_off = true}};
    struct index_wish indices;
    struct fault wrong = {0};
    bool explains = false;
    enum err e = parameter_truth(&x->parameters, "explain", &explains, why);
    if (!e)
        e = index_wish_make(exchange_path(x, 0), &x->parameters, &indices, why);
    if (e)
        return e;
    e = read_query(x, &c.request, &wrong);
    c.request.size = 0;
    c.request.from = 0;
    if (!e)
        e = search_call_run(x, &indices, x->arena, &c, &wrong);
    if (e && e != ERR_INVALID) {
        *why = wrong;
        return e;
    }
    write_valid(x, &c, e, explains, &wrong);
    return OK;
}

static const struct route routes[] = {
    {METHOD_GET | METHOD_POST, ACTION_AGGREGATE, "/{index}/_terms_enum", terms_enum, "",
     "of keywords; a role with a floor may give no `string`"},
    {METHOD_GET | METHOD_POST, ACTION_AGGREGATE, "/_validate/query", validate,
     "q df analyzer analyze_wildcard default_operator lenient explain rewrite all_shards",
     "the query is asked without rows"},
    {METHOD_GET | METHOD_POST, ACTION_AGGREGATE, "/{index}/_validate/query", validate,
     "q df analyzer analyze_wildcard default_operator lenient explain rewrite all_shards", ""},
};

const struct route_group terms_enum_routes = ROUTE_GROUP("While a query is being written", routes);
