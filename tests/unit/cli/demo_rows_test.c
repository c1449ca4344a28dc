// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_rows.h"
#include "test.h"

#include <string.h>

static struct demo_row row(const char *a, const char *b, int64_t count, int64_t matched)
{
    return (struct demo_row){.keys = {slice_text(a), slice_text(b)}, count, matched};
}

TEST(demo_rows_that_came_in_another_order_are_the_same)
{
    struct demo_row first[3] = {row("b", "x", 3, 1), row("a", "y", 2, 0), row("a", "x", 1, 1)};
    struct demo_row second[3] = {row("a", "x", 1, 1), row("b", "x", 3, 1), row("a", "y", 2, 0)};
    struct demo_rows a = {.at = first, .count = 3};
    struct demo_rows b = {.at = second, .count = 3};
    demo_rows_sort(&a);
    demo_rows_sort(&b);
    EXPECT(slice_is(a.at[0].keys[1], "x"));
    EXPECT(slice_is(a.at[2].keys[0], "b"));
    EXPECT(demo_rows_are_same(&a, &b));
    struct demo_rows none = {0};
    demo_rows_sort(&none);
    EXPECT(demo_rows_are_same(&none, &none));
}

TEST(demo_rows_that_differ_in_one_digit_are_not_the_same)
{
    struct demo_row mine[2] = {row("a", "x", 1, 1), row("b", "x", 3, 1)};
    struct demo_rows a = {.at = mine, .count = 2};
    struct demo_row others[][2] = {
        {row("a", "x", 1, 1), row("b", "x", 4, 1)},
        {row("a", "x", 1, 1), row("b", "x", 3, 2)},
        {row("a", "x", 1, 1), row("b", "y", 3, 1)},
        {row("c", "x", 1, 1), row("b", "x", 3, 1)},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        EXPECT(!demo_rows_are_same(&a, &(struct demo_rows){.at = others[i], .count = 2}));
    EXPECT(!demo_rows_are_same(&a, &(struct demo_rows){.at = mine, .count = 1}));
}

TEST(demo_rows_that_do_not_fit_are_never_the_same)
{
    struct demo_row one = row("a", "x", 1, 0);
    struct demo_rows full = {.at = &one, .count = DEMO_ROWS_MAX};
    demo_rows_add(&full, one);
    EXPECT_EQ(full.count, DEMO_ROWS_MAX);
    EXPECT(!demo_rows_are_same(&full, &full));
}

TEST(demo_shows_the_last_rows_or_those_of_the_highest_rate)
{
    struct demo_row all[] = {row("a", "", 10, 1), row("b", "", 10, 9), row("c", "", 0, 0),
                             row("d", "", 10, 5), row("e", "", 10, 9), row("f", "", 10, 2)};
    struct demo_rows rows = {.at = all, .count = 6};
    uint32_t out[8];
    EXPECT_EQ(demo_rows_choose(&rows, true, 3, out), 3);
    EXPECT_EQ(out[0], 1); // of equal ones the first
    EXPECT_EQ(out[1], 4);
    EXPECT_EQ(out[2], 3);
    EXPECT_EQ(demo_rows_choose(&rows, false, 2, out), 2);
    EXPECT_EQ(out[0], 5);
    EXPECT_EQ(out[1], 4);
    EXPECT_EQ(demo_rows_choose(&rows, true, 8, out), 6);
    EXPECT_EQ(out[5], 2);
    EXPECT_EQ(demo_rows_choose(&rows, true, 0, out), 0);
    EXPECT_EQ(demo_rows_choose(&(struct demo_rows){0}, false, 8, out), 0);
}
