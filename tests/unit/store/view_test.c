// SPDX-License-Identifier: Apache-2.0
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

TEST(view_numbers_blocks_of_segments_first_then_of_memory)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 20, 1);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    fixture_change(&f, NOTES, ROW_PUT, 15, 25, 2);
    struct snapshot *s = store_snapshot(f.st);
    const struct view *v = snapshot_view(s, NOTES);
    EXPECT_EQ(view_block_count(v), 2);
    struct block sealed = view_block(v, 0);
    struct block fresh = view_block(v, 1);
    EXPECT_EQ(sealed.row_count, 20);
    EXPECT(!sealed.all_live && fresh.all_live);
    EXPECT_EQ(sealed.live[0], 0x7fff);
    EXPECT_EQ(fresh.live[0], 0x3ff);
    EXPECT_EQ(fresh.live[1], 0);
    static struct row_key keys[BLOCK_ROWS];
    block_keys(&fresh, keys);
    EXPECT(row_key_equal(keys[9], fixture_key(24)));
    struct row_ref r;
    EXPECT_EQ(view_find(v, fixture_key(15), &r), OK);
    EXPECT(r.block == 1 && r.row == 0);
    EXPECT(row_key_equal(row_key_of(v, r), fixture_key(15)));
    EXPECT_EQ(view_find(v, fixture_key(60), &r), ERR_NOT_FOUND);
    EXPECT_EQ(view_row_count(v), 25);
    snapshot_free(s);
    fixture_close(&f);
}

TEST(view_parts_have_numbers_of_their_own_and_count_their_dead)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 20, 1);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    fixture_change(&f, NOTES, ROW_PUT, 20, 25, 2);
    struct snapshot *before = store_snapshot(f.st);
    fixture_change(&f, NOTES, ROW_DELETE, 3, 5, 3);
    fixture_change(&f, NOTES, ROW_DELETE, 22, 23, 4);
    struct snapshot *after = store_snapshot(f.st);
    const struct view *v = snapshot_view(before, NOTES);
    const struct view *w = snapshot_view(after, NOTES);
    EXPECT(view_epoch(w) > view_epoch(v));
    EXPECT_EQ(view_part_count(v), 2);
    struct view_part sealed = view_part(v, 0);
    struct view_part fresh = view_part(v, 1);
    EXPECT(sealed.id != fresh.id && sealed.id == view_part(w, 0).id);
    EXPECT(sealed.block_count == 1 && sealed.whole_blocks == 1);
    EXPECT(fresh.first_block == 1 && fresh.block_count == 1 && fresh.whole_blocks == 0);
    EXPECT_EQ(view_dead_rows(v, 0, 1), 0);
    EXPECT_EQ(view_dead_rows(w, 0, 1), 2);
    EXPECT_EQ(view_dead_rows(w, 1, 1), 1);
    snapshot_free(before);
    snapshot_free(after);
    fixture_close(&f);
}

TEST(view_find_sees_rows_that_were_deleted_or_truncated_later)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 20, 1);
    struct model then = f.model;
    struct snapshot *s = store_snapshot(f.st);
    fixture_change(&f, NOTES, ROW_DELETE, 0, 5, 1);
    EXPECT(!model_differs(&then, s));
    fixture_change(&f, NOTES, ROW_TRUNCATE, 0, 1, 1);
    EXPECT(!model_differs(&then, s));
    fixture_change(&f, NOTES, ROW_PUT, 0, 30, 2);
    EXPECT(!model_differs(&then, s));
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    EXPECT(!model_differs(&then, s));
    snapshot_free(s);
    fixture_close(&f);
}

TEST(view_dict_count_is_of_the_view)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 1, 1);
    struct snapshot *s = store_snapshot(f.st);
    fixture_change(&f, NOTES, ROW_PUT, 0, 1, 2);
    EXPECT_EQ(view_dict_count(snapshot_view(s, NOTES), 0), 1);
    EXPECT_EQ(dict_count(view_dict(snapshot_view(s, NOTES), 0)), 2);
    snapshot_free(s);
    fixture_close(&f);
}

TEST(view_reads_narrowly_from_segments_and_from_memory)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, DEVICES, ROW_PUT, 0, 20, 1);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    fixture_change(&f, DEVICES, ROW_PUT, 20, 25, 2);
    struct snapshot *s = store_snapshot(f.st);
    const struct view *v = snapshot_view(s, DEVICES);
    EXPECT_EQ(view_block_count(v), 2);
    static uint32_t codes[BLOCK_ROWS];
    static uint8_t u8[BLOCK_ROWS + BLOCK_SLACK_BYTES];
    for (uint32_t b = 0; b < 2; b++) {
        struct block block = view_block(v, b);
        block_codes(&block, 1, codes);
        block_codes_narrow(&block, 1, 1, u8);
        for (uint32_t i = 0; i < block.row_count; i++)
            EXPECT_EQ(u8[i], (uint8_t)codes[i]);
    }
    snapshot_free(s);
    fixture_close(&f);
}

TEST(view_names_the_blocks_worth_a_look)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, DEVICES, ROW_PUT, 0, 20, 1);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    fixture_change(&f, DEVICES, ROW_PUT, 20, 25, 2);
    struct snapshot *s = store_snapshot(f.st);
    const struct view *v = snapshot_view(s, DEVICES);
    static uint32_t codes[BLOCK_ROWS];
    struct block block = view_block(v, 1);
    block_codes(&block, 0, codes);
    uint64_t bits = 0;
    view_blocks_of(v, 0, codes, 1, &bits);
    EXPECT_EQ(bits, 2);
    view_blocks_of(v, 0, (uint32_t[]){0, codes[0]}, 2, &bits);
    EXPECT_EQ(bits, 3);
    bits = 0;
    view_blocks_between(v, 0, codes[0] + 100, codes[0] + 200, &bits);
    EXPECT_EQ(bits, 0);
    view_blocks_between(v, 0, 0, codes[0] - 1, &bits);
    EXPECT_EQ(bits, 1);
    snapshot_free(s);
    fixture_close(&f);
}
