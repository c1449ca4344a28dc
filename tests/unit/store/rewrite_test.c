// SPDX-License-Identifier: Apache-2.0
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

enum { ROWS = 3 * BLOCK_ROWS + 100 };

static uint64_t between_calls;

static enum err count_calls(struct store *st, struct fault *why)
{
    (void)st;
    (void)why;
    between_calls++;
    return OK;
}

// A memory part of `notes` with ROWS rows; row i has key and size i.
static struct entry numbered_rows(struct arena *arena)
{
    struct entry e = entry_of_part(part_of_memory(&fixture_schema()->tables[NOTES], 1000));
    struct row_key *keys = ARENA_ARRAY(arena, struct row_key, ROWS);
    uint64_t *present = ARENA_ARRAY(arena, uint64_t, bit_words(ROWS));
    int64_t *sizes = ARENA_ARRAY(arena, int64_t, ROWS);
    uint32_t *zeros = ARENA_ARRAY(arena, uint32_t, ROWS);
    for (uint32_t i = 0; i < ROWS; i++) {
        keys[i].lo = i;
        sizes[i] = i;
        if (i % 3)
            bit_set(present, i);
    }
    struct batch_column columns[] = {{.present = present, .codes = zeros},
                                     {.present = present, .i64 = sizes}};
    struct batch b = {.table = NOTES, .row_count = ROWS, .keys = keys, .columns = columns};
    for (uint32_t at = 0; at < ROWS; at += BLOCK_ROWS) {
        uint32_t count = ROWS - at < BLOCK_ROWS ? ROWS - at : BLOCK_ROWS;
        struct memory_run run = {&b, at, count, at};
        uint32_t code = 5;
        memory_put_keys(e.part->memory, &run);
        memory_put_values(e.part->memory, &run, 0, &code);
        memory_put_values(e.part->memory, &run, 1, NULL);
    }
    entry_grow(&e, ROWS);
    return e;
}

static void expect_row(const struct entry *out, uint32_t row)
{
    uint32_t entry = 0;
    uint32_t place = 0;
    int64_t size = -1;
    EXPECT(entries_find(out, 1, 1000 + row, &entry, &place));
    EXPECT_EQ(part_key_at(out->part, place).lo, row);
    EXPECT_EQ(part_i64_at(out->part, place, 1, &size), row % 3 != 0);
    EXPECT_EQ(size, row % 3 ? (int64_t)row : -1);
    EXPECT_EQ(part_code_at(out->part, place, 0), row % 3 ? 5 : CODE_NONE);
}

TEST(rewrite_keeps_live_rows_in_order_and_their_numbers)
{
    struct fixture f;
    fixture_open(&f);
    struct arena *arena AUTO(arena_freep) = arena_new(64 << 20);
    struct entry in = numbered_rows(arena);
    for (uint32_t i = 0; i < ROWS; i += 5)
        EXPECT(entry_kill(&in, i));
    struct rewrite r = {f.st, NOTES, &in, 1, count_calls, NULL, NULL};
    struct entry out;
    between_calls = 0;
    EXPECT_EQ(rewrite_rows(&r, &out, NULL), OK);
    EXPECT_EQ(between_calls, 4);
    EXPECT_EQ(out.rows, in.live_rows);
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t entry = 0;
        uint32_t place = 0;
        if (i % 5)
            expect_row(&out, i);
        else
            EXPECT(!entries_find(&out, 1, 1000 + i, &entry, &place));
    }
    struct entry again;
    struct rewrite second = {f.st, NOTES, &out, 1, NULL, NULL, NULL};
    EXPECT(entry_kill(&out, 0));
    EXPECT_EQ(rewrite_rows(&second, &again, NULL), OK);
    EXPECT_EQ(again.rows, out.rows - 1);
    for (uint32_t i = 2; i < ROWS; i++) {
        if (i % 5)
            expect_row(&again, i);
    }
    entry_unref(&again);
    entry_unref(&out);
    entry_unref(&in);
    fixture_close(&f);
}

TEST(rewrite_of_dead_rows_writes_nothing)
{
    struct fixture f;
    fixture_open(&f);
    struct entry in = entry_of_part(part_of_memory(&fixture_schema()->tables[NOTES], 0));
    struct rewrite r = {f.st, NOTES, &in, 1, NULL, NULL, NULL};
    struct entry out;
    EXPECT_EQ(rewrite_rows(&r, &out, NULL), OK);
    EXPECT(!out.part);
    entry_unref(&in);
    fixture_close(&f);
}
