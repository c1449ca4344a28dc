// SPDX-License-Identifier: Apache-2.0
#include "base/date.h"
#include "search/cube_plan.h"
#include "test.h"

static const int64_t forward_day = 1616889600000; // 2021-03-28T00:00Z; Berlin is an hour on
static const int64_t back_day = 1635638400000;    // 2021-10-31T00:00Z; Berlin is two hours on

static struct cube_node node(const struct agg *a)
{
    struct cube_node n = {.agg = a, .zone = date_zone_utc()};
    if (a->time_zone.len)
        EXPECT_EQ(date_zone_get(a->time_zone, &n.zone, NULL), OK);
    return n;
}

TEST(cube_times_step_through_days_of_23_and_25_hours)
{
    struct agg a = {.kind = AGG_DATE_HISTOGRAM,
                    .calendar_unit = DATE_DAY,
                    .time_zone = slice_text("Europe/Berlin")};
    struct cube_node n = node(&a);
    int64_t start = cube_time_floor(&n, forward_day);
    EXPECT_EQ(start, forward_day - MS_PER_HOUR);
    EXPECT_EQ(cube_time_next(&n, start) - start, 23 * MS_PER_HOUR);
    start = cube_time_floor(&n, back_day);
    EXPECT_EQ(start, back_day - 2 * MS_PER_HOUR);
    EXPECT_EQ(cube_time_next(&n, start) - start, 25 * MS_PER_HOUR);
}

TEST(cube_times_know_when_a_stretch_lies_in_two_buckets)
{
    struct agg a = {.kind = AGG_DATE_HISTOGRAM,
                    .calendar_unit = DATE_DAY,
                    .time_zone = slice_text("Asia/Kolkata")}; // five and a half hours on
    struct cube_node n = node(&a);
    int64_t midnight = forward_day - MS_PER_HOUR * 11 / 2;
    EXPECT(cube_time_is_one(&n, midnight, MS_PER_HOUR / 2));
    EXPECT(!cube_time_is_one(&n, midnight - MS_PER_HOUR / 2, MS_PER_HOUR));
}

TEST(cube_times_of_even_buckets_go_by_interval_and_offset)
{
    struct agg a = {.kind = AGG_DATE_HISTOGRAM,
                    .interval_kind = INTERVAL_FIXED,
                    .interval_ms = 1000,
                    .offset_ms = 300};
    struct cube_node n = node(&a);
    EXPECT_EQ(cube_time_floor(&n, 299), -700);
    EXPECT_EQ(cube_time_floor(&n, 300), 300);
    EXPECT_EQ(cube_time_floor(&n, -701), -1700);
    EXPECT_EQ(cube_time_next(&n, 300), 1300);
}
