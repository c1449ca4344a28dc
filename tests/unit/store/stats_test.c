// SPDX-License-Identifier: Apache-2.0
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

TEST(stats_count_rows_changes_and_bytes)
{
    static struct store_stats s;
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 20, 1);
    fixture_change(&f, NOTES, ROW_DELETE, 0, 5, 1);
    store_stats(f.st, &s);
    EXPECT_EQ(s.table_count, TABLES);
    EXPECT(strcmp(s.tables[NOTES].name, "notes") == 0);
    EXPECT_EQ(s.tables[NOTES].rows, 15);
    EXPECT_EQ(s.tables[NOTES].rows_dead, 5);
    EXPECT_EQ(s.tables[NOTES].changes, 25);
    EXPECT_EQ(s.tables[NOTES].bytes_disk, 0);
    EXPECT(s.tables[NOTES].bytes_memory > 0);
    EXPECT_EQ(s.commits, 2);
    EXPECT_EQ(s.syncs, 2);
    EXPECT(s.log_bytes > 0);
    uint64_t written = s.bytes_written;
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    store_stats(f.st, &s);
    EXPECT_EQ(s.tables[NOTES].segments, 1);
    EXPECT_EQ(s.tables[NOTES].rows_dead, 0);
    EXPECT(s.tables[NOTES].bytes_disk > 0);
    EXPECT(s.bytes_written > written + s.tables[NOTES].bytes_disk);
    fixture_close(&f);
}
