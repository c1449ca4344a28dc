// SPDX-License-Identifier: Apache-2.0
#include "api/index_facts.h"
#include "api/index_stats.h"
#include "api/list.h"
#include "api/node_facts.h"
#include "api/render.h"
#include "api/stat_sections.h"
#include "base/world.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>

// Statistics of indices and of the node, for exporters and for people who watch.

enum { NOT_KNOWN = -1 }; // Elasticsearch's word for it

// --- _stats ----------------------------------------------------------------------------

// Every index is one shard without a copy, so primaries and total are the same.
static void both(struct exchange *x, const struct stat_wish *wish,
                 const struct store_table_stats *sum)
{
    static const char *const names[] = {"primaries", "total"};
    for (int i = 0; i < 2; i++) {
        json_key(&x->json, names[i]);
        json_object(&x->json);
        index_stats_write(x, wish, sum);
        json_end(&x->json);
    }
}

static void one_index(struct exchange *x, const struct stat_wish *wish, uint32_t table)
{
    struct json_writer *w = &x->json;
    const char *name = x->api->engine->schema->tables[table].name;
    const struct index_list one = {.tables = &table, .count = 1};
    const struct store_table_stats sum = index_stats_sum(x, &one);
    char uuid[INDEX_UUID_BYTES];
    index_uuid(name, uuid);
    json_key(w, name);
    json_object(w);
    json_key(w, "uuid");
    json_text(w, uuid);
    json_key(w, "health");
    json_text(w, index_health(x, &one));
    json_key(w, "status");
    json_text(w, "open");
    both(x, wish, &sum);
    json_end(w);
}

static enum err write_stats(struct exchange *x, struct slice index, struct slice metric,
                            struct fault *why)
{
    struct index_list list;
    struct stat_wish wish;
    enum err e = index_stats_wish(x, metric, &wish, why);
    if (e == OK)
        e = exchange_tables(x, x->permit, index, &list, why);
    if (e != OK)
        return e;
    struct json_writer *w = &x->json;
    json_object(w);
    render_shards(w, list.count);
    json_key(w, "_all");
    json_object(w);
    const struct store_table_stats sum = index_stats_sum(x, &list);
    both(x, &wish, &sum);
    json_end(w);
    const struct slice *level = parameter_get(&x->parameters, "level");
    if (!level || !slice_is(*level, "cluster")) {
        json_key(w, "indices");
        json_object(w);
        for (uint32_t i = 0; i < list.count; i++)
            one_index(x, &wish, list.tables[i]);
        json_end(w);
    }
    json_end(w);
    return OK;
}

static enum err stats_of_all(struct exchange *x, struct fault *why)
{
    return write_stats(x, slice_of(NULL, 0), exchange_path(x, 0), why);
}

static enum err stats_of_index(struct exchange *x, struct fault *why)
{
    return write_stats(x, exchange_path(x, 0), exchange_path(x, 1), why);
}

// --- _nodes/stats ------------------------------------------------------------------------

static enum err node_indices(struct exchange *x, struct fault *why)
{
    struct index_list list;
    struct stat_wish all;
    enum err e = index_stats_wish(x, slice_of(NULL, 0), &all, why);
    if (e == OK)
        e = exchange_tables(x, x->permit, slice_of(NULL, 0), &list, why);
    if (e != OK)
        return e;
    const struct store_table_stats sum = index_stats_sum(x, &list);
    json_key(&x->json, "indices");
    json_object(&x->json);
    index_stats_write(x, &all, &sum);
    json_end(&x->json);
    return OK;
}

static void write_load(struct json_writer *w, const struct sysinfo *s)
{
    static const char *const names[] = {"1m", "5m", "15m"};
    json_key(w, "load_average");
    json_object(w);
    for (int i = 0; i < 3; i++) {
        json_key(w, names[i]);
        json_double(w, (double)s->loads[i] / (1 << SI_LOAD_SHIFT));
    }
    json_end(w);
}

static uint64_t percent_of(uint64_t part, uint64_t whole)
{
    return whole ? part * 100 / whole : 0;
}

static enum err node_os(struct exchange *x, struct fault *why)
{
    struct sysinfo s = {0};
    if (sysinfo(&s) < 0)
        return fail(why, ERR_IO, "sysinfo: the system does not say");
    uint64_t total = (uint64_t)s.totalram * s.mem_unit;
    uint64_t free = (uint64_t)s.freeram * s.mem_unit;
    uint64_t swap = (uint64_t)s.totalswap * s.mem_unit;
    uint64_t swap_free = (uint64_t)s.freeswap * s.mem_unit;
    const struct stat_fact known[] = {
        {"mem.total_in_bytes", total},
        {"mem.adjusted_total_in_bytes", total},
        {"mem.free_in_bytes", free},
        {"mem.used_in_bytes", total - free},
        {"mem.free_percent", percent_of(free, total)},
        {"mem.used_percent", percent_of(total - free, total)},
        {"swap.total_in_bytes", swap},
        {"swap.free_in_bytes", swap_free},
        {"swap.used_in_bytes", swap - swap_free},
    };
    static const struct stat_section sections[] = {
        {"mem", "total_in_bytes adjusted_total_in_bytes free_in_bytes used_in_bytes free_percent "
                "used_percent"},
        {"swap", "total_in_bytes free_in_bytes used_in_bytes"},
    };
    const struct stat_facts facts = {known, sizeof known / sizeof *known};
    struct json_writer *w = &x->json;
    json_key(w, "os");
    json_object(w);
    json_key(w, "timestamp");
    json_int(w, now_ms());
    json_key(w, "cpu");
    json_object(w);
    json_key(w, "percent");
    json_int(w, NOT_KNOWN);
    write_load(w, &s);
    json_end(w);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        stat_section_write(w, &sections[i], &facts);
    json_end(w);
    return OK;
}

static uint64_t ms_of(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_usec / 1000;
}

// Of the process that answers.
static enum err node_process(struct exchange *x, struct fault *why)
{
    (void)why;
    struct rusage used = {0};
    struct rlimit files = {0};
    getrusage(RUSAGE_SELF, &used);
    getrlimit(RLIMIT_NOFILE, &files);
    struct json_writer *w = &x->json;
    json_key(w, "process");
    json_object(w);
    json_key(w, "timestamp");
    json_int(w, now_ms());
    json_key(w, "open_file_descriptors");
    json_int(w, NOT_KNOWN);
    json_key(w, "max_file_descriptors");
    json_uint(w, files.rlim_cur);
    json_key(w, "cpu");
    json_object(w);
    json_key(w, "percent");
    json_int(w, NOT_KNOWN);
    json_key(w, "total_in_millis");
    json_uint(w, ms_of(used.ru_utime) + ms_of(used.ru_stime));
    json_end(w);
    json_end(w);
    return OK;
}

// There is no Java here: zeros, for those who decode them.
static enum err node_jvm(struct exchange *x, struct fault *why)
{
    (void)why;
    static const struct stat_section sections[] = {
        {"mem", "heap_used_in_bytes heap_used_percent heap_committed_in_bytes heap_max_in_bytes "
                "non_heap_used_in_bytes non_heap_committed_in_bytes"},
        {"threads", "count peak_count"},
        {"classes", "current_loaded_count total_loaded_count total_unloaded_count"},
    };
    const struct stat_facts none = {0};
    struct json_writer *w = &x->json;
    json_key(w, "jvm");
    json_object(w);
    json_key(w, "timestamp");
    json_int(w, now_ms());
    json_key(w, "uptime_in_millis");
    json_int(w, now_ms() - x->api->started_ms);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        stat_section_write(w, &sections[i], &none);
    json_key(w, "gc");
    json_object(w);
    json_key(w, "collectors");
    json_object(w);
    json_end(w);
    json_end(w);
    json_key(w, "buffer_pools");
    json_object(w);
    json_end(w);
    json_end(w);
    return OK;
}

static enum err node_threads(struct exchange *x, struct fault *why)
{
    (void)why;
    static const char fields[] = "threads queue active rejected largest completed";
    static const struct stat_section pools[] = {
        {"get", fields}, {"search", fields}, {"write", fields}};
    const struct stat_facts none = {0};
    json_key(&x->json, "thread_pool");
    json_object(&x->json);
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
        stat_section_write(&x->json, &pools[i], &none);
    json_end(&x->json);
    return OK;
}

static enum err node_fs(struct exchange *x, struct fault *why)
{
    uint64_t total;
    uint64_t free;
    enum err e = store_space(x->api->store, &total, &free, why);
    if (e != OK)
        return e;
    const struct stat_fact known[] = {
        {"total.total_in_bytes", total},
        {"total.free_in_bytes", free},
        {"total.available_in_bytes", free},
    };
    static const char fields[] = "total_in_bytes free_in_bytes available_in_bytes";
    static const struct stat_section sum = {"total", fields};
    const struct stat_facts facts = {known, sizeof known / sizeof *known};
    struct json_writer *w = &x->json;
    json_key(w, "fs");
    json_object(w);
    json_key(w, "timestamp");
    json_int(w, now_ms());
    stat_section_write(w, &sum, &facts);
    json_key(w, "data");
    json_array(w);
    json_end(w);
    json_end(w);
    return OK;
}

static enum err node_transport(struct exchange *x, struct fault *why)
{
    (void)why;
    static const struct stat_section section = {
        "transport", "server_open total_outbound_connections rx_count rx_size_in_bytes tx_count "
                     "tx_size_in_bytes"};
    const struct stat_facts none = {0};
    stat_section_write(&x->json, &section, &none);
    return OK;
}

static enum err node_http_stats(struct exchange *x, struct fault *why)
{
    (void)why;
    static const struct stat_section section = {"http", "current_open total_opened"};
    const struct stat_facts none = {0};
    stat_section_write(&x->json, &section, &none);
    return OK;
}

static enum err node_breakers(struct exchange *x, struct fault *why)
{
    (void)why;
    static const char fields[] = "limit_size_in_bytes estimated_size_in_bytes overhead tripped";
    static const struct stat_section breakers[] = {{"request", fields}, {"parent", fields}};
    const struct stat_facts none = {0};
    json_key(&x->json, "breakers");
    json_object(&x->json);
    for (size_t i = 0; i < sizeof breakers / sizeof *breakers; i++)
        stat_section_write(&x->json, &breakers[i], &none);
    json_end(&x->json);
    return OK;
}

static const struct {
    const char *name;
    enum err (*write)(struct exchange *x, struct fault *why);
} parts[] = {
    {"indices", node_indices},     {"os", node_os},
    {"process", node_process},     {"jvm", node_jvm},
    {"thread_pool", node_threads}, {"fs", node_fs},
    {"transport", node_transport}, {"http", node_http_stats},
    {"breakers", node_breakers},
};

enum { PART_COUNT = sizeof parts / sizeof *parts };

static unsigned part_bit(struct slice name)
{
    for (unsigned i = 0; i < PART_COUNT; i++) {
        if (slice_is(name, parts[i].name))
            return 1U << i;
    }
    return 0;
}

static enum err wished_parts(struct exchange *x, struct slice names, unsigned *out,
                             struct fault *why)
{
    *out = names.len == 0 || slice_is(names, "_all") ? (1U << PART_COUNT) - 1 : 0;
    struct slice name;
    while (*out != (1U << PART_COUNT) - 1 && list_next(&names, &name)) {
        unsigned bit = part_bit(name);
        if (!bit)
            return fail(why, ERR_INVALID,
                        "illegal_argument_exception: request [%.192s] contains unrecognized "
                        "metric: [%.*s]",
                        x->request->path, SLICE_PRINT(name));
        *out |= bit;
    }
    return OK;
}

static enum err write_parts(struct exchange *x, unsigned wished, struct fault *why)
{
    enum err e = OK;
    for (unsigned i = 0; e == OK && i < PART_COUNT; i++) {
        if (wished >> i & 1)
            e = parts[i].write(x, why);
    }
    return e;
}

static enum err node_stats(struct exchange *x, struct fault *why)
{
    unsigned wished;
    enum err e = wished_parts(x, exchange_path(x, 0), &wished, why);
    if (e != OK)
        return e;
    struct json_writer *w = &x->json;
    json_object(w);
    node_counts(w);
    json_key(w, "cluster_name");
    json_text(w, x->api->cluster_name);
    json_key(w, "nodes");
    json_object(w);
    json_key(w, x->api->cluster_uuid);
    json_object(w);
    json_key(w, "timestamp");
    json_int(w, now_ms());
    node_names(x);
    json_key(w, "roles");
    node_roles(w);
    e = write_parts(x, wished, why);
    json_end(w);
    json_end(w);
    json_end(w);
    return e;
}

#define STATS_PARAMETERS                                                                 \
    "level fields completion_fields fielddata_fields groups include_segment_file_sizes " \
    "include_unloaded_segments forbid_closed_indices types"

static const struct route routes[] = {
    {METHOD_GET, ACTION_SCHEMA, "/_stats", stats_of_all, STATS_PARAMETERS,
     "`docs`, `store`, `segments`, `indexing.index_total` and `request_cache` are counted; the "
     "rest is 0"},
    {METHOD_GET, ACTION_SCHEMA, "/_stats/{metric}", stats_of_all, STATS_PARAMETERS, ""},
    {METHOD_GET, ACTION_SCHEMA, "/{index}/_stats", stats_of_index, STATS_PARAMETERS, ""},
    {METHOD_GET, ACTION_SCHEMA, "/{index}/_stats/{metric}", stats_of_index, STATS_PARAMETERS, ""},
    {METHOD_GET, ACTION_INFO, "/_nodes/stats", node_stats, STATS_PARAMETERS,
     "`jvm`, `thread_pool`, `transport`, `http` and `breakers` are there with zeros"},
    {METHOD_GET, ACTION_INFO, "/_nodes/_local/stats", node_stats, STATS_PARAMETERS, ""},
    {METHOD_GET, ACTION_INFO, "/_nodes/_all/stats", node_stats, STATS_PARAMETERS, ""},
    {METHOD_GET, ACTION_INFO, "/_nodes/stats/{metric}", node_stats, STATS_PARAMETERS, ""},
    {METHOD_GET, ACTION_INFO, "/_nodes/_local/stats/{metric}", node_stats, STATS_PARAMETERS, ""},
    {METHOD_GET, ACTION_INFO, "/_nodes/_all/stats/{metric}", node_stats, STATS_PARAMETERS, ""},
};

const struct route_group stats_routes = ROUTE_GROUP("Statistics", routes);
