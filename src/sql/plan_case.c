// SPDX-License-Identifier: Apache-2.0
#include "sql/plan_private.h"

// SUM(CASE WHEN a THEN x WHEN b THEN 1 ELSE 0 END): an aggregation for each branch, of the rows
// that come to it, put together.
//
//     branch 1   filter a                 SUM(x)
//     branch 2   filter b, not a          COUNT(*) * 1
//     branch 3   filter not a, not b      COUNT(*) * 0

enum { BRANCHES_MAX = 32 };

struct branches {
    struct expr *call;
    struct expr *terms[BRANCHES_MAX]; // NULL where a branch has no rows with a value
    uint32_t count;
};

static const struct plan_condition *conditions_of(struct planning *p, const struct expr *call,
                                                  uint32_t branch, uint32_t *out_count)
{
    const struct expr *c = call->args[0];
    uint32_t whens = c->arg_count / 2;
    struct plan_condition *list = ARENA_ARRAY(p->from->request, struct plan_condition, whens + 2);
    uint32_t count = 0;
    if (call->filter)
        list[count++] = (struct plan_condition){call->filter, false};
    if (branch < whens)
        list[count++] = (struct plan_condition){c->args[(size_t)2 * branch], false};
    for (uint32_t i = 0; i < branch && i < whens; i++)
        list[count++] = (struct plan_condition){c->args[(size_t)2 * i], true};
    *out_count = count;
    return list;
}

static struct expr *call_of(struct planning *p, const char *name, enum sql_type type,
                            struct expr *a, struct expr *b)
{
    struct expr *args[2] = {a, b};
    return plan_call(p, name, type, args, b ? 2 : 1);
}

static enum plan_agg_kind kind_of(enum operator op)
{
    switch ((int)op) {
    case OP_COUNT:
        return AGG_OF_VALUES;
    case OP_SUM:
        return AGG_OF_SUM;
    case OP_MIN:
        return AGG_OF_MIN;
    default:
        return AGG_OF_MAX;
    }
}

// Of a branch whose result is a constant, from how many rows come to it.
static struct expr *of_constant(struct planning *p, enum operator op, struct expr *rows,
                                struct expr *value)
{
    struct expr *any =
        call_of(p, "NULLIF", SQL_LONG, rows, plan_constant(p, cell_i64(SQL_LONG, 0)));
    enum sql_type type = value->type == SQL_DOUBLE ? SQL_DOUBLE : SQL_LONG;
    if (op == OP_COUNT)
        return rows;
    if (op == OP_SUM)
        return call_of(p, "*", type, any, value);
    struct expr *choice[3] = {call_of(p, "IS NOT NULL", SQL_BOOLEAN, any, NULL), value,
                              plan_constant(p, cell_null())};
    return plan_call(p, "CASE", value->type, choice, 3);
}

static enum err add_branch(struct planning *p, struct branches *b, enum operator op,
                           uint32_t branch)
{
    const struct expr *c = b->call->args[0];
    uint32_t at = branch < c->arg_count / 2 ? 2 * branch + 1 : c->arg_count - 1;
    struct expr *value = c->args[at];
    struct expr *input = NULL;
    if (value->type == SQL_NULL && value->kind == EXPR_CONSTANT)
        return OK;
    bool is_number = sql_type_is_number(value->type);
    bool is_column = value->kind == EXPR_COLUMN && (op == OP_COUNT || is_number);
    if (!is_column && (value->kind != EXPR_CONSTANT || !(is_number || op == OP_COUNT)))
        return sql_problem(p->from->why, value->place,
                           "what CASE gives an aggregate is a column or a constant that is a "
                           "number");
    struct plan_agg agg = {.kind = is_column ? kind_of(op) : AGG_OF_ROWS, .type = SQL_LONG};
    agg.conditions = conditions_of(p, b->call, branch, &agg.condition_count);
    if (is_column) {
        agg.field = value->name;
        agg.type =
            op == OP_COUNT || (op == OP_SUM && value->type != SQL_DOUBLE) ? SQL_LONG : value->type;
    }
    enum err e = plan_add_agg(p, b->call, &agg, &input);
    if (!e)
        b->terms[b->count++] = is_column ? input : of_constant(p, op, input, value);
    return e;
}

// Added up, what is NULL left out; NULL when all are.
static struct expr *total_of(struct planning *p, const struct branches *b, enum sql_type type)
{
    struct expr *zero = plan_constant(p, cell_i64(SQL_LONG, 0));
    struct expr *sum = NULL;
    for (uint32_t i = 0; i < b->count; i++) {
        struct expr *one = call_of(p, "COALESCE", type, b->terms[i], zero);
        sum = sum ? call_of(p, "+", type, sum, one) : one;
    }
    struct expr *first = plan_call(p, "COALESCE", type, b->terms, b->count);
    struct expr *choice[3] = {call_of(p, "IS NOT NULL", SQL_BOOLEAN, first, NULL), sum,
                              plan_constant(p, cell_null())};
    return plan_call(p, "CASE", type, choice, 3);
}

static enum err of_op(struct planning *p, struct expr *call, enum operator op, enum sql_type type,
                      struct expr **out)
{
    struct branches b = {.call = call};
    uint32_t whens = call->args[0]->arg_count / 2;
    if (whens >= BRANCHES_MAX)
        return sql_problem(p->from->why, call->place,
                           "CASE with %d branches or more in an aggregate", BRANCHES_MAX);
    enum err e = OK;
    for (uint32_t i = 0; i <= whens && !e; i++)
        e = add_branch(p, &b, op, i);
    if (e)
        return e;
    if (b.count == 0)
        *out = plan_constant(p, op == OP_COUNT ? cell_i64(SQL_LONG, 0) : cell_null());
    else if (op == OP_COUNT || op == OP_SUM)
        *out = total_of(p, &b, type);
    else
        *out = plan_call(p, op == OP_MIN ? "LEAST" : "GREATEST", type, b.terms, b.count);
    return OK;
}

enum err plan_case_aggregate(struct planning *p, struct expr *call, struct expr **out)
{
    enum operator op = call->function->op;
    struct expr *sum = NULL;
    struct expr *count = NULL;
    if (call->is_distinct ||
        (op != OP_COUNT && op != OP_SUM && op != OP_MIN && op != OP_MAX && op != OP_AVERAGE))
        return sql_problem(p->from->why, call->place,
                           "CASE goes with COUNT, SUM, AVG, MIN and MAX");
    if (op != OP_AVERAGE)
        return of_op(p, call, op, call->type, out);
    enum err e = of_op(p, call, OP_SUM, SQL_DOUBLE, &sum);
    if (!e)
        e = of_op(p, call, OP_COUNT, SQL_LONG, &count);
    if (!e)
        *out = call_of(p, "/", SQL_DOUBLE, call_of(p, "COALESCE", SQL_DOUBLE, sum, NULL), count);
    return e;
}
