// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"
#include "test.h"

// 2014-11-18T14:27:32.123Z
enum { NO_ROUND = 0, ROUND_UP = 1 };

static void expect_math(const char *text, const char *zone, bool round_up, const char *want)
{
    const struct date_zone *z = NULL;
    struct buf out = buf_init(64);
    struct fault why = {0};
    int64_t v = 0;
    enum err e = date_zone_get(slice_text(zone), &z, &why);
    if (!e)
        e = date_parse_math(slice_text(text), slice_of(NULL, 0), z, round_up, 1416320852123, &v,
                            &why);
    if (!e)
        e = date_print(&out, v, slice_of(NULL, 0), NULL, &why);
    buf_u8(&out, 0);
    char got[64] = {0};
    memcpy(got, out.at, out.len < 63 ? out.len : 63);
    buf_done(&out);
    if (e || strcmp(got, want) != 0)
        test_fail(__FILE__, __LINE__, "%s is %s, not %s %s", text, got, want, why.words);
}

TEST(date_math_counts_from_now)
{
    expect_math("now", "UTC", NO_ROUND, "2014-11-18T14:27:32.123Z");
    expect_math("now-1h", "UTC", NO_ROUND, "2014-11-18T13:27:32.123Z");
    expect_math("now-1h/d", "UTC", NO_ROUND, "2014-11-18T00:00:00.000Z");
    expect_math("now/d", "UTC", ROUND_UP, "2014-11-18T23:59:59.999Z");
    expect_math("now+1M/M", "UTC", ROUND_UP, "2014-12-31T23:59:59.999Z");
    expect_math("now/w", "UTC", NO_ROUND, "2014-11-17T00:00:00.000Z");
    expect_math("now/y-1d", "UTC", NO_ROUND, "2013-12-31T00:00:00.000Z");
    expect_math("now-15m/m", "UTC", NO_ROUND, "2014-11-18T14:12:00.000Z");
    expect_math("now-1y-1M-1w-1d-1H-1m-1s", "UTC", NO_ROUND, "2013-10-10T13:26:31.123Z");
    expect_math("now+d", "UTC", NO_ROUND, "2014-11-19T14:27:32.123Z");
}

TEST(date_math_counts_from_a_date)
{
    expect_math("2014-11-18||+1M/M", "UTC", NO_ROUND, "2014-12-01T00:00:00.000Z");
    expect_math("2014-01-31||+1M", "UTC", NO_ROUND, "2014-02-28T00:00:00.000Z");
    expect_math("2012-02-29||+1y", "UTC", NO_ROUND, "2013-02-28T00:00:00.000Z");
    expect_math("2014-11-18||/M", "UTC", ROUND_UP, "2014-11-30T23:59:59.999Z");
    expect_math("2014-11-18||", "UTC", ROUND_UP, "2014-11-18T00:00:00.000Z");
    expect_math("2014-11-18", "UTC", ROUND_UP, "2014-11-18T23:59:59.999Z");
}

TEST(date_math_is_on_the_clock_of_the_zone)
{
    expect_math("now/d", "America/New_York", NO_ROUND, "2014-11-18T05:00:00.000Z");
    expect_math("now/d", "America/New_York", ROUND_UP, "2014-11-19T04:59:59.999Z");
    // Over the end of summer time: a day later is 25 hours later.
    expect_math("2014-11-01T12:00||+1d", "America/New_York", NO_ROUND, "2014-11-02T17:00:00.000Z");
    expect_math("2014-11-01T12:00||+24h", "America/New_York", NO_ROUND, "2014-11-02T16:00:00.000Z");
}

TEST(date_math_that_is_none_is_refused)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"now*1d", "operator not supported for date math [*1d]"},
        {"now+1", "truncated date math [+1]"},
        {"now+", "truncated date math [+]"},
        {"now+1x", "unit [x] not supported for date math [+1x]"},
        {"now/2d", "rounding `/` can only be used on single unit types in date math [/2d]"},
        {"now+99999999999d", "truncated date math [+99999999999d]"},
        {"now+99999999d", "out of the calendar: date math [+99999999d]"},
        {"now+99999y", "out of the calendar: date math [+99999y]"},
        {"now-999999999h", "out of the calendar: date math [-999999999h]"},
        {"now+9000y-999999999h+9999y", NULL},
        {"x||+1d", NULL},
        {"nowhere", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fault why = {0};
        int64_t v = 0;
        EXPECT_EQ(
            date_parse_math(slice_text(bad[i].text), slice_of(NULL, 0), NULL, false, 0, &v, &why),
            ERR_INVALID);
        if (bad[i].words && strcmp(why.words, bad[i].words) != 0)
            test_fail(__FILE__, __LINE__, "%s", why.words);
    }
}
