// SPDX-License-Identifier: Apache-2.0
// Queries that score by the best of several: multi_match, dis_max, boosting.  What matches here
// has a constant score, so of each only which rows it takes is left.
#include "base/num.h"
#include "query/query_private.h"

enum { FIELDS_MAX = 1024 };

// ---- multi_match ----

enum multi_type { MULTI_WORD, MULTI_PREFIX };

struct multi {
    struct query_parser *parser;
    struct literal value;
    const struct slice *fields;
    uint32_t field_count;
    bool has_value, is_lenient;
    enum multi_type type;
};

// "field^2": what it is worth does not change which rows there are.
static enum err take_field(struct multi *m, const struct json *v, struct slice *out)
{
    const struct form *f = &m->parser->form;
    double boost = 0;
    if (v->type != JSON_STRING)
        return form_wrong_type(f, slice_text("fields"), v);
    *out = v->text;
    const uint8_t *mark = v->text.len ? memchr(v->text.at, '^', v->text.len) : NULL;
    if (mark) {
        *out = slice_of(v->text.at, (size_t)(mark - v->text.at));
        if (parse_f64(slice_from(v->text, out->len + 1), &boost) || boost < 0)
            return form_refuse(f, v, "parsing_exception",
                               "[multi_match] has no number of at least 0 behind [^] in [%.*s]",
                               SLICE_PRINT(v->text));
    }
    if (out->len == 0 || memchr(out->at, '*', out->len))
        return form_refuse(f, v, "parsing_exception",
                           "[multi_match] needs whole names of fields, not [%.*s]",
                           SLICE_PRINT(v->text));
    return OK;
}

static enum err take_fields(struct multi *m, const struct json *v)
{
    uint32_t count = v->type == JSON_ARRAY ? v->count : 1;
    const struct json *items = v->type == JSON_ARRAY ? v->items : v;
    if (count > FIELDS_MAX)
        return form_refuse(&m->parser->form, v, "illegal_argument_exception",
                           "field expansion for [multi_match] matches too many fields, limit: "
                           "%d, got: %u",
                           FIELDS_MAX, count);
    struct slice *fields = ARENA_ARRAY(m->parser->form.request, struct slice, count + 1);
    enum err e = OK;
    for (uint32_t i = 0; i < count && !e; i++)
        e = take_field(m, &items[i], &fields[i]);
    m->fields = fields;
    m->field_count = count;
    return e;
}

static enum err take_type(struct multi *m, struct slice key, const struct json *v)
{
    static const char *const words[] = {"best_fields", "most_fields", "cross_fields", "phrase"};
    struct slice type = {0};
    enum err e = form_text(&m->parser->form, key, v, &type);
    if (e)
        return e;
    m->type = MULTI_PREFIX;
    if (slice_is(type, "phrase_prefix") || slice_is(type, "bool_prefix"))
        return OK;
    m->type = MULTI_WORD;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_is(type, words[i]))
            return OK;
    return form_refuse(&m->parser->form, v, "parsing_exception",
                       "failed to parse [multi_match] query type [%.*s]. unknown type.",
                       SLICE_PRINT(type));
}

static enum err take_value(struct multi *m, struct slice key, const struct json *v)
{
    m->has_value = form_literal(v, &m->value) && m->value.type != LITERAL_NULL;
    return m->has_value ? OK : form_wrong_type(&m->parser->form, key, v);
}

static enum err take_tie(struct query_parser *p, struct slice key, const struct json *v)
{
    double ignored = 0;
    return form_f64(&p->form, key, v, &ignored);
}

static enum err take_multi(struct multi *m, struct slice key, const struct json *v,
                           struct query *out)
{
    const struct form *f = &m->parser->form;
    if (slice_is(key, "query"))
        return take_value(m, key, v);
    if (slice_is(key, "fields"))
        return take_fields(m, v);
    if (slice_is(key, "type"))
        return take_type(m, key, v);
    if (slice_is(key, "lenient"))
        return form_bool(f, key, v, &m->is_lenient);
    if (slice_is(key, "tie_breaker"))
        return take_tie(m->parser, key, v);
    if (slice_is(key, "fuzziness") && !(v->type == JSON_NULL || slice_is(v->text, "0")))
        return form_refuse(f, v, "parsing_exception",
                           "[multi_match] query does not support [fuzziness] here");
    bool known = slice_is(key, "fuzziness") || query_is_of_analysis(key);
    enum err e = known ? OK : query_common(m->parser, key, v, out, &known);
    if (e || known)
        return e;
    return form_refuse(f, v, "parsing_exception", "[multi_match] query does not support [%.*s]",
                       SLICE_PRINT(key));
}

static const struct query *in_field(const struct multi *m, struct slice field)
{
    struct query *q = ARENA_NEW(m->parser->form.request, struct query);
    q->boost = 1;
    if (m->type == MULTI_PREFIX) {
        q->kind = QUERY_PATTERN;
        q->pattern = (struct query_pattern){.field = field,
                                            .kind = PATTERN_PREFIX,
                                            .text = m->value.text,
                                            .is_lenient = m->is_lenient};
        return q;
    }
    q->kind = QUERY_TERMS;
    q->terms = (struct query_terms){.field = field,
                                    .values = &m->value,
                                    .value_count = 1,
                                    .is_match = true,
                                    .is_lenient = m->is_lenient};
    return q;
}

static enum err spend_clauses(struct query_parser *p, const struct json *v, uint32_t count)
{
    uint32_t *left = p->form.clauses_left;
    if (left && *left < count)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[multi_match] makes more clauses than one request may have");
    if (left)
        *left -= count;
    return OK;
}

enum err query_multi_match(struct query_parser *p, const struct json *v, struct query *out)
{
    struct multi *m = ARENA_NEW(p->form.request, struct multi);
    m->parser = p;
    enum err e = OK;
    for (uint32_t i = 0; i < v->count && !e; i++)
        e = take_multi(m, v->keys[i], &v->items[i], out);
    if (e)
        return e;
    if (!m->has_value)
        return form_refuse(&p->form, v, "parsing_exception",
                           "No text specified for multi_match query");
    if (m->field_count == 0)
        return form_refuse(&p->form, v, "parsing_exception",
                           "[multi_match] needs [fields], which there is no default of");
    e = spend_clauses(p, v, m->field_count);
    const struct query **each = ARENA_ARRAY(p->form.request, const struct query *, m->field_count);
    for (uint32_t i = 0; i < m->field_count; i++)
        each[i] = in_field(m, m->fields[i]);
    out->kind = QUERY_BOOL;
    out->bool_ =
        (struct query_bool){.should = each, .should_count = m->field_count, .should_match_min = 1};
    return e;
}

// ---- dis_max ----

enum err query_dis_max(struct query_parser *p, const struct json *v, struct query *out)
{
    struct query_bool *b = &out->bool_;
    out->kind = QUERY_BOOL;
    b->should_match_min = 1;
    for (uint32_t i = 0; i < v->count; i++) {
        struct slice key = v->keys[i];
        bool known = true;
        enum err e = OK;
        if (slice_is(key, "queries"))
            e = query_clauses(p, key, &v->items[i], &b->should, &b->should_count);
        else if (slice_is(key, "tie_breaker"))
            e = take_tie(p, key, &v->items[i]);
        else
            e = query_common(p, key, &v->items[i], out, &known);
        if (e)
            return e;
        if (!known)
            return form_refuse(&p->form, &v->items[i], "parsing_exception",
                               "[dis_max] query does not support [%.*s]", SLICE_PRINT(key));
    }
    if (b->should_count == 0)
        return form_refuse(&p->form, v, "parsing_exception",
                           "[dis_max] requires 'queries' field with at least one clause");
    return OK;
}

// ---- boosting ----

// `negative` lowers scores and leaves no row out, but what is wrong in it is told.
enum err query_boosting(struct query_parser *p, const struct json *v, struct query *out)
{
    const struct query **positive = ARENA_NEW(p->form.request, const struct query *);
    const struct query *negative = NULL;
    double boost = -1;
    for (uint32_t i = 0; i < v->count; i++) {
        struct slice key = v->keys[i];
        bool known = true;
        enum err e = OK;
        if (slice_is(key, "positive"))
            e = query_inner(p, &v->items[i], positive);
        else if (slice_is(key, "negative"))
            e = query_inner(p, &v->items[i], &negative);
        else if (slice_is(key, "negative_boost"))
            e = form_f64(&p->form, key, &v->items[i], &boost);
        else
            e = query_common(p, key, &v->items[i], out, &known);
        if (e)
            return e;
        if (!known)
            return form_refuse(&p->form, &v->items[i], "parsing_exception",
                               "[boosting] query does not support [%.*s]", SLICE_PRINT(key));
    }
    if (!*positive || !negative)
        return form_refuse(&p->form, v, "parsing_exception",
                           "[boosting] query requires '%s' query to be set",
                           *positive ? "negative" : "positive");
    if (!(boost >= 0))
        return form_refuse(&p->form, v, "parsing_exception",
                           "[boosting] query requires 'negative_boost' to be set to be a positive "
                           "value");
    out->kind = QUERY_BOOL;
    out->bool_ = (struct query_bool){.must = positive, .must_count = 1};
    return OK;
}
