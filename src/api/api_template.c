// SPDX-License-Identifier: Apache-2.0
#include "access/glob.h"
#include "api/api_private.h"
#include "api/cat_table.h"
#include "api/list.h"
#include "policy/detector.h"

// Templates of indices, and policies of their life: what shippers set up before they send.
//
// They are kept and given back, and make nothing: indices and columns come from the policy.  Who
// sends documents sets them up, so every text in one meets the detectors that a document meets.

enum { TRIES_MAX = 8, SHOWN_BYTES = 128, THINGS_OF_KIND_MAX = 256 };

// An error about a thing of a name: "type: words [NAME] words".
struct words {
    const char *before, *after;
};

struct kind {
    enum thing_kind kind;
    const char *list;   // "index_templates": the answer is a list under it; NULL: an object
    const char *member; // of each in that list
    const char *needs;  // what a body must have
    // Why one is not shown, or not deleted.  `before` NULL: {} and 404.
    struct words missing, not_deleted;
    const char *const *members; // that a body may have
};

static const char *const template_members[] = {"index_patterns",
                                               "template",
                                               "composed_of",
                                               "priority",
                                               "version",
                                               "_meta",
                                               "data_stream",
                                               "allow_auto_create",
                                               "ignore_missing_component_templates",
                                               "deprecated",
                                               NULL};
static const char *const component_members[] = {"template", "version", "_meta", "deprecated", NULL};
static const char *const legacy_members[] = {"index_patterns", "template", "order",   "settings",
                                             "mappings",       "aliases",  "version", NULL};
static const char *const ilm_members[] = {"policy", NULL};

static const struct kind index_template = {
    .kind = THING_INDEX_TEMPLATE,
    .list = "index_templates",
    .member = "index_template",
    .needs = "index_patterns",
    .missing = {"resource_not_found_exception: index template matching [", "] not found"},
    .not_deleted = {"index_template_missing_exception: index_template [", "] missing"},
    .members = template_members};
static const struct kind component_template = {
    .kind = THING_COMPONENT_TEMPLATE,
    .list = "component_templates",
    .member = "component_template",
    .needs = "template",
    .missing = {"resource_not_found_exception: component template matching [", "] not found"},
    .not_deleted = {"resource_not_found_exception: component template matching [", "] not found"},
    .members = component_members};
static const struct kind legacy_template = {
    .kind = THING_TEMPLATE,
    .needs = "index_patterns",
    .not_deleted = {"index_template_missing_exception: index_template [", "] missing"},
    .members = legacy_members};
static const struct kind ilm_policy = {
    .kind = THING_ILM_POLICY,
    .needs = "policy",
    .missing = {"resource_not_found_exception: Lifecycle policy not found: ", ""},
    .not_deleted = {"resource_not_found_exception: Lifecycle policy not found: ", ""},
    .members = ilm_members};

static enum err about(const struct words *w, struct slice name, enum err code, struct fault *why)
{
    int len = name.len < SHOWN_BYTES ? (int)name.len : SHOWN_BYTES;
    return fail(why, code, "%s%.*s%s", w->before, len, (const char *)name.at, w->after);
}

// ---- what is put ----

static enum err check_name(struct slice name, struct fault *why)
{
    static const char forbidden[] = " ,#*?\"<>|\\";
    bool is_good = name.len > 0 && name.len < THING_NAME_BYTES && name.at[0] != '_';
    for (size_t i = 0; is_good && i < name.len; i++)
        is_good = name.at[i] > ' ' && !memchr(forbidden, name.at[i], sizeof forbidden - 1);
    static const struct words bad = {"invalid_index_template_exception: name [",
                                     "] must not begin with '_' nor contain a space, ',', '#', "
                                     "'*', '?', '\"', '<', '>', '|' or '\\'"};
    return is_good ? OK : about(&bad, name, ERR_INVALID, why);
}

static enum err check_members(const struct kind *k, const struct json *body, struct fault *why)
{
    for (uint32_t i = 0; i < body->count; i++) {
        bool known = false;
        for (const char *const *m = k->members; *m; m++)
            known |= slice_is(body->keys[i], *m);
        if (!known)
            return fail(why, ERR_INVALID,
                        "x_content_parse_exception: [%u:%u] [%s] unknown field [%.*s]",
                        body->items[i].line, body->items[i].column, thing_kind_name(k->kind),
                        SLICE_PRINT(body->keys[i]));
    }
    const struct json *needed = json_get(body, k->needs);
    if (!needed || needed->type == JSON_NULL)
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: [%s] is missing;",
                    k->needs);
    return OK;
}

static enum err scan_text(struct detectors *d, struct slice text, struct fault *why)
{
    const struct detector *hit = text.len ? detectors_scan(d, text, 0) : NULL;
    return hit ? fail(why, ERR_INVALID, "policy_exception: the body holds what looks like: %s",
                      hit->name)
               : OK;
}

static enum err scan_tree(struct detectors *d, const struct json *v, struct fault *why)
{
    enum err e = v->type == JSON_STRING ? scan_text(d, v->text, why) : OK;
    for (uint32_t i = 0; e == OK && i < v->count; i++) {
        if (v->type == JSON_OBJECT)
            e = scan_text(d, v->keys[i], why);
        if (e == OK)
            e = scan_tree(d, &v->items[i], why);
    }
    return e;
}

static enum err scan(const struct json *body, struct fault *why)
{
    struct detectors *d = NULL;
    enum err e = detectors_new(&d, why);
    if (e == OK)
        e = scan_tree(d, body, why);
    detectors_free(d);
    return e;
}

static const struct thing *find(const struct thing_list *l, struct slice name)
{
    for (uint32_t i = 0; i < l->count; i++) {
        if (slice_equal(l->at[i].name, name))
            return &l->at[i];
    }
    return NULL;
}

static const struct words there_already = {"illegal_argument_exception: template [",
                                           "] already exists"};

static enum err store(struct exchange *x, const struct kind *k, struct slice text, bool is_new_only,
                      struct fault *why)
{
    const struct access_by by = {x->who.name, x->who.key_id, x->request->address};
    const struct thing_change change = {.thing = {k->kind, exchange_path(x, 0), text},
                                        .words = slice_text(text.len ? "kept" : "gone")};
    enum err e = ERR_CONFLICT;
    for (int i = 0; e == ERR_CONFLICT && i < TRIES_MAX; i++) {
        struct thing_list now;
        e = access_things(x->api->access, k->kind, x->arena, &now, why);
        const struct thing *there = e ? NULL : find(&now, change.thing.name);
        if (e == OK && !there && text.len == 0)
            return about(&k->not_deleted, change.thing.name, ERR_NOT_FOUND, why);
        if (e == OK && there && is_new_only)
            return about(&there_already, change.thing.name, ERR_INVALID, why);
        if (e == OK && there && slice_equal(there->body, text))
            return OK; // as a shipper does at each of its starts
        if (e == OK && !there && now.count == THINGS_OF_KIND_MAX)
            return fail(why, ERR_LIMIT, "illegal_argument_exception: more than %d of [%s]",
                        THINGS_OF_KIND_MAX, thing_kind_name(k->kind));
        if (e == OK)
            e = access_things_change(x->api->access, &by, &change, 1, now.generation, why);
    }
    return e;
}

static void acknowledge(struct exchange *x)
{
    json_object(&x->json);
    json_key(&x->json, "acknowledged");
    json_truth(&x->json, true);
    json_end(&x->json);
}

static enum err put(struct exchange *x, const struct kind *k, struct fault *why)
{
    const struct json *body = NULL;
    struct buf text AUTO(buf_donep) = buf_init(THING_BODY_BYTES);
    struct json_writer w = json_writer_to(&text);
    bool creates = false;
    enum err e = check_name(exchange_path(x, 0), why);
    if (e == OK)
        e = parameter_truth(&x->parameters, "create", &creates, why);
    if (e == OK)
        e = exchange_body(x, &body, why);
    if (e == OK && (!body || body->type != JSON_OBJECT))
        return fail(why, ERR_INVALID, "parse_exception: request body is required");
    if (e == OK)
        e = check_members(k, body, why);
    if (e == OK)
        e = scan(body, why);
    if (e != OK)
        return e;
    json_value(&w, body);
    e = buf_end(&text, why);
    if (e == OK)
        e = store(x, k, buf_slice(&text), creates, why);
    if (e == OK)
        acknowledge(x);
    return e;
}

static enum err remove_one(struct exchange *x, const struct kind *k, struct fault *why)
{
    enum err e = store(x, k, slice_of(NULL, 0), false, why);
    if (e == OK)
        acknowledge(x);
    return e;
}

// ---- what is shown ----

static bool is_wished(struct slice names, struct slice name)
{
    struct slice one;
    if (names.len == 0)
        return true;
    while (list_next(&names, &one)) {
        if (slice_is(one, "_all") || glob_matches(one, name))
            return true;
    }
    return false;
}

static enum err show_missing(struct exchange *x, const struct kind *k, struct slice names,
                             struct fault *why)
{
    if (k->missing.before)
        return about(&k->missing, names, ERR_NOT_FOUND, why);
    x->reply->status = 404;
    json_object(&x->json);
    json_end(&x->json);
    return OK;
}

// Elasticsearch gives back [composed_of] also where none was given.
static void show_body(struct exchange *x, const struct kind *k, const struct json *body)
{
    struct json_writer *w = &x->json;
    json_object(w);
    if (k->kind == THING_ILM_POLICY) {
        json_key(w, "version");
        json_int(w, 1);
    }
    for (uint32_t i = 0; i < body->count; i++) {
        json_key_slice(w, body->keys[i]);
        bool is_list =
            slice_is(body->keys[i], "index_patterns") && body->items[i].type == JSON_STRING;
        if (is_list)
            json_array(w);
        json_value(w, &body->items[i]);
        if (is_list)
            json_end(w);
    }
    if (k->kind == THING_INDEX_TEMPLATE && !json_get(body, "composed_of")) {
        json_key(w, "composed_of");
        json_array(w);
        json_end(w);
    }
    json_end(w);
}

static enum err show_one(struct exchange *x, const struct kind *k, const struct thing *t,
                         struct fault *why)
{
    const struct json *body = NULL;
    enum err e = json_parse(t->body, x->arena, &body, why);
    if (e != OK)
        return fail_in(why, ERR_CORRUPT, "exception: a template of catalog.db");
    if (!k->list) {
        json_key_slice(&x->json, t->name);
        show_body(x, k, body);
        return OK;
    }
    json_object(&x->json);
    json_key(&x->json, "name");
    json_string(&x->json, t->name);
    json_key(&x->json, k->member);
    show_body(x, k, body);
    json_end(&x->json);
    return OK;
}

static enum err get(struct exchange *x, const struct kind *k, struct fault *why)
{
    struct slice names = exchange_path(x, 0);
    struct thing_list all;
    uint32_t count = 0;
    enum err e = access_things(x->api->access, k->kind, x->arena, &all, why);
    for (uint32_t i = 0; e == OK && i < all.count; i++)
        count += is_wished(names, all.at[i].name);
    if (e == OK && count == 0 && names.len && !glob_is_pattern(names))
        return show_missing(x, k, names, why);
    json_object(&x->json);
    if (k->list) {
        json_key(&x->json, k->list);
        json_array(&x->json);
    }
    for (uint32_t i = 0; e == OK && i < all.count; i++) {
        if (is_wished(names, all.at[i].name))
            e = show_one(x, k, &all.at[i], why);
    }
    if (k->list)
        json_end(&x->json);
    json_end(&x->json);
    return e;
}

// ---- the four kinds ----

#define HANDLERS(name_)                                                   \
    static enum err put_##name_(struct exchange *x, struct fault *why)    \
    {                                                                     \
        return put(x, &(name_), why);                                     \
    }                                                                     \
    static enum err get_##name_(struct exchange *x, struct fault *why)    \
    {                                                                     \
        return get(x, &(name_), why);                                     \
    }                                                                     \
    static enum err delete_##name_(struct exchange *x, struct fault *why) \
    {                                                                     \
        return remove_one(x, &(name_), why);                              \
    }

HANDLERS(index_template)
HANDLERS(component_template)
HANDLERS(legacy_template)
HANDLERS(ilm_policy)

static enum err ilm_status(struct exchange *x, struct fault *why)
{
    (void)why;
    json_object(&x->json);
    json_key(&x->json, "operation_mode");
    json_text(&x->json, "STOPPED"); // nothing is done by one of them
    json_end(&x->json);
    return OK;
}

static enum err ilm_explain(struct exchange *x, struct fault *why)
{
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, exchange_path(x, 0), &list, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    json_key(&x->json, "indices");
    json_object(&x->json);
    for (uint32_t i = 0; i < list.count; i++) {
        const char *name = x->api->engine->schema->tables[list.tables[i]].name;
        json_key(&x->json, name);
        json_object(&x->json);
        json_key(&x->json, "index");
        json_text(&x->json, name);
        json_key(&x->json, "managed");
        json_truth(&x->json, false);
        json_end(&x->json);
    }
    json_end(&x->json);
    json_end(&x->json);
    return OK;
}

static enum err no_pipelines(struct exchange *x, struct fault *why)
{
    (void)why;
    if (exchange_path(x, 0).len && !glob_is_pattern(exchange_path(x, 0)))
        x->reply->status = 404;
    json_object(&x->json);
    json_end(&x->json);
    return OK;
}

static enum err no_data_streams(struct exchange *x, struct fault *why)
{
    static const struct words no_such_index = {"index_not_found_exception: no such index [", "]"};
    struct slice name = exchange_path(x, 0);
    if (name.len && !glob_is_pattern(name) && !slice_is(name, "_all"))
        return about(&no_such_index, name, ERR_NOT_FOUND, why);
    json_object(&x->json);
    json_key(&x->json, "data_streams");
    json_array(&x->json);
    json_end(&x->json);
    json_end(&x->json);
    return OK;
}

// ---- _cat/templates ----

static const struct cat_column template_columns[] = {
    {.name = "name", .aliases = "n", .about = "template name"},
    {.name = "index_patterns", .aliases = "t", .about = "template index patterns"},
    {.name = "order", .aliases = "o,p", .about = "template application order/priority number"},
    {.name = "version", .aliases = "v", .about = "version"},
    {.name = "composed_of",
     .aliases = "c",
     .about = "component templates comprising index template"},
};

static struct slice list_cell(struct exchange *x, const struct json *v)
{
    struct buf text AUTO(buf_donep) = buf_init(THING_BODY_BYTES);
    bool is_list = v && v->type == JSON_ARRAY;
    buf_u8(&text, '[');
    if (v && v->type == JSON_STRING)
        buf_slice_add(&text, v->text);
    for (uint32_t i = 0; is_list && i < v->count; i++)
        buf_print(&text, "%s%.*s", i ? ", " : "", SLICE_PRINT(v->items[i].text));
    buf_u8(&text, ']');
    return arena_copy(x->arena, buf_slice(&text));
}

static struct slice number_cell(const struct json *body, const char *key)
{
    const struct json *v = json_get(body, key);
    return v && v->type == JSON_NUMBER ? v->text : slice_of(NULL, 0);
}

static enum err template_row(struct exchange *x, const struct kind *k, const struct thing *t,
                             struct slice *to, struct fault *why)
{
    const struct json *body = NULL;
    enum err e = json_parse(t->body, x->arena, &body, why);
    if (e != OK)
        return e;
    bool is_new = k->kind == THING_INDEX_TEMPLATE;
    *to++ = t->name;
    *to++ = list_cell(x, json_get(body, "index_patterns"));
    *to++ = number_cell(body, is_new ? "priority" : "order");
    *to++ = number_cell(body, "version");
    *to = is_new ? list_cell(x, json_get(body, "composed_of")) : slice_of(NULL, 0);
    return OK;
}

static enum err cat_templates(struct exchange *x, struct fault *why)
{
    static const struct kind *const kinds[] = {&legacy_template, &index_template};
    struct slice *cells = CAT_CELLS(template_columns, (size_t)2 * THINGS_OF_KIND_MAX);
    uint32_t rows = 0;
    enum err e = OK;
    for (int k = 0; e == OK && k < 2; k++) {
        struct thing_list all;
        e = access_things(x->api->access, kinds[k]->kind, x->arena, &all, why);
        for (uint32_t i = 0; e == OK && i < all.count; i++) {
            if (is_wished(exchange_path(x, 0), all.at[i].name))
                e = template_row(x, kinds[k], &all.at[i], cells + (size_t)5 * rows++, why);
        }
    }
    const struct cat_table t = CAT_TABLE(template_columns, rows, cells);
    return e ? e : cat_write(x, &t, why);
}

#define PUT_POST  (METHOD_PUT | METHOD_POST)
#define PUT_WORDS "create cause order"
#define GET_WORDS "flat_settings include_defaults"

static const char note[] = "kept and given back; indices and columns come from the policy";

static const struct route routes[] = {
    {PUT_POST, ACTION_WRITE, "/_index_template/{name}", put_index_template, PUT_WORDS, note},
    {METHOD_GET, ACTION_INFO, "/_index_template", get_index_template, GET_WORDS, ""},
    {METHOD_GET, ACTION_INFO, "/_index_template/{name}", get_index_template, GET_WORDS, ""},
    {METHOD_DELETE, ACTION_WRITE, "/_index_template/{name}", delete_index_template, "", ""},
    {PUT_POST, ACTION_WRITE, "/_component_template/{name}", put_component_template, PUT_WORDS,
     note},
    {METHOD_GET, ACTION_INFO, "/_component_template", get_component_template, GET_WORDS, ""},
    {METHOD_GET, ACTION_INFO, "/_component_template/{name}", get_component_template, GET_WORDS, ""},
    {METHOD_DELETE, ACTION_WRITE, "/_component_template/{name}", delete_component_template, "", ""},
    {PUT_POST, ACTION_WRITE, "/_template/{name}", put_legacy_template, PUT_WORDS, note},
    {METHOD_GET, ACTION_INFO, "/_template", get_legacy_template, GET_WORDS, ""},
    {METHOD_GET, ACTION_INFO, "/_template/{name}", get_legacy_template, GET_WORDS, ""},
    {METHOD_DELETE, ACTION_WRITE, "/_template/{name}", delete_legacy_template, "", ""},
    {METHOD_GET, ACTION_INFO, "/_cat/templates", cat_templates, CAT_PARAMETERS, ""},
    {METHOD_GET, ACTION_INFO, "/_cat/templates/{name}", cat_templates, CAT_PARAMETERS, ""},
    {METHOD_PUT, ACTION_WRITE, "/_ilm/policy/{name}", put_ilm_policy, "",
     "kept and given back; nothing is done by one"},
    {METHOD_GET, ACTION_INFO, "/_ilm/policy", get_ilm_policy, "", ""},
    {METHOD_GET, ACTION_INFO, "/_ilm/policy/{name}", get_ilm_policy, "", ""},
    {METHOD_DELETE, ACTION_WRITE, "/_ilm/policy/{name}", delete_ilm_policy, "", ""},
    {METHOD_GET, ACTION_INFO, "/_ilm/status", ilm_status, "", "always `STOPPED`"},
    {METHOD_GET, ACTION_SCHEMA, "/{index}/_ilm/explain", ilm_explain, "only_errors only_managed",
     "no index is managed"},
    {METHOD_GET, ACTION_INFO, "/_ingest/pipeline", no_pipelines, "summary", "there are none"},
    {METHOD_GET, ACTION_INFO, "/_ingest/pipeline/{name}", no_pipelines, "summary", ""},
    {METHOD_GET, ACTION_SCHEMA, "/_data_stream", no_data_streams, "include_defaults",
     "there are none"},
    {METHOD_GET, ACTION_SCHEMA, "/_data_stream/{name}", no_data_streams, "include_defaults", ""},
};

const struct route_group template_routes = ROUTE_GROUP("What shippers set up", routes);
