// SPDX-License-Identifier: Apache-2.0
#include "counted_disk.h"
#include "store/segment_private.h"

static uint32_t codes[BLOCK_ROWS];
static int64_t numbers[BLOCK_ROWS];
static double doubles[BLOCK_ROWS];
static uint64_t present[BLOCK_ROWS / 64];
static struct row_key keys[BLOCK_ROWS];

static void flip(struct counted *c, uint64_t at)
{
    struct buf file AUTO(buf_donep) = disk_read(&c->disk, "seg");
    file.at[at] ^= 0x10;
    disk_put(&c->disk, "seg", buf_slice(&file));
}

// Where a byte in the middle of the file is: some field of some block, and the others answer.
TEST(segment_with_a_changed_byte_names_it_and_gives_the_rest)
{
    struct counted c;
    counted_new(&c, 3 * BLOCK_ROWS);
    flip(&c, 16 + 24 + 5 * 8192); // random halves of keys, 8 bytes each
    struct segment *s = counted_open(&c);
    EXPECT(segment_broken(s) == NULL);
    segment_codes(s, 0, SEG_KIND, codes);
    EXPECT_EQ(read_fault_take(NULL), OK);
    segment_keys(s, 0, keys);
    struct fault why = {0};
    EXPECT_EQ(read_fault_take(&why), ERR_CORRUPT);
    EXPECT(strstr(why.words, "segment seg: keys of block") && strstr(why.words, "do not check"));
    EXPECT(segment_broken(s) && strstr(segment_broken(s), "segment seg: keys of block"));
    EXPECT(row_key_equal(segment_key_at(s, 0, 3), (struct row_key){0, 0}) ||
           segment_key_at(s, 0, 3).hi == 0);
    (void)read_fault_take(NULL);
    EXPECT_EQ(segment_check(s, &why), ERR_CORRUPT);
    flip(&c, 16 + 24 + 5 * 8192); // a new file of this name; the open one is the old
    segment_keys(s, 0, keys);
    EXPECT_EQ(read_fault_take(NULL), ERR_CORRUPT);
    counted_done(&c, s);
}

// Every kind of read, with no byte to be had.
static void expect_nothing(const struct segment *s)
{
    struct offsets o = {.distances = numbers, .present = present};
    uint8_t narrow[BLOCK_ROWS];
    segment_codes(s, 1, SEG_DEVICE, codes);
    EXPECT_EQ(read_fault_take(NULL), ERR_IO);
    segment_codes_narrow(s, 1, SEG_KIND, 1, narrow);
    EXPECT_EQ(read_fault_take(NULL), ERR_IO);
    segment_i64(s, 1, SEG_MS, numbers, present);
    EXPECT_EQ(read_fault_take(NULL), ERR_IO);
    EXPECT(!segment_offsets(s, 1, SEG_AT, &o));
    EXPECT_EQ(read_fault_take(NULL), ERR_IO);
    for (uint32_t i = 0; i < segment_block_rows(s, 1); i++)
        EXPECT(codes[i] == CODE_NONE && narrow[i] == UINT8_MAX && !bit_get(present, i));
    segment_f64(s, 1, SEG_DEGREES, doubles, present);
    EXPECT_EQ(read_fault_take(NULL), ERR_IO);
    EXPECT(!bit_get(present, 7) && doubles[7] == 0);
    EXPECT_EQ(segment_code_at(s, 1, 3, SEG_DEVICE), CODE_NONE);
    EXPECT(!segment_i64_at(s, 1, 3, SEG_MS, &numbers[0]));
    EXPECT(!segment_f64_at(s, 1, 3, SEG_DEGREES, &doubles[0]));
    segment_keys(s, 1, keys);
    EXPECT_EQ(keys[9].lo, 0);
    EXPECT_EQ(read_fault_take(NULL), ERR_IO);
}

TEST(segment_that_cannot_be_read_gives_no_values_and_heals)
{
    struct counted c;
    counted_new(&c, 2 * BLOCK_ROWS + 50);
    struct segment *s = counted_open(&c);
    reads_fail = true;
    expect_nothing(s);
    EXPECT(segment_broken(s) && strstr(segment_broken(s), "the test said no"));
    reads_fail = false;
    for (uint32_t b = 0; b < segment_block_count(s); b++) {
        struct seg_block *truth = seg_block_new(b, segment_block_rows(s, b));
        segment_codes(s, b, SEG_DEVICE, codes);
        EXPECT(memcmp(codes, truth->device, truth->row_count * sizeof *codes) == 0);
        segment_f64(s, b, SEG_DEGREES, doubles, present);
        EXPECT(memcmp(doubles, truth->degrees, truth->row_count * sizeof *doubles) == 0);
        segment_codes(s, b, SEG_KIND, codes);
        segment_i64(s, b, SEG_MS, numbers, present);
        segment_i64(s, b, SEG_AT, numbers, present);
        segment_keys(s, b, keys);
        free(truth);
    }
    EXPECT_EQ(read_fault_take(NULL), OK);
    EXPECT(segment_broken(s) == NULL);
    counted_done(&c, s);
}

TEST(segment_blocks_of_do_without_postings_that_cannot_be_read)
{
    struct counted c;
    counted_new(&c, 9 * BLOCK_ROWS + 100);
    struct segment *s = counted_open(&c);
    uint32_t code = 17;
    uint64_t bits = 0;
    reads_fail = true;
    EXPECT(!segment_blocks_of(s, SEG_DEVICE, &code, 1, 0, &bits));
    EXPECT_EQ(read_fault_take(NULL), OK); // ranges answer, more slowly
    EXPECT(strstr(segment_broken(s), "postings of field device"));
    reads_fail = false;
    EXPECT(segment_blocks_of(s, SEG_DEVICE, &code, 1, 0, &bits));
    EXPECT(bits != 0);
    EXPECT(segment_broken(s) == NULL);
    counted_done(&c, s);
}

// As a file does whose checksum was made for it.
TEST(segment_blocks_of_do_without_postings_that_say_what_cannot_be)
{
    struct counted c;
    counted_new(&c, 9 * BLOCK_ROWS + 100);
    struct segment *s = counted_open(&c);
    const struct postings *p = segment_hold_postings(s, SEG_DEVICE);
    EXPECT(p && p->lists.len > 0);
    memset((uint8_t *)(uintptr_t)p->lists.at, 0xff, p->lists.len);
    unit_let_go();
    uint32_t code = 17;
    uint64_t bits = 0;
    EXPECT(!segment_blocks_of(s, SEG_DEVICE, &code, 1, 0, &bits));
    EXPECT_EQ(bits, 0);
    EXPECT_EQ(read_fault_take(NULL), OK); // ranges answer, more slowly
    EXPECT(strstr(segment_broken(s), "postings of field device"));
    counted_done(&c, s);
}

TEST(segment_of_groups_comes_back_whatever_their_size)
{
    static const uint32_t groups[] = {1, 2, 4, 128};
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        struct disk d;
        struct segment_writer *sw = NULL;
        struct segment *s = NULL;
        uint64_t bytes = 0;
        disk_new(&d);
        EXPECT_EQ(segment_writer_new(&d.real, "seg", &seg_table, &sw, NULL), OK);
        segment_writer_group(sw, groups[g]);
        for (uint32_t i = 0; i < 5; i++) {
            struct seg_block *b = seg_block_new(i, i == 4 ? 77 : BLOCK_ROWS);
            EXPECT_EQ(seg_block_write(sw, b, NULL), OK);
            free(b);
        }
        EXPECT_EQ(segment_writer_finish(sw, &bytes, NULL), OK);
        EXPECT_EQ(segment_open(&d.real, "seg", &seg_table, fixture_units(), &s, NULL), OK);
        EXPECT_EQ(segment_bytes(s), bytes);
        for (uint32_t i = 5; i-- > 0;) {
            struct seg_block *b = seg_block_new(i, segment_block_rows(s, i));
            segment_i64(s, i, SEG_AT, numbers, present);
            EXPECT(memcmp(numbers, b->at, b->row_count * sizeof *numbers) == 0);
            EXPECT(memcmp(present, b->present, sizeof present) == 0);
            free(b);
        }
        segment_close(s);
        disk_done(&d, ".");
    }
}

// Rows here and there must not put out what a scan keeps; a unit wanted often comes in all the
// same.
TEST(segment_reads_a_single_row_past_a_full_budget)
{
    struct counted c;
    counted_new(&c, 20 * BLOCK_ROWS);
    units_free(c.units);
    c.units = units_new(64 << 10); // a column of 20 blocks does not fit
    struct segment *s = counted_open(&c);
    for (uint32_t i = 0; i < 200; i++) {
        uint64_t before = bytes_read;
        struct seg_block *b = seg_block_new(i % 20, BLOCK_ROWS);
        EXPECT_EQ(segment_code_at(s, i % 20, i, SEG_DEVICE), b->device[i]);
        EXPECT(row_key_equal(segment_key_at(s, i % 20, i), b->keys[i]));
        if (i < 20)
            EXPECT(bytes_read - before < 4 * BLOCK_ROWS * sizeof(uint64_t));
        free(b);
    }
    struct units_stats stats;
    units_stats(c.units, &stats);
    EXPECT(stats.loads >= 3 && stats.loads < 200); // units did come
    EXPECT_EQ(read_fault_take(NULL), OK);
    reads_fail = true;
    EXPECT_EQ(segment_code_at(s, 3, 3, SEG_KIND), CODE_NONE);
    EXPECT_EQ(read_fault_take(NULL), ERR_IO);
    EXPECT(strstr(segment_broken(s), "field kind of block 3"));
    counted_done(&c, s);
}
