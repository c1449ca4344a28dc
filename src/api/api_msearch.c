// SPDX-License-Identifier: Apache-2.0
#include "api/list.h"
#include "api/search_call.h"
#include "base/limits.h"
#include "base/world.h"

// Body: pairs of lines, {header}\n{search}\n.  All are read before the first runs, as one
// bad line fails the request; each runs in an arena of its own, so that a thousand of
// them need no more memory at once than one.

struct entry {
    struct slice header, body;
};

struct entries {
    uint32_t count;
    struct entry *at;
};

static struct slice next_line(struct slice *rest)
{
    const uint8_t *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->at) : rest->len;
    struct slice line = slice_of(rest->at, len);
    *rest = slice_from(*rest, len + 1);
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

static bool is_blank(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] != ' ' && s.at[i] != '\n' && s.at[i] != '\r' && s.at[i] != '\t')
            return false;
    }
    return true;
}

static enum err split(struct exchange *x, struct entries *out, struct fault *why)
{
    struct slice rest = x->request->body;
    if (is_blank(rest))
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: no requests "
                    "added;");
    if (rest.at[rest.len - 1] != '\n')
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: The msearch request must be terminated by a "
                    "newline [\\n]");
    out->at = ARENA_ARRAY(x->arena, struct entry, LIMIT_MSEARCH);
    while (!is_blank(rest)) {
        if (out->count == LIMIT_MSEARCH)
            return fail(why, ERR_LIMIT,
                        "illegal_argument_exception: more than %d searches in one request",
                        LIMIT_MSEARCH);
        struct entry *e = &out->at[out->count++];
        e->header = next_line(&rest);
        e->body = next_line(&rest);
        if (e->header.len > SEARCH_BODY_BYTES || e->body.len > SEARCH_BODY_BYTES)
            return fail(why, ERR_LIMIT,
                        "illegal_argument_exception: a line is longer than %d bytes",
                        SEARCH_BODY_BYTES);
    }
    return OK;
}

static enum err parse_line(struct slice line, struct arena *arena, const struct json **out,
                           struct fault *why)
{
    *out = NULL;
    if (is_blank(line))
        return OK;
    if (json_parse(line, arena, out, why) != OK)
        return fail_in(why, ERR_INVALID, "x_content_parse_exception");
    return OK;
}

// "index": "a,b" or ["a","b"].
static enum err read_index(const struct json *v, struct arena *arena, struct slice *out,
                           struct fault *why)
{
    if (v->type == JSON_STRING) {
        *out = v->text;
        return OK;
    }
    struct buf joined = buf_init(SEARCH_BODY_BYTES);
    for (uint32_t i = 0; v->type == JSON_ARRAY && i < v->count; i++) {
        if (v->items[i].type == JSON_STRING)
            buf_print(&joined, "%s%.*s", joined.len ? "," : "", SLICE_PRINT(v->items[i].text));
    }
    *out = arena_copy(arena, buf_slice(&joined));
    buf_done(&joined);
    if (v->type != JSON_ARRAY)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [index] is a string or an array of strings, "
                    "not %s",
                    json_type_name(v->type));
    return OK;
}

static bool is_harmless(struct slice key)
{
    static const char *const keys[] = {"search_type",
                                       "preference",
                                       "routing",
                                       "ignore_throttled",
                                       "ccs_minimize_roundtrips",
                                       "allow_partial_search_results",
                                       "max_concurrent_shard_requests",
                                       "type",
                                       "types"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (slice_is(key, keys[i]))
            return true;
    }
    return false;
}

// The header's words on indices, as parameters so that one reader serves both.
// NOLINTNEXTLINE(readability-function-size): six, and the fault that explains.
static enum err read_header_member(struct slice key, const struct json *v, struct arena *arena,
                                   struct search_call *c, struct index_wish *wish,
                                   struct fault *why)
{
    if (slice_is(key, "index") || slice_is(key, "indices"))
        return read_index(v, arena, &wish->expression, why);
    if (slice_is(key, "ignore_unavailable"))
        return json_bool(v, &wish->ignore_unavailable, why);
    if (slice_is(key, "allow_no_indices"))
        return json_bool(v, &wish->allow_no_indices, why);
    if (slice_is(key, "request_cache")) {
        bool wanted = true;
        enum err e = json_bool(v, &wanted, why);
        c->reuse.is_refused = !wanted;
        return e;
    }
    if (slice_is(key, "expand_wildcards")) {
        struct slice list;
        enum err e = read_index(v, arena, &list, why);
        if (e != OK)
            return e;
        const struct parameter p = {slice_text("expand_wildcards"), list};
        const struct parameters one = {1, &p};
        struct index_wish expanded;
        e = index_wish_make(wish->expression, &one, &expanded, why);
        wish->wildcards_match = e == OK && expanded.wildcards_match;
        return e;
    }
    if (is_harmless(key))
        return OK;
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: key [%.*s] is not supported in the metadata section",
                key.len > 64 ? 64 : (int)key.len, (const char *)key.at);
}

static enum err read_header(struct exchange *x, struct slice line, struct arena *arena,
                            struct search_call *c, struct index_wish *wish, struct fault *why)
{
    const struct json *header = NULL;
    enum err e = index_wish_make(exchange_path(x, 0), &x->parameters, wish, why);
    if (e == OK)
        e = parse_line(line, arena, &header, why);
    if (e != OK || !header)
        return e;
    if (header->type != JSON_OBJECT)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: a header line is an object, not %s",
                    json_type_name(header->type));
    for (uint32_t i = 0; e == OK && i < header->count; i++)
        e = read_header_member(header->keys[i], &header->items[i], arena, c, wish, why);
    return e;
}

static enum err read_entry(struct exchange *x, const struct entry *entry, struct arena *arena,
                           struct search_call *c, struct index_wish *wish, struct fault *why)
{
    const struct json *body = NULL;
    c->body = entry->body;
    enum err e = read_header(x, entry->header, arena, c, wish, why);
    if (e == OK)
        e = parse_line(entry->body, arena, &body, why);
    if (e == OK)
        e = request_parse(body, arena, &c->request, why);
    if (e == OK)
        e = parameter_truth(&x->parameters, "typed_keys", &c->typed_keys, why);
    if (e == OK)
        e = parameter_truth(&x->parameters, "rest_total_hits_as_int", &c->total_as_int, why);
    return e;
}

static enum err check_all(struct exchange *x, const struct entries *all, struct fault *why)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(LIMIT_REQUEST_ARENA_BYTES);
    for (uint32_t i = 0; i < all->count; i++) {
        struct search_call c = {0};
        struct index_wish wish;
        enum err e = read_entry(x, &all->at[i], scratch, &c, &wish, why);
        if (e != OK)
            return e;
        arena_reset(scratch);
    }
    return OK;
}

// Like a member of the reply, but one that can be taken back.
struct mark {
    struct json_writer json;
    size_t len;
};

static struct mark mark_here(const struct exchange *x)
{
    return (struct mark){x->json, x->reply->body.len};
}

static void back_to(struct exchange *x, const struct mark *m)
{
    x->json = m->json;
    x->reply->body.len = m->len;
}

// A failing search fails alone.
static enum err answer_entry(struct exchange *x, const struct entry *entry, struct arena *arena,
                             struct fault *why)
{
    int64_t started_us = monotonic_us();
    struct search_call c = {0};
    struct index_wish wish;
    enum err e = read_entry(x, entry, arena, &c, &wish, why);
    if (e != OK)
        return e;
    const struct mark before = mark_here(x);
    e = search_call_run(x, &wish, arena, &c, why);
    json_object(&x->json);
    if (e == OK)
        e = search_call_render(x, &c, (monotonic_us() - started_us) / 1000, why);
    if (e == OK) {
        json_key(&x->json, "status");
        json_int(&x->json, 200);
    } else {
        back_to(x, &before);
        json_object(&x->json);
        search_call_write_error(x, &c, e, why);
    }
    json_end(&x->json);
    return OK;
}

static enum err msearch(struct exchange *x, struct fault *why)
{
    struct entries all = {0};
    enum err e = split(x, &all, why);
    if (e == OK)
        e = check_all(x, &all, why);
    if (e != OK)
        return e;
    struct arena *each AUTO(arena_freep) = arena_new(LIMIT_REQUEST_ARENA_BYTES);
    json_object(&x->json);
    json_key(&x->json, "responses");
    json_array(&x->json);
    for (uint32_t i = 0; e == OK && i < all.count; i++) {
        e = answer_entry(x, &all.at[i], each, why);
        arena_reset(each);
    }
    json_end(&x->json);
    json_key(&x->json, "took");
    json_int(&x->json, exchange_took_ms(x));
    json_end(&x->json);
    return e;
}

static const struct route routes[] = {
    {METHOD_GET | METHOD_POST, ACTION_AGGREGATE, "/_msearch", msearch, "", ""},
    {METHOD_GET | METHOD_POST, ACTION_AGGREGATE, "/{index}/_msearch", msearch, "", ""},
};

const struct route_group msearch_routes = ROUTE_GROUP("Many searches", routes);
