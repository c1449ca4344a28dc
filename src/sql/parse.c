// SPDX-License-Identifier: Apache-2.0
#include "sql/parse.h"

#include "base/num.h"
#include "sql/parse_private.h"

#include <strings.h>

// ---- words ----

// A quoted name or a text is never a keyword.
bool parser_is(const struct parser *p, const char *word)
{
    if (p->at->kind != TOKEN_NAME && p->at->kind != TOKEN_SIGN)
        return false;
    return p->at->text.len == strlen(word) &&
           strncasecmp((const char *)p->at->text.at, word, p->at->text.len) == 0;
}

bool parser_takes(struct parser *p, const char *word)
{
    if (!parser_is(p, word))
        return false;
    p->at++;
    return true;
}

enum err parser_mismatch(const struct parser *p, const char *what)
{
    const struct token *t = p->at;
    if (t->kind == TOKEN_END)
        return sql_refuse(p->why, "parsing_exception", t->place,
                          "mismatched input '<EOF>' expecting %s", what);
    return sql_refuse(p->why, "parsing_exception", t->place, "mismatched input '%.*s' expecting %s",
                      t->source.len < 64 ? (int)t->source.len : 64, (const char *)t->source.at,
                      what);
}

enum err parser_expect(struct parser *p, const char *word)
{
    return parser_takes(p, word) ? OK : parser_mismatch(p, word);
}

bool parser_is_alias(const struct parser *p)
{
    static const char *const keywords[] = {
        "ALL",    "AND",   "ANY",      "AS",     "ASC",     "BETWEEN", "BY",        "CASE",
        "CROSS",  "DESC",  "DISTINCT", "ELSE",   "END",     "ESCAPE",  "EXCEPT",    "EXISTS",
        "FROM",   "FULL",  "GROUP",    "HAVING", "IN",      "INNER",   "INTERSECT", "IS",
        "JOIN",   "LEFT",  "LIKE",     "LIMIT",  "NATURAL", "NOT",     "NULL",      "NULLS",
        "OFFSET", "ON",    "OR",       "ORDER",  "OUTER",   "RIGHT",   "RLIKE",     "SELECT",
        "THEN",   "UNION", "USING",    "WHEN",   "WHERE",   "WITH",
    };
    if (p->at->kind == TOKEN_QUOTED)
        return true;
    for (size_t i = 0; p->at->kind == TOKEN_NAME && i < sizeof keywords / sizeof *keywords; i++) {
        if (parser_is(p, keywords[i]))
            return false;
    }
    return p->at->kind == TOKEN_NAME;
}

// [AS] name
static enum err parse_alias(struct parser *p, struct slice *out)
{
    bool is_asked = parser_takes(p, "AS");
    *out = slice_of(NULL, 0);
    if (!parser_is_alias(p))
        return is_asked ? parser_mismatch(p, "a name") : OK;
    *out = p->at++->text;
    return OK;
}

static enum err parse_count(struct parser *p, uint64_t *out)
{
    int64_t n = -1;
    if (p->at->kind == TOKEN_PARAMETER && p->parameters_used < p->parameters->count) {
        const struct cell *c = &p->parameters->at[p->parameters_used];
        n = cell_is_whole(c) ? c->i64 : -1;
        p->parameters_used += n >= 0;
    } else if (p->at->kind == TOKEN_WHOLE && parse_i64(p->at->text, &n) != OK) {
        n = -1;
    }
    if (n < 0)
        return parser_mismatch(p, "a whole number from 0");
    p->at++;
    *out = (uint64_t)n;
    return OK;
}

// ---- FROM ----

static enum err refuse_join(const struct parser *p)
{
    static const char *const words[] = {"JOIN", "INNER", "LEFT",    "RIGHT",
                                        "FULL", "CROSS", "NATURAL", ","};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (parser_is(p, words[i]))
            return sql_refuse(p->why, "parsing_exception", p->at->place,
                              "Queries with JOIN are not supported; a column of a table that is "
                              "looked up is named as in [device.model]");
    }
    return OK;
}

static enum err parse_table(struct parser *p, struct statement *s)
{
    struct buf name AUTO(buf_donep) = buf_init(4096);
    s->from_place = p->at->place;
    for (;;) {
        if (!parser_is_alias(p))
            return parser_mismatch(p, "the name of an index");
        buf_slice_add(&name, p->at++->text);
        if (!parser_takes(p, "."))
            break;
        buf_u8(&name, '.');
    }
    if (name.over_limit || name.len == 0)
        return sql_refuse(p->why, "parsing_exception", s->from_place,
                          "the name of an index has from 1 to 4096 bytes");
    s->from = arena_copy(p->request, buf_slice(&name));
    return OK;
}

static enum err parse_from(struct parser *p, struct statement *s)
{
    enum err e = OK;
    if (parser_takes(p, "(")) {
        s->from_place = p->at->place;
        if (!parser_is(p, "SELECT"))
            return parser_mismatch(p, "SELECT");
        if (++p->depth > 8)
            return sql_refuse(p->why, "parsing_exception", p->at->place,
                              "subqueries more than 8 deep");
        e = parse_select(p, &s->inner);
        p->depth--;
        if (!e)
            e = parser_expect(p, ")");
    } else {
        e = parse_table(p, s);
    }
    if (!e)
        e = refuse_join(p);
    if (!e)
        e = parse_alias(p, &s->from_alias);
    return e ? e : refuse_join(p);
}

// ---- SELECT ----

static enum err parse_items(struct parser *p, struct statement *s)
{
    s->items = ARENA_ARRAY(p->request, struct select_item, SQL_ITEMS_MAX);
    do {
        if (s->item_count == SQL_ITEMS_MAX)
            return sql_refuse(p->why, "parsing_exception", p->at->place,
                              "more than %d columns in SELECT", SQL_ITEMS_MAX);
        struct select_item *item = &s->items[s->item_count++];
        if (parser_is(p, "*")) {
            item->expr = expr_new(p, EXPR_STAR, p->at);
            p->at++;
            continue;
        }
        enum err e = parse_expression(p, &item->expr);
        if (!e)
            e = parse_alias(p, &item->alias);
        if (e)
            return e;
    } while (parser_takes(p, ","));
    return OK;
}

static enum err parse_groups(struct parser *p, struct statement *s)
{
    struct expr_list list = {0};
    enum err e = OK;
    s->has_group_by = true;
    do {
        struct expr *one = NULL;
        e = parse_expression(p, &one);
        if (!e)
            e = expr_list_add(p, &list, one);
    } while (!e && parser_takes(p, ","));
    s->groups = list.at;
    s->group_count = list.count;
    return e;
}

static enum err parse_order(struct parser *p, struct order_item *o)
{
    enum err e = parse_expression(p, &o->expr);
    if (e)
        return e;
    o->descending = parser_takes(p, "DESC");
    if (!o->descending)
        (void)parser_takes(p, "ASC");
    if (!parser_takes(p, "NULLS"))
        return OK;
    o->nulls_given = true;
    o->nulls_first = parser_takes(p, "FIRST");
    return o->nulls_first ? OK : parser_expect(p, "LAST");
}

static enum err parse_orders(struct parser *p, struct statement *s)
{
    enum err e = OK;
    s->orders = ARENA_ARRAY(p->request, struct order_item, SQL_ITEMS_MAX);
    do {
        if (s->order_count == SQL_ITEMS_MAX)
            return sql_refuse(p->why, "parsing_exception", p->at->place,
                              "more than %d columns in ORDER BY", SQL_ITEMS_MAX);
        e = parse_order(p, &s->orders[s->order_count++]);
    } while (!e && parser_takes(p, ","));
    return e;
}

// LIMIT n, LIMIT n OFFSET m, LIMIT m, n; ALL is no limit.
static enum err parse_limit(struct parser *p, struct statement *s)
{
    if (parser_takes(p, "ALL"))
        return OK;
    enum err e = parse_count(p, &s->limit);
    s->has_limit = true;
    if (!e && parser_takes(p, ",")) {
        s->offset = s->limit;
        e = parse_count(p, &s->limit);
    } else if (!e && parser_takes(p, "OFFSET")) {
        e = parse_count(p, &s->offset);
    }
    return e;
}

static enum err parse_rest(struct parser *p, struct statement *s)
{
    enum err e = OK;
    if (parser_takes(p, "FROM"))
        e = parse_from(p, s);
    if (!e && parser_takes(p, "WHERE"))
        e = parse_expression(p, &s->where);
    if (!e && parser_takes(p, "GROUP")) {
        e = parser_expect(p, "BY");
        if (!e)
            e = parse_groups(p, s);
    }
    if (!e && parser_takes(p, "HAVING"))
        e = parse_expression(p, &s->having);
    if (!e && parser_takes(p, "ORDER")) {
        e = parser_expect(p, "BY");
        if (!e)
            e = parse_orders(p, s);
    }
    if (!e && parser_takes(p, "LIMIT"))
        e = parse_limit(p, s);
    return e;
}

enum err parse_select(struct parser *p, struct statement **out)
{
    struct statement *s = ARENA_NEW(p->request, struct statement);
    *out = s;
    enum err e = parser_expect(p, "SELECT");
    if (!e && parser_is(p, "TOP") && p->at[1].kind == TOKEN_WHOLE) {
        p->at++;
        s->has_limit = true;
        e = parse_count(p, &s->limit);
    }
    s->is_distinct = !e && parser_takes(p, "DISTINCT");
    if (!s->is_distinct)
        (void)parser_takes(p, "ALL");
    if (!e)
        e = parse_items(p, s);
    return e ? e : parse_rest(p, s);
}

// ---- SHOW ----

static enum err parse_like_text(struct parser *p, struct statement *s)
{
    if (p->at->kind == TOKEN_END || parser_is(p, ";"))
        return OK;
    enum err e = parser_expect(p, "LIKE");
    if (!e && p->at->kind != TOKEN_TEXT)
        return parser_mismatch(p, "a text");
    if (e)
        return e;
    s->has_like = true;
    s->like = p->at++->text;
    if (parser_takes(p, "ESCAPE")) {
        if (p->at->kind != TOKEN_TEXT || p->at->text.len != 1)
            return parser_mismatch(p, "one character");
        s->like_escape = p->at++->text.at[0];
    }
    return OK;
}

static enum err parse_show(struct parser *p, struct statement *s)
{
    enum err e = OK;
    if (parser_takes(p, "TABLES") || parser_takes(p, "VALID_TABLES")) {
        s->kind = STATEMENT_SHOW_TABLES;
        return parse_like_text(p, s);
    }
    if (parser_takes(p, "FUNCTIONS")) {
        s->kind = STATEMENT_SHOW_FUNCTIONS;
        return parse_like_text(p, s);
    }
    if (parser_takes(p, "CATALOGS")) {
        s->kind = STATEMENT_SHOW_CATALOGS;
        return OK;
    }
    if (!parser_takes(p, "COLUMNS"))
        return parser_mismatch(p, "TABLES, VALID_TABLES, COLUMNS, FUNCTIONS or CATALOGS");
    s->kind = STATEMENT_SHOW_COLUMNS;
    if (!parser_takes(p, "IN"))
        e = parser_expect(p, "FROM");
    return e ? e : parse_table(p, s);
}

static enum err parse_statement(struct parser *p, struct statement **out)
{
    if (parser_is(p, "SELECT"))
        return parse_select(p, out);
    struct statement *s = ARENA_NEW(p->request, struct statement);
    *out = s;
    if (parser_takes(p, "SHOW"))
        return parse_show(p, s);
    if (parser_takes(p, "DESCRIBE") || parser_takes(p, "DESC")) {
        s->kind = STATEMENT_SHOW_COLUMNS;
        return parse_table(p, s);
    }
    return parser_mismatch(p, "SELECT, SHOW or DESCRIBE");
}

enum err sql_parse(struct slice text, const struct sql_parameters *parameters,
                   struct arena *request, struct statement **out, struct fault *why)
{
    static const struct sql_parameters none = {0};
    struct parser p = {.text = text,
                       .parameters = parameters ? parameters : &none,
                       .request = request,
                       .why = why};
    enum err e = tokens_read(text, request, &p.at, why);
    if (!e)
        e = parse_statement(&p, out);
    if (!e)
        (void)parser_takes(&p, ";");
    if (!e && p.at->kind != TOKEN_END)
        return parser_mismatch(&p, "<EOF>");
    if (!e && p.parameters_used < p.parameters->count)
        return fail(why, ERR_INVALID,
                    "parsing_exception: line 1:1: Not enough parameter markers: [%u] of [%u] "
                    "parameters are used",
                    p.parameters_used, p.parameters->count);
    return e;
}
