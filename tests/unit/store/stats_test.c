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

static uint64_t beside(const struct store_memory *m)
{
    return m->keys + m->lookups + m->dictionaries + m->segments + m->kept;
}

static uint64_t five_kept(void *context)
{
    (void)context;
    return 5;
}

TEST(stats_tell_each_kind_of_memory_and_the_budget_is_charged_with_all_but_the_memory_part)
{
    static struct store_stats s;
    struct fixture f;
    fixture_open(&f);
    f.st->listener.bytes = five_kept;
    store_stats(f.st, &s);
    struct store_memory before = s.memory;
    fixture_change(&f, DEVICES, ROW_PUT, 0, 30, 1);
    fixture_change(&f, NOTES, ROW_PUT, 0, 20, 1);
    store_stats(f.st, &s);
    EXPECT(s.memory.lookups > before.lookups);
    EXPECT(s.memory.dictionaries >= before.dictionaries);
    EXPECT(s.memory.memory_part > before.memory_part);
    EXPECT_EQ(s.memory.kept, 5);
    EXPECT_EQ(s.memory.segments, 0);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    bool did = false;
    EXPECT_EQ(store_maintain(f.st, &did, NULL), OK);
    EXPECT(did);
    store_stats(f.st, &s);
    EXPECT(s.memory.segments > 0);
    EXPECT_EQ(s.segments.bytes_charged, beside(&s.memory));
    fixture_close(&f);
}
