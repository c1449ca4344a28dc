// SPDX-License-Identifier: Apache-2.0
#include "store/entry.h"
#include "test.h"
#include "unit/store/fixture.h"

static struct entry memory_entry(uint64_t first_row, uint32_t rows)
{
    const struct table *t = &fixture_schema()->tables[NOTES];
    struct entry e = entry_of_part(part_of_memory(t, first_row));
    if (rows)
        entry_grow(&e, rows);
    return e;
}

TEST(entry_grows_and_kills_without_touching_a_copy)
{
    struct entry e = memory_entry(0, BLOCK_ROWS + 70);
    struct entry old = entry_ref(&e);
    EXPECT(entry_kill(&e, BLOCK_ROWS + 69));
    EXPECT(!entry_kill(&e, BLOCK_ROWS + 69));
    entry_grow(&e, 1);
    EXPECT_EQ(e.live_rows, BLOCK_ROWS + 70);
    EXPECT_EQ(old.live_rows, BLOCK_ROWS + 70);
    EXPECT(entry_is_live(&old, BLOCK_ROWS + 69));
    EXPECT(!entry_is_live(&e, BLOCK_ROWS + 69));
    EXPECT(!entry_is_live(&old, BLOCK_ROWS + 70));
    EXPECT_EQ(entry_block_count(&e), 2);
    EXPECT_EQ(entry_block_rows(&e, 1), 71);
    EXPECT_EQ(entry_live(&e, 1)[1], 0x5f);
    entry_unref(&old);
    entry_unref(&e);
}

TEST(entries_find_tells_the_place_of_a_row_number)
{
    struct entry list[] = {memory_entry(0, 10), memory_entry(20, 5), memory_entry(25, 0)};
    uint32_t entry = 0;
    uint32_t place = 0;
    EXPECT(entries_find(list, 3, 9, &entry, &place));
    EXPECT(entry == 0 && place == 9);
    EXPECT(!entries_find(list, 3, 10, &entry, &place));
    EXPECT(entries_find(list, 3, 20, &entry, &place));
    EXPECT(entry == 1 && place == 0);
    EXPECT(!entries_find(list, 3, 25, &entry, &place));
    EXPECT(!entries_find(list, 0, 1, &entry, &place));
    for (int i = 0; i < 3; i++)
        entry_unref(&list[i]);
}

TEST(entry_carries_deaths_to_the_rows_that_were_kept)
{
    struct entry then[] = {memory_entry(0, 10), memory_entry(10, BLOCK_ROWS + 10)};
    EXPECT(entry_kill(&then[0], 0)); // not in the result
    EXPECT(entry_kill(&then[1], 5));
    struct entry now[] = {entry_ref(&then[0]), entry_ref(&then[1])};
    EXPECT(entry_kill(&now[0], 3));              // place 2
    EXPECT(entry_kill(&now[1], 6));              // 9 + 5
    EXPECT(entry_kill(&now[1], BLOCK_ROWS + 9)); // the last
    uint32_t kept = 9 + BLOCK_ROWS + 9;
    struct entry out = memory_entry(0, kept);
    entry_carry_deaths(&out, then, now, 2);
    EXPECT_EQ(out.live_rows, kept - 3);
    EXPECT(!entry_is_live(&out, 2));
    EXPECT(!entry_is_live(&out, 14));
    EXPECT(!entry_is_live(&out, kept - 1));
    entry_unref(&out);
    for (int i = 0; i < 2; i++) {
        entry_unref(&then[i]);
        entry_unref(&now[i]);
    }
}
