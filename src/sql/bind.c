// SPDX-License-Identifier: Apache-2.0
#include "sql/bind.h"

#include "sql/evaluate.h"

enum { SOURCE_SHOWN = 64 };

// For "%.*s".
#define SHOWN(s) (int)((s).len < SOURCE_SHOWN ? (s).len : SOURCE_SHOWN), (const char *)(s).at

// ---- names ----

int table_column(const struct sql_table *t, struct slice name)
{
    for (uint32_t i = 0; t && i < t->column_count; i++) {
        if (slice_equal(t->columns[i].name, name))
            return (int)i;
    }
    return -1;
}

static const struct sql_column *column_like(const struct sql_table *t, struct slice name)
{
    uint32_t best = name.len < 4 ? 2 : 4;
    const struct sql_column *found = NULL;
    for (uint32_t i = 0; t && i < t->column_count; i++) {
        uint32_t apart = letters_apart(name, t->columns[i].name, best);
        if (apart < best) {
            best = apart;
            found = &t->columns[i];
        }
    }
    return found;
}

static struct slice head_of(const struct expr *e)
{
    return slice_of(e->name.at, e->name.len - e->tail.len - 1);
}

static int find_column(const struct sql_table *t, const struct expr *e)
{
    int at = table_column(t, e->name);
    if (at >= 0 || !t || e->tail.len == 0)
        return at;
    struct slice head = head_of(e);
    bool is_table = slice_equal(head, t->name) || (t->alias.len && slice_equal(head, t->alias));
    return is_table ? table_column(t, e->tail) : -1;
}

static enum err bind_column(struct binder *b, struct expr *e)
{
    e->column = find_column(b->table, e);
    if (e->column < 0) {
        const struct sql_column *like = column_like(b->table, e->name);
        if (like)
            return sql_problem(b->why, e->place, "Unknown column [%.*s], did you mean [%.*s]?",
                               SHOWN(e->name), SHOWN(like->name));
        return sql_problem(b->why, e->place, "Unknown column [%.*s]", SHOWN(e->name));
    }
    const struct sql_column *c = &b->table->columns[e->column];
    if (c->unusable)
        return sql_problem(b->why, e->place, "Cannot use field [%.*s] %s", SHOWN(c->name),
                           c->unusable);
    e->name = c->name;
    e->tail = slice_of(NULL, 0);
    e->type = c->type;
    return OK;
}

// ---- types ----

static enum err refuse_argument(struct binder *b, const struct expr *call, uint32_t i,
                                const char *wanted)
{
    static const char *const places[] = {"first ", "second ", "third "};
    const struct expr *a = call->args[i];
    return sql_problem(b->why, a->place,
                       "%sargument of [%.*s] must be [%s], found value [%.*s] "
                       "type [%s]",
                       call->arg_count == 1 ? ""
                       : i < 3              ? places[i]
                                            : "an ",
                       SHOWN(call->source), wanted, SHOWN(a->source), sql_type_name(a->type));
}

static enum err cast_constant(struct binder *b, struct expr *e, enum sql_type to)
{
    struct fault why = {0};
    struct cell value;
    if (cell_cast(&e->constant, to, &b->constants.how, &value, &why))
        return sql_problem(b->why, e->place, "%s", why.words);
    e->constant = value;
    e->type = value.type;
    return OK;
}

// A text that was written beside something else means that; "5" beside a number is 5.
static bool yields_to(const struct expr *e, enum sql_type other)
{
    return e->kind == EXPR_CONSTANT && e->type == SQL_KEYWORD && other != SQL_KEYWORD &&
           other != SQL_NULL;
}

static bool is_interval(enum sql_type t)
{
    return t == SQL_MONTHS || t == SQL_SPAN;
}

// What both can be; SQL_TYPE_COUNT: nothing.
static enum sql_type common_type(enum sql_type a, enum sql_type b)
{
    if (a == b || b == SQL_NULL)
        return a;
    if (a == SQL_NULL)
        return b;
    if (sql_type_is_number(a) && sql_type_is_number(b))
        return a > b ? a : b;
    if (sql_type_is_time(a) && sql_type_is_time(b))
        return SQL_DATETIME;
    return SQL_TYPE_COUNT;
}

// Arguments `first`, first + step, ... have to be of one kind.
static enum err make_common(struct binder *b, struct expr *call, uint32_t first, uint32_t step,
                            enum sql_type *out)
{
    enum sql_type type = SQL_NULL;
    bool any_text = false;
    for (uint32_t i = first; i < call->arg_count; i += step) {
        const struct expr *a = call->args[i];
        bool is_text = a->kind == EXPR_CONSTANT && a->type == SQL_KEYWORD;
        any_text |= is_text;
        enum sql_type both = is_text ? type : common_type(type, a->type);
        if (both == SQL_TYPE_COUNT)
            return refuse_argument(b, call, i, sql_type_name(type));
        type = both;
    }
    if (type == SQL_NULL && any_text)
        type = SQL_KEYWORD;
    for (uint32_t i = first; i < call->arg_count; i += step) {
        struct expr *a = call->args[i];
        enum err e = yields_to(a, type) ? cast_constant(b, a, type) : OK;
        if (e)
            return e;
        if (common_type(type, a->type) == SQL_TYPE_COUNT)
            return refuse_argument(b, call, i, sql_type_name(type));
    }
    *out = type;
    return OK;
}

static enum err want_time(struct binder *b, struct expr *call, uint32_t i)
{
    struct expr *a = call->args[i];
    enum err e = yields_to(a, SQL_DATETIME) ? cast_constant(b, a, SQL_DATETIME) : OK;
    if (!e && a->type != SQL_NULL && !sql_type_is_time(a->type))
        return refuse_argument(b, call, i, "date or datetime");
    return e;
}

static enum err want_numbers(struct binder *b, struct expr *call, uint32_t first)
{
    enum err e = OK;
    for (uint32_t i = first; i < call->arg_count && !e; i++) {
        struct expr *a = call->args[i];
        if (yields_to(a, SQL_DOUBLE))
            e = cast_constant(b, a, SQL_DOUBLE);
        if (!e && a->type != SQL_NULL && !sql_type_is_number(a->type))
            e = refuse_argument(b, call, i, "numeric");
    }
    return e;
}

static enum err want_type(struct binder *b, struct expr *call, enum sql_type type)
{
    for (uint32_t i = 0; i < call->arg_count; i++)
        if (call->args[i]->type != type && call->args[i]->type != SQL_NULL)
            return refuse_argument(b, call, i, type == SQL_KEYWORD ? "string" : "boolean");
    return OK;
}

static enum err want_unit(struct binder *b, struct expr *call)
{
    enum date_unit unit;
    struct expr *a = call->args[0];
    if (a->kind == EXPR_COLUMN && a->column < 0) // DATE_ADD(DAY, ...): a word, not a name
        a = NULL;
    if (!a || a->kind != EXPR_CONSTANT || a->type != SQL_KEYWORD ||
        !time_unit_parse(a->constant.text, &unit))
        return refuse_argument(b, call, 0, "year, quarter, month, week, day, hour, minute, second");
    enum err e = want_time(b, call, call->arg_count - 1);
    if (e || call->arg_count == 2)
        return e;
    if (call->function->gives == GIVES_INTEGER)
        return want_time(b, call, 1);
    struct expr number = *call;
    number.args = call->args + 1;
    number.arg_count = 1;
    return want_numbers(b, &number, 0);
}

// SUBSTRING, LEFT and RIGHT: a text and numbers.
static enum err want_text_first(struct binder *b, struct expr *call)
{
    if (call->args[0]->type != SQL_KEYWORD && call->args[0]->type != SQL_NULL)
        return refuse_argument(b, call, 0, "string");
    return want_numbers(b, call, 1);
}

static enum err check_takes(struct binder *b, struct expr *call)
{
    const struct function *f = call->function;
    switch (f->takes) {
    case TAKES_NUMBERS:
        return want_numbers(b, call, 0);
    case TAKES_TEXTS:
        return want_type(b, call, SQL_KEYWORD);
    case TAKES_TRUTHS:
        return want_type(b, call, SQL_BOOLEAN);
    case TAKES_TIME:
        return want_time(b, call, 0);
    case TAKES_UNIT:
        return want_unit(b, call);
    case TAKES_ANY:
        break;
    }
    bool is_part = f->gives == GIVES_TEXT && f->args_max < 4 && !f->is_hidden && !f->takes_null &&
                   f->kind == FUNCTION_SCALAR;
    return is_part ? want_text_first(b, call) : OK;
}

// + and -: numbers, or a time and an interval.
static enum err type_sum(struct binder *b, struct expr *call)
{
    struct expr *x = call->args[0];
    struct expr *y = call->args[1];
    bool is_minus = slice_is(slice_text(call->function->name), "-");
    enum err e = OK;
    if (is_interval(y->type) && yields_to(x, SQL_DATETIME))
        e = cast_constant(b, x, SQL_DATETIME);
    else if (is_interval(x->type) && yields_to(y, SQL_DATETIME))
        e = cast_constant(b, y, SQL_DATETIME);
    if (e)
        return e;
    call->type = SQL_DATETIME;
    if (sql_type_is_time(x->type) && is_interval(y->type))
        call->type = x->type == SQL_DATE && y->type == SQL_MONTHS ? SQL_DATE : SQL_DATETIME;
    else if (sql_type_is_time(y->type) && is_interval(x->type) && !is_minus)
        call->type = SQL_DATETIME;
    else if (sql_type_is_time(x->type) && sql_type_is_time(y->type) && is_minus)
        call->type = SQL_SPAN;
    else if (is_interval(x->type) && x->type == y->type)
        call->type = x->type;
    else {
        e = want_numbers(b, call, 0);
        call->type = x->type == SQL_DOUBLE || y->type == SQL_DOUBLE ? SQL_DOUBLE : SQL_LONG;
    }
    return e;
}

static enum sql_type widest(const struct expr *call)
{
    for (uint32_t i = 0; i < call->arg_count; i++)
        if (call->args[i]->type == SQL_DOUBLE)
            return SQL_DOUBLE;
    return SQL_LONG;
}

// IIF and CASE: conditions, each before its result; the last is what else there is.
static enum err type_case(struct binder *b, struct expr *call)
{
    for (uint32_t i = 0; i + 1 < call->arg_count; i += 2)
        if (call->args[i]->type != SQL_BOOLEAN && call->args[i]->type != SQL_NULL)
            return refuse_argument(b, call, i, "boolean");
    // The results stand at 1, 3, ... and at the end: as a call of their own they have a step.
    struct expr results = *call;
    results.arg_count = 0;
    results.args = ARENA_ARRAY(b->request, struct expr *, call->arg_count);
    for (uint32_t i = 1; i < call->arg_count; i += 2)
        results.args[results.arg_count++] = call->args[i];
    results.args[results.arg_count++] = call->args[call->arg_count - 1];
    return make_common(b, &results, 0, 1, &call->type);
}

static enum err type_cast(struct binder *b, struct expr *call)
{
    (void)b;
    (void)sql_type_parse(call->args[1]->constant.text, &call->type); // parse_type() found one
    return OK;
}

static enum err set_type(struct binder *b, struct expr *call)
{
    enum sql_type common = SQL_NULL;
    switch (call->function->gives) {
    case GIVES_BOOLEAN:
        call->type = SQL_BOOLEAN;
        break;
    case GIVES_INTEGER:
        call->type = SQL_INTEGER;
        break;
    case GIVES_LONG:
        call->type = SQL_LONG;
        break;
    case GIVES_DOUBLE:
        call->type = SQL_DOUBLE;
        break;
    case GIVES_TEXT:
        call->type = SQL_KEYWORD;
        break;
    case GIVES_DATE:
        call->type = SQL_DATE;
        break;
    case GIVES_DATETIME:
        call->type = SQL_DATETIME;
        break;
    case GIVES_FIRST:
        call->type = call->args[0]->type;
        break;
    case GIVES_LAST:
        call->type = call->args[call->arg_count - 1]->type;
        break;
    case GIVES_NUMBER:
        call->type = widest(call);
        break;
    case GIVES_SUM:
        return type_sum(b, call);
    case GIVES_COMMON: {
        enum err e = make_common(b, call, 0, 1, &common);
        call->type = common;
        return e;
    }
    case GIVES_CASE:
        return type_case(b, call);
    case GIVES_CAST:
        return type_cast(b, call);
    }
    return OK;
}

static bool compares(enum operator op)
{
    return (op >= OP_EQUAL && op <= OP_SAME) || op == OP_IN;
}

// ---- calls ----

static enum err fold(struct binder *b, struct expr *e)
{
    if (!e->function->evaluate || e->function->kind != FUNCTION_SCALAR)
        return OK;
    for (uint32_t i = 0; i < e->arg_count; i++)
        if (e->args[i]->kind != EXPR_CONSTANT)
            return OK;
    b->constants.failed = OK;
    struct cell value = evaluate(&b->constants, e, NULL);
    if (b->constants.failed) {
        const char *words = strchr(b->constants.why.words, ' ');
        return sql_problem(b->why, e->place, "%s", words ? words + 1 : b->constants.why.words);
    }
    e->kind = EXPR_CONSTANT;
    e->constant = value;
    if (value.type != SQL_NULL)
        e->type = value.type;
    return OK;
}

static enum err bind_arguments(struct binder *b, struct expr *e);

static enum err bind_aggregate(struct binder *b, struct expr *e)
{
    if (b->in_aggregate)
        return sql_problem(b->why, e->place, "Cannot use an aggregate [%.*s] inside an aggregate",
                           SHOWN(e->source));
    b->in_aggregate = true;
    enum err err = bind_arguments(b, e);
    if (!err && e->filter)
        err = bind_condition(b, e->filter, "FILTER");
    b->in_aggregate = false;
    return err;
}

static enum err bind_arguments(struct binder *b, struct expr *e)
{
    enum err err = OK;
    for (uint32_t i = 0; i < e->arg_count && !err; i++) {
        struct expr *a = e->args[i];
        bool may_star = e->function->op == OP_COUNT && !e->is_distinct;
        // The unit of DATE_ADD may be a bare word.
        if (i == 0 && e->function->takes == TAKES_UNIT && a->kind == EXPR_COLUMN &&
            table_column(b->table, a->name) < 0) {
            a->kind = EXPR_CONSTANT;
            a->constant = cell_text(a->name);
            a->type = SQL_KEYWORD;
        }
        if (a->kind != EXPR_STAR)
            err = bind_expr(b, a);
        else if (!may_star)
            err = sql_problem(b->why, a->place, "[*] goes with SELECT and COUNT only");
    }
    return err;
}

static enum err bind_call(struct binder *b, struct expr *e)
{
    bool is_aggregate = e->function->kind == FUNCTION_AGGREGATE;
    enum err err = is_aggregate ? bind_aggregate(b, e) : bind_arguments(b, e);
    enum sql_type ignored;
    if (!err && compares(e->function->op))
        err = make_common(b, e, 0, 1, &ignored);
    if (!err)
        err = check_takes(b, e);
    if (!err)
        err = set_type(b, e);
    if (err)
        return err;
    if (e->function->op == OP_CAST && e->args[0]->kind == EXPR_COLUMN &&
        e->args[0]->type == e->type) {
        const struct slice source = e->source;
        *e = *e->args[0]; // a cast to the type it has
        e->source = source;
        return OK;
    }
    if (!e->cells)
        e->cells = ARENA_ARRAY(b->request, struct cell, e->arg_count + 1);
    return fold(b, e);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets expressions be
enum err bind_expr(struct binder *b, struct expr *e)
{
    switch (e->kind) {
    case EXPR_COLUMN:
        return bind_column(b, e);
    case EXPR_CALL:
        return bind_call(b, e);
    case EXPR_STAR:
        return sql_problem(b->why, e->place, "[*] goes with SELECT and COUNT only");
    case EXPR_CONSTANT:
    case EXPR_INPUT:
        break;
    }
    return OK;
}

enum err bind_condition(struct binder *b, struct expr *e, const char *clause)
{
    enum err err = bind_expr(b, e);
    if (!err && e->type != SQL_BOOLEAN && e->type != SQL_NULL)
        return sql_problem(b->why, e->place,
                           "Condition expression needs to be boolean, found [%s] in %s",
                           sql_type_name(e->type), clause);
    return err;
}

// ---- looking at expressions ----

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets expressions be
bool expr_has_aggregate(const struct expr *e)
{
    if (e->kind != EXPR_CALL)
        return false;
    if (e->function->kind == FUNCTION_AGGREGATE)
        return true;
    for (uint32_t i = 0; i < e->arg_count; i++)
        if (expr_has_aggregate(e->args[i]))
            return true;
    return false;
}

static bool same_constant(const struct cell *a, const struct cell *b)
{
    return a->type == b->type && cell_compare(a, b) == 0;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets expressions be
bool expr_equal(const struct expr *a, const struct expr *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind)
        return false;
    if (a->kind == EXPR_CONSTANT)
        return same_constant(&a->constant, &b->constant);
    if (a->kind == EXPR_COLUMN)
        return a->column == b->column;
    if (a->kind == EXPR_INPUT)
        return a->input == b->input;
    if (a->kind == EXPR_STAR)
        return true;
    if (a->function != b->function || a->arg_count != b->arg_count ||
        a->is_distinct != b->is_distinct || !a->filter != !b->filter)
        return false;
    for (uint32_t i = 0; i < a->arg_count; i++)
        if (!expr_equal(a->args[i], b->args[i]))
            return false;
    return !a->filter || expr_equal(a->filter, b->filter);
}
