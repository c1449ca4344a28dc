// SPDX-License-Identifier: Apache-2.0
#include "access/seen.h"
#include "api/api_private.h"
#include "api/list.h"
#include "api/metric_floor.h"
#include "api/metric_reuse.h"
#include "base/check.h"
#include "base/date.h"
#include "base/num.h"
#include "base/world.h"
#include "metric/cube.h"

// tamis's own: the declared metrics, ready to read, and what the processes say.

enum { BY_MAX = 32, ASK_TRIES = 1000, TIME_BYTES = 64 };

static void write_by(struct json_writer *w, const struct metric_question *q)
{
    json_array(w);
    for (uint32_t i = 0; i < q->by_count; i++)
        json_string(w, q->by[i]);
    json_end(w);
}

// "5m": the largest unit that divides it.
static void write_duration(struct json_writer *w, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{MS_PER_DAY, "d"},
                 {MS_PER_HOUR, "h"},
                 {MS_PER_MINUTE, "m"},
                 {MS_PER_SECOND, "s"},
                 {1, "ms"}};

    size_t at = 0;
    while (ms % units[at].ms != 0)
        at++;
    json_print(w, "%lld%s", (long long)(ms / units[at].ms), units[at].unit);
}

static void write_decl(struct exchange *x, const struct metric_decl *m)
{
    struct json_writer *w = &x->json;
    const struct table *t = &x->api->engine->schema->tables[m->table];
    json_object(w);
    json_key(w, "metric");
    json_text(w, m->name);
    json_key(w, "kind");
    json_text(w, m->kind == METRIC_RATIO ? "ratio" : "count");
    json_key(w, "index");
    json_text(w, t->name);
    json_key(w, "time");
    json_text(w, t->fields[m->time_field].name);
    json_key(w, "by");
    json_array(w);
    for (uint32_t i = 0; i < m->by_count; i++)
        json_text(w, m->by[i].name);
    json_end(w);
    json_key(w, "every");
    write_duration(w, m->every_ms);
    json_end(w);
}

// A cube knows neither rows nor fields that somebody may not see, so it is for those who may
// see all of its table.
static bool may_see(const struct exchange *x, const struct table *t)
{
    return permit_index(x->permit, t->name) && seen_whole(x->permit, x->api->engine->schema, t);
}

static enum err list_metrics(struct exchange *x, struct fault *why)
{
    (void)why;
    const struct schema *s = x->api->engine->schema;
    json_object(&x->json);
    json_key(&x->json, "metrics");
    json_array(&x->json);
    for (uint32_t i = 0; i < s->metric_count; i++) {
        if (may_see(x, &s->tables[s->metrics[i].table]))
            write_decl(x, &s->metrics[i]);
    }
    json_end(&x->json);
    json_end(&x->json);
    return OK;
}

// --- one metric ---------------------------------------------------------------------

static enum err read_time(struct exchange *x, const char *name, bool *out_has, int64_t *out,
                          struct fault *why)
{
    const struct slice *text = parameter_get(&x->parameters, name);
    *out_has = text && text->len;
    if (!*out_has)
        return OK;
    if (date_parse_math(*text, slice_of(NULL, 0), date_zone_utc(), false, now_ms(), out, why) == OK)
        return OK;
    return fail_in(why, ERR_INVALID, "illegal_argument_exception: [%s]", name);
}

static enum err read_every(struct exchange *x, const struct metric_decl *m, int64_t *out,
                           struct fault *why)
{
    const struct slice *text = parameter_get(&x->parameters, "every");
    *out = m->every_ms;
    if (!text || text->len == 0)
        return OK;
    if (slice_is(*text, "all")) {
        *out = 0;
        return OK;
    }
    if (date_parse_duration(*text, out, NULL) != OK || *out <= 0)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [every] is a time such as \"1d\", or \"all\"");
    return OK;
}

// Without `by` everything the metric is declared by; with an empty one nothing.
static enum err read_by(struct exchange *x, const struct metric_decl *m, struct metric_question *q,
                        struct fault *why)
{
    struct slice *by = ARENA_ARRAY(x->arena, struct slice, BY_MAX + m->by_count);
    const struct slice *text = parameter_get(&x->parameters, "by");
    for (uint32_t i = 0; !text && i < m->by_count; i++)
        by[q->by_count++] = slice_text(m->by[i].name);
    struct slice rest = text ? *text : slice_of(NULL, 0);
    struct slice part;
    while (list_next(&rest, &part)) {
        if (q->by_count == BY_MAX)
            return fail(why, ERR_LIMIT, "illegal_argument_exception: more than %d names in [by]",
                        BY_MAX);
        by[q->by_count++] = part;
    }
    q->by = by;
    return OK;
}

static const struct metric_decl *find_decl(const struct exchange *x, struct slice name)
{
    const struct schema *s = x->api->engine->schema;
    for (uint32_t i = 0; i < s->metric_count; i++) {
        const struct metric_decl *m = &s->metrics[i];
        if (slice_is(name, m->name) && may_see(x, &s->tables[m->table]))
            return m;
    }
    return NULL;
}

static enum err read_question(struct exchange *x, struct metric_question *q,
                              const struct metric_decl **out, struct fault *why)
{
    q->metric = exchange_path(x, 0);
    const struct metric_decl *m = find_decl(x, q->metric);
    if (!m)
        return fail(why, ERR_NOT_FOUND,
                    "resource_not_found_exception: there is no such metric; GET /_tamis/metrics "
                    "lists them");
    enum err e = read_time(x, "from", &q->has_from, &q->from_ms, why);
    if (e == OK)
        e = read_time(x, "to", &q->has_to, &q->to_ms, why);
    if (e == OK)
        e = read_every(x, m, &q->every_ms, why);
    if (e == OK)
        e = read_by(x, m, q, why);
    *out = m;
    return e;
}

static void write_value(struct json_writer *w, const struct value *v)
{
    if (v->type == VALUE_TEXT)
        json_string(w, v->text);
    else if (v->type == VALUE_DOUBLE)
        json_double(w, v->f64);
    else if (v->type == VALUE_BOOLEAN)
        json_truth(w, v->i64 != 0);
    else if (v->type == VALUE_NONE)
        json_null(w);
    else
        json_int(w, v->i64);
}

// Rows come by time, so the text of one is mostly that of the row before.
struct time_text {
    int64_t ms;
    struct buf text; // empty: none yet
};

static void write_time(struct json_writer *w, struct time_text *t, int64_t ms)
{
    if (t->text.len == 0 || t->ms != ms) {
        t->ms = ms;
        buf_reset(&t->text);
        // A bucket's start has a year of four digits; were it not so, null stands there.
        if (date_print(&t->text, ms, slice_of(NULL, 0), date_zone_utc(), NULL))
            buf_reset(&t->text);
    }
    if (t->text.len)
        json_string(w, buf_slice(&t->text));
    else
        json_null(w);
}

static void write_row(struct json_writer *w, const struct metric_question *q,
                      const struct metric_row *row, bool is_ratio, struct time_text *time)
{
    json_object(w);
    json_key(w, "time");
    if (q->every_ms)
        write_time(w, time, row->time_ms);
    else
        json_null(w);
    for (uint32_t i = 0; i < q->by_count; i++) {
        json_key_slice(w, q->by[i]);
        write_value(w, &row->by[i]);
    }
    json_key(w, "count");
    json_uint(w, row->count);
    if (is_ratio) {
        json_key(w, "matched");
        json_uint(w, row->matched);
        json_key(w, "ratio");
        json_double(w, (double)row->matched / (double)row->count);
    }
    json_end(w);
}

static void write_answer(struct exchange *x, const struct metric_question *q,
                         const struct metric_answer *a)
{
    struct json_writer *w = &x->json;
    json_object(w);
    json_key(w, "metric");
    json_text(w, a->metric->name);
    json_key(w, "every");
    if (q->every_ms)
        write_duration(w, q->every_ms);
    else
        json_text(w, "all");
    json_key(w, "by");
    write_by(w, q);
    json_key(w, "rows");
    json_array(w);
    struct time_text time = {.text = buf_init(TIME_BYTES)};
    for (uint32_t i = 0; i < a->row_count; i++)
        write_row(w, q, &a->rows[i], a->metric->kind == METRIC_RATIO, &time);
    buf_done(&time.text);
    json_end(w);
    json_end(w);
}

static void drop_snapshot(struct snapshot **s)
{
    snapshot_free(*s);
}

// Cubes are told of a commit just before it can be seen, and while many come in one may pass
// between taking a snapshot and asking: then that of the cubes is waited for.
static enum err ask_newest(struct exchange *x, const struct metric_question *q,
                           struct snapshot **now, struct metric_answer *out, struct fault *why)
{
    *now = store_snapshot(x->api->store);
    enum err e = cubes_ask(x->api->cubes, *now, q, x->arena, out, why);
    for (int i = 0; i < ASK_TRIES && e == ERR_UNAVAILABLE; i++) {
        snapshot_free(*now);
        *now = store_snapshot_since(x->api->store, cubes_version(x->api->cubes));
        e = cubes_ask(x->api->cubes, *now, q, x->arena, out, why);
    }
    return e;
}

// Values lie in the snapshot's dictionaries, so it is held until they are written.
static enum err get_metric(struct exchange *x, struct fault *why)
{
    struct metric_question q = {0};
    struct metric_answer a = {0};
    const struct metric_decl *m = NULL;
    enum err e = read_question(x, &q, &m, why);
    if (e != OK)
        return e;
    CHECK(m != NULL); // read_question() found it
    struct reuse reuse;
    if (metric_reuse_get(x, &q, m, &reuse))
        return OK;
    struct snapshot *now AUTO(drop_snapshot) = NULL;
    e = ask_newest(x, &q, &now, &a, why);
    if (e == OK)
        e = metric_floor_apply(x, &q, &a, why);
    if (e != OK)
        return e;
    const struct record_mark before = record_mark(x, x->arena);
    record_metric(x, m->table, q.by, q.by_count, a.row_count);
    record_people_of_metric(x, m->table, q.by, q.by_count, &a);
    write_answer(x, &q, &a);
    metric_reuse_keep(x, &reuse, m, a.row_count, &before);
    return OK;
}

static enum err status(struct exchange *x, struct fault *why)
{
    (void)why;
    if (!x->api->state_json) {
        json_object(&x->json);
        json_end(&x->json);
        return OK;
    }
    return x->api->state_json(x->api->state_context, &x->reply->body);
}

static const struct route routes[] = {
    {METHOD_GET, ACTION_AGGREGATE, "/_tamis/metrics", list_metrics, "", "declared metrics"},
    {METHOD_GET, ACTION_AGGREGATE, "/_tamis/metrics/{name}", get_metric,
     "from to by every request_cache", "docs/reference/http.md"},
    {METHOD_GET, ACTION_MANAGE, "/_tamis/status", status, "", "what the processes say"},
    {METHOD_GET, ACTION_MANAGE, "/_tamis/posture", posture, "", "what protects, as it is now"},
    {METHOD_POST, ACTION_UNSEAL, "/_tamis/sealed/open", open_sealed, "",
     "for [tamis sealed], which alone can read the answer"},
};

const struct route_group tamis_routes = ROUTE_GROUP("tamis's own", routes);
