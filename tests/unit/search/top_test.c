// SPDX-License-Identifier: Apache-2.0
#include "search/top.h"
#include "test.h"

static int by_number(const void *context, uint32_t a, uint32_t b)
{
    const uint32_t *v = context;
    return v[a] != v[b] ? (v[a] > v[b] ? 1 : -1) : (a > b) - (a < b);
}

TEST(top_keeps_the_first_in_order)
{
    uint32_t v[500];
    uint32_t heap[10];
    for (uint32_t i = 0; i < 500; i++)
        v[i] = i * 7919 % 500;
    struct top t = {.heap = heap, .size = 10, .compare = by_number, .context = v};
    uint32_t dropped = 0;
    for (uint32_t i = 0; i < 500; i++)
        dropped += top_offer(&t, i) != TOP_NOTHING;
    EXPECT_EQ(dropped, 490);
    top_sort(&t);
    for (uint32_t i = 0; i < 10; i++)
        EXPECT_EQ(v[heap[i]], i);
}

TEST(top_of_nothing_takes_nothing)
{
    uint32_t v[1] = {1};
    struct top t = {.size = 0, .compare = by_number, .context = v};
    EXPECT_EQ(top_offer(&t, 0), 0);
    top_sort(&t);
    EXPECT_EQ(t.count, 0);
}
