// SPDX-License-Identifier: Apache-2.0
#include "source/pg_time.h"
#include "test.h"

static int64_t us(const char *text)
{
    int64_t out = -77;
    EXPECT_EQ(pg_time_parse(slice_text(text), &out, NULL), OK);
    return out;
}

TEST(pg_time_reads_what_the_server_prints)
{
    EXPECT_EQ(us("1970-01-01"), 0);
    EXPECT_EQ(us("1970-01-01 00:00:00.000001"), 1);
    EXPECT_EQ(us("1970-01-01 00:00:00.5+00"), 500000);
    EXPECT_EQ(us("1970-01-01 05:30:00+05:30"), 0);
    EXPECT_EQ(us("1969-12-31 16:00:00-08"), 0);
    EXPECT_EQ(us("2000-02-29 00:00:00"), INT64_C(951782400000000));
    EXPECT_EQ(us("0001-01-01 BC"), INT64_C(-62167219200000000));
    EXPECT_EQ(us("0001-01-01 00:00:01 BC"), INT64_C(-62167219199000000));
    EXPECT_EQ(us("infinity"), INT64_MAX);
    EXPECT_EQ(us("-infinity"), INT64_MIN);
}

TEST(pg_time_refuses_what_is_none)
{
    static const char *const wrong[] = {"",
                                        "2024",
                                        "2024-13-01",
                                        "2024-00-01",
                                        "2024-01-32",
                                        "2024-01-01T00:00:00",
                                        "2024-01-01 ",
                                        "2024-01-01 25:99:00",
                                        "24-01-01",
                                        "2024-01-01 BX",
                                        "2024-01-01 00:00:00.",
                                        "2024-01-01 00:00:00+0x"};
    int64_t out;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        EXPECT_EQ(pg_time_parse(slice_text(wrong[i]), &out, NULL), ERR_CORRUPT);
}
