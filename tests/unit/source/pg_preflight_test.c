// SPDX-License-Identifier: Apache-2.0
#include "pg_bench.h"
#include "source/pg_preflight.h"

TEST(pg_preflight_learns_about_the_server)
{
    const struct fake_reply own[] = {
        {.when = "IDENTIFY_SYSTEM", .rows = "7|3|1/5000|db"},
        {.when = "TIMELINE_HISTORY 3", .rows = "00000003.history|1\t0/10\tnone"},
        {.when = "FROM pg_replication_slots WHERE", .rows = "0/4100|f|t"},
        {0}};
    struct bench b;
    bench_start(&b, own);
    struct source *s = bench_connect(&b);
    EXPECT_EQ(pg_preflight_server(s, &b.sink, &b.why), OK);
    EXPECT_EQ(s->facts.system_id, 7);
    EXPECT_EQ(s->facts.timeline, 3);
    EXPECT_EQ(s->facts.server_end_lsn, 0x100005000);
    EXPECT_EQ(s->facts.timeline_switch_lsn, 0x10);
    EXPECT(s->facts.has_slot && !s->facts.slot_is_lost);
    EXPECT_EQ(s->facts.confirmed_flush_lsn, 0x4100);
    bench_stop(&b);
}

TEST(pg_preflight_refuses_a_server_that_is_not_ready)
{
    EXPECT_REFUSED(pg_preflight_server, ERR_INVALID, "'wal_level'", "replica|UTF8|f",
                   "wal_level is replica");
    EXPECT_REFUSED(pg_preflight_server, ERR_INVALID, "'wal_level'", "logical|SQL_ASCII|f",
                   "SQL_ASCII");
    EXPECT_REFUSED(pg_preflight_server, ERR_INVALID, "'wal_level'", "logical|UTF8|t", "standby");
    EXPECT_REFUSED(pg_preflight_server, ERR_INVALID, "'max_replication_slots'", "f|10",
                   "all 10 replication slots");
    EXPECT_REFUSED(pg_preflight_server, ERR_INVALID, "pg_replication_slots WHERE", "0/1|f|f",
                   "belongs to something else");
    EXPECT_REFUSED(pg_preflight_server, ERR_CORRUPT, "IDENTIFY_SYSTEM", "x|1|0/1|db", "who it is");
}
