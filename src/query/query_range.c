// SPDX-License-Identifier: Apache-2.0
#include "query/query_private.h"

// One end of the range.  `sets_open` keys (gt, lt, gte, lte) also say whether the end
// itself is in; from and to leave that to include_lower and include_upper.
struct bound_key {
    const char *name;
    bool is_upper, sets_open, is_open;
};

static const struct bound_key bound_keys[] = {
    {"gte", false, true, false}, {"gt", false, true, true}, {"from", false, false, false},
    {"lte", true, true, false},  {"lt", true, true, true},  {"to", true, false, false},
};

static enum err take_bound(struct query_parser *p, const struct bound_key *k, struct slice key,
                           const struct json *v, struct query_range *out)
{
    if (k->sets_open && k->is_upper)
        out->to_open = k->is_open;
    else if (k->sets_open)
        out->from_open = k->is_open;
    return form_scalar(&p->form, key, v, k->is_upper ? &out->to : &out->from);
}

static enum err take_include(struct query_parser *p, struct slice key, const struct json *v,
                             bool *out_open)
{
    bool is_in = true;
    enum err e = form_bool(&p->form, key, v, &is_in);
    if (!e)
        *out_open = !is_in;
    return e;
}

static enum err take_relation(struct query_parser *p, const struct json *v)
{
    static const char *const known[] = {"intersects", "within", "contains",
                                        "INTERSECTS", "WITHIN", "CONTAINS"};
    for (size_t i = 0; v->type == JSON_STRING && i < sizeof known / sizeof *known; i++) {
        if (slice_is(v->text, known[i]))
            return OK; // one value relates to a range in one way only
    }
    return form_refuse(&p->form, v, "illegal_argument_exception",
                       "[range] query does not support this relation");
}

static enum err take_key(struct query_parser *p, struct slice key, const struct json *v,
                         struct query *out)
{
    struct query_range *range = &out->range;
    for (size_t i = 0; i < sizeof bound_keys / sizeof *bound_keys; i++) {
        if (slice_is(key, bound_keys[i].name))
            return take_bound(p, &bound_keys[i], key, v, range);
    }
    if (slice_is(key, "include_lower"))
        return take_include(p, key, v, &range->from_open);
    if (slice_is(key, "include_upper"))
        return take_include(p, key, v, &range->to_open);
    if (slice_is(key, "format"))
        return form_text(&p->form, key, v, &range->format);
    if (slice_is(key, "time_zone"))
        return form_time_zone(&p->form, key, v, &range->time_zone);
    if (slice_is(key, "relation"))
        return take_relation(p, v);
    bool known = false;
    enum err e = query_common(p, key, v, out, &known);
    if (e || known)
        return e;
    return form_refuse(&p->form, v, "parsing_exception", "[range] query does not support [%.*s]",
                       SLICE_PRINT(key));
}

enum err query_range(struct query_parser *p, const struct json *v, struct query *out)
{
    const struct json *bounds = NULL;
    out->kind = QUERY_RANGE;
    enum err e = query_field(p, v, &out->range.field, &bounds);
    if (e)
        return e;
    if (bounds->type != JSON_OBJECT)
        return form_refuse(&p->form, bounds, "parsing_exception",
                           "[range] query does not support [%.*s]", SLICE_PRINT(out->range.field));
    for (uint32_t i = 0; !e && i < v->count; i++) {
        bool known = false;
        e = query_common(p, v->keys[i], &v->items[i], out, &known);
    }
    for (uint32_t i = 0; !e && i < bounds->count; i++)
        e = take_key(p, bounds->keys[i], &bounds->items[i], out);
    return e;
}
