// SPDX-License-Identifier: Apache-2.0
#include "api/api_push.h"
#include "api/error.h"
#include "api/search_call.h"
#include "api/source_filter.h"

// _reindex: rows that a query finds, sent as documents into an index of `push:`.
//
//     pin of the source ─▶ a page of rows ─▶ {"index":{"_id":..}} and _source ─▶ mirror, the sieve
//
// The caller must be allowed to read the rows and to write the documents; what a role hides from
// him is not copied.  All pages are of the rows as they were when it began.  A document gets the
// _id that the row is shown with, and its columns are treated anew: a pseudonym of a pseudonym.

enum {
    PAGE_ROWS = 1000,
    PAGE_ROWS_MAX = 10000,
    PAGE_BYTES = 96 << 20, // less than a body may have
    PAGE_ARENA_BYTES = 256 << 20,
    SOURCES_BYTES = 4096,
    FAILURES_MAX = 100,
    FAILURE_BYTES = 1 << 20
};

struct reindex {
    struct index_wish wish;
    const struct json *query, *source; // NULL: match_all, all fields
    struct slice dest;
    uint16_t table;
    bool creates, goes_on; // op_type create; conflicts proceed
    uint32_t page;
    uint64_t rows_max;
    uint64_t found, created, updated, conflicts, batches, sent;
    struct engine_pin *pin;
    bool has_page; // one was read:
    uint64_t after_doc;
    struct buf failures; // JSON objects, comma-separated
    uint32_t failure_count;
    int status;
};

static void drop_answer(struct push_answer **a)
{
    push_answer_free(*a);
}

// ---- what is wished ----

static enum err not_supported(const struct json *v, const char *place, struct slice key,
                              struct fault *why)
{
    return fail(why, ERR_INVALID, "x_content_parse_exception: [%u:%u] [%s] unknown field [%.*s]",
                v->line, v->column, place, SLICE_PRINT(key));
}

static enum err whole_number(const struct json *v, const char *name, int64_t max, uint64_t *out,
                             struct fault *why)
{
    int64_t number = 0;
    enum err e = json_i64(v, &number, why);
    if (e == OK && (number < 1 || number > max))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [%s] must be from 1 to %lld, got %lld", name,
                    (long long)max, (long long)number);
    *out = (uint64_t)number;
    return e;
}

static enum err read_indices(struct exchange *x, const struct json *v, struct slice *out,
                             struct fault *why)
{
    struct buf text AUTO(buf_donep) = buf_init(SOURCES_BYTES);
    if (v->type == JSON_STRING)
        buf_slice_add(&text, v->text);
    for (uint32_t i = 0; v->type == JSON_ARRAY && i < v->count; i++)
        buf_print(&text, "%s%.*s", i ? "," : "", SLICE_PRINT(v->items[i].text));
    if (text.len == 0 || text.over_limit)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [index] of [source] is a name or a list of names");
    *out = arena_copy(x->arena, buf_slice(&text));
    return OK;
}

static enum err read_source(struct exchange *x, struct reindex *r, const struct json *v,
                            struct fault *why)
{
    uint64_t page = PAGE_ROWS;
    struct slice indices = slice_of(NULL, 0);
    enum err e = OK;
    for (uint32_t i = 0; e == OK && i < v->count; i++) {
        const struct json *m = &v->items[i];
        if (slice_is(v->keys[i], "index"))
            e = read_indices(x, m, &indices, why);
        else if (slice_is(v->keys[i], "query"))
            r->query = m;
        else if (slice_is(v->keys[i], "_source"))
            r->source = m;
        else if (slice_is(v->keys[i], "size"))
            e = whole_number(m, "size", PAGE_ROWS_MAX, &page, why);
        else if (slice_is(v->keys[i], "remote"))
            e = fail(why, ERR_INVALID,
                     "illegal_argument_exception: [remote] is not supported: the process that "
                     "answers connects nowhere");
        else
            e = not_supported(m, "source", v->keys[i], why);
    }
    r->page = (uint32_t)page;
    return e ? e : index_wish_make(indices, &x->parameters, &r->wish, why);
}

static enum err read_dest(struct reindex *r, const struct json *v, struct fault *why)
{
    for (uint32_t i = 0; i < v->count; i++) {
        const struct json *m = &v->items[i];
        bool is_text = m->type == JSON_STRING;
        if (slice_is(v->keys[i], "index") && is_text)
            r->dest = m->text;
        else if (slice_is(v->keys[i], "op_type") && is_text &&
                 (slice_is(m->text, "create") || slice_is(m->text, "index")))
            r->creates = slice_is(m->text, "create");
        else if (slice_is(v->keys[i], "version_type") && is_text && slice_is(m->text, "internal"))
            continue;
        else if (!slice_is(v->keys[i], "routing"))
            return not_supported(m, "dest", v->keys[i], why);
    }
    return OK;
}

static enum err read_member(struct exchange *x, struct reindex *r, struct slice key,
                            const struct json *v, struct fault *why)
{
    bool is_object = v->type == JSON_OBJECT;
    if (slice_is(key, "source") && is_object)
        return read_source(x, r, v, why);
    if (slice_is(key, "dest") && is_object)
        return read_dest(r, v, why);
    if (slice_is(key, "script"))
        return fail(why, ERR_INVALID, "illegal_argument_exception: there are no scripts");
    if (slice_is(key, "max_docs") || slice_is(key, "size"))
        return whole_number(v, "max_docs", INT64_MAX, &r->rows_max, why);
    if (!slice_is(key, "conflicts"))
        return not_supported(v, "reindex", key, why);
    r->goes_on = v->type == JSON_STRING && slice_is(v->text, "proceed");
    return OK;
}

static enum err check(struct exchange *x, const struct reindex *r, struct fault *why)
{
    bool waits = true;
    const char *missing = r->wish.expression.len == 0 ? "use _all if you really want to copy from "
                                                        "all existing indexes"
                          : r->dest.len == 0          ? "index is missing"
                                                      : NULL;
    if (missing)
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: %s;", missing);
    enum err e = parameter_truth(&x->parameters, "wait_for_completion", &waits, why);
    if (e == OK && !waits)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [wait_for_completion=false] is not supported: "
                    "there are no tasks");
    return e;
}

static enum err read_body(struct exchange *x, struct reindex *r, struct fault *why)
{
    const struct json *body = NULL;
    const struct slice *max = parameter_get(&x->parameters, "max_docs");
    enum err e = exchange_body(x, &body, why);
    if (e == OK && (!body || body->type != JSON_OBJECT))
        return fail(why, ERR_INVALID, "parse_exception: request body is required");
    for (uint32_t i = 0; e == OK && i < body->count; i++)
        e = read_member(x, r, body->keys[i], &body->items[i], why);
    if (e == OK && max) {
        const struct json v = {.type = JSON_STRING, .text = *max};
        e = whole_number(&v, "max_docs", INT64_MAX, &r->rows_max, why);
    }
    return e ? e : check(x, r, why);
}

// ---- reading ----

static enum err make_request(const struct reindex *r, struct arena *arena, struct request *out,
                             struct fault *why)
{
    struct slice keys[2];
    struct json items[2];
    uint32_t count = 0;
    if (r->query) {
        keys[count] = slice_text("query");
        items[count++] = *r->query;
    }
    if (r->source) {
        keys[count] = slice_text("_source");
        items[count++] = *r->source;
    }
    const struct json body = {.type = JSON_OBJECT, .count = count, .items = items, .keys = keys};
    enum err e = request_parse(&body, arena, out, why);
    uint64_t left = r->rows_max - r->sent;
    out->size = left < r->page ? (uint32_t)left : r->page;
    out->track_total_hits = -1;
    out->follows = r->has_page;
    out->after_doc = r->after_doc;
    return e;
}

static enum err check_tables(const struct exchange *x, const struct reindex *r,
                             const struct search_call *c, struct fault *why)
{
    for (uint32_t i = 0; i < c->tables.count; i++) {
        if (c->tables.tables[i] == r->table)
            return fail(why, ERR_INVALID,
                        "action_request_validation_exception: Validation Failed: 1: reindex cannot "
                        "write into an index its reading from [%s];",
                        x->api->engine->schema->tables[r->table].name);
    }
    return OK;
}

static enum err read_page(struct exchange *x, struct reindex *r, struct arena *arena,
                          struct search_call *c, struct fault *why)
{
    struct engine *engine = x->api->engine;
    enum err e = make_request(r, arena, &c->request, why);
    c->reuse.is_off = true;
    if (e == OK)
        e = search_call_tables(x, &r->wish, arena, c, why);
    if (e == OK)
        e = check_tables(x, r, c, why);
    if (e == OK && !r->pin)
        e = engine->ops->pin(engine, c->permit, &c->tables, &r->pin, why);
    if (e != OK)
        return e;
    const struct engine_question q = {.permit = c->permit,
                                      .in = c->tables,
                                      .request = &c->request,
                                      .pin = r->pin,
                                      .is_fresh = true,
                                      .is_gone = x->request->is_gone,
                                      .asker = x->request->asker};
    e = engine->ops->search(engine, &q, arena, &c->answer, why);
    if (e == OK)
        record_search(x, c);
    return e;
}

// ---- writing ----

static enum err write_documents(const struct reindex *r, const struct search_call *c,
                                struct buf *out, struct fault *why)
{
    struct json_writer w = json_writer_to(out);
    struct render render = render_start(&w, &c->request);
    for (uint32_t i = 0; i < c->answer.hit_count; i++) {
        buf_text(out, r->creates ? "{\"create\":{\"_id\":\"" : "{\"index\":{\"_id\":\"");
        row_key_print(c->answer.hits[i].key, out);
        buf_text(out, "\"}}\n");
        w = json_writer_to(out);
        source_render(&render, &c->answer.hits[i], &c->request.source);
        buf_u8(out, '\n');
    }
    enum err e = render_end(&render, why);
    return e ? e : buf_end(out, why);
}

static void note_failure(struct reindex *r, const struct push_reply *reply,
                         const struct push_item *item, const struct push_end *end)
{
    struct fault said;
    struct json_writer w = json_writer_to(&r->failures);
    r->status = end->status > r->status ? end->status : r->status;
    if (r->failure_count++ >= FAILURES_MAX)
        return;
    push_reply_words(reply, item, end, &said);
    const struct error error = error_of(ERR_INVALID, &said);
    if (r->failures.len > 0)
        buf_u8(&r->failures, ',');
    json_object(&w);
    json_key(&w, "index");
    json_text(&w, reply->schema->tables[r->table].name);
    json_key(&w, "id");
    json_string(&w, slice_of(reply->body.at + item->id.at, item->id.len));
    json_key(&w, "cause");
    json_object(&w);
    json_key(&w, "type");
    json_string(&w, error.type);
    json_key(&w, "reason");
    json_string(&w, error.reason);
    json_end(&w);
    json_key(&w, "status");
    json_int(&w, end->status);
    json_end(&w);
}

static void count_end(struct reindex *r, const struct push_reply *reply,
                      const struct push_item *item)
{
    struct push_end end;
    push_end_of(reply, item, &end);
    bool is_conflict = end.status == 409;
    r->created += end.status == 201;
    r->updated += end.status == 200;
    r->conflicts += is_conflict;
    if (end.status >= 400 && !(is_conflict && r->goes_on))
        note_failure(r, reply, item, &end);
}

static enum err send_page(struct exchange *x, struct reindex *r, const struct search_call *c,
                          struct fault *why)
{
    const struct schema *s = x->api->engine->schema;
    struct push_head head = {
        .kind = PUSH_BULK, .table = PUSH_NO_TABLE, .index = slice_text(s->tables[r->table].name)};
    struct buf body AUTO(buf_donep) = buf_init(PAGE_BYTES);
    struct push_answer *answer AUTO(drop_answer) = NULL;
    bit_set(head.allowed, r->table);
    enum err e = write_documents(r, c, &body, why);
    if (e == OK)
        e = push_send(x, &head, buf_slice(&body), &answer, why);
    if (e != OK)
        return e;
    const struct push_reply reply = {
        .schema = s, .body = buf_slice(&body), .answer = answer, .term = store_term(x->api->store)};
    const struct push_item *items = (const void *)answer->items.at;
    for (uint32_t i = 0; i < push_answer_count(answer); i++)
        count_end(r, &reply, &items[i]);
    r->batches++;
    return OK;
}

static enum err one_page(struct exchange *x, struct reindex *r, bool *out_more, struct fault *why)
{
    struct arena *arena AUTO(arena_freep) = arena_new(PAGE_ARENA_BYTES);
    struct search_call c = {0};
    *out_more = false;
    enum err e = read_page(x, r, arena, &c, why);
    if (e != OK)
        return e;
    uint32_t count = c.answer.hit_count;
    if (!r->has_page)
        r->found = c.answer.total < r->rows_max ? c.answer.total : r->rows_max;
    if (count == 0)
        return OK;
    r->has_page = true;
    r->after_doc = c.answer.hits[count - 1].doc;
    r->sent += count;
    e = send_page(x, r, &c, why);
    *out_more = count == c.request.size && r->sent < r->rows_max && r->failure_count == 0;
    return e;
}

static void write_reply(struct exchange *x, const struct reindex *r)
{
    struct json_writer *w = &x->json;

    const struct {
        const char *key;
        uint64_t value;
    } counts[] = {{"total", r->found}, {"updated", r->updated}, {"created", r->created},
                  {"deleted", 0},      {"batches", r->batches}, {"version_conflicts", r->conflicts},
                  {"noops", 0}};

    json_object(w);
    json_key(w, "took");
    json_int(w, exchange_took_ms(x));
    json_key(w, "timed_out");
    json_truth(w, false);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        json_key(w, counts[i].key);
        json_uint(w, counts[i].value);
    }
    by_query_write_pace(w);
    json_key(w, "failures");
    json_array(w);
    buf_slice_add(w->out, buf_slice(&r->failures));
    json_end(w);
    json_end(w);
    if (r->status)
        x->reply->status = r->status;
}

static enum err copy(struct exchange *x, struct reindex *r, struct fault *why)
{
    bool forced = false;
    bool more = true;
    enum err e = push_refresh(x, &forced, why);
    if (e == OK)
        e = read_body(x, r, why);
    if (e == OK)
        e = push_table_named(x, r->dest, &r->table, why);
    while (e == OK && more)
        e = one_page(x, r, &more, why);
    return e;
}

static enum err reindex(struct exchange *x, struct fault *why)
{
    struct reindex r = {
        .page = PAGE_ROWS, .rows_max = UINT64_MAX, .failures = buf_init(FAILURE_BYTES)};
    enum err e = copy(x, &r, why);
    x->api->engine->ops->unpin(r.pin);
    if (e == OK)
        write_reply(x, &r);
    buf_done(&r.failures);
    return e;
}

static const struct route routes[] = {
    {METHOD_POST, ACTION_WRITE, "/_reindex", reindex,
     "wait_for_completion requests_per_second slices scroll max_docs",
     "into one index of `push:`, through the sieve; needs the right to read the rows too; no "
     "`remote`; answers when it is done"},
};

const struct route_group reindex_routes = ROUTE_GROUP("Copying", routes);
