// SPDX-License-Identifier: Apache-2.0
#include "query/agg_private.h"

enum { SIZE_DEFAULT = 10 };

static enum err take_size(struct agg_parser *p, struct slice key, const struct json *v,
                          struct agg *out)
{
    return agg_count(p, key, v, 1, &out->size);
}

// A regular expression without any operator is an exact value.
static bool is_plain(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] && strchr(".?+*|{}[]()\"\\#@&<>~^$", text.at[i]))
            return false;
    }
    return true;
}

// NOLINTNEXTLINE(readability-function-size): six of one clause
static enum err take_values(struct agg_parser *p, struct slice key, const struct json *v,
                            const struct literal **out, uint32_t *out_count,
                            struct slice *out_pattern)
{
    bool is_list = v->type == JSON_ARRAY;
    if (v->type == JSON_OBJECT)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[terms] partitions in [%.*s] are not supported", SLICE_PRINT(key));
    if (v->type == JSON_STRING && !is_plain(v->text)) {
        *out_pattern = v->text;
        return OK;
    }
    uint32_t count = is_list ? v->count : 1;
    const struct json *items = is_list ? v->items : v;
    struct literal *values = ARENA_ARRAY(p->form.request, struct literal, count);
    for (uint32_t i = 0; i < count; i++) {
        if (!form_literal(&items[i], &values[i]) || values[i].type == LITERAL_NULL)
            return form_wrong_type(&p->form, key, &items[i]);
    }
    *out = values;
    *out_count = count;
    return OK;
}

static enum err take_include(struct agg_parser *p, struct slice key, const struct json *v,
                             struct agg *out)
{
    return take_values(p, key, v, &out->include, &out->include_count, &out->include_pattern);
}

static enum err take_exclude(struct agg_parser *p, struct slice key, const struct json *v,
                             struct agg *out)
{
    return take_values(p, key, v, &out->exclude, &out->exclude_count, &out->exclude_pattern);
}

static enum err take_term_error(struct agg_parser *p, struct slice key, const struct json *v,
                                struct agg *out)
{
    return form_bool(&p->form, key, v, &out->shows_term_error);
}

static void start(struct agg *out)
{
    out->size = SIZE_DEFAULT;
    out->min_doc_count = 1;
}

static enum err finish(struct agg_parser *p, const struct json *v, struct agg *out)
{
    agg_complete_order(p, ORDER_COUNT, false, out);
    return agg_needs_field(p, v, out);
}

static const struct agg_param params[] = {
    {"field", agg_take_field},
    {"size", take_size},
    {"min_doc_count", agg_take_min_doc_count},
    {"order", agg_take_order},
    {"missing", agg_take_missing},
    {"format", agg_take_format},
    {"include", take_include},
    {"exclude", take_exclude},
    {"script", agg_take_script},
    {"shard_size", agg_take_ignored},
    {"shard_min_doc_count", agg_take_ignored},
    {"execution_hint", agg_take_ignored},
    {"collect_mode", agg_take_ignored},
    {"show_term_doc_count_error", take_term_error},
    {"value_type", agg_take_ignored},
    {NULL, NULL},
};

const struct agg_form agg_form_terms = {
    .name = "terms", .kind = AGG_TERMS, .params = params, .start = start, .finish = finish};
