// SPDX-License-Identifier: Apache-2.0
#include "kernel/ordinal.h"
#include "kernel_cases.h"

// What fits: parents and codes below small bounds when the product must be narrow.
static struct case_array bounded(enum width width, uint32_t bound, uint32_t n, uint64_t *random)
{
    struct case_array a = case_array(n, width);
    uint32_t none = width_none(width);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t r = case_random(random);
        uint32_t v = r % 9 == 0 ? none : (uint32_t)(r >> 8) % bound;
        memcpy((uint8_t *)a.at + (size_t)i * width, &v, width);
    }
    return a;
}

static void expect_join(enum width parent_width, enum width code_width, enum width out_width,
                        uint32_t n, uint64_t *random)
{
    uint32_t parent_bound = out_width == WIDTH_U8 ? 15 : out_width == WIDTH_U16 ? 251 : 255;
    uint32_t code_bound = out_width == WIDTH_U8 ? 17 : 255;
    if (out_width == WIDTH_U32 && code_width == WIDTH_U32)
        code_bound = 16000000;
    struct case_array parents = bounded(parent_width, parent_bound, n, random);
    struct case_array codes = bounded(code_width, code_bound, n, random);
    struct codes p = {parent_width, parents.at};
    struct codes c = {code_width, codes.at};
    EACH_SIMD(simd)
    {
        struct case_array out = case_array(n, out_width);
        ordinal_kernels(simd)->join(p, code_bound, c, n, out_width, out.at);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t got = codes_at((struct codes){out_width, out.at}, i);
            uint32_t parent = codes_at(p, i);
            uint32_t code = codes_at(c, i);
            bool is_none = parent == UINT32_MAX || code == UINT32_MAX;
            EXPECT_EQ(got, is_none ? UINT32_MAX : parent * code_bound + code);
        }
        free(out.memory);
    }
    free(parents.memory);
    free(codes.memory);
}

TEST(ordinal_join_numbers_pairs_and_keeps_none)
{
    uint64_t random = 1;
    EACH_LENGTH(n)
    for (unsigned i = 0; i < 27; i++)
        expect_join(case_width(i), case_width(i / 3), case_width(i / 9), n, &random);
}

TEST(ordinal_widen_keeps_codes_and_none)
{
    uint64_t random = 2;
    EACH_LENGTH(n)
    for (unsigned i = 0; i < 9; i++) {
        enum width from = case_width(i);
        enum width to = case_width(i / 3);
        struct case_array a = bounded(from, width_none(from < to ? from : to), n, &random);
        EACH_SIMD(simd)
        {
            struct case_array out = case_array(n, to);
            ordinal_kernels(simd)->widen((struct codes){from, a.at}, n, to, out.at);
            for (uint32_t r = 0; r < n; r++)
                EXPECT_EQ(codes_at((struct codes){to, out.at}, r),
                          codes_at((struct codes){from, a.at}, r));
            free(out.memory);
        }
        free(a.memory);
    }
}

TEST(ordinal_mask_makes_the_other_rows_none)
{
    uint64_t random = 3;
    EACH_LENGTH(n)
    for (unsigned i = 0; i < 12; i++) {
        enum width width = case_width(i);
        struct case_array a = bounded(width, width_none(width), n, &random);
        struct case_array m = case_mask(n, i / 3 * 2 + 1, &random);
        EACH_SIMD(simd)
        {
            struct case_array got = case_array(n, width);
            if (n)
                memcpy(got.at, a.at, (size_t)n * width);
            ordinal_kernels(simd)->mask(width, got.at, m.at, n);
            for (uint32_t r = 0; r < n; r++)
                EXPECT_EQ(codes_at((struct codes){width, got.at}, r),
                          mask_has(m.at, r) ? codes_at((struct codes){width, a.at}, r)
                                            : UINT32_MAX);
            free(got.memory);
        }
        free(a.memory);
        free(m.memory);
    }
}

static uint32_t interval_of(int64_t v, const int64_t *bounds, uint32_t count)
{
    for (uint32_t i = 0; i + 1 < count; i++)
        if (v >= bounds[i] && v < bounds[i + 1])
            return i;
    return UINT32_MAX;
}

static void expect_bounds(const int64_t *v, uint32_t n, const int64_t *bounds, uint32_t count,
                          enum width width)
{
    EACH_SIMD(simd)
    {
        struct case_array out = case_array(n, width);
        ordinal_kernels(simd)->bounds_i64(v, n, bounds, count, width, out.at);
        for (uint32_t i = 0; i < n; i++)
            EXPECT_EQ(codes_at((struct codes){width, out.at}, i), interval_of(v[i], bounds, count));
        free(out.memory);
    }
}

// Months do not have the same length; neither do these.
static void irregular_bounds(int64_t *bounds, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        bounds[i] = (int64_t)i * 1000 + (int64_t)(i * 37 % 19) - 5000;
}

TEST(ordinal_bounds_find_the_interval_of_rows_in_order_and_out_of_it)
{
    static const uint32_t counts[] = {1, 2, 3, 12, 30, 200};
    uint64_t random = 5;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        int64_t bounds[200];
        irregular_bounds(bounds, counts[c]);
        EACH_LENGTH(n)
        {
            struct case_array a = case_array(n, 8);
            int64_t *v = a.at;
            for (uint32_t i = 0; i < n; i++)
                v[i] = -6000 + (int64_t)i * (n > 1000 ? 3 : 17);
            expect_bounds(v, n, bounds, counts[c], case_width(n));
            for (uint32_t i = 0; i < n; i++)
                v[i] = bounds[i % counts[c]] + (int64_t)(case_random(&random) % 3) - 1;
            expect_bounds(v, n, bounds, counts[c], case_width(n + 1));
            free(a.memory);
        }
    }
}

TEST(ordinal_bounds_take_the_ends_of_the_type)
{
    static const int64_t bounds[] = {INT64_MIN, -1, 0, INT64_MAX};
    static const int64_t v[] = {INT64_MIN, INT64_MIN + 1, -2, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
    for (uint32_t n = 0; n <= 8; n++)
        for (uint32_t count = 1; count <= 4; count++)
            expect_bounds(v, n, bounds, count, WIDTH_U8);
}
