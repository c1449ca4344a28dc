// SPDX-License-Identifier: Apache-2.0
#include "json/json.h"
#include "server/status.h"
#include "unit/server/place.h"

static struct store_stats stats = {
    .table_count = 1,
    .commits = 3,
    .segments = {.bytes = 4096, .bytes_max = 8192, .loads = 5},
    .tables = {{.name = "devices", .rows = 7, .segments = 2, .broken = "segment x: block 3"}}};

static struct status_facts facts(void)
{
    return (struct status_facts){
        .listen = "127.0.0.1:9200",
        .node = "n",
        .is_ready = true,
        .sandbox = {.uid = 5, .landlock_abi = 3},
        .peers = {[PROCESS_MIRROR] = {.pid = 9, .starts = 2}},
        .store = &stats,
        .search = {.searches = 12,
                   .gone = 3,
                   .memory_bytes_max = 99,
                   .cache = {.bytes_max = 77, .of[CACHE_PARTIALS] = {.hits = 5}}},
        .mirror_state = slice_text("{\"sources\":[{\"name\":\"fleet\"}]}")};
}

TEST(status_says_what_protects_and_what_waits)
{
    struct buf out AUTO(buf_donep) = buf_init(STATUS_BYTES_MAX);
    struct status_facts f = facts();
    f.protection = (struct status_protection){.version = 7, .by = "ann", .waiting = 1};
    EXPECT_EQ(status_print(&f, &out, NULL), OK);
    buf_u8(&out, 0);
    EXPECT(strstr((const char *)out.at, "\"policy_version\":7,\"since_ms\":0,\"by\":\"ann\","
                                        "\"proposals_waiting\":1") != NULL);
}

TEST(status_has_processes_tables_sources_and_sandbox)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct buf out AUTO(buf_donep) = buf_init(STATUS_BYTES_MAX);
    struct status_facts f = facts();
    const struct json *tree = NULL;
    EXPECT_EQ(status_print(&f, &out, NULL), OK);
    EXPECT_EQ(json_parse(buf_slice(&out), a, &tree, NULL), OK);
    EXPECT(slice_is(json_get(tree, "listen")->text, "127.0.0.1:9200"));
    EXPECT(json_get(tree, "ready")->truth);
    const struct json *processes = json_get(tree, "processes");
    EXPECT_EQ(processes->count, PROCESS_COUNT);
    EXPECT(slice_is(json_get(&processes->items[PROCESS_MIRROR], "name")->text, "mirror"));
    EXPECT(slice_is(json_get(&processes->items[PROCESS_MIRROR], "pid")->text, "9"));
    const struct json *tables = json_get(tree, "tables");
    EXPECT(slice_is(json_get(&tables->items[0], "rows")->text, "7"));
    EXPECT(slice_is(json_get(&tables->items[0], "broken")->text, "segment x: block 3"));
    const struct json *segments = json_get(json_get(tree, "store"), "segments");
    EXPECT(slice_is(json_get(segments, "memory_bytes")->text, "4096"));
    EXPECT(slice_is(json_get(segments, "memory_bytes_max")->text, "8192"));
    EXPECT(slice_is(json_get(segments, "loads")->text, "5"));
    const struct json *search = json_get(tree, "search");
    EXPECT(slice_is(json_get(search, "count")->text, "12"));
    EXPECT(slice_is(json_get(search, "gone")->text, "3"));
    EXPECT(slice_is(json_get(search, "memory_bytes_max")->text, "99"));
    const struct json *cache = json_get(search, "cache");
    EXPECT(slice_is(json_get(cache, "bytes_max")->text, "77"));
    EXPECT(slice_is(json_get(json_get(cache, "partials"), "hits")->text, "5"));
    const struct json *sources = json_get(tree, "sources");
    EXPECT(slice_is(json_get(&sources->items[0], "name")->text, "fleet"));
}

TEST(status_says_what_landlock_does_not_enforce)
{
    struct buf out AUTO(buf_donep) = buf_init(STATUS_BYTES_MAX);
    struct status_facts f = facts();
    EXPECT_EQ(status_print(&f, &out, NULL), OK);
    buf_u8(&out, 0);
    EXPECT(strstr((const char *)out.at, "mirror may connect to any port") != NULL);
    f.sandbox.tcp_by_landlock = true;
    buf_reset(&out);
    EXPECT_EQ(status_print(&f, &out, NULL), OK);
    buf_u8(&out, 0);
    EXPECT(strstr((const char *)out.at, "landlock and seccomp") != NULL);
}

TEST(status_without_mirror_has_no_sources)
{
    struct buf out AUTO(buf_donep) = buf_init(STATUS_BYTES_MAX);
    struct status_facts f = facts();
    f.mirror_state = slice_of(NULL, 0);
    EXPECT_EQ(status_print(&f, &out, NULL), OK);
    buf_u8(&out, 0);
    EXPECT(strstr((const char *)out.at, "\"sources\":[]}") != NULL);
    struct buf small AUTO(buf_donep) = buf_init(100);
    EXPECT_EQ(status_print(&f, &small, NULL), ERR_LIMIT);
}

TEST(status_is_handed_to_other_threads_as_it_was_set)
{
    struct status *s = status_new();
    struct buf out AUTO(buf_donep) = buf_init(100);
    EXPECT(!status_is_ready(s));
    status_set(s, slice_text("{\"a\":1}"), true);
    EXPECT(status_is_ready(s));
    EXPECT_EQ(status_json(s, &out), OK);
    EXPECT(slice_is(buf_slice(&out), "{\"a\":1}"));
    status_free(s);
}

TEST(status_file_is_replaced_whole)
{
    struct place p = place_make();
    struct world w;
    struct buf out AUTO(buf_donep) = buf_init(100);
    EXPECT_EQ(world_open(p.path, &w, NULL), OK);
    EXPECT_EQ(status_write(&w, slice_text("{}"), NULL), ERR_NOT_FOUND); // no run/
    EXPECT_EQ(w.ops->make_dir(&w, "run", NULL), OK);
    EXPECT_EQ(status_write(&w, slice_text("a long one"), NULL), OK);
    EXPECT_EQ(status_write(&w, slice_text("short"), NULL), OK);
    EXPECT_EQ(world_read_file(&w, "run/status.json", &out, NULL), OK);
    EXPECT(slice_is(buf_slice(&out), "short"));
    EXPECT_EQ(place_mode(&p, "run/status.json"), 0600);
    EXPECT_EQ(place_mode(&p, "run/status.json.tmp"), -1);
    world_close(&w);
    place_drop(&p);
}
