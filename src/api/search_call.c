// SPDX-License-Identifier: Apache-2.0
#include "api/search_call.h"

#include "api/error.h"
#include "api/sealed_names.h"
#include "base/world.h"

// typed_keys and rest_total_hits_as_int shape the reply only; they are not the query's.
enum err search_call_shape(struct exchange *x, struct search_call *c, struct fault *why)
{
    enum err e = parameter_truth(&x->parameters, "typed_keys", &c->typed_keys, why);
    if (e == OK)
        e = parameter_truth(&x->parameters, "rest_total_hits_as_int", &c->total_as_int, why);
    bool takes_kept = true; // answer_reuse.c asks again
    if (e == OK)
        e = parameter_truth(&x->parameters, "request_cache", &takes_kept, why);
    return e;
}

static enum err take_parameter(struct exchange *x, const struct parameter *p, struct search_call *c,
                               struct unrecognized *unknown, struct fault *why)
{
    if (c->takes_scroll && slice_is(p->name, "scroll"))
        return cursor_keep("scroll", p->value, &c->scroll_ms, why);
    bool known = false;
    enum err e = request_parameter(&c->request, p->name, p->value, x->arena, &known, why);
    if (e == OK && !known && !route_parameter_is_common(p->name))
        route_unrecognized_add(unknown, p->name);
    return e;
}

enum err search_call_url(struct exchange *x, const struct parameters *p, struct search_call *c,
                         struct fault *why)
{
    struct unrecognized unknown = {0};
    enum err e = search_call_shape(x, c, why);
    for (uint32_t i = 0; e == OK && i < p->count; i++)
        e = take_parameter(x, &p->at[i], c, &unknown, why);
    if (e == OK)
        e = route_unrecognized(x, &unknown, why);
    if (e == OK && c->total_as_int && c->request.track_total_hits_given &&
        c->request.track_total_hits > 0)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [rest_total_hits_as_int] cannot be used if the "
                    "tracking of total hits is not accurate, got %lld",
                    (long long)c->request.track_total_hits);
    return e;
}

// ---- cursors ----

static enum err invalid(const char *words, struct fault *why)
{
    return fail(why, ERR_INVALID, "action_request_validation_exception: Validation Failed: 1: %s;",
                words);
}

static enum err check_scroll(const struct request *r, struct fault *why)
{
    if (r->pit_id.len)
        return invalid("using [point in time] is not allowed in a scroll context", why);
    if (r->size == 0)
        return invalid("[size] cannot be [0] in a scroll context", why);
    if (r->from > 0)
        return invalid("using [from] is not allowed in a scroll context", why);
    if (r->terminate_after)
        return invalid("using [terminate_after] is not allowed in a scroll context", why);
    if (r->total_is_off)
        return invalid("disabling [track_total_hits] is not allowed in a scroll context", why);
    return r->search_after_count
               ? invalid("`search_after` cannot be used in a scroll context.", why)
               : OK;
}

static enum err check_cursor(const struct exchange *x, const struct index_wish *wish,
                             const struct search_call *c, struct fault *why)
{
    const struct request *r = &c->request;
    if (c->scroll_ms)
        return check_scroll(r, why);
    if (!r->pit_id.len)
        return r->slice_max ? invalid("[slice] can only be used with [scroll] or [point-in-time] "
                                      "requests",
                                      why)
                            : OK;
    if (wish->expression.len)
        return invalid("[indices] cannot be used with point in time. Do not specify any index "
                       "with point in time.",
                       why);
    if (parameter_get(&x->parameters, "routing"))
        return invalid("[routing] cannot be used with point in time", why);
    return parameter_get(&x->parameters, "preference")
               ? invalid("[preference] cannot be used with point in time", why)
               : OK;
}

// The order that a client goes on from must be one of single rows.
static enum err add_tiebreaker(struct request *r, struct arena *arena, struct fault *why)
{
    bool has = r->sort_count == 0;
    for (uint32_t i = 0; i < r->sort_count; i++)
        has |= slice_is(r->sort[i].field, "_doc") || slice_is(r->sort[i].field, "_shard_doc");
    if (has)
        return OK;
    struct sort_key *sort = ARENA_ARRAY(arena, struct sort_key, (size_t)r->sort_count + 1);
    memcpy(sort, r->sort, r->sort_count * sizeof *sort);
    sort[r->sort_count] = (struct sort_key){.field = slice_text("_shard_doc")};
    r->sort = sort;
    r->sort_count++;
    if (r->search_after_count == 0 || r->search_after_count == r->sort_count)
        return OK;
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: search_after has %u value(s) but sort has %u.",
                r->search_after_count, r->sort_count);
}

static enum err take_pit(struct exchange *x, struct search_call *c, struct cursor **out,
                         struct fault *why)
{
    const struct request *r = &c->request;
    struct cursor_ask ask = {.kind = CURSOR_PIT, .id = r->pit_id, .who = &x->who};
    enum err e = OK;
    if (r->pit_keep_alive.len)
        e = cursor_keep("keep_alive", r->pit_keep_alive, &ask.keep_ms, why);
    return e ? e : cursor_take(x->api->cursors, &ask, monotonic_us(), out, why);
}

static enum err open_scroll(struct exchange *x, const struct index_wish *wish,
                            const struct search_call *c, struct cursor **out, struct fault *why)
{
    const struct slice *source = parameter_get(&x->parameters, "source");
    const struct cursor_wish cursor = {.kind = CURSOR_SCROLL,
                                       .who = &x->who,
                                       .permit = c->permit,
                                       .tables = c->tables,
                                       .wish = *wish,
                                       .body = c->body.len || !source ? c->body : *source,
                                       .query = slice_text(x->request->query),
                                       .keep_ms = c->scroll_ms};
    return cursor_open(x->api->cursors, &cursor, monotonic_us(), out, why);
}

static void name_cursor(struct search_call *c, struct arena *arena, const struct cursor *cursor)
{
    c->cursor_name = cursor->kind == CURSOR_SCROLL ? "_scroll_id" : "pit_id";
    c->cursor_id = arena_copy(arena, slice_text(cursor->id));
    c->reuse.is_off = true; // rows as they were
}

// ---- running ----

static enum err ask_engine(struct exchange *x, struct arena *arena, const struct cursor *cursor,
                           const struct request *r, struct search_call *c, struct fault *why)
{
    struct engine *engine = x->api->engine;
    const struct engine_question q = {.permit = c->permit,
                                      .in = c->tables,
                                      .request = r,
                                      .pin = cursor ? cursor->pin : NULL,
                                      .is_fresh = c->reuse.is_refused,
                                      .is_gone = x->request->is_gone,
                                      .asker = x->request->asker};
    return engine->ops->search(engine, &q, arena, &c->answer, why);
}

// What bounds a caller's view of an index bounds what he may ask of it, an alias's filter included.
static bool is_bounded(const struct search_call *c, const struct table *t)
{
    return !permit_is_plain(c->permit, t->name) || permit_groups_only(c->permit, t->name);
}

static bool has_global(const struct request *r)
{
    for (uint32_t i = 0; i < r->agg_count; i++) {
        if (r->aggs[i].kind == AGG_GLOBAL)
            return true;
    }
    return false;
}

// As if he had asked it himself: fields that he may not see are not there, and under a floor it
// counts as a condition of the question.
static enum err ask_filter(struct arena *arena, struct search_call *c,
                           const struct index_part *part, struct fault *why)
{
    if (c->tables.count > 1)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: aliases with a filter are asked one by one by "
                    "this user");
    if (has_global(&c->request))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [global] is not asked through an alias with a "
                    "filter by this user");
    const struct query **both = ARENA_ARRAY(arena, const struct query *, 2);
    struct query *and = ARENA_NEW(arena, struct query);
    both[0] = c->request.query;
    both[1] = part->filter;
    *and = (struct query){.kind = QUERY_BOOL, .boost = 1};
    and->bool_.must = both;
    and->bool_.must_count = 1;
    and->bool_.filter = both + 1;
    and->bool_.filter_count = 1;
    c->request.query = and;
    c->reuse.is_off = true; // the body does not say all of it
    return OK;
}

// Through an alias with a filter there are no other rows.
static enum err narrow(const struct schema *s, struct arena *arena, struct search_call *c,
                       struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; e == OK && i < c->tables.count; i++) {
        const struct table *t = &s->tables[c->tables.tables[i]];
        const struct index_part *part = &c->tables.parts[i];
        if (part->filter && is_bounded(c, t))
            e = ask_filter(arena, c, part, why);
        else if (part->filter)
            c->permit = permit_narrow(c->permit, t->name, part->filter, part->text, arena);
    }
    return e;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets aggregations be
static enum err check_tops(struct exchange *x, struct arena *arena, const struct search_call *c,
                           const struct agg *aggs, uint32_t count, struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; e == OK && i < count; i++) {
        for (uint32_t t = 0; e == OK && aggs[i].top && t < c->tables.count; t++)
            e = sealed_names_check(x->api->engine->schema, c->permit, c->tables.tables[t],
                                   aggs[i].top, arena, why);
        if (e == OK)
            e = check_tops(x, arena, c, aggs[i].subs, aggs[i].sub_count, why);
    }
    return e;
}

// What Elasticsearch's shards find out, and what names fields that are sealed.
static enum err check_call(struct exchange *x, struct arena *arena, const struct search_call *c,
                           struct fault *why)
{
    enum err e = request_check(&c->request, why);
    for (uint32_t i = 0; e == OK && i < c->tables.count; i++)
        e = sealed_names_check(x->api->engine->schema, c->permit, c->tables.tables[i], &c->request,
                               arena, why);
    return e ? e : check_tops(x, arena, c, c->request.aggs, c->request.agg_count, why);
}

enum err search_call_tables(struct exchange *x, const struct index_wish *wish, struct arena *arena,
                            struct search_call *c, struct fault *why)
{
    enum action action = c->request.size > 0 ? ACTION_READ : ACTION_AGGREGATE;
    const struct schema *schema = x->api->engine->schema;
    const struct alias_list *aliases = NULL;
    enum err e = exchange_aliases(x, &aliases, why);
    if (e != OK)
        return e;
    // What an alias stands for is judged one by one.
    struct slice index =
        aliases_has(aliases, wish->expression) ? slice_of(NULL, 0) : wish->expression;
    e = permit_make(&x->who, action, index, arena, &c->permit, why);
    if (e != OK)
        return e;
    const struct index_seer seer = {schema, &x->who, c->permit, aliases};
    e = index_names_resolve(&seer, wish, arena, &c->tables, why);
    if (e == OK && c->tables.parts)
        e = narrow(schema, arena, c, why);
    return e ? e : check_call(x, arena, c, why);
}

// A row's place in the walk depends on all the indices of the cursor, so these must be the same
// still: none was taken from the caller, no alias leads elsewhere.
static enum err find_again(struct exchange *x, const struct cursor *cursor, struct arena *arena,
                           struct search_call *c, struct fault *why)
{
    enum err e = search_call_tables(x, &cursor->wish, arena, c, why);
    if (e != OK)
        return e;
    bool are_same = c->tables.count == cursor->tables.count &&
                    memcmp(c->tables.tables, cursor->tables.tables,
                           c->tables.count * sizeof *c->tables.tables) == 0;
    return are_same ? OK
                    : fail(why, ERR_NOT_FOUND,
                           "search_context_missing_exception: No search context found for id "
                           "[%s]: its indices are not the same for this user any more",
                           cursor->id);
}

static enum err answer_call(struct exchange *x, struct arena *arena, const struct cursor *cursor,
                            struct search_call *c, struct fault *why)
{
    if (answer_reuse_get(x, arena, c)) {
        record_search(x, c);
        return OK;
    }
    enum err e = ask_engine(x, arena, cursor, &c->request, c, why);
    if (e != OK)
        return e;
    const struct record_mark before = record_mark(x, arena);
    record_search(x, c);
    answer_reuse_note(x, arena, c, &before);
    return OK;
}

static enum err run_in_pit(struct exchange *x, struct arena *arena, struct search_call *c,
                           struct fault *why)
{
    struct cursor *pit = NULL;
    enum err e = take_pit(x, c, &pit, why);
    if (e == OK)
        e = add_tiebreaker(&c->request, arena, why);
    if (e == OK)
        e = find_again(x, pit, arena, c, why);
    if (e == OK) {
        name_cursor(c, arena, pit);
        e = answer_call(x, arena, pit, c, why);
    }
    if (pit)
        cursor_give(x->api->cursors, pit);
    return e;
}

static enum err run_first_page(struct exchange *x, const struct index_wish *wish,
                               struct arena *arena, struct search_call *c, struct fault *why)
{
    struct cursor *scroll = NULL;
    enum err e = open_scroll(x, wish, c, &scroll, why);
    if (e != OK)
        return e;
    name_cursor(c, arena, scroll);
    e = answer_call(x, arena, scroll, c, why);
    if (e == OK)
        e = cursor_move(x->api->cursors, scroll, &c->answer, c->request.sort_count, why);
    if (e != OK)
        (void)cursor_close(x->api->cursors, CURSOR_SCROLL, c->cursor_id, &x->who);
    cursor_give(x->api->cursors, scroll);
    return e;
}

enum err search_call_run(struct exchange *x, const struct index_wish *wish, struct arena *arena,
                         struct search_call *c, struct fault *why)
{
    enum err e = check_cursor(x, wish, c, why);
    if (e == OK && c->request.pit_id.len)
        return run_in_pit(x, arena, c, why);
    if (e == OK)
        e = search_call_tables(x, wish, arena, c, why);
    if (e != OK)
        return e;
    return c->scroll_ms ? run_first_page(x, wish, arena, c, why)
                        : answer_call(x, arena, NULL, c, why);
}

// Only the rows behind the last page: how many there are is known, and aggregations were told.
static enum err ask_page(struct exchange *x, struct cursor *scroll, struct search_call *c,
                         struct fault *why)
{
    struct request *r = &c->request;
    struct cursor_place at;
    r->agg_count = r->pipeline_count = 0;
    bool is_begun = cursor_place(x->api->cursors, scroll, x->arena, &at);
    if (is_begun) {
        r->follows = true;
        r->after_doc = at.after_doc;
        r->search_after = at.after_count ? at.after : NULL;
        r->search_after_count = at.after_count;
    }
    struct request asked = *r;
    asked.track_total_hits = 0;
    asked.track_total_hits_given = asked.total_is_off = true;
    enum err e = ask_engine(x, x->arena, scroll, is_begun ? &asked : r, c, why);
    if (e != OK)
        return e;
    record_search(x, c);
    if (is_begun) {
        c->answer.total = at.total;
        c->answer.total_is_lower_bound = at.total_is_lower_bound;
    }
    return cursor_move(x->api->cursors, scroll, &c->answer, r->sort_count, why);
}

// The request as it was, read again: it was right then.
static enum err read_again(struct exchange *x, const struct cursor *scroll, struct search_call *c,
                           struct fault *why)
{
    const struct json *body = NULL;
    struct parameters parameters = {0};
    struct slice text = arena_copy(x->arena, scroll->body);
    const char *query = arena_string(x->arena, scroll->query);
    enum err e = text.len ? json_parse(text, x->arena, &body, why) : OK;
    if (e == OK)
        e = request_parse(body, x->arena, &c->request, why);
    if (e == OK)
        e = parameters_parse(slice_text(query), x->arena, &parameters, why);
    c->takes_scroll = true;
    return e ? e : search_call_url(x, &parameters, c, why);
}

enum err search_call_page(struct exchange *x, const struct cursor_ask *ask, struct search_call *c,
                          struct fault *why)
{
    struct cursor *scroll = NULL;
    enum err e = cursor_take(x->api->cursors, ask, monotonic_us(), &scroll, why);
    if (e != OK)
        return e;
    e = read_again(x, scroll, c, why);
    if (e == OK)
        e = find_again(x, scroll, x->arena, c, why);
    if (e == OK) {
        name_cursor(c, x->arena, scroll);
        e = ask_page(x, scroll, c, why);
    }
    cursor_give(x->api->cursors, scroll);
    return e;
}

enum err search_call_render(struct exchange *x, const struct search_call *c, int64_t took_ms,
                            struct fault *why)
{
    if (c->reuse.found) {
        answer_reuse_write(x, c, took_ms);
        return OK;
    }
    if (c->cursor_name) {
        json_key(&x->json, c->cursor_name);
        json_string(&x->json, c->cursor_id);
    }
    size_t from = x->reply->body.len;
    struct render r = render_start(&x->json, &c->request);
    r.typed_keys = c->typed_keys;
    r.total_as_int = c->total_as_int;
    render_search(&r, &c->answer, took_ms);
    enum err e = render_end(&r, why);
    if (!e)
        answer_reuse_keep(x, c, slice_from(buf_slice(&x->reply->body), from));
    return e;
}

int search_call_write_error(struct exchange *x, const struct search_call *c, enum err code,
                            const struct fault *why)
{
    struct error error = error_of(code, why);
    json_key(&x->json, "error");
    if (c->tables.count && error_is_of_shards(&error))
        error_search_object(&x->json, &error,
                            x->api->engine->schema->tables[c->tables.tables[0]].name);
    else
        error_object(&x->json, &error);
    json_key(&x->json, "status");
    json_int(&x->json, error.status);
    return error.status;
}
