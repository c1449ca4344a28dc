// SPDX-License-Identifier: Apache-2.0
#include "column_cases.h"

// Gaps at every density, over every count near a word's or byte's end.
TEST(column_gives_back_gaps)
{
    static const uint32_t counts[] = {1, 7, 8, 9, 63, 64, 65, 500, 8191, 8192};
    uint64_t random = 8;
    static int64_t values[8192];
    static uint32_t codes[8192];
    uint64_t present[128];
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        for (unsigned density = 0; density <= 4; density++) {
            memset(present, 0, sizeof present);
            for (uint32_t i = 0; i < counts[c]; i++) {
                bool has = next_random(&random) % 4 < density;
                values[i] = (int64_t)next_random(&random) >> 40;
                codes[i] = has ? (uint32_t)(next_random(&random) % 300) : COLUMN_NO_CODE;
                present[i / 64] |= (uint64_t)has << i % 64;
            }
            size_t bytes;
            i64_round_trip(values, present, counts[c], &bytes);
            codes_round_trip(codes, counts[c], &bytes);
        }
    }
}

// Where few rows have a value, only those take room.
TEST(column_keeps_few_values_without_their_gaps)
{
    static const uint32_t counts[] = {4, 63, 64, 65, 600, 8191, 8192};
    uint64_t random = 21;
    static uint32_t codes[8192];
    static int64_t values[8192];
    static double reals[8192];
    uint64_t present[128];
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        for (uint32_t one_in = 4; one_in <= 4096; one_in *= 4) {
            memset(present, 0, sizeof present);
            for (uint32_t i = 0; i < counts[c]; i++) {
                bool has = i == counts[c] / 2 || next_random(&random) % (one_in + 1) == 0;
                codes[i] = has ? (uint32_t)(next_random(&random) % 250) : COLUMN_NO_CODE;
                values[i] = (int64_t)(next_random(&random) >> 50) - 99;
                reals[i] = (double)values[i] / 8;
                present[i / 64] |= (uint64_t)has << i % 64;
            }
            size_t bytes;
            codes_round_trip(codes, counts[c], &bytes);
            EXPECT(counts[c] < 8191 || one_in < 64 || bytes < 1024 + 300);
            i64_round_trip(values, present, counts[c], &bytes);
            f64_round_trip(reals, present, counts[c], &bytes);
        }
    }
}

TEST(column_refuses_few_values_that_are_none)
{
    uint8_t chunk[] = {0, 2, 0x04, 7}; // constant 7, sparse, the third of five rows
    struct column c;
    EXPECT_EQ(column_open(slice_of(chunk, 4), COLUMN_I64, 5, &c, NULL), OK);
    int64_t got[5];
    uint64_t present;
    column_i64(&c, got, &present);
    EXPECT(present == 4 && got[2] == 7 && got[0] == 0 && got[4] == 0);
    chunk[2] = 0;
    EXPECT_EQ(column_open(slice_of(chunk, 4), COLUMN_I64, 5, &c, NULL), ERR_CORRUPT);
    chunk[2] = 0x24;
    EXPECT_EQ(column_open(slice_of(chunk, 4), COLUMN_I64, 5, &c, NULL), ERR_CORRUPT);
}

TEST(column_without_any_value_takes_its_bits_only)
{
    static uint32_t codes[8192];
    memset(codes, 0xff, sizeof codes);
    size_t bytes;
    EXPECT(strcmp(codes_round_trip(codes, 8192, &bytes), "constant") == 0);
    EXPECT_EQ(bytes, 2 + 1024);
}

TEST(column_ignores_bits_past_its_rows)
{
    int64_t values[5] = {1, 2, 3, 4, 5};
    uint64_t present = ~(uint64_t)0;
    size_t bytes, bytes_without;
    i64_round_trip(values, &present, 5, &bytes);
    i64_round_trip(values, NULL, 5, &bytes_without);
    EXPECT_EQ(bytes, bytes_without);
    present = ~(uint64_t)2;
    i64_round_trip(values, &present, 5, &bytes);
}

TEST(column_refuses_bits_past_its_rows)
{
    uint8_t chunk[] = {0, 1, 0x1f, 7}; // constant 7, gaps, five rows
    struct column c;
    EXPECT_EQ(column_open(slice_of(chunk, 4), COLUMN_I64, 5, &c, NULL), OK);
    chunk[2] = 0x3f;
    EXPECT_EQ(column_open(slice_of(chunk, 4), COLUMN_I64, 5, &c, NULL), ERR_CORRUPT);
}

TEST(column_refuses_an_unknown_encoding_flag_or_count)
{
    struct column c;
    EXPECT_EQ(open_raw(7, slice_of("", 0), COLUMN_I64, 1), ERR_CORRUPT);
    EXPECT_EQ(column_open(slice_of("\0\3", 2), COLUMN_I64, 1, &c, NULL), ERR_CORRUPT);
    EXPECT_EQ(open_raw(0, slice_of("", 0), COLUMN_I64, 0), ERR_CORRUPT);
    EXPECT_EQ(open_raw(0, slice_of("", 0), COLUMN_I64, 8192), OK);
    EXPECT_EQ(open_raw(0, slice_of("", 0), COLUMN_I64, 8193), ERR_CORRUPT);
}

static enum err open_packed(struct slice bytes)
{
    struct column c;
    return column_open(bytes, COLUMN_I64, 100, &c, NULL);
}

TEST(column_prefixes_are_refused)
{
    int64_t values[100];
    uint64_t present[2] = {0xff00ff00ff, 0x3};
    for (int i = 0; i < 100; i++)
        values[i] = i * i;
    struct buf out = buf_init(1 << 20);
    column_encode_i64(values, present, 100, &out);
    expect_every_prefix_refused(buf_slice(&out), open_packed);
    buf_done(&out);
}

// Reads after a successful open stay inside, whatever the bytes are.
static void read_all(struct slice bytes, enum column_kind kind, uint32_t count)
{
    struct column c;
    if (column_open(bytes, kind, count, &c, NULL) != OK)
        return;
    uint64_t *out = malloc(count * sizeof *out);
    uint64_t *present = malloc((count + 63) / 64 * sizeof *present);
    struct column_scale scale;
    if (kind != COLUMN_F64 || column_scale(&c, &scale)) {
        column_distances_u16(&c, 5, (uint16_t *)(void *)out);
        uint64_t step;
        int64_t base;
        if (column_step(&c, &step, &base))
            (void)column_multiple_max(&c);
        column_distances_u32(&c, 5, (uint32_t *)(void *)out);
    }
    if (kind == COLUMN_CODES)
        column_codes_u8(&c, (uint8_t *)(void *)out);
    if (kind == COLUMN_CODES)
        column_codes(&c, (uint32_t *)(void *)out);
    else if (kind == COLUMN_I64)
        column_i64(&c, (int64_t *)out, present);
    else
        column_f64(&c, (double *)(void *)out, present);
    int64_t number;
    double real;
    for (uint32_t i = 0; i < count; i++) {
        if (kind == COLUMN_CODES)
            (void)column_code_at(&c, i);
        else if (kind == COLUMN_I64)
            (void)column_i64_at(&c, i, &number);
        else
            (void)column_f64_at(&c, i, &real);
    }
    free(out);
    free(present);
}

TEST(column_with_a_changed_byte_is_refused_or_read_within)
{
    int64_t values[40];
    uint64_t present = 0xfffff0ffff;
    for (int i = 0; i < 40; i++)
        values[i] = i * 1000003;
    struct buf out = buf_init(1 << 20);
    column_encode_i64(values, &present, 40, &out);
    for (size_t i = 0; i < out.len; i++) {
        for (int flip = 1; flip < 256; flip += i < 20 ? 1 : 50) {
            struct slice bytes = exact_copy(buf_slice(&out));
            ((uint8_t *)(uintptr_t)bytes.at)[i] ^= (uint8_t)flip;
            for (int kind = 0; kind <= COLUMN_F64; kind++)
                read_all(bytes, (enum column_kind)kind, 40);
            exact_free(bytes);
        }
    }
    buf_done(&out);
}

TEST(column_does_not_write_past_the_limit_of_its_buf)
{
    int64_t values[100];
    for (int i = 0; i < 100; i++)
        values[i] = i * 77;
    struct buf whole = buf_init(1 << 20);
    column_encode_i64(values, NULL, 100, &whole);
    size_t whole_bytes = whole.len;
    buf_done(&whole);
    for (size_t limit = 0; limit < whole_bytes; limit++) {
        struct buf out = buf_init(limit);
        column_encode_i64(values, NULL, 100, &out);
        EXPECT_EQ(buf_end(&out, NULL), ERR_LIMIT);
        buf_done(&out);
    }
}

TEST(column_scale_is_of_ratios_only)
{
    double values[600];
    size_t bytes;
    for (int i = 0; i < 600; i++)
        values[i] = 0.25;
    EXPECT(strcmp(f64_round_trip(values, NULL, 600, &bytes), "constant") == 0);
    struct buf out = buf_init(1 << 20);
    column_encode_f64(values, NULL, 600, &out);
    struct column c;
    struct column_scale scale;
    EXPECT_EQ(column_open(buf_slice(&out), COLUMN_F64, 600, &c, NULL), OK);
    EXPECT(column_scale(&c, &scale));
    EXPECT(scale.power == 2 && scale.min == 25 && scale.max_distance == 0);
    buf_reset(&out);
    for (int i = 0; i < 600; i++)
        values[i] = 1 / 3.;
    column_encode_f64(values, NULL, 600, &out);
    EXPECT_EQ(column_open(buf_slice(&out), COLUMN_F64, 600, &c, NULL), OK);
    EXPECT(!column_scale(&c, &scale));
    buf_done(&out);
}
