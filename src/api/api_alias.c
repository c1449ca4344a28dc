// SPDX-License-Identifier: Apache-2.0
#include "access/glob.h"
#include "api/api_private.h"
#include "api/cat_table.h"
#include "api/list.h"
#include "query/query.h"

// Aliases: asked for by whoever sees the index, changed by administrators.

enum { TRIES_MAX = 8, NAME_SHOWN_BYTES = 128, MISSING_BYTES = 8192 };

// ---- asking ----

// Names and patterns; "_all" and none mean all.
static bool is_wished(struct slice names, struct slice alias)
{
    struct slice one;
    bool is_in = names.len == 0;
    while (list_next(&names, &one)) {
        if (one.at[0] == '-')
            is_in &= !glob_matches(slice_from(one, 1), alias);
        else
            is_in |= slice_is(one, "_all") || glob_matches(one, alias);
    }
    return is_in;
}

// A filter may be about any field, so it is shown to those who may see them all.
static void write_options(struct exchange *x, const struct alias *a)
{
    const char *index = x->api->engine->schema->tables[a->table].name;
    bool shows_filter = permit_is_plain(x->permit, index);
    json_object(&x->json);
    for (uint32_t i = 0; a->options->type == JSON_OBJECT && i < a->options->count; i++) {
        if (slice_is(a->options->keys[i], "filter") && !shows_filter)
            continue;
        json_key_slice(&x->json, a->options->keys[i]);
        json_value(&x->json, &a->options->items[i]);
    }
    json_end(&x->json);
}

bool alias_of_table(const struct alias_list *l, uint32_t table, struct slice names)
{
    for (uint32_t i = 0; i < l->count; i++) {
        if (l->at[i].table == table && is_wished(names, l->at[i].name))
            return true;
    }
    return false;
}

void aliases_write(struct exchange *x, const struct alias_list *l, uint32_t table,
                   struct slice names)
{
    json_key(&x->json, "aliases");
    json_object(&x->json);
    for (uint32_t i = 0; i < l->count; i++) {
        if (l->at[i].table != table || !is_wished(names, l->at[i].name))
            continue;
        json_key_slice(&x->json, l->at[i].name);
        write_options(x, &l->at[i]);
    }
    json_end(&x->json);
}

// Names without a '*' that no index of the list has.
static bool add_missing(const struct alias_list *l, const struct index_list *list,
                        struct slice names, struct buf *out)
{
    struct slice one;
    while (list_next(&names, &one)) {
        bool is_there = glob_is_pattern(one) || slice_is(one, "_all") || one.at[0] == '-';
        for (uint32_t i = 0; !is_there && i < list->count; i++)
            is_there = alias_of_table(l, list->tables[i], one);
        if (!is_there)
            buf_print(out, "%s%.*s", out->len ? "," : "", SLICE_PRINT(one));
    }
    return out->len > 0;
}

static enum err write_all(struct exchange *x, struct slice expression, struct slice names,
                          struct fault *why)
{
    const struct alias_list *l = NULL;
    struct index_list list = {0};
    struct buf missing AUTO(buf_donep) = buf_init(MISSING_BYTES);
    enum err e = exchange_aliases(x, &l, why);
    if (e == OK)
        e = exchange_tables(x, x->permit, expression, &list, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    if (add_missing(l, &list, names, &missing)) {
        struct buf words AUTO(buf_donep) = buf_init(2 * (size_t)MISSING_BYTES);
        bool several = memchr(missing.at, ',', missing.len) != NULL;
        buf_print(&words, "alias%s [%.*s] missing", several ? "es" : "",
                  SLICE_PRINT(buf_slice(&missing)));
        json_key(&x->json, "error");
        json_string(&x->json, buf_slice(&words));
        json_key(&x->json, "status");
        json_int(&x->json, 404);
        x->reply->status = 404;
    }
    for (uint32_t i = 0; i < list.count; i++) {
        if (names.len && !alias_of_table(l, list.tables[i], names))
            continue;
        json_key(&x->json, x->api->engine->schema->tables[list.tables[i]].name);
        json_object(&x->json);
        aliases_write(x, l, list.tables[i], names);
        json_end(&x->json);
    }
    json_end(&x->json);
    return OK;
}

static enum err get_all(struct exchange *x, struct fault *why)
{
    return write_all(x, slice_of(NULL, 0), slice_of(NULL, 0), why);
}

static enum err get_of_index(struct exchange *x, struct fault *why)
{
    return write_all(x, exchange_path(x, 0), slice_of(NULL, 0), why);
}

static enum err get_named(struct exchange *x, struct fault *why)
{
    return write_all(x, slice_of(NULL, 0), exchange_path(x, 0), why);
}

static enum err get_of_index_named(struct exchange *x, struct fault *why)
{
    return write_all(x, exchange_path(x, 0), exchange_path(x, 1), why);
}

// ---- what is wished ----

struct alias_wish {
    struct exchange *x;
    const struct alias_list *now;
    struct alias_edit edits[ALIASES_OF_REQUEST_MAX];
    uint32_t count;
};

static enum err check_name(const struct exchange *x, struct slice name, struct fault *why)
{
    static const char forbidden[] = "\\/*?\"<>| ,#";
    bool is_good = name.len > 0 && name.len < THING_NAME_BYTES && !strchr("_-+.", name.at[0]) &&
                   !slice_is(name, "_all");
    for (size_t i = 0; is_good && i < name.len; i++)
        is_good = name.at[i] > ' ' && !memchr(forbidden, name.at[i], sizeof forbidden - 1);
    if (!is_good)
        return fail(why, ERR_INVALID,
                    "invalid_alias_name_exception: Invalid alias name [%.*s]: must not begin with "
                    "'_', '-', '+' or '.', nor contain the following characters "
                    "['\\','/','*','?','\"','<','>','|',' ',',','#'], and have 1 to %d bytes",
                    name.len < NAME_SHOWN_BYTES ? (int)name.len : NAME_SHOWN_BYTES,
                    (const char *)name.at, THING_NAME_BYTES - 1);
    if (schema_table(x->api->engine->schema, name))
        return fail(why, ERR_INVALID,
                    "invalid_alias_name_exception: Invalid alias name [%.*s]: an index or data "
                    "stream exists with the same name as the alias",
                    SLICE_PRINT(name));
    return OK;
}

static enum err add_edit(struct alias_wish *w, struct alias_edit edit, struct fault *why)
{
    if (w->count == ALIASES_OF_REQUEST_MAX)
        return fail(why, ERR_LIMIT,
                    "illegal_argument_exception: more than %d aliases of indices in one request",
                    ALIASES_OF_REQUEST_MAX);
    w->edits[w->count++] = edit;
    return OK;
}

static bool is_kept(struct slice key)
{
    static const char *const keys[] = {"filter", "index_routing", "search_routing",
                                       "is_write_index", "is_hidden"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (slice_is(key, keys[i]))
            return true;
    }
    return false;
}

static enum err check_option(struct exchange *x, struct slice key, const struct json *v,
                             struct fault *why)
{
    const struct query *query = NULL;
    bool truth = false;
    if (slice_is(key, "filter"))
        return v->type == JSON_NULL ? OK : query_parse(v, x->arena, &query, why);
    if (slice_is(key, "is_write_index") || slice_is(key, "is_hidden"))
        return v->type == JSON_BOOL ? OK : json_bool(v, &truth, why);
    return OK;
}

// The options in a form of their own: filter, routing (both kinds), is_write_index, is_hidden.
static enum err take_options(struct exchange *x, const struct json *from, const struct json **out,
                             struct fault *why)
{
    struct buf text AUTO(buf_donep) = buf_init(THING_BODY_BYTES);
    struct json_writer w = json_writer_to(&text);
    const struct json *routing = json_get(from, "routing");
    enum err e = OK;
    json_object(&w);
    for (uint32_t i = 0; e == OK && from && i < from->count; i++) {
        if (!is_kept(from->keys[i]) || from->items[i].type == JSON_NULL)
            continue;
        e = check_option(x, from->keys[i], &from->items[i], why);
        json_key_slice(&w, from->keys[i]);
        json_value(&w, &from->items[i]);
    }
    for (int k = 0; k < 2 && routing && routing->type != JSON_NULL; k++) {
        const char *key = k ? "search_routing" : "index_routing";
        if (json_get(from, key))
            continue;
        json_key(&w, key);
        json_value(&w, routing);
    }
    json_end(&w);
    if (e == OK)
        e = buf_end(&text, why);
    return e ? e : json_parse(arena_copy(x->arena, buf_slice(&text)), x->arena, out, why);
}

// Puts an alias upon all indices of an expression.
static enum err wish_add(struct alias_wish *w, struct slice indices, struct slice alias,
                         const struct json *options, struct fault *why)
{
    struct exchange *x = w->x;
    struct index_list list = {0};
    const struct json *kept = NULL;
    enum err e = check_name(x, alias, why);
    if (e == OK)
        e = take_options(x, options, &kept, why);
    if (e == OK)
        e = exchange_tables(x, x->permit, indices, &list, why);
    if (e == OK && list.count == 0)
        e = fail(why, ERR_NOT_FOUND, "index_not_found_exception: no such index [%.*s]",
                 indices.len < NAME_SHOWN_BYTES ? (int)indices.len : NAME_SHOWN_BYTES,
                 (const char *)indices.at);
    for (uint32_t i = 0; e == OK && i < list.count; i++)
        e = add_edit(w, (struct alias_edit){alias, list.tables[i], kept}, why);
    return e;
}

// Takes away what is there and matches.
static enum err wish_remove(struct alias_wish *w, struct slice indices, struct slice names,
                            bool must_exist, struct fault *why)
{
    struct index_list list = {0};
    uint32_t before = w->count;
    enum err e = exchange_tables(w->x, w->x->permit, indices, &list, why);
    for (uint32_t i = 0; e == OK && i < list.count; i++) {
        for (uint32_t k = 0; e == OK && k < w->now->count; k++) {
            const struct alias *a = &w->now->at[k];
            if (a->table == list.tables[i] && is_wished(names, a->name))
                e = add_edit(w, (struct alias_edit){a->name, a->table, NULL}, why);
        }
    }
    if (e == OK && w->count == before && must_exist)
        return fail(why, ERR_NOT_FOUND, "aliases_not_found_exception: aliases [%.*s] missing",
                    names.len < NAME_SHOWN_BYTES ? (int)names.len : NAME_SHOWN_BYTES,
                    (const char *)names.at);
    return e;
}

// "a" or ["a", "b"], as "a,b".
static struct slice list_of(struct exchange *x, const struct json *object, const char *one,
                            const char *many)
{
    const struct json *v = json_get(object, one);
    struct buf text AUTO(buf_donep) = buf_init(THING_BODY_BYTES);
    v = v ? v : json_get(object, many);
    if (!v || v->type != JSON_ARRAY)
        return v && v->type == JSON_STRING ? v->text : slice_of(NULL, 0);
    for (uint32_t i = 0; i < v->count; i++)
        buf_print(&text, "%s%.*s", i ? "," : "", SLICE_PRINT(v->items[i].text));
    return text.len ? arena_copy(x->arena, buf_slice(&text)) : slice_of(NULL, 0);
}

static enum err check_keys(const struct json *v, const char *kind, struct fault *why)
{
    static const char *const more[] = {"index",   "indices", "alias",
                                       "aliases", "routing", "must_exist"};
    for (uint32_t i = 0; i < v->count; i++) {
        bool known = is_kept(v->keys[i]);
        for (size_t k = 0; k < sizeof more / sizeof *more; k++)
            known |= slice_is(v->keys[i], more[k]);
        if (!known)
            return fail(why, ERR_INVALID,
                        "x_content_parse_exception: [%u:%u] [%s] unknown field [%.*s]",
                        v->items[i].line, v->items[i].column, kind, SLICE_PRINT(v->keys[i]));
    }
    return OK;
}

static enum err take_action(struct alias_wish *w, struct slice kind, const struct json *v,
                            struct fault *why)
{
    bool adds = slice_is(kind, "add");
    bool must_exist = true;
    struct slice names = slice_of(NULL, 0);
    struct slice one;
    if (slice_is(kind, "remove_index"))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: indices come from the policy; they cannot be "
                    "removed here");
    if ((!adds && !slice_is(kind, "remove")) || v->type != JSON_OBJECT)
        return fail(why, ERR_INVALID,
                    "x_content_parse_exception: [%u:%u] [alias_action] unknown field [%.*s]",
                    v->line, v->column, SLICE_PRINT(kind));
    enum err e = check_keys(v, adds ? "add" : "remove", why);
    if (e == OK && json_get(v, "must_exist"))
        e = json_bool(json_get(v, "must_exist"), &must_exist, why);
    struct slice indices = list_of(w->x, v, "index", "indices");
    names = list_of(w->x, v, "alias", "aliases");
    if (e == OK && (indices.len == 0 || names.len == 0))
        return fail(why, ERR_INVALID, "illegal_argument_exception: One of [%s] is required",
                    indices.len == 0 ? "index] or [indices" : "alias] or [aliases");
    if (e == OK && !adds)
        return wish_remove(w, indices, names, must_exist, why);
    while (e == OK && list_next(&names, &one))
        e = wish_add(w, indices, one, v, why);
    return e;
}

static enum err take_actions(struct alias_wish *w, const struct json *body, struct fault *why)
{
    const struct json *actions = json_get(body, "actions");
    if (!actions || actions->type != JSON_ARRAY || actions->count == 0)
        return fail(why, ERR_INVALID, "illegal_argument_exception: No action specified");
    enum err e = OK;
    for (uint32_t i = 0; e == OK && i < actions->count; i++) {
        const struct json *a = &actions->items[i];
        if (a->type != JSON_OBJECT || a->count != 1)
            return fail(why, ERR_INVALID,
                        "x_content_parse_exception: [%u:%u] an action is an object with one of "
                        "[add], [remove]",
                        a->line, a->column);
        e = take_action(w, a->keys[0], &a->items[0], why);
    }
    return e;
}

// ---- changing ----

typedef enum err (*wish_maker)(struct alias_wish *w, const struct json *body, struct fault *why);

static enum err try_change(struct exchange *x, wish_maker make, const struct json *body,
                           struct fault *why)
{
    const struct access_by by = {x->who.name, x->who.key_id, x->request->address};
    struct alias_wish *w = ARENA_NEW(x->arena, struct alias_wish);
    x->aliases = NULL;
    *w = (struct alias_wish){.x = x};
    enum err e = exchange_aliases(x, &w->now, why);
    if (e == OK)
        e = make(w, body, why);
    const struct alias_edits edits = {x->api->engine->schema, w->now, w->edits, w->count};
    return e ? e : aliases_change(x->api->access, &by, &edits, x->arena, why);
}

// Somebody else may change the catalogue between reading and writing.
static enum err change(struct exchange *x, wish_maker make, struct fault *why)
{
    const struct json *body = NULL;
    enum err e = exchange_body(x, &body, why);
    if (e == OK)
        e = ERR_CONFLICT;
    for (int i = 0; e == ERR_CONFLICT && i < TRIES_MAX; i++)
        e = try_change(x, make, body, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    json_key(&x->json, "acknowledged");
    json_truth(&x->json, true);
    json_key(&x->json, "errors");
    json_truth(&x->json, false);
    json_end(&x->json);
    return OK;
}

static enum err post_aliases(struct exchange *x, struct fault *why)
{
    return change(x, take_actions, why);
}

// The path says which; the body may say it again, as Elasticsearch takes it.
static enum err wish_put(struct alias_wish *w, const struct json *body, struct fault *why)
{
    struct slice index = exchange_path(w->x, 0);
    struct slice alias = exchange_path(w->x, 1);
    if (body && body->type != JSON_OBJECT)
        return fail(why, ERR_INVALID, "parsing_exception: [%u:%u] expected an object", body->line,
                    body->column);
    enum err e = body ? check_keys(body, "alias", why) : OK;
    return e ? e : wish_add(w, index, alias, body, why);
}

static enum err put_alias(struct exchange *x, struct fault *why)
{
    return change(x, wish_put, why);
}

static enum err wish_delete(struct alias_wish *w, const struct json *body, struct fault *why)
{
    (void)body;
    return wish_remove(w, exchange_path(w->x, 0), exchange_path(w->x, 1), true, why);
}

static enum err delete_alias(struct exchange *x, struct fault *why)
{
    return change(x, wish_delete, why);
}

// ---- _cat/aliases ----

static const struct cat_column alias_columns[] = {
    {.name = "alias", .aliases = "a", .about = "alias name"},
    {.name = "index", .aliases = "i,idx", .about = "index alias points to"},
    {.name = "filter", .aliases = "f,fi", .about = "filter"},
    {.name = "routing.index", .aliases = "ri,routingIndex", .about = "index routing"},
    {.name = "routing.search", .aliases = "rs,routingSearch", .about = "search routing"},
    {.name = "is_write_index", .aliases = "w,isWriteIndex", .about = "write index"},
};

static struct slice shown(const struct alias *a, const char *key)
{
    const struct json *v = json_get(a->options, key);
    if (!v)
        return slice_text("-");
    return v->type == JSON_BOOL ? slice_text(v->truth ? "true" : "false") : v->text;
}

static enum err cat_aliases(struct exchange *x, struct fault *why)
{
    const struct alias_list *l = NULL;
    struct index_list list = {0};
    enum err e = exchange_aliases(x, &l, why);
    if (e == OK)
        e = exchange_tables(x, x->permit, slice_of(NULL, 0), &list, why);
    if (e != OK)
        return e;
    struct slice *cells = CAT_CELLS(alias_columns, l->count);
    struct slice *to = cells;
    uint32_t rows = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        const struct alias *a = &l->at[i];
        const char *index = x->api->engine->schema->tables[a->table].name;
        if (!permit_index(x->permit, index) || !is_wished(exchange_path(x, 0), a->name))
            continue;
        *to++ = a->name;
        *to++ = slice_text(index);
        *to++ = slice_text(alias_filter(a) ? "*" : "-");
        *to++ = shown(a, "index_routing");
        *to++ = shown(a, "search_routing");
        *to++ = shown(a, "is_write_index");
        rows++;
    }
    const struct cat_table t = CAT_TABLE(alias_columns, rows, cells);
    return cat_write(x, &t, why);
}

#define PUT_POST (METHOD_PUT | METHOD_POST)

static const struct route routes[] = {
    {METHOD_GET, ACTION_SCHEMA, "/_alias", get_all, "", ""},
    {METHOD_GET, ACTION_SCHEMA, "/_aliases", get_all, "", ""},
    {METHOD_GET, ACTION_SCHEMA, "/_alias/{name}", get_named, "", ""},
    {METHOD_GET, ACTION_SCHEMA, "/{index}/_alias", get_of_index, "", ""},
    {METHOD_GET, ACTION_SCHEMA, "/{index}/_alias/{name}", get_of_index_named, "",
     "filters are shown to who may see all fields and rows"},
    {METHOD_POST, ACTION_MANAGE, "/_aliases", post_aliases, "", "`add` and `remove`; all or none"},
    {PUT_POST, ACTION_MANAGE, "/{index}/_alias/{name}", put_alias, "", ""},
    {PUT_POST, ACTION_MANAGE, "/{index}/_aliases/{name}", put_alias, "", ""},
    {METHOD_DELETE, ACTION_MANAGE, "/{index}/_alias/{name}", delete_alias, "", ""},
    {METHOD_DELETE, ACTION_MANAGE, "/{index}/_aliases/{name}", delete_alias, "", ""},
    {METHOD_GET, ACTION_SCHEMA, "/_cat/aliases", cat_aliases, CAT_PARAMETERS, ""},
    {METHOD_GET, ACTION_SCHEMA, "/_cat/aliases/{name}", cat_aliases, CAT_PARAMETERS, ""},
};

const struct route_group alias_routes = ROUTE_GROUP("Aliases", routes);
