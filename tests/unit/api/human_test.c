// SPDX-License-Identifier: Apache-2.0
#include "api/human.h"
#include "base/arena.h"
#include "test.h"

static void expect(const char *reply, const char *want)
{
    struct buf out AUTO(buf_donep) = buf_init(1 << 12);
    EXPECT_EQ(human_apply(slice_text(reply), false, &out, NULL), OK);
    if (!slice_is(buf_slice(&out), want))
        test_fail(__FILE__, __LINE__, "%.*s", SLICE_PRINT(buf_slice(&out)));
}

TEST(human_stands_before_the_number_it_is_of)
{
    expect("{\"a\":{\"size_in_bytes\":1536},\"b\":[{\"uptime_in_millis\":90000}]}",
           "{\"a\":{\"size\":\"1.5kb\",\"size_in_bytes\":1536},\"b\":[{\"uptime\":\"1.5m\","
           "\"uptime_in_millis\":90000}]}");
}

TEST(human_leaves_other_members_alone)
{
    expect("{\"_in_bytes\":1,\"x_in_bytes\":\"1\",\"y_in_bytes\":-1,\"z\":2}",
           "{\"_in_bytes\":1,\"x_in_bytes\":\"1\",\"y_in_bytes\":-1,\"z\":2}");
}

static bool is(void (*print)(struct buf *, double), double value, const char *want)
{
    struct buf out AUTO(buf_donep) = buf_init(64);
    print(&out, value);
    return slice_is(buf_slice(&out), want);
}

TEST(human_has_one_digit_behind_the_point_and_does_not_round_up)
{
    EXPECT(is(human_bytes, 0, "0b") && is(human_bytes, 1023, "1023b"));
    EXPECT(is(human_bytes, 1024, "1kb") && is(human_bytes, 2047, "1.9kb"));
    EXPECT(is(human_bytes, 5.0 * 1024 * 1024 * 1024, "5gb"));
    EXPECT(is(human_millis, 0, "0ms") && is(human_millis, 999, "999ms"));
    EXPECT(is(human_millis, 1000, "1s") && is(human_millis, 5400000, "1.5h"));
    EXPECT(is(human_millis, 86400000.0 * 3, "3d"));
}

TEST(human_refuses_what_is_too_long)
{
    struct buf out AUTO(buf_donep) = buf_init(64);
    static uint8_t large[17 << 20];
    EXPECT_EQ(human_apply(slice_of(large, sizeof large), false, &out, NULL), ERR_LIMIT);
}
