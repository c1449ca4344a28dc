// SPDX-License-Identifier: Apache-2.0
#include "pg_bench.h"
#include "source/pg_stream.h"

static struct buf frames;

static void frame(const struct buf *message)
{
    buf_u32_be(&frames, (uint32_t)message->len + 25);
    buf_u8(&frames, 'w');
    for (int i = 0; i < 3; i++)
        buf_u64_be(&frames, 0x9000);
    buf_slice_add(&frames, buf_slice(message));
}

static void keepalive(uint64_t lsn, bool wants_reply)
{
    buf_u32_be(&frames, 18);
    buf_u8(&frames, 'k');
    buf_u64_be(&frames, lsn);
    buf_u64_be(&frames, 0);
    buf_u8(&frames, wants_reply);
}

static void begin(uint64_t final_lsn)
{
    struct buf m = buf_init(100);
    buf_u8(&m, 'B');
    buf_u64_be(&m, final_lsn);
    buf_u64_be(&m, 0);
    buf_u32_be(&m, 1);
    frame(&m);
    buf_done(&m);
}

static void commit(uint64_t end_lsn)
{
    struct buf m = buf_init(100);
    buf_bytes(&m, "C", 2);
    buf_u64_be(&m, end_lsn - 8);
    buf_u64_be(&m, end_lsn);
    buf_u64_be(&m, 0);
    frame(&m);
    buf_done(&m);
}

#define SEND(bytes)                              \
    do {                                         \
        struct buf m_ = buf_init(1000);          \
        buf_bytes(&m_, bytes, sizeof bytes - 1); \
        frame(&m_);                              \
        buf_done(&m_);                           \
    } while (0)

// Relation 16385: public.t (id int4, name text).
#define RELATION                                                    \
    "R\0\0\x40\x01public\0t\0d\0\2\1id\0\0\0\0\x17\xff\xff\xff\xff" \
    "\0name\0\0\0\0\x19\xff\xff\xff\xff"
#define INSERT_1         \
    "I\0\0\x40\x01N\0\2" \
    "b\0\0\0\4\0\0\0\1"  \
    "t\0\0\0\3ann"
#define DELETE_1         \
    "D\0\0\x40\x01K\0\2" \
    "b\0\0\0\4\0\0\0\1"  \
    "n"
#define TRUNCATE "T\0\0\0\1\0\0\0\x40\x01"

// Streams what `frames` holds until the sink was idle a few times.
static enum err stream(struct bench *b, uint64_t from)
{
    const struct fake_reply own[] = {{.when = "START_REPLICATION", .stream = buf_slice(&frames)},
                                     {0}};
    bench_start(b, own);
    b->idles_left = 3;
    return pg_stream_run(bench_connect(b), from, &b->sink, &b->why);
}

static void finish(struct bench *b)
{
    bench_stop(b);
    buf_done(&frames);
}

TEST(pg_stream_brings_whole_transactions)
{
    frames = buf_init(1 << 16);
    begin(0x5000);
    SEND(RELATION);
    SEND(INSERT_1);
    commit(0x5010);
    begin(0x5020);
    SEND(DELETE_1);
    SEND(TRUNCATE);
    commit(0x5030);
    keepalive(0x5030, true);
    struct bench b;
    EXPECT_EQ(stream(&b, 0x4000), ERR_UNAVAILABLE);
    EXPECT(
        slice_is(buf_slice(&b.rows), "put 1 ann;commit 5010;delete 1 null;truncate;commit 5030;"));
    EXPECT_EQ(fake_postgres_seen(b.pg, "LOGICAL 0/4000 (proto_version '2', publication_names "
                                       "'\"tamis_x\"', binary 'true', streaming 'off'"),
              1);
    finish(&b);
}

TEST(pg_stream_passes_over_what_was_counted_before)
{
    frames = buf_init(1 << 16);
    begin(0x4f00);
    SEND(RELATION);
    SEND(INSERT_1);
    commit(0x5000);
    begin(0x5000);
    SEND(INSERT_1);
    commit(0x5010);
    struct bench b;
    EXPECT_EQ(stream(&b, 0x5000), ERR_UNAVAILABLE);
    EXPECT(slice_is(buf_slice(&b.rows), "put 1 ann;commit 5010;"));
    finish(&b);
}

static enum err refused(const char *words)
{
    struct bench b;
    enum err e = stream(&b, 0);
    expect_words(&b, words);
    finish(&b);
    return e;
}

TEST(pg_stream_refuses_what_is_out_of_order)
{
    frames = buf_init(1 << 16);
    begin(0x5000);
    begin(0x5000);
    EXPECT_EQ(refused("begins inside another"), ERR_CORRUPT);
    frames = buf_init(1 << 16);
    commit(0x5000);
    EXPECT_EQ(refused("outside of a transaction"), ERR_CORRUPT);
    frames = buf_init(1 << 16);
    SEND(RELATION);
    SEND(INSERT_1);
    EXPECT_EQ(refused("outside of a transaction"), ERR_CORRUPT);
    frames = buf_init(1 << 16);
    begin(0x5000);
    SEND(INSERT_1);
    EXPECT_EQ(refused("never described"), ERR_CORRUPT);
    frames = buf_init(1 << 16);
    SEND("S\0\0\0\1\1");
    EXPECT_EQ(refused("not asked for"), ERR_CORRUPT);
    frames = buf_init(1 << 16);
    SEND("R\0\0\x40\x01public\0t\0d\0\1\1id\0\0\0\0\x17\xff\xff\xff\xff");
    EXPECT_EQ(refused("column name is no longer sent"), ERR_CONFLICT);
}

TEST(pg_stream_does_not_take_a_busy_slot_for_an_altered_table)
{
    const struct fake_reply own[] = {
        {.when = "START_REPLICATION", .error = "55006 replication slot is active for PID 1"}, {0}};
    struct bench b;
    bench_start(&b, own);
    EXPECT_EQ(pg_stream_run(bench_connect(&b), 0, &b.sink, &b.why), ERR_UNAVAILABLE);
    expect_words(&b, "is active for PID 1");
    bench_stop(&b);
}

// The fake answers what it is told, so the status must arrive for the test to end.
static enum err wait_for_status(void *context, struct fault *why)
{
    struct bench *b = context;
    (void)why;
    if (fake_postgres_confirmed(b->pg) == 0x5010)
        b->is_stopping = true;
    return OK;
}

TEST(pg_stream_confirms_what_is_durable)
{
    frames = buf_init(1 << 16);
    begin(0x5000);
    SEND(RELATION);
    SEND(INSERT_1);
    commit(0x5010);
    keepalive(0x9000, true); // more of the log, but not durable here: not confirmed
    const struct fake_reply own[] = {{.when = "START_REPLICATION", .stream = buf_slice(&frames)},
                                     {0}};
    struct bench b;
    bench_start(&b, own);
    b.sink.idle = wait_for_status;
    EXPECT_EQ(pg_stream_run(bench_connect(&b), 0, &b.sink, &b.why), ERR_UNAVAILABLE);
    EXPECT_EQ(fake_postgres_confirmed(b.pg), 0x5010);
    finish(&b);
}
