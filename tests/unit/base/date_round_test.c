// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"
#include "test.h"

static const struct date_zone *zone(const char *name)
{
    const struct date_zone *z = NULL;
    if (date_zone_get(slice_text(name), &z, NULL))
        test_fail(__FILE__, __LINE__, "no zone %s", name);
    return z;
}

static int64_t ms(const char *text)
{
    int64_t value = 0;
    struct fault why = {0};
    if (date_parse(slice_text(text), slice_of(NULL, 0), date_zone_utc(), false, &value, &why))
        test_fail(__FILE__, __LINE__, "%s", why.words);
    return value;
}

TEST(units_start_where_the_calendar_says)
{
    static const struct {
        enum date_unit unit;
        const char *floor, *next;
    } cases[] = {
        {DATE_SECOND, "2020-05-14T13:45:59Z", "2020-05-14T13:46:00Z"},
        {DATE_MINUTE, "2020-05-14T13:45:00Z", "2020-05-14T13:46:00Z"},
        {DATE_HOUR, "2020-05-14T13:00:00Z", "2020-05-14T14:00:00Z"},
        {DATE_DAY, "2020-05-14", "2020-05-15"},
        {DATE_WEEK, "2020-05-11", "2020-05-18"},
        {DATE_MONTH, "2020-05-01", "2020-06-01"},
        {DATE_QUARTER, "2020-04-01", "2020-07-01"},
        {DATE_YEAR, "2020-01-01", "2021-01-01"},
    };

    int64_t moment = ms("2020-05-14T13:45:59.123Z");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t floor = date_floor(moment, cases[i].unit, date_zone_utc());
        EXPECT_EQ(floor, ms(cases[i].floor));
        EXPECT_EQ(date_floor(floor, cases[i].unit, date_zone_utc()), floor);
        EXPECT_EQ(date_next(floor, cases[i].unit, date_zone_utc()), ms(cases[i].next));
    }
}

TEST(units_before_1970_start_below)
{
    EXPECT_EQ(date_floor(ms("1969-12-31T23:59:59.999Z"), DATE_WEEK, date_zone_utc()),
              ms("1969-12-29"));
    EXPECT_EQ(date_floor(ms("-0001-12-31T23:59:59.999Z"), DATE_QUARTER, date_zone_utc()),
              ms("-0001-10-01"));
}

TEST(local_days_have_23_and_25_hours)
{
    const struct date_zone *z = zone("America/New_York");
    int64_t day = date_floor(ms("2019-03-10T18:00:00Z"), DATE_DAY, z);
    EXPECT_EQ(day, ms("2019-03-10T05:00:00Z"));
    EXPECT_EQ(date_next(day, DATE_DAY, z) - day, 23 * MS_PER_HOUR);
    day = date_floor(ms("2020-11-01T18:00:00Z"), DATE_DAY, z);
    EXPECT_EQ(day, ms("2020-11-01T04:00:00Z"));
    EXPECT_EQ(date_next(day, DATE_DAY, z) - day, 25 * MS_PER_HOUR);
}

TEST(a_day_whose_midnight_is_skipped_starts_after_the_gap)
{
    const struct date_zone *z = zone("America/Sao_Paulo");
    int64_t day = date_floor(ms("2018-11-04T12:00:00Z"), DATE_DAY, z);
    EXPECT_EQ(day, ms("2018-11-04T03:00:00Z"));
    EXPECT_EQ(date_floor(day, DATE_DAY, z), day);
    EXPECT_EQ(date_next(day, DATE_DAY, z), ms("2018-11-05T02:00:00Z"));
}

TEST(an_hour_that_comes_twice_is_two_hours)
{
    const struct date_zone *z = zone("America/New_York");
    EXPECT_EQ(date_floor(ms("2020-11-01T05:30:00Z"), DATE_HOUR, z), ms("2020-11-01T05:00:00Z"));
    EXPECT_EQ(date_floor(ms("2020-11-01T06:30:00Z"), DATE_HOUR, z), ms("2020-11-01T06:00:00Z"));
    EXPECT_EQ(date_next(ms("2020-11-01T05:00:00Z"), DATE_HOUR, z), ms("2020-11-01T06:00:00Z"));
    EXPECT_EQ(date_next(ms("2019-03-10T06:00:00Z"), DATE_HOUR, z), ms("2019-03-10T07:00:00Z"));
}

TEST(hours_of_half_hour_zones_start_on_the_local_hour)
{
    const struct date_zone *z = zone("Asia/Kolkata");
    EXPECT_EQ(date_floor(ms("2020-01-01T00:45:00Z"), DATE_HOUR, z), ms("2020-01-01T00:30:00Z"));
}

TEST(fixed_intervals_count_in_local_time)
{
    EXPECT_EQ(date_floor_fixed(ms("2020-01-01T05:00:00Z"), MS_PER_DAY, zone("Asia/Kolkata")),
              ms("2019-12-31T18:30:00Z"));
    EXPECT_EQ(date_floor_fixed(-1, 1000, date_zone_utc()), -1000);
    EXPECT_EQ(date_floor_fixed(ms("2020-01-01T05:00:00Z"), 90 * MS_PER_MINUTE, date_zone_utc()),
              ms("2020-01-01T04:30:00Z"));
}

TEST(fixed_intervals_over_a_change_stay_on_the_local_clock)
{
    const struct date_zone *z = zone("America/New_York");
    // Local midnight in winter time, though the instant is in summer time.
    EXPECT_EQ(date_floor_fixed(ms("2019-03-10T18:00:00Z"), MS_PER_DAY, z),
              ms("2019-03-10T05:00:00Z"));
    EXPECT_EQ(date_floor_fixed(ms("2020-11-01T18:00:00Z"), MS_PER_DAY, z),
              ms("2020-11-01T04:00:00Z"));
    // 02:00 of this day does not exist; the interval starts where the gap does.
    EXPECT_EQ(date_floor_fixed(ms("2019-03-10T07:30:00Z"), 2 * MS_PER_HOUR, z),
              ms("2019-03-10T07:00:00Z"));
    // Both 01:00 of this day are their own start.
    EXPECT_EQ(date_floor_fixed(ms("2020-11-01T06:40:00Z"), 30 * MS_PER_MINUTE, z),
              ms("2020-11-01T06:30:00Z"));
    EXPECT_EQ(date_floor_fixed(ms("2020-11-01T05:40:00Z"), 30 * MS_PER_MINUTE, z),
              ms("2020-11-01T05:30:00Z"));
}

TEST(floors_are_at_or_before_and_next_is_after_through_two_years)
{
    static const char *const names[] = {"America/New_York",    "Europe/Berlin", "Asia/Kolkata",
                                        "Australia/Lord_Howe", "Pacific/Apia",  "UTC"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        const struct date_zone *z = zone(names[n]);
        for (int64_t t = ms("2019-01-01"); t < ms("2021-01-01"); t += 8171717) {
            for (int unit = DATE_SECOND; unit <= DATE_YEAR; unit++) {
                int64_t floor = date_floor(t, (enum date_unit)unit, z);
                EXPECT(floor <= t);
                EXPECT(date_next(floor, (enum date_unit)unit, z) > t);
                EXPECT_EQ(date_floor(floor, (enum date_unit)unit, z), floor);
            }
        }
    }
}

TEST(instants_beyond_the_calendar_do_no_harm)
{
    for (int unit = DATE_SECOND; unit <= DATE_YEAR; unit++) {
        EXPECT(date_floor(INT64_MAX, (enum date_unit)unit, zone("Europe/Berlin")) <= DATE_MS_MAX);
        EXPECT(date_floor(INT64_MIN, (enum date_unit)unit, zone("Europe/Berlin")) <= DATE_MS_MIN);
        EXPECT(date_next(INT64_MAX, (enum date_unit)unit, date_zone_utc()) > DATE_MS_MAX);
    }
    EXPECT(date_floor_fixed(INT64_MIN, INT64_MAX, date_zone_utc()) <= DATE_MS_MIN);
    EXPECT_EQ(date_floor_fixed(5, 0, date_zone_utc()), 5);
}
