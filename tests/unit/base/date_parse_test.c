// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"
#include "test.h"

static enum err parse(const char *text, const char *format, bool round_up, int64_t *out)
{
    return date_parse(slice_text(text), format ? slice_text(format) : slice_of(NULL, 0),
                      date_zone_utc(), round_up, out, NULL);
}

static void expect_date(const char *text, const char *format, int64_t want)
{
    int64_t got = -1;
    if (parse(text, format, false, &got) || got != want)
        test_fail(__FILE__, __LINE__, "%s by %s is %lld, not %lld", text,
                  format ? format : "the default", (long long)got, (long long)want);
}

TEST(dates_parse_by_the_default_format)
{
    expect_date("2020-01-02T03:04:05.678Z", NULL, 1577934245678);
    expect_date("2020-01-02T03:04:05.6789999Z", NULL, 1577934245678);
    expect_date("2020-01-02T03:04:05,6Z", NULL, 1577934245600);
    expect_date("2020-01-02T03:04:05", NULL, 1577934245000);
    expect_date("2020-01-02T03:04", NULL, 1577934240000);
    expect_date("2020-01-02T03", NULL, 1577934000000);
    expect_date("2020-01-02T03Z", NULL, 1577934000000);
    expect_date("2020-01-02T", NULL, 1577923200000);
    expect_date("2020-01-02", NULL, 1577923200000);
    expect_date("2020-01", NULL, 1577836800000);
    expect_date("2020", NULL, 1577836800000);
    expect_date("2020-01-02T03:04:05+05:30", NULL, 1577934245000 - 19800000);
    expect_date("2020-01-02T03:04:05-0800", NULL, 1577934245000 + 28800000);
    expect_date("2020-07-02T00:00:00Europe/Berlin", NULL, 1593640800000);
    expect_date("1577934245678", NULL, 1577934245678);
    expect_date("-1", NULL, -1);
    expect_date("2020-02-29", NULL, 1582934400000);
}

TEST(dates_that_are_none_are_refused)
{
    static const char *const bad[] = {
        "",
        "2020-13-01",
        "2020-02-30",
        "2019-02-29",
        "2020-1-1",
        "2020-01-1",
        "2020-01-02T3",
        "2020-01-02T24:00",
        "2020-01-02T00:60",
        "2020-01-02T00:00:60Z",
        "2020-01-02Z",
        "2020-01-02T00:00:00.Z",
        "2020-01-02 00:00",
        "2020-01-02T00:00:00+5:3",
        "x",
        "20",
        "now",
        "2020-01-02T00:00:00Europe/Atlantis",
        "99999999999999999999",
        "253402300800000",
        "1.",
        "2020-",
        "2020-01-",
        " 2020",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t v = 0;
        enum err e = parse(bad[i], NULL, false, &v);
        if (e != ERR_INVALID && strcmp(bad[i], "20") != 0)
            test_fail(__FILE__, __LINE__, "%s is accepted", bad[i]);
    }
}

TEST(a_date_that_fails_names_its_format)
{
    int64_t v = 0;
    struct fault why = {0};
    EXPECT_EQ(date_parse(slice_text("x"), slice_of(NULL, 0), NULL, false, &v, &why), ERR_INVALID);
    EXPECT(strcmp(why.words, "failed to parse date field [x] with format "
                             "[strict_date_optional_time||epoch_millis]") == 0);
}

TEST(rounding_up_fills_the_time_of_day)
{
    int64_t v = 0;
    EXPECT_EQ(parse("2020-01-31", NULL, true, &v), OK);
    EXPECT_EQ(v, 1580515199999);
    EXPECT_EQ(parse("2020-01", NULL, true, &v), OK);
    EXPECT_EQ(v, 1577923199999);
    EXPECT_EQ(parse("2020-01-02T03:04", NULL, true, &v), OK);
    EXPECT_EQ(v, 1577934299999);
    EXPECT_EQ(parse("2020-01-02T03:04:05.6Z", NULL, true, &v), OK);
    EXPECT_EQ(v, 1577934245600);
    EXPECT_EQ(parse("1577934245678", NULL, true, &v), OK);
    EXPECT_EQ(v, 1577934245678);
}

TEST(dates_parse_by_named_formats)
{
    expect_date("20200102", "basic_date", 1577923200000);
    expect_date("2020-1-2", "date", 1577923200000);
    expect_date("2020-01-02T03:04:05", "date_hour_minute_second", 1577934245000);
    expect_date("1577934245", "epoch_second", 1577934245000);
    expect_date("1577934245.678", "epoch_second", 1577934245678);
    expect_date("-0.5", "epoch_second", -500);
    expect_date("1.5", "epoch_millis", 1);
    expect_date("-1.5", "epoch_millis", -2);
    expect_date("2020-1-2T3:4:5Z", "date_optional_time", 1577934245000);
    expect_date("20200102T030405.678Z", "basic_date_time", 1577934245678);
    expect_date("2020-002", "ordinal_date", 1577923200000);
    int64_t v = 0;
    EXPECT_EQ(parse("2020-1-2", "strict_date", false, &v), ERR_INVALID);
    EXPECT_EQ(parse("2019-366", "ordinal_date", false, &v), ERR_INVALID);
}

TEST(dates_parse_by_patterns)
{
    expect_date("2020-01-02 03:04:05", "yyyy-MM-dd HH:mm:ss", 1577934245000);
    expect_date("02/01/2020", "dd/MM/yyyy", 1577923200000);
    expect_date("2/Jan/2020:03:04:05 +0100", "d/MMM/yyyy:HH:mm:ss Z", 1577930645000);
    expect_date("Thursday, January 2 2020", "EEEE, MMMM d uuuu", 1577923200000);
    expect_date("2020-01-02 3:04 PM", "yyyy-MM-dd h:mm a", 1577977440000);
    expect_date("2020-01-02 12:04 am", "yyyy-MM-dd h:mm a", 1577923440000);
    expect_date("200102", "yyMMdd", 1577923200000);
    expect_date("2020T", "yyyy'T'", 1577836800000);
    expect_date("03:04", "HH:mm", 11040000);
    int64_t v = 0;
    EXPECT_EQ(parse("2020-01-02 03:04:05x", "yyyy-MM-dd HH:mm:ss", false, &v), ERR_INVALID);
    EXPECT_EQ(parse("2020-01-02", "yyyy-QQ", false, &v), ERR_INVALID);
}

TEST(dates_take_the_first_format_that_fits)
{
    expect_date("02.01.2020", "yyyy-MM-dd||dd.MM.yyyy||epoch_millis", 1577923200000);
    expect_date("7", "yyyy-MM-dd||dd.MM.yyyy||epoch_millis", 7);
}

TEST(dates_without_a_zone_are_local)
{
    const struct date_zone *z = NULL;
    EXPECT_EQ(date_zone_get(slice_text("America/New_York"), &z, NULL), OK);
    int64_t v = 0;
    EXPECT_EQ(date_parse(slice_text("2019-07-01"), slice_of(NULL, 0), z, false, &v, NULL), OK);
    EXPECT_EQ(v, 1561953600000);
    EXPECT_EQ(date_parse(slice_text("2019-07-01T00:00Z"), slice_of(NULL, 0), z, false, &v, NULL),
              OK);
    EXPECT_EQ(v, 1561939200000);
}
