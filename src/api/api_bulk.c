// SPDX-License-Identifier: Apache-2.0
#include "api/api_push.h"
#include "api/bulk_action.h"
#include "api/index_date.h"
#include "api/list.h"
#include "api/push_reply.h"
#include "base/limits.h"

#include <stdio.h>

// Writing documents: _bulk and one by one.  The documents themselves are not looked at
// here: they go to mirror as they came (data/push.h), and come back as rows and verdicts.

enum { PRETTY_ARENA_BYTES = 256 << 20, ALIASES_BYTES = 8 << 20 };

static void drop_answer(struct push_answer **a)
{
    push_answer_free(*a);
}

enum err push_refresh(const struct exchange *x, bool *out_forced, struct fault *why)
{
    const struct slice *refresh = parameter_get(&x->parameters, "refresh");
    *out_forced = refresh && (refresh->len == 0 || slice_is(*refresh, "true"));
    if (!refresh || *out_forced || slice_is(*refresh, "false") || slice_is(*refresh, "wait_for"))
        return OK;
    return fail(why, ERR_INVALID, "illegal_argument_exception: Unknown value for refresh: [%.*s].",
                refresh->len < 64 ? (int)refresh->len : 64, (const char *)refresh->at);
}

static enum err whole_number(const struct exchange *x, const char *name, bool *out_is,
                             uint64_t *out, struct fault *why)
{
    const struct slice *text = parameter_get(&x->parameters, name);
    int64_t v = 0;
    struct fault said = {0};
    *out_is = text != NULL;
    if (!text)
        return OK;
    const struct json value = {.type = JSON_STRING, .text = *text};
    if (json_i64(&value, &v, &said) || v < 0)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: Failed to parse long parameter [%s] with value "
                    "[%.*s]",
                    name, text->len < 64 ? (int)text->len : 64, (const char *)text->at);
    *out = (uint64_t)v;
    return OK;
}

// What stands in an action's line in _bulk, and in the URL here.
static enum err read_condition(const struct exchange *x, enum push_op op, struct push_head *head,
                               struct fault *why)
{
    struct bulk_action a = {.op = op, .id = head->id};
    enum err e = whole_number(x, "if_seq_no", &a.has_seq_no, &a.only_if.seq_no, why);
    if (!e)
        e = whole_number(x, "if_primary_term", &a.has_term, &a.only_if.term, why);
    if (!e && parameter_get(&x->parameters, "version"))
        a.invalid = "internal versioning can not be used for optimistic concurrency control. "
                    "Please use `if_seq_no` and `if_primary_term` instead";
    const char *fault = e ? NULL : bulk_condition_fault(&a);
    if (fault)
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: %s;", fault);
    head->only_if = a.only_if;
    head->only_if.is_given = a.has_seq_no && a.has_term;
    return e;
}

// What would change what is written, and is not done here.
static enum err check_parameters(const struct exchange *x, struct push_head *head,
                                 struct fault *why)
{
    enum err e = parameter_truth(&x->parameters, "require_alias", &head->needs_alias, why);
    if (e)
        return e;
    const struct slice *type = parameter_get(&x->parameters, "version_type");
    if (type && !slice_is(*type, "internal"))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [version_type] is not supported: use [if_seq_no] "
                    "and [if_primary_term]");
    const struct slice *pipeline = parameter_get(&x->parameters, "pipeline");
    if (pipeline && pipeline->len && !slice_is(*pipeline, "_none"))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [pipeline] is not supported: there are no ingest "
                    "pipelines");
    return OK;
}

enum err push_send(struct exchange *x, const struct push_head *head, struct slice body,
                   struct push_answer **out, struct fault *why)
{
    const struct api *api = x->api;
    if (!api->push)
        return fail(why, ERR_UNAVAILABLE,
                    "unavailable_shards_exception: documents are not taken here");
    struct push_head sent = *head;
    sent.term = store_term(api->store);
    enum err e = api->push(api->push_context, &sent, body, out, why);
    if (e == ERR_LIMIT)
        x->reply->retry_after_s = 1;
    record_push(x, *out ? push_answer_count(*out) : 0);
    return e;
}

static void allow(const struct exchange *x, struct push_head *head)
{
    const struct schema *s = x->api->engine->schema;
    for (uint32_t i = 0; i < s->table_count; i++) {
        if (permit_index(x->permit, s->tables[i].name))
            bit_set(head->allowed, i);
    }
}

// Lines may name them, and those mirror reads.
static enum err add_aliases(struct exchange *x, struct buf *out, struct fault *why)
{
    const struct alias_list *l = NULL;
    enum err e = exchange_aliases(x, &l, why);
    for (uint32_t i = 0; e == OK && i < l->count; i++) {
        uint32_t table = 0;
        if (i > 0 && slice_equal(l->at[i].name, l->at[i - 1].name))
            continue;
        bool has = aliases_write_index(l, l->at[i].name, &table, NULL) == OK;
        push_alias_add(out, l->at[i].name, has ? (uint16_t)table : PUSH_NO_TABLE);
    }
    return e ? e : buf_end(out, why);
}

static enum err need_body(const struct exchange *x, struct fault *why)
{
    return x->request->body.len ? OK
                                : fail(why, ERR_INVALID,
                                       "parse_exception: request body is "
                                       "required");
}

// Written compact; whoever asks for the pretty form gets that, if it is not too large.
static void make_pretty(struct exchange *x)
{
    struct buf compact = x->reply->body;
    struct arena *tree_arena AUTO(arena_freep) = arena_new(PRETTY_ARENA_BYTES);
    const struct json *tree = NULL;
    if (!x->pretty || json_parse(buf_slice(&compact), tree_arena, &tree, NULL))
        return;
    x->reply->body = buf_init(LIMIT_REPLY_BYTES);
    json_value(&x->json, tree); // writes into reply->body, which is empty again
    buf_done(&compact);
}

// What shippers ask for, "errors,items.*.error": items that did not fail would be written
// only to be taken out again.
static bool wants_only_failed(const struct exchange *x)
{
    const struct slice *paths = parameter_get(&x->parameters, "filter_path");
    struct slice rest = paths ? *paths : slice_of(NULL, 0);
    struct slice path;
    bool any = false;
    while (list_next(&rest, &path)) {
        if (!slice_is(path, "took") && !slice_is(path, "errors") &&
            !slice_is(path, "items.*.error"))
            return false;
        any = true;
    }
    return any;
}

static enum err bulk(struct exchange *x, struct fault *why)
{
    struct push_head head = {
        .kind = PUSH_BULK, .table = PUSH_NO_TABLE, .index = exchange_path(x, 0)};
    struct push_reply reply = {.schema = x->api->engine->schema, .body = x->request->body};
    struct push_answer *answer AUTO(drop_answer) = NULL;
    struct buf aliases AUTO(buf_donep) = buf_init(ALIASES_BYTES);
    reply.only_failed = wants_only_failed(x);
    reply.term = store_term(x->api->store);
    allow(x, &head);
    enum err e = need_body(x, why);
    if (!e)
        e = push_refresh(x, &reply.forced_refresh, why);
    if (!e)
        e = check_parameters(x, &head, why);
    if (!e)
        e = add_aliases(x, &aliases, why);
    head.aliases = buf_slice(&aliases);
    if (!e)
        e = push_send(x, &head, x->request->body, &answer, why);
    if (e)
        return e;
    reply.answer = answer;
    push_reply_bulk(&reply, exchange_took_ms(x), &x->reply->body);
    make_pretty(x);
    return OK;
}

// The one index of the path, which must be one that takes documents.
enum err push_table(struct exchange *x, uint16_t *out, struct fault *why)
{
    return push_table_named(x, exchange_path(x, 0), out, why);
}

enum err push_table_named(struct exchange *x, struct slice wanted, uint16_t *out, struct fault *why)
{
    const struct schema *s = x->api->engine->schema;
    const struct alias_list *aliases = NULL;
    const struct permit *permit = NULL;
    struct slice name;
    uint32_t table = 0;
    enum err e = index_date_resolve(wanted, x->arena, &name, why);
    if (!e)
        e = exchange_aliases(x, &aliases, why);
    const struct table *t = schema_table(s, name);
    enum err written = e || t ? ERR_NOT_FOUND : aliases_write_index(aliases, name, &table, why);
    if (written == OK) {
        t = &s->tables[table];
        name = slice_text(t->name);
    }
    if (e || (written && written != ERR_NOT_FOUND))
        return e ? e : written;
    e = permit_make(&x->who, ACTION_WRITE, name, x->arena, &permit, why);
    if (e)
        return e;
    if (!t)
        return fail(why, ERR_NOT_FOUND, "index_not_found_exception: no such index [%.*s]",
                    name.len < LIMIT_NAME_BYTES ? (int)name.len : LIMIT_NAME_BYTES,
                    (const char *)name.at);
    if (!table_is_pushed(t))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: index [%s] is mirrored from source [%s]; "
                    "documents are not pushed into it",
                    t->name, t->source);
    *out = (uint16_t)(t - s->tables);
    return OK;
}

static enum err code_of_status(int status)
{
    static const struct {
        int status;
        enum err code;
    } codes[] = {{404, ERR_NOT_FOUND}, {409, ERR_CONFLICT}, {403, ERR_DENIED}};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i].status == status)
            return codes[i].code;
    }
    return ERR_INVALID;
}

static enum err answer_one(struct exchange *x, const struct push_reply *reply, struct fault *why)
{
    const struct push_item *item = (const void *)reply->answer->items.at;
    if (push_answer_count(reply->answer) != 1)
        return fail(why, ERR_CORRUPT, "exception: a push of one document had %u items",
                    push_answer_count(reply->answer));
    struct push_end end;
    push_end_of(reply, item, &end);
    struct fault said;
    push_reply_words(reply, item, &end, &said);
    if (!end.result)
        return fail(why, code_of_status(end.status), "%s", said.words);
    x->reply->status = end.status;
    push_reply_one(reply, item, &end, &x->reply->body);
    make_pretty(x);
    return OK;
}

static enum err write_one(struct exchange *x, enum push_op op, struct fault *why)
{
    struct push_head head = {.kind = PUSH_ONE, .op = op, .id = exchange_path(x, 1)};
    struct push_reply reply = {.schema = x->api->engine->schema, .body = x->request->body};
    struct push_answer *answer AUTO(drop_answer) = NULL;
    enum err e = push_table(x, &head.table, why);
    if (!e && head.id.len > PUSH_ID_BYTES_MAX)
        e = fail(why, ERR_INVALID,
                 "illegal_argument_exception: id is too long, must be no longer than %d bytes but "
                 "was: %zu",
                 PUSH_ID_BYTES_MAX, head.id.len);
    if (!e && op != PUSH_DELETE)
        e = need_body(x, why);
    if (!e)
        e = push_refresh(x, &reply.forced_refresh, why);
    if (!e)
        e = check_parameters(x, &head, why);
    if (!e)
        e = read_condition(x, op, &head, why);
    if (e)
        return e;
    head.needs_alias &= schema_table(x->api->engine->schema, exchange_path(x, 0)) != NULL;
    reply.term = store_term(x->api->store);
    bit_set(head.allowed, head.table);
    e = push_send(x, &head, x->request->body, &answer, why);
    reply.answer = answer;
    return e || !answer ? e : answer_one(x, &reply, why);
}

static enum err index_one(struct exchange *x, struct fault *why)
{
    const struct slice *type = parameter_get(&x->parameters, "op_type");
    if (type && !slice_is(*type, "create") && !slice_is(*type, "index"))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: opType must be 'create' or 'index', found: "
                    "[%.*s]",
                    type->len < 64 ? (int)type->len : 64, (const char *)type->at);
    return write_one(x, type && slice_is(*type, "create") ? PUSH_CREATE : PUSH_INDEX, why);
}

static enum err create_one(struct exchange *x, struct fault *why)
{
    return write_one(x, PUSH_CREATE, why);
}

static enum err update_one(struct exchange *x, struct fault *why)
{
    return write_one(x, PUSH_UPDATE, why);
}

static enum err delete_one(struct exchange *x, struct fault *why)
{
    return write_one(x, PUSH_DELETE, why);
}

#define BULK_PARAMETERS                                                           \
    "pipeline require_alias require_data_stream list_executed_pipelines _source " \
    "_source_includes _source_excludes"
#define ONE_PARAMETERS                                                               \
    "op_type if_seq_no if_primary_term version version_type pipeline require_alias " \
    "require_data_stream retry_on_conflict _source _source_includes _source_excludes"

static const char note[] = "into indices of `push:`; `_version` grows but does not count";

static const struct route routes[] = {
    {METHOD_POST | METHOD_PUT, ACTION_WRITE, "/_bulk", bulk, BULK_PARAMETERS,
     "into indices of `push:`; actions index, create, update (doc, upsert, doc_as_upsert), delete"},
    {METHOD_POST | METHOD_PUT, ACTION_WRITE, "/{index}/_bulk", bulk, BULK_PARAMETERS, ""},
    {METHOD_POST, ACTION_WRITE, "/{index}/_doc", index_one, ONE_PARAMETERS, note},
    {METHOD_POST | METHOD_PUT, ACTION_WRITE, "/{index}/_doc/{id}", index_one, ONE_PARAMETERS, note},
    {METHOD_DELETE, ACTION_WRITE, "/{index}/_doc/{id}", delete_one, ONE_PARAMETERS, ""},
    {METHOD_POST | METHOD_PUT, ACTION_WRITE, "/{index}/_create/{id}", create_one, ONE_PARAMETERS,
     ""},
    {METHOD_POST, ACTION_WRITE, "/{index}/_update/{id}", update_one, ONE_PARAMETERS,
     "`doc`, `upsert`, `doc_as_upsert`, `detect_noop`; no scripts"},
};

const struct route_group bulk_routes = ROUTE_GROUP("Writing documents", routes);
