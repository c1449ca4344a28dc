// SPDX-License-Identifier: Apache-2.0
#include "sql/parse_private.h"

// Expressions by rank: OR, AND, NOT, comparisons, sums, products, signs.

struct expr *expr_new(struct parser *p, enum expr_kind kind, const struct token *first)
{
    struct expr *e = ARENA_NEW(p->request, struct expr);
    e->kind = kind;
    e->place = first->place;
    e->source = first->source;
    e->column = -1;
    return e;
}

// From the first token to the end of the one before the place at hand.
static struct slice source_since(const struct parser *p, const struct token *first)
{
    const struct token *last = p->at - 1;
    const uint8_t *end = last->source.at + last->source.len;
    return slice_of(first->source.at, (size_t)(end - first->source.at));
}

struct expr *expr_call(struct parser *p, const struct token *first, const struct function *f,
                       struct expr *const *args, uint32_t count)
{
    struct expr *e = expr_new(p, EXPR_CALL, first);
    e->function = f;
    e->args = ARENA_ARRAY(p->request, struct expr *, count + 1);
    for (uint32_t i = 0; i < count; i++)
        e->args[i] = args[i];
    e->arg_count = count;
    e->source = source_since(p, first);
    for (uint32_t i = 0; i < count; i++)
        e->depth = args[i]->depth >= e->depth ? args[i]->depth + 1 : e->depth;
    p->is_too_deep |= e->depth > SQL_TREE_DEPTH_MAX;
    return e;
}

struct expr *expr_constant(struct parser *p, const struct token *first, struct cell value)
{
    struct expr *e = expr_new(p, EXPR_CONSTANT, first);
    e->constant = value;
    e->type = value.type;
    return e;
}

enum err expr_list_add(struct parser *p, struct expr_list *l, struct expr *e)
{
    if (l->count == SQL_LIST_MAX)
        return sql_refuse(p->why, "parsing_exception", e->place, "a list of more than %d",
                          SQL_LIST_MAX);
    if (l->count == l->cap) {
        uint32_t cap = l->cap ? l->cap * 2 : 8;
        struct expr **grown = ARENA_ARRAY(p->request, struct expr *, cap);
        for (uint32_t i = 0; i < l->count; i++)
            grown[i] = l->at[i];
        l->at = grown;
        l->cap = cap;
    }
    l->at[l->count++] = e;
    return OK;
}

static struct expr *not_of(struct parser *p, const struct token *first, struct expr *e)
{
    return expr_call(p, first, function_of("NOT"), &e, 1);
}

// ---- what follows a value ----

static enum err parse_in(struct parser *p, const struct token *first, struct expr **value)
{
    struct expr_list list = {0};
    enum err e = parser_expect(p, "(");
    if (!e && (parser_is(p, "SELECT")))
        return sql_refuse(p->why, "parsing_exception", p->at->place,
                          "subqueries in conditions are not supported");
    if (!e)
        e = expr_list_add(p, &list, *value);
    do {
        struct expr *one = NULL;
        if (!e)
            e = parse_expression(p, &one);
        if (!e)
            e = expr_list_add(p, &list, one);
    } while (!e && parser_takes(p, ","));
    if (!e)
        e = parser_expect(p, ")");
    if (!e)
        *value = expr_call(p, first, function_of("IN"), list.at, list.count);
    return e;
}

static enum err parse_between(struct parser *p, const struct token *first, struct expr **value)
{
    struct expr *from = NULL;
    struct expr *to = NULL;
    enum err e = parse_sum(p, &from);
    if (!e)
        e = parser_expect(p, "AND");
    if (!e)
        e = parse_sum(p, &to);
    if (e)
        return e;
    struct expr *low[2] = {*value, from};
    struct expr *high[2] = {*value, to};
    struct expr *both[2] = {expr_call(p, first, function_of(">="), low, 2),
                            expr_call(p, first, function_of("<="), high, 2)};
    *value = expr_call(p, first, function_of("AND"), both, 2);
    return OK;
}

static enum err parse_like(struct parser *p, const struct token *first, struct expr **value)
{
    struct expr *args[3] = {*value};
    uint32_t count = 2;
    enum err e = parse_sum(p, &args[1]);
    if (!e && parser_takes(p, "ESCAPE")) {
        const struct token *escape = p->at;
        if (escape->kind != TOKEN_TEXT || escape->text.len != 1 || escape->text.at[0] == '%' ||
            escape->text.at[0] == '_')
            return parser_mismatch(p, "one character other than % and _");
        p->at++;
        args[count++] = expr_constant(p, escape, cell_text(escape->text));
    }
    if (!e)
        *value = expr_call(p, first, function_of("LIKE"), args, count);
    return e;
}

static enum err parse_pattern(struct parser *p, const struct token *first, struct expr **value)
{
    struct expr *args[2] = {*value};
    enum err e = parse_sum(p, &args[1]);
    if (!e)
        *value = expr_call(p, first, function_of("RLIKE"), args, 2);
    return e;
}

static enum err parse_is(struct parser *p, const struct token *first, struct expr **value)
{
    bool is_not = parser_takes(p, "NOT");
    enum err e = OK;
    if (parser_is(p, "TRUE") || parser_is(p, "FALSE")) {
        struct expr *truth = expr_constant(p, p->at, cell_i64(SQL_BOOLEAN, parser_is(p, "TRUE")));
        struct expr *args[2] = {*value, truth};
        p->at++;
        *value = expr_call(p, first, function_of("<=>"), args, 2);
        if (is_not)
            *value = not_of(p, first, *value);
        return OK;
    }
    e = parser_expect(p, "NULL");
    if (!e)
        *value = expr_call(p, first, function_of(is_not ? "IS NOT NULL" : "IS NULL"), value, 1);
    return e;
}

// IN, BETWEEN, LIKE and RLIKE, each also behind NOT.
static enum err parse_after_not(struct parser *p, const struct token *first, struct expr **value,
                                bool *out_found)
{
    const struct token *before = p->at;
    bool is_not = parser_takes(p, "NOT");
    enum err e = OK;
    *out_found = true;
    if (parser_takes(p, "IN"))
        e = parse_in(p, first, value);
    else if (parser_takes(p, "BETWEEN"))
        e = parse_between(p, first, value);
    else if (parser_takes(p, "LIKE"))
        e = parse_like(p, first, value);
    else if (parser_takes(p, "RLIKE") || parser_takes(p, "REGEXP"))
        e = parse_pattern(p, first, value);
    else
        *out_found = false;
    if (!*out_found)
        p->at = before;
    else if (!e && is_not)
        *value = not_of(p, first, *value);
    return e;
}

static enum err parse_test(struct parser *p, struct expr **out)
{
    static const char *const signs[] = {"=", "<>", "!=", "<=", ">=", "<", ">", "<=>"};
    const struct token *first = p->at;
    bool found = false;
    enum err e = parse_sum(p, out);
    if (!e && parser_takes(p, "IS"))
        return parse_is(p, first, out);
    if (!e)
        e = parse_after_not(p, first, out, &found);
    for (size_t i = 0; !e && !found && i < sizeof signs / sizeof *signs; i++) {
        if (p->at->kind != TOKEN_SIGN || !parser_takes(p, signs[i]))
            continue;
        struct expr *args[2] = {*out};
        const char *name = strcmp(signs[i], "!=") == 0 ? "<>" : signs[i];
        found = true;
        e = parse_sum(p, &args[1]);
        if (!e)
            *out = expr_call(p, first, function_of(name), args, 2);
    }
    return e;
}

static enum err parse_not(struct parser *p, struct expr **out)
{
    const struct token *first = p->at;
    uint32_t count = 0;
    while (parser_takes(p, "NOT"))
        count++;
    enum err e = parse_test(p, out);
    for (count %= 2; !e && count; count--)
        *out = not_of(p, first, *out);
    return e;
}

// All that AND or OR joins is one call.
static enum err parse_joined(struct parser *p, const char *word,
                             enum err (*part)(struct parser *, struct expr **), struct expr **out)
{
    const struct token *first = p->at;
    struct expr_list list = {0};
    enum err e = OK;
    do {
        struct expr *one = NULL;
        e = part(p, &one);
        if (!e)
            e = expr_list_add(p, &list, one);
    } while (!e && parser_takes(p, word));
    if (e)
        return e;
    *out =
        list.count == 1 ? list.at[0] : expr_call(p, first, function_of(word), list.at, list.count);
    return OK;
}

static enum err parse_and(struct parser *p, struct expr **out)
{
    return parse_joined(p, "AND", parse_not, out);
}

enum err parse_expression(struct parser *p, struct expr **out)
{
    if (++p->depth > SQL_DEPTH_MAX)
        return sql_refuse(p->why, "parsing_exception", p->at->place,
                          "expressions more than %d deep", SQL_DEPTH_MAX);
    enum err e = parse_joined(p, "OR", parse_and, out);
    p->depth--;
    if (!e && p->is_too_deep)
        return sql_refuse(p->why, "parsing_exception", (*out)->place,
                          "expressions more than %d deep", SQL_TREE_DEPTH_MAX);
    return e;
}

// ---- arithmetic ----

static enum err parse_cast_sign(struct parser *p, const struct token *first, struct expr **value)
{
    enum err e = OK;
    while (!e && parser_takes(p, "::")) {
        enum sql_type type;
        if (p->at->kind != TOKEN_NAME || !sql_type_parse(p->at->text, &type))
            return parser_mismatch(p, "a type");
        struct expr *args[2] = {*value, expr_constant(p, p->at, cell_text(p->at->text))};
        p->at++;
        *value = expr_call(p, first, function_of("CAST"), args, 2);
    }
    return e;
}

static enum err parse_sign(struct parser *p, struct expr **out)
{
    const struct token *first = p->at;
    bool is_negative = false;
    while (parser_is(p, "-") || parser_is(p, "+")) {
        is_negative ^= parser_is(p, "-");
        p->at++;
    }
    enum err e = parse_primary(p, out);
    if (!e)
        e = parse_cast_sign(p, first, out);
    if (!e && is_negative)
        *out = expr_call(p, first, function_of("NEGATE"), out, 1);
    return e;
}

// Left to right, so a chain of n signs is n deep: it is bounded as other nesting is.
static enum err parse_chain(struct parser *p, const char *const *signs, uint32_t sign_count,
                            enum err (*part)(struct parser *, struct expr **), struct expr **out)
{
    const struct token *first = p->at;
    uint32_t length = 0;
    enum err e = part(p, out);
    for (uint32_t i = 0; !e && i < sign_count; i++) {
        if (p->at->kind != TOKEN_SIGN || !parser_takes(p, signs[i]))
            continue;
        if (++length > SQL_DEPTH_MAX)
            return sql_refuse(p->why, "parsing_exception", p->at->place,
                              "more than %d operators in a row", SQL_DEPTH_MAX);
        struct expr *args[2] = {*out};
        e = part(p, &args[1]);
        if (!e)
            *out = expr_call(p, first, function_of(signs[i]), args, 2);
        i = UINT32_MAX; // from the first sign again
    }
    return e;
}

static enum err parse_product(struct parser *p, struct expr **out)
{
    static const char *const signs[] = {"*", "/", "%"};
    return parse_chain(p, signs, 3, parse_sign, out);
}

enum err parse_sum(struct parser *p, struct expr **out)
{
    static const char *const signs[] = {"+", "-", "||"};
    return parse_chain(p, signs, 3, parse_product, out);
}
