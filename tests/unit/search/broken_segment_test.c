// SPDX-License-Identifier: Apache-2.0
// Searches of a store one of whose files has changed below it.
#include "base/buf.h"
#include "base/pool.h"
#include "search/search.h"
#include "unit/search/town.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 4 * BLOCK_ROWS };

static const char sums[] =
    "{\"size\":0,\"aggs\":{\"a\":{\"terms\":{\"field\":\"outcome\"},\"aggs\":"
    "{\"m\":{\"sum\":{\"field\":\"latency\"}}}}}}";

static void put_all(struct town *t)
{
    struct town_row *rows = calloc(ROWS, sizeof *rows);
    static const struct town_row device = {
        .op = ROW_PUT, .key = 1, .cells = {T("d1"), T("m1"), N(2), N(2020)}};
    for (uint32_t i = 0; i < ROWS; i++)
        rows[i] = (struct town_row){.op = ROW_PUT,
                                    .key = i + 1,
                                    .cells = {T("d1"), T(i % 3 ? "ok" : "failed"), N(i % 700),
                                              N(1697846400000.0 + i), N(1), N(0.5), T("h")}};
    town_put(t, TOWN_EVENTS, rows, ROWS);
    for (bool did = true; did;)
        EXPECT_EQ(store_maintain(t->store, &did, NULL), OK);
    town_put(t, TOWN_DEVICES, &device, 1);
    free(rows);
}

static void keep_name(void *context, const char *entry)
{
    if (strstr(entry, ".segment"))
        snprintf(context, 64, "%s", entry);
}

// Many bits of one segment, in place, before anything of it is in memory.
static void flip(struct town *t, char name[64])
{
    EXPECT_EQ(t->world.ops->list(&t->world, "segments", keep_name, name, NULL), OK);
    char path[96];
    snprintf(path, sizeof path, "segments/%s", name);
    struct buf file AUTO(buf_donep) = buf_init(64 << 20);
    EXPECT_EQ(world_read_file(&t->world, path, &file, NULL), OK);
    for (size_t at = 16; at < file.len / 2; at += 64)
        file.at[at] ^= 1;
    int fd = -1;
    EXPECT_EQ(t->world.ops->open_write(&t->world, path, false, &fd, NULL), OK);
    EXPECT_EQ(t->world.ops->truncate(fd, 0, NULL), OK);
    EXPECT_EQ(t->world.ops->write(fd, buf_slice(&file), NULL), OK);
    t->world.ops->close(fd);
}

// On three threads, a block at a time, so that the fault is met by whichever comes first.
static enum err ask_together(struct town *t, const char *json, struct fault *why)
{
    struct pool *pool = pool_new(3);
    struct snapshot *now = store_snapshot(t->store);
    const uint32_t tables[] = {TOWN_EVENTS};
    struct request r = town_request(t, json);
    struct answer out;
    struct search_context c = {.snapshot = now,
                               .permit = town_permit(t, ACTION_READ),
                               .tables = tables,
                               .table_count = 1,
                               .pool = pool,
                               .piece_blocks = 1};
    enum err e = search_run(&c, &r, t->request, &out, why);
    snapshot_free(now);
    pool_free(pool);
    return e;
}

TEST(search_of_a_broken_segment_fails_and_names_it)
{
    struct town t;
    struct answer out;
    char name[64] = "";
    town_open(&t, 0, NULL);
    put_all(&t);
    flip(&t, name);
    struct fault why = {0};
    EXPECT_EQ(ask_together(&t, sums, &why), ERR_CORRUPT);
    EXPECT(strstr(why.words, name) && strstr(why.words, "of block"));
    EXPECT_EQ(town_try(&t, "events", sums, &out), ERR_CORRUPT);
    EXPECT(strstr(t.why.words, name));
    EXPECT_EQ(town_try(&t, "events", "{\"size\":3,\"sort\":[{\"latency\":\"desc\"}]}", &out),
              ERR_CORRUPT);
    // Other indices answer, and so does what needs no column of the broken one.
    EXPECT_EQ(town_ask(&t, "devices", "{}").total, 1);
    EXPECT_EQ(town_ask(&t, "events", "{\"size\":0,\"track_total_hits\":true}").total, ROWS);
    // The thread that met the fault is none the worse for it.
    EXPECT_EQ(town_ask(&t, "devices", sums).total, 1);
    town_close(&t);
}
