// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "base/limits.h"
#include "query/query_private.h"

// Queries that take no other query and no range.

static enum err only_common(struct query_parser *p, const struct json *v, struct query *out)
{
    for (uint32_t i = 0; i < v->count; i++) {
        bool known = false;
        enum err e = query_common(p, v->keys[i], &v->items[i], out, &known);
        if (e || !known)
            return e ? e : form_unknown(&p->form, v->keys[i], &v->items[i]);
    }
    return OK;
}

enum err query_match_all(struct query_parser *p, const struct json *v, struct query *out)
{
    out->kind = QUERY_MATCH_ALL;
    return only_common(p, v, out);
}

enum err query_match_none(struct query_parser *p, const struct json *v, struct query *out)
{
    out->kind = QUERY_MATCH_NONE;
    return only_common(p, v, out);
}

enum err query_exists(struct query_parser *p, const struct json *v, struct query *out)
{
    out->kind = QUERY_EXISTS;
    for (uint32_t i = 0; i < v->count; i++) {
        bool known = slice_is(v->keys[i], "field");
        enum err e = known ? form_text(&p->form, v->keys[i], &v->items[i], &out->exists)
                           : query_common(p, v->keys[i], &v->items[i], out, &known);
        if (e || !known)
            return e ? e : form_unknown(&p->form, v->keys[i], &v->items[i]);
    }
    if (out->exists.len == 0)
        return form_refuse(&p->form, v, "parsing_exception",
                           "[exists] must be provided with a [field]");
    return OK;
}

enum err query_ids(struct query_parser *p, const struct json *v, struct query *out)
{
    out->kind = QUERY_IDS;
    for (uint32_t i = 0; i < v->count; i++) {
        bool known = slice_is(v->keys[i], "values");
        enum err e = known ? form_texts(&p->form, v->keys[i], &v->items[i], &out->ids.values,
                                        &out->ids.value_count)
                           : query_common(p, v->keys[i], &v->items[i], out, &known);
        known = known || slice_is(v->keys[i], "type"); // of old versions; there are no types
        if (e || !known)
            return e ? e : form_unknown(&p->form, v->keys[i], &v->items[i]);
    }
    if (out->ids.value_count > LIMIT_QUERY_TERMS)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "the number of ids [%u] exceeds the maximum of [%d]",
                           out->ids.value_count, LIMIT_QUERY_TERMS);
    return OK;
}

enum err query_field(struct query_parser *p, const struct json *v, struct slice *out_field,
                     const struct json **out_value)
{
    const struct json *value = NULL;
    for (uint32_t i = 0; i < v->count; i++) {
        if (slice_is(v->keys[i], "boost") || slice_is(v->keys[i], "_name"))
            continue;
        if (value)
            return form_refuse(
                &p->form, &v->items[i], "parsing_exception",
                "[%s] query doesn't support multiple fields, found [%.*s] and [%.*s]",
                p->form.thing, SLICE_PRINT(*out_field), SLICE_PRINT(v->keys[i]));
        *out_field = v->keys[i];
        value = &v->items[i];
    }
    if (!value)
        return fail(p->form.why, ERR_INVALID,
                    "illegal_argument_exception: field name is null or empty in [%s] query",
                    p->form.thing);
    *out_value = value;
    return OK;
}

enum err query_outer(struct query_parser *p, const struct json *v, struct query *out)
{
    for (uint32_t i = 0; i < v->count; i++) {
        bool known = false;
        enum err e = query_common(p, v->keys[i], &v->items[i], out, &known);
        if (e)
            return e;
    }
    return OK;
}

static enum err one_value(struct query_parser *p, const struct json *v, struct query *out)
{
    struct literal *value = ARENA_NEW(p->form.request, struct literal);
    if (v->type == JSON_ARRAY)
        return form_refuse(&p->form, v, "parsing_exception",
                           "[%s] query does not support array of values", p->form.thing);
    if (!form_literal(v, value))
        return form_refuse(&p->form, v, "parsing_exception",
                           "[%s] query does not support %s as its value", p->form.thing,
                           json_type_name(v->type));
    if (value->type == LITERAL_NULL)
        return fail(p->form.why, ERR_INVALID, "illegal_argument_exception: value cannot be null");
    out->terms.values = value;
    out->terms.value_count = 1;
    return OK;
}

static enum err long_form(struct query_parser *p, const struct query_value_form *form,
                          const struct json *v, struct query *out)
{
    for (uint32_t i = 0; i < v->count; i++) {
        bool known = false;
        enum err e = query_common(p, v->keys[i], &v->items[i], out, &known);
        if (!e && !known)
            e = form->take_key(p, v->keys[i], &v->items[i], out, &known);
        if (!e && !known)
            e = form_refuse(&p->form, &v->items[i], "parsing_exception",
                            "[%s] query does not support [%.*s]", p->form.thing,
                            SLICE_PRINT(v->keys[i]));
        if (e)
            return e;
    }
    return OK;
}

enum err query_value(struct query_parser *p, const struct query_value_form *form,
                     const struct json *v, struct query *out, struct slice *out_field,
                     const struct json **out_value)
{
    enum err e = query_field(p, v, out_field, out_value);
    if (!e)
        e = query_outer(p, v, out);
    if (e)
        return e;
    CHECK(*out_value != NULL);
    if ((*out_value)->type == JSON_OBJECT)
        return long_form(p, form, *out_value, out);
    return form->take_value(p, *out_value, out);
}

static enum err short_or_long(struct query_parser *p, const struct query_value_form *form,
                              const struct json *v, struct query *out)
{
    const struct json *value = NULL;
    out->kind = QUERY_TERMS;
    enum err e = query_value(p, form, v, out, &out->terms.field, &value);
    if (e || out->terms.value_count > 0)
        return e;
    if (out->terms.is_match)
        return form_refuse(&p->form, value, "parsing_exception",
                           "No text specified for text query");
    return fail(p->form.why, ERR_INVALID, "illegal_argument_exception: [%s] query needs a value",
                p->form.thing);
}

static enum err term_key(struct query_parser *p, struct slice key, const struct json *v,
                         struct query *out, bool *out_known)
{
    *out_known = true;
    if (slice_is(key, "value") || slice_is(key, "term"))
        return one_value(p, v, out);
    if (slice_is(key, "case_insensitive"))
        return form_bool(&p->form, key, v, &out->terms.ignores_case);
    *out_known = false;
    return OK;
}

enum err query_term(struct query_parser *p, const struct json *v, struct query *out)
{
    static const struct query_value_form form = {term_key, one_value};
    return short_or_long(p, &form, v, out);
}

bool query_is_of_analysis(struct slice key)
{
    static const char *const keys[] = {
        "operator",      "minimum_should_match", "analyzer", "zero_terms_query",
        "prefix_length", "max_expansions",       "slop",     "auto_generate_synonyms_phrase_query",
        "fuzzy_rewrite", "fuzzy_transpositions", "type",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (slice_is(key, keys[i]))
            return true;
    }
    return false;
}

static enum err match_key(struct query_parser *p, struct slice key, const struct json *v,
                          struct query *out, bool *out_known)
{
    *out_known = true;
    if (slice_is(key, "query"))
        return one_value(p, v, out);
    if (slice_is(key, "lenient"))
        return form_bool(&p->form, key, v, &out->terms.is_lenient);
    if (slice_is(key, "fuzziness") && !(v->type == JSON_NULL || slice_is(v->text, "0")))
        return form_refuse(&p->form, v, "parsing_exception",
                           "[%s] query does not support [fuzziness] here", p->form.thing);
    *out_known = slice_is(key, "fuzziness") || query_is_of_analysis(key);
    return OK;
}

enum err query_match(struct query_parser *p, const struct json *v, struct query *out)
{
    out->terms.is_match = true;
    static const struct query_value_form form = {match_key, one_value};
    return short_or_long(p, &form, v, out);
}

enum err query_match_phrase(struct query_parser *p, const struct json *v, struct query *out)
{
    return query_match(p, v, out);
}

enum err query_terms(struct query_parser *p, const struct json *v, struct query *out)
{
    const struct json *list = NULL;
    out->kind = QUERY_TERMS;
    enum err e = query_field(p, v, &out->terms.field, &list);
    if (!e)
        e = query_outer(p, v, out);
    if (e)
        return e;
    CHECK(list != NULL);
    if (list->type != JSON_ARRAY)
        return form_refuse(&p->form, list, "parsing_exception",
                           "[terms] query does not support [%.*s]", SLICE_PRINT(out->terms.field));
    if (list->count > LIMIT_QUERY_TERMS)
        return fail(p->form.why, ERR_INVALID,
                    "illegal_argument_exception: The number of terms [%u] used in the Terms Query "
                    "request has exceeded the allowed maximum of [%d].",
                    list->count, LIMIT_QUERY_TERMS);
    struct literal *values = ARENA_ARRAY(p->form.request, struct literal, list->count);
    for (uint32_t i = 0; i < list->count; i++) {
        if (!form_literal(&list->items[i], &values[i]) || values[i].type == LITERAL_NULL)
            return form_refuse(&p->form, &list->items[i], "parsing_exception",
                               "[terms] query does not support %s among its values",
                               json_type_name(list->items[i].type));
    }
    out->terms.values = values;
    out->terms.value_count = list->count;
    return OK;
}
