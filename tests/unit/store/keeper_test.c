// SPDX-License-Identifier: Apache-2.0
#include "faulty_world.h"
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

TEST(keeper_makes_the_writer_wait_so_memory_and_log_stay_small)
{
    struct fixture f;
    fixture_open(&f);
    f.options.seal_rows = 30;
    f.options.background = true;
    fixture_reopen(&f);
    for (int i = 0; i < 40; i++) {
        fixture_change(&f, EVENTS, ROW_PUT, 0, 20, i);
        EXPECT(store_memory_rows(f.st) < 30 + 20);
        fixture_check(&f);
    }
    fixture_reopen(&f);
    fixture_check(&f);
    static struct store_stats stats;
    store_stats(f.st, &stats);
    EXPECT(stats.tables[EVENTS].segments > 0);
    EXPECT(stats.log_bytes < 10000);
    bool did = true;
    EXPECT_EQ(store_maintain(f.st, &did, NULL), OK); // is the keeper's now
    EXPECT(!did);
    fixture_close(&f);
}

TEST(keeper_work_that_failed_is_tried_again)
{
    for (uint64_t at = 1;; at++) {
        struct fixture f;
        fixture_open(&f);
        struct world broken = faulty_world(&f.w);
        faulty_arm(0, FAULT_ONCE);
        f.st->world = broken;
        f.st->options.seal_rows = 10;
        fixture_change(&f, DEVICES, ROW_PUT, 0, 20, 1);
        EXPECT_EQ(seal_freeze(f.st, NULL), OK);
        fixture_change(&f, DEVICES, ROW_DELETE, 3, 5, 1);
        faulty_arm(at, FAULT_ONCE);
        enum err e = seal_run(f.st, NULL);
        bool fired = faulty_fired();
        faulty_arm(0, FAULT_ONCE);
        EXPECT(e == OK || fired);
        EXPECT((f.st->freeze != NULL) == (e != OK));
        fixture_check(&f);
        bool did = false;
        EXPECT_EQ(store_maintain(f.st, &did, NULL), OK);
        EXPECT_EQ(did, e != OK);
        fixture_check(&f);
        fixture_reopen(&f);
        fixture_check(&f);
        fixture_close(&f);
        if (!fired)
            break;
    }
}

TEST(keeper_that_goes_on_failing_stops_appends_before_memory_is_full)
{
    struct fixture f;
    fixture_open(&f);
    f.st->options.seal_rows = 10;
    fixture_change(&f, NOTES, ROW_PUT, 0, 20, 1);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    f.st->keeper_failed = true;
    f.st->keeper_fault = (struct fault){.code = ERR_IO, .words = "no space"};
    fixture_change(&f, NOTES, ROW_PUT, 0, 40, 1);
    struct test_row row = {.op = ROW_PUT, .key = 1, .cells = {5, 6}};
    EXPECT_EQ(fixture_append(f.st, NOTES, row, 9), ERR_IO);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    EXPECT_EQ(fixture_append(f.st, NOTES, row, 9), OK);
    fixture_close(&f);
}

static uint64_t segments_of(struct store *st, uint32_t table)
{
    static struct store_stats stats;
    store_stats(st, &stats);
    return stats.tables[table].segments;
}

TEST(keeper_seals_what_rests_when_it_is_worth_a_segment)
{
    struct fixture f;
    fixture_open(&f);
    f.options.background = true;
    f.options.rest_rows = 20;
    fixture_reopen(&f);
    fixture_change(&f, EVENTS, ROW_PUT, 0, 20, 1);
    store_rest(f.st); // the last commit was just now
    EXPECT_EQ(store_memory_rows(f.st), 20);
    f.st->committed_us -= STORE_REST_US;
    store_rest(f.st);
    EXPECT_EQ(store_memory_rows(f.st), 0);
    fixture_check(&f);
    fixture_reopen(&f); // waits for the keeper, which may have been stopped before it began
    fixture_check(&f);
    fixture_change(&f, EVENTS, ROW_PUT, 20, 30, 2);
    uint64_t before = segments_of(f.st, EVENTS);
    uint64_t rows = store_memory_rows(f.st);
    f.options.rest_rows = (uint32_t)rows + 1;
    fixture_reopen(&f);
    f.st->committed_us -= STORE_REST_US;
    store_rest(f.st); // too few
    EXPECT_EQ(store_memory_rows(f.st), rows);
    EXPECT_EQ(segments_of(f.st, EVENTS), before);
    fixture_close(&f);
}

TEST(keeper_lets_the_old_log_go_at_rest_without_a_commit)
{
    struct fixture f;
    fixture_open(&f);
    f.options.background = true;
    f.options.rest_rows = 20;
    fixture_reopen(&f);
    fixture_change(&f, EVENTS, ROW_PUT, 0, 40, 1);
    static struct store_stats stats;
    store_stats(f.st, &stats);
    uint64_t before = stats.log_bytes;
    f.st->committed_us -= STORE_REST_US;
    store_rest(f.st);
    pthread_mutex_lock(&f.st->jobs);
    while (f.st->freeze)
        pthread_cond_wait(&f.st->jobs_changed, &f.st->jobs);
    pthread_mutex_unlock(&f.st->jobs);
    store_rest(f.st);
    store_stats(f.st, &stats);
    EXPECT(stats.log_bytes < before);
    EXPECT_EQ(stats.tables[EVENTS].segments, 1);
    fixture_check(&f);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}
