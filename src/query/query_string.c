// SPDX-License-Identifier: Apache-2.0
#include "query/lucene.h"
#include "query/query_private.h"

#include <strings.h>

// Keys about cutting text into words, about syntax that is refused anyway, or about how
// patterns become terms.
static bool is_harmless(struct slice key)
{
    static const char *const keys[] = {
        "analyze_wildcard",
        "allow_leading_wildcard",
        "analyzer",
        "quote_analyzer",
        "enable_position_increments",
        "fuzzy_max_expansions",
        "fuzzy_prefix_length",
        "fuzzy_transpositions",
        "max_determinized_states",
        "phrase_slop",
        "tie_breaker",
        "type",
        "escape",
        "rewrite",
        "quote_field_suffix",
        "auto_generate_synonyms_phrase_query",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (slice_is(key, keys[i]))
            return true;
    }
    return false;
}

static enum err take_operator(struct query_parser *p, struct slice key, const struct json *v,
                              bool *out_is_and)
{
    struct slice text = {0};
    enum err e = form_text(&p->form, key, v, &text);
    if (e)
        return e;
    *out_is_and = text.len == 3 && strncasecmp((const char *)text.at, "and", 3) == 0;
    bool is_or = text.len == 2 && strncasecmp((const char *)text.at, "or", 2) == 0;
    if (!*out_is_and && !is_or)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "operator needs to be either [AND] or [OR]");
    return OK;
}

// "fields" with a single one is a default field; words over several are not supported.
static enum err take_fields(struct query_parser *p, struct slice key, const struct json *v,
                            struct slice *out_default)
{
    const struct slice *names = NULL;
    uint32_t count = 0;
    enum err e = form_texts(&p->form, key, v, &names, &count);
    if (!e && count == 1)
        *out_default = names[0];
    return e;
}

static enum err take_key(struct query_parser *p, struct slice key, const struct json *v,
                         struct query *out, struct slice *out_text, struct lucene_options *o)
{
    if (slice_is(key, "query"))
        return form_text(&p->form, key, v, out_text);
    if (slice_is(key, "default_field"))
        return form_text(&p->form, key, v, &o->default_field);
    if (slice_is(key, "fields"))
        return take_fields(p, key, v, &o->default_field);
    if (slice_is(key, "default_operator"))
        return take_operator(p, key, v, &o->is_and);
    if (slice_is(key, "lenient"))
        return form_bool(&p->form, key, v, &o->is_lenient);
    if (slice_is(key, "time_zone"))
        return form_time_zone(&p->form, key, v, &o->time_zone);
    bool known = false;
    enum err e = query_common(p, key, v, out, &known);
    if (e || known || is_harmless(key))
        return e;
    return form_refuse(&p->form, v, "parsing_exception",
                       "[query_string] query does not support [%.*s]", SLICE_PRINT(key));
}

enum err query_string(struct query_parser *p, const struct json *v, struct query *out)
{
    struct slice text = {0};
    struct lucene_options options = {0};
    const struct query *parsed = NULL;
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = take_key(p, v->keys[i], &v->items[i], out, &text, &options);
        if (e)
            return e;
    }
    if (!text.at)
        return form_refuse(&p->form, v, "parsing_exception",
                           "[query_string] must be provided with a [query]");
    if (slice_is(options.default_field, "*"))
        options.default_field = slice_of(NULL, 0);
    enum err e = lucene_parse(&p->form, text, &options, &parsed);
    if (e)
        return e;
    double boost = out->boost;
    struct slice name = out->name;
    *out = *parsed;
    out->boost *= boost;
    out->name = name;
    return OK;
}
