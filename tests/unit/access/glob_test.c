// SPDX-License-Identifier: Apache-2.0
#include "access/glob.h"
#include "test.h"

static bool matches(const char *pattern, const char *text)
{
    return glob_matches(slice_text(pattern), slice_text(text));
}

TEST(glob_without_a_star_is_equality)
{
    EXPECT(matches("devices", "devices"));
    EXPECT(!matches("devices", "device"));
    EXPECT(!matches("device", "devices"));
    EXPECT(matches("", ""));
}

TEST(glob_star_stands_for_any_bytes)
{
    EXPECT(matches("*", ""));
    EXPECT(matches("*", "x"));
    EXPECT(matches("a*c", "abbbc"));
    EXPECT(matches("a*c", "ac"));
    EXPECT(matches("*a*b*", "xxaxxbxx"));
    EXPECT(matches("a*bc", "abcbc"));
    EXPECT(!matches("a*bc", "abcb"));
    EXPECT(!matches("a*", "ba"));
}

TEST(glob_does_not_explode_on_many_stars)
{
    EXPECT(
        !matches("*a*a*a*a*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

TEST(glob_tells_a_pattern_from_a_name)
{
    EXPECT(glob_is_pattern(slice_text("log-*")));
    EXPECT(!glob_is_pattern(slice_text("log-")));
    EXPECT(!glob_is_pattern(slice_of(NULL, 0)));
}
