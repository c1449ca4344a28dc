// SPDX-License-Identifier: Apache-2.0
#include "query/agg_private.h"

#include <strings.h>

void agg_path_split(struct slice text, struct slice *out_path, struct slice *out_metric)
{
    size_t last = 0; // where the last name starts
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '>')
            last = i + 1;
    }
    *out_path = text;
    *out_metric = slice_of(NULL, 0);
    if (last > 0 && slice_is(slice_from(text, last), "_count")) {
        *out_path = slice_of(text.at, last - 1);
        *out_metric = slice_from(text, last);
        return;
    }
    const uint8_t *open = memchr(text.at + last, '[', text.len - last);
    if (open && text.at[text.len - 1] == ']') {
        size_t at = (size_t)(open - text.at);
        *out_path = slice_of(text.at, at);
        *out_metric = slice_of(open + 1, text.len - at - 2);
        return;
    }
    const uint8_t *dot = memrchr(text.at + last, '.', text.len - last);
    if (dot) {
        size_t at = (size_t)(dot - text.at);
        *out_path = slice_of(text.at, at);
        *out_metric = slice_from(text, at + 1);
    }
}

static enum err parse_order(struct agg_parser *p, struct slice by, const struct json *direction,
                            struct agg_order *out)
{
    bool ascending = direction->type == JSON_STRING && direction->text.len == 3 &&
                     strncasecmp((const char *)direction->text.at, "asc", 3) == 0;
    bool descending = direction->type == JSON_STRING && direction->text.len == 4 &&
                      strncasecmp((const char *)direction->text.at, "desc", 4) == 0;
    if (!ascending && !descending)
        return form_refuse(&p->form, direction, "parsing_exception",
                           "Unknown order direction for [%.*s]", SLICE_PRINT(by));
    *out = (struct agg_order){.by = ORDER_METRIC, .ascending = ascending};
    if (slice_is(by, "_count"))
        out->by = ORDER_COUNT;
    else if (slice_is(by, "_key") || slice_is(by, "_term") || slice_is(by, "_time"))
        out->by = ORDER_KEY;
    else
        agg_path_split(by, &out->path, &out->metric);
    if (out->by == ORDER_METRIC && out->path.len == 0)
        return form_refuse(&p->form, direction, "parsing_exception",
                           "Invalid path for the order of [%.*s]", SLICE_PRINT(p->name));
    return OK;
}

enum err agg_take_order(struct agg_parser *p, struct slice key, const struct json *v,
                        struct agg *out)
{
    if (v->type != JSON_OBJECT && v->type != JSON_ARRAY)
        return form_wrong_type(&p->form, key, v);
    uint32_t count = v->type == JSON_ARRAY ? v->count : 1;
    const struct json *items = v->type == JSON_ARRAY ? v->items : v;
    struct agg_order *orders = ARENA_ARRAY(p->form.request, struct agg_order, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        if (items[i].type != JSON_OBJECT || items[i].count != 1)
            return form_refuse(&p->form, &items[i], "parsing_exception",
                               "Must specify exactly one field for [order], found %s of %u",
                               json_type_name(items[i].type), items[i].count);
        enum err e = parse_order(p, items[i].keys[0], &items[i].items[0], &orders[i]);
        if (e)
            return e;
    }
    out->orders = orders;
    out->order_count = count;
    return OK;
}

void agg_complete_order(struct agg_parser *p, enum agg_order_by by, bool ascending, struct agg *out)
{
    struct agg_order *orders =
        ARENA_ARRAY(p->form.request, struct agg_order, (size_t)out->order_count + 2);
    uint32_t count = 0;
    bool has_key = false;
    for (; count < out->order_count; count++) {
        orders[count] = out->orders[count];
        has_key = has_key || orders[count].by == ORDER_KEY;
    }
    if (count == 0) {
        orders[count++] = (struct agg_order){.by = by, .ascending = ascending};
        has_key = by == ORDER_KEY;
    }
    if (!has_key)
        orders[count++] = (struct agg_order){.by = ORDER_KEY, .ascending = true};
    out->orders = orders;
    out->order_count = count;
}
