// SPDX-License-Identifier: Apache-2.0
#include "query/request_private.h"

// Small languages of URL values: comma lists and the plain part of "q".

enum { NAMES_MAX = 4096 };

void request_names(const struct form *f, struct slice list, const struct slice **out,
                   uint32_t *out_count)
{
    uint32_t commas = 0;
    for (size_t i = 0; i < list.len && commas < NAMES_MAX; i++)
        commas += list.at[i] == ',';
    struct slice *names = ARENA_ARRAY(f->request, struct slice, (size_t)commas + 1);
    uint32_t count = 0;
    size_t start = 0;
    for (size_t i = 0; i <= list.len && count <= commas; i++) {
        if (i < list.len && list.at[i] != ',')
            continue;
        if (i > start)
            names[count++] = slice_of(list.at + start, i - start);
        start = i + 1;
    }
    *out = names;
    *out_count = count;
}

static enum err no_such_q(const struct form *f)
{
    return fail(f->why, ERR_INVALID,
                "illegal_argument_exception: [q] supports only [field:value], [*] and [*:*]; use a "
                "query in the body");
}

static bool has_operator(struct slice s, const char *operators)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] <= ' ' || strchr(operators, s.at[i]))
            return true;
    }
    return s.len == 0;
}

// Without its quotes, when it is one quoted phrase or one plain word.
static bool plain_value(struct slice *value)
{
    struct slice v = *value;
    if (v.len >= 2 && v.at[0] == '"' && v.at[v.len - 1] == '"') {
        *value = slice_of(v.at + 1, v.len - 2);
        return !memchr(value->at, '"', value->len) && !memchr(value->at, '\\', value->len);
    }
    return !has_operator(v, "*?~^()[]{}:\\/!+&|\"<>=");
}

static const struct query *one_term(const struct form *f, struct slice field, struct slice value)
{
    struct query *q = ARENA_NEW(f->request, struct query);
    struct literal *literal = ARENA_NEW(f->request, struct literal);
    *literal = (struct literal){.type = LITERAL_TEXT, .text = value};
    *q = (struct query){.kind = QUERY_TERMS, .boost = 1};
    q->terms.field = field;
    q->terms.values = literal;
    q->terms.value_count = 1;
    q->terms.is_match = true;
    return q;
}

enum err request_q(const struct form *f, struct slice text, const struct query **out)
{
    struct query *q = ARENA_NEW(f->request, struct query);
    *q = (struct query){.kind = QUERY_MATCH_ALL, .boost = 1};
    if (slice_is(text, "*") || slice_is(text, "*:*")) {
        *out = q;
        return OK;
    }
    const uint8_t *colon = text.len ? memchr(text.at, ':', text.len) : NULL;
    if (!colon)
        return no_such_q(f);
    struct slice field = slice_of(text.at, (size_t)(colon - text.at));
    struct slice value = slice_from(text, field.len + 1);
    if (slice_is(field, "_exists_") && !has_operator(value, "*?~^()[]{}:\\/!+&|\"<>=")) {
        q->kind = QUERY_EXISTS;
        q->exists = value;
        *out = q;
        return OK;
    }
    if (has_operator(field, "*?~^()[]{}:\\/!+-&|\"<>=") || !plain_value(&value))
        return no_such_q(f);
    *out = one_term(f, field, value);
    return OK;
}
