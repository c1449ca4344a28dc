// SPDX-License-Identifier: Apache-2.0
#include "audit/shape.h"

#include "base/arena.h"
#include "base/date.h"

struct shape {
    const struct shape_of *of;
    struct buf *out; // writes nothing more once it is full
};

static void text(struct shape *s, const char *words)
{
    buf_text(s->out, words);
}

// The name as the schema has it, or '?'; tells all tables that have it.
static bool field(struct shape *s, struct slice name)
{
    bool is_known = false;
    for (uint32_t i = 0; i < s->of->table_count; i++) {
        uint32_t table = s->of->tables[i];
        struct field_path path;
        if (schema_path(s->of->schema, &s->of->schema->tables[table], name, &path) != OK)
            continue;
        is_known = true;
        if (s->of->used)
            s->of->used(s->of->context, table, &path);
    }
    buf_slice_add(s->out, is_known ? name : slice_text("?"));
    return is_known;
}

static bool is_time(const struct shape *s, struct slice name)
{
    for (uint32_t i = 0; i < s->of->table_count; i++) {
        const struct table *t = &s->of->schema->tables[s->of->tables[i]];
        if (t->time_field >= 0 && slice_is(name, t->fields[t->time_field].name))
            return true;
    }
    return false;
}

static void bound(struct shape *s, const struct query_range *r, const char *sign,
                  const struct literal *l)
{
    int64_t ms = 0;
    text(s, sign);
    bool shows =
        is_time(s, r->field) && r->time_zone.len == 0 &&
        date_parse_math(l->text, r->format, date_zone_utc(), false, s->of->now_ms, &ms, NULL) == OK;
    struct buf date AUTO(buf_donep) = buf_init(64);
    if (shows && date_print(&date, ms, slice_of(NULL, 0), date_zone_utc(), NULL) == OK)
        buf_slice_add(s->out, buf_slice(&date));
    else
        text(s, "?");
}

static void range(struct shape *s, const struct query_range *r)
{
    field(s, r->field);
    if (r->from.type != LITERAL_NULL)
        bound(s, r, r->from_open ? ">" : ">=", &r->from);
    if (r->to.type != LITERAL_NULL)
        bound(s, r, r->to_open ? "<" : "<=", &r->to);
}

static void terms(struct shape *s, const struct query_terms *t)
{
    field(s, t->field);
    if (t->value_count == 1)
        text(s, "=?");
    else
        buf_print(s->out, " in ?%u", t->value_count);
}

static void query(struct shape *s, const struct query *q);

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets queries be
static void clauses(struct shape *s, const char *name, const struct query *const *list,
                    uint32_t count, const char **between)
{
    if (count == 0)
        return;
    buf_print(s->out, "%s%s(", *between, name);
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            text(s, ", ");
        query(s, list[i]);
    }
    text(s, ")");
    *between = " ";
}

// NOLINTNEXTLINE(misc-no-recursion): see above
static void query(struct shape *s, const struct query *q)
{
    static const char *const patterns[] = {"^=?", "~?", "=~?", "~=?"};
    const char *between = "";
    switch (q->kind) {
    case QUERY_MATCH_ALL:
        text(s, "all");
        break;
    case QUERY_MATCH_NONE:
        text(s, "none");
        break;
    case QUERY_TERMS:
        terms(s, &q->terms);
        break;
    case QUERY_RANGE:
        range(s, &q->range);
        break;
    case QUERY_EXISTS:
        text(s, "exists ");
        field(s, q->exists);
        break;
    case QUERY_IDS:
        buf_print(s->out, "_id in ?%u", q->ids.value_count);
        break;
    case QUERY_PATTERN:
        field(s, q->pattern.field);
        text(s, patterns[q->pattern.kind]);
        break;
    case QUERY_BOOL:
        clauses(s, "and", q->bool_.must, q->bool_.must_count, &between);
        clauses(s, "filter", q->bool_.filter, q->bool_.filter_count, &between);
        clauses(s, "or", q->bool_.should, q->bool_.should_count, &between);
        clauses(s, "not", q->bool_.must_not, q->bool_.must_not_count, &between);
        if (*between == '\0')
            text(s, "all");
        break;
    }
}

static void aggs(struct shape *s, const struct agg *list, uint32_t count);
static void order(struct shape *s, const struct request *r);

static const char *kind_name(const struct agg *a)
{
    static const char *const names[AGG_KIND_COUNT] = {
        [AGG_TERMS] = "terms",
        [AGG_DATE_HISTOGRAM] = "date_histogram",
        [AGG_HISTOGRAM] = "histogram",
        [AGG_RANGE] = "range",
        [AGG_DATE_RANGE] = "date_range",
        [AGG_FILTER] = "filter",
        [AGG_FILTERS] = "filters",
        [AGG_MISSING] = "missing",
        [AGG_GLOBAL] = "global",
        [AGG_COMPOSITE] = "composite",
        [AGG_AVG] = "avg",
        [AGG_SUM] = "sum",
        [AGG_MIN] = "min",
        [AGG_MAX] = "max",
        [AGG_VALUE_COUNT] = "value_count",
        [AGG_STATS] = "stats",
        [AGG_EXTENDED_STATS] = "extended_stats",
        [AGG_CARDINALITY] = "cardinality",
        [AGG_PERCENTILES] = "percentiles",
        [AGG_PERCENTILE_RANKS] = "percentile_ranks",
        [AGG_MEDIAN_DEVIATION] = "median_absolute_deviation",
        [AGG_TOP_HITS] = "top_hits",
        [AGG_TOP_METRICS] = "top_metrics",
    };
    return names[a->kind];
}

// They tell nothing that the aggregations do not.
static void pipelines(struct shape *s, const struct pipeline *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        text(s, i ? "," : "|");
        text(s, list[i].type_name);
    }
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets aggregations be
static void agg(struct shape *s, const struct agg *a)
{
    text(s, kind_name(a));
    text(s, "(");
    if (a->field.len)
        field(s, a->field);
    if (a->kind == AGG_TERMS)
        buf_print(s->out, ",%u", a->size);
    for (uint32_t i = 0; i < a->filter_count; i++) {
        if (i)
            text(s, ", ");
        query(s, a->filters[i]);
    }
    if (a->top)
        order(s, a->top);
    for (uint32_t i = 0; i < a->order_count; i++) {
        if (a->orders[i].by == ORDER_METRIC)
            text(s, ",by metric");
    }
    text(s, ")");
    aggs(s, a->subs, a->sub_count);
    pipelines(s, a->pipelines, a->pipeline_count);
}

// NOLINTNEXTLINE(misc-no-recursion): see above
static void aggs(struct shape *s, const struct agg *list, uint32_t count)
{
    if (count == 0)
        return;
    text(s, "{");
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            text(s, ", ");
        agg(s, &list[i]);
    }
    text(s, "}");
}

static void order(struct shape *s, const struct request *r)
{
    for (uint32_t i = 0; i < r->sort_count; i++) {
        const struct sort_key *k = &r->sort[i];
        text(s, i ? "," : " sort=");
        text(s, k->descending ? "-" : "");
        if (slice_is(k->field, "_score") || slice_is(k->field, "_doc"))
            buf_slice_add(s->out, k->field);
        else
            field(s, k->field);
    }
}

void shape_print(const struct shape_of *of, const struct request *r, struct buf *out)
{
    struct buf whole AUTO(buf_donep) = buf_init(SHAPE_BYTES_MAX);
    struct shape s = {of, &whole};
    query(&s, r->query);
    if (r->post_filter) {
        text(&s, " post=");
        query(&s, r->post_filter);
    }
    buf_print(&whole, " size=%u", r->size);
    if (r->from)
        buf_print(&whole, " from=%u", r->from);
    order(&s, r);
    if (r->search_after)
        text(&s, " after");
    if (r->agg_count) {
        text(&s, " aggs=");
        aggs(&s, r->aggs, r->agg_count);
        pipelines(&s, r->pipelines, r->pipeline_count);
    }
    buf_slice_add(out, buf_slice(&whole));
    if (whole.over_limit)
        buf_text(out, "...");
}
