// SPDX-License-Identifier: Apache-2.0
#include "store/store_private.h"
#include "store/table.h"
#include "test.h"
#include "unit/store/fixture.h"

TEST(table_freeze_begins_a_memory_part_and_keeps_row_numbers)
{
    struct fixture f;
    fixture_open(&f);
    struct table_store *t = &f.st->tables[NOTES];
    EXPECT(!table_freeze(t));
    fixture_change(&f, NOTES, ROW_PUT, 0, 7, 1);
    EXPECT_EQ(table_memory_rows(t), 7);
    EXPECT(table_freeze(t));
    EXPECT_EQ(table_memory_rows(t), 0);
    EXPECT_EQ(t->entry_count, 2);
    fixture_change(&f, NOTES, ROW_PUT, 6, 9, 2);
    EXPECT_EQ(t->entries[0].live_rows, 6);
    uint32_t place = 9;
    EXPECT(table_part(t, 6, &place) == t->entries[0].part && place == 6);
    EXPECT(table_part(t, 7, &place) == t->entries[1].part && place == 0);
    fixture_check(&f);
    fixture_close(&f);
}

static struct entry rows_at(uint64_t first_row, uint32_t rows)
{
    struct entry e = entry_of_part(part_of_memory(&fixture_schema()->tables[NOTES], first_row));
    entry_grow(&e, rows);
    return e;
}

TEST(entries_replace_only_neighbours_that_are_still_there)
{
    struct entry list[4] = {rows_at(0, 5), rows_at(5, 5), rows_at(10, 5), rows_at(15, 5)};
    struct entry then[2] = {entry_ref(&list[1]), entry_ref(&list[2])};
    struct entry out = rows_at(5, 10);
    uint32_t count = 4;
    EXPECT(entry_kill(&list[2], 1));
    EXPECT(entries_replace(list, &count, then, 2, &out));
    EXPECT_EQ(count, 3);
    EXPECT(list[1].part == out.part);
    EXPECT_EQ(list[1].live_rows, 9);
    EXPECT(!entry_is_live(&list[1], 6));
    EXPECT_EQ(out.live_rows, 10);
    EXPECT_EQ(list[2].part->first_row, 15);
    EXPECT(!entries_replace(list, &count, then, 2, &out));
    EXPECT_EQ(count, 3);
    struct entry none = {0};
    struct entry last = entry_ref(&list[2]);
    EXPECT(entries_replace(list, &count, &last, 1, &none));
    EXPECT_EQ(count, 2);
    entry_unref(&last);
    entry_unref(&out);
    for (int i = 0; i < 2; i++) {
        entry_unref(&list[i]);
        entry_unref(&then[i]);
    }
}

TEST(table_load_refuses_two_rows_of_one_key)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 7, 1);
    struct table_store *t = &f.st->tables[NOTES];
    struct table_store other;
    struct dict **dicts = store_calloc(3, sizeof *dicts);
    table_init(&other, t->shape, dicts, false);
    struct entry first = entry_ref(&t->entries[0]);
    first.part->span = first.rows; // stands in for a segment
    EXPECT_EQ(table_load(&other, first, NULL), OK);
    EXPECT_EQ(keymap_count(other.keys.map), 7);
    struct part *same = part_of_memory(t->shape, other.next_row);
    same->span = 1;
    struct entry second = entry_of_part(same);
    struct row_key key = fixture_key(3);
    struct batch b = {.table = NOTES, .row_count = 1, .keys = &key};
    struct memory_run run = {&b, 0, 1, 0};
    memory_put_keys(same->memory, &run);
    entry_grow(&second, 1);
    EXPECT_EQ(table_load(&other, second, NULL), ERR_CORRUPT);
    table_done(&other);
    fixture_close(&f);
}
