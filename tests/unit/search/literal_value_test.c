// SPDX-License-Identifier: Apache-2.0
#include "search/literal_value.h"
#include "test.h"

static struct literal number(const char *text)
{
    return (struct literal){.type = LITERAL_NUMBER, .text = slice_text(text)};
}

static struct literal text(const char *t)
{
    return (struct literal){.type = LITERAL_TEXT, .text = slice_text(t)};
}

static void expect_long(struct literal l, int64_t want, bool want_exact)
{
    int64_t got;
    bool exact;
    EXPECT_EQ(literal_long(&l, &got, &exact, NULL), OK);
    EXPECT_EQ(got, want);
    EXPECT_EQ(exact, want_exact);
}

TEST(literals_become_whole_numbers)
{
    expect_long(number("12"), 12, true);
    expect_long(text("-9223372036854775808"), INT64_MIN, true);
    expect_long(number("5.0"), 5, true);
    expect_long(number("5.5"), 5, false);
    expect_long(text("-5.5"), -6, false);
    expect_long(number("1e300"), INT64_MAX, false);
    struct literal bad = text("x");
    int64_t got;
    bool exact;
    struct fault why;
    EXPECT_EQ(literal_long(&bad, &got, &exact, &why), ERR_INVALID);
    EXPECT(strcmp(why.words, "number_format_exception: For input string: \"x\"") == 0);
}

TEST(literals_become_truths)
{
    struct literal yes = {.type = LITERAL_BOOL, .truth = true, .text = slice_text("true")};
    struct literal no = text("false");
    struct literal one = number("1");
    int64_t got;
    EXPECT_EQ(literal_boolean(&yes, &got, NULL), OK);
    EXPECT_EQ(got, 1);
    EXPECT_EQ(literal_boolean(&no, &got, NULL), OK);
    EXPECT_EQ(got, 0);
    EXPECT_EQ(literal_boolean(&one, &got, NULL), ERR_INVALID);
}

TEST(literals_become_dates_with_the_type_before_the_words)
{
    struct literal_dates dates = {.now_ms = 86400000 * 3 + 5};
    struct literal day = text("now/d");
    struct literal bad = text("yesterday-ish");
    int64_t got;
    struct fault why;
    EXPECT_EQ(literal_date(&day, &dates, false, &got, NULL), OK);
    EXPECT_EQ(got, 86400000 * 3);
    EXPECT_EQ(literal_date(&day, &dates, true, &got, NULL), OK);
    EXPECT_EQ(got, 86400000 * 4 - 1);
    EXPECT_EQ(literal_date(&bad, &dates, false, &got, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "_exception: ") != NULL);
}

TEST(literals_name_pseudonyms_as_they_are_printed)
{
    uint8_t bytes[16];
    struct slice stored;
    EXPECT(literal_text(FIELD_PSEUDONYM, slice_text("AAAAAAAAAAAAAAAAAAAAAA"), bytes, &stored));
    EXPECT_EQ(stored.len, 16);
    EXPECT_EQ(stored.at[15], 0);
    EXPECT(!literal_text(FIELD_PSEUDONYM, slice_text("short"), bytes, &stored));
    EXPECT(!literal_text(FIELD_PSEUDONYM, slice_text("!!!!!!!!!!!!!!!!!!!!!!"), bytes, &stored));
    EXPECT(literal_text(FIELD_KEYWORD, slice_text("short"), bytes, &stored));
    EXPECT(slice_is(stored, "short"));
}
