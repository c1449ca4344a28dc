// SPDX-License-Identifier: Apache-2.0
#include "search/pattern.h"
#include "test.h"
#include "unit/store/fixture.h"

static bool matches(enum pattern_kind kind, const char *pattern, const char *text, bool any_case)
{
    struct query_pattern q = {.kind = kind,
                              .text = slice_text(pattern),
                              .ignores_case = any_case,
                              .operators = REGEXP_ALL};
    struct pattern p;
    EXPECT_EQ(pattern_init(&p, &q, NULL), OK);
    bool yes = pattern_matches(&p, slice_text(text));
    EXPECT(!pattern_is_over(&p));
    pattern_done(&p);
    return yes;
}

static bool wild(const char *pattern, const char *text)
{
    return matches(PATTERN_WILDCARD, pattern, text, false);
}

TEST(pattern_of_a_prefix_is_the_start_of_a_text)
{
    EXPECT(matches(PATTERN_PREFIX, "ab", "abc", false));
    EXPECT(matches(PATTERN_PREFIX, "", "", false));
    EXPECT(!matches(PATTERN_PREFIX, "abc", "ab", false));
    EXPECT(!matches(PATTERN_PREFIX, "aB", "abc", false));
    EXPECT(matches(PATTERN_PREFIX, "aB", "AbC", true));
    EXPECT(!matches(PATTERN_PREFIX, "abc", "AB", true));
}

TEST(pattern_of_a_wildcard_has_stars_and_questions)
{
    EXPECT(wild("*", "") && wild("a*", "a") && wild("*b", "ab") && wild("a*b*c", "axxbxc"));
    EXPECT(wild("a?c", "abc") && !wild("a?c", "ac") &&
           wild("a?c", "a\xc3\xa9"
                       "c"));
    EXPECT(wild("\\*", "*") && !wild("\\*", "x") && wild("a\\?b*", "a?bc") && wild("\\", "\\"));
    EXPECT(wild("*ab", "aab") && wild("*abab", "ababab") && !wild("*abab", "ababa"));
    EXPECT(!wild("", "a") && wild("", "") && !wild("a", "") && wild("**", "x"));
    EXPECT(matches(PATTERN_WILDCARD, "A*c", "aXC", true));
}

TEST(pattern_of_a_wildcard_is_the_regexp_it_stands_for)
{
    struct test_random r = {9};
    for (int round = 0; round < 20000; round++) {
        char pattern[8] = {0};
        char regexp[20] = {0};
        char text[8] = {0};
        uint32_t len = test_random(&r, 8);
        for (uint32_t i = 0, at = 0; i < len; i++) {
            pattern[i] = "ab*?*"[test_random(&r, 5)];
            if (pattern[i] == '*')
                regexp[at++] = '.';
            regexp[at++] = pattern[i] == '?' ? '.' : pattern[i];
        }
        len = test_random(&r, 8);
        for (uint32_t i = 0; i < len; i++)
            text[i] = "ab"[test_random(&r, 2)];
        if (wild(pattern, text) != matches(PATTERN_REGEXP, regexp, text, false))
            test_fail(__FILE__, __LINE__, "%s on %s", pattern, text);
    }
}

TEST(pattern_refuses_a_wildcard_without_end)
{
    static char text[WILDCARD_BYTES_MAX + 1];
    struct query_pattern q = {.kind = PATTERN_WILDCARD, .text = slice_of(text, sizeof text)};
    struct pattern p;
    EXPECT_EQ(pattern_init(&p, &q, NULL), ERR_INVALID);
}
