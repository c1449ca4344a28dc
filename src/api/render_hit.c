// SPDX-License-Identifier: Apache-2.0
#include "api/render.h"
#include "api/source_filter.h"
#include "data/changeset.h"

static void render_id(struct render *r, struct row_key key)
{
    buf_reset(&r->scratch);
    row_key_print(key, &r->scratch);
    json_string(r->json, buf_slice(&r->scratch));
}

// Dates are epoch ms there unless the sort has a format.
static void render_sort(struct render *r, const struct hit *h)
{
    json_key(r->json, "sort");
    json_array(r->json);
    for (uint32_t i = 0; i < r->request->sort_count; i++) {
        struct slice format = r->request->sort[i].format;
        const struct value *v = &h->sort[i];
        if (v->type == VALUE_DATE && format.len == 0)
            json_int(r->json, v->i64);
        else
            render_formatted(r, v, format);
    }
    json_end(r->json);
}

static const struct field_wish *find_wish(const struct field_wish *wishes, uint32_t count,
                                          struct slice name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (source_pattern_matches(wishes[i].pattern, name))
            return &wishes[i];
    }
    return NULL;
}

// "fields" and "docvalue_fields" both show under "fields", each value as an array.
static void render_fields(struct render *r, const struct hit *h)
{
    const struct request *q = r->request;
    bool open = false;
    for (uint32_t i = 0; i < h->field_count; i++) {
        struct slice name = h->fields[i].name;
        const struct field_wish *wish = find_wish(q->fields, q->field_count, name);
        if (!wish)
            wish = find_wish(q->docvalue_fields, q->docvalue_field_count, name);
        if (!wish)
            continue;
        if (!open) {
            json_key(r->json, "fields");
            json_object(r->json);
            open = true;
        }
        json_key_slice(r->json, name);
        json_array(r->json);
        render_formatted(r, &h->fields[i].value, wish->format);
        json_end(r->json);
    }
    if (open)
        json_end(r->json);
}

// As Elasticsearch has it for a row without a number.
enum { SEQ_NO_UNASSIGNED = -2 };

void render_version(struct json_writer *w, const struct hit *h)
{
    json_key(w, "_version");
    json_int(w, h->hides_number ? 1 : (int64_t)h->number + 1);
}

void render_seq_no(struct json_writer *w, const struct hit *h)
{
    json_key(w, "_seq_no");
    json_int(w, h->hides_number ? SEQ_NO_UNASSIGNED : (int64_t)h->number);
    json_key(w, "_primary_term");
    json_uint(w, h->hides_number ? 0 : h->term);
}

void render_hit(struct render *r, const struct hit *h)
{
    const struct request *q = r->request;
    json_object(r->json);
    json_key(r->json, "_index");
    json_text(r->json, h->index);
    if (!q->hides_id) {
        json_key(r->json, "_id");
        render_id(r, h->key);
    }
    if (q->wants_version)
        render_version(r->json, h);
    if (q->wants_seq_no)
        render_seq_no(r->json, h);
    json_key(r->json, "_score");
    json_double(r->json, h->score);
    if (!q->source.is_off && (q->source.is_given || !q->has_stored_fields)) {
        json_key(r->json, "_source");
        source_render(r, h, &q->source);
    }
    render_fields(r, h);
    if (q->sort_count && h->sort)
        render_sort(r, h);
    json_end(r->json);
}
