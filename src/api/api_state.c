// SPDX-License-Identifier: Apache-2.0
#include "access/glob.h"
#include "api/field_list.h"
#include "api/index_facts.h"
#include "api/list.h"
#include "api/node_facts.h"
#include "api/render.h"

// What a cluster says of itself beside its health: state, names of indices, fields one by one,
// tasks, and the maintenance that clients ask for and that here happens by itself.

// --- _cluster/state ------------------------------------------------------------------------

static void state_nodes(struct exchange *x)
{
    struct json_writer *w = &x->json;
    json_key(w, "nodes");
    json_object(w);
    json_key(w, x->api->cluster_uuid);
    json_object(w);
    node_names(x);
    json_key(w, "roles");
    node_roles(w);
    json_end(w);
    json_end(w);
}

static void state_index(struct exchange *x, uint32_t table)
{
    struct json_writer *w = &x->json;
    const struct table *t = &x->api->engine->schema->tables[table];
    json_key(w, t->name);
    json_object(w);
    json_key(w, "state");
    json_text(w, "open");
    json_key(w, "settings");
    index_settings(x, t);
    json_key(w, "mappings");
    json_object(w);
    json_key(w, "_doc");
    index_mappings(x, t);
    json_end(w);
    json_key(w, "aliases");
    json_array(w);
    for (uint32_t i = 0; i < x->aliases->count; i++) { // read when the names were resolved
        if (x->aliases->at[i].table == table)
            json_string(w, x->aliases->at[i].name);
    }
    json_end(w);
    json_end(w);
}

static void state_metadata(struct exchange *x, const struct index_list *list)
{
    struct json_writer *w = &x->json;
    json_key(w, "metadata");
    json_object(w);
    json_key(w, "cluster_uuid");
    json_text(w, x->api->cluster_uuid);
    json_key(w, "templates");
    json_object(w);
    json_end(w);
    json_key(w, "indices");
    json_object(w);
    for (uint32_t i = 0; i < list->count; i++)
        state_index(x, list->tables[i]);
    json_end(w);
    json_end(w);
}

static void write_shard(struct exchange *x, const char *index)
{
    struct json_writer *w = &x->json;
    json_object(w);
    json_key(w, "state");
    json_text(w, "STARTED");
    json_key(w, "primary");
    json_truth(w, true);
    json_key(w, "node");
    json_text(w, x->api->cluster_uuid);
    json_key(w, "relocating_node");
    json_null(w);
    json_key(w, "shard");
    json_int(w, 0);
    json_key(w, "index");
    json_text(w, index);
    json_end(w);
}

static void state_routing(struct exchange *x, const struct index_list *list)
{
    struct json_writer *w = &x->json;
    json_key(w, "routing_table");
    json_object(w);
    json_key(w, "indices");
    json_object(w);
    for (uint32_t i = 0; i < list->count; i++) {
        const char *name = x->api->engine->schema->tables[list->tables[i]].name;
        json_key(w, name);
        json_object(w);
        json_key(w, "shards");
        json_object(w);
        json_key(w, "0");
        json_array(w);
        write_shard(x, name);
        json_end(w);
        json_end(w);
        json_end(w);
    }
    json_end(w);
    json_end(w);
}

static void state_blocks(struct json_writer *w)
{
    json_key(w, "blocks");
    json_object(w);
    json_end(w);
}

enum {
    STATE_VERSION = 1,
    STATE_MASTER = 2,
    STATE_NODES = 4,
    STATE_METADATA = 8,
    STATE_ROUTING = 16,
    STATE_BLOCKS = 32,
    STATE_ALL = 63,
};

static const struct {
    const char *name;
    unsigned bits;
} state_metrics[] = {
    {"_all", STATE_ALL},      {"version", STATE_VERSION},   {"master_node", STATE_MASTER},
    {"nodes", STATE_NODES},   {"metadata", STATE_METADATA}, {"routing_table", STATE_ROUTING},
    {"blocks", STATE_BLOCKS}, {"routing_nodes", 0},         {"customs", 0},
};

static enum err state_wished(struct slice names, unsigned *out, struct fault *why)
{
    *out = names.len ? 0 : STATE_ALL;
    struct slice name;
    while (list_next(&names, &name)) {
        size_t i = 0;
        while (i < sizeof state_metrics / sizeof *state_metrics &&
               !slice_is(name, state_metrics[i].name))
            i++;
        if (i == sizeof state_metrics / sizeof *state_metrics)
            return fail(why, ERR_INVALID,
                        "illegal_argument_exception: request contains unrecognized metric: [%.*s]",
                        SLICE_PRINT(name));
        *out |= state_metrics[i].bits;
    }
    return OK;
}

static void state_names(struct exchange *x, unsigned wished)
{
    struct json_writer *w = &x->json;
    json_key(w, "cluster_name");
    json_text(w, x->api->cluster_name);
    json_key(w, "cluster_uuid");
    json_text(w, x->api->cluster_uuid);
    if (wished & STATE_VERSION) {
        json_key(w, "version");
        json_uint(w, x->api->engine->ops->version(x->api->engine, NULL));
        json_key(w, "state_uuid");
        json_text(w, x->api->cluster_uuid);
    }
    if (wished & STATE_MASTER) {
        json_key(w, "master_node");
        json_text(w, x->api->cluster_uuid);
    }
}

static enum err cluster_state(struct exchange *x, struct fault *why)
{
    unsigned wished;
    struct index_list list;
    enum err e = state_wished(exchange_path(x, 0), &wished, why);
    if (e == OK)
        e = exchange_tables(x, x->permit, exchange_path(x, 1), &list, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    state_names(x, wished);
    if (wished & STATE_BLOCKS)
        state_blocks(&x->json);
    if (wished & STATE_NODES)
        state_nodes(x);
    if (wished & STATE_METADATA)
        state_metadata(x, &list);
    if (wished & STATE_ROUTING)
        state_routing(x, &list);
    json_end(&x->json);
    return OK;
}

// --- _resolve/index ------------------------------------------------------------------------

// Of the indices in the list, each alias once, with those indices.
static void resolve_aliases(struct exchange *x, const struct index_list *list)
{
    struct json_writer *w = &x->json;
    const struct alias_list *l = x->aliases;
    struct slice open = slice_of(NULL, 0);
    json_key(w, "aliases");
    json_array(w);
    for (uint32_t i = 0; i < l->count; i++) {
        bool is_listed = false;
        for (uint32_t k = 0; k < list->count; k++)
            is_listed |= list->tables[k] == l->at[i].table;
        if (!is_listed)
            continue;
        if (!open.len || !slice_equal(open, l->at[i].name)) {
            if (open.len) {
                json_end(w);
                json_end(w);
            }
            json_object(w);
            json_key(w, "name");
            json_string(w, l->at[i].name);
            json_key(w, "indices");
            json_array(w);
            open = l->at[i].name;
        }
        json_text(w, x->api->engine->schema->tables[l->at[i].table].name);
    }
    if (open.len) {
        json_end(w);
        json_end(w);
    }
    json_end(w);
}

static void resolved_index(struct exchange *x, uint32_t table)
{
    struct json_writer *w = &x->json;
    bool any = false;
    json_object(w);
    json_key(w, "name");
    json_text(w, x->api->engine->schema->tables[table].name);
    for (uint32_t i = 0; i < x->aliases->count; i++) {
        if (x->aliases->at[i].table != table)
            continue;
        if (!any) {
            json_key(w, "aliases");
            json_array(w);
        }
        any = true;
        json_string(w, x->aliases->at[i].name);
    }
    if (any)
        json_end(w);
    json_key(w, "attributes");
    json_array(w);
    json_text(w, "open");
    json_end(w);
    json_end(w);
}

static enum err resolve_index(struct exchange *x, struct fault *why)
{
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, exchange_path(x, 0), &list, why);
    if (e != OK)
        return e;
    struct json_writer *w = &x->json;
    json_object(w);
    json_key(w, "indices");
    json_array(w);
    for (uint32_t i = 0; i < list.count; i++)
        resolved_index(x, list.tables[i]);
    json_end(w);
    resolve_aliases(x, &list);
    json_key(w, "data_streams");
    json_array(w);
    json_end(w);
    json_end(w);
    return OK;
}

// --- _mapping/field ------------------------------------------------------------------------

static bool is_wished(struct slice patterns, struct slice name)
{
    struct slice pattern;
    while (list_next(&patterns, &pattern)) {
        if (glob_matches(pattern, name))
            return true;
    }
    return false;
}

// {"full_name":"device.model","mapping":{"model":{"type":"keyword"}}}
static void write_field(struct json_writer *w, const struct listed_field *f)
{
    struct slice last = f->prefix.len ? slice_from(f->name, f->prefix.len + 1) : f->name;
    json_key_slice(w, f->name);
    json_object(w);
    json_key(w, "full_name");
    json_string(w, f->name);
    json_key(w, "mapping");
    json_object(w);
    json_key_slice(w, last);
    json_object(w);
    json_key(w, "type");
    json_text(w, field_type_name(f->type));
    json_end(w);
    json_end(w);
    json_end(w);
}

static void fields_of(struct exchange *x, uint32_t table, struct slice patterns)
{
    struct json_writer *w = &x->json;
    const struct schema *schema = x->api->engine->schema;
    const struct table *t = &schema->tables[table];
    const struct field_list list = field_list_make(schema, t, x->permit, x->arena);
    json_key(w, t->name);
    json_object(w);
    json_key(w, "mappings");
    json_object(w);
    for (uint32_t i = 0; i < list.count; i++) {
        if (is_wished(patterns, list.at[i].name))
            write_field(w, &list.at[i]);
    }
    json_end(w);
    json_end(w);
}

static enum err write_fields(struct exchange *x, struct slice index, struct slice patterns,
                             struct fault *why)
{
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, index, &list, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    for (uint32_t i = 0; i < list.count; i++)
        fields_of(x, list.tables[i], patterns);
    json_end(&x->json);
    return OK;
}

static enum err field_of_all(struct exchange *x, struct fault *why)
{
    return write_fields(x, slice_of(NULL, 0), exchange_path(x, 0), why);
}

static enum err field_of_index(struct exchange *x, struct fault *why)
{
    return write_fields(x, exchange_path(x, 0), exchange_path(x, 1), why);
}

// --- what happens by itself ------------------------------------------------------------------

static enum err nothing_to_do(struct exchange *x, struct fault *why)
{
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, exchange_path(x, 0), &list, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    render_shards(&x->json, list.count);
    json_end(&x->json);
    return OK;
}

static enum err tasks(struct exchange *x, struct fault *why)
{
    (void)why;
    json_object(&x->json);
    json_key(&x->json, "nodes");
    json_object(&x->json);
    json_end(&x->json);
    json_end(&x->json);
    return OK;
}

static enum err one_task(struct exchange *x, struct fault *why)
{
    struct slice id = exchange_path(x, 0);
    return fail(why, ERR_NOT_FOUND,
                "resource_not_found_exception: task [%.*s] isn't running and hasn't stored its "
                "results",
                id.len < 128 ? (int)id.len : 128, (const char *)id.at);
}

static enum err pending_tasks(struct exchange *x, struct fault *why)
{
    (void)why;
    json_object(&x->json);
    json_key(&x->json, "tasks");
    json_array(&x->json);
    json_end(&x->json);
    json_end(&x->json);
    return OK;
}

// ---- _segments ----

// What is known of an index's segments together, under the name of one.
static void write_segments(struct exchange *x, const struct store_table_stats *s)
{
    struct json_writer *w = &x->json;

    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {{"generation", 0},
                   {"num_docs", s->rows},
                   {"deleted_docs", s->rows_dead},
                   {"size_in_bytes", s->bytes_disk},
                   {"memory_in_bytes", s->bytes_memory}};

    json_key(w, "segments");
    json_object(w);
    if (s->segments) {
        json_key(w, "_0");
        json_object(w);
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            json_key(w, numbers[i].key);
            json_uint(w, numbers[i].value);
        }
        json_key(w, "committed");
        json_truth(w, true);
        json_key(w, "search");
        json_truth(w, true);
        json_key(w, "compound");
        json_truth(w, false);
        json_end(w);
    }
    json_end(w);
}

static void write_segments_of(struct exchange *x, const struct store_table_stats *s)
{
    struct json_writer *w = &x->json;
    json_key(w, s->name);
    json_object(w);
    json_key(w, "shards");
    json_object(w);
    json_key(w, "0");
    json_array(w);
    json_object(w);
    json_key(w, "routing");
    json_object(w);
    json_key(w, "state");
    json_text(w, "STARTED");
    json_key(w, "primary");
    json_truth(w, true);
    json_key(w, "node");
    json_text(w, x->api->cluster_uuid);
    json_end(w);
    json_key(w, "num_committed_segments");
    json_uint(w, s->segments);
    json_key(w, "num_search_segments");
    json_uint(w, s->segments);
    write_segments(x, s);
    json_end(w);
    json_end(w);
    json_end(w);
    json_end(w);
}

static enum err segments(struct exchange *x, struct fault *why)
{
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, exchange_path(x, 0), &list, why);
    if (e != OK)
        return e;
    const struct store_stats *stats = index_stats(x);
    json_object(&x->json);
    json_key(&x->json, "_shards");
    json_object(&x->json);
    json_key(&x->json, "total");
    json_uint(&x->json, list.count);
    json_key(&x->json, "successful");
    json_uint(&x->json, list.count);
    json_key(&x->json, "failed");
    json_uint(&x->json, 0);
    json_end(&x->json);
    json_key(&x->json, "indices");
    json_object(&x->json);
    for (uint32_t i = 0; i < list.count; i++)
        write_segments_of(x, &stats->tables[list.tables[i]]);
    json_end(&x->json);
    json_end(&x->json);
    return OK;
}

static enum err search_shards(struct exchange *x, struct fault *why)
{
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, exchange_path(x, 0), &list, why);
    if (e != OK)
        return e;
    struct json_writer *w = &x->json;
    json_object(w);
    state_nodes(x);
    json_key(w, "indices");
    json_object(w);
    for (uint32_t i = 0; i < list.count; i++) {
        json_key(w, x->api->engine->schema->tables[list.tables[i]].name);
        json_object(w);
        json_end(w);
    }
    json_end(w);
    json_key(w, "shards");
    json_array(w);
    for (uint32_t i = 0; i < list.count; i++) {
        json_array(w);
        write_shard(x, x->api->engine->schema->tables[list.tables[i]].name);
        json_end(w);
    }
    json_end(w);
    json_end(w);
    return OK;
}

#define STATE_PARAMETERS "flat_settings wait_for_metadata_version wait_for_timeout"
#define TASK_PARAMETERS  "actions detailed nodes parent_task_id group_by wait_for_completion"
#define GET_POST         (METHOD_GET | METHOD_POST)

static const struct route routes[] = {
    {METHOD_GET, ACTION_SCHEMA, "/_cluster/state", cluster_state, STATE_PARAMETERS, "a small part"},
    {METHOD_GET, ACTION_SCHEMA, "/_cluster/state/{metric}", cluster_state, STATE_PARAMETERS, ""},
    {METHOD_GET, ACTION_SCHEMA, "/_cluster/state/{metric}/{name}", cluster_state, STATE_PARAMETERS,
     ""},
    {METHOD_GET, ACTION_INFO, "/_cluster/pending_tasks", pending_tasks, "", "none, ever"},
    {METHOD_GET, ACTION_INFO, "/_tasks", tasks, TASK_PARAMETERS, "none that can be listed"},
    {METHOD_GET, ACTION_INFO, "/_tasks/{id}", one_task, "wait_for_completion", "404"},
    {METHOD_GET, ACTION_SCHEMA, "/_segments", segments, "verbose vector_lengths",
     "the segments of an index as one, with their count"},
    {METHOD_GET, ACTION_SCHEMA, "/{index}/_segments", segments, "verbose vector_lengths", ""},
    {METHOD_GET, ACTION_SCHEMA, "/_resolve/index/{name}", resolve_index, "", ""},
    {METHOD_GET, ACTION_SCHEMA, "/_mapping/field/{fields}", field_of_all, "include_defaults", ""},
    {METHOD_GET, ACTION_SCHEMA, "/{index}/_mapping/field/{fields}", field_of_index,
     "include_defaults", ""},
    {GET_POST, ACTION_SCHEMA, "/_search_shards", search_shards, "", "one shard of each index"},
    {GET_POST, ACTION_SCHEMA, "/{index}/_search_shards", search_shards, "", ""},
    {GET_POST, ACTION_SCHEMA, "/_flush", nothing_to_do, "force wait_if_ongoing",
     "what was answered is on the disk already"},
    {GET_POST, ACTION_SCHEMA, "/{index}/_flush", nothing_to_do, "force wait_if_ongoing", ""},
    {METHOD_POST, ACTION_SCHEMA, "/_forcemerge", nothing_to_do,
     "max_num_segments only_expunge_deletes flush wait_for_completion",
     "segments merge by themselves"},
    {METHOD_POST, ACTION_SCHEMA, "/{index}/_forcemerge", nothing_to_do,
     "max_num_segments only_expunge_deletes flush wait_for_completion", ""},
    {METHOD_POST, ACTION_SCHEMA, "/_cache/clear", nothing_to_do, "query fielddata request fields",
     "a kept answer is never older than the rows"},
    {METHOD_POST, ACTION_SCHEMA, "/{index}/_cache/clear", nothing_to_do,
     "query fielddata request fields", ""},
};

const struct route_group state_routes = ROUTE_GROUP("State and maintenance", routes);
