// SPDX-License-Identifier: Apache-2.0
#include "search/match_private.h"
#include "search/pattern.h"

static const char *kind_name(enum pattern_kind kind)
{
    static const char *const names[] = {
        [PATTERN_PREFIX] = "prefix",
        [PATTERN_WILDCARD] = "wildcard",
        [PATTERN_REGEXP] = "regexp",
        [PATTERN_FUZZY] = "fuzzy",
    };
    return names[kind];
}

// A pseudonym is no text: a part of one means nothing, and asking for parts would be a way
// to sort people into groups nobody declared.
static enum err refuse_field(const struct plan *p, const struct query_pattern *q,
                             const struct column *c)
{
    return fail(p->why, ERR_INVALID,
                "query_shard_exception: Can only use %s queries on keyword, text and wildcard "
                "fields - not on [%.*s] which is of type [%s]",
                kind_name(q->kind), SLICE_PRINT(q->field),
                c->type == FIELD_PSEUDONYM ? "pseudonym" : field_type_name(c->type));
}

static enum err take_codes(const struct plan *p, const struct query_pattern *q, struct match *m)
{
    struct pattern pattern;
    enum err e = pattern_init(&pattern, q, p->why);
    if (e)
        return e;
    for (uint32_t code = 0; code < m->column->dict_count; code++)
        if (pattern_matches(&pattern, dict_value(m->column->dict, code)))
            match_take_code(m, code);
    if (pattern_is_over(&pattern))
        e = fail(p->why, ERR_INVALID,
                 "illegal_argument_exception: Determinizing automaton would require more than "
                 "[10000] states.");
    pattern_done(&pattern);
    return e;
}

enum err match_plan_pattern(const struct plan *p, const struct query_pattern *q, struct match *m)
{
    enum err e = columns_find(p->columns, q->field, &m->column, p->why);
    if (e || !m->column->is_mapped)
        return e;
    if (m->column->type != FIELD_KEYWORD)
        return q->is_lenient ? OK : refuse_field(p, q, m->column);
    e = match_code_set(p, m);
    if (!e)
        e = take_codes(p, q, m);
    if (!e && m->set_count == 0)
        m->kind = MATCH_NONE;
    return e;
}
