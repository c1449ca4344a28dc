// SPDX-License-Identifier: Apache-2.0
#include "search/cube_plan.h"

#include "access/seen.h"
#include "base/date.h"
#include "search/date_steps.h"
#include "search/literal_value.h"

// A cube is of one table.
static const char *table_name(const struct search_context *c)
{
    return snapshot_schema(c->snapshot)->tables[c->tables[0]].name;
}

enum { AGG_DEPTH_MAX = 16 };

// Times beyond are nobody's, and sums of them might not fit into 64 bits.
#define TIME_MAX_MS ((int64_t)1 << 50)

static bool is_time(int64_t ms)
{
    return ms > -TIME_MAX_MS && ms < TIME_MAX_MS;
}

// ---- fields ----

static bool find_slot(struct cube_plan *p, uint32_t dim, uint32_t *out)
{
    for (*out = 0; *out < p->dim_count; ++*out)
        if (p->dims[*out] == dim)
            return true;
    if (p->dim_count == sizeof p->dims / sizeof *p->dims)
        return false;
    p->dims[p->dim_count++] = dim;
    return true;
}

enum cube_field cube_field_find(struct cube_plan *p, struct slice name, uint32_t *out_slot,
                                enum field_type *out_type)
{
    const struct metric_decl *m = p->decl;
    struct field_path path;
    if (schema_path(snapshot_schema(p->context->snapshot), p->table, name, &path) != OK)
        return CUBE_FIELD_OTHER;
    *out_type = path.type;
    if (path.lookup < 0 && path.field == m->time_field)
        return CUBE_FIELD_TIME;
    for (uint32_t i = 0; i < m->by_count; i++) {
        if (m->by[i].field != (int)path.field || m->by[i].lookup != path.lookup)
            continue;
        // Of doubles there are two zeros, and a cube holds them apart.
        bool is_kept = field_storage(path.type) != STORAGE_F64 && find_slot(p, i, out_slot);
        return is_kept ? CUBE_FIELD_DIM : CUBE_FIELD_OTHER;
    }
    bool is_ratio = m->kind == METRIC_RATIO && path.lookup < 0 && m->ratio_field == (int)path.field;
    return is_ratio ? CUBE_FIELD_RATIO : CUBE_FIELD_OTHER;
}

const struct dict *cube_slot_dict(const struct cube_plan *p, uint32_t slot)
{
    const struct metric_by *by = &p->decl->by[p->dims[slot]];
    int target = p->table->fields[by->field].lookup_table;
    uint32_t table = by->lookup >= 0 ? (uint32_t)target : p->decl->table;
    uint32_t field = (uint32_t)(by->lookup >= 0 ? by->lookup : by->field);
    return view_dict(snapshot_view(p->context->snapshot, table), field);
}

// ---- aggregations ----

static bool plan_values(struct cube_plan *p, struct cube_node *n)
{
    enum field_type type;
    if (cube_field_find(p, n->agg->field, &n->slot, &type) != CUBE_FIELD_DIM)
        return false;
    // Whose buckets would show single subjects is for the search to refuse.
    return type != FIELD_PSEUDONYM || permit_rows(p->context->permit, table_name(p->context));
}

static bool plan_terms(struct cube_plan *p, struct cube_node *n)
{
    const struct agg *a = n->agg;
    if (a->missing.type != LITERAL_NULL || a->min_doc_count == 0 || a->include || a->exclude ||
        a->include_pattern.at || a->exclude_pattern.at)
        return false;
    for (uint32_t i = 0; i < a->order_count; i++)
        if (a->orders[i].by == ORDER_METRIC)
            return false;
    return plan_values(p, n);
}

static int64_t common(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

// The longest time whose multiples all bounds of buckets are, as far as can be told from
// the request; of clocks that are not UTC's cube_answer.c makes sure.
static int64_t unit_of(const struct agg *a, bool has_zone)
{
    static const int64_t units[] = {
        [DATE_SECOND] = MS_PER_SECOND, [DATE_MINUTE] = MS_PER_MINUTE, [DATE_HOUR] = MS_PER_HOUR};
    int64_t unit = MS_PER_DAY;
    if (a->interval_kind == INTERVAL_FIXED)
        unit = a->interval_ms;
    else if (a->calendar_unit <= DATE_HOUR)
        unit = units[a->calendar_unit];
    unit = common(unit, a->offset_ms);
    return has_zone ? common(unit, MS_PER_HOUR) : unit;
}

static bool plan_bound(const struct cube_plan *p, const struct cube_node *n,
                       const struct literal *l, bool *out_has, int64_t *out)
{
    const struct literal_dates dates = {
        .format = n->agg->format, .time_zone = n->agg->time_zone, .now_ms = p->context->now_ms};
    bool exact = false;
    *out_has = l->type != LITERAL_NULL;
    if (!*out_has)
        return true;
    // Numbers are milliseconds whatever the format.
    enum err e = l->type == LITERAL_NUMBER ? literal_long(l, out, &exact, NULL)
                                           : literal_date(l, &dates, false, out, NULL);
    if (e || !is_time(*out))
        return false;
    *out = date_steps_bound(n->agg, n->zone, *out);
    return true;
}

static bool plan_histogram(struct cube_plan *p, struct cube_node *n)
{
    const struct agg *a = n->agg;
    uint32_t slot;
    enum field_type type;
    bool is_plain = a->missing.type == LITERAL_NULL && a->hard_min.type == LITERAL_NULL &&
                    a->hard_max.type == LITERAL_NULL;
    is_plain = is_plain && is_time(a->interval_ms) && is_time(a->offset_ms);
    if (!is_plain || cube_field_find(p, a->field, &slot, &type) != CUBE_FIELD_TIME)
        return false;
    for (uint32_t i = 0; i < a->order_count; i++)
        if (a->orders[i].by == ORDER_METRIC)
            return false;
    n->zone = date_zone_utc();
    if (a->time_zone.len && date_zone_get(a->time_zone, &n->zone, NULL))
        return false;
    bool has_zone = n->zone != date_zone_utc();
    int64_t unit = unit_of(a, has_zone);
    p->unit_ms = common(unit, p->unit_ms);
    p->has_zone |= has_zone;
    return p->unit_ms % p->decl->every_ms == 0 &&
           plan_bound(p, n, &a->extended_min, &n->has_min, &n->min) &&
           plan_bound(p, n, &a->extended_max, &n->has_max, &n->max) &&
           !(n->has_min && n->has_max && n->min > n->max);
}

static bool plan_filters(struct cube_plan *p, struct cube_node *n)
{
    uint32_t count = n->agg->filter_count;
    n->filters = ARENA_ARRAY(p->arena, struct cube_filter, (size_t)count + 1);
    for (uint32_t i = 0; i < count; i++)
        if (!cube_filter_plan(p, n->agg->filters[i], false, &n->filters[i]))
            return false;
    return true;
}

static bool plan_node(struct cube_plan *p, struct cube_node *n)
{
    enum agg_kind kind = n->agg->kind;
    if (kind == AGG_TERMS)
        return plan_terms(p, n);
    if (kind == AGG_DATE_HISTOGRAM)
        return plan_histogram(p, n);
    if (kind == AGG_FILTER || kind == AGG_FILTERS)
        return plan_filters(p, n);
    return kind == AGG_MISSING && plan_values(p, n);
}

static bool plan_subs(struct cube_plan *p, struct cube_node *n, const struct agg *aggs,
                      uint32_t count, uint32_t depth)
{
    n->sub_count = count;
    n->subs = ARENA_ARRAY(p->arena, struct cube_node, (size_t)count + 1);
    for (uint32_t i = 0; i < count; i++) {
        struct cube_node *sub = &n->subs[i];
        sub->agg = &aggs[i];
        if (depth == AGG_DEPTH_MAX || !plan_node(p, sub) ||
            !plan_subs(p, sub, aggs[i].subs, aggs[i].sub_count, depth + 1))
            return false;
    }
    return true;
}

// ---- the request ----

// It asks for counts alone, of one table, and whoever asks may see every one of them.
static bool is_of_counts(const struct search_context *c, const struct request *r)
{
    const struct schema *schema = snapshot_schema(c->snapshot);
    uint32_t floor = schema->floor_subjects;
    return c->table_count == 1 && permit_floor(c->permit, table_name(c), floor) == 0 &&
           seen_whole(c->permit, schema, &schema->tables[c->tables[0]]) && r->size == 0 &&
           !r->post_filter && !r->terminate_after && !r->min_score_given && r->sort_count == 0 &&
           !r->search_after && r->field_count == 0 && r->docvalue_field_count == 0;
}

static bool plan_metric(struct cube_plan *p)
{
    p->from = INT64_MIN;
    p->to = INT64_MAX;
    return cube_filter_plan(p, p->request->query, true, &p->filter) && p->from <= p->to &&
           (p->from == INT64_MIN || is_time(p->from)) && (p->to == INT64_MAX || is_time(p->to)) &&
           plan_subs(p, &p->root, p->request->aggs, p->request->agg_count, 0);
}

bool cube_plan_make(struct cubes *cubes, const struct search_context *c, const struct request *r,
                    struct arena *request, struct cube_plan *out)
{
    const struct schema *s = snapshot_schema(c->snapshot);
    if (!is_of_counts(c, r))
        return false;
    bool found = false;
    for (uint32_t i = 0; i < s->metric_count; i++) {
        struct cube_plan p = {.cubes = cubes,
                              .context = c,
                              .request = r,
                              .arena = request,
                              .table = &s->tables[c->tables[0]],
                              .decl = &s->metrics[i],
                              .metric = i};
        // The metric of the fewest dimensions has the fewest cells.
        bool is_better = !found || p.decl->by_count < out->decl->by_count;
        if (p.decl->table != c->tables[0] || !is_better || !plan_metric(&p))
            continue;
        *out = p;
        found = true;
    }
    return found;
}
