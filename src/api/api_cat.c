// SPDX-License-Identifier: Apache-2.0
#include "api/cat_table.h"
#include "api/index_facts.h"
#include "api/search_call.h"
#include "base/world.h"

// --- _cat/indices ------------------------------------------------------------------

static const struct cat_column indices_columns[] = {
    {.name = "health", .aliases = "h", .about = "current health status"},
    {.name = "status", .aliases = "s", .about = "open/close status"},
    {.name = "index", .aliases = "i,idx", .about = "index name"},
    {.name = "uuid", .aliases = "id", .about = "index uuid"},
    {.name = "pri",
     .aliases = "p,shards.primary",
     .about = "number of primary shards",
     .is_number = true},
    {.name = "rep",
     .aliases = "r,shards.replica",
     .about = "number of replica shards",
     .is_number = true},
    {.name = "docs.count", .aliases = "dc,docsCount", .about = "available docs", .is_number = true},
    {.name = "docs.deleted",
     .aliases = "dd,docsDeleted",
     .about = "deleted docs",
     .is_number = true},
    {.name = "store.size",
     .aliases = "ss,storeSize",
     .about = "store size of primaries & replicas",
     .is_bytes = true},
    {.name = "pri.store.size", .aliases = "", .about = "store size of primaries", .is_bytes = true},
    {.name = "dataset.size", .aliases = "", .about = "total size of dataset", .is_bytes = true},
    {.name = "memory.total",
     .aliases = "tm,memoryTotal",
     .about = "bytes in memory",
     .is_bytes = true,
     .is_hidden = true},
};

static void indices_row(struct exchange *x, uint32_t table, const struct store_table_stats *s,
                        struct slice *to)
{
    const char *name = x->api->engine->schema->tables[table].name;
    char uuid[INDEX_UUID_BYTES];
    index_uuid(name, uuid);
    *to++ = slice_text(s->broken[0] ? "red" : "green");
    *to++ = slice_text("open");
    *to++ = slice_text(name);
    *to++ = arena_copy(x->arena, slice_text(uuid));
    *to++ = slice_text("1");
    *to++ = slice_text("0");
    *to++ = cat_number(x, s->rows);
    *to++ = cat_number(x, s->rows_dead);
    *to++ = cat_number(x, s->bytes_disk);
    *to++ = cat_number(x, s->bytes_disk);
    *to++ = cat_number(x, s->bytes_disk);
    *to = cat_number(x, s->bytes_memory);
}

static enum err indices(struct exchange *x, struct fault *why)
{
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, exchange_path(x, 0), &list, why);
    if (e != OK)
        return e;
    const struct store_stats *stats = index_stats(x);
    struct slice *cells = CAT_CELLS(indices_columns, list.count);
    struct cat_table t = CAT_TABLE(indices_columns, list.count, cells);
    for (uint32_t i = 0; i < list.count; i++)
        indices_row(x, list.tables[i], &stats->tables[list.tables[i]],
                    cells + (size_t)i * t.column_count);
    return cat_write(x, &t, why);
}

// --- _cat/health -----------------------------------------------------------------------

static const struct cat_column health_columns[] = {
    {.name = "epoch",
     .aliases = "t,time",
     .about = "seconds since 1970-01-01 00:00:00",
     .is_number = true},
    {.name = "timestamp", .aliases = "ts,hms,hhmmss", .about = "time in HH:MM:SS"},
    {.name = "cluster", .aliases = "cl", .about = "cluster name"},
    {.name = "status", .aliases = "st", .about = "health status"},
    {.name = "node.total",
     .aliases = "nt,nodeTotal",
     .about = "total number of nodes",
     .is_number = true},
    {.name = "node.data",
     .aliases = "nd,nodeData",
     .about = "number of nodes with data",
     .is_number = true},
    {.name = "shards",
     .aliases = "t,sh,shards.total,shardsTotal",
     .about = "total number of shards",
     .is_number = true},
    {.name = "pri",
     .aliases = "p,shards.primary,shardsPrimary",
     .about = "number of primary shards",
     .is_number = true},
    {.name = "relo",
     .aliases = "r,shards.relocating",
     .about = "number of relocating shards",
     .is_number = true},
    {.name = "init",
     .aliases = "i,shards.initializing",
     .about = "number of initializing shards",
     .is_number = true},
    {.name = "unassign",
     .aliases = "u,shards.unassigned",
     .about = "number of unassigned shards",
     .is_number = true},
    {.name = "pending_tasks",
     .aliases = "pt,pendingTasks",
     .about = "number of pending tasks",
     .is_number = true},
    {.name = "max_task_wait_time",
     .aliases = "mtwt,maxTaskWaitTime",
     .about = "wait time of longest task pending"},
    {.name = "active_shards_percent",
     .aliases = "asp,activeShardsPercent",
     .about = "active number of shards in percent"},
};

static enum err health(struct exchange *x, struct fault *why)
{
    int64_t now = now_ms() / 1000;
    int64_t of_day = now % 86400;
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, slice_of(NULL, 0), &list, why);
    if (e != OK)
        return e;
    struct slice shards = cat_number(x, x->api->engine->schema->table_count);
    const struct slice zero = slice_text("0");
    const struct slice one = slice_text("1");
    const struct slice cells[] = {
        cat_number(x, (uint64_t)now),
        arena_print(x->arena, "%02d:%02d:%02d", (int)(of_day / 3600), (int)(of_day / 60 % 60),
                    (int)(of_day % 60)),
        slice_text(x->api->cluster_name),
        slice_text(index_health(x, &list)),
        one,
        one,
        shards,
        shards,
        zero,
        zero,
        zero,
        zero,
        slice_text("-"),
        slice_text("100.0%"),
    };
    const struct cat_table t = CAT_TABLE(health_columns, 1, cells);
    return cat_write(x, &t, why);
}

// --- _cat/count --------------------------------------------------------------------------

static const struct cat_column count_columns[] = {
    {.name = "epoch",
     .aliases = "t,time",
     .about = "seconds since 1970-01-01 00:00:00",
     .is_number = true},
    {.name = "timestamp", .aliases = "ts,hms,hhmmss", .about = "time in HH:MM:SS"},
    {.name = "count",
     .aliases = "dc,docs.count,docsCount",
     .about = "the document count",
     .is_number = true},
};

static enum err count(struct exchange *x, struct fault *why)
{
    struct search_call c = {0};
    struct index_wish wish;
    enum err e = request_parse(NULL, x->arena, &c.request, why);
    if (e == OK)
        e = index_wish_make(exchange_path(x, 0), &x->parameters, &wish, why);
    c.request.size = 0;
    c.request.track_total_hits = -1;
    if (e == OK)
        e = search_call_run(x, &wish, x->arena, &c, why);
    if (e != OK)
        return e;
    int64_t now = now_ms() / 1000;
    int64_t of_day = now % 86400;
    const struct slice cells[] = {
        cat_number(x, (uint64_t)now),
        arena_print(x->arena, "%02d:%02d:%02d", (int)(of_day / 3600), (int)(of_day / 60 % 60),
                    (int)(of_day % 60)),
        cat_number(x, c.answer.total),
    };
    const struct cat_table t = CAT_TABLE(count_columns, 1, cells);
    return cat_write(x, &t, why);
}

// The paths of every route that begins so.
static enum err cat(struct exchange *x, struct fault *why)
{
    (void)why;
    x->reply->content_type = slice_text("text/plain; charset=UTF-8");
    buf_text(&x->reply->body, "=^.^=\n");
    size_t count;
    const struct route_group *const *groups = route_groups(&count);
    for (size_t g = 0; g < count; g++) {
        for (size_t r = 0; r < groups[g]->count; r++) {
            const char *path = groups[g]->routes[r].path;
            if (strncmp(path, "/_cat/", 6) == 0)
                buf_print(&x->reply->body, "%s\n", path);
        }
    }
    return OK;
}

static const struct route routes[] = {
    {METHOD_GET, ACTION_INFO, "/_cat", cat, "", ""},
    {METHOD_GET, ACTION_SCHEMA, "/_cat/indices", indices, CAT_PARAMETERS, ""},
    {METHOD_GET, ACTION_SCHEMA, "/_cat/indices/{index}", indices, CAT_PARAMETERS, ""},
    {METHOD_GET, ACTION_INFO, "/_cat/health", health, CAT_PARAMETERS, ""},
    {METHOD_GET, ACTION_AGGREGATE, "/_cat/count", count, CAT_PARAMETERS, ""},
    {METHOD_GET, ACTION_AGGREGATE, "/_cat/count/{index}", count, CAT_PARAMETERS, ""},
};

const struct route_group cat_routes = ROUTE_GROUP("For people", routes);
