// SPDX-License-Identifier: Apache-2.0
#include "api/api_private.h"
#include "api/error.h"
#include "api/list.h"
#include "api/render.h"
#include "api/sealed_names.h"
#include "api/source_filter.h"
#include "data/changeset.h"

// Single rows by id.  A row that is not there is a reply of its own shape, not an error.

enum { MGET_MAX = 10000 };

struct row_wish {
    uint32_t table;
    struct slice id;
};

// The key of an _id that a client gave: only mirror can tell, as it is a keyed hash.
static enum err ask_key(const struct exchange *x, const struct row_wish *w, struct row_key *out,
                        struct fault *why)
{
    const struct api *api = x->api;
    const struct push_head head = {.kind = PUSH_FIND, .table = (uint16_t)w->table, .id = w->id};
    struct push_answer *answer = NULL;
    if (!api->push || w->id.len == 0 || w->id.len > PUSH_ID_BYTES_MAX)
        return ERR_NOT_FOUND;
    enum err e = api->push(api->push_context, &head, slice_of(NULL, 0), &answer, why);
    if (!e)
        *out = answer->found;
    push_answer_free(answer);
    return e;
}

static enum err key_of(const struct exchange *x, const struct row_wish *w, struct row_key *out,
                       struct fault *why)
{
    const struct table *t = &x->api->engine->schema->tables[w->table];
    if (!table_is_pushed(t))
        return row_key_parse(w->id, out) == OK ? OK : ERR_NOT_FOUND;
    return push_key_parse(w->id, out) ? OK : ask_key(x, w, out, why);
}

// The one way to a single row; `shown` says what of it is to be shown.
static enum err get_row(struct exchange *x, const struct row_wish *w, const struct request *shown,
                        struct hit *out, struct fault *why)
{
    struct row_key key;
    struct engine *engine = x->api->engine;
    enum err e = sealed_names_check(engine->schema, x->permit, w->table, shown, x->arena, why);
    if (e == OK)
        e = key_of(x, w, &key, why);
    if (e != OK)
        return e;
    e = engine->ops->get(engine, x->permit, w->table, key, x->arena, out, why);
    if (e == OK)
        record_row(x, w->table, out, shown);
    return e;
}

// The URL's _source, _source_includes, _source_excludes.
static enum err read_source(struct exchange *x, struct request *out, struct fault *why)
{
    enum err e = request_parse(NULL, x->arena, out, why);
    for (uint32_t i = 0; e == OK && i < x->parameters.count; i++) {
        const struct parameter *p = &x->parameters.at[i];
        bool known;
        if (slice_starts(p->name, slice_text("_source")))
            e = request_parameter(out, p->name, p->value, x->arena, &known, why);
    }
    return e;
}

static void write_missing(struct exchange *x, const char *index, struct slice id)
{
    json_object(&x->json);
    json_key(&x->json, "_index");
    json_text(&x->json, index);
    json_key(&x->json, "_id");
    json_string(&x->json, id);
    json_key(&x->json, "found");
    json_truth(&x->json, false);
    json_end(&x->json);
}

static enum err write_row(struct exchange *x, const struct hit *h, struct slice id,
                          const struct request *request, struct fault *why)
{
    json_object(&x->json);
    json_key(&x->json, "_index");
    json_text(&x->json, h->index);
    json_key(&x->json, "_id");
    json_string(&x->json, id);
    render_version(&x->json, h);
    render_seq_no(&x->json, h);
    json_key(&x->json, "found");
    json_truth(&x->json, true);
    struct render r = render_start(&x->json, request);
    if (!request->source.is_off) {
        json_key(&x->json, "_source");
        source_render(&r, h, &request->source);
    }
    json_end(&x->json);
    return render_end(&r, why);
}

static const char *index_name(const struct exchange *x, uint32_t table)
{
    return x->api->engine->schema->tables[table].name;
}

static enum err get_doc(struct exchange *x, struct fault *why)
{
    struct row_wish w = {.id = exchange_path(x, 1)};
    struct request request;
    struct hit h;
    enum err e = exchange_table(x, &w.table, why);
    if (e == OK)
        e = read_source(x, &request, why);
    if (e != OK)
        return e;
    e = get_row(x, &w, &request, &h, why);
    if (e == OK)
        return write_row(x, &h, w.id, &request, why);
    if (e != ERR_NOT_FOUND)
        return e;
    write_missing(x, index_name(x, w.table), w.id);
    x->reply->status = 404;
    return OK;
}

static enum err get_source(struct exchange *x, struct fault *why)
{
    struct row_wish w = {.id = exchange_path(x, 1)};
    struct request request;
    struct hit h;
    enum err e = exchange_table(x, &w.table, why);
    if (e == OK)
        e = read_source(x, &request, why);
    if (e == OK)
        e = get_row(x, &w, &request, &h, why);
    if (e == ERR_NOT_FOUND && why->words[0] == '\0')
        return fail(why, e, "resource_not_found_exception: Document not found [%s]/[%.*s]",
                    index_name(x, w.table), w.id.len > 64 ? 64 : (int)w.id.len,
                    (const char *)w.id.at);
    if (e != OK)
        return e;
    struct render r = render_start(&x->json, &request);
    source_render(&r, &h, &request.source);
    return render_end(&r, why);
}

// --- _mget -----------------------------------------------------------------------

static void write_row_error(struct exchange *x, struct slice index, struct slice id, enum err e,
                            const struct fault *why)
{
    struct error error = error_of(e, why);
    json_object(&x->json);
    json_key(&x->json, "_index");
    json_string(&x->json, index);
    json_key(&x->json, "_id");
    json_string(&x->json, id);
    json_key(&x->json, "error");
    error_object(&x->json, &error);
    json_end(&x->json);
}

static enum err one_table(struct exchange *x, struct slice index, uint32_t *out, struct fault *why)
{
    const struct index_wish wish = {.expression = index};
    struct index_seer seer;
    struct index_list list = {0};
    enum err e = exchange_seer(x, x->permit, &seer, why);
    if (e == OK)
        e = index_names_resolve(&seer, &wish, x->arena, &list, why);
    if (e == OK && (index.len == 0 || list.count != 1))
        e = fail(why, ERR_INVALID, "illegal_argument_exception: each of [docs] names one index");
    if (e == OK)
        *out = list.tables[0];
    return e;
}

// One document of the reply; what is wrong with it is told in its place.
static enum err answer_one(struct exchange *x, struct slice index, struct slice id,
                           const struct request *request, struct fault *why)
{
    struct fault inner = {0};
    struct row_wish w = {.id = id};
    struct hit h;
    enum err e = one_table(x, index, &w.table, &inner);
    if (e == OK) {
        e = get_row(x, &w, request, &h, &inner);
        if (e == ERR_NOT_FOUND) {
            write_missing(x, index_name(x, w.table), id);
            return OK;
        }
    }
    if (e == OK)
        return write_row(x, &h, id, request, why);
    write_row_error(x, index, id, e, &inner);
    return OK;
}

static enum err read_own_source(struct exchange *x, const struct json *source, struct request *r,
                                struct fault *why)
{
    const struct slice key = slice_text("_source");
    const struct json body = {.type = JSON_OBJECT, .count = 1, .items = source, .keys = &key};
    struct request own;
    enum err e = request_parse(&body, x->arena, &own, why);
    if (e == OK)
        r->source = own.source;
    return e;
}

// Of a document's own: {"_id": .., "_source": .., "routing": ..}.
static enum err read_doc(struct exchange *x, const struct json *doc, struct request *r,
                         struct fault *why)
{
    static const char *const known[] = {"_index", "_id", "_type", "_routing", "routing"};
    enum err e = OK;
    for (uint32_t i = 0; e == OK && doc->type == JSON_OBJECT && i < doc->count; i++) {
        bool is_known = false;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            is_known |= slice_is(doc->keys[i], known[k]);
        if (slice_is(doc->keys[i], "_source"))
            e = read_own_source(x, &doc->items[i], r, why);
        else if (!is_known)
            return fail(why, ERR_INVALID,
                        "parsing_exception: [%u:%u] unknown parameter [%.*s] of a document of "
                        "_mget",
                        doc->items[i].line, doc->items[i].column, SLICE_PRINT(doc->keys[i]));
    }
    return e;
}

static struct slice text_of(const struct json *object, const char *key, struct slice otherwise)
{
    const struct json *v = json_get(object, key);
    return v && (v->type == JSON_STRING || v->type == JSON_NUMBER) ? v->text : otherwise;
}

static enum err mget_list(const struct json *body, const struct json **out, bool *out_are_ids,
                          struct fault *why)
{
    const struct json *docs = json_get(body, "docs");
    const struct json *ids = json_get(body, "ids");
    *out_are_ids = !docs;
    *out = docs ? docs : ids;
    if (!*out || (*out)->type != JSON_ARRAY)
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: no documents to "
                    "get;");
    if ((*out)->count > MGET_MAX)
        return fail(why, ERR_LIMIT,
                    "illegal_argument_exception: more than %d documents in one request", MGET_MAX);
    return OK;
}

// One entry of the body: an id, or an object.
struct mget_one {
    struct slice index, id;
    struct request request; // the URL's, with its own _source
};

static enum err read_one(struct exchange *x, const struct json *v, bool is_id, struct mget_one *out,
                         struct fault *why)
{
    const struct slice none = slice_of(NULL, 0);
    out->index = exchange_path(x, 0);
    if (is_id) {
        out->id = v->type == JSON_STRING || v->type == JSON_NUMBER ? v->text : none;
        return OK;
    }
    if (v->type != JSON_OBJECT)
        return fail(why, ERR_INVALID,
                    "parsing_exception: [%u:%u] unexpected token [%s], expected [START_OBJECT]",
                    v->line, v->column, json_token_name(v));
    out->id = text_of(v, "_id", none);
    out->index = text_of(v, "_index", out->index);
    return read_doc(x, v, &out->request, why);
}

// What Elasticsearch says of all entries before it gets one.
static enum err check_one(const struct mget_one *one, uint32_t at, struct fault *why)
{
    const char *missing = one->index.len == 0 ? "index" : one->id.len == 0 ? "id" : NULL;
    return missing ? fail(why, ERR_INVALID,
                          "action_request_validation_exception: Validation Failed: 1: %s is "
                          "missing for doc %u;",
                          missing, at)
                   : OK;
}

static enum err read_list(struct exchange *x, const struct json *list, bool are_ids,
                          struct mget_one **out, struct fault *why)
{
    struct mget_one *all = ARENA_ARRAY(x->arena, struct mget_one, list->count + 1);
    struct request request;
    enum err e = read_source(x, &request, why);
    for (uint32_t i = 0; e == OK && i < list->count; i++) {
        all[i].request = request;
        e = read_one(x, &list->items[i], are_ids, &all[i], why);
        if (e == OK)
            e = check_one(&all[i], i, why);
    }
    *out = all;
    return e;
}

static enum err mget(struct exchange *x, struct fault *why)
{
    const struct json *body = NULL;
    const struct json *list = NULL;
    bool are_ids = false;
    struct mget_one *all = NULL;
    enum err e = exchange_body(x, &body, why);
    if (e == OK)
        e = mget_list(body, &list, &are_ids, why);
    if (e == OK)
        e = read_list(x, list, are_ids, &all, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    json_key(&x->json, "docs");
    json_array(&x->json);
    for (uint32_t i = 0; e == OK && i < list->count; i++)
        e = answer_one(x, all[i].index, all[i].id, &all[i].request, why);
    json_end(&x->json);
    json_end(&x->json);
    return e;
}

#define SOURCE_PARAMETERS "_source _source_includes _source_excludes realtime version version_type"

static const struct route routes[] = {
    {METHOD_GET, ACTION_READ, "/{index}/_doc/{id}", get_doc, SOURCE_PARAMETERS, ""},
    {METHOD_GET, ACTION_READ, "/{index}/_source/{id}", get_source, SOURCE_PARAMETERS, ""},
    {METHOD_GET | METHOD_POST, ACTION_READ, "/_mget", mget, SOURCE_PARAMETERS, ""},
    {METHOD_GET | METHOD_POST, ACTION_READ, "/{index}/_mget", mget, SOURCE_PARAMETERS, ""},
};

const struct route_group doc_routes = ROUTE_GROUP("Rows by id", routes);
