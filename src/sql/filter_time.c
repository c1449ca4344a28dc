// SPDX-License-Identifier: Apache-2.0
#include "sql/filter_time.h"

// The column and unit of a step of time.
static bool step_of(const struct expr *e, struct slice *out_field, enum date_unit *out_unit)
{
    if (e->kind != EXPR_CALL)
        return false;
    bool is_year = e->function->grain == GRAIN_YEAR;
    bool is_day = e->function->op == OP_CAST && e->type == SQL_DATE;
    bool is_truncation = e->function->op == OP_TRUNCATE_TIME;
    if (!is_year && !is_day && !is_truncation)
        return false;
    const struct expr *column = e->args[is_truncation];
    *out_field = column->name;
    *out_unit = is_year ? DATE_YEAR : DATE_DAY;
    if (is_truncation && !time_unit_parse(e->args[0]->constant.text, out_unit))
        return false;
    return column->kind == EXPR_COLUMN && column->type == SQL_DATETIME;
}

static enum operator turned(enum operator op)
{
    static const enum operator other[] = {[OP_EQUAL] = OP_EQUAL,
                                          [OP_LESS] = OP_GREATER,
                                          [OP_LESS_EQUAL] = OP_GREATER_EQUAL,
                                          [OP_GREATER] = OP_LESS,
                                          [OP_GREATER_EQUAL] = OP_LESS_EQUAL};

    return other[op];
}

// A year as its beginning; *out false for what no calendar has.
static bool moment_of(const struct expr *step, const struct cell *c, const struct date_zone *zone,
                      int64_t *out)
{
    *out = c->i64;
    if (step->function->grain != GRAIN_YEAR)
        return sql_type_is_time(c->type);
    if (!cell_is_whole(c) || c->i64 < -9998 || c->i64 > 9998)
        return false;
    const struct date_civil first = {.year = (int32_t)c->i64, .month = 1, .day = 1};
    *out = date_zone_to_utc(zone, date_from_civil(&first));
    return true;
}

static void set_span(enum operator op, int64_t at, enum date_unit unit,
                     const struct date_zone *zone, struct time_span *out)
{
    int64_t floor = date_floor(at, unit, zone);
    int64_t next = date_next(floor, unit, zone);
    int64_t ceiling = floor == at ? floor : next;
    out->has_from = op == OP_EQUAL || op == OP_GREATER || op == OP_GREATER_EQUAL;
    out->has_to = op == OP_EQUAL || op == OP_LESS || op == OP_LESS_EQUAL;
    out->is_none = op == OP_EQUAL && floor != at;
    out->from = op == OP_GREATER ? next : ceiling;
    out->to = op == OP_LESS ? ceiling : next;
}

bool filter_time_span(const struct expr *e, const struct cell_context *how, struct time_span *out)
{
    enum operator op = e->kind == EXPR_CALL ? e->function->op : OP_NONE;
    bool is_beside = op == OP_UNEQUAL;
    if (op < OP_EQUAL || op > OP_GREATER_EQUAL || e->arg_count != 2)
        return false;
    op = is_beside ? OP_EQUAL : op;
    const struct date_zone *zone = how->zone ? how->zone : date_zone_utc();
    bool is_turned = e->args[0]->kind == EXPR_CONSTANT;
    const struct expr *step = e->args[is_turned];
    const struct expr *value = e->args[!is_turned];
    enum date_unit unit;
    int64_t at = 0;
    *out = (struct time_span){.is_beside = is_beside};
    if (value->kind != EXPR_CONSTANT || !step_of(step, &out->field, &unit) ||
        !moment_of(step, &value->constant, zone, &at))
        return false;
    set_span(is_turned ? turned(op) : op, at, unit, zone, out);
    return true;
}
