// SPDX-License-Identifier: Apache-2.0
#include "search/budget.h"
#include "search/room.h"
#include "test.h"

#include <string.h>

TEST(budget_takes_on_all_levels_or_on_none)
{
    struct budget all;
    struct budget one;
    struct budget other;
    budget_init(&all, NULL, "parent", "search.memory_bytes_all", 1000);
    budget_init(&one, &all, "request", "search.memory_bytes", 800);
    budget_init(&other, &all, "request", "search.memory_bytes", 800);
    EXPECT(budget_take(&one, 700));
    EXPECT(!budget_take(&one, 101));
    EXPECT(!budget_has(&one, 101) && budget_has(&one, 100));
    EXPECT_EQ(one.used, 700);
    EXPECT_EQ(all.used, 700);
    EXPECT(!budget_take(&other, 301));
    EXPECT(!budget_has(&other, 301) && budget_has(&other, 300));
    EXPECT_EQ(other.used, 0);
    EXPECT_EQ(all.used, 700);
    EXPECT_EQ(one.refusals, 1);
    EXPECT_EQ(other.refusals, 0);
    EXPECT_EQ(all.refusals, 1);
    budget_give(&one, 700);
    EXPECT(budget_take(&other, 800));
    EXPECT_EQ(all.used, 800);
    EXPECT_EQ(all.most, 800);
    budget_give(&other, 800);
    EXPECT_EQ(all.used, 0);
    EXPECT(!budget_take(&one, SIZE_MAX));
    EXPECT_EQ(all.used, 0);
}

static void expect_words(const struct budget *b, const char *words)
{
    struct fault why;
    EXPECT_EQ(budget_fault(b, &why), ERR_LIMIT);
    if (strcmp(why.words, words) != 0)
        test_fail(__FILE__, __LINE__, "'%s' is not '%s'", why.words, words);
}

TEST(budget_says_which_limit_was_met)
{
    struct budget all;
    struct budget one;
    budget_init(&all, NULL, "parent", "search.memory_bytes_all", 4 << 20);
    budget_init(&one, &all, "request", "search.memory_bytes", 1536);
    EXPECT(budget_take(&one, 1000));
    EXPECT(!budget_take(&one, 1048));
    expect_words(
        &one, "circuit_breaking_exception: [request] Data too large, data for [search] would be "
              "[2048/2kb], which is larger than the limit of [1536/1.5kb]. This limit can be set "
              "by changing the [search.memory_bytes] setting.");
    budget_give(&one, 1000);
    EXPECT(budget_take(&all, 4 << 20));
    EXPECT(!budget_take(&one, 1));
    expect_words(
        &one, "circuit_breaking_exception: [parent] Data too large, data for [search] would be "
              "[4194305/4mb], which is larger than the limit of [4194304/4mb]. This limit can be "
              "set by changing the [search.memory_bytes_all] setting.");
}

TEST(budget_is_shared_by_the_rooms_in_it)
{
    struct budget b;
    budget_init(&b, NULL, "request", "search.memory_bytes", 4 << 20);
    struct room one = room_in(&b);
    struct room other = room_in(&b);
    EXPECT(room_alloc(&one, 100) != NULL);
    EXPECT(b.used > 0 && b.used <= 1 << 20);
    EXPECT(room_alloc(&one, 3 << 20) != NULL);
    EXPECT(room_alloc(&other, 2 << 20) == NULL);
    EXPECT(other.is_over && !one.is_over);
    room_done(&one);
    EXPECT(room_alloc(&other, 2 << 20) != NULL);
    room_done(&other);
    EXPECT_EQ(b.used, 0);
}

TEST(budget_is_used_to_its_last_byte_by_a_room)
{
    struct budget b;
    budget_init(&b, NULL, "request", "search.memory_bytes", 1000000);
    struct room r = room_in(&b);
    size_t got = 0;
    while (room_alloc(&r, 1000))
        got += 1000;
    EXPECT_EQ(got, 1000000);
    EXPECT_EQ(b.used, 1000000);
    size_t cap = 0;
    EXPECT(room_grow(&r, NULL, &cap, SIZE_MAX / 4, 16) == NULL);
    EXPECT_EQ(budget_fault(&b, NULL), ERR_LIMIT);
    room_done(&r);
}
