// SPDX-License-Identifier: Apache-2.0
#include "access/glob.h"
#include "api/api_push.h"
#include "api/field_list.h"
#include "api/index_facts.h"
#include "api/list.h"
#include "base/limits.h"

// What clients ask of indices before they write: to be made, opened, set and mapped.
//
// Indices and columns come from the policy.  So what is so already is acknowledged, what would
// change nothing here is taken, and everything else is refused by name.

enum { SHOWN_BYTES = 128 };

static int shown(struct slice text)
{
    return text.len < SHOWN_BYTES ? (int)text.len : SHOWN_BYTES;
}

static void acknowledge(struct exchange *x, bool shards)
{
    json_object(&x->json);
    json_key(&x->json, "acknowledged");
    json_truth(&x->json, true);
    if (shards) {
        json_key(&x->json, "shards_acknowledged");
        json_truth(&x->json, true);
    }
    json_end(&x->json);
}

static enum err create(struct exchange *x, struct fault *why)
{
    struct slice name = exchange_path(x, 0);
    char uuid[INDEX_UUID_BYTES];
    const struct table *t = schema_table(x->api->engine->schema, name);
    bool is_seen = t && permit_index(x->permit, t->name);
    if (is_seen) {
        index_uuid(t->name, uuid);
        return fail(why, ERR_INVALID,
                    "resource_already_exists_exception: index [%s/%s] already exists", t->name,
                    uuid);
    }
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: index [%.*s] is not in the policy, and indices come "
                "from the policy: declare it there, under [push]",
                shown(name), (const char *)name.at);
}

// ---- DELETE: every row goes, and the index stays, as the policy has it ----

static void drop_answer(struct push_answer **a)
{
    push_answer_free(*a);
}

// All rows are his to take away only if he may see them all.
static enum err may_clear(struct exchange *x, const struct table *t, struct fault *why)
{
    const struct permit *permit = NULL;
    enum err e = permit_make(&x->who, ACTION_READ, slice_text(t->name), x->arena, &permit, why);
    if (e == OK && !permit_rows(permit, t->name))
        e = fail(why, ERR_DENIED, "security_exception: rows of [%s] are not shown to this user",
                 t->name);
    if (e == OK && permit_filters(permit, t->name))
        e = fail(why, ERR_DENIED, "security_exception: not all rows of [%s] are shown to this user",
                 t->name);
    return e;
}

static enum err table_to_clear(struct exchange *x, struct slice name, uint16_t *out,
                               struct fault *why)
{
    const struct schema *s = x->api->engine->schema;
    const struct alias_list *aliases = NULL;
    enum err e = exchange_aliases(x, &aliases, why);
    if (e == OK && (slice_is(name, "_all") || glob_is_pattern(name)))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: Wildcard expressions or all indices are not "
                    "allowed");
    if (e == OK && !schema_table(s, name) && aliases_has(aliases, name))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: The provided expression [%.*s] matches an alias, "
                    "specify the corresponding concrete indices instead.",
                    shown(name), (const char *)name.at);
    if (e == OK)
        e = push_table_named(x, name, out, why);
    return e ? e : may_clear(x, &s->tables[*out], why);
}

static enum err clear(struct exchange *x, uint16_t table, struct fault *why)
{
    struct push_head head = {.kind = PUSH_CLEAR, .table = table};
    struct push_answer *answer AUTO(drop_answer) = NULL;
    bit_set(head.allowed, table);
    return push_send(x, &head, slice_of(NULL, 0), &answer, why);
}

// All names are looked at before the first index is emptied.
static enum err delete_indices(struct exchange *x, struct fault *why)
{
    uint16_t tables[LIMIT_TABLES] = {0};
    uint32_t count = 0;
    struct slice names = exchange_path(x, 0);
    struct slice name;
    bool skips = false;
    enum err e = parameter_truth(&x->parameters, "ignore_unavailable", &skips, why);
    while (e == OK && count < LIMIT_TABLES && list_next(&names, &name)) {
        e = table_to_clear(x, name, &tables[count], why);
        if (e == ERR_NOT_FOUND && skips)
            e = OK;
        else
            count++;
    }
    for (uint32_t i = 0; e == OK && i < count; i++)
        e = clear(x, tables[i], why);
    if (e == OK)
        acknowledge(x, false);
    return e;
}

static enum err open_index(struct exchange *x, struct fault *why)
{
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, exchange_path(x, 0), &list, why);
    if (e == OK)
        acknowledge(x, true); // none is ever closed
    return e;
}

// ---- settings ----

// They say how a cluster works; nothing that is found depends on them.
static bool changes_nothing(struct slice key)
{
    static const char *const names[] = {"refresh_interval", "number_of_replicas",
                                        "auto_expand_replicas", "priority", "codec"};
    static const char *const groups[] = {"translog.",        "merge.",     "unassigned.",
                                         "routing.",         "lifecycle.", "search.slowlog.",
                                         "indexing.slowlog."};
    if (slice_starts(key, slice_text("index.")))
        key = slice_from(key, sizeof "index." - 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (slice_is(key, names[i]))
            return true;
    }
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        if (slice_starts(key, slice_text(groups[i])))
            return true;
    }
    return false;
}

// Nested or dotted, under "settings", "index" or by themselves.
static enum err check_settings(struct exchange *x, struct slice prefix, const struct json *v,
                               struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; e == OK && i < v->count; i++) {
        struct slice key = v->keys[i];
        bool is_outer = prefix.len == 0 && slice_is(key, "settings");
        struct slice name =
            is_outer     ? prefix
            : prefix.len ? arena_print(x->arena, "%.*s.%.*s", SLICE_PRINT(prefix), SLICE_PRINT(key))
                         : key;
        if (v->items[i].type == JSON_OBJECT)
            e = check_settings(x, name, &v->items[i], why);
        else if (!changes_nothing(name))
            e = fail(why, ERR_INVALID,
                     "illegal_argument_exception: setting [%.*s] cannot be changed here: indices "
                     "come from the policy",
                     shown(name), (const char *)name.at);
    }
    return e;
}

static enum err put_settings(struct exchange *x, struct fault *why)
{
    const struct json *body = NULL;
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, exchange_path(x, 0), &list, why);
    if (e == OK)
        e = exchange_body(x, &body, why);
    if (e == OK && (!body || body->type != JSON_OBJECT))
        return fail(why, ERR_INVALID, "parse_exception: request body is required");
    if (e == OK)
        e = check_settings(x, slice_of(NULL, 0), body, why);
    if (e == OK)
        acknowledge(x, false);
    return e;
}

// ---- mappings ----

static const struct listed_field *find(const struct field_list *l, struct slice name)
{
    for (uint32_t i = 0; i < l->count; i++) {
        if (slice_equal(l->at[i].name, name))
            return &l->at[i];
    }
    return NULL;
}

static enum err check_property(const struct table *t, const struct field_list *l, struct slice name,
                               const struct json *v, struct fault *why)
{
    const struct json *type = json_get(v, "type");
    const struct listed_field *f = find(l, name);
    if (!f)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: field [%.*s] of index [%s] is not in the policy, "
                    "and columns come from the policy",
                    shown(name), (const char *)name.at, t->name);
    if (type && type->type == JSON_STRING && !slice_is(type->text, field_type_name(f->type)))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: mapper [%.*s] cannot be changed from type [%s] to "
                    "[%.*s]",
                    shown(name), (const char *)name.at, field_type_name(f->type), shown(type->text),
                    (const char *)type->text.at);
    return OK;
}

// Objects are the look-ups; multi-fields of a keyword would be the same values again.
static enum err check_properties(struct exchange *x, const struct table *t,
                                 const struct field_list *l, struct slice prefix,
                                 const struct json *v, struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; e == OK && v->type == JSON_OBJECT && i < v->count; i++) {
        struct slice name = prefix.len ? arena_print(x->arena, "%.*s.%.*s", SLICE_PRINT(prefix),
                                                     SLICE_PRINT(v->keys[i]))
                                       : v->keys[i];
        const struct json *inner = json_get(&v->items[i], "properties");
        e = inner ? check_properties(x, t, l, name, inner, why)
                  : check_property(t, l, name, &v->items[i], why);
    }
    return e;
}

static enum err put_mapping(struct exchange *x, struct fault *why)
{
    const struct json *body = NULL;
    struct index_list list;
    const struct schema *s = x->api->engine->schema;
    enum err e = exchange_tables(x, x->permit, exchange_path(x, 0), &list, why);
    if (e == OK)
        e = exchange_body(x, &body, why);
    if (e == OK && (!body || body->type != JSON_OBJECT))
        return fail(why, ERR_INVALID, "parse_exception: request body is required");
    const struct json *properties = e ? NULL : json_get(body, "properties");
    for (uint32_t i = 0; e == OK && properties && i < list.count; i++) {
        const struct table *t = &s->tables[list.tables[i]];
        const struct field_list fields = field_list_make(s, t, x->permit, x->arena);
        e = check_properties(x, t, &fields, slice_of(NULL, 0), properties, why);
    }
    if (e == OK)
        acknowledge(x, false);
    return e;
}

// ---- _analyze ----

static bool is_keyword(const struct json *body, const char *key)
{
    const struct json *v = json_get(body, key);
    return v && v->type == JSON_STRING && slice_is(v->text, "keyword");
}

static enum err check_analysis(const struct json *body, struct fault *why)
{
    static const char *const more[] = {"filter", "char_filter", "normalizer"};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        if (json_get(body, more[i]))
            return fail(why, ERR_INVALID,
                        "illegal_argument_exception: [%s] is not supported: a value is one token",
                        more[i]);
    }
    if (json_get(body, "field") || is_keyword(body, "analyzer") || is_keyword(body, "tokenizer"))
        return OK;
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: a value is one token here: [analyzer] and "
                "[tokenizer] are [keyword], or [field] names a column");
}

static int64_t characters(struct slice text)
{
    int64_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += (text.at[i] & 0xc0) != 0x80;
        count += text.at[i] >= 0xf0; // two of UTF-16, as Elasticsearch counts
    }
    return count;
}

static void write_token(struct exchange *x, struct slice text, int64_t from, int64_t position)
{
    struct json_writer *w = &x->json;
    json_object(w);
    json_key(w, "token");
    json_string(w, text);
    json_key(w, "start_offset");
    json_int(w, from);
    json_key(w, "end_offset");
    json_int(w, from + characters(text));
    json_key(w, "type");
    json_text(w, "word");
    json_key(w, "position");
    json_int(w, position);
    json_end(w);
}

static enum err analyze(struct exchange *x, struct fault *why)
{
    enum { BETWEEN_TEXTS = 100 };

    const struct json *body = NULL;
    enum err e = exchange_body(x, &body, why);
    const struct json *text = e ? NULL : json_get(body, "text");
    if (e == OK && (!text || (text->type != JSON_STRING && text->type != JSON_ARRAY)))
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: text is missing;");
    if (e == OK)
        e = check_analysis(body, why);
    if (e != OK)
        return e;
    uint32_t count = text->type == JSON_ARRAY ? text->count : 1;
    int64_t offset = 0;
    json_object(&x->json);
    json_key(&x->json, "tokens");
    json_array(&x->json);
    for (uint32_t i = 0; i < count; i++) {
        const struct json *one = text->type == JSON_ARRAY ? &text->items[i] : text;
        write_token(x, one->text, offset, (int64_t)i * (BETWEEN_TEXTS + 1));
        offset += characters(one->text) + 1;
    }
    json_end(&x->json);
    json_end(&x->json);
    return OK;
}

#define GET_POST (METHOD_GET | METHOD_POST)
#define PUT_POST (METHOD_PUT | METHOD_POST)

static const struct route routes[] = {
    {METHOD_PUT, ACTION_SCHEMA, "/{index}", create, "",
     "one of the policy exists already; others are refused: 400"},
    {METHOD_DELETE, ACTION_WRITE, "/{index}", delete_indices, "",
     "indices of `push:` by their names; every row goes, the index stays; needs the right to read "
     "all rows too"},
    {METHOD_POST, ACTION_SCHEMA, "/{index}/_open", open_index, "", "none is ever closed"},
    {METHOD_PUT, ACTION_WRITE, "/{index}/_settings", put_settings,
     "preserve_existing flat_settings reopen",
     "what changes nothing here is taken, other settings are refused by name"},
    {PUT_POST, ACTION_WRITE, "/{index}/_mapping", put_mapping, "write_index_only",
     "what is so already is acknowledged, other fields and types are refused by name"},
    {PUT_POST, ACTION_WRITE, "/{index}/_mappings", put_mapping, "write_index_only", ""},
    {GET_POST, ACTION_INFO, "/_analyze", analyze, "", "`keyword` only: a value is one token"},
    {GET_POST, ACTION_SCHEMA, "/{index}/_analyze", analyze, "", ""},
};

const struct route_group index_change_routes =
    ROUTE_GROUP("Indices as clients set them up", routes);
