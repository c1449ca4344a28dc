// SPDX-License-Identifier: Apache-2.0
#include "mirror_fleet.h"
#include "policy/admit.h"
#include "server/mirror_sink.h"
#include "test.h"

// A sink with a real sieve, and a hub whose queue stands in for the link to serve.
struct bench {
    struct arena *arena;
    const struct policy *policy;
    struct mirror_state state;
    struct mirror_sink sink;
    struct source_sink to;
};

static const char *const device_columns[] = {"id", "model"};
static const struct source_table tables[] = {
    {.name = "devices", .column_count = 2, .columns = device_columns}};

static void bench_init(struct bench *b)
{
    b->arena = arena_new(64 << 20);
    b->policy = fleet_policy(b->arena);
    mirror_state_init(&b->state, "fleet-1", 2);
    b->sink = (struct mirror_sink){.hub = mirror_hub_new(1, NULL),
                                   .state = &b->state,
                                   .tables = tables,
                                   .batch = arena_new(512 << 20)};
    mirror_hub_up(b->sink.hub);
    b->sink.epoch = mirror_hub_epoch(b->sink.hub);
    b->sink.position =
        (struct position){.source = "fleet-1", .phase = PHASE_STREAMING, .end_lsn = 5};
    const struct sieve_keys keys = fleet_keys();
    EXPECT_EQ(sieve_new(b->policy, 0, &keys, &b->sink.sieve, NULL), OK);
    mirror_sink_attach(&b->sink, &b->to);
}

static void bench_done(struct bench *b)
{
    sieve_free(b->sink.sieve);
    mirror_hub_free(b->sink.hub);
    arena_free(b->sink.batch);
    mirror_state_done(&b->state);
    arena_free(b->arena);
}

static void row(struct bench *b, enum row_op op, int64_t id, const char *model)
{
    struct raw values[] = {{.type = RAW_I64, .i64 = id}, {.type = RAW_UNCHANGED}};
    if (model)
        values[1] = (struct raw){.type = RAW_TEXT, .text = slice_text(model)};
    const struct raw old_key = {.type = RAW_I64, .i64 = id + 1};
    EXPECT_EQ(b->to.row(&b->sink, 0, op, values, op == ROW_MOVE ? &old_key : NULL, NULL), OK);
}

static bool next(struct bench *b, const struct changeset **out)
{
    struct slice bytes;
    uint64_t serial;
    if (!mirror_hub_next(b->sink.hub, &bytes, &serial))
        return false;
    const struct admitted *a;
    bytes = arena_copy(b->arena, bytes);
    EXPECT_EQ(admitted_decode(bytes, b->policy->schema, b->arena, &a, NULL), OK);
    mirror_hub_sent(b->sink.hub);
    *out = admitted_changeset(a);
    return true;
}

TEST(mirror_sink_gathers_small_transactions_until_idle)
{
    struct bench b;
    bench_init(&b);
    const struct changeset *c;
    row(&b, ROW_PUT, 1, "a");
    EXPECT_EQ(b.to.commit(&b.sink, 10, 1000, NULL), OK);
    row(&b, ROW_PUT, 2, "b");
    EXPECT_EQ(b.to.idle(&b.sink, NULL), OK); // not in the middle of one
    EXPECT_EQ(b.to.commit(&b.sink, 20, 2000, NULL), OK);
    while (next(&b, &c)) // a slow machine may have cut after 20 ms already
        EXPECT(c->position.end_lsn <= 20);
    EXPECT_EQ(b.to.idle(&b.sink, NULL), OK);
    while (next(&b, &c))
        EXPECT_EQ(c->position.end_lsn, 20);
    EXPECT_EQ(b.sink.position.commit_time_ms, 2000);
    EXPECT_EQ(b.state.rows, 2);
    EXPECT_EQ(b.to.idle(&b.sink, NULL), OK);
    EXPECT(!next(&b, &c)); // nothing twice
    bench_done(&b);
}

TEST(mirror_sink_moves_on_without_rows)
{
    struct bench b;
    bench_init(&b);
    const struct changeset *c;
    b.sink.position.commit_time_ms = 77;
    EXPECT_EQ(b.to.commit(&b.sink, 30, 0, NULL), OK);
    EXPECT_EQ(b.to.idle(&b.sink, NULL), OK);
    EXPECT(next(&b, &c));
    EXPECT_EQ(c->batch_count, 0);
    EXPECT_EQ(c->position.end_lsn, 30);
    EXPECT_EQ(c->position.commit_time_ms, 77);
    bench_done(&b);
}

static void large_transaction(struct bench *b, bool with_move)
{
    if (with_move)
        row(b, ROW_MOVE, 5, NULL);
    for (int i = 0; i < CUT_PART_ROWS; i++)
        row(b, ROW_PUT, i * 10, "a");
}

TEST(mirror_sink_cuts_a_large_transaction_under_the_position_before_it)
{
    struct bench b;
    bench_init(&b);
    const struct changeset *c;
    large_transaction(&b, false);
    EXPECT(next(&b, &c));
    EXPECT_EQ(c->position.end_lsn, 5);
    EXPECT_EQ(c->position.phase, PHASE_STREAMING);
    row(&b, ROW_PUT, 7, "z");
    EXPECT_EQ(b.to.commit(&b.sink, 40, 1, NULL), OK);
    EXPECT_EQ(b.to.idle(&b.sink, NULL), OK);
    EXPECT(next(&b, &c));
    EXPECT_EQ(c->position.end_lsn, 40);
    bench_done(&b);
}

TEST(mirror_sink_says_when_a_part_cannot_be_replayed)
{
    struct bench b;
    bench_init(&b);
    const struct changeset *c;
    large_transaction(&b, true);
    EXPECT(next(&b, &c));
    EXPECT_EQ(c->position.phase, PHASE_COPYING);
    EXPECT_EQ(b.to.commit(&b.sink, 40, 1, NULL), OK);
    EXPECT_EQ(b.to.idle(&b.sink, NULL), OK);
    EXPECT(next(&b, &c));
    EXPECT_EQ(c->position.phase, PHASE_STREAMING);
    bench_done(&b);
}

TEST(mirror_sink_goes_on_when_a_table_is_stopped)
{
    struct bench b;
    bench_init(&b);
    const struct changeset *c;
    row(&b, ROW_PUT, 1, "ann.example@example.org");
    EXPECT_EQ(b.to.commit(&b.sink, 50, 1, NULL), OK);
    EXPECT_EQ(b.to.idle(&b.sink, NULL), OK);
    EXPECT(next(&b, &c));
    EXPECT_EQ(c->batch_count, 0);
    EXPECT(bit_get(c->position.stopped, 0));
    EXPECT(strstr(b.state.tables[0].refused, "column model") != NULL);
    EXPECT(strstr(b.state.tables[0].refused, "ann") == NULL);
    bench_done(&b);
}

TEST(mirror_sink_stops_with_its_epoch)
{
    struct bench b;
    bench_init(&b);
    EXPECT(!b.to.is_stopping(&b.sink));
    mirror_hub_down(b.sink.hub);
    EXPECT(b.to.is_stopping(&b.sink));
    EXPECT_EQ(b.to.commit(&b.sink, 10, 1, NULL), OK);
    EXPECT_EQ(b.to.idle(&b.sink, NULL), ERR_UNAVAILABLE);
    bench_done(&b);
}

TEST(mirror_sink_tells_the_progress_of_a_copy)
{
    struct bench b;
    bench_init(&b);
    b.state.tables[1].name = "orders";
    mirror_state_stage(&b.state, STAGE_COPYING, "first copy");
    const struct source_progress p = {
        .table = 1, .rows_done = 9, .rows_estimated = 20, .server_end_lsn = 900};
    b.to.progress(&b.sink, &p);
    EXPECT_EQ(b.state.tables[1].copied, 9);
    EXPECT_EQ(b.state.server_end_lsn, 900);
    EXPECT(strcmp(b.state.words, "copying table orders") == 0);
    bench_done(&b);
}
