// SPDX-License-Identifier: Apache-2.0
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

static void seal(struct fixture *f)
{
    EXPECT_EQ(seal_freeze(f->st, NULL), OK);
    EXPECT_EQ(seal_run(f->st, NULL), OK);
    f->st->log_drop_before = 0; // the log stays, to be seen not to count twice
}

TEST(seal_moves_rows_to_segments_that_open_again)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, DEVICES, ROW_PUT, 0, 20, 1);
    fixture_change(&f, DEVICES, ROW_DELETE, 3, 7, 0);
    fixture_change(&f, NOTES, ROW_PUT, 0, 5, 2);
    seal(&f);
    fixture_check(&f);
    static struct store_stats stats;
    store_stats(f.st, &stats);
    EXPECT_EQ(stats.tables[DEVICES].segments, 1);
    EXPECT_EQ(stats.tables[DEVICES].rows, 16);
    EXPECT_EQ(stats.tables[DEVICES].rows_dead, 0);
    EXPECT_EQ(stats.tables[EVENTS].segments, 0);
    fixture_reopen(&f);
    fixture_check(&f);
    store_stats(f.st, &stats);
    EXPECT_EQ(stats.tables[DEVICES].segments, 1);
    fixture_close(&f);
}

// The trap: what is deleted, replaced or moved while its rows are being written out.
TEST(seal_carries_over_deletes_that_come_while_it_writes)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, DEVICES, ROW_PUT, 0, 20, 1);
    fixture_change(&f, DEVICES, ROW_DELETE, 0, 2, 0);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    fixture_change(&f, DEVICES, ROW_DELETE, 5, 8, 0);
    fixture_change(&f, DEVICES, ROW_PUT, 10, 14, 9);
    struct snapshot *before = store_snapshot(f.st);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    EXPECT(!model_differs(&f.model, before));
    snapshot_free(before);
    fixture_check(&f);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}

TEST(seal_carries_over_deletes_not_committed_yet)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 20, 1);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    struct test_row row = {.op = ROW_DELETE, .key = 4};
    EXPECT_EQ(fixture_append(f.st, NOTES, row, 50), OK);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    fixture_check(&f); // still there for readers
    EXPECT_EQ(store_commit(f.st, NULL), OK);
    f.model.tables[NOTES].live[4] = false;
    f.model.lsn[1] = 50;
    fixture_check(&f);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}

// Replaying the log needs the value of a row that died after the log was rolled.
TEST(seal_keeps_values_that_the_log_still_asks_for)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 5, 1);
    seal(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 5, CELL_UNCHANGED);
    fixture_check(&f);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}

TEST(seal_of_a_table_truncated_meanwhile_brings_nothing_back)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 20, 1);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    fixture_change(&f, NOTES, ROW_TRUNCATE, 0, 1, 0);
    fixture_change(&f, NOTES, ROW_PUT, 3, 5, 7);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    fixture_check(&f);
    fixture_reopen(&f);
    fixture_check(&f);
    seal(&f);
    fixture_check(&f);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}

TEST(seal_persists_deletes_beside_older_segments)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 20, 1);
    seal(&f);
    fixture_change(&f, NOTES, ROW_DELETE, 2, 4, 0);
    seal(&f);
    EXPECT_EQ(f.st->image->tables[NOTES].segment_count, 1);
    EXPECT(f.st->image->tables[NOTES].segments[0].live_file != 0);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_change(&f, NOTES, ROW_DELETE, 0, 20, 0);
    seal(&f);
    EXPECT_EQ(f.st->image->tables[NOTES].segment_count, 0);
    fixture_check(&f);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}

TEST(seal_is_due_by_rows_or_by_log)
{
    struct fixture f;
    fixture_open(&f);
    EXPECT(!seal_is_due(f.st));
    f.st->options.seal_rows = 5;
    fixture_change(&f, NOTES, ROW_PUT, 0, 5, 1);
    EXPECT(seal_is_due(f.st));
    EXPECT_EQ(store_memory_rows(f.st), 5);
    f.st->options.seal_rows = 6;
    EXPECT(!seal_is_due(f.st));
    f.st->options.log_bytes_max = 10;
    EXPECT(seal_is_due(f.st));
    seal(&f);
    EXPECT(!seal_is_due(f.st));
    fixture_close(&f);
}
