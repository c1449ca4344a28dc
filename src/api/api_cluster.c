// SPDX-License-Identifier: Apache-2.0
#include "api/index_facts.h"
#include "api/node_facts.h"
#include "api/version.h"
#include "base/limits.h"

// One node, every index one shard without a copy.

static void counts(struct json_writer *w, const char *status, uint32_t shards)
{
    static const char *const zeros[] = {"relocating_shards", "initializing_shards",
                                        "unassigned_shards"};
    json_key(w, "status");
    json_text(w, status);
    json_key(w, "active_primary_shards");
    json_uint(w, shards);
    json_key(w, "active_shards");
    json_uint(w, shards);
    for (int i = 0; i < 3; i++) {
        json_key(w, zeros[i]);
        json_int(w, 0);
    }
}

static void health_of_indices(struct exchange *x, const struct index_list *list)
{
    struct json_writer *w = &x->json;
    json_key(w, "indices");
    json_object(w);
    for (uint32_t i = 0; i < list->count; i++) {
        json_key(w, x->api->engine->schema->tables[list->tables[i]].name);
        json_object(w);
        json_key(w, "number_of_shards");
        json_int(w, 1);
        json_key(w, "number_of_replicas");
        json_int(w, 0);
        const struct index_list one = {.tables = &list->tables[i], .count = 1};
        counts(w, index_health(x, &one), 1);
        json_end(w);
    }
    json_end(w);
}

static enum err health(struct exchange *x, struct fault *why)
{
    static const char *const zeros[] = {"delayed_unassigned_shards", "number_of_pending_tasks",
                                        "number_of_in_flight_fetch",
                                        "task_max_waiting_in_queue_millis"};
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, exchange_path(x, 0), &list, why);
    if (e != OK)
        return e;
    struct json_writer *w = &x->json;
    json_object(w);
    json_key(w, "cluster_name");
    json_text(w, x->api->cluster_name);
    json_key(w, "timed_out");
    json_truth(w, false);
    json_key(w, "number_of_nodes");
    json_int(w, 1);
    json_key(w, "number_of_data_nodes");
    json_int(w, 1);
    counts(w, index_health(x, &list), list.count);
    for (int i = 0; i < 4; i++) {
        json_key(w, zeros[i]);
        json_int(w, 0);
    }
    json_key(w, "active_shards_percent_as_number");
    json_double(w, 100.0);
    const struct slice *level = parameter_get(&x->parameters, "level");
    if (level && !slice_is(*level, "cluster"))
        health_of_indices(x, &list);
    json_end(w);
    return OK;
}

static enum err settings(struct exchange *x, struct fault *why)
{
    (void)why;
    json_object(&x->json);
    json_key(&x->json, "persistent");
    json_object(&x->json);
    json_end(&x->json);
    json_key(&x->json, "transient");
    json_object(&x->json);
    json_end(&x->json);
    json_end(&x->json);
    return OK;
}

static void node_http(struct json_writer *w, const char *address)
{
    json_key(w, "http");
    json_object(w);
    json_key(w, "bound_address");
    json_array(w);
    json_text(w, address);
    json_end(w);
    json_key(w, "publish_address");
    json_text(w, address);
    json_key(w, "max_content_length_in_bytes");
    json_int(w, LIMIT_REQUEST_BODY_BYTES);
    json_end(w);
}

static void node(struct exchange *x)
{
    struct json_writer *w = &x->json;
    json_object(w);
    node_names(x);
    json_key(w, "version");
    json_text(w, API_VERSION);
    json_key(w, "build_flavor");
    json_text(w, "default");
    json_key(w, "build_type");
    json_text(w, "deb");
    json_key(w, "roles");
    node_roles(w);
    json_key(w, "attributes");
    json_object(w);
    json_end(w);
    node_http(w, x->api->publish_address);
    json_end(w);
}

static enum err nodes(struct exchange *x, struct fault *why)
{
    (void)why;
    struct json_writer *w = &x->json;
    json_object(w);
    node_counts(w);
    json_key(w, "cluster_name");
    json_text(w, x->api->cluster_name);
    json_key(w, "nodes");
    json_object(w);
    json_key(w, x->api->cluster_uuid);
    node(x);
    json_end(w);
    json_end(w);
    return OK;
}

static void license_facts(struct json_writer *w, const char *uuid)
{
    json_object(w);
    json_key(w, "status");
    json_text(w, "active");
    json_key(w, "uid");
    json_text(w, uuid);
    json_key(w, "type");
    json_text(w, "basic");
    json_key(w, "mode");
    json_text(w, "basic");
}

static enum err license(struct exchange *x, struct fault *why)
{
    (void)why;
    struct json_writer *w = &x->json;
    json_object(w);
    json_key(w, "license");
    license_facts(w, x->api->cluster_uuid);
    json_key(w, "issue_date_in_millis");
    json_int(w, x->api->started_ms);
    json_key(w, "issued_to");
    json_text(w, x->api->cluster_name);
    json_key(w, "issuer");
    json_text(w, "tamis");
    json_end(w);
    json_end(w);
    return OK;
}

static enum err xpack(struct exchange *x, struct fault *why)
{
    (void)why;
    struct json_writer *w = &x->json;
    json_object(w);
    json_key(w, "license");
    license_facts(w, x->api->cluster_uuid);
    json_end(w);
    json_key(w, "features");
    json_object(w);
    json_key(w, "security");
    json_object(w);
    json_key(w, "available");
    json_truth(w, true);
    json_key(w, "enabled");
    json_truth(w, true);
    json_end(w);
    json_end(w);
    json_key(w, "tagline");
    json_text(w, "You know, for X");
    json_end(w);
    return OK;
}

static void stats_of_cache(struct json_writer *w, const char *key, struct agg_cache *cache,
                           enum agg_cache_kind kind)
{
    struct agg_cache_stats s;
    agg_cache_stats(cache, &s);
    const struct agg_cache_counts *of = &s.of[kind];
    json_key(w, key);
    json_object(w);
    json_key(w, "memory_size_in_bytes");
    json_uint(w, of->bytes);
    json_key(w, "evictions");
    json_uint(w, of->evictions);
    json_key(w, "hit_count");
    json_uint(w, of->hits);
    json_key(w, "miss_count");
    json_uint(w, of->misses);
    json_end(w);
}

static void stats_of_indices(struct exchange *x, const struct index_list *list)
{
    const struct store_stats *s = index_stats(x);
    uint64_t rows = 0;
    uint64_t dead = 0;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        rows += s->tables[list->tables[i]].rows;
        dead += s->tables[list->tables[i]].rows_dead;
        bytes += s->tables[list->tables[i]].bytes_disk;
    }
    struct json_writer *w = &x->json;
    json_key(w, "indices");
    json_object(w);
    json_key(w, "count");
    json_uint(w, list->count);
    json_key(w, "docs");
    json_object(w);
    json_key(w, "count");
    json_uint(w, rows);
    json_key(w, "deleted");
    json_uint(w, dead);
    json_end(w);
    json_key(w, "store");
    json_object(w);
    json_key(w, "size_in_bytes");
    json_uint(w, bytes);
    json_end(w);
    stats_of_cache(w, "request_cache", x->api->engine->cache, CACHE_ANSWERS);
    stats_of_cache(w, "partial_cache", x->api->engine->cache, CACHE_PARTIALS);
    json_end(w);
}

static void stats_of_nodes(struct json_writer *w)
{
    json_key(w, "nodes");
    json_object(w);
    json_key(w, "count");
    json_object(w);
    json_key(w, "total");
    json_int(w, 1);
    json_key(w, "data");
    json_int(w, 1);
    json_end(w);
    json_key(w, "versions");
    json_array(w);
    json_text(w, API_VERSION);
    json_end(w);
    json_end(w);
}

static enum err stats(struct exchange *x, struct fault *why)
{
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, slice_of(NULL, 0), &list, why);
    if (e != OK)
        return e;
    struct json_writer *w = &x->json;
    json_object(w);
    node_counts(w);
    json_key(w, "cluster_name");
    json_text(w, x->api->cluster_name);
    json_key(w, "cluster_uuid");
    json_text(w, x->api->cluster_uuid);
    json_key(w, "status");
    json_text(w, index_health(x, &list));
    stats_of_indices(x, &list);
    stats_of_nodes(w);
    json_end(w);
    return OK;
}

#define HEALTH_PARAMETERS                                                                 \
    "level wait_for_status wait_for_nodes wait_for_no_relocating_shards wait_for_events " \
    "wait_for_no_initializing_shards"
#define NODES_PARAMETERS "flat_settings"

static const struct route routes[] = {
    {METHOD_GET, ACTION_INFO, "/_cluster/health", health, HEALTH_PARAMETERS,
     "answers at once; `yellow` while a first copy is under way"},
    {METHOD_GET, ACTION_INFO, "/_cluster/health/{index}", health, HEALTH_PARAMETERS, ""},
    {METHOD_GET, ACTION_INFO, "/_cluster/settings", settings, "flat_settings include_defaults",
     "always empty: settings are in a file"},
    {METHOD_GET, ACTION_INFO, "/_cluster/stats", stats, "", "a small part"},
    {METHOD_GET, ACTION_INFO, "/_nodes", nodes, NODES_PARAMETERS, "always one node"},
    {METHOD_GET, ACTION_INFO, "/_nodes/http", nodes, NODES_PARAMETERS, ""},
    {METHOD_GET, ACTION_INFO, "/_nodes/_all", nodes, NODES_PARAMETERS, ""},
    {METHOD_GET, ACTION_INFO, "/_nodes/_all/http", nodes, NODES_PARAMETERS, ""},
    {METHOD_GET, ACTION_INFO, "/_nodes/_local", nodes, NODES_PARAMETERS, ""},
    {METHOD_GET, ACTION_INFO, "/_license", license, "accept_enterprise", "`active`, `basic`"},
    {METHOD_GET, ACTION_INFO, "/_xpack", xpack, "categories accept_enterprise", "a small part"},
};

const struct route_group cluster_routes = ROUTE_GROUP("Cluster", routes);
