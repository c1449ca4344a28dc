// SPDX-License-Identifier: Apache-2.0
#include "api/search_call.h"

static enum err read_request(struct exchange *x, struct search_call *c, struct index_wish *wish,
                             struct fault *why)
{
    const struct json *body = NULL;
    enum err e = exchange_body(x, &body, why);
    c->body = x->request->body;
    if (e == OK)
        e = request_parse(body, x->arena, &c->request, why);
    if (e == OK)
        e = search_call_url(x, &x->parameters, c, why);
    if (e == OK)
        e = index_wish_make(exchange_path(x, 0), &x->parameters, wish, why);
    return e;
}

// A failure while searching is told with the shards' wrapping; all others as they come.
static enum err tell_failure(struct exchange *x, const struct search_call *c, enum err e,
                             struct fault *why)
{
    if (e == OK || c->tables.count == 0)
        return e;
    json_object(&x->json);
    x->reply->status = search_call_write_error(x, c, e, why);
    json_end(&x->json);
    return OK;
}

static enum err search(struct exchange *x, struct fault *why)
{
    struct search_call c = {.takes_scroll = true};
    struct index_wish wish;
    enum err e = read_request(x, &c, &wish, why);
    if (e != OK)
        return e;
    e = search_call_run(x, &wish, x->arena, &c, why);
    if (e != OK)
        return tell_failure(x, &c, e, why);
    json_object(&x->json);
    e = search_call_render(x, &c, exchange_took_ms(x), why);
    json_end(&x->json);
    return e;
}

// A count takes a query and nothing else.
static enum err only_query(struct exchange *x, struct fault *why)
{
    const struct json *body = NULL;
    enum err e = exchange_body(x, &body, why);
    for (uint32_t i = 0; e == OK && body && body->type == JSON_OBJECT && i < body->count; i++) {
        const struct json *v = &body->items[i];
        if (!slice_is(body->keys[i], "query"))
            return fail(why, ERR_INVALID,
                        "parsing_exception: [%u:%u] request does not support [%.*s]", v->line,
                        v->column, SLICE_PRINT(body->keys[i]));
    }
    return e;
}

static enum err count(struct exchange *x, struct fault *why)
{
    struct search_call c = {0};
    struct index_wish wish;
    enum err e = only_query(x, why);
    if (e == OK)
        e = read_request(x, &c, &wish, why);
    if (e != OK)
        return e;
    c.request.size = 0;
    c.request.from = 0;
    c.request.agg_count = 0;
    c.request.track_total_hits = -1;
    c.request.track_total_hits_given = true;
    c.request.total_is_off = false;
    c.reuse.is_off = true; // a count is written differently
    e = search_call_run(x, &wish, x->arena, &c, why);
    if (e != OK)
        return tell_failure(x, &c, e, why);
    json_object(&x->json);
    json_key(&x->json, "count");
    json_uint(&x->json, c.answer.total);
    render_shards(&x->json, c.answer.index_count);
    json_end(&x->json);
    return OK;
}

static const struct route routes[] = {
    {METHOD_GET | METHOD_POST, ACTION_AGGREGATE, "/_search", search, NULL,
     "with `size` above 0 the caller must be allowed to read rows"},
    {METHOD_GET | METHOD_POST, ACTION_AGGREGATE, "/{index}/_search", search, NULL, ""},
    {METHOD_GET | METHOD_POST, ACTION_AGGREGATE, "/_count", count, NULL, ""},
    {METHOD_GET | METHOD_POST, ACTION_AGGREGATE, "/{index}/_count", count, NULL, ""},
};

const struct route_group search_routes = ROUTE_GROUP("Search", routes);
