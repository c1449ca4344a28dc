// SPDX-License-Identifier: Apache-2.0
#include "base/date.h"
#include "test.h"

TEST(durations_have_a_whole_number_and_a_unit)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"30s", 30000}, {"5m", 300000},    {"1h", 3600000},     {"1d", 86400000},   {"500ms", 500},
        {"0", 0},       {"2500micros", 2}, {"7000000nanos", 7}, {"-1d", -86400000}, {"0s", 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = 1;
        EXPECT_EQ(date_parse_duration(slice_text(cases[i].text), &ms, NULL), OK);
        EXPECT_EQ(ms, cases[i].ms);
    }
}

TEST(durations_that_are_none_are_refused)
{
    static const char *const bad[] = {"",
                                      "1",
                                      "s",
                                      "1.5h",
                                      "1 s",
                                      "1w",
                                      "1M",
                                      "1y",
                                      "-",
                                      "ms",
                                      "99999999999999999999s",
                                      "9223372036854775807d",
                                      "+1s"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms = 1;
        EXPECT_EQ(date_parse_duration(slice_text(bad[i]), &ms, NULL), ERR_INVALID);
        EXPECT_EQ(ms, 1);
    }
}
