// SPDX-License-Identifier: Apache-2.0
#include "audit/retention.h"
#include "faulty_world.h"
#include "unit/audit/shelf.h"

static struct journal *filled(const struct world *w, int entries)
{
    const struct journal_options o = {.segment_bytes = 2000};
    struct journal *j = NULL;
    EXPECT_EQ(journal_open(w, &o, &j, NULL), OK);
    uint64_t number = 0;
    for (int i = 0; i < entries; i++)
        EXPECT_EQ(shelf_append(j, (uint64_t)i, &number), OK);
    return j;
}

TEST(retention_keeps_the_log_below_its_size_and_leaves_summaries)
{
    struct shelf s;
    shelf_open(&s);
    struct journal *j = filled(&s.world, 200);
    struct journal_stats stats;
    const struct retention_rule rule = retention_rule_of(8000, 0);
    for (int i = 0; i < 100; i++)
        EXPECT_EQ(retention_apply(&rule, &s.world, j, NULL), OK);
    journal_stats(j, &stats);
    EXPECT(stats.bytes <= 8000 + 2000);
    EXPECT(stats.first > 0);
    struct buf text AUTO(buf_donep) = buf_init(1 << 20);
    EXPECT_EQ(world_read_file(&s.world, "0000000000000000.summary", &text, NULL), OK);
    buf_u8(&text, 0);
    EXPECT(strstr((char *)text.at, "{\"first\":0,\"next\":"));
    EXPECT(strstr((char *)text.at, "\"principal\":\"reader-0\""));
    EXPECT(strstr((char *)text.at, "\"kinds\":{\"answer\":"));
    // What was dropped is on record, with one entry for each segment.
    EXPECT(stats.entries > 200);
    journal_close(j);
    shelf_close(&s);
}

TEST(retention_deletes_nothing_that_is_young_and_small)
{
    struct shelf s;
    shelf_open(&s);
    struct journal *j = filled(&s.world, 100);
    struct journal_stats stats;
    const struct retention_rule rule = retention_rule_of(0, 1);
    EXPECT_EQ(retention_apply(&rule, &s.world, j, NULL), OK);
    journal_stats(j, &stats);
    EXPECT_EQ(stats.first, 0);
    EXPECT_EQ(stats.entries, 100);
    const struct retention_rule past = {.bytes_max = 1 << 30, .keep_ms = -1000};
    EXPECT_EQ(retention_apply(&past, &s.world, j, NULL), OK);
    journal_stats(j, &stats);
    EXPECT(stats.first > 0);
    journal_close(j);
    shelf_close(&s);
}

TEST(retention_never_deletes_before_it_is_on_record)
{
    struct shelf s;
    shelf_open(&s);
    struct world w = faulty_world(&s.world);
    bool fired = true;
    for (uint64_t n = 1; fired; n++) {
        struct journal *j = filled(&w, 100);
        struct journal_stats stats;
        const struct retention_rule rule = retention_rule_of(6000, 0);
        faulty_arm(n, FAULT_ONCE);
        bool failed = retention_apply(&rule, &w, j, NULL) != OK;
        fired = faulty_fired();
        faulty_arm(0, FAULT_ONCE);
        EXPECT_EQ(failed, fired);
        journal_stats(j, &stats);
        bool is_there = faccessat(s.world.dir, "0000000000000000.seg", F_OK, 0) == 0;
        EXPECT(is_there || stats.entries == 101);
        journal_close(j);
        shelf_empty(&s);
    }
    shelf_close(&s);
}
