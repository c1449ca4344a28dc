// SPDX-License-Identifier: Apache-2.0
#include "base/date.h"
#include "search/date_steps.h"
#include "test.h"

static const int64_t forward_day = 1616889600000; // 2021-03-28T00:00Z; Berlin is an hour on
static const int64_t back_day = 1635638400000;    // 2021-10-31T00:00Z; Berlin is two hours on

static const struct date_zone *zone_of(const struct agg *a)
{
    const struct date_zone *zone = date_zone_utc();
    if (a->time_zone.len)
        EXPECT_EQ(date_zone_get(a->time_zone, &zone, NULL), OK);
    return zone;
}

TEST(date_steps_go_through_days_of_23_and_25_hours)
{
    struct agg a = {.kind = AGG_DATE_HISTOGRAM,
                    .calendar_unit = DATE_DAY,
                    .time_zone = slice_text("Europe/Berlin")};
    const struct date_zone *zone = zone_of(&a);
    int64_t start = date_steps_floor(&a, zone, forward_day);
    EXPECT_EQ(start, forward_day - MS_PER_HOUR);
    EXPECT_EQ(date_steps_next(&a, zone, start) - start, 23 * MS_PER_HOUR);
    start = date_steps_floor(&a, zone, back_day);
    EXPECT_EQ(start, back_day - 2 * MS_PER_HOUR);
    EXPECT_EQ(date_steps_next(&a, zone, start) - start, 25 * MS_PER_HOUR);
}

TEST(date_steps_know_when_a_stretch_lies_in_two_buckets)
{
    struct agg a = {.kind = AGG_DATE_HISTOGRAM,
                    .calendar_unit = DATE_DAY,
                    .time_zone = slice_text("Asia/Kolkata")}; // five and a half hours on
    const struct date_zone *zone = zone_of(&a);
    int64_t midnight = forward_day - MS_PER_HOUR * 11 / 2;
    EXPECT(date_steps_are_one(&a, zone, midnight, MS_PER_HOUR / 2));
    EXPECT(!date_steps_are_one(&a, zone, midnight - MS_PER_HOUR / 2, MS_PER_HOUR));
}

TEST(date_steps_of_even_buckets_go_by_interval_and_offset)
{
    struct agg a = {.kind = AGG_DATE_HISTOGRAM,
                    .interval_kind = INTERVAL_FIXED,
                    .interval_ms = 1000,
                    .offset_ms = 300};
    const struct date_zone *zone = zone_of(&a);
    EXPECT_EQ(date_steps_floor(&a, zone, 299), -700);
    EXPECT_EQ(date_steps_floor(&a, zone, 300), 300);
    EXPECT_EQ(date_steps_floor(&a, zone, -701), -1700);
    EXPECT_EQ(date_steps_next(&a, zone, 300), 1300);
    EXPECT_EQ(date_steps_bound(&a, zone, 299), 300);
    EXPECT_EQ(date_steps_bound(&a, zone, 1000), 1300);
    EXPECT_EQ(date_steps_bound(&a, zone, -1), -700);
}
