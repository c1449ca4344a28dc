// SPDX-License-Identifier: Apache-2.0
#include "sql/plan_private.h"

// GROUP BY: what the engine groups by, the keys made of it, and SELECT, HAVING and ORDER BY over
// keys and aggregates.

static enum err add_source(struct planning *p, const struct expr *at, const struct plan_source *s,
                           uint32_t *out)
{
    struct plan *plan = p->plan;
    for (uint32_t i = 0; i < plan->source_count; i++) {
        const struct plan_source *o = &p->sources[i];
        bool is_same = o->kind == s->kind && o->column == s->column && o->unit == s->unit &&
                       o->interval_ms == s->interval_ms && !(o->interval < s->interval) &&
                       !(o->interval > s->interval);
        *out = i;
        if (is_same)
            return OK;
    }
    if (plan->source_count == PLAN_SOURCES_MAX)
        return sql_problem(p->from->why, at->place, "more than %d columns in GROUP BY",
                           PLAN_SOURCES_MAX);
    *out = plan->source_count;
    p->sources[plan->source_count++] = *s;
    return OK;
}

static struct plan_source source_of(const struct expr *column, enum source_kind kind)
{
    return (struct plan_source){
        .kind = kind, .column = column->column, .field = column->name, .type = column->type};
}

// ---- sources that give a key as it is ----

static enum err calendar_of(struct planning *p, const struct expr *e, const struct cell *step,
                            struct plan_source *out)
{
    static const struct {
        int64_t months;
        enum date_unit unit;
    } calendar[] = {{1, DATE_MONTH}, {3, DATE_QUARTER}, {12, DATE_YEAR}};

    for (size_t i = 0; step->type == SQL_MONTHS && i < 3; i++) {
        if (step->i64 == calendar[i].months) {
            out->kind = SOURCE_CALENDAR;
            out->unit = calendar[i].unit;
            return OK;
        }
    }
    out->kind = SOURCE_FIXED;
    out->interval_ms = step->i64;
    if (step->type == SQL_SPAN && step->i64 == MS_PER_DAY) {
        out->kind = SOURCE_CALENDAR; // a day of the time zone, also of 23 and 25 hours
        out->unit = DATE_DAY;
        out->interval_ms = 0;
    } else if (step->type != SQL_SPAN || step->i64 < 1) {
        return sql_problem(p->from->why, e->place,
                           "HISTOGRAM of dates takes an INTERVAL of a year, a quarter, a month, or "
                           "of days and shorter");
    }
    return OK;
}

static enum err histogram_of(struct planning *p, const struct expr *e, struct plan_source *out)
{
    const struct expr *column = e->args[0];
    const struct expr *step = e->args[1];
    if (column->kind != EXPR_COLUMN || step->kind != EXPR_CONSTANT)
        return sql_problem(p->from->why, e->place,
                           "HISTOGRAM takes a column and a constant interval");
    *out = source_of(column, SOURCE_HISTOGRAM);
    if (column->type == SQL_DATETIME)
        return calendar_of(p, e, &step->constant, out);
    out->interval = cell_number(&step->constant);
    if (!sql_type_is_number(column->type) || !sql_type_is_number(step->type) ||
        !(out->interval > 0))
        return sql_problem(p->from->why, e->place,
                           "HISTOGRAM takes a number and an interval above 0, or a date and an "
                           "INTERVAL");
    out->type = column->type == SQL_DOUBLE || step->type == SQL_DOUBLE ? SQL_DOUBLE : SQL_LONG;
    return OK;
}

// DATE_TRUNC of a column, YEAR of one, CAST of one AS DATE.
static bool truncation_of(const struct expr *e, struct plan_source *out)
{
    if (e->kind != EXPR_CALL)
        return false;
    const struct expr *column = e->args[e->function->op == OP_TRUNCATE_TIME];
    bool is_year = e->function->grain == GRAIN_YEAR;
    bool is_day = e->function->op == OP_CAST && e->type == SQL_DATE;
    if (column->kind != EXPR_COLUMN || column->type != SQL_DATETIME ||
        !(is_year || is_day || e->function->op == OP_TRUNCATE_TIME))
        return false;
    *out = source_of(column, SOURCE_CALENDAR);
    out->unit = is_year ? DATE_YEAR : DATE_DAY;
    return is_year || is_day || time_unit_parse(e->args[0]->constant.text, &out->unit);
}

// *out_found: a source alone gives the key, each of its groups another one.
static enum err direct_key(struct planning *p, struct expr *e, struct expr **out, bool *out_found)
{
    struct plan_source source = {.kind = SOURCE_TERMS};
    uint32_t at = 0;
    enum err err = OK;
    bool is_histogram = e->kind == EXPR_CALL && e->function->op == OP_HISTOGRAM;
    *out_found = true;
    if (e->kind == EXPR_COLUMN)
        source = source_of(e, SOURCE_TERMS);
    else if (is_histogram)
        err = histogram_of(p, e, &source);
    else if (!truncation_of(e, &source))
        *out_found = false;
    if (err || !*out_found)
        return err;
    err = add_source(p, e, &source, &at);
    if (err)
        return err;
    struct expr *input = plan_input(p, e, at, source.type);
    *out = input;
    if (is_histogram || e->kind == EXPR_COLUMN || e->function->op == OP_TRUNCATE_TIME)
        return OK;
    struct expr *copy = plan_copy(p, e); // YEAR, CAST
    copy->args[0] = input;
    *out = copy;
    return OK;
}

// ---- keys made of several groups ----

static enum date_unit unit_of(enum function_grain grain)
{
    static const enum date_unit units[] = {
        [GRAIN_NONE] = DATE_SECOND, [GRAIN_YEAR] = DATE_YEAR, [GRAIN_MONTH] = DATE_MONTH,
        [GRAIN_DAY] = DATE_DAY,     [GRAIN_HOUR] = DATE_HOUR, [GRAIN_MINUTE] = DATE_MINUTE};

    return units[grain];
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets expressions be
static enum err made_key(struct planning *p, struct expr *e, struct expr **out)
{
    uint32_t at = 0;
    bool found = false;
    enum err err = direct_key(p, e, out, &found);
    if (err || found)
        return err;
    *out = e;
    if (e->kind != EXPR_CALL)
        return OK;
    if (!e->function->evaluate)
        return sql_problem(p->from->why, e->place, "Cannot group by [%s] within an expression",
                           e->function->name);
    *out = plan_copy(p, e);
    // One group for all that the function says the same of.
    if (e->function->grain != GRAIN_NONE && e->args[0]->kind == EXPR_COLUMN) {
        struct plan_source source = source_of(e->args[0], SOURCE_CALENDAR);
        source.unit = unit_of(e->function->grain);
        err = add_source(p, e, &source, &at);
        (*out)->args[0] = plan_input(p, e->args[0], at, source.type);
        return err;
    }
    for (uint32_t i = 0; i < e->arg_count && !err; i++)
        err = made_key(p, e->args[i], &(*out)->args[i]);
    return err;
}

static enum err make_key(struct planning *p, struct expr *e, const struct expr **out)
{
    bool found = false;
    struct expr *made = NULL;
    enum err err = direct_key(p, e, &made, &found);
    if (!err && !found) {
        p->plan->is_merged = true;
        err = made_key(p, e, &made);
    }
    *out = made;
    return err;
}

static enum err make_keys(struct planning *p)
{
    const struct statement *s = p->statement;
    p->groups = ARENA_ARRAY(p->from->request, struct expr *, s->group_count + 1);
    p->keys = ARENA_ARRAY(p->from->request, const struct expr *, s->group_count + 1);
    enum err e = OK;
    for (uint32_t i = 0; i < s->group_count && !e; i++) {
        struct expr *g = s->groups[i];
        e = bind_expr(&p->binder, g);
        if (!e && expr_has_aggregate(g))
            return sql_problem(p->from->why, g->place, "Cannot use an aggregate for grouping");
        bool is_known = e != OK || g->kind == EXPR_CONSTANT;
        for (uint32_t k = 0; k < p->group_count && !is_known; k++)
            is_known = expr_equal(p->groups[k], g);
        if (is_known)
            continue;
        p->groups[p->group_count] = g;
        e = make_key(p, g, &p->keys[p->group_count++]);
    }
    p->plan->keys = p->keys;
    p->plan->key_count = p->group_count;
    return e;
}

// ---- what is said of groups ----

static enum err not_grouped(struct planning *p, const struct expr *e)
{
    if (p->group_count == 0)
        return sql_problem(p->from->why, e->place,
                           "Cannot use non-grouped column [%.*s] beside an aggregate",
                           SLICE_PRINT(e->name));
    struct slice first = p->groups[0]->source;
    return sql_problem(p->from->why, e->place,
                       "Cannot use non-grouped column [%.*s], expected [%.*s]",
                       e->name.len < 64 ? (int)e->name.len : 64, (const char *)e->name.at,
                       first.len < 64 ? (int)first.len : 64, (const char *)first.at);
}

// Group expressions and aggregates to inputs.
// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets expressions be
static enum err of_groups(struct planning *p, struct expr *e, struct expr **out)
{
    *out = e;
    for (uint32_t i = 0; i < p->group_count; i++) {
        if (expr_equal(p->groups[i], e)) {
            *out = plan_input(p, e, i, p->keys[i]->type);
            return OK;
        }
    }
    if (e->kind == EXPR_COLUMN)
        return not_grouped(p, e);
    if (e->kind != EXPR_CALL)
        return OK;
    if (e->function->kind == FUNCTION_AGGREGATE)
        return plan_aggregate(p, e, out);
    if (!e->function->evaluate)
        return sql_problem(p->from->why, e->place, "[%s] is not what is grouped by",
                           e->function->name);
    *out = plan_copy(p, e);
    enum err err = OK;
    for (uint32_t i = 0; i < e->arg_count && !err; i++)
        err = of_groups(p, e->args[i], &(*out)->args[i]);
    return err;
}

static enum err make_having(struct planning *p)
{
    struct statement *s = p->statement;
    struct expr *over = NULL;
    if (!s->having)
        return OK;
    s->having = plan_alias(p, s->having);
    enum err e = bind_condition(&p->binder, s->having, "HAVING");
    if (!e)
        e = of_groups(p, s->having, &over);
    p->plan->having = over;
    return e;
}

static enum err make_orders(struct planning *p)
{
    const struct statement *s = p->statement;
    struct plan_order *orders =
        ARENA_ARRAY(p->from->request, struct plan_order, s->order_count + 1);
    enum err e = OK;
    for (uint32_t i = 0; i < s->order_count && !e; i++) {
        struct expr *over = NULL;
        e = bind_expr(&p->binder, s->orders[i].expr);
        if (!e)
            e = of_groups(p, s->orders[i].expr, &over);
        orders[i] = (struct plan_order){.expr = over,
                                        .column = -1,
                                        .descending = s->orders[i].descending,
                                        .nulls_first = s->orders[i].nulls_first};
    }
    p->plan->orders = orders;
    p->plan->order_count = s->order_count;
    return e;
}

// ---- an order that the engine can give ----

static bool keys_are_sources(const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->key_count; i++)
        if (plan->keys[i]->kind != EXPR_INPUT)
            return false;
    return true;
}

// The sources in the order of ORDER BY: then groups come sorted, and a LIMIT ends early.
static void sort_by_sources(struct planning *p)
{
    struct plan *plan = p->plan;
    uint32_t turn[PLAN_SOURCES_MAX];
    bool used[PLAN_SOURCES_MAX] = {false};
    uint32_t count = 0;
    plan->is_sorted = plan->order_count > 0;
    if (!plan->is_sorted || plan->is_merged || plan->order_count > plan->source_count ||
        plan->source_count != plan->key_count || !keys_are_sources(plan))
        return;
    for (uint32_t i = 0; i < plan->order_count; i++) {
        const struct expr *e = plan->orders[i].expr;
        if (e->kind != EXPR_INPUT || e->input >= plan->key_count || used[e->input])
            return;
        used[e->input] = true;
        turn[count++] = e->input;
    }
    for (uint32_t i = 0; i < plan->source_count; i++)
        if (!used[i])
            turn[count++] = i;
    struct plan_source *sorted = ARENA_ARRAY(p->from->request, struct plan_source, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        sorted[i] = p->sources[plan->keys[turn[i]]->input];
        if (i < plan->order_count) {
            sorted[i].descending = plan->orders[i].descending;
            sorted[i].nulls_first = plan->orders[i].nulls_first;
        } else {
            sorted[i].nulls_first = true;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        struct expr *key = plan_copy(p, plan->keys[turn[i]]);
        key->input = i;
        p->keys[turn[i]] = key;
    }
    plan->sources = sorted;
    plan->is_sorted = false;
}

enum err plan_groups(struct planning *p)
{
    struct plan *plan = p->plan;
    plan->kind = PLAN_GROUPS;
    p->sources = ARENA_ARRAY(p->from->request, struct plan_source, PLAN_SOURCES_MAX);
    p->aggs = ARENA_ARRAY(p->from->request, struct plan_agg, PLAN_AGGS_MAX);
    plan->sources = p->sources;
    plan->aggs = p->aggs;
    plan->is_global = !p->statement->has_group_by;
    struct plan_output *outputs =
        ARENA_ARRAY(p->from->request, struct plan_output, plan->output_count + 1);
    memcpy(outputs, plan->outputs, plan->output_count * sizeof *outputs);
    plan->outputs = outputs;
    enum err e = make_keys(p);
    for (uint32_t i = 0; i < plan->output_count && !e; i++) {
        struct expr *over = NULL;
        e = of_groups(p, p->statement->items[i].expr, &over);
        outputs[i].expr = over;
        if (!e && over->type != SQL_NULL)
            outputs[i].type = over->type;
    }
    if (!e)
        e = make_having(p);
    if (!e)
        e = make_orders(p);
    if (e)
        return e;
    for (uint32_t i = 0; i < plan->source_count; i++)
        p->sources[i].nulls_first = true;
    sort_by_sources(p);
    return OK;
}
