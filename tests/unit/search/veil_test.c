// SPDX-License-Identifier: Apache-2.0
#include "search/veil.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>

static const struct veil_key key = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

TEST(veil_shows_numbers_as_they_are_without_a_key)
{
    struct veil none = {0};
    EXPECT_EQ(veil_count(&none, VEIL_ROWS, 17), 17);
    EXPECT(veil_sum(&none, VEIL_SUM, slice_text("x"), 1.25) == 1.25);
    EXPECT(veil_value(&none, 1234.5) == 1234.5);
}

TEST(veil_gives_the_same_rows_the_same_number)
{
    struct veil v = {&key, 99, 0.05};
    EXPECT_EQ(veil_count(&v, VEIL_ROWS, 12345), veil_count(&v, VEIL_ROWS, 12345));
    struct slice name = slice_text("latency");
    EXPECT(veil_sum(&v, VEIL_SUM, name, 8.5e6) == veil_sum(&v, VEIL_SUM, name, 8.5e6));
}

// 1,000 groups of 100 rows of 100 subjects: in steps of five, and right on average.
TEST(veil_rounds_a_count_by_chance_to_steps)
{
    double sum = 0;
    int up = 0;
    for (uint64_t print = 0; print < 1000; print++) {
        struct veil v = {&key, print, 0.05};
        uint64_t got = veil_count(&v, VEIL_ROWS, 102);
        EXPECT(got == 100 || got == 105);
        up += got == 105;
        sum += (double)got;
    }
    EXPECT(up > 300 && up < 500); // two fifths
    EXPECT(fabs(sum / 1000 - 102) < 0.5);
}

TEST(veil_never_makes_something_of_nothing_nor_nothing_of_something)
{
    for (uint64_t print = 0; print < 200; print++) {
        struct veil v = {&key, print, 1};
        EXPECT_EQ(veil_count(&v, VEIL_ROWS, 0), 0);
        EXPECT(veil_count(&v, VEIL_ROWS, 3) > 0);
        EXPECT(veil_count(&v, VEIL_ROWS, 1) > 0);
    }
}

// One subject of a hundred more or less moves a sum by less than the draws do.
TEST(veil_hides_one_subject_in_the_difference_of_two_sums)
{
    int told = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        struct veil with = {&key, i * 2, 5 / 101.0};
        struct veil without = {&key, i * 2 + 1, 5 / 100.0};
        double a = veil_sum(&with, VEIL_SUM, slice_text("x"), 101 * 7.0);
        double b = veil_sum(&without, VEIL_SUM, slice_text("x"), 100 * 7.0);
        told += fabs(a - b - 7.0) < 3.5;
    }
    EXPECT(told < 100); // of 1,000
}

TEST(veil_keeps_two_digits_of_a_value)
{
    struct veil v = {&key, 1, 0.01};
    EXPECT(veil_value(&v, 1234) == 1200);
    EXPECT(veil_value(&v, -0.0567) == -0.057);
    EXPECT(veil_value(&v, 0) == 0);
    EXPECT(isnan(veil_value(&v, NAN)));
}

TEST(veil_keeps_different_subjects_apart)
{
    enum { COUNT = 4096 };

    static uint64_t all[COUNT];
    for (uint64_t i = 0; i < COUNT; i++)
        all[i] = veil_subject(&key, (uint64_t)3 << 32 | i);
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < i; j++)
            EXPECT(all[i] != all[j]);
    EXPECT(veil_subject(NULL, 5) != veil_subject(&key, 5));
}
