// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "query/query_private.h"
#include "query/should_match.h"

#include <strings.h>

// simple_query_string: a language in which nothing is wrong.
//
//     word + word | "some words" -word (word | word) begin*
//
// As in Lucene's SimpleQueryParser the operators have no precedence: each joins what stands
// so far with what comes next, and a change of operator puts all before it into a clause of
// its own.  A word is looked for in each of the fields.  Fuzziness and slop (word~2) are
// refused, as they are in query_string.

enum { CLAUSES_MAX = 1024 };

enum joint { JOINT_NONE, JOINT_MUST, JOINT_SHOULD };

struct simple {
    struct query_parser *parser;
    const struct json *at; // for complaints
    const struct slice *fields;
    uint32_t field_count;
    struct slice text, rest;
    struct slice should_match;
    enum joint joint; // of words without an operator between them
    bool is_lenient;
    uint32_t depth;
    uint32_t clause_count;
};

struct group { // of the text, or in parentheses
    const struct query **clauses;
    uint32_t count, cap;
    enum joint joint; // of the clauses so far; NONE while there is one at most
    enum joint next;  // operator met since the last clause
    bool is_not;      // an odd number of - since then
};

static struct query *new_query(const struct simple *s, enum query_kind kind)
{
    struct query *q = ARENA_NEW(s->parser->form.request, struct query);
    q->kind = kind;
    q->boost = 1;
    return q;
}

static const struct query *join(const struct simple *s, enum joint joint,
                                const struct query *const *clauses, uint32_t count)
{
    if (count == 1)
        return clauses[0];
    struct query *q = new_query(s, count ? QUERY_BOOL : QUERY_MATCH_NONE);
    if (count == 0)
        return q;
    if (joint == JOINT_MUST) {
        q->bool_.must = clauses;
        q->bool_.must_count = count;
    } else {
        q->bool_.should = clauses;
        q->bool_.should_count = count;
        q->bool_.should_match_min = 1;
    }
    return q;
}

// ---- words ----

struct word {
    struct slice text;
    bool is_prefix;
};

static const struct query *word_in_field(const struct simple *s, const struct word *word,
                                         struct slice field)
{
    if (word->is_prefix) {
        struct query *prefix = new_query(s, QUERY_PATTERN);
        prefix->pattern = (struct query_pattern){.field = field,
                                                 .kind = PATTERN_PREFIX,
                                                 .text = word->text,
                                                 .is_lenient = s->is_lenient};
        return prefix;
    }
    struct literal *value = ARENA_NEW(s->parser->form.request, struct literal);
    *value = (struct literal){.type = LITERAL_TEXT, .text = word->text};
    struct query *q = new_query(s, QUERY_TERMS);
    q->terms = (struct query_terms){.field = field,
                                    .values = value,
                                    .value_count = 1,
                                    .is_match = true,
                                    .is_lenient = s->is_lenient};
    return q;
}

static const struct query *word_query(const struct simple *s, const struct word *word)
{
    const struct query **each =
        ARENA_ARRAY(s->parser->form.request, const struct query *, s->field_count);
    for (uint32_t i = 0; i < s->field_count; i++)
        each[i] = word_in_field(s, word, s->fields[i]);
    return join(s, JOINT_SHOULD, each, s->field_count);
}

static bool ends_word(uint8_t c)
{
    return c <= ' ' || c == '"' || c == '|' || c == '+' || c == '(' || c == ')';
}

// A word without its backslashes; a star that ends it makes it a prefix.
static void take_word(struct simple *s, struct word *out, bool *out_is_fuzzy)
{
    uint8_t *text = arena_alloc(s->parser->form.request, s->rest.len);
    size_t len = 0;
    size_t at = 0;
    bool is_escaped = false;
    while (at < s->rest.len && !ends_word(s->rest.at[at])) {
        is_escaped = s->rest.at[at] == '\\' && at + 1 < s->rest.len;
        at += is_escaped;
        text[len++] = s->rest.at[at++];
    }
    const uint8_t *wave = memchr(s->rest.at, '~', at);
    *out_is_fuzzy = wave && wave > s->rest.at && wave[-1] != '\\';
    *out = (struct word){.text = slice_of(text, len)};
    if (len > 1 && text[len - 1] == '*' && !is_escaped) {
        out->is_prefix = true;
        out->text.len--;
    }
    s->rest = slice_from(s->rest, at);
}

// Between quotes; false when the last one is missing, and the first counts for nothing.
static bool take_quoted(struct simple *s, struct word *out)
{
    uint8_t *text = arena_alloc(s->parser->form.request, s->rest.len);
    size_t len = 0;
    size_t at = 1;
    while (at < s->rest.len && s->rest.at[at] != '"') {
        at += s->rest.at[at] == '\\' && at + 1 < s->rest.len;
        text[len++] = s->rest.at[at++];
    }
    if (at >= s->rest.len) {
        s->rest = slice_from(s->rest, 1);
        return false;
    }
    *out = (struct word){.text = slice_of(text, len)};
    s->rest = slice_from(s->rest, at + 1);
    return true;
}

// ---- clauses ----

static enum err refuse(const struct simple *s, const char *what)
{
    return form_refuse(&s->parser->form, s->at, "parsing_exception", "[simple_query_string] %s",
                       what);
}

static void put(const struct simple *s, struct group *g, const struct query *q)
{
    if (g->count == g->cap) {
        const struct query **more =
            ARENA_ARRAY(s->parser->form.request, const struct query *, 2 * g->cap + 4);
        if (g->count)
            memcpy(more, g->clauses, g->count * sizeof(const struct query *));
        g->clauses = more;
        g->cap = 2 * g->cap + 4;
    }
    g->clauses[g->count++] = q;
}

static const struct query *but(const struct simple *s, const struct query *q)
{
    const struct query **one = ARENA_ARRAY(s->parser->form.request, const struct query *, 1);
    struct query *not = new_query(s, QUERY_BOOL);
    one[0] = q;
    not ->bool_.must_not = one;
    not ->bool_.must_not_count = 1;
    return not ;
}

static enum err add_clause(struct simple *s, struct group *g, const struct query *q)
{
    uint32_t *left = s->parser->form.clauses_left;
    if (++s->clause_count > CLAUSES_MAX || (left && *left == 0))
        return refuse(s, "too many clauses");
    if (left)
        --*left;
    enum joint joint = g->next ? g->next : s->joint;
    if (g->count > 0 && joint != g->joint) {
        // What stands so far becomes one clause of the new kind.
        const struct query *before = join(s, g->joint, g->clauses, g->count);
        *g = (struct group){.joint = joint, .is_not = g->is_not};
        put(s, g, before);
    }
    put(s, g, g->is_not ? but(s, q) : q);
    g->next = JOINT_NONE;
    g->is_not = false;
    return OK;
}

static enum err take_group(struct simple *s, bool is_inner, const struct query **out);

// One sign or one word of the text.
static enum err take_step(struct simple *s, struct group *g)
{
    struct word word = {0};
    bool is_fuzzy = false;
    uint8_t c = s->rest.at[0];
    if (c == '(') {
        const struct query *q = NULL;
        s->rest = slice_from(s->rest, 1);
        enum err e = take_group(s, true, &q);
        return e || !q ? e : add_clause(s, g, q);
    }
    if (c == '"')
        return take_quoted(s, &word) ? add_clause(s, g, word_query(s, &word)) : OK;
    if (c == '+' || c == '|' || c == '-' || c == ')' || c <= ' ') {
        if ((c == '+' || c == '|') && g->count > 0 && g->next == JOINT_NONE)
            g->next = c == '+' ? JOINT_MUST : JOINT_SHOULD;
        g->is_not ^= c == '-';
        s->rest = slice_from(s->rest, 1);
        return OK;
    }
    take_word(s, &word, &is_fuzzy);
    if (is_fuzzy)
        return refuse(s, "query does not support fuzziness and slop here");
    return add_clause(s, g, word_query(s, &word));
}

// To the closing parenthesis, or to the end; *out is NULL when there is no word in it.
static enum err take_group(struct simple *s, bool is_inner, const struct query **out)
{
    struct group g = {0};
    if (++s->depth > LIMIT_QUERY_DEPTH)
        return refuse(s, "nested too deeply");
    while (s->rest.len > 0) {
        if (is_inner && s->rest.at[0] == ')') {
            s->rest = slice_from(s->rest, 1);
            break;
        }
        enum err e = take_step(s, &g);
        if (e)
            return e;
    }
    s->depth--;
    *out = g.count ? join(s, g.joint ? g.joint : s->joint, g.clauses, g.count) : NULL;
    return OK;
}

// ---- options ----

// "field" or "field^2"; the boost has no effect.
static enum err take_fields(struct simple *s, struct slice key, const struct json *v)
{
    struct slice *names = NULL;
    const struct slice *given = NULL;
    enum err e = form_texts(&s->parser->form, key, v, &given, &s->field_count);
    if (e)
        return e;
    names = ARENA_ARRAY(s->parser->form.request, struct slice, s->field_count);
    for (uint32_t i = 0; i < s->field_count; i++) {
        const uint8_t *boost = given[i].len ? memchr(given[i].at, '^', given[i].len) : NULL;
        names[i] = slice_of(given[i].at, boost ? (size_t)(boost - given[i].at) : given[i].len);
        if (names[i].len && memchr(names[i].at, '*', names[i].len))
            return refuse(s, "query does not support wildcards in field names");
    }
    s->fields = names;
    return OK;
}

static enum err take_operator(struct simple *s, struct slice key, const struct json *v)
{
    struct slice text = {0};
    enum err e = form_text(&s->parser->form, key, v, &text);
    if (e)
        return e;
    bool is_and = text.len == 3 && strncasecmp((const char *)text.at, "and", 3) == 0;
    bool is_or = text.len == 2 && strncasecmp((const char *)text.at, "or", 2) == 0;
    if (!is_and && !is_or)
        return form_refuse(&s->parser->form, v, "illegal_argument_exception",
                           "operator needs to be either [AND] or [OR]");
    s->joint = is_and ? JOINT_MUST : JOINT_SHOULD;
    return OK;
}

static bool is_harmless(struct slice key)
{
    static const char *const keys[] = {"analyzer",
                                       "analyze_wildcard",
                                       "quote_field_suffix",
                                       "auto_generate_synonyms_phrase_query",
                                       "fuzzy_prefix_length",
                                       "fuzzy_max_expansions",
                                       "fuzzy_transpositions"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (slice_is(key, keys[i]))
            return true;
    }
    return false;
}

static enum err take_key(struct simple *s, struct slice key, const struct json *v,
                         struct query *out)
{
    const struct form *form = &s->parser->form;
    struct slice flags = {0};
    if (slice_is(key, "query"))
        return form_text(form, key, v, &s->text);
    if (slice_is(key, "fields"))
        return take_fields(s, key, v);
    if (slice_is(key, "default_operator"))
        return take_operator(s, key, v);
    if (slice_is(key, "lenient"))
        return form_bool(form, key, v, &s->is_lenient);
    if (slice_is(key, "minimum_should_match"))
        return form_text(form, key, v, &s->should_match);
    if (slice_is(key, "flags")) {
        enum err e = form_text(form, key, v, &flags);
        if (!e && !slice_is(flags, "ALL") && !slice_is(flags, "-1"))
            return form_refuse(form, v, "parsing_exception",
                               "[simple_query_string] query does not support flags but [ALL]");
        return e;
    }
    bool known = false;
    enum err e = query_common(s->parser, key, v, out, &known);
    if (e || known || is_harmless(key))
        return e;
    return form_refuse(form, v, "parsing_exception",
                       "[simple_query_string] query does not support [%.*s]", SLICE_PRINT(key));
}

static enum err set_should_match(const struct simple *s, struct query *q)
{
    if (!s->should_match.at || q->kind != QUERY_BOOL || q->bool_.should_count == 0)
        return OK;
    uint32_t min = 0;
    if (should_match_min(s->should_match, q->bool_.should_count, &min))
        return form_refuse(&s->parser->form, s->at, "number_format_exception",
                           "[simple_query_string] minimum_should_match is no number, percentage "
                           "or condition");
    q->bool_.should_match_min = min > 1 ? min : 1;
    return OK;
}

static enum err parse_text(struct simple *s, const struct query **out)
{
    struct slice star = s->text;
    while (star.len > 0 && star.at[star.len - 1] <= ' ')
        star.len--;
    while (star.len > 0 && star.at[0] <= ' ')
        star = slice_from(star, 1);
    if (slice_is(star, "*")) {
        *out = new_query(s, QUERY_MATCH_ALL);
        return OK;
    }
    if (star.len > 0 && s->field_count == 0)
        return refuse(s, "query needs [fields]");
    s->rest = star;
    return take_group(s, false, out);
}

enum err query_simple(struct query_parser *p, const struct json *v, struct query *out)
{
    struct simple s = {.parser = p, .at = v, .joint = JOINT_SHOULD};
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = take_key(&s, v->keys[i], &v->items[i], out);
        if (e)
            return e;
    }
    if (!s.text.at)
        return form_refuse(&p->form, v, "parsing_exception",
                           "[simple_query_string] query text missing");
    const struct query *parsed = NULL;
    enum err e = parse_text(&s, &parsed);
    if (e)
        return e;
    double boost = out->boost;
    struct slice name = out->name;
    *out = parsed ? *parsed : *new_query(&s, QUERY_MATCH_NONE);
    out->boost *= boost;
    out->name = name;
    return set_should_match(&s, out);
}
