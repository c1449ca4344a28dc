// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "sql/parse_private.h"

#include <strings.h>

// Constants, names, functions, CASE, CAST, INTERVAL and what is in brackets.

static enum err parse_number(struct parser *p, struct expr **out)
{
    const struct token *t = p->at++;
    int64_t whole = 0;
    double real = 0;
    if (t->kind == TOKEN_WHOLE && parse_i64(t->text, &whole) == OK) {
        bool is_small = whole <= INT32_MAX;
        *out = expr_constant(p, t, cell_i64(is_small ? SQL_INTEGER : SQL_LONG, whole));
        return OK;
    }
    struct slice text = t->text; // "2." and ".5" are numbers here
    if (text.at[text.len - 1] == '.')
        text.len--;
    if (text.at[0] == '.')
        text = arena_print(p->request, "0%.*s", SLICE_PRINT(text));
    if (parse_f64(text, &real) != OK)
        return sql_refuse(p->why, "parsing_exception", t->place, "[%.*s] is no number that fits",
                          t->text.len < 40 ? (int)t->text.len : 40, (const char *)t->text.at);
    *out = expr_constant(p, t, cell_f64(real));
    return OK;
}

static enum err parse_parameter(struct parser *p, struct expr **out)
{
    if (p->parameters_used == p->parameters->count)
        return sql_refuse(p->why, "parsing_exception", p->at->place,
                          "Not enough actual parameters [%u]", p->parameters->count);
    const struct token *t = p->at++;
    *out = expr_constant(p, t, p->parameters->at[p->parameters_used++]);
    return OK;
}

// A word before a text: DATE '2021-10-28'.
static enum err parse_typed_text(struct parser *p, struct expr **out)
{
    const struct token *first = p->at;
    struct expr *args[2];
    bool is_date = parser_is(p, "DATE");
    args[1] = expr_constant(p, first, cell_text(slice_text(is_date ? "date" : "datetime")));
    p->at++;
    args[0] = expr_constant(p, p->at, cell_text(p->at->text));
    p->at++;
    *out = expr_call(p, first, function_of("CAST"), args, 2);
    return OK;
}

static enum err interval_of(struct parser *p, int64_t amount, enum date_unit unit, struct cell *out)
{
    static const int64_t ms[] = {[DATE_SECOND] = MS_PER_SECOND,
                                 [DATE_MINUTE] = MS_PER_MINUTE,
                                 [DATE_HOUR] = MS_PER_HOUR,
                                 [DATE_DAY] = MS_PER_DAY,
                                 [DATE_WEEK] = 7 * (int64_t)MS_PER_DAY,
                                 [DATE_MONTH] = 1,
                                 [DATE_QUARTER] = 3,
                                 [DATE_YEAR] = 12};
    int64_t size = 0;
    *out = cell_i64(unit >= DATE_MONTH ? SQL_MONTHS : SQL_SPAN, 0);
    if (__builtin_mul_overflow(amount, ms[unit], &size))
        return sql_refuse(p->why, "parsing_exception", p->at->place, "an interval too long");
    out->i64 = size;
    return OK;
}

// INTERVAL 1 DAY, INTERVAL '1' DAY, INTERVAL -3 MONTHS
static enum err parse_interval(struct parser *p, struct expr **out)
{
    const struct token *first = p->at++;
    bool is_negative = parser_takes(p, "-");
    int64_t amount = 0;
    enum date_unit unit;
    bool is_number = p->at->kind == TOKEN_WHOLE || p->at->kind == TOKEN_TEXT;
    if (!is_number || parse_i64(p->at->text, &amount) != OK || amount == INT64_MIN)
        return parser_mismatch(p, "a whole number");
    p->at++;
    if (p->at->kind != TOKEN_NAME || p->at->text.len < 3 || !time_unit_parse(p->at->text, &unit))
        return parser_mismatch(p, "SECOND, MINUTE, HOUR, DAY, WEEK, MONTH or YEAR");
    struct cell value;
    enum err e = interval_of(p, is_negative ? -amount : amount, unit, &value);
    if (e)
        return e;
    p->at++;
    *out = expr_constant(p, first, value);
    return OK;
}

// CASE [x] WHEN a THEN b ... [ELSE c] END
static enum err parse_case(struct parser *p, struct expr **out)
{
    const struct token *first = p->at++;
    struct expr_list list = {0};
    struct expr *subject = NULL;
    struct expr *part[2] = {NULL, NULL};
    enum err e = parser_is(p, "WHEN") ? OK : parse_expression(p, &subject);
    if (!e && !parser_is(p, "WHEN"))
        return parser_mismatch(p, "WHEN");
    while (!e && parser_takes(p, "WHEN")) {
        const struct token *when = p->at;
        e = parse_expression(p, &part[0]);
        if (!e && subject) {
            struct expr *both[2] = {subject, part[0]};
            part[0] = expr_call(p, when, function_of("="), both, 2);
        }
        if (!e)
            e = parser_expect(p, "THEN");
        if (!e)
            e = parse_expression(p, &part[1]);
        for (int i = 0; !e && i < 2; i++)
            e = expr_list_add(p, &list, part[i]);
    }
    struct expr *otherwise = expr_constant(p, p->at, cell_null());
    if (!e && parser_takes(p, "ELSE"))
        e = parse_expression(p, &otherwise);
    if (!e)
        e = expr_list_add(p, &list, otherwise);
    if (!e)
        e = parser_expect(p, "END");
    if (!e)
        *out = expr_call(p, first, function_of("CASE"), list.at, list.count);
    return e;
}

// A type's name, perhaps with a length that has no meaning here: VARCHAR(20).
static enum err parse_type(struct parser *p, struct expr **out)
{
    enum sql_type type;
    if (p->at->kind != TOKEN_NAME || !sql_type_parse(p->at->text, &type))
        return parser_mismatch(p,
                               "a type: boolean, integer, long, double, keyword, date or datetime");
    *out = expr_constant(p, p->at, cell_text(p->at->text));
    p->at++;
    enum err e = OK;
    if (parser_takes(p, "(")) {
        while (p->at->kind == TOKEN_WHOLE || parser_is(p, ","))
            p->at++;
        e = parser_expect(p, ")");
    }
    return e;
}

// CAST(x AS type), CONVERT(x, type)
static enum err parse_cast(struct parser *p, const char *between, struct expr **out)
{
    const struct token *first = p->at;
    struct expr *args[2];
    p->at += 2;
    enum err e = parse_expression(p, &args[0]);
    if (!e)
        e = parser_expect(p, between);
    if (!e)
        e = parse_type(p, &args[1]);
    if (!e)
        e = parser_expect(p, ")");
    if (!e)
        *out = expr_call(p, first, function_of("CAST"), args, 2);
    return e;
}

// EXTRACT(YEAR FROM x): the function of that name.
static enum err parse_extract(struct parser *p, struct expr **out)
{
    const struct token *first = p->at;
    p->at += 2;
    const struct function *f = p->at->kind == TOKEN_NAME ? function_find(p->at->text) : NULL;
    if (!f || f->takes != TAKES_TIME || f->args_max != 1)
        return parser_mismatch(p, "a part of a date, such as YEAR");
    p->at++;
    struct expr *arg = NULL;
    enum err e = parser_expect(p, "FROM");
    if (!e)
        e = parse_expression(p, &arg);
    if (!e)
        e = parser_expect(p, ")");
    if (!e)
        *out = expr_call(p, first, f, &arg, 1);
    return e;
}

static enum err unknown_function(struct parser *p, const struct token *name)
{
    const char *like = function_like(name->text);
    return sql_problem(p->why, name->place, "Unknown function [%.*s]%s%s%s",
                       name->text.len < 64 ? (int)name->text.len : 64, (const char *)name->text.at,
                       like ? ", did you mean [" : "", like ? like : "", like ? "]?" : "");
}

static enum err parse_arguments(struct parser *p, struct expr_list *list)
{
    enum err e = OK;
    if (parser_takes(p, ")"))
        return OK;
    do {
        struct expr *one = NULL;
        if (parser_is(p, "*")) {
            one = expr_new(p, EXPR_STAR, p->at);
            p->at++;
        } else {
            e = parse_expression(p, &one);
        }
        if (!e)
            e = expr_list_add(p, list, one);
    } while (!e && parser_takes(p, ","));
    return e ? e : parser_expect(p, ")");
}

static enum err check_count(struct parser *p, const struct token *name, const struct function *f,
                            uint32_t count)
{
    if (count >= f->args_min && (f->args_max == 255 || count <= f->args_max))
        return OK;
    if (f->args_min == f->args_max)
        return sql_refuse(p->why, "parsing_exception", name->place,
                          "error building [%s]: expects exactly %u argument%s", f->name,
                          f->args_min, f->args_min == 1 ? "" : "s");
    return sql_refuse(p->why, "parsing_exception", name->place,
                      "error building [%s]: expects from %u to %u arguments", f->name, f->args_min,
                      f->args_max);
}

// FILTER (WHERE condition)
static enum err parse_filter(struct parser *p, struct expr *call)
{
    enum err e = parser_expect(p, "(");
    if (!e)
        e = parser_expect(p, "WHERE");
    if (!e)
        e = parse_expression(p, &call->filter);
    return e ? e : parser_expect(p, ")");
}

static enum err after_call(struct parser *p, struct expr *call)
{
    if (parser_is(p, "OVER"))
        return sql_refuse(p->why, "parsing_exception", p->at->place,
                          "window functions are not supported");
    bool is_filter = parser_is(p, "FILTER") && p->at[1].kind == TOKEN_SIGN;
    if (!is_filter)
        return OK;
    if (call->function->kind != FUNCTION_AGGREGATE)
        return parser_mismatch(p, "no FILTER behind what is no aggregate");
    p->at++;
    return parse_filter(p, call);
}

// IIF(a, b[, c]) has CASE's arguments.
static enum err parse_call(struct parser *p, struct expr **out)
{
    const struct token *name = p->at;
    struct expr_list list = {0};
    const struct function *f = function_find(name->text);
    p->at += 2;
    if (!f || f->is_hidden)
        return unknown_function(p, name);
    bool is_distinct = parser_takes(p, "DISTINCT");
    if (!is_distinct)
        (void)parser_takes(p, "ALL");
    if (is_distinct && f->op != OP_COUNT)
        return sql_refuse(p->why, "parsing_exception", name->place,
                          "DISTINCT goes with COUNT only, not with %s", f->name);
    enum err e = parse_arguments(p, &list);
    if (!e)
        e = check_count(p, name, f, list.count);
    if (e)
        return e;
    *out = expr_call(p, name, f, list.at, list.count);
    (*out)->is_distinct = is_distinct;
    e = after_call(p, *out);
    const struct token *last = p->at - 1;
    (*out)->source.len = (size_t)(last->source.at + last->source.len - name->source.at);
    return e;
}

static enum err parse_name(struct parser *p, struct expr **out)
{
    const struct token *first = p->at;
    struct expr *e = expr_new(p, EXPR_COLUMN, first);
    struct buf name AUTO(buf_donep) = buf_init(4096);
    size_t head = 0;
    buf_slice_add(&name, p->at++->text);
    while (parser_is(p, ".") && (p->at[1].kind == TOKEN_NAME || p->at[1].kind == TOKEN_QUOTED)) {
        head = head ? head : name.len + 1;
        buf_u8(&name, '.');
        buf_slice_add(&name, p->at[1].text);
        p->at += 2;
    }
    if (name.over_limit)
        return sql_refuse(p->why, "parsing_exception", first->place,
                          "a name of more than 4096 bytes");
    e->name = arena_copy(p->request, buf_slice(&name));
    e->tail = head ? slice_from(e->name, head) : slice_of(NULL, 0);
    const struct token *last = p->at - 1;
    e->source =
        slice_of(first->source.at, (size_t)(last->source.at + last->source.len - first->source.at));
    *out = e;
    return OK;
}

static enum err parse_in_brackets(struct parser *p, struct expr **out)
{
    const struct token *first = p->at++;
    if (parser_is(p, "SELECT"))
        return sql_refuse(p->why, "parsing_exception", first->place,
                          "subqueries are only supported as FROM (SELECT ...)");
    enum err e = parse_expression(p, out);
    return e ? e : parser_expect(p, ")");
}

static enum err parse_word(struct parser *p, struct expr **out)
{
    static const char *const bare[] = {"CURRENT_DATE", "CURRENT_TIMESTAMP"};
    bool is_call = p->at[1].kind == TOKEN_SIGN && slice_is(p->at[1].text, "(");
    const struct token *first = p->at;
    if (parser_is(p, "CASE"))
        return parse_case(p, out);
    if (is_call && (parser_is(p, "CAST") || parser_is(p, "TRY_CAST")))
        return parse_cast(p, "AS", out);
    if (is_call && parser_is(p, "CONVERT"))
        return parse_cast(p, ",", out);
    if (is_call && parser_is(p, "EXTRACT"))
        return parse_extract(p, out);
    if (is_call)
        return parse_call(p, out);
    for (size_t i = 0; i < 2; i++) {
        if (parser_takes(p, bare[i])) {
            *out = expr_call(p, first, function_of(bare[i]), NULL, 0);
            return OK;
        }
    }
    if (parser_is(p, "INTERVAL"))
        return parse_interval(p, out);
    bool is_typed = parser_is(p, "DATE") || parser_is(p, "TIMESTAMP") || parser_is(p, "DATETIME");
    if (is_typed && p->at[1].kind == TOKEN_TEXT)
        return parse_typed_text(p, out);
    if (!parser_is_alias(p)) // a keyword
        return parser_mismatch(p, "an expression");
    return parse_name(p, out);
}

static bool parse_literal(struct parser *p, struct expr **out)
{
    const struct token *t = p->at;
    if (t->kind == TOKEN_TEXT)
        *out = expr_constant(p, t, cell_text(t->text));
    else if (parser_is(p, "NULL"))
        *out = expr_constant(p, t, cell_null());
    else if (parser_is(p, "TRUE") || parser_is(p, "FALSE"))
        *out = expr_constant(p, t, cell_i64(SQL_BOOLEAN, parser_is(p, "TRUE")));
    else
        return false;
    p->at++;
    return true;
}

enum err parse_primary(struct parser *p, struct expr **out)
{
    if (parse_literal(p, out))
        return OK;
    switch (p->at->kind) {
    case TOKEN_WHOLE:
    case TOKEN_DECIMAL:
        return parse_number(p, out);
    case TOKEN_PARAMETER:
        return parse_parameter(p, out);
    case TOKEN_QUOTED:
        return parse_name(p, out);
    case TOKEN_NAME:
        return parse_word(p, out);
    case TOKEN_SIGN:
        if (parser_is(p, "("))
            return parse_in_brackets(p, out);
        break;
    case TOKEN_TEXT:
    case TOKEN_END:
        break;
    }
    return parser_mismatch(p, "an expression");
}
