// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "base/num.h"
#include "query/query_private.h"

#include <strings.h>

// prefix, wildcard, regexp, fuzzy, and the queries that are a prefix where a value is one word:
//
//     {"FIELD": "text"}   or   {"FIELD": {"value": "text", "case_insensitive": true, ...}}

// ---- flags of a regexp ----

static const struct {
    const char *name;
    uint32_t operators;
} flags[] = {
    {"ALL", REGEXP_ALL},
    {"NONE", 0},
    {"INTERSECTION", REGEXP_INTERSECTION},
    {"COMPLEMENT", REGEXP_COMPLEMENT},
    {"EMPTY", REGEXP_EMPTY},
    {"ANYSTRING", REGEXP_ANYSTRING},
    {"AUTOMATON", REGEXP_AUTOMATON},
    {"INTERVAL", REGEXP_INTERVAL},
};

static enum err take_flag(struct query_parser *p, struct slice name, struct query *out)
{
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (name.len != strlen(flags[i].name) ||
            strncasecmp((const char *)name.at, flags[i].name, name.len) != 0)
            continue;
        out->pattern.operators |= flags[i].operators;
        return OK;
    }
    return fail(p->form.why, ERR_INVALID, "illegal_argument_exception: Unknown regexp flag [%.*s]",
                SLICE_PRINT(name));
}

// "INTERSECTION|INTERVAL"; an empty text is all of them.
static enum err take_flags(struct query_parser *p, struct slice key, const struct json *v,
                           struct query *out)
{
    struct slice rest = {0};
    enum err e = form_text(&p->form, key, v, &rest);
    out->pattern.operators = rest.len == 0 ? REGEXP_ALL : 0;
    while (!e && rest.len > 0) {
        const uint8_t *bar = memchr(rest.at, '|', rest.len);
        size_t len = bar ? (size_t)(bar - rest.at) : rest.len;
        if (len > 0)
            e = take_flag(p, slice_of(rest.at, len), out);
        rest = slice_from(rest, len + 1);
    }
    return e;
}

// The same as a number: Lucene's bits are ours, and 0xff and -1 are all.
static enum err take_flags_value(struct query_parser *p, struct slice key, const struct json *v,
                                 struct query *out)
{
    int64_t bits = 0;
    enum err e = form_i64(&p->form, key, v, &bits);
    if (!e)
        out->pattern.operators = (uint32_t)bits & REGEXP_ALL;
    return e;
}

// ---- values ----

static enum err refuse_value(struct query_parser *p, const struct json *v)
{
    return form_refuse(&p->form, v, "parsing_exception",
                       "[%s] query does not support %s as its value", p->form.thing,
                       json_type_name(v->type));
}

static enum err take_value(struct query_parser *p, const struct json *v, struct query *out)
{
    struct literal value;
    if (!form_literal(v, &value))
        return refuse_value(p, v);
    if (value.type == LITERAL_NULL)
        return fail(p->form.why, ERR_INVALID, "illegal_argument_exception: value cannot be null");
    out->pattern.text = value.text;
    if (!out->pattern.text.at)
        out->pattern.text = slice_text("");
    return OK;
}

// Keys that change nothing here: how Lucene collects the terms, and its bound of states.
static bool is_harmless(enum pattern_kind kind, struct slice key)
{
    return slice_is(key, "rewrite") ||
           (kind == PATTERN_REGEXP && slice_is(key, "max_determinized_states"));
}

static enum err pattern_key(struct query_parser *p, struct slice key, const struct json *v,
                            struct query *out, bool *out_known)
{
    enum pattern_kind kind = out->pattern.kind;
    *out_known = true;
    if (slice_is(key, "value") || (kind != PATTERN_REGEXP && slice_is(key, p->form.thing)))
        return take_value(p, v, out);
    if (slice_is(key, "case_insensitive"))
        return form_bool(&p->form, key, v, &out->pattern.ignores_case);
    if (kind == PATTERN_REGEXP && slice_is(key, "flags"))
        return take_flags(p, key, v, out);
    if (kind == PATTERN_REGEXP && slice_is(key, "flags_value"))
        return take_flags_value(p, key, v, out);
    *out_known = is_harmless(kind, key);
    return OK;
}

static enum err match_key(struct query_parser *p, struct slice key, const struct json *v,
                          struct query *out, bool *out_known)
{
    *out_known = true;
    if (slice_is(key, "query"))
        return take_value(p, v, out);
    if (slice_is(key, "lenient"))
        return form_bool(&p->form, key, v, &out->pattern.is_lenient);
    *out_known = query_is_of_analysis(key);
    return OK;
}

static enum err parse(struct query_parser *p, const struct query_value_form *form,
                      const struct json *v, struct query *out)
{
    const struct json *value = NULL;
    out->kind = QUERY_PATTERN;
    enum err e = query_value(p, form, v, out, &out->pattern.field, &value);
    if (!e && !out->pattern.text.at)
        e = fail(p->form.why, ERR_INVALID, "illegal_argument_exception: value cannot be null");
    return e;
}

static const struct query_value_form pattern_form = {pattern_key, take_value};
static const struct query_value_form match_form = {match_key, take_value};

enum err query_prefix(struct query_parser *p, const struct json *v, struct query *out)
{
    out->pattern.kind = PATTERN_PREFIX;
    return parse(p, &pattern_form, v, out);
}

enum err query_wildcard(struct query_parser *p, const struct json *v, struct query *out)
{
    out->pattern.kind = PATTERN_WILDCARD;
    return parse(p, &pattern_form, v, out);
}

enum err query_regexp(struct query_parser *p, const struct json *v, struct query *out)
{
    out->pattern.kind = PATTERN_REGEXP;
    out->pattern.operators = REGEXP_ALL;
    return parse(p, &pattern_form, v, out);
}

// ---- fuzzy ----

static enum err refuse_fuzziness(struct query_parser *p, struct slice text)
{
    return fail(
        p->form.why, ERR_INVALID,
        "illegal_argument_exception: [fuzzy] [fuzziness] is AUTO, AUTO:low,high, 0, 1 or 2, "
        "not [%.*s]",
        SLICE_PRINT(text));
}

// "3,6" of "AUTO:3,6".
static bool parse_steps(struct slice text, struct fuzziness *out)
{
    const uint8_t *comma = text.len ? memchr(text.at, ',', text.len) : NULL;
    size_t len = comma ? (size_t)(comma - text.at) : 0;
    uint64_t low = 0;
    uint64_t high = 0;
    if (!comma || parse_u64(slice_of(text.at, len), &low) ||
        parse_u64(slice_from(text, len + 1), &high) || low > high || high > LIMIT_VALUE_BYTES)
        return false;
    *out = (struct fuzziness){
        .by_length = true, .one_from = (uint32_t)low, .two_from = (uint32_t)high};
    return true;
}

static enum err take_fuzziness(struct query_parser *p, const struct json *v, struct fuzziness *out)
{
    bool has_text = v->type == JSON_STRING || v->type == JSON_NUMBER;
    struct slice text = has_text ? v->text : slice_text("");
    double edits = 0;
    if (slice_is(text, "AUTO") || slice_is(text, "auto"))
        return OK;
    if (slice_starts(text, slice_text("AUTO:")))
        return parse_steps(slice_from(text, 5), out) ? OK : refuse_fuzziness(p, text);
    if (parse_f64(text, &edits) || (edits != 0 && edits != 1 && edits != FUZZY_EDITS_MAX))
        return refuse_fuzziness(p, text);
    *out = (struct fuzziness){.edits = (uint32_t)edits};
    return OK;
}

static enum err fuzzy_key(struct query_parser *p, struct slice key, const struct json *v,
                          struct query *out, bool *out_known)
{
    struct query_pattern *q = &out->pattern;
    int64_t n = 0;
    bool swaps = true;
    enum err e = OK;
    *out_known = true;
    if (slice_is(key, "value") || slice_is(key, "fuzzy"))
        return take_value(p, v, out);
    if (slice_is(key, "fuzziness"))
        return take_fuzziness(p, v, &q->fuzziness);
    if (slice_is(key, "prefix_length")) {
        e = form_i64(&p->form, key, v, &n);
        q->same_length = n < 0 ? 0 : n < LIMIT_VALUE_BYTES ? (uint32_t)n : LIMIT_VALUE_BYTES;
    } else if (slice_is(key, "transpositions")) {
        e = form_bool(&p->form, key, v, &swaps);
        q->keeps_order = !swaps;
    } else {
        *out_known = slice_is(key, "rewrite") || slice_is(key, "max_expansions");
    }
    return e;
}

static const struct query_value_form fuzzy_form = {fuzzy_key, take_value};

enum err query_fuzzy(struct query_parser *p, const struct json *v, struct query *out)
{
    out->pattern.kind = PATTERN_FUZZY;
    out->pattern.fuzziness = (struct fuzziness){.by_length = true, .one_from = 3, .two_from = 6};
    return parse(p, &fuzzy_form, v, out);
}

enum err query_match_prefix(struct query_parser *p, const struct json *v, struct query *out)
{
    out->pattern.kind = PATTERN_PREFIX;
    return parse(p, &match_form, v, out);
}
