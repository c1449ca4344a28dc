// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"
#include "test.h"

TEST(format_lists_come_apart_at_double_bars)
{
    struct slice list = slice_text("a||yyyy|MM||c");
    struct slice name = {0};
    EXPECT(date_format_next(&list, &name) && slice_is(name, "a"));
    EXPECT(date_format_next(&list, &name) && slice_is(name, "yyyy|MM"));
    EXPECT(date_format_next(&list, &name) && slice_is(name, "c"));
    EXPECT(!date_format_next(&list, &name));
}

TEST(named_formats_are_found_with_and_without_strict)
{
    struct date_format f;
    EXPECT_EQ(date_format_find(slice_text("strict_date"), &f, NULL), OK);
    EXPECT(f.kind == FORMAT_PATTERN && f.is_strict && slice_is(f.pattern, "yyyy-MM-dd"));
    EXPECT_EQ(date_format_find(slice_text("date"), &f, NULL), OK);
    EXPECT(!f.is_strict);
    EXPECT_EQ(date_format_find(slice_text("date_optional_time"), &f, NULL), OK);
    EXPECT(f.kind == FORMAT_OPTIONAL_TIME && !f.is_strict);
    EXPECT_EQ(date_format_find(slice_text("epoch_second"), &f, NULL), OK);
    EXPECT_EQ(f.kind, FORMAT_EPOCH_SECOND);
}

TEST(patterns_with_unknown_letters_are_refused)
{
    struct date_format f;
    struct fault why = {0};
    EXPECT_EQ(date_format_find(slice_text("no_such"), &f, &why), ERR_INVALID);
    EXPECT(strcmp(why.words, "Invalid format: [no_such]: Unknown pattern letter: o") == 0);
    EXPECT_EQ(date_format_find(slice_text("yyyy[-MM]"), &f, &why), ERR_INVALID);
    EXPECT_EQ(date_format_find(slice_text(""), &f, &why), ERR_INVALID);
}

TEST(patterns_come_apart_into_runs_and_literals)
{
    struct slice pattern = slice_text("yyyy'T''Z'''dd'");
    struct pattern_part part;
    EXPECT(pattern_next(&pattern, &part) && part.letter == 'y' && part.count == 4);
    EXPECT(pattern_next(&pattern, &part) && slice_is(part.literal, "T"));
    EXPECT(pattern_next(&pattern, &part) && slice_is(part.literal, "Z"));
    EXPECT(pattern_next(&pattern, &part) && slice_is(part.literal, "'"));
    EXPECT(pattern_next(&pattern, &part) && part.letter == 'd' && part.count == 2);
    EXPECT(pattern_next(&pattern, &part) && part.literal.len == 0);
    EXPECT(!pattern_next(&pattern, &part));
}
