// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "base/date.h"
#include "policy/push_doc.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BYTES = 1 << 20 };

static enum err raw_of(const char *text, enum field_type as, struct raw *out, struct fault *why)
{
    static struct arena *a;
    if (!a)
        a = arena_new(ARENA_BYTES);
    arena_reset(a);
    const struct json *v = NULL;
    EXPECT_EQ(json_parse(slice_text(text), a, &v, NULL), OK);
    return push_json_raw(v, as, out, why);
}

static struct raw good(const char *text, enum field_type as)
{
    struct raw out = {0};
    struct fault why = {0};
    if (raw_of(text, as, &out, &why))
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
    return out;
}

static void expect_bad(const char *text, enum field_type as, const char *words)
{
    struct raw out;
    struct fault why;
    EXPECT_EQ(raw_of(text, as, &out, &why), ERR_INVALID);
    if (strcmp(why.words, words) != 0)
        test_fail(__FILE__, __LINE__, "%s", why.words);
}

static void expect_time(const char *text, int64_t ms)
{
    struct raw raw = good(text, FIELD_DATE);
    EXPECT_EQ(raw.type, RAW_TIME_US);
    EXPECT_EQ(raw.i64, ms * 1000);
}

TEST(push_doc_takes_values_as_they_are)
{
    EXPECT_EQ(good("null", FIELD_LONG).type, RAW_NULL);
    EXPECT_EQ(good("[]", FIELD_LONG).type, RAW_NULL);
    EXPECT_EQ(good("[7]", FIELD_LONG).i64, 7);
    EXPECT_EQ(good("true", FIELD_BOOLEAN).i64, 1);
    EXPECT_EQ(good("-12", FIELD_INTEGER).i64, -12);
    EXPECT(good("1.5", FIELD_DOUBLE).f64 == 1.5);
    EXPECT(good("9007199254740993", FIELD_DOUBLE).f64 == 9007199254740992.0);
    EXPECT(slice_is(good("\"x\"", FIELD_KEYWORD).text, "x"));
    EXPECT_EQ(good("5", FIELD_PSEUDONYM).type, RAW_I64);
}

TEST(push_doc_takes_whole_numbers_with_a_fraction_of_zero)
{
    EXPECT_EQ(good("12.0", FIELD_LONG).i64, 12);
    EXPECT_EQ(good("1e3", FIELD_INTEGER).i64, 1000);
    EXPECT_EQ(good("12.5", FIELD_LONG).type, RAW_F64); // which the treatment refuses
    EXPECT_EQ(good("1e300", FIELD_LONG).type, RAW_F64);
}

TEST(push_doc_reads_times_in_both_forms)
{
    expect_time("1767323045678", 1767323045678);
    expect_time("\"1767323045678\"", 1767323045678);
    expect_time("-1", -1);
    expect_time("\"2026-01-02T03:04:05.678Z\"", 1767323045678);
    EXPECT_EQ(good("\"2026\"", FIELD_DATE).type, RAW_TEXT); // a year
    EXPECT_EQ(good("\"2026-01-02\"", FIELD_DATE).type, RAW_TEXT);
    EXPECT_EQ(good("\"2026-02-30T03:04:05.678Z\"", FIELD_DATE).type, RAW_TEXT);
}

TEST(push_doc_names_what_came_and_never_the_value)
{
    expect_bad("{\"a\":1}", FIELD_KEYWORD, "an object is no keyword");
    expect_bad("[1,2]", FIELD_LONG, "an array of 2 values, where a column holds one");
    expect_bad("[[1]]", FIELD_LONG, "an array is no long");
    expect_bad("1e999", FIELD_DOUBLE, "a number is too large");
    expect_bad("9223372036854775807", FIELD_DATE, "a number is no date");
}

// The quick reader of times against the one of all forms.
TEST(push_doc_reads_the_usual_time_as_everybody_does)
{
    srand(7);
    for (int i = 0; i < 20000; i++) {
        char text[64];
        int year = i % 3 ? 1970 + rand() % 100 : rand() % 10000;
        snprintf(text, sizeof text, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", year, rand() % 14,
                 rand() % 33, rand() % 26, rand() % 62, rand() % 62, rand() % 1000);
        struct raw raw;
        EXPECT_EQ(raw_of(text, FIELD_DATE, &raw, NULL), OK);
        if (raw.type != RAW_TIME_US)
            continue;
        int64_t ms = 0;
        struct slice bare = slice_of(text + 1, strlen(text) - 2);
        EXPECT_EQ(date_parse(bare, slice_text("strict_date_optional_time"), date_zone_utc(), false,
                             &ms, NULL),
                  OK);
        EXPECT_EQ(raw.i64, ms * 1000);
    }
}

TEST(push_doc_leaves_a_time_with_any_byte_changed_to_others)
{
    char text[] = "\"2026-01-02T03:04:05.678Z\"";
    for (size_t i = 1; i + 2 < sizeof text; i++) {
        char before = text[i];
        text[i] = 'x';
        EXPECT_EQ(good(text, FIELD_DATE).type, RAW_TEXT);
        text[i] = before;
    }
}
