// SPDX-License-Identifier: Apache-2.0
#include "api/search_call.h"

#include "api/error.h"
#include "api/sealed_names.h"

// typed_keys and rest_total_hits_as_int shape the reply only; they are not the query's.
static enum err read_shape(struct exchange *x, struct search_call *c, struct fault *why)
{
    enum err e = parameter_truth(&x->parameters, "typed_keys", &c->typed_keys, why);
    if (e == OK)
        e = parameter_truth(&x->parameters, "rest_total_hits_as_int", &c->total_as_int, why);
    bool takes_kept = true; // answer_reuse.c asks again
    if (e == OK)
        e = parameter_truth(&x->parameters, "request_cache", &takes_kept, why);
    return e;
}

enum err search_call_url(struct exchange *x, struct search_call *c, struct fault *why)
{
    struct unrecognized unknown = {0};
    enum err e = read_shape(x, c, why);
    for (uint32_t i = 0; e == OK && i < x->parameters.count; i++) {
        const struct parameter *p = &x->parameters.at[i];
        if (slice_is(p->name, "scroll"))
            return fail(why, ERR_INVALID,
                        "illegal_argument_exception: [scroll] is not supported; use [sort] with "
                        "[search_after]");
        bool known = false;
        e = request_parameter(&c->request, p->name, p->value, x->arena, &known, why);
        if (e == OK && !known && !route_parameter_is_common(p->name))
            route_unrecognized_add(&unknown, p->name);
    }
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

enum err search_call_run(struct exchange *x, const struct index_wish *wish, struct arena *arena,
                         struct search_call *c, struct fault *why)
{
    enum action action = c->request.size > 0 ? ACTION_READ : ACTION_AGGREGATE;
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
    struct engine *engine = x->api->engine;
    const struct index_seer seer = {engine->schema, &x->who, c->permit, aliases};
    e = index_names_resolve(&seer, wish, arena, &c->tables, why);
    if (e == OK && c->tables.parts)
        e = narrow(engine->schema, arena, c, why);
    if (e == OK)
        e = request_check(&c->request, why); // what Elasticsearch's shards find out
    for (uint32_t i = 0; e == OK && i < c->tables.count; i++)
        e = sealed_names_check(engine->schema, c->permit, c->tables.tables[i], &c->request, arena,
                               why);
    if (e != OK)
        return e;
    if (answer_reuse_get(x, arena, c)) {
        record_search(x, c);
        return OK;
    }
    const struct engine_question q = {.permit = c->permit,
                                      .in = c->tables,
                                      .request = &c->request,
                                      .is_fresh = c->reuse.is_refused,
                                      .is_gone = x->request->is_gone,
                                      .asker = x->request->asker};
    e = engine->ops->search(engine, &q, arena, &c->answer, why);
    if (e != OK)
        return e;
    const struct record_mark before = record_mark(x, arena);
    record_search(x, c);
    answer_reuse_note(x, arena, c, &before);
    return OK;
}

enum err search_call_render(struct exchange *x, const struct search_call *c, int64_t took_ms,
                            struct fault *why)
{
    if (c->reuse.found) {
        answer_reuse_write(x, c, took_ms);
        return OK;
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
