// SPDX-License-Identifier: Apache-2.0
#include "sql/plan_private.h"

// Aggregates to aggregations.

static bool same_conditions(const struct plan_agg *a, const struct plan_agg *b)
{
    if (a->condition_count != b->condition_count)
        return false;
    for (uint32_t i = 0; i < a->condition_count; i++)
        if (a->conditions[i].is_not != b->conditions[i].is_not ||
            !expr_equal(a->conditions[i].expr, b->conditions[i].expr))
            return false;
    return true;
}

static bool same_agg(const struct plan_agg *a, const struct plan_agg *b)
{
    return a->kind == b->kind && a->op == b->op && slice_equal(a->field, b->field) &&
           !(a->percent < b->percent) && !(a->percent > b->percent) && same_conditions(a, b);
}

enum err plan_add_agg(struct planning *p, const struct expr *call, const struct plan_agg *agg,
                      struct expr **out)
{
    struct plan *plan = p->plan;
    uint32_t at = 0;
    bool is_hard = agg->kind == AGG_OF_DISTINCT || agg->kind == AGG_OF_PERCENTILE;
    if (plan->is_merged && is_hard)
        return sql_problem(p->from->why, call->place,
                           "[%.*s] of groups that are made of several needs a GROUP BY of columns, "
                           "HISTOGRAM, DATE_TRUNC or YEAR",
                           call->source.len < 64 ? (int)call->source.len : 64,
                           (const char *)call->source.at);
    while (at < plan->agg_count && !same_agg(&p->aggs[at], agg))
        at++;
    if (at == PLAN_AGGS_MAX)
        return sql_problem(p->from->why, call->place, "more than %d aggregates", PLAN_AGGS_MAX);
    if (at == plan->agg_count)
        p->aggs[plan->agg_count++] = *agg;
    *out = plan_input(p, call, p->group_count + at, agg->type);
    return OK;
}

static enum err set_percent(struct planning *p, const struct expr *call, struct plan_agg *out)
{
    out->percent = 50;
    if (call->function->op == OP_MEDIAN)
        return OK;
    const struct expr *percent = call->args[1];
    out->percent = cell_number(&percent->constant);
    if (percent->kind != EXPR_CONSTANT || percent->type == SQL_NULL ||
        !(out->percent >= 0 && out->percent <= 100))
        return sql_problem(p->from->why, percent->place,
                           "the percent of PERCENTILE is a constant from 0 to 100");
    return OK;
}

static enum err set_extreme(struct planning *p, const struct expr *call, struct plan_agg *out)
{
    bool is_min = call->function->op == OP_MIN;
    out->kind = is_min ? AGG_OF_MIN : AGG_OF_MAX;
    out->type = call->args[0]->type;
    if (out->type == SQL_KEYWORD)
        out->kind = is_min ? AGG_OF_FIRST_TEXT : AGG_OF_LAST_TEXT;
    (void)p;
    return OK;
}

static enum err set_kind(struct planning *p, const struct expr *call, struct plan_agg *out)
{
    out->type = call->type;
    switch ((int)call->function->op) {
    case OP_COUNT:
        out->kind = call->is_distinct ? AGG_OF_DISTINCT : AGG_OF_VALUES;
        return OK;
    case OP_SUM:
        out->kind = AGG_OF_SUM;
        return OK;
    case OP_AVERAGE:
        out->kind = AGG_OF_AVERAGE;
        return OK;
    case OP_MIN:
    case OP_MAX:
        return set_extreme(p, call, out);
    case OP_PERCENTILE:
    case OP_MEDIAN:
        out->kind = AGG_OF_PERCENTILE;
        return set_percent(p, call, out);
    default:
        out->kind = AGG_OF_DEVIATION;
        out->op = call->function->op;
        return OK;
    }
}

static struct plan_agg with_filter(struct planning *p, const struct expr *call)
{
    struct plan_agg agg = {.type = SQL_LONG};
    if (call->filter) {
        struct plan_condition *c = ARENA_NEW(p->from->request, struct plan_condition);
        c->expr = call->filter;
        agg.conditions = c;
        agg.condition_count = 1;
    }
    return agg;
}

// Of a constant: COUNT(1) is all rows, COUNT(NULL) none; others are told as CASE's are.
static enum err of_constant(struct planning *p, struct expr *call, struct expr **out)
{
    const struct expr *value = call->args[0];
    struct expr *args[2];
    struct plan_agg rows = with_filter(p, call);
    enum err e = plan_add_agg(p, call, &rows, &args[0]);
    *out = args[0];
    if (e || (call->function->op == OP_COUNT && value->type != SQL_NULL && !call->is_distinct))
        return e;
    if (value->type == SQL_NULL) {
        *out =
            plan_constant(p, call->function->op == OP_COUNT ? cell_i64(SQL_LONG, 0) : cell_null());
        return OK;
    }
    bool is_extreme = call->function->op == OP_MIN || call->function->op == OP_MAX;
    bool is_sum = call->function->op == OP_SUM;
    if (!is_sum && !is_extreme && call->function->op != OP_AVERAGE)
        return sql_problem(p->from->why, call->place, "[%s] takes a column", call->function->name);
    args[1] = plan_constant(p, cell_i64(SQL_LONG, 0));
    struct expr *any = plan_call(p, "NULLIF", SQL_LONG, args, 2);
    struct expr *product[2] = {any, call->args[0]};
    if (is_sum) {
        *out = plan_call(p, "*", call->type, product, 2);
        return OK;
    }
    struct expr *test = plan_call(p, "IS NOT NULL", SQL_BOOLEAN, &any, 1);
    struct expr *choice[3] = {test, call->args[0], plan_constant(p, cell_null())};
    *out = plan_call(p, "CASE", call->type, choice, 3);
    return OK;
}

enum err plan_aggregate(struct planning *p, struct expr *call, struct expr **out)
{
    struct expr *value = call->args[0];
    if (value->kind == EXPR_CONSTANT)
        return of_constant(p, call, out);
    struct plan_agg agg = with_filter(p, call);
    if (value->kind == EXPR_STAR)
        return plan_add_agg(p, call, &agg, out);
    if (value->kind == EXPR_CALL && value->function->op == OP_CASE)
        return plan_case_aggregate(p, call, out);
    // CAST(x AS DOUBLE) and the like change no number.
    bool is_cast = value->kind == EXPR_CALL && value->function->op == OP_CAST &&
                   sql_type_is_number(value->type) && sql_type_is_number(value->args[0]->type) &&
                   (value->type == SQL_DOUBLE || value->type >= value->args[0]->type);
    if (is_cast)
        value = value->args[0];
    if (value->kind != EXPR_COLUMN)
        return sql_problem(p->from->why, call->args[0]->place,
                           "an aggregate takes a column or CASE with columns and constants, not "
                           "[%.*s]",
                           value->source.len < 64 ? (int)value->source.len : 64,
                           (const char *)value->source.at);
    agg.field = value->name;
    enum err e = set_kind(p, call, &agg);
    return e ? e : plan_add_agg(p, call, &agg, out);
}
