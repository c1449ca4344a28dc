// SPDX-License-Identifier: Apache-2.0
#include "pg_bench.h"
#include "source/pg_snapshot.h"

#define HEAD "PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0"
static const char two_rows[] = HEAD "\0\2\0\0\0\4\0\0\0\1\0\0\0\3ann"
                                    "\0\2\0\0\0\4\0\0\0\2\xff\xff\xff\xff\xff\xff";

static struct fake_reply copy_of(size_t len)
{
    return (struct fake_reply){.when = "COPY (SELECT", .copy = slice_of(two_rows, len)};
}

TEST(pg_snapshot_brings_every_row_and_the_place_to_go_on)
{
    const struct fake_reply own[] = {copy_of(sizeof two_rows - 1), {0}};
    struct bench b;
    bench_start(&b, own);
    uint64_t lsn = 0;
    EXPECT_EQ(pg_snapshot_copy(bench_connect(&b), &b.sink, &lsn, &b.why), OK);
    EXPECT_EQ(lsn, 0x4000);
    EXPECT(slice_is(buf_slice(&b.rows), "put 1 ann;put 2 null;"));
    EXPECT_EQ(fake_postgres_seen(b.pg, "SET TRANSACTION SNAPSHOT '00000003-00000001-1'"), 1);
    EXPECT_EQ(fake_postgres_seen(b.pg, "FROM ONLY \"public\".\"t\""), 1);
    bench_stop(&b);
}

TEST(pg_snapshot_cut_short_is_no_copy)
{
    const struct fake_reply own[] = {copy_of(sizeof two_rows - 3), {0}};
    struct bench b;
    bench_start(&b, own);
    uint64_t lsn = 7;
    EXPECT_EQ(pg_snapshot_copy(bench_connect(&b), &b.sink, &lsn, &b.why), ERR_CORRUPT);
    expect_words(&b, "copying table t: copy stream ends too soon");
    EXPECT_EQ(lsn, 7);
    bench_stop(&b);
}

TEST(pg_snapshot_whose_snapshot_died_says_so)
{
    const struct fake_reply own[] = {
        {.when = "BEGIN ISOLATION", .error = "22023 invalid snapshot identifier"}, {0}};
    struct bench b;
    bench_start(&b, own);
    uint64_t lsn;
    EXPECT_EQ(pg_snapshot_copy(bench_connect(&b), &b.sink, &lsn, &b.why), ERR_INVALID);
    expect_words(&b, "invalid snapshot identifier");
    bench_stop(&b);
}
