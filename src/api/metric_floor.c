// SPDX-License-Identifier: Apache-2.0
#include "api/metric_floor.h"

#include "base/limits.h"

enum { QUESTION_BYTES = 64 * 1024 };

static int64_t floor_to(int64_t ms, int64_t every_ms)
{
    int64_t rest = ms % every_ms;
    return ms - (rest < 0 ? rest + every_ms : rest);
}

static void write_range(struct json_writer *w, const struct metric_question *q,
                        const struct metric_decl *m, const char *time)
{
    json_key(w, "query");
    json_object(w);
    json_key(w, "range");
    json_object(w);
    json_key(w, time);
    json_object(w);
    if (q->has_from) {
        json_key(w, "gte");
        json_int(w, floor_to(q->from_ms, m->every_ms));
    }
    if (q->has_to) {
        int64_t floor = floor_to(q->to_ms, m->every_ms);
        json_key(w, "lt");
        json_int(w, floor == q->to_ms ? floor : floor + m->every_ms);
    }
    json_key(w, "format");
    json_text(w, "epoch_millis");
    json_end(w);
    json_end(w);
    json_end(w);
}

// Opens "aggs" and the aggregation within; close_level() ends both.
static void open_level(struct json_writer *w, const char *kind)
{
    json_key(w, "aggs");
    json_object(w);
    json_key(w, "level");
    json_object(w);
    json_key(w, kind);
    json_object(w);
}

static void close_level(struct json_writer *w)
{
    json_end(w);
    json_end(w);
}

// Of a ratio's rows those that count.
static void write_matched(struct json_writer *w, const struct engine *e,
                          const struct metric_decl *m)
{
    json_key(w, "aggs");
    json_object(w);
    json_key(w, "matched");
    json_object(w);
    json_key(w, "filter");
    json_object(w);
    json_key(w, "bool");
    json_object(w);
    json_key(w, m->ratio_is_not ? "must_not" : "filter");
    json_object(w);
    json_key(w, "term");
    json_object(w);
    json_key(w, e->schema->tables[m->table].fields[m->ratio_field].name);
    json_text(w, m->ratio_value);
    for (int i = 0; i < 6; i++)
        json_end(w);
}

// Time first, then one level for each of `by`; with neither, a filter that lets all in.
static void write_levels(struct json_writer *w, const struct metric_question *q,
                         const struct engine *e, const struct metric_decl *m)
{
    const char *time = e->schema->tables[m->table].fields[m->time_field].name;
    uint32_t levels = 0;
    if (q->every_ms) {
        open_level(w, "date_histogram");
        json_key(w, "field");
        json_text(w, time);
        json_key(w, "fixed_interval");
        json_print(w, "%lldms", (long long)q->every_ms);
        json_key(w, "min_doc_count");
        json_int(w, 1);
        json_end(w);
        levels++;
    }
    for (uint32_t i = 0; i < q->by_count; i++, levels++) {
        open_level(w, "terms");
        json_key(w, "field");
        json_string(w, q->by[i]);
        json_key(w, "size");
        json_int(w, LIMIT_BUCKETS);
        json_end(w);
    }
    if (levels == 0) {
        open_level(w, "filter");
        json_key(w, "match_all");
        json_object(w);
        json_end(w);
        json_end(w);
        levels++;
    }
    if (m->kind == METRIC_RATIO)
        write_matched(w, e, m);
    for (uint32_t i = 0; i < levels; i++)
        close_level(w);
}

static enum err ask(struct exchange *x, const struct metric_question *q,
                    const struct metric_decl *m, struct answer *out, struct fault *why)
{
    struct engine *engine = x->api->engine;
    const char *time = engine->schema->tables[m->table].fields[m->time_field].name;
    struct buf text = buf_init(QUESTION_BYTES);
    struct json_writer w = json_writer_to(&text);
    json_object(&w);
    json_key(&w, "size");
    json_int(&w, 0);
    if (q->has_from || q->has_to)
        write_range(&w, q, m, time);
    write_levels(&w, q, engine, m);
    json_end(&w);

    const struct json *body = NULL;
    struct request request;
    struct slice copy = arena_copy(x->arena, buf_slice(&text));
    enum err e = buf_end(&text, why);
    buf_done(&text);
    if (e == OK)
        e = json_parse(copy, x->arena, &body, why);
    if (e == OK)
        e = request_parse(body, x->arena, &request, why);
    if (e != OK)
        return e;
    const struct engine_question asked = {.permit = x->permit,
                                          .in = {.tables = &m->table, .count = 1},
                                          .request = &request,
                                          .is_gone = x->request->is_gone,
                                          .asker = x->request->asker};
    return engine->ops->search(engine, &asked, x->arena, out, why);
}

static bool same_value(const struct value *a, const struct value *b)
{
    if (a->type == VALUE_TEXT && b->type == VALUE_TEXT)
        return slice_equal(a->text, b->text);
    if (a->type == VALUE_DOUBLE && b->type == VALUE_DOUBLE)
        return a->f64 == b->f64;
    bool texts = a->type == VALUE_TEXT || b->type == VALUE_TEXT;
    bool doubles = a->type == VALUE_DOUBLE || b->type == VALUE_DOUBLE;
    bool none = a->type == VALUE_NONE || b->type == VALUE_NONE;
    return !texts && !doubles && !none && a->i64 == b->i64;
}

static const struct bucket *find(const struct agg_answer *level, const struct value *key)
{
    for (uint32_t i = 0; level && i < level->bucket_count; i++) {
        if (level->buckets[i].doc_count && same_value(&level->buckets[i].key, key))
            return &level->buckets[i];
    }
    return NULL;
}

// The group that a row is about; NULL when it is not shown.
static const struct bucket *group_of(const struct metric_question *q, const struct metric_row *row,
                                     const struct agg_answer *level)
{
    const struct bucket *b = NULL;
    if (q->every_ms == 0 && q->by_count == 0)
        return level->bucket_count && level->buckets[0].doc_count ? &level->buckets[0] : NULL;
    if (q->every_ms) {
        const struct value time = {.type = VALUE_DATE, .i64 = row->time_ms};
        b = find(level, &time);
        if (!b)
            return NULL;
        level = b->subs;
    }
    for (uint32_t i = 0; i < q->by_count; i++) {
        b = find(level, &row->by[i]);
        if (!b)
            return NULL;
        level = b->subs;
    }
    return b;
}

// What a cube counts is exact; what is shown of it is what a search would have shown.
static struct metric_row shown_row(const struct metric_row *row, const struct bucket *b,
                                   bool is_ratio)
{
    struct metric_row shown = *row;
    shown.count = b->doc_count;
    shown.matched = is_ratio && b->subs->bucket_count ? b->subs->buckets[0].doc_count : 0;
    if (shown.matched > shown.count)
        shown.matched = shown.count;
    return shown;
}

enum err metric_floor_apply(struct exchange *x, const struct metric_question *q,
                            struct metric_answer *a, struct fault *why)
{
    const struct schema *schema = x->api->engine->schema;
    if (permit_floor(x->permit, schema->tables[a->metric->table].name, schema->floor_subjects) == 0)
        return OK;
    struct answer shown = {0};
    enum err e = ask(x, q, a->metric, &shown, why);
    if (e != OK)
        return e;
    struct metric_row *rows = ARENA_ARRAY(x->arena, struct metric_row, a->row_count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < a->row_count; i++) {
        const struct bucket *b = shown.agg_count ? group_of(q, &a->rows[i], &shown.aggs[0]) : NULL;
        if (b)
            rows[count++] = shown_row(&a->rows[i], b, a->metric->kind == METRIC_RATIO);
    }
    a->rows = rows;
    a->row_count = count;
    return OK;
}
