// SPDX-License-Identifier: Apache-2.0
#include "api/api_push.h"
#include "api/search_call.h"

// _delete_by_query and _update_by_query: rows that a query finds, deleted or written anew batch by
// batch, as a client would with _bulk.
//
// Whoever asks must be allowed to read rows as well as to write: how many rows went tells how
// many there were.  Rows that a filter hides from him are not found, and stay.

enum { BATCH_ROWS = 10000, ACTIONS_BYTES = BATCH_ROWS * 96, BATCH_ARENA_BYTES = 64 << 20 };

struct by_query {
    const struct json *query; // NULL: match_all
    uint64_t rows_max;
    uint32_t batch;
    uint16_t table;
    struct slice index;
    bool updates;
    // Rows are found in the order of their numbers, and one that is written gets a new number: from
    // the first of these on there is nothing left to do.
    uint64_t first_new;
    uint64_t found, done, gone, batches; // gone: somebody else was faster
};

static void drop_answer(struct push_answer **a)
{
    push_answer_free(*a);
}

static enum err whole_number(const char *name, int64_t v, int64_t max, struct fault *why)
{
    return v >= 1 && v <= max
               ? OK
               : fail(why, ERR_INVALID,
                      "illegal_argument_exception: [%s] must be from 1 to %lld, got %lld", name,
                      (long long)max, (long long)v);
}

static enum err read_member(struct by_query *b, struct slice key, const struct json *v,
                            struct fault *why)
{
    if (slice_is(key, "query")) {
        b->query = v;
        return OK;
    }
    if (b->updates && slice_is(key, "script"))
        return fail(why, ERR_INVALID, "illegal_argument_exception: there are no scripts");
    if (slice_is(key, "conflicts"))
        return OK; // each batch is found anew, so there are none
    if (!slice_is(key, "max_docs"))
        return fail(why, ERR_INVALID, "parsing_exception: [%u:%u] request does not support [%.*s]",
                    v->line, v->column, SLICE_PRINT(key));
    int64_t rows = 0;
    enum err e = json_i64(v, &rows, why);
    if (e == OK)
        e = whole_number("max_docs", rows, INT64_MAX, why);
    b->rows_max = (uint64_t)rows;
    return e;
}

static enum err read_body(struct exchange *x, struct by_query *b, struct fault *why)
{
    const struct json *body = NULL;
    enum err e = exchange_body(x, &body, why);
    if (e == OK && body && body->type != JSON_OBJECT)
        return fail(why, ERR_INVALID, "parsing_exception: expected an object, found %s",
                    json_type_name(body->type));
    for (uint32_t i = 0; e == OK && body && i < body->count; i++)
        e = read_member(b, body->keys[i], &body->items[i], why);
    if (e == OK && !b->updates && !b->query && !parameter_get(&x->parameters, "q"))
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: query is missing;");
    return e;
}

static enum err read_number(const struct exchange *x, const char *name, int64_t max, int64_t *out,
                            struct fault *why)
{
    const struct slice *text = parameter_get(&x->parameters, name);
    if (!text)
        return OK;
    const struct json v = {.type = JSON_STRING, .text = *text};
    enum err e = json_i64(&v, out, why);
    return e == OK ? whole_number(name, *out, max, why) : e;
}

static enum err read_parameters(const struct exchange *x, struct by_query *b, struct fault *why)
{
    int64_t batch = BATCH_ROWS;
    bool waits = true;
    int64_t rows = (int64_t)(b->rows_max < INT64_MAX ? b->rows_max : INT64_MAX);
    enum err e = read_number(x, "scroll_size", BATCH_ROWS, &batch, why);
    if (e == OK)
        e = read_number(x, "max_docs", INT64_MAX, &rows, why);
    if (e == OK)
        e = parameter_truth(&x->parameters, "wait_for_completion", &waits, why);
    if (e == OK && !waits)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [wait_for_completion=false] is not supported: "
                    "there are no tasks");
    b->batch = (uint32_t)batch;
    b->rows_max = (uint64_t)rows;
    return e;
}

// The URL's part of the query, as _search reads it; more parameters of _search are not taken.
static enum err read_url_query(const struct exchange *x, struct arena *arena, struct request *r,
                               struct fault *why)
{
    static const char *const names[] = {"q",        "df",      "default_operator",
                                        "analyzer", "lenient", "analyze_wildcard"};
    enum err e = OK;
    for (size_t i = 0; e == OK && i < sizeof names / sizeof *names; i++) {
        const struct slice *value = parameter_get(&x->parameters, names[i]);
        bool known = false;
        if (value)
            e = request_parameter(r, slice_text(names[i]), *value, arena, &known, why);
    }
    return e;
}

// The next rows, without what is in them.
static enum err find(struct exchange *x, const struct by_query *b, struct arena *arena,
                     struct search_call *c, struct fault *why)
{
    const struct slice key = slice_text("query");
    const struct json body = {
        .type = JSON_OBJECT, .count = b->query != NULL, .items = b->query, .keys = &key};
    struct index_wish wish = {.expression = b->index};
    enum err e = request_parse(&body, arena, &c->request, why);
    if (e == OK)
        e = read_url_query(x, arena, &c->request, why);
    uint64_t left = b->rows_max - b->done;
    c->request.size = left < b->batch ? (uint32_t)left : b->batch;
    c->request.source = (struct source_filter){.is_given = true, .is_off = true};
    c->request.track_total_hits = -1;
    c->reuse.is_off = true;
    c->reuse.is_refused = true;
    return e ? e : search_call_run(x, &wish, arena, c, why);
}

static void write_actions(const struct by_query *b, const struct answer *a, struct buf *out)
{
    for (uint32_t i = 0; i < a->hit_count && a->hits[i].number < b->first_new; i++) {
        buf_text(out, b->updates ? "{\"update\":{\"_id\":\"" : "{\"delete\":{\"_id\":\"");
        row_key_print(a->hits[i].key, out);
        buf_text(out, b->updates ? "\"}}\n{\"doc\":{},\"detect_noop\":false}\n" : "\"}}\n");
    }
}

static void count_ends(struct exchange *x, struct by_query *b, struct slice body,
                       const struct push_answer *answer)
{
    const struct push_reply reply = {
        .schema = x->api->engine->schema, .body = body, .answer = answer};
    const struct push_item *items = (const void *)answer->items.at;
    for (uint32_t i = 0; i < push_answer_count(answer); i++) {
        struct push_end end;
        push_end_of(&reply, &items[i], &end);
        bool is_done = end.result && strcmp(end.result, b->updates ? "updated" : "deleted") == 0;
        b->done += is_done;
        b->gone += !is_done;
        if (is_done && b->updates && end.seq_no < b->first_new)
            b->first_new = end.seq_no;
    }
}

static enum err write_found(struct exchange *x, struct by_query *b, const struct answer *a,
                            struct fault *why)
{
    struct push_head head = {.kind = PUSH_BULK,
                             .table = PUSH_NO_TABLE,
                             .index = slice_text(x->api->engine->schema->tables[b->table].name)};
    struct push_answer *answer AUTO(drop_answer) = NULL;
    struct buf body AUTO(buf_done) = buf_init(ACTIONS_BYTES);
    bit_set(head.allowed, b->table);
    write_actions(b, a, &body);
    if (body.len == 0)
        return OK;
    b->batches++;
    enum err e = push_send(x, &head, buf_slice(&body), &answer, why);
    if (e == OK)
        count_ends(x, b, buf_slice(&body), answer);
    return e;
}

// *out_more: it found rows, and some of them went.
static enum err one_batch(struct exchange *x, struct by_query *b, bool *out_more, struct fault *why)
{
    struct arena *arena AUTO(arena_freep) = arena_new(BATCH_ARENA_BYTES);
    struct search_call c = {0};
    uint64_t before = b->done;
    *out_more = false;
    enum err e = find(x, b, arena, &c, why);
    if (e != OK || c.answer.hit_count == 0)
        return e;
    if (b->batches == 0)
        b->found = c.answer.total < b->rows_max ? c.answer.total : b->rows_max;
    e = write_found(x, b, &c.answer, why);
    *out_more = b->done > before && b->done < b->rows_max;
    return e;
}

void by_query_write_pace(struct json_writer *w)
{
    json_key(w, "retries");
    json_object(w);
    json_key(w, "bulk");
    json_int(w, 0);
    json_key(w, "search");
    json_int(w, 0);
    json_end(w);
    json_key(w, "throttled_millis");
    json_int(w, 0);
    json_key(w, "requests_per_second");
    json_double(w, -1.0);
    json_key(w, "throttled_until_millis");
    json_int(w, 0);
}

static void write_reply(struct exchange *x, const struct by_query *b)
{
    struct json_writer *w = &x->json;
    static const char *const zeros[] = {"version_conflicts", "noops"};
    json_object(w);
    json_key(w, "took");
    json_int(w, exchange_took_ms(x));
    json_key(w, "timed_out");
    json_truth(w, false);
    json_key(w, "total");
    json_uint(w, b->found);
    if (b->updates) {
        json_key(w, "updated");
        json_uint(w, b->done);
    }
    json_key(w, "deleted");
    json_uint(w, b->updates ? 0 : b->done);
    json_key(w, "batches");
    json_uint(w, b->batches);
    for (size_t i = 0; i < 2; i++) {
        json_key(w, zeros[i]);
        json_uint(w, i == 0 ? b->gone : 0);
    }
    by_query_write_pace(w);
    json_key(w, "failures");
    json_array(w);
    json_end(w);
    json_end(w);
}

static enum err by_query(struct exchange *x, bool updates, struct fault *why)
{
    struct by_query b = {.rows_max = UINT64_MAX,
                         .index = exchange_path(x, 0),
                         .updates = updates,
                         .first_new = UINT64_MAX};
    bool forced = false;
    bool more = true;
    enum err e = push_table(x, &b.table, why);
    if (e == OK)
        e = push_refresh(x, &forced, why);
    if (e == OK)
        e = read_body(x, &b, why);
    if (e == OK)
        e = read_parameters(x, &b, why);
    while (e == OK && more)
        e = one_batch(x, &b, &more, why);
    if (e != OK)
        return e;
    write_reply(x, &b);
    return OK;
}

static enum err delete_by_query(struct exchange *x, struct fault *why)
{
    return by_query(x, false, why);
}

static enum err update_by_query(struct exchange *x, struct fault *why)
{
    return by_query(x, true, why);
}

// slices, scroll and requests_per_second say how a cluster works, not what is deleted.
#define BY_QUERY_PARAMETERS                                                                   \
    "q df default_operator analyzer lenient analyze_wildcard conflicts max_docs scroll_size " \
    "wait_for_completion scroll slices requests_per_second"

static const struct route routes[] = {
    {METHOD_POST, ACTION_WRITE, "/{index}/_delete_by_query", delete_by_query, BY_QUERY_PARAMETERS,
     "one index of `push:`; needs the right to read rows too; answers when it is done"},
    {METHOD_POST, ACTION_WRITE, "/{index}/_update_by_query", update_by_query, BY_QUERY_PARAMETERS,
     "rows are written anew as they are: there are no scripts"},
};

const struct route_group by_query_routes = ROUTE_GROUP("By query", routes);
