// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"
#include "test.h"

#include <pthread.h>

static const struct date_zone *zone(const char *name)
{
    const struct date_zone *z = NULL;
    struct fault why = {0};
    if (date_zone_get(slice_text(name), &z, &why))
        test_fail(__FILE__, __LINE__, "%s", why.words);
    return z;
}

static int64_t at(int32_t year, int32_t month, int32_t day, int32_t hour, int32_t minute)
{
    struct date_civil c = {
        .year = year, .month = month, .day = day, .hour = hour, .minute = minute};
    return date_from_civil(&c);
}

TEST(zone_of_new_york_changes_in_2019_and_2020)
{
    const struct date_zone *z = zone("America/New_York");
    EXPECT_EQ(date_zone_offset_ms(z, at(2019, 3, 10, 6, 59)), -5 * MS_PER_HOUR);
    EXPECT_EQ(date_zone_offset_ms(z, at(2019, 3, 10, 7, 0)), -4 * MS_PER_HOUR);
    EXPECT_EQ(date_zone_offset_ms(z, at(2020, 11, 1, 5, 59)), -4 * MS_PER_HOUR);
    EXPECT_EQ(date_zone_offset_ms(z, at(2020, 11, 1, 6, 0)), -5 * MS_PER_HOUR);
    EXPECT_EQ(date_zone_offset_ms(z, at(1850, 1, 1, 0, 0)), -17762 * MS_PER_SECOND);
}

TEST(zone_offsets_go_on_after_the_last_listed_change)
{
    const struct date_zone *z = zone("Europe/Berlin");
    EXPECT_EQ(date_zone_offset_ms(z, at(2099, 7, 1, 0, 0)), 2 * MS_PER_HOUR);
    EXPECT_EQ(date_zone_offset_ms(z, at(2099, 12, 1, 0, 0)), 1 * MS_PER_HOUR);
    EXPECT_EQ(date_zone_offset_ms(z, at(2099, 3, 29, 0, 59)), 1 * MS_PER_HOUR);
    EXPECT_EQ(date_zone_offset_ms(z, at(2099, 3, 29, 1, 0)), 2 * MS_PER_HOUR);
    EXPECT_EQ(date_zone_offset_ms(zone("Asia/Kolkata"), at(2500, 1, 1, 0, 0)), 19800 * 1000);
}

TEST(a_local_time_that_the_clock_skips_is_where_the_gap_ends)
{
    const struct date_zone *z = zone("America/New_York");
    EXPECT_EQ(date_zone_to_utc(z, at(2019, 3, 10, 2, 30)), at(2019, 3, 10, 7, 0));
    EXPECT_EQ(date_zone_to_utc(z, at(2019, 3, 10, 1, 59)), at(2019, 3, 10, 6, 59));
    EXPECT_EQ(date_zone_to_utc(z, at(2019, 3, 10, 3, 0)), at(2019, 3, 10, 7, 0));
}

TEST(a_local_time_that_comes_twice_is_the_earlier)
{
    const struct date_zone *z = zone("America/New_York");
    EXPECT_EQ(date_zone_to_utc(z, at(2020, 11, 1, 1, 30)), at(2020, 11, 1, 5, 30));
    EXPECT_EQ(date_zone_to_utc(z, at(2020, 11, 1, 2, 0)), at(2020, 11, 1, 7, 0));
    z = zone("Europe/Berlin");
    EXPECT_EQ(date_zone_to_utc(z, at(2019, 10, 27, 2, 30)), at(2019, 10, 27, 0, 30));
    EXPECT_EQ(date_zone_to_utc(z, at(2090, 10, 29, 2, 30)), at(2090, 10, 29, 0, 30));
}

TEST(a_day_that_a_zone_skipped_is_where_the_gap_ends)
{
    // Samoa had no 30 December 2011.
    EXPECT_EQ(date_zone_to_utc(zone("Pacific/Apia"), at(2011, 12, 30, 12, 0)),
              at(2011, 12, 30, 10, 0));
}

TEST(zones_may_be_offsets)
{
    static const struct {
        const char *name;
        int64_t minutes;
    } cases[] = {
        {"Z", 0},       {"UTC", 0},          {"+00:00", 0},    {"+05:30", 330},
        {"-8", -480},   {"+0530", 330},      {"-08", -480},    {"+1", 60},
        {"UTC+2", 120}, {"GMT-03:30", -210}, {"+18:00", 1080}, {"-18:00", -1080},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        EXPECT_EQ(date_zone_offset_ms(zone(cases[i].name), 0), cases[i].minutes * MS_PER_MINUTE);
}

TEST(zones_are_made_once)
{
    EXPECT(zone("Europe/Berlin") == zone("Europe/Berlin"));
    EXPECT(zone("+05:30") == zone("+0530"));
    EXPECT(zone("UTC") == date_zone_utc());
}

TEST(zones_that_are_none_are_refused)
{
    static const char *const bad[] = {
        "",
        "Europe",
        "Europe/Atlantis",
        "../../../etc/passwd",
        "/etc/passwd",
        "+19",
        "+18:01",
        "+5:3",
        "+05:60",
        "+05:",
        "+",
        "--8",
        "tzdata.zi",
        "right/UTC",
        "localtime",
        "Europe//Berlin",
        "Europe/Berlin/",
        "+123456",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct date_zone *z = NULL;
        struct fault why = {0};
        if (date_zone_get(slice_text(bad[i]), &z, &why) != ERR_INVALID)
            test_fail(__FILE__, __LINE__, "%s is accepted", bad[i]);
        EXPECT(strstr(why.words, "Unknown time-zone ID: ") == why.words);
    }
}

static void *ask_for_zones(void *unused)
{
    static const char *const names[] = {"Europe/Oslo", "Asia/Tokyo", "+03:15", "Europe/Rome"};
    (void)unused;
    int64_t sum = 0;
    for (int i = 0; i < 400; i++)
        sum += date_zone_offset_ms(zone(names[i % 4]), at(2020, 7, 1, 0, 0));
    return (void *)(intptr_t)(sum / MS_PER_MINUTE);
}

TEST(zones_may_be_asked_for_by_many_threads)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(pthread_create(&threads[i], NULL, ask_for_zones, NULL), 0);
    for (int i = 0; i < 4; i++) {
        void *sum = NULL;
        pthread_join(threads[i], &sum);
        EXPECT_EQ((intptr_t)sum, 100 * (120 + 540 + 195 + 120));
    }
}
