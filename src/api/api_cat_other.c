// SPDX-License-Identifier: Apache-2.0
#include "api/cat_table.h"
#include "api/index_facts.h"
#include "api/node_facts.h"
#include "api/version.h"

// The _cat tables of a node and its shards.  There is one node, and every index is one shard;
// tables of what does not exist here have their header and no rows.

// --- one row of each node --------------------------------------------------------------

static const struct cat_column nodes_columns[] = {
    {.name = "ip", .aliases = "i", .about = "ip address"},
    {.name = "heap.percent",
     .aliases = "hp,heapPercent",
     .about = "used heap ratio",
     .is_number = true},
    {.name = "ram.percent",
     .aliases = "rp,ramPercent",
     .about = "used machine memory ratio",
     .is_number = true},
    {.name = "cpu", .aliases = "", .about = "recent cpu usage", .is_number = true},
    {.name = "node.role",
     .aliases = "r,role,nodeRole",
     .about = "d:data, i:ingest, m:master-eligible"},
    {.name = "master", .aliases = "m", .about = "*:current master"},
    {.name = "name", .aliases = "n", .about = "node name"},
    {.name = "id", .aliases = "nodeId", .about = "unique node id", .is_hidden = true},
    {.name = "version", .aliases = "v", .about = "version of the API", .is_hidden = true},
    {.name = "http_address", .aliases = "http", .about = "bound http address", .is_hidden = true},
};

static enum err nodes(struct exchange *x, struct fault *why)
{
    const struct slice none = slice_text("-");
    const struct slice cells[] = {
        node_host(x),
        none,
        none,
        none,
        slice_text("dim"),
        slice_text("*"),
        slice_text(x->api->node_name),
        slice_text(x->api->cluster_uuid),
        slice_text(API_VERSION),
        slice_text(x->api->publish_address),
    };
    const struct cat_table t = CAT_TABLE(nodes_columns, 1, cells);
    return cat_write(x, &t, why);
}

static const struct cat_column master_columns[] = {
    {.name = "id", .aliases = "", .about = "node id"},
    {.name = "host", .aliases = "h", .about = "host name"},
    {.name = "ip", .aliases = "", .about = "ip address"},
    {.name = "node", .aliases = "n", .about = "node name"},
};

static enum err master(struct exchange *x, struct fault *why)
{
    const struct slice cells[] = {slice_text(x->api->cluster_uuid), node_host(x), node_host(x),
                                  slice_text(x->api->node_name)};
    const struct cat_table t = CAT_TABLE(master_columns, 1, cells);
    return cat_write(x, &t, why);
}

static const struct cat_column allocation_columns[] = {
    {.name = "shards", .aliases = "s", .about = "number of shards on node", .is_number = true},
    {.name = "disk.indices",
     .aliases = "di,diskIndices",
     .about = "disk used by indices",
     .is_bytes = true},
    {.name = "disk.used", .aliases = "du,diskUsed", .about = "disk used", .is_bytes = true},
    {.name = "disk.avail", .aliases = "da,diskAvail", .about = "disk available", .is_bytes = true},
    {.name = "disk.total",
     .aliases = "dt,diskTotal",
     .about = "total capacity of the disk",
     .is_bytes = true},
    {.name = "disk.percent",
     .aliases = "dp,diskPercent",
     .about = "percent disk used",
     .is_number = true},
    {.name = "host", .aliases = "h", .about = "host of node"},
    {.name = "ip", .aliases = "", .about = "ip of node"},
    {.name = "node", .aliases = "n", .about = "name of node"},
};

static enum err allocation(struct exchange *x, struct fault *why)
{
    struct index_list list;
    uint64_t total = 0;
    uint64_t free = 0;
    enum err e = exchange_tables(x, x->permit, slice_of(NULL, 0), &list, why);
    if (e == OK)
        e = store_space(x->api->store, &total, &free, why);
    if (e != OK)
        return e;
    const struct store_stats *stats = index_stats(x);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < list.count; i++)
        bytes += stats->tables[list.tables[i]].bytes_disk;
    const struct slice cells[] = {
        cat_number(x, list.count),
        cat_number(x, bytes),
        cat_number(x, total - free),
        cat_number(x, free),
        cat_number(x, total),
        cat_number(x, total ? (total - free) * 100 / total : 0),
        node_host(x),
        node_host(x),
        slice_text(x->api->node_name),
    };
    const struct cat_table t = CAT_TABLE(allocation_columns, 1, cells);
    return cat_write(x, &t, why);
}

// --- one row of each index ---------------------------------------------------------------

static const struct cat_column shards_columns[] = {
    {.name = "index", .aliases = "i,idx", .about = "index name"},
    {.name = "shard", .aliases = "s,sh", .about = "shard number", .is_number = true},
    {.name = "prirep", .aliases = "p,pr,primaryOrReplica", .about = "primary or replica"},
    {.name = "state", .aliases = "st", .about = "shard state"},
    {.name = "docs", .aliases = "d,dc", .about = "number of docs in shard", .is_number = true},
    {.name = "store", .aliases = "sto", .about = "store size of shard", .is_bytes = true},
    {.name = "ip", .aliases = "", .about = "ip of node where it lives"},
    {.name = "node", .aliases = "n", .about = "name of node where it lives"},
};

static void shard_row(struct exchange *x, const struct store_table_stats *s, struct slice *to)
{
    *to++ = slice_text(s->name);
    *to++ = slice_text("0");
    *to++ = slice_text("p");
    *to++ = slice_text("STARTED");
    *to++ = cat_number(x, s->rows);
    *to++ = cat_number(x, s->bytes_disk);
    *to++ = node_host(x);
    *to = slice_text(x->api->node_name);
}

static const struct cat_column segments_columns[] = {
    {.name = "index", .aliases = "i,idx", .about = "index name"},
    {.name = "shard", .aliases = "s,sh", .about = "shard number", .is_number = true},
    {.name = "prirep", .aliases = "p,pr,primaryOrReplica", .about = "primary or replica"},
    {.name = "ip", .aliases = "", .about = "ip of node where it lives"},
    {.name = "segments", .aliases = "sc", .about = "number of segments", .is_number = true},
    {.name = "docs.count", .aliases = "dc", .about = "number of docs in them", .is_number = true},
    {.name = "docs.deleted",
     .aliases = "dd",
     .about = "number of deleted docs in them",
     .is_number = true},
    {.name = "size", .aliases = "si", .about = "bytes on disk", .is_bytes = true},
    {.name = "size.memory", .aliases = "sm", .about = "bytes in memory", .is_bytes = true},
};

static void segments_row(struct exchange *x, const struct store_table_stats *s, struct slice *to)
{
    *to++ = slice_text(s->name);
    *to++ = slice_text("0");
    *to++ = slice_text("p");
    *to++ = node_host(x);
    *to++ = cat_number(x, s->segments);
    *to++ = cat_number(x, s->rows);
    *to++ = cat_number(x, s->rows_dead);
    *to++ = cat_number(x, s->bytes_disk);
    *to = cat_number(x, s->bytes_memory);
}

typedef void (*index_row)(struct exchange *x, const struct store_table_stats *s, struct slice *to);

static enum err for_each(struct exchange *x, struct cat_table *t, index_row row, struct fault *why)
{
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, exchange_path(x, 0), &list, why);
    if (e != OK)
        return e;
    const struct store_stats *stats = index_stats(x);
    struct slice *cells =
        ARENA_ARRAY(x->arena, struct slice, (size_t)list.count * t->column_count + 1);
    for (uint32_t i = 0; i < list.count; i++)
        row(x, &stats->tables[list.tables[i]], cells + (size_t)i * t->column_count);
    t->cells = cells;
    t->row_count = list.count;
    return cat_write(x, t, why);
}

static enum err shards(struct exchange *x, struct fault *why)
{
    struct cat_table t = CAT_TABLE(shards_columns, 0, NULL);
    return for_each(x, &t, shard_row, why);
}

static enum err segments(struct exchange *x, struct fault *why)
{
    struct cat_table t = CAT_TABLE(segments_columns, 0, NULL);
    return for_each(x, &t, segments_row, why);
}

// --- no rows -------------------------------------------------------------------------------

#define EMPTY_TABLE(columns_)                                              \
    static enum err columns_##_none(struct exchange *x, struct fault *why) \
    {                                                                      \
        const struct cat_table t = CAT_TABLE(columns_, 0, NULL);           \
        return cat_write(x, &t, why);                                      \
    }

static const struct cat_column plugins[] = {
    {.name = "name", .aliases = "n", .about = "node name"},
    {.name = "component", .aliases = "c", .about = "component"},
    {.name = "version", .aliases = "v", .about = "component version"},
};
EMPTY_TABLE(plugins)

static const struct cat_column repositories[] = {
    {.name = "id", .aliases = "id,repoId", .about = "unique repository id"},
    {.name = "type", .aliases = "t,type", .about = "repository type"},
};
EMPTY_TABLE(repositories)

static const struct cat_column pending[] = {
    {.name = "insertOrder", .aliases = "o", .about = "task insertion order", .is_number = true},
    {.name = "timeInQueue", .aliases = "t", .about = "how long task has been in queue"},
    {.name = "priority", .aliases = "p", .about = "task priority"},
    {.name = "source", .aliases = "s", .about = "task source"},
};
EMPTY_TABLE(pending)

static const struct cat_column recovery[] = {
    {.name = "index", .aliases = "i,idx", .about = "index name"},
    {.name = "shard", .aliases = "s,sh", .about = "shard name"},
    {.name = "time", .aliases = "t,ti", .about = "recovery time"},
    {.name = "type", .aliases = "ty", .about = "recovery type"},
    {.name = "stage", .aliases = "st", .about = "recovery stage"},
};
EMPTY_TABLE(recovery)

static const struct cat_column nodeattrs[] = {
    {.name = "node", .aliases = "name", .about = "node name"},
    {.name = "host", .aliases = "h", .about = "host name"},
    {.name = "ip", .aliases = "i", .about = "ip address"},
    {.name = "attr", .aliases = "attr.name", .about = "attribute description"},
    {.name = "value", .aliases = "attr.value", .about = "attribute value"},
};
EMPTY_TABLE(nodeattrs)

static const struct cat_column fielddata[] = {
    {.name = "id", .aliases = "", .about = "node id"},
    {.name = "host", .aliases = "h", .about = "host name"},
    {.name = "ip", .aliases = "", .about = "ip address"},
    {.name = "node", .aliases = "n", .about = "node name"},
    {.name = "field", .aliases = "f", .about = "field name"},
    {.name = "size", .aliases = "s", .about = "field data usage", .is_bytes = true},
};
EMPTY_TABLE(fielddata)

static const struct cat_column tasks[] = {
    {.name = "action", .aliases = "ac", .about = "task action"},
    {.name = "task_id", .aliases = "ti", .about = "unique task id"},
    {.name = "parent_task_id", .aliases = "pti", .about = "parent task id"},
    {.name = "type", .aliases = "ty", .about = "task type"},
    {.name = "start_time", .aliases = "start", .about = "start time in ms"},
    {.name = "running_time", .aliases = "time", .about = "running time ns"},
    {.name = "node", .aliases = "n", .about = "node name"},
};
EMPTY_TABLE(tasks)

static const struct route routes[] = {
    {METHOD_GET, ACTION_INFO, "/_cat/nodes", nodes, CAT_PARAMETERS, "always one node"},
    {METHOD_GET, ACTION_INFO, "/_cat/master", master, CAT_PARAMETERS, ""},
    {METHOD_GET, ACTION_INFO, "/_cat/cluster_manager", master, CAT_PARAMETERS, ""},
    {METHOD_GET, ACTION_SCHEMA, "/_cat/allocation", allocation, CAT_PARAMETERS, ""},
    {METHOD_GET, ACTION_SCHEMA, "/_cat/shards", shards, CAT_PARAMETERS, "one of each index"},
    {METHOD_GET, ACTION_SCHEMA, "/_cat/shards/{index}", shards, CAT_PARAMETERS, ""},
    {METHOD_GET, ACTION_SCHEMA, "/_cat/segments", segments, CAT_PARAMETERS, "a row of each index"},
    {METHOD_GET, ACTION_SCHEMA, "/_cat/segments/{index}", segments, CAT_PARAMETERS, ""},
    {METHOD_GET, ACTION_INFO, "/_cat/plugins", plugins_none, CAT_PARAMETERS, "none"},
    {METHOD_GET, ACTION_INFO, "/_cat/repositories", repositories_none, CAT_PARAMETERS, "none"},
    {METHOD_GET, ACTION_INFO, "/_cat/pending_tasks", pending_none, CAT_PARAMETERS, "none"},
    {METHOD_GET, ACTION_INFO, "/_cat/tasks", tasks_none, CAT_PARAMETERS, "none"},
    {METHOD_GET, ACTION_INFO, "/_cat/recovery", recovery_none, CAT_PARAMETERS, "none"},
    {METHOD_GET, ACTION_INFO, "/_cat/nodeattrs", nodeattrs_none, CAT_PARAMETERS, "none"},
    {METHOD_GET, ACTION_INFO, "/_cat/fielddata", fielddata_none, CAT_PARAMETERS, "none"},
};

const struct route_group cat_other_routes = ROUTE_GROUP("For people: node and shards", routes);
