// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "counted_disk.h"

static uint32_t codes[BLOCK_ROWS];
static struct row_key keys[BLOCK_ROWS];

TEST(segment_opens_by_its_ends_and_reads_only_what_is_wanted)
{
    struct counted c;
    counted_new(&c, 20 * BLOCK_ROWS);
    struct segment *s = counted_open(&c);
    uint64_t footer = bytes_read;
    EXPECT(footer < c.file_bytes / 100);
    EXPECT(segment_memory(s) < 40000);
    segment_codes(s, 3, SEG_KIND, codes);
    uint64_t kinds = bytes_read - footer;
    EXPECT(kinds > 0 && kinds < c.file_bytes / 20);
    EXPECT(segment_memory(s) > kinds);
    segment_codes(s, 19, SEG_KIND, codes); // of the same unit
    EXPECT_EQ(segment_code_at(s, 0, 5, SEG_KIND) < 9, true);
    EXPECT_EQ(bytes_read, footer + kinds);
    EXPECT_EQ(read_fault_take(NULL), OK);
    counted_done(&c, s);
}

// Twice the rows: their statistics are read, and no more of their columns.
TEST(segment_opening_does_not_grow_with_its_columns)
{
    uint64_t opened[2];
    for (int i = 0; i < 2; i++) {
        struct counted c;
        counted_new(&c, (uint64_t)(i + 1) * 8 * BLOCK_ROWS);
        struct segment *s = counted_open(&c);
        opened[i] = bytes_read;
        counted_done(&c, s);
    }
    uint64_t block_notes = 4 + 2 * 12 + SEG_FIELDS * (12 + 17);
    EXPECT(opened[1] - opened[0] <= 8 * block_notes);
}

// A file whose footer ends with what version 1 had: groups of one block.
static void make_version_1(struct disk *d, uint64_t rows)
{
    struct segment_writer *sw = NULL;
    uint64_t bytes = 0;
    EXPECT_EQ(segment_writer_new(&d->real, "seg", &seg_table, &sw, NULL), OK);
    segment_writer_group(sw, 1);
    for (uint32_t i = 0; (uint64_t)i * BLOCK_ROWS < rows; i++) {
        struct seg_block *b = seg_block_new(i, seg_rows_of(rows, i));
        EXPECT_EQ(seg_block_write(sw, b, NULL), OK);
        free(b);
    }
    EXPECT_EQ(segment_writer_finish(sw, &bytes, NULL), OK);
    struct buf file AUTO(buf_donep) = disk_read(d, "seg");
    uint64_t footer;
    memcpy(&footer, file.at + file.len - 32, sizeof footer);
    memmove(file.at + footer, file.at + footer + 4, file.len - footer - 4);
    file.len -= 4;
    file.at[8] = 1;
    uint64_t footer_bytes = file.len - 32 - footer;
    uint64_t sum = checksum(file.at + footer, footer_bytes);
    memcpy(file.at + file.len - 24, &footer_bytes, sizeof footer_bytes);
    memcpy(file.at + file.len - 16, &sum, sizeof sum);
    disk_put(d, "seg", buf_slice(&file));
}

TEST(segment_of_version_1_is_read)
{
    struct disk d;
    disk_new(&d);
    make_version_1(&d, 3 * BLOCK_ROWS + 10);
    struct segment *s = NULL;
    EXPECT_EQ(segment_open(&d.real, "seg", &seg_table, fixture_units(), &s, NULL), OK);
    EXPECT_EQ(segment_check(s, NULL), OK);
    for (uint32_t i = 0; i < segment_block_count(s); i++) {
        struct seg_block *b = seg_block_new(i, segment_block_rows(s, i));
        segment_codes(s, i, SEG_DEVICE, codes);
        segment_keys(s, i, keys);
        EXPECT(memcmp(codes, b->device, b->row_count * sizeof *codes) == 0);
        EXPECT(memcmp(keys, b->keys, b->row_count * sizeof *keys) == 0);
        free(b);
    }
    EXPECT_EQ(read_fault_take(NULL), OK);
    segment_close(s);
    disk_done(&d, ".");
}
