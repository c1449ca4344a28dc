// SPDX-License-Identifier: Apache-2.0
#pragma once

// Round trips of columns, for the test of every encoding.  Encoded bytes lie in memory of
// their exact size, so that the address sanitizer sees a read too far.

#include "codec/column.h"
#include "test.h"

#include <stdlib.h>

// splitmix64; a test's numbers are the same in every run.
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static inline struct slice exact_copy(struct slice s)
{
    uint8_t *at = malloc(s.len ? s.len : 1);
    if (s.len)
        memcpy(at, s.at, s.len);
    return slice_of(at, s.len);
}

static inline void exact_free(struct slice s)
{
    free((void *)(uintptr_t)s.at);
}

static inline bool case_present(const uint64_t *present, uint32_t i)
{
    return !present || (present[i / 64] >> i % 64 & 1);
}

// Distances from `base` in both widths are those of `want`, where there is a value.
static inline void expect_distances(const struct column *c, const int64_t *want,
                                    const uint64_t *present, int64_t base)
{
    uint16_t *u16 = malloc(c->count * sizeof *u16);
    uint32_t *u32 = malloc(c->count * sizeof *u32);
    uint64_t *bits = malloc((c->count + 63) / 64 * sizeof *bits);
    column_distances_u16(c, base, u16);
    column_distances_u32(c, base, u32);
    column_present_bits(c, bits);
    for (uint32_t i = 0; i < c->count; i++) {
        EXPECT_EQ(bits[i / 64] >> i % 64 & 1, case_present(present, i));
        if (!case_present(present, i))
            continue;
        EXPECT_EQ(u16[i], (uint16_t)((uint64_t)want[i] - (uint64_t)base));
        EXPECT_EQ(u32[i], (uint32_t)((uint64_t)want[i] - (uint64_t)base));
    }
    free(u16);
    free(u32);
    free(bits);
}

// Encodes, opens and compares, by blocks and one by one; gives the encoding's name and
// the size of the chunk.
static inline const char *i64_round_trip(const int64_t *values, const uint64_t *present,
                                         uint32_t count, size_t *out_bytes)
{
    struct buf out = buf_init(1 << 20);
    column_encode_i64(values, present, count, &out);
    struct slice bytes = exact_copy(buf_slice(&out));
    buf_done(&out);
    struct column c;
    EXPECT_EQ(column_open(bytes, COLUMN_I64, count, &c, NULL), OK);
    int64_t *got = malloc(count * sizeof *got);
    uint64_t *got_present = malloc((count + 63) / 64 * sizeof *got_present);
    column_i64(&c, got, got_present);
    for (uint32_t i = 0; i < count; i++) {
        bool has = case_present(present, i);
        int64_t one = 0;
        EXPECT_EQ(got_present[i / 64] >> i % 64 & 1, has);
        EXPECT_EQ(got[i], has ? values[i] : 0);
        EXPECT_EQ(column_i64_at(&c, i, &one), has);
        EXPECT_EQ(one, has ? values[i] : 0);
    }
    for (uint32_t i = count; i < (count + 63) / 64 * 64; i++)
        EXPECT(!(got_present[i / 64] >> i % 64 & 1));
    expect_distances(&c, values, present, 0);
    expect_distances(&c, values, present, values[count / 2]);
    expect_distances(&c, values, present, INT64_MIN);
    const char *name = column_encoding_name(&c);
    *out_bytes = bytes.len;
    free(got);
    free(got_present);
    exact_free(bytes);
    return name;
}

// Doubles that have a scale are the ratios it promises.
static inline void expect_scale(const struct column *c, const double *values,
                                const uint64_t *present)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10};
    struct column_scale scale;
    if (!column_scale(c, &scale) || scale.max_distance > UINT32_MAX)
        return;
    int64_t *wholes = malloc(c->count * sizeof *wholes);
    uint32_t *distances = malloc(c->count * sizeof *distances);
    column_distances_u32(c, scale.min, distances);
    for (uint32_t i = 0; i < c->count; i++) {
        EXPECT(distances[i] <= scale.max_distance);
        wholes[i] = scale.min + distances[i];
        double value = (double)wholes[i] / powers[scale.power];
        EXPECT(!case_present(present, i) || memcmp(&value, &values[i], sizeof value) == 0);
    }
    expect_distances(c, wholes, present, scale.min - 3);
    free(wholes);
    free(distances);
}

static inline const char *f64_round_trip(const double *values, const uint64_t *present,
                                         uint32_t count, size_t *out_bytes)
{
    struct buf out = buf_init(1 << 20);
    column_encode_f64(values, present, count, &out);
    struct slice bytes = exact_copy(buf_slice(&out));
    buf_done(&out);
    struct column c;
    EXPECT_EQ(column_open(bytes, COLUMN_F64, count, &c, NULL), OK);
    double *got = malloc(count * sizeof *got);
    uint64_t *got_present = malloc((count + 63) / 64 * sizeof *got_present);
    column_f64(&c, got, got_present);
    for (uint32_t i = 0; i < count; i++) {
        bool has = case_present(present, i);
        double want = has ? values[i] : 0;
        double one = 0;
        EXPECT_EQ(got_present[i / 64] >> i % 64 & 1, has);
        EXPECT_EQ(column_f64_at(&c, i, &one), has);
        EXPECT(memcmp(&got[i], &want, sizeof want) == 0);
        EXPECT(memcmp(&one, &want, sizeof want) == 0);
    }
    expect_scale(&c, values, present);
    const char *name = column_encoding_name(&c);
    *out_bytes = bytes.len;
    free(got);
    free(got_present);
    exact_free(bytes);
    return name;
}

// The low bytes of every code; so all ones in gaps.
static inline void expect_narrow_codes(const struct column *c, const uint32_t *codes)
{
    uint8_t *u8 = malloc(c->count);
    uint16_t *u16 = malloc(c->count * sizeof *u16);
    column_codes_u8(c, u8);
    column_codes_u16(c, u16);
    for (uint32_t i = 0; i < c->count; i++) {
        EXPECT_EQ(u8[i], (uint8_t)codes[i]);
        EXPECT_EQ(u16[i], (uint16_t)codes[i]);
    }
    free(u8);
    free(u16);
}

static inline const char *codes_round_trip(const uint32_t *codes, uint32_t count, size_t *out_bytes)
{
    struct buf out = buf_init(1 << 20);
    column_encode_codes(codes, count, &out);
    struct slice bytes = exact_copy(buf_slice(&out));
    buf_done(&out);
    struct column c;
    EXPECT_EQ(column_open(bytes, COLUMN_CODES, count, &c, NULL), OK);
    uint32_t *got = malloc(count * sizeof *got);
    column_codes(&c, got);
    for (uint32_t i = 0; i < count; i++) {
        EXPECT_EQ(got[i], codes[i]);
        EXPECT_EQ(column_code_at(&c, i), codes[i]);
    }
    expect_narrow_codes(&c, codes);
    const char *name = column_encoding_name(&c);
    *out_bytes = bytes.len;
    free(got);
    exact_free(bytes);
    return name;
}

// A chunk by hand: encoding, no gaps, data.
static inline enum err open_raw(uint8_t encoding, struct slice data, enum column_kind kind,
                                uint32_t count)
{
    struct buf out = buf_init(1 << 20);
    buf_u8(&out, encoding);
    buf_u8(&out, 0);
    buf_slice_add(&out, data);
    struct slice bytes = exact_copy(buf_slice(&out));
    buf_done(&out);
    struct column c;
    enum err e = column_open(bytes, kind, count, &c, NULL);
    exact_free(bytes);
    return e;
}
