// SPDX-License-Identifier: Apache-2.0
#include "sql/plan_private.h"

#include <strings.h>

// Which expression a name, a number or * stands for.

enum { EXPANDED_MAX = 4 * SQL_ITEMS_MAX };

static bool same_name(struct slice a, struct slice b)
{
    return a.len == b.len && strncasecmp((const char *)a.at, (const char *)b.at, a.len) == 0;
}

static struct expr *column_expr(struct planning *p, const struct expr *star, uint32_t i)
{
    struct expr *e = ARENA_NEW(p->from->request, struct expr);
    *e = *star;
    e->kind = EXPR_COLUMN;
    e->name = p->from->table->columns[i].name;
    e->source = e->name;
    return e;
}

enum err plan_expand(struct planning *p)
{
    struct statement *s = p->statement;
    const struct sql_table *t = p->from->table;
    struct select_item *items = ARENA_ARRAY(p->from->request, struct select_item, EXPANDED_MAX);
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->item_count; i++) {
        const struct select_item *item = &s->items[i];
        bool is_star = item->expr->kind == EXPR_STAR;
        uint32_t more = is_star && t ? t->column_count : 1;
        if (is_star && !t)
            return sql_problem(p->from->why, item->expr->place, "[*] needs a FROM");
        if (count + more > EXPANDED_MAX)
            return sql_problem(p->from->why, item->expr->place, "more than %d columns",
                               EXPANDED_MAX);
        for (uint32_t k = 0; is_star && k < more; k++)
            if (!t->columns[k].unusable)
                items[count++].expr = column_expr(p, item->expr, k);
        if (!is_star)
            items[count++] = *item;
    }
    s->items = items;
    s->item_count = count;
    return OK;
}

static struct expr *item_named(const struct statement *s, struct slice name)
{
    for (uint32_t i = 0; i < s->item_count; i++)
        if (s->items[i].alias.len && same_name(s->items[i].alias, name))
            return s->items[i].expr;
    return NULL;
}

static enum err by_number(struct planning *p, struct expr **e, const char *clause)
{
    const struct statement *s = p->statement;
    int64_t n = (*e)->constant.i64;
    if ((*e)->constant.type != SQL_INTEGER || n < 1 || n > s->item_count)
        return sql_problem(p->from->why, (*e)->place,
                           "Invalid ordinal [%.*s] specified in [%s] (valid range is [1, %u])",
                           (*e)->source.len < 40 ? (int)(*e)->source.len : 40,
                           (const char *)(*e)->source.at, clause, s->item_count);
    *e = s->items[n - 1].expr;
    return OK;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets expressions be
struct expr *plan_alias(struct planning *p, struct expr *e)
{
    if (e->kind == EXPR_COLUMN && table_column(p->from->table, e->name) < 0) {
        struct expr *item = item_named(p->statement, e->name);
        return item ? item : e;
    }
    for (uint32_t i = 0; e->kind == EXPR_CALL && i < e->arg_count; i++)
        e->args[i] = plan_alias(p, e->args[i]);
    return e;
}

enum err plan_resolve_groups(struct planning *p)
{
    struct statement *s = p->statement;
    enum err e = OK;
    for (uint32_t i = 0; i < s->group_count && !e; i++) {
        if (s->groups[i]->kind == EXPR_CONSTANT)
            e = by_number(p, &s->groups[i], "GROUP BY");
        else
            s->groups[i] = plan_alias(p, s->groups[i]);
    }
    return e;
}

// ORDER BY of a name means SELECT's before the table's.
enum err plan_resolve_orders(struct planning *p)
{
    struct statement *s = p->statement;
    enum err e = OK;
    for (uint32_t i = 0; i < s->order_count && !e; i++) {
        struct expr **at = &s->orders[i].expr;
        struct expr *item = (*at)->kind == EXPR_COLUMN ? item_named(s, (*at)->name) : NULL;
        if ((*at)->kind == EXPR_CONSTANT)
            e = by_number(p, at, "ORDER BY");
        else
            *at = item ? item : plan_alias(p, *at);
    }
    return e;
}

// ---- FROM (SELECT ...) ----

static struct slice name_of(const struct select_item *item)
{
    if (item->alias.len)
        return item->alias;
    return item->expr->kind == EXPR_COLUMN ? item->expr->name : item->expr->source;
}

static struct expr *inner_named(const struct statement *s, const struct expr *e)
{
    struct slice head =
        e->tail.len ? slice_of(e->name.at, e->name.len - e->tail.len - 1) : slice_of(NULL, 0);
    bool is_qualified = head.len && s->from_alias.len && same_name(head, s->from_alias);
    for (uint32_t i = 0; i < s->inner->item_count; i++) {
        const struct select_item *item = &s->inner->items[i];
        struct slice name = name_of(item);
        if (same_name(name, e->name) || (is_qualified && same_name(name, e->tail)))
            return item->expr;
    }
    return NULL;
}

static bool selects_all(const struct statement *s)
{
    for (uint32_t i = 0; i < s->item_count; i++)
        if (s->items[i].expr->kind == EXPR_STAR)
            return true;
    return false;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets expressions be
static struct expr *through(const struct statement *s, struct expr *e)
{
    if (e->kind == EXPR_COLUMN) {
        struct expr *inner = inner_named(s, e);
        bool is_ours = s->from_alias.len && e->tail.len > 0;
        if (!inner && is_ours && selects_all(s->inner)) {
            e->name = e->tail; // a column of the innermost table
            e->tail = slice_of(NULL, 0);
        }
        return inner ? inner : e;
    }
    for (uint32_t i = 0; e->kind == EXPR_CALL && i < e->arg_count; i++)
        e->args[i] = through(s, e->args[i]);
    if (e->kind == EXPR_CALL && e->filter)
        e->filter = through(s, e->filter);
    return e;
}

// Columns that the inner SELECT does not show are not there for the outer one.
static enum err check_hidden(const struct planner *p, const struct statement *s,
                             const struct expr *e)
{
    if (selects_all(s->inner))
        return OK;
    if (e->kind == EXPR_COLUMN && !inner_named(s, e))
        return sql_problem(p->why, e->place, "Unknown column [%.*s]",
                           e->name.len < 64 ? (int)e->name.len : 64, (const char *)e->name.at);
    enum err err = OK;
    for (uint32_t i = 0; e->kind == EXPR_CALL && i < e->arg_count && !err; i++)
        err = check_hidden(p, s, e->args[i]);
    return err;
}

static enum err put_through(const struct planner *p, struct statement *s, struct expr **e)
{
    enum err err = *e ? check_hidden(p, s, *e) : OK;
    if (!err && *e)
        *e = through(s, *e);
    return err;
}

static struct expr *both(const struct planner *p, struct expr *a, struct expr *b)
{
    if (!a || !b)
        return a ? a : b;
    struct expr *e = ARENA_NEW(p->request, struct expr);
    *e = *a;
    e->kind = EXPR_CALL;
    e->function = function_of("AND");
    e->args = ARENA_ARRAY(p->request, struct expr *, 2);
    e->args[0] = a;
    e->args[1] = b;
    e->arg_count = 2;
    e->cells = NULL;
    return e;
}

static bool is_plain(const struct statement *inner)
{
    for (uint32_t i = 0; i < inner->item_count; i++)
        if (expr_has_aggregate(inner->items[i].expr))
            return false;
    return !inner->is_distinct && !inner->has_group_by && !inner->having && !inner->has_limit;
}

// SELECT * FROM (anything) is that, with what the outer adds at the end.
static bool is_wrapper(const struct statement *s)
{
    return s->item_count == 1 && s->items[0].expr->kind == EXPR_STAR && !s->where &&
           !s->has_group_by && !s->having && !s->is_distinct &&
           !(s->order_count && s->inner->has_limit) && !(s->has_limit && s->inner->has_limit);
}

static void unwrap(struct statement *s)
{
    struct statement outer = *s;
    *s = *outer.inner;
    if (outer.order_count) {
        s->orders = outer.orders;
        s->order_count = outer.order_count;
    }
    if (outer.has_limit) {
        s->has_limit = true;
        s->limit = outer.limit;
        s->offset = outer.offset;
    }
}

// The outer's * is what the inner shows.
static enum err expand_star(const struct planner *p, struct statement *s)
{
    struct select_item *items = ARENA_ARRAY(p->request, struct select_item, SQL_ITEMS_MAX * 2);
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->item_count; i++) {
        bool is_star = s->items[i].expr->kind == EXPR_STAR;
        uint32_t more = is_star ? s->inner->item_count : 1;
        if (count + more > SQL_ITEMS_MAX)
            return sql_problem(p->why, s->items[i].expr->place, "more than %d columns",
                               SQL_ITEMS_MAX);
        for (uint32_t k = 0; k < more; k++) {
            const struct select_item *from = is_star ? &s->inner->items[k] : &s->items[i];
            items[count] = *from;
            if (from->expr->kind != EXPR_STAR)
                items[count].alias = name_of(from);
            count++;
        }
        if (!is_star) {
            enum err e = put_through(p, s, &items[count - 1].expr);
            if (e)
                return e;
        }
    }
    s->items = items;
    s->item_count = count;
    return OK;
}

static enum err merge_inner(const struct planner *p, struct statement *s)
{
    enum err e = expand_star(p, s);
    if (!e)
        e = put_through(p, s, &s->where);
    if (!e)
        e = put_through(p, s, &s->having);
    for (uint32_t i = 0; i < s->group_count && !e; i++)
        if (s->groups[i]->kind != EXPR_CONSTANT)
            s->groups[i] = through(s, s->groups[i]);
    for (uint32_t i = 0; i < s->order_count && !e; i++)
        if (s->orders[i].expr->kind != EXPR_CONSTANT)
            s->orders[i].expr = through(s, s->orders[i].expr);
    if (e)
        return e;
    const struct statement *inner = s->inner;
    s->where = both(p, inner->where, s->where);
    if (s->order_count == 0) {
        s->orders = inner->orders;
        s->order_count = s->has_group_by ? 0 : inner->order_count;
    }
    s->from = inner->from;
    s->from_place = inner->from_place;
    s->from_alias = inner->from_alias;
    s->inner = inner->inner;
    return OK;
}

enum err plan_flatten(const struct planner *p, struct statement *s)
{
    enum err e = OK;
    while (s->inner && !e) {
        if (s->inner->inner)
            e = plan_flatten(p, s->inner);
        if (!e && is_wrapper(s))
            unwrap(s);
        else if (!e && is_plain(s->inner))
            e = merge_inner(p, s);
        else if (!e)
            e = sql_refuse(p->why, "parsing_exception", s->from_place,
                           "a subquery with GROUP BY, DISTINCT, HAVING or LIMIT can only be "
                           "selected as a whole: SELECT * FROM (...)");
    }
    return e;
}
