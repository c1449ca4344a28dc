// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"
#include "test.h"

static void expect_print(int64_t ms, const char *format, const char *zone, const char *want)
{
    const struct date_zone *z = NULL;
    struct buf out = buf_init(256);
    struct fault why = {0};
    enum err e = date_zone_get(slice_text(zone), &z, &why);
    if (!e)
        e = date_print(&out, ms, format ? slice_text(format) : slice_of(NULL, 0), z, &why);
    bool is_same = slice_is(buf_slice(&out), want);
    buf_u8(&out, 0);
    char got[128] = {0};
    memcpy(got, out.at, out.len < 127 ? out.len : 127);
    buf_done(&out);
    if (e || !is_same)
        test_fail(__FILE__, __LINE__, "is %s, not %s %s", got, want, why.words);
}

TEST(dates_print_as_elasticsearch_prints_them)
{
    expect_print(1575417600000, NULL, "UTC", "2019-12-04T00:00:00.000Z");
    expect_print(1451606400000, NULL, "-07:00", "2015-12-31T17:00:00.000-07:00");
    expect_print(1451606400000, NULL, "Asia/Kolkata", "2016-01-01T05:30:00.000+05:30");
    expect_print(1593640800000, NULL, "Europe/Berlin", "2020-07-02T00:00:00.000+02:00");
    expect_print(1451606400000, NULL, "Europe/London", "2016-01-01T00:00:00.000Z");
    expect_print(-62167219200001, NULL, "UTC", "-0001-12-31T23:59:59.999Z");
    expect_print(DATE_MS_MAX, NULL, "UTC", "9999-12-31T23:59:59.999Z");
}

TEST(dates_print_by_the_first_format_of_the_list)
{
    expect_print(1577934245678, "epoch_millis||yyyy", "UTC", "1577934245678");
    expect_print(1577934245678, "yyyy-MM-dd||epoch_millis", "UTC", "2020-01-02");
}

TEST(dates_print_by_name_and_pattern)
{
    expect_print(1577934245000, "epoch_second", "UTC", "1577934245");
    expect_print(1577934245678, "epoch_second", "UTC", "1577934245.678");
    expect_print(-500, "epoch_second", "UTC", "-0.500");
    expect_print(1577934245678, "basic_date", "UTC", "20200102");
    expect_print(1577934245678, "date_hour_minute_second", "UTC", "2020-01-02T03:04:05");
    expect_print(1577934245678, "yy M/d H:m:s.SSSSSS a", "UTC", "20 1/2 3:4:5.678000 AM");
    expect_print(1577934245678, "EEE EEEE MMM MMMM DDD", "UTC", "Thu Thursday Jan January 002");
    expect_print(1577934245678, "hh KK kk n", "UTC", "03 03 03 678000000");
    expect_print(1577923200000, "hh KK kk", "UTC", "12 00 24");
    expect_print(0,
                 "X XX XX"
                 "X x xx xxx Z ZZZZZ",
                 "UTC", "Z Z Z +00 +0000 +00:00 +0000 Z");
    expect_print(0,
                 "X XX XX"
                 "X Z",
                 "+05:30", "+0530 +0530 +05:30 +0530");
    expect_print(0, "X", "-08:00", "-08");
    expect_print(0, "yyyy'''y'", "UTC", "1970'y");
}

TEST(dates_print_and_parse_back)
{
    static const char *const formats[] = {"strict_date_optional_time", "epoch_millis",
                                          "epoch_second", "basic_date_time",
                                          "yyyy-MM-dd HH:mm:ss.SSS Z"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        for (int64_t ms = -62135596800000; ms < DATE_MS_MAX; ms += 987654321987) {
            struct buf out = buf_init(128);
            int64_t again = 0;
            enum err e = date_print(&out, ms, slice_text(formats[i]), NULL, NULL);
            if (!e)
                e = date_parse(buf_slice(&out), slice_text(formats[i]), NULL, false, &again, NULL);
            buf_done(&out);
            EXPECT_EQ(e, OK);
            EXPECT_EQ(again, ms);
        }
    }
}

TEST(a_bad_format_prints_nothing)
{
    struct buf out = buf_init(64);
    EXPECT_EQ(date_print(&out, 0, slice_text("qq"), NULL, NULL), ERR_INVALID);
    EXPECT_EQ(out.len, 0);
}

// The usual form has a way of its own: it says what its pattern says.
TEST(date_print_of_utc_says_what_its_pattern_says)
{
    static const char pattern[] = "uuuu-MM-dd'T'HH:mm:ss.SSSXXX";
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        int64_t ms = (int64_t)(random % 640000000000000u) - 380000000000000;
        if (i < 4)
            ms = (const int64_t[]){-62167219200000, -62167219200001, 253402300799999, 0}[i];
        struct buf usual = buf_init(64);
        struct buf walked = buf_init(64);
        EXPECT_EQ(date_print(&usual, ms, slice_of(NULL, 0), NULL, NULL), OK);
        EXPECT_EQ(date_print(&walked, ms, slice_text(pattern), NULL, NULL), OK);
        EXPECT(slice_equal(buf_slice(&usual), buf_slice(&walked)));
        buf_done(&usual);
        buf_done(&walked);
    }
}
