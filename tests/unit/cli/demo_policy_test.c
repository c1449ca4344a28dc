// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "cli/demo_policy.h"
#include "test.h"

#include <string.h>

TEST(demo_policy_has_the_database_in_its_place)
{
    struct buf out AUTO(buf_donep) = buf_init(4096);
    EXPECT_EQ(demo_policy_fill(slice_text("a: \"@CONNINFO@\"\nb: 1\n"), "port=5", &out, NULL), OK);
    EXPECT(slice_is(buf_slice(&out), "a: \"port=5\"\nb: 1\n"));
}

TEST(demo_policy_without_the_place_is_refused)
{
    struct buf out AUTO(buf_donep) = buf_init(4096);
    struct fault why = {0};
    EXPECT_EQ(demo_policy_fill(slice_text("a: @CONNINFO\n"), "x", &out, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "@CONNINFO@") != NULL);
    EXPECT_EQ(demo_policy_fill((struct slice){0}, "x", &out, &why), ERR_INVALID);
    struct buf small AUTO(buf_donep) = buf_init(4);
    EXPECT_EQ(demo_policy_fill(slice_text("@CONNINFO@"), "long one", &small, &why), ERR_LIMIT);
}
