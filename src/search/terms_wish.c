// SPDX-License-Identifier: Apache-2.0
#include "search/terms_wish.h"

#include "search/pattern.h"

#include <stdlib.h>

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void terms_wish_of_keys(struct terms_wish *w, uint64_t *keys, uint32_t count)
{
    qsort(keys, count, sizeof *keys, compare_keys);
    *w = (struct terms_wish){.is_given = true, .keys = keys, .key_count = count};
}

// A part of a pseudonym means nothing, and asking for parts would sort people into groups.
static enum err refuse_column(const struct agg_node *n, struct fault *why)
{
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: Aggregation [%.*s] cannot support regular expression "
                "style include/exclude settings as they can only be applied to string fields. Use "
                "an array of numeric values for include/exclude clauses used to filter numeric "
                "fields",
                SLICE_PRINT(n->agg->name));
}

static void take_codes(const struct agg_node *n, const struct pattern *p, struct terms_wish *out)
{
    for (uint32_t code = 0; code < out->code_count; code++) {
        if (pattern_matches(p, dict_value(n->column->dict, code)))
            bit_set(out->codes, code);
    }
    out->has_stand_in = n->missing.is_given && pattern_matches(p, n->missing.text);
}

enum err terms_wish_of_pattern(struct search *s, const struct agg_node *n, struct slice pattern,
                               struct terms_wish *out, struct fault *why)
{
    const struct column *c = n->column;
    struct query_pattern q = {.kind = PATTERN_REGEXP, .text = pattern, .operators = REGEXP_ALL};
    struct pattern p;
    *out = (struct terms_wish){.is_given = true};
    if (c->is_mapped && c->type != FIELD_KEYWORD)
        return refuse_column(n, why);
    enum err e = pattern_init(&p, &q, why);
    if (e)
        return e;
    out->code_count = c->dict ? c->dict_count : 0;
    out->codes = room_alloc(&s->room, sizeof *out->codes * ((size_t)out->code_count / 64 + 1));
    if (out->codes)
        take_codes(n, &p, out);
    if (!out->codes)
        e = ERR_LIMIT;
    else if (pattern_is_over(&p))
        e = fail(why, ERR_INVALID,
                 "illegal_argument_exception: Determinizing automaton would require more than "
                 "[10000] states.");
    pattern_done(&p);
    return e;
}

bool terms_wish_has(const struct terms_wish *w, uint64_t key)
{
    if (w->codes)
        return key < w->code_count ? bit_get(w->codes, key) : w->has_stand_in;
    return bsearch(&key, w->keys, w->key_count, sizeof *w->keys, compare_keys) != NULL;
}
