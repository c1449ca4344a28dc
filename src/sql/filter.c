// SPDX-License-Identifier: Apache-2.0
#include "sql/filter.h"

#include "sql/filter_time.h"

enum { PATTERN_BYTES_MAX = 128 * 1024, SHOWN_BYTES = 64 };

struct filter {
    const struct cell_context *how;
    struct json_writer *to;
    struct fault *why;
    uint32_t depth;
};

static enum err write(struct filter *f, const struct expr *e, bool wanted);

static enum err unsupported(const struct filter *f, const struct expr *e)
{
    return sql_problem(f->why, e->place,
                       "[%.*s] cannot be asked of rows: a condition compares a column with a "
                       "constant",
                       e->source.len < SHOWN_BYTES ? (int)e->source.len : SHOWN_BYTES,
                       (const char *)e->source.at);
}

// ---- shapes of the DSL ----

static void open_object(struct filter *f, const char *key)
{
    json_object(f->to);
    json_key(f->to, key);
}

static void write_all(struct filter *f, bool all)
{
    open_object(f, all ? "match_all" : "match_none");
    json_object(f->to);
    json_end(f->to);
    json_end(f->to);
}

static void write_exists(struct filter *f, struct slice field)
{
    open_object(f, "exists");
    json_object(f->to);
    json_key(f->to, "field");
    json_string(f->to, field);
    json_end(f->to);
    json_end(f->to);
}

static void write_value(struct filter *f, const struct cell *c)
{
    struct buf text AUTO(buf_donep) = buf_init(128);
    if (c->type == SQL_KEYWORD)
        json_string(f->to, c->text);
    else if (c->type == SQL_BOOLEAN)
        json_truth(f->to, c->i64 != 0);
    else if (c->type == SQL_DOUBLE)
        json_double(f->to, c->f64);
    else if (cell_is_whole(c))
        json_int(f->to, c->i64);
    else {
        struct cell moment = cell_i64(SQL_DATETIME, c->i64);
        cell_print(&moment, NULL, &text);
        json_string(f->to, buf_slice(&text));
    }
}

// {"bool": {"must_not": [ ... what follows ... up to close_not()
static void open_not(struct filter *f)
{
    open_object(f, "bool");
    json_object(f->to);
    json_key(f->to, "must_not");
    json_array(f->to);
}

// {"bool": {"filter": [{"exists": ...}], "must_not": [
static void open_not_where_exists(struct filter *f, struct slice field)
{
    open_object(f, "bool");
    json_object(f->to);
    json_key(f->to, "filter");
    json_array(f->to);
    write_exists(f, field);
    json_end(f->to);
    json_key(f->to, "must_not");
    json_array(f->to);
}

static void close_not(struct filter *f)
{
    json_end(f->to);
    json_end(f->to);
    json_end(f->to);
}

// ---- columns ----

// A column, perhaps through LOWER or UPPER, which ask for texts in any case.
struct subject {
    struct slice field;
    enum operator fold; // OP_LOWER, OP_UPPER; OP_NONE: as it is
};

static bool subject_of(const struct expr *e, struct subject *out)
{
    *out = (struct subject){.fold = OP_NONE};
    bool is_fold =
        e->kind == EXPR_CALL && (e->function->op == OP_LOWER || e->function->op == OP_UPPER);
    // CAST(x AS the type it has) changes nothing.
    bool is_cast =
        e->kind == EXPR_CALL && e->function->op == OP_CAST && e->args[0]->type == e->type;
    if (is_fold)
        out->fold = e->function->op;
    if (is_fold || is_cast)
        e = e->args[0];
    out->field = e->name;
    return e->kind == EXPR_COLUMN;
}

// Whether LOWER or UPPER can give this text at all.
static bool can_be(const struct subject *s, struct slice text)
{
    for (size_t i = 0; i < text.len && s->fold != OP_NONE; i++) {
        uint8_t c = text.at[i];
        if (s->fold == OP_LOWER ? (c >= 'A' && c <= 'Z') : (c >= 'a' && c <= 'z'))
            return false;
    }
    return true;
}

// { KIND: { FIELD: { "value": ..., and how its case counts.
static void open_valued(struct filter *f, const char *kind, const struct subject *s)
{
    open_object(f, kind);
    json_object(f->to);
    json_key_slice(f->to, s->field);
    json_object(f->to);
    json_key(f->to, "value");
}

static void close_valued(struct filter *f, const struct subject *s)
{
    if (s->fold != OP_NONE) {
        json_key(f->to, "case_insensitive");
        json_truth(f->to, true);
    }
    json_end(f->to);
    json_end(f->to);
    json_end(f->to);
}

static void write_term(struct filter *f, const struct subject *s, const struct cell *c)
{
    open_valued(f, "term", s);
    write_value(f, c);
    close_valued(f, s);
}

static void write_equal(struct filter *f, const struct subject *s, const struct cell *c,
                        bool wanted)
{
    bool can = c->type != SQL_KEYWORD || can_be(s, c->text);
    if (!can && wanted) {
        write_all(f, false);
    } else if (!can) {
        write_exists(f, s->field);
    } else if (wanted) {
        write_term(f, s, c);
    } else {
        open_not_where_exists(f, s->field);
        write_term(f, s, c);
        close_not(f);
    }
}

static const char *range_word(enum operator op)
{
    switch ((int)op) {
    case OP_LESS:
        return "lt";
    case OP_LESS_EQUAL:
        return "lte";
    case OP_GREATER:
        return "gt";
    default:
        return "gte";
    }
}

static enum operator opposite(enum operator op)
{
    switch ((int)op) {
    case OP_LESS:
        return OP_GREATER_EQUAL;
    case OP_LESS_EQUAL:
        return OP_GREATER;
    case OP_GREATER:
        return OP_LESS_EQUAL;
    default:
        return OP_LESS;
    }
}

// 5 < a is a > 5
static enum operator mirrored(enum operator op)
{
    switch ((int)op) {
    case OP_LESS:
        return OP_GREATER;
    case OP_LESS_EQUAL:
        return OP_GREATER_EQUAL;
    case OP_GREATER:
        return OP_LESS;
    case OP_GREATER_EQUAL:
        return OP_LESS_EQUAL;
    default:
        return op;
    }
}

static bool is_range(enum operator op)
{
    return op >= OP_LESS && op <= OP_GREATER_EQUAL;
}

// A comparison of a column with a constant, with the column on the left.
struct comparison {
    struct subject subject;
    enum operator op;
    const struct cell *value;
    const struct expr *column; // as written
};

static bool comparison_of(const struct expr *e, struct comparison *out)
{
    if (e->kind != EXPR_CALL || e->arg_count != 2)
        return false;
    enum operator op = e->function->op;
    if (op < OP_EQUAL || op > OP_SAME)
        return false;
    bool is_turned = e->args[0]->kind == EXPR_CONSTANT;
    const struct expr *column = e->args[is_turned];
    const struct expr *value = e->args[!is_turned];
    *out = (struct comparison){
        .op = is_turned ? mirrored(op) : op, .value = &value->constant, .column = column};
    return value->kind == EXPR_CONSTANT && subject_of(column, &out->subject);
}

static void write_bound(struct filter *f, enum operator op, const struct cell *c)
{
    json_key(f->to, range_word(op));
    write_value(f, c);
}

// `more`: another bound of the same column; NULL for none.
static void write_range(struct filter *f, const struct comparison *c, const struct comparison *more)
{
    open_object(f, "range");
    json_object(f->to);
    json_key_slice(f->to, c->subject.field);
    json_object(f->to);
    write_bound(f, c->op, c->value);
    if (more)
        write_bound(f, more->op, more->value);
    json_end(f->to);
    json_end(f->to);
    json_end(f->to);
}

// a <=> NULL, a <=> 5: never NULL itself.
static void write_same(struct filter *f, const struct comparison *c, bool wanted)
{
    bool is_null = c->value->type == SQL_NULL;
    if (is_null == wanted)
        open_not(f);
    if (is_null)
        write_exists(f, c->subject.field);
    else
        write_term(f, &c->subject, c->value);
    if (is_null == wanted)
        close_not(f);
}

static void write_moment(struct filter *f, const char *key, int64_t ms)
{
    const struct cell c = cell_i64(SQL_DATETIME, ms);
    json_key(f->to, key);
    write_value(f, &c);
}

static void write_moments(struct filter *f, const struct time_span *s)
{
    open_object(f, "range");
    json_object(f->to);
    json_key_slice(f->to, s->field);
    json_object(f->to);
    if (s->has_from)
        write_moment(f, "gte", s->from);
    if (s->has_to)
        write_moment(f, "lt", s->to);
    json_end(f->to);
    json_end(f->to);
    json_end(f->to);
}

// Moments within the span, or those beside it.
static void write_time_span(struct filter *f, const struct time_span *s, bool wanted)
{
    if (s->is_none && wanted) {
        write_all(f, false);
    } else if (s->is_none) {
        write_exists(f, s->field);
    } else if (wanted) {
        write_moments(f, s);
    } else {
        open_not_where_exists(f, s->field);
        write_moments(f, s);
        close_not(f);
    }
}

static enum err write_compared(struct filter *f, const struct expr *e, bool wanted)
{
    struct comparison c;
    struct time_span span;
    if (filter_time_span(e, f->how, &span)) {
        write_time_span(f, &span, wanted != span.is_beside);
        return OK;
    }
    if (!comparison_of(e, &c) || (c.subject.fold != OP_NONE && c.op > OP_UNEQUAL))
        return unsupported(f, e);
    if (c.op == OP_SAME) {
        write_same(f, &c, wanted);
        return OK;
    }
    if (c.value->type == SQL_NULL) {
        write_all(f, false);
        return OK;
    }
    if (!is_range(c.op)) {
        write_equal(f, &c.subject, c.value, (c.op != OP_UNEQUAL) == wanted);
        return OK;
    }
    c.op = wanted ? c.op : opposite(c.op);
    write_range(f, &c, NULL);
    return OK;
}

// ---- lists and patterns ----

static bool has_null(const struct expr *e, uint32_t first)
{
    for (uint32_t i = first; i < e->arg_count; i++)
        if (e->args[i]->type == SQL_NULL)
            return true;
    return false;
}

static void write_terms(struct filter *f, const struct expr *e, struct slice field)
{
    open_object(f, "terms");
    json_object(f->to);
    json_key_slice(f->to, field);
    json_array(f->to);
    for (uint32_t i = 1; i < e->arg_count; i++)
        if (e->args[i]->type != SQL_NULL)
            write_value(f, &e->args[i]->constant);
    json_end(f->to);
    json_end(f->to);
    json_end(f->to);
}

static enum err write_in(struct filter *f, const struct expr *e, bool wanted)
{
    struct subject s;
    if (!subject_of(e->args[0], &s) || (s.fold != OP_NONE && e->arg_count > 2))
        return unsupported(f, e);
    for (uint32_t i = 1; i < e->arg_count; i++)
        if (e->args[i]->kind != EXPR_CONSTANT)
            return unsupported(f, e->args[i]);
    bool any_null = has_null(e, 1);
    if (!wanted && any_null) {
        write_all(f, false);
    } else if (e->arg_count == 2) {
        if (any_null)
            write_all(f, false);
        else
            write_equal(f, &s, &e->args[1]->constant, wanted);
    } else if (wanted) {
        write_terms(f, e, s.field);
    } else {
        open_not_where_exists(f, s.field);
        write_terms(f, e, s.field);
        close_not(f);
    }
    return OK;
}

static void add_byte(uint8_t c, struct buf *out)
{
    buf_slice_add(out, slice_of(&c, 1));
}

// % and _ as a wildcard's * and ?, which are plain in LIKE.
static void print_wildcard(struct slice like, uint8_t escape, struct buf *out)
{
    for (size_t i = 0; i < like.len; i++) {
        uint8_t c = like.at[i];
        if (escape && c == escape && i + 1 < like.len) {
            c = like.at[++i];
            if (c == '*' || c == '?' || c == '\\')
                add_byte('\\', out);
            add_byte(c, out);
        } else if (c == '%' || c == '_') {
            add_byte(c == '%' ? '*' : '?', out);
        } else {
            if (c == '*' || c == '?' || c == '\\')
                add_byte('\\', out);
            add_byte(c, out);
        }
    }
}

static void write_pattern(struct filter *f, const char *kind, const struct subject *s,
                          struct slice text)
{
    open_valued(f, kind, s);
    json_string(f->to, text);
    close_valued(f, s);
}

static enum err write_like(struct filter *f, const struct expr *e, bool wanted)
{
    struct subject s;
    bool is_like = e->function->op == OP_LIKE;
    if (!subject_of(e->args[0], &s) || e->args[1]->kind != EXPR_CONSTANT ||
        (!is_like && s.fold != OP_NONE))
        return unsupported(f, e);
    if (e->args[1]->type == SQL_NULL) {
        write_all(f, false);
        return OK;
    }
    struct slice like = e->args[1]->constant.text;
    if (!can_be(&s, like)) {
        if (wanted)
            write_all(f, false);
        else
            write_exists(f, s.field);
        return OK;
    }
    uint8_t escape = e->arg_count > 2 ? e->args[2]->constant.text.at[0] : 0;
    struct buf pattern AUTO(buf_donep) = buf_init(PATTERN_BYTES_MAX);
    if (is_like)
        print_wildcard(like, escape, &pattern);
    else
        buf_slice_add(&pattern, like);
    if (pattern.over_limit)
        return sql_problem(f->why, e->place, "a pattern of more than %d bytes", PATTERN_BYTES_MAX);
    if (!wanted)
        open_not_where_exists(f, s.field);
    write_pattern(f, is_like ? "wildcard" : "regexp", &s, buf_slice(&pattern));
    if (!wanted)
        close_not(f);
    return OK;
}

// MATCH(field, text) and QUERY(text): as their queries are written.
static enum err write_condition(struct filter *f, const struct expr *e, bool wanted)
{
    bool is_match = e->function->op == OP_MATCH;
    const struct expr *text = e->args[e->arg_count - 1];
    if (text->kind != EXPR_CONSTANT || text->type == SQL_NULL ||
        (is_match && e->args[0]->kind != EXPR_COLUMN))
        return unsupported(f, e);
    if (!wanted)
        open_not(f);
    open_object(f, is_match ? "match" : "query_string");
    json_object(f->to);
    if (is_match)
        json_key_slice(f->to, e->args[0]->name);
    else
        json_key(f->to, "query");
    write_value(f, &text->constant);
    json_end(f->to);
    json_end(f->to);
    if (!wanted)
        close_not(f);
    return OK;
}

// ---- AND, OR, NOT ----

// The other bound of the same column, further on; 0: there is none.
static uint32_t partner_of(const struct expr *e, uint32_t i, const struct comparison *c)
{
    for (uint32_t k = i + 1; k < e->arg_count; k++) {
        struct comparison other;
        if (!comparison_of(e->args[k], &other) || !is_range(other.op) ||
            other.value->type == SQL_NULL || !slice_equal(other.subject.field, c->subject.field))
            continue;
        if ((other.op >= OP_GREATER) != (c->op >= OP_GREATER))
            return k;
    }
    return 0;
}

enum { PARTNERS_MAX = 64 }; // conditions of one AND whose bounds are looked for

// Two bounds of one column are one range: roles with a floor may ask for spans of time, and
// only what has both ends is one.
static bool write_span(struct filter *f, const struct expr *e, uint32_t i, uint64_t *done)
{
    struct comparison c;
    struct comparison other;
    if (e->arg_count > PARTNERS_MAX || !comparison_of(e->args[i], &c) || !is_range(c.op) ||
        c.value->type == SQL_NULL || c.subject.fold != OP_NONE)
        return false;
    uint32_t k = partner_of(e, i, &c);
    if (k == 0 || (*done >> k & 1) || !comparison_of(e->args[k], &other))
        return false;
    *done |= (uint64_t)1 << k;
    write_range(f, &c, &other);
    return true;
}

static enum err write_parts(struct filter *f, const struct expr *e, bool wanted, bool is_and)
{
    enum err err = OK;
    uint64_t done = 0;
    for (uint32_t i = 0; i < e->arg_count && !err; i++) {
        if (i < PARTNERS_MAX && (done >> i & 1))
            continue;
        if (!is_and || !wanted || !write_span(f, e, i, &done))
            err = write(f, e->args[i], wanted);
    }
    return err;
}

// AND of what is true, OR of what is false: one is the other's mirror image.
static enum err write_joined(struct filter *f, const struct expr *e, bool wanted)
{
    bool is_and = (e->function->op == OP_AND) == wanted;
    if (++f->depth > SQL_CONDITION_DEPTH_MAX)
        return sql_problem(f->why, e->place, "conditions more than %d deep",
                           SQL_CONDITION_DEPTH_MAX);
    open_object(f, "bool");
    json_object(f->to);
    json_key(f->to, is_and ? "filter" : "should");
    json_array(f->to);
    enum err err = write_parts(f, e, wanted, is_and);
    if (err)
        return err;
    json_end(f->to);
    json_end(f->to);
    json_end(f->to);
    f->depth--;
    return OK;
}

static enum err write_null(struct filter *f, const struct expr *e, bool is_null)
{
    struct subject s;
    if (!subject_of(e->args[0], &s))
        return unsupported(f, e);
    if (is_null)
        open_not(f);
    write_exists(f, s.field);
    if (is_null)
        close_not(f);
    return OK;
}

static enum err write_column(struct filter *f, const struct expr *e, bool wanted)
{
    const struct subject s = {e->name, OP_NONE};
    const struct cell truth = cell_i64(SQL_BOOLEAN, wanted);
    write_term(f, &s, &truth);
    return OK;
}

// What makes `e` true, or with `wanted` false what makes it false.
// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets expressions be
static enum err write(struct filter *f, const struct expr *e, bool wanted)
{
    if (e->kind == EXPR_CONSTANT) {
        write_all(f, e->constant.type != SQL_NULL && (e->constant.i64 != 0) == wanted);
        return OK;
    }
    if (e->kind == EXPR_COLUMN)
        return write_column(f, e, wanted);
    if (e->kind != EXPR_CALL)
        return unsupported(f, e);
    switch ((int)e->function->op) {
    case OP_AND:
    case OP_OR:
        return write_joined(f, e, wanted);
    case OP_NOT:
        return write(f, e->args[0], !wanted);
    case OP_IS_NULL:
        return write_null(f, e, wanted);
    case OP_IS_NOT_NULL:
        return write_null(f, e, !wanted);
    case OP_IN:
        return write_in(f, e, wanted);
    case OP_LIKE:
    case OP_RLIKE:
        return write_like(f, e, wanted);
    case OP_MATCH:
    case OP_QUERY:
        return write_condition(f, e, wanted);
    default:
        return write_compared(f, e, wanted);
    }
}

enum err filter_write(const struct expr *condition, const struct cell_context *how,
                      struct json_writer *to, struct fault *why)
{
    struct filter f = {.how = how, .to = to, .why = why};
    return write(&f, condition, true);
}
