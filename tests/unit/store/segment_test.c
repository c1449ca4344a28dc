// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/hash.h"
#include "segment_cases.h"
#include "store/segment.h"

static struct segment *open_segment(struct disk *d, const char *name)
{
    struct segment *s = NULL;
    struct fault why = {0};
    EXPECT_EQ(segment_open(&d->real, name, &seg_table, fixture_units(), &s, &why), OK);
    return s;
}

static void expect_codes(const struct segment *s, uint32_t block, uint32_t field,
                         const uint32_t *want, uint32_t row_count)
{
    uint32_t *got = malloc(row_count * sizeof *got);
    segment_codes(s, block, field, got);
    EXPECT(memcmp(got, want, row_count * sizeof *got) == 0);
    for (uint32_t i = 0; i < row_count; i++)
        EXPECT_EQ(segment_code_at(s, block, i, field), want[i]);
    free(got);
}

static void expect_narrow(const struct segment *s, uint32_t block, const struct seg_block *b)
{
    uint8_t *u8 = malloc(b->row_count);
    uint16_t *u16 = malloc(b->row_count * sizeof *u16);
    uint32_t *u32 = malloc(b->row_count * sizeof *u32);
    segment_codes_narrow(s, block, SEG_KIND, 1, u8);
    segment_codes_narrow(s, block, SEG_KIND, 2, u16);
    segment_codes_narrow(s, block, SEG_DEVICE, 4, u32);
    for (uint32_t i = 0; i < b->row_count; i++) {
        EXPECT_EQ(u8[i], (uint8_t)b->kind[i]);
        EXPECT_EQ(u16[i], (uint16_t)b->kind[i]);
        EXPECT_EQ(u32[i], b->device[i]);
    }
    free(u8);
    free(u16);
    free(u32);
}

// Every 7th row, and the codes that are held without their rows.
static void expect_some_codes(const struct segment *s, uint32_t block, uint32_t field,
                              const uint32_t *want, uint32_t row_count)
{
    static uint16_t at[BLOCK_ROWS];
    static uint32_t got[BLOCK_ROWS];
    struct block_rows rows = {.at = at};
    for (uint32_t i = 0; i < row_count; i += 7)
        at[rows.count++] = (uint16_t)i;
    segment_codes_of(s, block, field, &rows, got);
    for (uint32_t i = 0; i < rows.count; i++)
        EXPECT_EQ(got[i], want[at[i]]);
    static uint16_t held[BLOCK_ROWS + BLOCK_SLACK_BYTES];
    uint64_t present[BLOCK_ROWS / 64];
    uint32_t count = segment_codes_held(s, block, field, 2, held, present);
    uint32_t from = 0;
    for (uint32_t i = 0; i < row_count && count > 0; i++) {
        EXPECT_EQ(bit_get(present, i), want[i] != CODE_NONE);
        if (bit_get(present, i))
            EXPECT_EQ(held[from++], (uint16_t)want[i]);
    }
    EXPECT_EQ(from, count);
    static uint8_t run_codes[BLOCK_RUNS_MAX];
    static uint16_t ends[BLOCK_RUNS_MAX];
    uint32_t runs = segment_code_runs(s, block, field, run_codes, ends);
    for (uint32_t run = 0, row = 0; run < runs; run++)
        for (; row < ends[run]; row++)
            EXPECT_EQ(run_codes[run], (uint8_t)want[row]);
    if (runs > 0)
        EXPECT_EQ(ends[runs - 1], row_count);
}

static void expect_some_i64(const struct segment *s, uint32_t block, const struct seg_block *b)
{
    static uint16_t at[BLOCK_ROWS];
    static int64_t got[BLOCK_ROWS];
    static bool has[BLOCK_ROWS];
    struct block_rows rows = {.at = at};
    for (uint32_t i = 0; i < b->row_count; i += 5)
        at[rows.count++] = (uint16_t)i;
    segment_i64_of(s, block, SEG_MS, &rows, got, has);
    for (uint32_t i = 0; i < rows.count; i++) {
        EXPECT_EQ(has[i], bit_get(b->present, at[i]));
        EXPECT(!has[i] || got[i] == b->ms[at[i]]);
    }
}

static void expect_given_offsets(const struct segment *s, uint32_t block, const struct seg_block *b)
{
    static uint32_t distances[BLOCK_ROWS];
    uint64_t present[BLOCK_ROWS / 64];
    struct offsets o = {
        .distances = distances, .present = present, .base = -5, .given_width = sizeof *distances};
    EXPECT(segment_offsets(s, block, SEG_MS, &o));
    EXPECT(memcmp(present, b->present, sizeof present) == 0);
    for (uint32_t i = 0; i < b->row_count; i++)
        EXPECT(!bit_get(present, i) || distances[i] == (uint32_t)(b->ms[i] + 5));
    EXPECT(!segment_offsets(s, block, SEG_DEGREES, &o));
}

static void expect_offsets(const struct segment *s, uint32_t block, uint32_t field,
                           const int64_t *want, const struct seg_block *b)
{
    uint32_t *room = malloc(b->row_count * sizeof *room);
    const uint16_t *u16 = (const uint16_t *)(const void *)room;
    uint64_t present[BLOCK_ROWS / 64];
    struct offsets o = {.distances = room, .present = present};
    EXPECT(segment_offsets(s, block, field, &o));
    EXPECT(memcmp(present, b->present, sizeof present) == 0);
    EXPECT_EQ(o.width, o.max <= UINT16_MAX ? 2 : 4);
    for (uint32_t i = 0; i < b->row_count; i++) {
        uint32_t distance = o.width == 2 ? u16[i] : room[i];
        EXPECT(distance <= o.max);
        if (!bit_get(b->present, i))
            continue;
        if (want)
            EXPECT_EQ(o.base + distance, want[i]);
        else
            EXPECT((double)(o.base + distance) / (o.power ? 10 : 1) == b->degrees[i]);
    }
    EXPECT(want || o.power <= 1);
    free(room);
}

static void expect_i64(const struct segment *s, uint32_t block, uint32_t field, const int64_t *want,
                       const struct seg_block *b)
{
    int64_t *got = malloc(b->row_count * sizeof *got);
    uint64_t present[BLOCK_ROWS / 64];
    memset(present, 0xff, sizeof present);
    segment_i64(s, block, field, got, present);
    EXPECT(memcmp(got, want, b->row_count * sizeof *got) == 0);
    EXPECT(memcmp(present, b->present, sizeof present) == 0);
    for (uint32_t i = 0; i < b->row_count; i++) {
        int64_t one = 0;
        EXPECT_EQ(segment_i64_at(s, block, i, field, &one), bit_get(b->present, i));
        EXPECT_EQ(one, want[i]);
    }
    free(got);
}

static void expect_f64(const struct segment *s, uint32_t block, const struct seg_block *b)
{
    double *got = malloc(b->row_count * sizeof *got);
    uint64_t present[BLOCK_ROWS / 64];
    memset(present, 0xff, sizeof present);
    segment_f64(s, block, SEG_DEGREES, got, present);
    EXPECT(memcmp(got, b->degrees, b->row_count * sizeof *got) == 0);
    EXPECT(memcmp(present, b->present, sizeof present) == 0);
    for (uint32_t i = 0; i < b->row_count; i++) {
        double one = 0;
        EXPECT_EQ(segment_f64_at(s, block, i, SEG_DEGREES, &one), bit_get(b->present, i));
        EXPECT(one == b->degrees[i]);
    }
    free(got);
}

static void expect_block(const struct segment *s, uint32_t block, const struct seg_block *b)
{
    EXPECT_EQ(segment_block_rows(s, block), b->row_count);
    expect_codes(s, block, SEG_KIND, b->kind, b->row_count);
    expect_codes(s, block, SEG_DEVICE, b->device, b->row_count);
    expect_i64(s, block, SEG_MS, b->ms, b);
    expect_i64(s, block, SEG_AT, b->at, b);
    expect_f64(s, block, b);
    expect_narrow(s, block, b);
    expect_some_codes(s, block, SEG_KIND, b->kind, b->row_count);
    expect_some_i64(s, block, b);
    expect_given_offsets(s, block, b);
    expect_offsets(s, block, SEG_MS, b->ms, b);
    expect_offsets(s, block, SEG_AT, b->at, b);
    expect_offsets(s, block, SEG_DEGREES, NULL, b);
    struct row_key *keys = malloc(b->row_count * sizeof *keys);
    segment_keys(s, block, keys);
    EXPECT(memcmp(keys, b->keys, b->row_count * sizeof *keys) == 0);
    for (uint32_t i = 0; i < b->row_count; i += 7)
        EXPECT(row_key_equal(segment_key_at(s, block, i), b->keys[i]));
    free(keys);
}

TEST(segment_comes_back_whole)
{
    static const uint64_t counts[] = {1, 100, 8191, 8192, 8193, 4 * 8192 + 500};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        struct disk d;
        disk_new(&d);
        uint64_t bytes = 0;
        EXPECT_EQ(seg_write(&d.real, "seg", counts[c], &bytes), OK);
        struct segment *s = open_segment(&d, "seg");
        EXPECT_EQ(segment_rows(s), counts[c]);
        EXPECT_EQ(segment_bytes(s), bytes);
        EXPECT_EQ(segment_block_count(s), (counts[c] + BLOCK_ROWS - 1) / BLOCK_ROWS);
        for (uint32_t i = 0; i < segment_block_count(s); i++) {
            struct seg_block *b = seg_block_new(i, seg_rows_of(counts[c], i));
            expect_block(s, i, b);
            free(b);
        }
        segment_close(s);
        disk_done(&d, ".");
    }
}

// Times to the hour of a whole year are too far apart.
TEST(segment_gives_distances_of_numbers_close_together_only)
{
    struct disk d;
    disk_new(&d);
    struct seg_block *b = seg_block_new(0, 1000);
    for (uint32_t i = 0; i < b->row_count; i++)
        b->at[i] =
            bit_get(b->present, i) ? 1700000000000 + (int64_t)(i * 7919 % 8760) * 3600000 : 0;
    struct segment_writer *sw = NULL;
    uint64_t bytes = 0;
    EXPECT_EQ(segment_writer_new(&d.real, "seg", &seg_table, &sw, NULL), OK);
    EXPECT_EQ(seg_block_write(sw, b, NULL), OK);
    EXPECT_EQ(segment_writer_finish(sw, &bytes, NULL), OK);
    struct segment *s = open_segment(&d, "seg");
    static uint16_t distances[BLOCK_ROWS * 2];
    uint64_t present[BLOCK_ROWS / 64];
    struct offsets o = {.distances = distances, .present = present};
    EXPECT(!segment_offsets(s, 0, SEG_AT, &o));
    EXPECT(segment_offsets(s, 0, SEG_MS, &o));
    EXPECT_EQ(o.width, 2);
    free(b);
    segment_close(s);
    disk_done(&d, ".");
}

TEST(segment_larger_than_a_huge_page_comes_back)
{
    struct disk d;
    disk_new(&d);
    uint64_t bytes = 0;
    EXPECT_EQ(seg_write(&d.real, "seg", 30 * BLOCK_ROWS, &bytes), OK);
    EXPECT(bytes > 2 << 20);
    struct segment *s = open_segment(&d, "seg");
    struct seg_block *b = seg_block_new(29, BLOCK_ROWS);
    expect_block(s, 29, b);
    free(b);
    segment_close(s);
    disk_done(&d, ".");
}

TEST(segment_without_rows_opens)
{
    struct disk d;
    disk_new(&d);
    uint64_t bytes = 0;
    EXPECT_EQ(seg_write(&d.real, "seg", 0, &bytes), OK);
    struct segment *s = open_segment(&d, "seg");
    EXPECT_EQ(segment_rows(s), 0);
    EXPECT_EQ(segment_block_count(s), 0);
    segment_close(s);
    disk_done(&d, ".");
}

TEST(segment_knows_the_range_of_every_block)
{
    struct disk d;
    disk_new(&d);
    uint64_t bytes = 0;
    EXPECT_EQ(seg_write(&d.real, "seg", 3 * BLOCK_ROWS, &bytes), OK);
    struct segment *s = open_segment(&d, "seg");
    struct block_range r = segment_range(s, 0, SEG_KIND);
    EXPECT(r.any && !r.any_missing && r.min == 0 && r.max == 8);
    r = segment_range(s, 2, SEG_KIND);
    EXPECT(!r.any && r.any_missing);
    r = segment_range(s, 0, SEG_MS);
    EXPECT(r.any && r.any_missing && r.min == -7 && r.max == 2992);
    r = segment_range(s, 1, SEG_AT);
    EXPECT(r.any && !r.any_missing && r.min >= 1700000000000);
    r = segment_range(s, 1, SEG_DEGREES);
    EXPECT(r.any && r.min_f64 == -20 && r.max_f64 == 49.9);
    segment_close(s);
    disk_done(&d, ".");
}

static enum err open_bytes(struct disk *d, struct slice bytes)
{
    disk_put(d, "seg", bytes);
    struct segment *s = NULL;
    enum err e = segment_open(&d->real, "seg", &seg_table, fixture_units(), &s, NULL);
    if (e == OK)
        e = segment_check(s, NULL);
    segment_close(s);
    return e;
}

TEST(segment_prefixes_are_refused)
{
    struct disk d;
    disk_new(&d);
    uint64_t bytes = 0;
    EXPECT_EQ(seg_write(&d.real, "seg", 20, &bytes), OK);
    struct buf file AUTO(buf_donep) = disk_read(&d, "seg");
    for (size_t len = 0; len < file.len; len++)
        EXPECT_EQ(open_bytes(&d, slice_of(file.at, len)), ERR_CORRUPT);
    buf_u8(&file, 0);
    EXPECT_EQ(open_bytes(&d, buf_slice(&file)), ERR_CORRUPT);
    disk_done(&d, ".");
}

TEST(segment_with_a_changed_byte_is_refused)
{
    struct disk d;
    disk_new(&d);
    uint64_t bytes = 0;
    EXPECT_EQ(seg_write(&d.real, "seg", 20, &bytes), OK);
    struct buf file AUTO(buf_donep) = disk_read(&d, "seg");
    for (size_t i = 0; i < file.len; i++) {
        file.at[i] ^= (uint8_t)(1 << i % 8);
        EXPECT_EQ(open_bytes(&d, buf_slice(&file)), ERR_CORRUPT);
        file.at[i] ^= (uint8_t)(1 << i % 8);
    }
    EXPECT_EQ(open_bytes(&d, buf_slice(&file)), OK);
    disk_done(&d, ".");
}

// As if somebody had made the checksum right again: then the footer is checked by what it
// says.
static void mend_footer(struct buf *file)
{
    uint8_t *tail = file->at + file->len - 32;
    uint64_t at;
    memcpy(&at, tail, sizeof at);
    uint64_t sum = checksum(file->at + at, (size_t)(tail - file->at) - at);
    memcpy(tail + 16, &sum, sizeof sum);
}

TEST(segment_with_a_mended_footer_is_refused_or_read_within)
{
    struct disk d;
    disk_new(&d);
    uint64_t bytes = 0;
    EXPECT_EQ(seg_write(&d.real, "seg", 20, &bytes), OK);
    struct buf file AUTO(buf_donep) = disk_read(&d, "seg");
    uint64_t footer_at;
    memcpy(&footer_at, file.at + file.len - 32, sizeof footer_at);
    int refused = 0;
    for (size_t i = footer_at; i < file.len - 32; i++) {
        for (int flip = 0; flip < 8; flip++) {
            file.at[i] ^= (uint8_t)(1 << flip);
            mend_footer(&file);
            refused += open_bytes(&d, buf_slice(&file)) != OK;
            file.at[i] ^= (uint8_t)(1 << flip);
        }
    }
    // Only bounds of doubles can be changed unseen: one field of 16 bytes, two flags.
    EXPECT((size_t)refused >= (file.len - 32 - footer_at) * 8 - (16 * 8 + 2));
    disk_done(&d, ".");
}

TEST(segment_of_another_shape_is_refused)
{
    struct disk d;
    disk_new(&d);
    uint64_t bytes = 0;
    EXPECT_EQ(seg_write(&d.real, "seg", 20, &bytes), OK);
    struct field fields[SEG_FIELDS];
    memcpy(fields, seg_fields, sizeof fields);
    fields[SEG_MS].type = FIELD_DOUBLE;
    struct table other = seg_table;
    other.fields = fields;
    struct segment *s = NULL;
    struct fault why = {0};
    EXPECT_EQ(segment_open(&d.real, "seg", &other, fixture_units(), &s, &why), ERR_CORRUPT);
    EXPECT(strstr(why.words, "field ms"));
    other = seg_table;
    other.field_count--;
    EXPECT_EQ(segment_open(&d.real, "seg", &other, fixture_units(), &s, &why), ERR_CORRUPT);
    EXPECT_EQ(segment_open(&d.real, "none", &seg_table, fixture_units(), &s, &why), ERR_NOT_FOUND);
    disk_done(&d, ".");
}

TEST(segment_open_may_fail_anywhere)
{
    struct disk d;
    disk_new(&d);
    uint64_t bytes = 0;
    EXPECT_EQ(seg_write(&d.real, "seg", 20, &bytes), OK);
    enum err e = ERR_IO;
    for (int n = 0; e != OK; n++) {
        struct segment *s = NULL;
        disk_fail_in = n;
        e = segment_open(&d.faulty, "seg", &seg_table, fixture_units(), &s, NULL);
        EXPECT(e == OK || e == ERR_IO);
        EXPECT((e == OK) == (n >= 5));
        segment_close(s);
    }
    disk_fail_in = -1;
    disk_done(&d, ".");
}

// Its devices are of many values: postings name their blocks; of the few kinds there are none.
static struct segment *open_with_postings(struct disk *d, struct buf *out_file)
{
    uint64_t bytes = 0;
    disk_new(d);
    EXPECT_EQ(seg_write(&d->real, "seg", 9 * BLOCK_ROWS + 100, &bytes), OK);
    *out_file = disk_read(d, "seg");
    static struct units *roomy; // postings are done without where they would fill the budget
    if (!roomy)
        roomy = units_new(64 << 20);
    struct segment *s = NULL;
    EXPECT_EQ(segment_open(&d->real, "seg", &seg_table, roomy, &s, NULL), OK);
    return s;
}

TEST(segment_knows_the_blocks_of_each_device)
{
    struct disk d;
    struct buf file;
    struct segment *s = open_with_postings(&d, &file);
    uint64_t *truth = calloc(100000, sizeof *truth);
    for (uint32_t b = 0; b < segment_block_count(s); b++) {
        static uint32_t codes[BLOCK_ROWS];
        segment_codes(s, b, SEG_DEVICE, codes);
        for (uint32_t i = 0; i < segment_block_rows(s, b); i++)
            if (codes[i] != CODE_NONE)
                truth[codes[i]] |= (uint64_t)1 << b;
    }
    for (uint32_t code = 0; code < 100000; code++) {
        uint64_t bits = 0;
        EXPECT(segment_blocks_of(s, SEG_DEVICE, &code, 1, 0, &bits));
        EXPECT_EQ(bits, truth[code]);
    }
    uint64_t bits = 0;
    uint32_t two[] = {17, 90000};
    EXPECT(segment_blocks_of(s, SEG_DEVICE, two, 2, 3, &bits));
    EXPECT_EQ(bits, (truth[17] | truth[90000]) << 3);
    EXPECT(!segment_blocks_of(s, SEG_KIND, two, 2, 0, &bits));
    free(truth);
    segment_close(s);
    buf_done(&file);
    disk_done(&d, ".");
}

TEST(segment_with_a_changed_byte_of_its_postings_is_refused)
{
    struct disk d;
    struct buf file;
    segment_close(open_with_postings(&d, &file));
    uint64_t footer_at;
    memcpy(&footer_at, file.at + file.len - 32, sizeof footer_at);
    for (uint64_t i = footer_at - 5000; i < footer_at; i += 999) {
        file.at[i] ^= 4;
        EXPECT_EQ(open_bytes(&d, buf_slice(&file)), ERR_CORRUPT);
        file.at[i] ^= 4;
    }
    // Their notes are the last of the footer.
    for (size_t i = file.len - 32 - (size_t)SEG_FIELDS * 12; i < file.len - 32; i++) {
        file.at[i] ^= 1;
        mend_footer(&file);
        EXPECT_EQ(open_bytes(&d, buf_slice(&file)), ERR_CORRUPT);
        file.at[i] ^= 1;
    }
    buf_done(&file);
    disk_done(&d, ".");
}

// Each row has the next code, so the range of a block says which codes it has.
TEST(segment_has_no_postings_of_codes_that_rise)
{
    struct disk d;
    disk_new(&d);
    struct segment_writer *sw = NULL;
    EXPECT_EQ(segment_writer_new(&d.real, "seg", &seg_table, &sw, NULL), OK);
    for (uint32_t i = 0; i < 6; i++) {
        struct seg_block *b = seg_block_new(i, BLOCK_ROWS);
        for (uint32_t row = 0; row < BLOCK_ROWS; row++)
            b->device[row] = i * BLOCK_ROWS + row;
        EXPECT_EQ(seg_block_write(sw, b, NULL), OK);
        free(b);
    }
    uint64_t bytes = 0;
    EXPECT_EQ(segment_writer_finish(sw, &bytes, NULL), OK);
    struct segment *s = open_segment(&d, "seg");
    uint32_t code = 9000;
    uint64_t bits = 0;
    EXPECT(!segment_blocks_of(s, SEG_DEVICE, &code, 1, 0, &bits));
    segment_close(s);
    disk_done(&d, ".");
}
