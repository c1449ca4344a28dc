// SPDX-License-Identifier: Apache-2.0
#include "sql/plan.h"

#include "sql/plan_private.h"

// ---- making expressions ----

struct expr *plan_copy(struct planning *p, const struct expr *e)
{
    struct expr *copy = ARENA_NEW(p->from->request, struct expr);
    *copy = *e;
    if (e->kind == EXPR_CALL) {
        copy->args = ARENA_ARRAY(p->from->request, struct expr *, e->arg_count + 1);
        copy->cells = ARENA_ARRAY(p->from->request, struct cell, e->arg_count + 1);
        for (uint32_t i = 0; i < e->arg_count; i++)
            copy->args[i] = e->args[i];
    }
    return copy;
}

struct expr *plan_input(struct planning *p, const struct expr *like, uint32_t input,
                        enum sql_type type)
{
    struct expr *e = ARENA_NEW(p->from->request, struct expr);
    e->kind = EXPR_INPUT;
    e->place = like->place;
    e->source = like->source;
    e->type = type;
    e->input = input;
    return e;
}

struct expr *plan_call(struct planning *p, const char *function, enum sql_type type,
                       struct expr *const *args, uint32_t count)
{
    struct expr *e = ARENA_NEW(p->from->request, struct expr);
    e->kind = EXPR_CALL;
    e->place = args[0]->place;
    e->source = args[0]->source;
    e->function = function_of(function);
    e->type = type;
    e->args = ARENA_ARRAY(p->from->request, struct expr *, count);
    e->cells = ARENA_ARRAY(p->from->request, struct cell, count);
    for (uint32_t i = 0; i < count; i++)
        e->args[i] = args[i];
    e->arg_count = count;
    return e;
}

struct expr *plan_constant(struct planning *p, struct cell value)
{
    struct expr *e = ARENA_NEW(p->from->request, struct expr);
    e->kind = EXPR_CONSTANT;
    e->constant = value;
    e->type = value.type;
    return e;
}

// ---- rows ----

static uint32_t add_column(struct planning *p, int column)
{
    struct plan *plan = p->plan;
    for (uint32_t i = 0; i < plan->column_count; i++)
        if (p->columns[i] == column)
            return i;
    p->columns[plan->column_count] = column;
    return plan->column_count++;
}

// Columns to inputs.
// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets expressions be
static enum err of_rows(struct planning *p, struct expr *e, struct expr **out)
{
    *out = e;
    if (e->kind == EXPR_COLUMN) {
        *out = plan_input(p, e, add_column(p, e->column), e->type);
        return OK;
    }
    if (e->kind != EXPR_CALL)
        return OK;
    if (!e->function->evaluate)
        return sql_problem(p->from->why, e->place, "[%s] goes with %s only", e->function->name,
                           e->function->kind == FUNCTION_GROUPING ? "GROUP BY" : "WHERE");
    *out = plan_copy(p, e);
    enum err err = OK;
    for (uint32_t i = 0; i < e->arg_count && !err; i++)
        err = of_rows(p, e->args[i], &(*out)->args[i]);
    return err;
}

static enum err order_rows(struct planning *p)
{
    const struct statement *s = p->statement;
    struct plan_order *orders =
        ARENA_ARRAY(p->from->request, struct plan_order, s->order_count + 1);
    for (uint32_t i = 0; i < s->order_count; i++) {
        const struct order_item *o = &s->orders[i];
        enum err e = bind_expr(&p->binder, o->expr);
        if (e)
            return e;
        if (o->expr->kind == EXPR_CONSTANT) // all rows are equal in it
            continue;
        if (o->expr->kind != EXPR_COLUMN)
            return sql_problem(p->from->why, o->expr->place,
                               "rows can be ordered by columns, not by [%.*s]",
                               o->expr->source.len < 64 ? (int)o->expr->source.len : 64,
                               (const char *)o->expr->source.at);
        orders[p->plan->order_count++] = (struct plan_order){
            .column = o->expr->column, .descending = o->descending, .nulls_first = o->nulls_first};
    }
    p->plan->orders = orders;
    return OK;
}

static enum err output_rows(struct planning *p, struct plan_output *outputs)
{
    enum err e = OK;
    for (uint32_t i = 0; i < p->plan->output_count && !e; i++) {
        struct expr *over = NULL;
        e = of_rows(p, p->statement->items[i].expr, &over);
        outputs[i].expr = over;
    }
    return e;
}

// ---- the whole ----

static void name_outputs(struct planning *p, struct plan_output *outputs)
{
    const struct statement *s = p->statement;
    for (uint32_t i = 0; i < s->item_count; i++) {
        const struct expr *e = s->items[i].expr;
        outputs[i].alias = s->items[i].alias;
        outputs[i].name = e->kind == EXPR_COLUMN ? e->name : e->source;
        outputs[i].type = e->type;
    }
}

static enum err bind_items(struct planning *p)
{
    enum err e = OK;
    const struct statement *s = p->statement;
    for (uint32_t i = 0; i < s->item_count && !e; i++)
        e = bind_expr(&p->binder, s->items[i].expr);
    if (!e && s->where)
        e = bind_condition(&p->binder, s->where, "WHERE");
    if (!e && s->where && expr_has_aggregate(s->where))
        e = sql_problem(p->from->why, s->where->place,
                        "Cannot use WHERE filtering on aggregate function, use HAVING instead");
    return e;
}

static bool has_aggregates(const struct statement *s)
{
    bool any = s->having != NULL;
    for (uint32_t i = 0; i < s->item_count && !any; i++)
        any = expr_has_aggregate(s->items[i].expr);
    for (uint32_t i = 0; i < s->order_count && !any; i++)
        any = expr_has_aggregate(s->orders[i].expr);
    return any;
}

// DISTINCT is GROUP BY of everything that is selected.
static enum err make_distinct(struct planning *p)
{
    struct statement *s = p->statement;
    if (s->has_group_by || has_aggregates(s))
        return sql_problem(p->from->why, s->items[0].expr->place,
                           "DISTINCT together with GROUP BY or aggregates is not supported");
    s->has_group_by = true;
    s->groups = ARENA_ARRAY(p->from->request, struct expr *, s->item_count);
    for (uint32_t i = 0; i < s->item_count; i++)
        if (s->items[i].expr->kind != EXPR_CONSTANT)
            s->groups[s->group_count++] = s->items[i].expr;
    return OK;
}

static enum err make_rows(struct planning *p, struct plan_output *outputs)
{
    struct plan *plan = p->plan;
    plan->kind = p->from->table ? PLAN_ROWS : PLAN_CONSTANTS;
    p->columns =
        ARENA_ARRAY(p->from->request, int, (p->from->table ? p->from->table->column_count : 0) + 1);
    plan->columns = p->columns;
    enum err e = output_rows(p, outputs);
    return e ? e : order_rows(p);
}

static enum err make(struct planning *p)
{
    struct statement *s = p->statement;
    enum err e = plan_expand(p);
    if (!e)
        e = plan_resolve_groups(p);
    if (!e)
        e = plan_resolve_orders(p);
    if (!e)
        e = bind_items(p);
    if (!e && s->is_distinct && p->from->table)
        e = make_distinct(p);
    if (e)
        return e;
    struct plan_output *outputs =
        ARENA_ARRAY(p->from->request, struct plan_output, s->item_count + 1);
    p->plan->outputs = outputs;
    p->plan->output_count = s->item_count;
    p->plan->where = s->where;
    name_outputs(p, outputs);
    bool is_grouped = s->has_group_by || has_aggregates(s);
    if (is_grouped && !p->from->table)
        return sql_problem(p->from->why, s->items[0].expr->place,
                           "aggregates and GROUP BY need a FROM");
    return is_grouped ? plan_groups(p) : make_rows(p, outputs);
}

enum err plan_make(const struct planner *from, struct statement *s, struct plan *out)
{
    struct planning *p = ARENA_NEW(from->request, struct planning);
    *out = (struct plan){.limit = s->has_limit ? s->limit : UINT64_MAX, .offset = s->offset};
    *p = (struct planning){.from = from,
                           .statement = s,
                           .plan = out,
                           .binder = {.table = from->table,
                                      .request = from->request,
                                      .why = from->why,
                                      .constants = {.how = *from->how}}};
    return make(p);
}

bool plan_takes_several(const struct plan *p, uint32_t page_rows)
{
    bool is_one_group = p->kind == PLAN_GROUPS && p->source_count == 0;
    if (p->kind == PLAN_CONSTANTS || is_one_group || p->limit == 0)
        return false;
    bool comes_whole = p->is_merged || p->is_sorted || p->having;
    uint64_t most = page_rows < PLAN_SEARCH_ROWS ? page_rows : PLAN_SEARCH_ROWS;
    return comes_whole || p->limit > most || p->offset > most - p->limit;
}
