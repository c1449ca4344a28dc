// SPDX-License-Identifier: Apache-2.0
#include "search/floor_query.h"

#include "search/budget.h"
#include "search/column.h"
#include "search/literal_value.h"
#include "search/search_private.h"

enum {
    CONDITIONS_MAX = 16, // of one question: each may cost a search of its own
    CHECK_MEMORY_BYTES = 16 << 20,
    VALUES_MAX = 10000, // of a field, among which that of a condition is looked for
};

static const int64_t minute_ms = 60000;
static const int64_t hour_ms = 3600000;
static const int64_t day_ms = 86400000;

struct condition {
    const struct query *query; // a leaf
    bool is_not;
    bool is_gone; // its effect is low
    bool has_few; // of a field whose other values may be so few that they count as this one
    // A span of time: [from, to) in whole steps.
    bool is_span, has_from, has_to;
    int64_t from, to, step;
};

struct conditions {
    const struct search_context *context;
    struct arena *arena;
    struct fault *why;
    uint32_t count;
    struct condition items[CONDITIONS_MAX];
};

static enum err refuse(struct fault *why, const char *what)
{
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: %s is not for a role that sees only groups above the "
                "floor; it may join conditions by AND, each a value of a field, [exists] or a span "
                "of time",
                what);
}

// ---- reading the question ----

static enum err add_leaf(struct conditions *cs, const struct query *q, bool is_not)
{
    if (cs->count == CONDITIONS_MAX)
        return refuse(cs->why, "a question of more than 16 conditions");
    cs->items[cs->count++] = (struct condition){.query = q, .is_not = is_not};
    return OK;
}

static enum err add_all(struct conditions *cs, const struct query *q, bool is_not);

static enum err add_list(struct conditions *cs, const struct query *const *list, uint32_t count,
                         bool is_not)
{
    enum err e = OK;
    for (uint32_t i = 0; i < count && !e; i++)
        e = add_all(cs, list[i], is_not);
    return e;
}

// NOT of one condition is one condition; of several it would be an OR.
static enum err add_bool(struct conditions *cs, const struct query_bool *b, bool is_not)
{
    uint32_t count = b->must_count + b->filter_count + b->must_not_count + b->should_count;
    bool is_should = b->should_count == 1 && b->should_match_min == 1;
    if (is_not && count > 1)
        return refuse(cs->why, "[must_not] of several conditions");
    if (b->should_count > 0 && b->should_match_min > 0 && !is_should)
        return refuse(cs->why, "[should]");
    enum err e = add_list(cs, b->must, b->must_count, is_not);
    if (!e)
        e = add_list(cs, b->filter, b->filter_count, is_not);
    if (!e && is_should)
        e = add_list(cs, b->should, 1, is_not);
    return e ? e : add_list(cs, b->must_not, b->must_not_count, !is_not);
}

static enum err add_all(struct conditions *cs, const struct query *q, bool is_not)
{
    switch (q->kind) {
    case QUERY_MATCH_ALL:
        return is_not ? add_leaf(cs, q, true) : OK;
    case QUERY_TERMS:
        if (q->terms.value_count > 1)
            return refuse(cs->why, "a list of values");
        if (slice_is(q->terms.field, "_id"))
            return refuse(cs->why, "[_id]");
        if (q->terms.ignores_case)
            return refuse(cs->why, "[case_insensitive]");
        return add_leaf(cs, q, is_not);
    case QUERY_MATCH_NONE:
    case QUERY_EXISTS:
        return add_leaf(cs, q, is_not);
    case QUERY_RANGE:
        return is_not ? refuse(cs->why, "[must_not] of a [range]") : add_leaf(cs, q, false);
    case QUERY_IDS:
        return refuse(cs->why, "[ids]");
    case QUERY_PATTERN:
        return refuse(cs->why, "a pattern");
    case QUERY_BOOL:
        return add_bool(cs, &q->bool_, is_not);
    }
    return refuse(cs->why, "this query");
}

// ---- spans of time ----

static int64_t step_of(const struct condition *c)
{
    if (!c->has_from || !c->has_to)
        return day_ms;
    int64_t length = c->to - c->from;
    if (length <= 2 * hour_ms)
        return minute_ms;
    if (length <= 12 * hour_ms)
        return 5 * minute_ms;
    return length <= 31 * day_ms ? hour_ms : day_ms;
}

static int64_t down_to(int64_t ms, int64_t step)
{
    int64_t rest = ms % step;
    return ms - (rest < 0 ? rest + step : rest);
}

// Outward, to whole steps.
static void snap(struct condition *c)
{
    c->step = step_of(c);
    if (c->has_from)
        c->from = down_to(c->from, c->step);
    if (c->has_to)
        c->to = down_to(c->to + c->step - 1, c->step);
}

static struct literal number_literal(struct arena *arena, int64_t v)
{
    return (struct literal){.type = LITERAL_NUMBER,
                            .text = arena_print(arena, "%lld", (long long)v)};
}

static const struct query *span_query(const struct conditions *cs, const struct condition *c)
{
    struct query *q = ARENA_NEW(cs->arena, struct query);
    *q = *c->query;
    q->range = (struct query_range){
        .field = c->query->range.field, .to_open = true, .format = slice_text("epoch_millis")};
    if (c->has_from)
        q->range.from = number_literal(cs->arena, c->from);
    if (c->has_to)
        q->range.to = number_literal(cs->arena, c->to);
    return q;
}

// A bound far outside of all time would overflow; it bounds nothing.
static bool is_far(int64_t ms)
{
    return ms < INT64_MIN / 4 || ms > INT64_MAX / 4;
}

static enum err read_span(struct conditions *cs, struct condition *c)
{
    const struct query_range *r = &c->query->range;
    struct literal_dates dates = {
        .format = r->format, .time_zone = r->time_zone, .now_ms = cs->context->now_ms};
    c->is_span = true;
    c->has_from = r->from.type != LITERAL_NULL;
    c->has_to = r->to.type != LITERAL_NULL;
    enum err e = OK;
    if (c->has_from)
        e = literal_date(&r->from, &dates, r->from_open, &c->from, cs->why);
    if (!e && c->has_to)
        e = literal_date(&r->to, &dates, !r->to_open, &c->to, cs->why);
    if (e)
        return e;
    c->has_from = c->has_from && !is_far(c->from);
    c->has_to = c->has_to && !is_far(c->to);
    c->from += c->has_from && r->from_open;
    c->to += c->has_to && !r->to_open;
    snap(c);
    c->query = span_query(cs, c);
    return OK;
}

static enum err read_condition(struct conditions *cs, struct columns *columns, struct condition *c)
{
    bool is_range = c->query->kind == QUERY_RANGE;
    if (c->is_span)
        return OK;
    if (!is_range && c->query->kind != QUERY_TERMS)
        return OK;
    struct column *column = NULL;
    struct slice field = is_range ? c->query->range.field : c->query->terms.field;
    if (slice_is(field, "_index"))
        return OK;
    enum err e = columns_find(columns, field, &column, cs->why);
    if (e || !column->is_mapped)
        return e;
    if (is_range && column->type == FIELD_DATE)
        return read_span(cs, c);
    if (is_range)
        return refuse(cs->why, "a [range] of anything but times");
    c->has_few = column->type != FIELD_PSEUDONYM && c->query->terms.value_count == 1;
    return column->type == FIELD_DATE ? refuse(cs->why, "a single time") : OK;
}

static enum err read_conditions(struct conditions *cs)
{
    const struct search_context *c = cs->context;
    struct room room = room_init(CHECK_MEMORY_BYTES);
    struct columns columns;
    enum err e = columns_init(&columns, c->snapshot, c->tables, c->table_count, &room);
    columns.permit = c->permit;
    for (uint32_t i = 0; i < cs->count && !e; i++)
        e = read_condition(cs, &columns, &cs->items[i]);
    columns_done(&columns);
    bool is_over = room.is_over;
    room_done(&room);
    return e == ERR_LIMIT && is_over ? agg_out_of_room(cs->why) : e;
}

// ---- putting it together again ----

// All conditions, `turned` (NULL: none) turned round.
static const struct query *join(const struct conditions *cs, const struct condition *turned)
{
    struct query *q = ARENA_NEW(cs->arena, struct query);
    const struct query **yes = ARENA_ARRAY(cs->arena, const struct query *, cs->count + 1);
    const struct query **no = ARENA_ARRAY(cs->arena, const struct query *, cs->count + 1);
    *q = (struct query){.kind = QUERY_BOOL, .boost = 1};
    q->bool_.filter = yes;
    q->bool_.must_not = no;
    for (uint32_t i = 0; i < cs->count; i++) {
        const struct condition *c = &cs->items[i];
        if (c->is_gone)
            continue;
        if (c->is_not != (c == turned))
            no[q->bool_.must_not_count++] = c->query;
        else
            yes[q->bool_.filter_count++] = c->query;
    }
    return q;
}

// ---- what has an effect ----

static enum err ask(const struct conditions *cs, const struct query *q, const struct agg *agg,
                    struct answer *out)
{
    struct request r = {.query = q, .track_total_hits = -1, .track_total_hits_given = true};
    r.aggs = agg;
    r.agg_count = agg != NULL;
    struct search_context c = *cs->context;
    c.ends_when_enough = agg == NULL;
    c.tells_folded = agg != NULL;
    return search_rows(&c, &r, cs->arena, out, cs->why);
}

static bool is_value(const struct literal *l, const struct value *v)
{
    if (v->type == VALUE_TEXT)
        return slice_equal(l->text, v->text);
    if (v->type == VALUE_BOOLEAN)
        return slice_is(l->text, v->i64 ? "true" : "false");
    double asked;
    bool is_double = v->type == VALUE_DOUBLE;
    return literal_double(l, &asked, NULL) == OK && asked == (is_double ? v->f64 : (double)v->i64);
}

static struct literal literal_of(struct arena *arena, const struct value *v)
{
    if (v->type == VALUE_TEXT)
        return (struct literal){.type = LITERAL_TEXT, .text = v->text};
    if (v->type == VALUE_BOOLEAN)
        return (struct literal){
            .type = LITERAL_BOOL, .truth = v->i64, .text = slice_text(v->i64 ? "true" : "false")};
    if (v->type == VALUE_DOUBLE)
        return (struct literal){.type = LITERAL_NUMBER,
                                .text = arena_print(arena, "%.17g", v->f64)};
    return number_literal(arena, v->i64);
}

// The value of the bucket and those that are counted with it.
static const struct query *with_folded(const struct conditions *cs, const struct query *from,
                                       const struct bucket *b)
{
    struct query *q = ARENA_NEW(cs->arena, struct query);
    struct literal *values = ARENA_ARRAY(cs->arena, struct literal, (size_t)b->folded_count + 1);
    values[0] = from->terms.values[0];
    for (uint32_t i = 0; i < b->folded_count; i++)
        values[i + 1] = literal_of(cs->arena, &b->folded[i]);
    *q = *from;
    q->terms.values = values;
    q->terms.value_count = b->folded_count + 1;
    return q;
}

// The value of a condition stands for what an aggregation shows under it.
static enum err take_folded(struct conditions *cs, struct condition *c)
{
    const struct query *without;
    struct agg *a = ARENA_NEW(cs->arena, struct agg);
    struct answer shown = {0};
    *a = (struct agg){.name = slice_text("values"),
                      .kind = AGG_TERMS,
                      .type_name = "terms",
                      .field = c->query->terms.field,
                      .size = VALUES_MAX,
                      .min_doc_count = 1};
    c->is_gone = true;
    without = join(cs, NULL);
    c->is_gone = false;
    enum err e = ask(cs, without, a, &shown);
    for (uint32_t i = 0; !e && i < shown.aggs[0].bucket_count; i++) {
        const struct bucket *b = &shown.aggs[0].buckets[i];
        if (b->folded_count && is_value(&c->query->terms.values[0], &b->key))
            c->query = with_folded(cs, c->query, b);
    }
    return e;
}

// Leaves away the condition that keeps out fewest of those whom the others let in, if these are too
// few.  One at a time and the lowest first, so that what is decided on a condition cannot depend on
// another one whose effect is lower.
static enum err drop_lowest(struct conditions *cs, uint32_t first, bool *out_any)
{
    struct condition *lowest = NULL;
    double fewest = 0;
    enum err e = OK;
    for (uint32_t i = first; i < cs->count && !e; i++) {
        struct answer kept_out = {0};
        if (cs->items[i].is_gone)
            continue;
        e = ask(cs, join(cs, &cs->items[i]), NULL, &kept_out);
        if (e || kept_out.total > 0 || (lowest && kept_out.subjects >= fewest))
            continue;
        lowest = &cs->items[i];
        fewest = kept_out.subjects;
    }
    *out_any = lowest && !e;
    if (*out_any)
        lowest->is_gone = true;
    return e;
}

// Leaves away what has a low effect, and lets the rest stand for what an aggregation shows.
static enum err drop_low(struct conditions *cs, uint32_t first)
{
    enum err e = OK;
    bool any = true;
    while (any && !e)
        e = drop_lowest(cs, first, &any);
    for (uint32_t i = first; i < cs->count && !e; i++)
        if (cs->items[i].has_few && !cs->items[i].is_gone)
            e = take_folded(cs, &cs->items[i]);
    return e;
}

static const int64_t steps[] = {60000, 300000, 3600000, 86400000, 604800000};

// The shown steps of a span, by the conditions as they are.
static enum err ask_steps(struct conditions *cs, const struct condition *c, struct answer *out)
{
    struct agg *a = ARENA_NEW(cs->arena, struct agg);
    *a = (struct agg){.name = slice_text("steps"),
                      .kind = AGG_DATE_HISTOGRAM,
                      .type_name = "date_histogram",
                      .field = c->query->range.field,
                      .interval_kind = INTERVAL_FIXED,
                      .interval_ms = c->step,
                      .min_doc_count = 1};
    return ask(cs, join(cs, NULL), a, out);
}

static bool take_shown(struct condition *c, const struct agg_answer *shown)
{
    if (shown->bucket_count == 0)
        return false;
    int64_t first = shown->buckets[0].key.i64;
    int64_t last = shown->buckets[shown->bucket_count - 1].key.i64;
    if (c->has_from && first > c->from)
        c->from = first;
    if (c->has_to && last + c->step < c->to)
        c->to = last + c->step;
    return true;
}

// Where no step has enough, longer ones may, up to the span's own length; where none of these
// has, nothing is left.
static enum err trim(struct conditions *cs, struct condition *c)
{
    int64_t length = c->has_from && c->has_to ? c->to - c->from : INT64_MAX;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i] < c->step || steps[i] > length)
            continue;
        c->step = steps[i];
        if (c->has_from)
            c->from = down_to(c->from, c->step);
        if (c->has_to)
            c->to = down_to(c->to + c->step - 1, c->step);
        c->query = span_query(cs, c);
        struct answer shown = {0};
        enum err e = ask_steps(cs, c, &shown);
        if (e)
            return e;
        if (take_shown(c, &shown.aggs[0])) {
            c->query = span_query(cs, c);
            return OK;
        }
    }
    struct query *none = ARENA_NEW(cs->arena, struct query);
    *none = (struct query){.kind = QUERY_MATCH_NONE, .boost = 1};
    c->query = none;
    return OK;
}

static enum err trim_spans(struct conditions *cs)
{
    enum err e = OK;
    for (uint32_t i = 0; i < cs->count && !e; i++)
        if (cs->items[i].is_span && !cs->items[i].is_gone &&
            (cs->items[i].has_from || cs->items[i].has_to))
            e = trim(cs, &cs->items[i]);
    return e;
}

// ---- aggregations ----

static enum err make_aggs(const struct conditions *query, const struct agg *from, uint32_t count,
                          const struct agg **out);

// The filter's conditions that have an effect on what the query lets in.
static enum err make_filter(const struct conditions *query, const struct query *from,
                            const struct query **out)
{
    struct conditions cs = *query;
    enum err e = add_all(&cs, from, false);
    for (uint32_t i = query->count; i < cs.count && !e; i++)
        if (cs.items[i].query->kind == QUERY_RANGE)
            e = refuse(cs.why, "a [range] in a filter aggregation");
    if (!e)
        e = read_conditions(&cs);
    if (!e)
        e = drop_low(&cs, query->count);
    for (uint32_t i = 0; i < query->count; i++)
        cs.items[i].is_gone = true;
    if (!e)
        *out = join(&cs, NULL);
    return e;
}

static enum err check_agg(const struct conditions *query, const struct agg *a)
{
    if (a->kind == AGG_RANGE || a->kind == AGG_DATE_RANGE)
        return refuse(query->why, "a [range] aggregation");
    if (a->kind == AGG_PERCENTILE_RANKS || a->kind == AGG_MEDIAN_DEVIATION)
        return refuse(query->why, "[percentile_ranks] or [median_absolute_deviation]");
    bool is_histogram = a->kind == AGG_HISTOGRAM || a->kind == AGG_DATE_HISTOGRAM;
    if (is_histogram && (a->offset != 0 || a->offset_ms != 0))
        return refuse(query->why, "an [offset]");
    return OK;
}

static enum err make_agg(const struct conditions *query, struct agg *a)
{
    enum err e = check_agg(query, a);
    const struct query **filters =
        ARENA_ARRAY(query->arena, const struct query *, (size_t)a->filter_count + 1);
    for (uint32_t i = 0; i < a->filter_count && !e; i++)
        e = make_filter(query, a->filters[i], &filters[i]);
    a->filters = filters;
    for (uint32_t i = 0; i < a->source_count && !e; i++)
        e = check_agg(query, a->sources[i].agg);
    return e ? e : make_aggs(query, a->subs, a->sub_count, &a->subs);
}

static enum err make_aggs(const struct conditions *query, const struct agg *from, uint32_t count,
                          const struct agg **out)
{
    struct agg *aggs = ARENA_ARRAY(query->arena, struct agg, (size_t)count + 1);
    enum err e = OK;
    for (uint32_t i = 0; i < count && !e; i++) {
        aggs[i] = from[i];
        e = make_agg(query, &aggs[i]);
    }
    *out = aggs;
    return e;
}

enum err floor_query_make(const struct search_context *c, const struct request *r,
                          struct arena *request, struct request *out, struct fault *why)
{
    struct conditions cs = {.context = c, .arena = request, .why = why};
    *out = *r;
    if (r->post_filter)
        return refuse(why, "[post_filter]");
    if (r->terminate_after)
        return refuse(why, "[terminate_after]");
    enum err e = add_all(&cs, r->query, false);
    if (!e)
        e = read_conditions(&cs);
    if (!e)
        e = drop_low(&cs, 0);
    if (!e)
        e = trim_spans(&cs);
    if (e)
        return e;
    out->query = join(&cs, NULL);
    return make_aggs(&cs, r->aggs, r->agg_count, &out->aggs);
}
