// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"
#include "test.h"

static int64_t seconds(int32_t year, int32_t month, int32_t day, int32_t hour, int32_t minute)
{
    struct date_civil c = {
        .year = year, .month = month, .day = day, .hour = hour, .minute = minute};
    return date_from_civil(&c) / MS_PER_SECOND;
}

static struct zone_rule rule_of(const char *text)
{
    struct zone_rule r = {0};
    if (!zone_rule_parse(slice_text(text), &r))
        test_fail(__FILE__, __LINE__, "%s is refused", text);
    return r;
}

TEST(rule_of_new_york_changes_on_sundays)
{
    struct zone_rule r = rule_of("EST5EDT,M3.2.0,M11.1.0");
    EXPECT_EQ(zone_rule_offset(&r, seconds(2050, 3, 13, 6, 59)), -5 * 3600);
    EXPECT_EQ(zone_rule_offset(&r, seconds(2050, 3, 13, 7, 0)), -4 * 3600);
    EXPECT_EQ(zone_rule_offset(&r, seconds(2050, 11, 6, 5, 59)), -4 * 3600);
    EXPECT_EQ(zone_rule_offset(&r, seconds(2050, 11, 6, 6, 0)), -5 * 3600);
}

TEST(rule_of_the_south_spans_the_new_year)
{
    struct zone_rule r = rule_of("NZST-12NZDT,M9.5.0,M4.1.0/3");
    EXPECT_EQ(zone_rule_offset(&r, seconds(2040, 1, 1, 0, 0)), 13 * 3600);
    EXPECT_EQ(zone_rule_offset(&r, seconds(2040, 7, 1, 0, 0)), 12 * 3600);
    EXPECT_EQ(zone_rule_offset(&r, seconds(2040, 12, 31, 23, 59)), 13 * 3600);
}

TEST(rule_takes_negative_times_quoted_names_and_half_hours)
{
    struct zone_rule r = rule_of("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
    EXPECT_EQ(r.standard_seconds, -2 * 3600);
    EXPECT_EQ(r.summer_seconds, -1 * 3600);
    EXPECT_EQ(r.start.at_seconds, -3600);
    r = rule_of("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
    EXPECT_EQ(r.standard_seconds, 37800);
    EXPECT_EQ(r.summer_seconds, 39600);
    r = rule_of("IST-5:30");
    EXPECT(!r.has_summer);
    EXPECT_EQ(zone_rule_offset(&r, 0), 19800);
}

TEST(rule_days_may_count_from_new_year_with_and_without_the_leap_day)
{
    struct zone_rule r = rule_of("AAA0BBB,J60,J300");
    EXPECT_EQ(zone_rule_offset(&r, seconds(2024, 3, 1, 1, 59)), 0);
    EXPECT_EQ(zone_rule_offset(&r, seconds(2024, 3, 1, 2, 0)), 3600);
    EXPECT_EQ(zone_rule_offset(&r, seconds(2023, 3, 1, 2, 0)), 3600);
    r = rule_of("AAA0BBB,59/0,300");
    EXPECT_EQ(zone_rule_offset(&r, seconds(2024, 2, 29, 0, 0)), 3600);
    EXPECT_EQ(zone_rule_offset(&r, seconds(2023, 2, 28, 23, 59)), 0);
    EXPECT_EQ(zone_rule_offset(&r, seconds(2023, 3, 1, 0, 0)), 3600);
}

TEST(rule_refuses_what_it_does_not_know)
{
    static const char *const bad[] = {
        "",
        "E5",
        "EST",
        "EST5EDT",
        "EST5EDT,M3.2.0",
        "EST25",
        "<-02",
        "EST5:60",
        "EST5EDT,M13.1.0,M1.1.0",
        "EST5EDT,M3.6.0,M11.1.0",
        "EST5EDT,M3.2.7,M1.1.0",
        "EST5 ",
        "EST5EDT,M3.2.0,M11.1.0x",
        "EST5EDT,J0,J365",
        "EST5EDT,M3.2.0/168,J3",
    };
    struct zone_rule r;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT(!zone_rule_parse(slice_text(bad[i]), &r));
}
