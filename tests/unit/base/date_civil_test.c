// SPDX-License-Identifier: Apache-2.0
#include "base/date.h"
#include "base/date_private.h"
#include "test.h"

TEST(civil_dates_round_trip_through_the_whole_calendar)
{
    int64_t expected_day = DATE_MS_MIN / MS_PER_DAY;
    for (int32_t year = -9999; year <= 9999; year += 7) {
        for (int32_t month = 1; month <= 12; month++) {
            struct date_civil c = {.year = year, .month = month, .day = 1, .hour = 23, .millis = 1};
            int64_t ms = date_from_civil(&c);
            struct date_civil again = date_to_civil(ms);
            EXPECT(memcmp(&c, &again, sizeof c) == 0);
            EXPECT(ms / MS_PER_DAY >= expected_day);
            expected_day = ms / MS_PER_DAY;
        }
    }
}

TEST(every_day_of_eight_centuries_follows_the_one_before)
{
    struct date_civil before = date_to_civil(days_from_civil(1599, 12, 31) * MS_PER_DAY);
    for (int64_t day = days_from_civil(1600, 1, 1); day < days_from_civil(2401, 1, 1); day++) {
        struct date_civil c = date_to_civil(day * MS_PER_DAY);
        bool is_next_day = c.day == before.day + 1 && c.month == before.month;
        bool is_first = c.day == 1 && before.day == days_in_month(before.year, before.month);
        EXPECT(is_next_day || is_first);
        EXPECT_EQ(days_from_civil(c.year, c.month, c.day), day);
        before = c;
    }
}

TEST(civil_dates_before_1970_round_down)
{
    struct date_civil c = date_to_civil(-1);
    EXPECT(c.year == 1969 && c.month == 12 && c.day == 31);
    EXPECT(c.hour == 23 && c.minute == 59 && c.second == 59 && c.millis == 999);
    EXPECT_EQ(date_from_civil(&c), -1);
}

TEST(the_calendar_ends_where_the_header_says)
{
    struct date_civil first = {.year = -9999, .month = 1, .day = 1};
    struct date_civil last = {9999, 12, 31, 23, 59, 59, 999};
    EXPECT_EQ(date_from_civil(&first), DATE_MS_MIN);
    EXPECT_EQ(date_from_civil(&last), DATE_MS_MAX);
}
