// SPDX-License-Identifier: Apache-2.0
#include "access/glob.h"
#include "api/api_private.h"
#include "api/field_list.h"
#include "api/list.h"

// _field_caps: for each field name, each type it has anywhere, and where when the types
// differ.  Look-up prefixes are fields of type "object".

enum {
    CAPS_MAX = 8192, // distinct names and types over all indices of one request
    PATTERNS_MAX = 256
};

struct cap {
    struct slice field;
    const char *type; // "object" for a look-up's prefix
    bool *indices;    // one per table of the list
};

struct caps {
    uint32_t count, size;
    struct cap *at;
    const struct index_list *list;
    struct slice patterns[PATTERNS_MAX];
    uint32_t pattern_count;
    bool over_limit;
    bool shows_unmapped; // include_unmapped: also where a field is not
};

static bool wanted(const struct caps *c, struct slice name)
{
    for (uint32_t i = 0; i < c->pattern_count; i++) {
        if (glob_matches(c->patterns[i], name))
            return true;
    }
    return false;
}

static void add(struct exchange *x, struct caps *c, struct slice name, const char *type,
                uint32_t index)
{
    if (!wanted(c, name))
        return;
    for (uint32_t i = 0; i < c->count; i++) {
        if (slice_equal(c->at[i].field, name) && strcmp(c->at[i].type, type) == 0) {
            c->at[i].indices[index] = true;
            return;
        }
    }
    if (c->count == c->size) {
        c->over_limit = true;
        return;
    }
    struct cap *cap = &c->at[c->count++];
    *cap = (struct cap){name, type, ARENA_ARRAY(x->arena, bool, c->list->count)};
    cap->indices[index] = true;
}

static void collect(struct exchange *x, struct caps *c)
{
    const struct schema *s = x->api->engine->schema;
    uint32_t size = 0;
    for (uint32_t i = 0; i < c->list->count; i++)
        size += 2 * field_list_make(s, &s->tables[c->list->tables[i]], x->permit, x->arena).count;
    c->size = size < CAPS_MAX ? size : CAPS_MAX;
    c->at = ARENA_ARRAY(x->arena, struct cap, c->size + 1);
    for (uint32_t i = 0; i < c->list->count; i++) {
        struct field_list list =
            field_list_make(s, &s->tables[c->list->tables[i]], x->permit, x->arena);
        for (uint32_t f = 0; f < list.count; f++) {
            add(x, c, list.at[f].name, field_type_name(list.at[f].type), i);
            if (list.at[f].prefix.len && !field_list_has_own(&list, list.at[f].prefix))
                add(x, c, list.at[f].prefix, "object", i);
        }
    }
}

static enum err take_pattern(struct caps *c, struct slice pattern, struct fault *why)
{
    if (c->pattern_count == PATTERNS_MAX)
        return fail(why, ERR_LIMIT, "illegal_argument_exception: more than %d field patterns",
                    PATTERNS_MAX);
    c->patterns[c->pattern_count++] = pattern;
    return OK;
}

static enum err read_patterns(struct exchange *x, struct caps *c, struct fault *why)
{
    const struct json *body = NULL;
    enum err e = exchange_body(x, &body, why);
    const struct slice *listed = parameter_get(&x->parameters, "fields");
    const struct json *fields = json_get(body, "fields");
    struct slice rest = listed ? *listed : slice_of(NULL, 0);
    if (fields && fields->type == JSON_STRING)
        rest = fields->text;
    struct slice part;
    while (e == OK && list_next(&rest, &part))
        e = take_pattern(c, part, why);
    for (uint32_t i = 0; e == OK && fields && fields->type == JSON_ARRAY && i < fields->count; i++)
        e = take_pattern(c, fields->items[i].text, why);
    if (e == OK && c->pattern_count == 0)
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: no fields "
                    "specified;");
    return e;
}

static const char *index_name(const struct exchange *x, const struct index_list *list, uint32_t at)
{
    return x->api->engine->schema->tables[list->tables[at]].name;
}

static void write_cap(struct exchange *x, const struct caps *c, const struct cap *cap,
                      bool is_conflict)
{
    bool is_object = strcmp(cap->type, "object") == 0 || strcmp(cap->type, "unmapped") == 0;
    json_key(&x->json, cap->type);
    json_object(&x->json);
    json_key(&x->json, "type");
    json_text(&x->json, cap->type);
    json_key(&x->json, "metadata_field");
    json_truth(&x->json, false);
    json_key(&x->json, "searchable");
    json_truth(&x->json, !is_object);
    json_key(&x->json, "aggregatable");
    json_truth(&x->json, !is_object);
    if (is_conflict) {
        json_key(&x->json, "indices");
        json_array(&x->json);
        for (uint32_t i = 0; i < c->list->count; i++) {
            if (cap->indices[i])
                json_text(&x->json, index_name(x, c->list, i));
        }
        json_end(&x->json);
    }
    json_end(&x->json);
}

// The indices that have no field of this name; false when there are none.
static bool find_unmapped(struct exchange *x, const struct caps *c, uint32_t first, struct cap *out)
{
    uint32_t left = c->list->count;
    *out = (struct cap){c->at[first].field, "unmapped", ARENA_ARRAY(x->arena, bool, left)};
    memset(out->indices, true, left);
    for (uint32_t i = first; i < c->count; i++) {
        if (!slice_equal(c->at[i].field, out->field))
            continue;
        for (uint32_t t = 0; t < c->list->count; t++) {
            left -= c->at[i].indices[t] && out->indices[t];
            out->indices[t] = out->indices[t] && !c->at[i].indices[t];
        }
    }
    return left > 0;
}

static void write_field(struct exchange *x, const struct caps *c, uint32_t first)
{
    struct cap unmapped;
    bool has_unmapped = c->shows_unmapped && find_unmapped(x, c, first, &unmapped);
    uint32_t types = has_unmapped;
    for (uint32_t i = first; i < c->count; i++)
        types += slice_equal(c->at[i].field, c->at[first].field);
    json_key_slice(&x->json, c->at[first].field);
    json_object(&x->json);
    for (uint32_t i = first; i < c->count; i++) {
        if (slice_equal(c->at[i].field, c->at[first].field))
            write_cap(x, c, &c->at[i], types > 1);
    }
    if (has_unmapped)
        write_cap(x, c, &unmapped, true);
    json_end(&x->json);
}

static bool is_first(const struct caps *c, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++) {
        if (slice_equal(c->at[i].field, c->at[at].field))
            return false;
    }
    return true;
}

static enum err field_caps(struct exchange *x, struct fault *why)
{
    struct index_list list;
    struct caps *c = ARENA_NEW(x->arena, struct caps);
    c->list = &list;
    enum err e = exchange_tables(x, x->permit, exchange_path(x, 0), &list, why);
    if (e == OK)
        e = read_patterns(x, c, why);
    if (e == OK)
        e = parameter_truth(&x->parameters, "include_unmapped", &c->shows_unmapped, why);
    if (e != OK)
        return e;
    collect(x, c);
    if (c->over_limit)
        return fail(why, ERR_LIMIT,
                    "illegal_argument_exception: more than %d fields; ask for fewer indices",
                    CAPS_MAX);
    json_object(&x->json);
    json_key(&x->json, "indices");
    json_array(&x->json);
    for (uint32_t i = 0; i < list.count; i++)
        json_text(&x->json, index_name(x, &list, i));
    json_end(&x->json);
    json_key(&x->json, "fields");
    json_object(&x->json);
    for (uint32_t i = 0; i < c->count; i++) {
        if (is_first(c, i))
            write_field(x, c, i);
    }
    json_end(&x->json);
    json_end(&x->json);
    return OK;
}

static const struct route routes[] = {
    {METHOD_GET | METHOD_POST, ACTION_SCHEMA, "/_field_caps", field_caps,
     "fields include_unmapped filters types include_empty_fields", ""},
    {METHOD_GET | METHOD_POST, ACTION_SCHEMA, "/{index}/_field_caps", field_caps,
     "fields include_unmapped filters types include_empty_fields", ""},
};

const struct route_group field_caps_routes = ROUTE_GROUP("Fields", routes);
