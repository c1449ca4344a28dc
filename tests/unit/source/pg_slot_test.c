// SPDX-License-Identifier: Apache-2.0
#include "pg_bench.h"
#include "source/pg_slot.h"

TEST(pg_slot_is_made_with_an_exported_snapshot)
{
    struct bench b;
    bench_start(&b, NULL);
    struct pg_slot_made made;
    EXPECT_EQ(pg_slot_make(bench_connect(&b), &b.sink, &made, &b.why), OK);
    EXPECT_EQ(made.consistent_lsn, 0x4000);
    EXPECT(strcmp(made.snapshot, "00000003-00000001-1") == 0);
    EXPECT_EQ(fake_postgres_seen(b.pg, "DROP_REPLICATION_SLOT"), 0);
    EXPECT_EQ(fake_postgres_seen(b.pg, "LOGICAL pgoutput (SNAPSHOT 'export')"), 1);
    bench_stop(&b);
}

TEST(pg_slot_that_is_there_is_dropped_first)
{
    struct bench b;
    bench_start(&b, NULL);
    struct source *s = bench_connect(&b);
    struct pg_slot_made made;
    s->facts.has_slot = true;
    EXPECT_EQ(pg_slot_make(s, &b.sink, &made, &b.why), OK);
    EXPECT_EQ(fake_postgres_seen(b.pg, "DROP_REPLICATION_SLOT \"tamis_x\" WAIT"), 1);
    bench_stop(&b);
}

TEST(pg_slot_that_cannot_be_made_says_why)
{
    const struct fake_reply own[] = {
        {.when = "CREATE_REPLICATION_SLOT", .error = "42501 must be superuser"}, {0}};
    struct bench b;
    bench_start(&b, own);
    struct pg_slot_made made;
    EXPECT_EQ(pg_slot_make(bench_connect(&b), &b.sink, &made, &b.why), ERR_DENIED);
    expect_words(&b, "making replication slot \"tamis_x\": must be superuser");
    bench_stop(&b);
}
