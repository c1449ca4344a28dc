// SPDX-License-Identifier: Apache-2.0
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

static void seal(struct fixture *f)
{
    EXPECT_EQ(seal_freeze(f->st, NULL), OK);
    EXPECT_EQ(seal_run(f->st, NULL), OK);
}

static uint32_t segments(const struct fixture *f)
{
    return f->st->image->tables[NOTES].segment_count;
}

static void three_segments(struct fixture *f)
{
    fixture_open(f);
    for (uint32_t i = 0; i < 3; i++) {
        fixture_change(f, NOTES, ROW_PUT, i * 10, i * 10 + 10, (int)i + 1);
        seal(f);
    }
    EXPECT_EQ(segments(f), 3);
}

static bool merge(struct fixture *f)
{
    bool did = false;
    EXPECT_EQ(merge_run(f->st, &did, NULL), OK);
    return did;
}

static void note(void *context, const char *entry)
{
    (void)entry;
    ++*(int *)context;
}

static int files_in(struct fixture *f, const char *directory)
{
    int count = 0;
    EXPECT_EQ(f->w.ops->list(&f->w, directory, note, &count, NULL), OK);
    return count;
}

TEST(merge_makes_one_segment_of_neighbours_and_removes_their_files)
{
    struct fixture f;
    three_segments(&f);
    EXPECT_EQ(files_in(&f, "segments"), 3);
    struct snapshot *old = store_snapshot(f.st);
    EXPECT(merge(&f));
    EXPECT_EQ(segments(&f), 1);
    EXPECT_EQ(files_in(&f, "segments"), 1);
    EXPECT(!model_differs(&f.model, old));
    snapshot_free(old);
    fixture_check(&f);
    EXPECT(!merge(&f));
    fixture_reopen(&f);
    EXPECT_EQ(segments(&f), 1);
    fixture_check(&f);
    fixture_close(&f);
}

// Deleted since the log was rolled: dead in memory, still live for the manifest.
TEST(merge_carries_over_deletes_since_the_log_was_rolled)
{
    struct fixture f;
    three_segments(&f);
    fixture_change(&f, NOTES, ROW_DELETE, 5, 25, 0);
    fixture_change(&f, NOTES, ROW_PUT, 8, 9, CELL_UNCHANGED);
    fixture_change(&f, NOTES, ROW_PUT, 26, 28, CELL_UNCHANGED);
    EXPECT(merge(&f));
    fixture_check(&f);
    EXPECT_EQ(f.st->image->tables[NOTES].segments[0].entry.live_rows, 30);
    fixture_reopen(&f);
    fixture_check(&f);
    seal(&f);
    EXPECT(merge(&f)); // mostly dead now
    EXPECT_EQ(segments(&f), 2);
    fixture_check(&f);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}

TEST(merge_does_not_leave_a_waiting_seal_with_parts_that_are_gone)
{
    struct fixture f;
    three_segments(&f);
    fixture_change(&f, NOTES, ROW_PUT, 40, 50, 5);
    fixture_change(&f, NOTES, ROW_DELETE, 12, 14, 0);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    fixture_change(&f, NOTES, ROW_DELETE, 14, 16, 0);
    EXPECT(merge(&f));
    fixture_check(&f);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    fixture_check(&f);
    EXPECT_EQ(segments(&f), 2);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}

TEST(merge_drops_its_work_when_the_table_was_emptied)
{
    struct fixture f;
    three_segments(&f);
    fixture_change(&f, NOTES, ROW_TRUNCATE, 0, 1, 0);
    EXPECT(!merge(&f));
    fixture_check(&f);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}

TEST(merge_writes_a_segment_anew_when_a_fifth_is_dead)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 20, 1);
    seal(&f);
    fixture_change(&f, NOTES, ROW_DELETE, 0, 4, 0);
    seal(&f);
    EXPECT(!merge(&f)); // a fifth, not more
    fixture_change(&f, NOTES, ROW_DELETE, 4, 5, 0);
    seal(&f);
    EXPECT(merge(&f));
    static struct store_stats stats;
    store_stats(f.st, &stats);
    EXPECT_EQ(stats.tables[NOTES].rows_dead, 0);
    EXPECT_EQ(files_in(&f, "segments"), 1);
    fixture_check(&f);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}

// A sealing that comes due while a merge is under way runs between its blocks.
TEST(merge_lets_a_sealing_go_first)
{
    struct fixture f;
    three_segments(&f);
    fixture_change(&f, NOTES, ROW_DELETE, 2, 4, 0);
    fixture_change(&f, NOTES, ROW_PUT, 40, 50, 5);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    fixture_change(&f, NOTES, ROW_DELETE, 4, 6, 0);
    f.st->has_keeper = true; // this test is the keeper
    EXPECT(merge(&f));
    f.st->has_keeper = false;
    EXPECT(!f.st->freeze);
    EXPECT_EQ(segments(&f), 2);
    EXPECT_EQ(f.st->image->tables[NOTES].segments[0].entry.live_rows, 28);
    fixture_check(&f);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}

TEST(merge_is_dropped_when_a_sealing_in_between_found_the_table_emptied)
{
    struct fixture f;
    three_segments(&f);
    f.st->options.merge_fan_in = 3;
    struct snapshot *old = store_snapshot(f.st);
    struct model then = f.model;
    fixture_change(&f, NOTES, ROW_DELETE, 0, 30, 0);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    f.st->has_keeper = true;
    EXPECT(merge(&f));
    f.st->has_keeper = false;
    EXPECT_EQ(segments(&f), 0);
    fixture_check(&f);
    EXPECT(!model_differs(&then, old));
    snapshot_free(old);
    fixture_reopen(&f);
    fixture_check(&f);
    EXPECT_EQ(files_in(&f, "segments"), 0);
    fixture_close(&f);
}

static void segment_of(struct fixture *f, uint32_t from, uint32_t rows)
{
    fixture_change(f, NOTES, ROW_PUT, from, from + rows, 1);
    seal(f);
}

TEST(merge_leaves_a_large_segment_alone_until_its_neighbours_are_as_many_rows)
{
    struct fixture f;
    fixture_open(&f);
    segment_of(&f, 0, 30);
    for (uint32_t i = 0; i < 2; i++)
        segment_of(&f, 30 + i * 4, 4);
    EXPECT(!merge(&f)); // 30 rows written anew for the sake of 8
    segment_of(&f, 38, 4);
    EXPECT(merge(&f)); // the three small ones
    EXPECT_EQ(segments(&f), 2);
    EXPECT_EQ(f.st->image->tables[NOTES].segments[0].entry.live_rows, 30);
    EXPECT_EQ(f.st->image->tables[NOTES].segments[1].entry.live_rows, 12);
    EXPECT(!merge(&f));
    fixture_check(&f);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}

TEST(merge_takes_the_run_that_costs_least)
{
    struct fixture f;
    fixture_open(&f);
    for (uint32_t i = 0; i < 2; i++)
        segment_of(&f, i * 10, 10);
    for (uint32_t i = 0; i < 3; i++)
        segment_of(&f, 20 + i * 2, 2);
    EXPECT(merge(&f));
    EXPECT_EQ(segments(&f), 3);
    EXPECT_EQ(f.st->image->tables[NOTES].segments[2].entry.live_rows, 6);
    fixture_check(&f);
    fixture_close(&f);
}

// Sizes of which no run doubles its largest: without a limit there would be ever more.
TEST(merge_bounds_the_number_of_segments_whatever_their_sizes)
{
    struct fixture f;
    fixture_open(&f);
    uint32_t most = 0;
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t rows = i % 3 == 0 ? 20 : 1;
        segment_of(&f, 0, MODEL_KEYS); // what was there is dead
        segment_of(&f, i % 40, rows);
        while (merge(&f))
            ;
        most = segments(&f) > most ? segments(&f) : most;
    }
    EXPECT(most <= 8 * f.options.merge_fan_in);
    fixture_check(&f);
    fixture_close(&f);
}
