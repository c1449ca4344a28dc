// SPDX-License-Identifier: Apache-2.0
#include "api/search_call.h"
#include "base/world.h"

// Scrolls and points in time, in Elasticsearch's words and in OpenSearch's.

enum { IDS_MAX = CURSORS_OF_ONE_MAX };

static enum err invalid(const char *words, struct fault *why)
{
    return fail(why, ERR_INVALID, "action_request_validation_exception: Validation Failed: 1: %s;",
                words);
}

static enum err read_object(struct exchange *x, const struct json **out, struct fault *why)
{
    enum err e = exchange_body(x, out, why);
    if (e == OK && *out && (*out)->type != JSON_OBJECT)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: Malformed content, must start with an object");
    return e;
}

static enum err unknown(struct slice key, const struct json *v, struct fault *why)
{
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: Unknown parameter [%.*s] in request body or parameter "
                "is of the wrong type[%s]",
                key.len > 64 ? 64 : (int)key.len, (const char *)key.at, json_token_name(v));
}

// ---- the next page ----

struct page_wish {
    struct slice id, keep; // len 0: not given
};

static enum err read_page(struct exchange *x, struct page_wish *out, struct fault *why)
{
    const struct json *body = NULL;
    const struct slice *id = parameter_get(&x->parameters, "scroll_id");
    const struct slice *keep = parameter_get(&x->parameters, "scroll");
    *out = (struct page_wish){id ? *id : exchange_path(x, 0), keep ? *keep : slice_of(NULL, 0)};
    enum err e = read_object(x, &body, why);
    for (uint32_t i = 0; e == OK && body && i < body->count; i++) {
        const struct json *v = &body->items[i];
        struct slice *to = slice_is(body->keys[i], "scroll_id") ? &out->id
                           : slice_is(body->keys[i], "scroll")  ? &out->keep
                                                                : NULL;
        if (!to || v->type != JSON_STRING)
            return unknown(body->keys[i], v, why);
        *to = v->text;
    }
    return e == OK && out->id.len == 0 ? invalid("scrollId is missing", why) : e;
}

static enum err page(struct exchange *x, struct fault *why)
{
    struct page_wish wish;
    struct search_call c = {0};
    enum err e = read_page(x, &wish, why);
    if (e != OK)
        return e;
    struct cursor_ask ask = {.kind = CURSOR_SCROLL, .id = wish.id, .who = &x->who};
    if (wish.keep.len)
        e = cursor_keep("scroll", wish.keep, &ask.keep_ms, why);
    if (e == OK)
        e = search_call_page(x, &ask, &c, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    e = search_call_render(x, &c, exchange_took_ms(x), why);
    json_end(&x->json);
    return e;
}

// ---- closing ----

struct ids {
    struct slice at[IDS_MAX];
    uint32_t count;
};

static enum err add_id(struct ids *ids, struct slice id, struct fault *why)
{
    if (ids->count == IDS_MAX)
        return fail(why, ERR_INVALID, "illegal_argument_exception: more than [%d] ids", IDS_MAX);
    if (id.len == 0)
        return fail(why, ERR_INVALID, "illegal_argument_exception: an id is empty");
    ids->at[ids->count++] = id;
    return OK;
}

static enum err add_comma_list(struct ids *ids, struct slice list, struct fault *why)
{
    enum err e = OK;
    while (e == OK && list.len) {
        const uint8_t *comma = memchr(list.at, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.at) : list.len;
        e = add_id(ids, slice_of(list.at, len), why);
        list = slice_from(list, comma ? len + 1 : len);
    }
    return e;
}

// One id, or an array of them.
static enum err add_ids(struct ids *ids, struct slice key, const struct json *v, struct fault *why)
{
    if (v->type == JSON_STRING)
        return add_id(ids, v->text, why);
    enum err e = v->type == JSON_ARRAY ? OK : unknown(key, v, why);
    for (uint32_t i = 0; e == OK && i < v->count; i++)
        e = v->items[i].type == JSON_STRING ? add_id(ids, v->items[i].text, why)
                                            : unknown(key, &v->items[i], why);
    return e;
}

static enum err read_ids(struct exchange *x, const char *name, struct ids *out, struct fault *why)
{
    const struct json *body = NULL;
    out->count = 0;
    const struct slice *listed = parameter_get(&x->parameters, name);
    enum err e = add_comma_list(out, listed ? *listed : exchange_path(x, 0), why);
    if (e == OK)
        e = read_object(x, &body, why);
    for (uint32_t i = 0; e == OK && body && i < body->count; i++)
        e = slice_is(body->keys[i], name) ? add_ids(out, body->keys[i], &body->items[i], why)
                                          : unknown(body->keys[i], &body->items[i], why);
    return e;
}

static enum err write_freed(struct exchange *x, uint32_t freed)
{
    x->reply->status = freed ? 200 : 404;
    json_object(&x->json);
    json_key(&x->json, "succeeded");
    json_truth(&x->json, true);
    json_key(&x->json, "num_freed");
    json_uint(&x->json, freed);
    json_end(&x->json);
    return OK;
}

static uint32_t close_ids(struct exchange *x, enum cursor_kind kind, const struct ids *ids)
{
    uint32_t freed = 0;
    if (ids->count == 1 && slice_is(ids->at[0], "_all"))
        return cursors_close_all(x->api->cursors, kind, &x->who);
    for (uint32_t i = 0; i < ids->count; i++)
        freed += cursor_close(x->api->cursors, kind, ids->at[i], &x->who);
    return freed;
}

static enum err close_scrolls(struct exchange *x, struct fault *why)
{
    struct ids ids;
    enum err e = read_ids(x, "scroll_id", &ids, why);
    if (e == OK && ids.count == 0)
        e = invalid("no scroll ids specified", why);
    return e ? e : write_freed(x, close_ids(x, CURSOR_SCROLL, &ids));
}

static enum err close_pit(struct exchange *x, struct fault *why)
{
    struct ids ids;
    enum err e = read_ids(x, "id", &ids, why);
    if (e == OK && ids.count == 0)
        e = invalid("point in time id is missing", why);
    return e ? e : write_freed(x, close_ids(x, CURSOR_PIT, &ids));
}

// ---- points in time ----

static enum err open_it(struct exchange *x, struct slice *out_id, int64_t *out_ms,
                        struct index_list *out_tables, struct fault *why)
{
    const struct slice *keep = parameter_get(&x->parameters, "keep_alive");
    struct search_call c = {.request = {.size = 1}}; // rows are to be read in it
    struct cursor_wish wish = {.kind = CURSOR_PIT, .who = &x->who};
    if (!keep)
        return invalid("keep alive not specified", why);
    enum err e = cursor_keep("keep_alive", *keep, &wish.keep_ms, why);
    if (e == OK)
        e = index_wish_make(exchange_path(x, 0), &x->parameters, &wish.wish, why);
    if (e == OK)
        e = search_call_tables(x, &wish.wish, x->arena, &c, why);
    wish.permit = c.permit;
    wish.tables = c.tables;
    struct cursor *pit = NULL;
    if (e == OK)
        e = cursor_open(x->api->cursors, &wish, monotonic_us(), &pit, why);
    if (e != OK)
        return e;
    record_tables(x, &c.tables);
    *out_id = arena_copy(x->arena, slice_text(pit->id));
    *out_ms = pit->opened_ms;
    *out_tables = wish.tables;
    cursor_give(x->api->cursors, pit);
    return OK;
}

static enum err open_as(struct exchange *x, const char *name, bool tells_time, struct fault *why)
{
    struct slice id = {0};
    int64_t opened_ms = 0;
    struct index_list tables = {0};
    enum err e = open_it(x, &id, &opened_ms, &tables, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    json_key(&x->json, name);
    json_string(&x->json, id);
    render_shards(&x->json, tables.count);
    if (tells_time) {
        json_key(&x->json, "creation_time");
        json_int(&x->json, opened_ms);
    }
    json_end(&x->json);
    return OK;
}

static enum err open_pit(struct exchange *x, struct fault *why)
{
    return open_as(x, "id", false, why);
}

static enum err open_point_in_time(struct exchange *x, struct fault *why)
{
    return open_as(x, "pit_id", true, why);
}

static void write_closed(struct exchange *x, struct slice id, bool was_there)
{
    json_object(&x->json);
    json_key(&x->json, "successful");
    json_truth(&x->json, was_there);
    json_key(&x->json, "pit_id");
    json_string(&x->json, id);
    json_end(&x->json);
}

static enum err close_points_in_time(struct exchange *x, struct fault *why)
{
    struct ids ids;
    enum err e = read_ids(x, "pit_id", &ids, why);
    if (e == OK && ids.count == 0)
        e = invalid("no pit ids specified", why);
    if (e != OK)
        return e;
    json_object(&x->json);
    json_key(&x->json, "pits");
    json_array(&x->json);
    for (uint32_t i = 0; i < ids.count; i++)
        write_closed(x, ids.at[i], cursor_close(x->api->cursors, CURSOR_PIT, ids.at[i], &x->who));
    json_end(&x->json);
    json_end(&x->json);
    return OK;
}

static void write_open(void *context, const struct cursor *c)
{
    struct json_writer *w = context;
    json_object(w);
    json_key(w, "pit_id");
    json_text(w, c->id);
    json_key(w, "creation_time");
    json_int(w, c->opened_ms);
    json_key(w, "keep_alive");
    json_int(w, c->keep_ms);
    json_end(w);
}

static void gather_id(void *context, const struct cursor *c)
{
    struct buf *ids = context;
    buf_bytes(ids, c->id, CURSOR_ID_CHARS);
}

static enum err list_points_in_time(struct exchange *x, struct fault *why)
{
    (void)why;
    json_object(&x->json);
    json_key(&x->json, "pits");
    json_array(&x->json);
    cursors_list(x->api->cursors, CURSOR_PIT, &x->who, write_open, &x->json);
    json_end(&x->json);
    json_end(&x->json);
    return OK;
}

static enum err close_all_points_in_time(struct exchange *x, struct fault *why)
{
    (void)why;
    struct buf ids AUTO(buf_donep) = buf_init((size_t)CURSORS_MAX * CURSOR_ID_CHARS);
    cursors_list(x->api->cursors, CURSOR_PIT, &x->who, gather_id, &ids);
    json_object(&x->json);
    json_key(&x->json, "pits");
    json_array(&x->json);
    for (size_t at = 0; at < ids.len; at += CURSOR_ID_CHARS) {
        struct slice id = slice_of(ids.at + at, CURSOR_ID_CHARS);
        write_closed(x, id, cursor_close(x->api->cursors, CURSOR_PIT, id, &x->who));
    }
    json_end(&x->json);
    json_end(&x->json);
    return OK;
}

static const struct route routes[] = {
    {METHOD_GET | METHOD_POST, ACTION_READ, "/_search/scroll", page, "scroll scroll_id",
     "the next page"},
    {METHOD_GET | METHOD_POST, ACTION_READ, "/_search/scroll/{id}", page, "scroll scroll_id", ""},
    {METHOD_DELETE, ACTION_READ, "/_search/scroll", close_scrolls, "scroll_id", ""},
    {METHOD_DELETE, ACTION_READ, "/_search/scroll/{id}", close_scrolls, "scroll_id",
     "`_all`: those of the caller"},
    {METHOD_POST, ACTION_READ, "/{index}/_pit", open_pit, "keep_alive",
     "then `pit` in the body of `/_search`"},
    {METHOD_DELETE, ACTION_READ, "/_pit", close_pit, "", ""},
    {METHOD_POST, ACTION_READ, "/{index}/_search/point_in_time", open_point_in_time,
     "keep_alive allow_partial_pit_creation", "as OpenSearch has it"},
    {METHOD_DELETE, ACTION_READ, "/_search/point_in_time", close_points_in_time, "", ""},
    {METHOD_DELETE, ACTION_READ, "/_search/point_in_time/_all", close_all_points_in_time, "",
     "those of the caller"},
    {METHOD_GET, ACTION_READ, "/_search/point_in_time/_all", list_points_in_time, "",
     "those of the caller"},
};

const struct route_group scroll_routes = ROUTE_GROUP("Scrolls and points in time", routes);
