// SPDX-License-Identifier: Apache-2.0
#include "policy/intern.h"
#include "test.h"

#include <stdio.h>

static uint32_t add(struct intern *in, const char *text, bool expect_new)
{
    uint32_t code = 0;
    bool is_new = false;
    EXPECT(intern_add(in, slice_text(text), &code, &is_new));
    EXPECT_EQ(is_new, expect_new);
    return code;
}

TEST(intern_numbers_distinct_texts)
{
    struct intern in;
    intern_init(&in, 1 << 20);
    EXPECT_EQ(add(&in, "a", true), 0);
    EXPECT_EQ(add(&in, "", true), 1);
    EXPECT_EQ(add(&in, "a", false), 0);
    EXPECT_EQ(add(&in, "", false), 1);
    EXPECT(slice_is(intern_get(&in, 0), "a"));
    EXPECT_EQ(intern_get(&in, 1).len, 0);
    intern_done(&in);
}

TEST(intern_keeps_codes_while_it_grows)
{
    struct intern in;
    intern_init(&in, 1 << 20);
    char text[16];
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 5000; i++) {
            snprintf(text, sizeof text, "t%u", i);
            EXPECT_EQ(add(&in, text, round == 0), i);
        }
    }
    intern_done(&in);
}

TEST(intern_forgets_and_wipes_at_a_reset)
{
    struct intern in;
    intern_init(&in, 1 << 20);
    char text[16];
    for (uint32_t i = 0; i < 500; i++) {
        snprintf(text, sizeof text, "t%u", i);
        add(&in, text, true);
    }
    intern_reset(&in);
    EXPECT_EQ(in.bytes.at[0], 0);
    EXPECT_EQ(add(&in, "t7", true), 0);
    EXPECT_EQ(add(&in, "t8", true), 1);
    intern_reset(&in); // few of many slots
    EXPECT_EQ(add(&in, "t8", true), 0);
    EXPECT_EQ(add(&in, "t7", true), 1);
    intern_done(&in);
}

TEST(intern_keeps_to_its_limit)
{
    struct intern in;
    intern_init(&in, 4);
    add(&in, "abc", true);
    uint32_t code = 9;
    bool is_new = true;
    EXPECT(!intern_add(&in, slice_text("de"), &code, &is_new));
    EXPECT(!is_new);
    add(&in, "d", true);
    intern_done(&in);
}

TEST(intern_drops_its_newest)
{
    struct intern in;
    intern_init(&in, 1 << 20);
    add(&in, "a", true);
    add(&in, "b", true);
    intern_drop_newest(&in);
    EXPECT_EQ(in.count, 1);
    EXPECT_EQ(add(&in, "c", true), 1);
    EXPECT_EQ(add(&in, "b", true), 2);
    EXPECT(slice_is(intern_get(&in, 1), "c"));
    intern_done(&in);
}
