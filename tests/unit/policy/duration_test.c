// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/buf.h"
#include "policy/duration.h"
#include "test.h"

static int64_t parsed(const char *text)
{
    int64_t ms = -1;
    return duration_parse(text, &ms) ? -1 : ms;
}

static bool prints(int64_t ms, const char *text)
{
    struct buf out AUTO(buf_donep) = buf_init(64);
    duration_print(ms, &out);
    return slice_is(buf_slice(&out), text);
}

TEST(duration_parses_one_number_and_unit)
{
    EXPECT_EQ(parsed("30s"), 30000);
    EXPECT_EQ(parsed("5m"), 300000);
    EXPECT_EQ(parsed("1h"), 3600000);
    EXPECT_EQ(parsed("366d"), 366LL * 86400000);
    EXPECT_EQ(parsed("1w"), 604800000);
}

TEST(duration_refuses_everything_else)
{
    static const char *const bad[] = {"",   "h",    "1",    "1 h", "0h",  "-1h",
                                      "1y", "367d", "1.5h", "+1h", "1hh", "99999999999999999999s"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_EQ(parsed(bad[i]), -1);
}

TEST(duration_prints_the_largest_whole_unit)
{
    EXPECT(prints(3600000, "1h"));
    EXPECT(prints(90000, "90s"));
    EXPECT(prints(604800000, "1w"));
    EXPECT(prints(1500, "1500ms"));
}
