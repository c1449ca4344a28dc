// SPDX-License-Identifier: Apache-2.0
#include "search/fuzzy.h"
#include "test.h"

#include <stdio.h>

static bool near(const char *wanted, uint32_t edits, const char *text)
{
    struct query_pattern q = {
        .kind = PATTERN_FUZZY, .text = slice_text(wanted), .fuzziness = {.edits = edits}};
    return fuzzy_matches(&q, slice_text(text));
}

TEST(fuzzy_takes_what_is_so_many_edits_away)
{
    EXPECT(near("camera", 0, "camera") && !near("camera", 0, "camara"));
    EXPECT(near("camera", 1, "camara") && near("camera", 1, "cmera") &&
           near("camera", 1, "cameras"));
    EXPECT(near("camera", 1, "acmera") && near("camera", 1, "camear"));
    EXPECT(!near("camera", 1, "kamara") && near("camera", 2, "kamara"));
    EXPECT(!near("camera", 2, "kamaras") && near("ab", 2, "xy") && near("", 2, "xy"));
    EXPECT(near("caf\xc3\xa9", 1, "cafe") && near("\xf0\x9f\x98\x80", 1, ""));
    // A swap, and a change behind it that a plain table would not find.
    EXPECT(near("abcd", 2, "bacx") && !near("abcd", 1, "bacx"));
}

TEST(fuzzy_keeps_the_start_and_the_order_when_it_is_to)
{
    struct query_pattern q = {
        .kind = PATTERN_FUZZY, .text = slice_text("camera"), .fuzziness = {.edits = 1}};
    q.same_length = 2;
    EXPECT(fuzzy_matches(&q, slice_text("camara")) && !fuzzy_matches(&q, slice_text("kamera")));
    EXPECT(!fuzzy_matches(&q, slice_text("c")));
    q = (struct query_pattern){.text = q.text, .fuzziness = {.edits = 1}, .keeps_order = true};
    EXPECT(!fuzzy_matches(&q, slice_text("acmera")) &&
           fuzzy_matches(&q, slice_text("camar")) == false);
}

TEST(fuzzy_by_length_is_none_one_and_two)
{
    struct query_pattern q = {.fuzziness = {.by_length = true, .one_from = 3, .two_from = 6}};
    q.text = slice_text("ab");
    EXPECT(fuzzy_matches(&q, slice_text("ab")) && !fuzzy_matches(&q, slice_text("ax")));
    q.text = slice_text("abcde");
    EXPECT(fuzzy_matches(&q, slice_text("abcdx")) && !fuzzy_matches(&q, slice_text("abcxx")));
    q.text = slice_text("abcdef");
    EXPECT(fuzzy_matches(&q, slice_text("abcdxx")) && !fuzzy_matches(&q, slice_text("abcxxx")));
}

// By the definition, without rows and bounds.
// NOLINTNEXTLINE(misc-no-recursion): as deep as the texts are long
static uint32_t distance(const char *a, size_t i, const char *b, size_t j)
{
    if (i == 0 || j == 0)
        return (uint32_t)(i + j);
    uint32_t best = distance(a, i - 1, b, j - 1) + (a[i - 1] != b[j - 1]);
    uint32_t left = distance(a, i - 1, b, j) + 1;
    uint32_t right = distance(a, i, b, j - 1) + 1;
    best = best < left ? best : left;
    best = best < right ? best : right;
    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        uint32_t swapped = distance(a, i - 2, b, j - 2) + 1;
        best = best < swapped ? best : swapped;
    }
    return best;
}

TEST(fuzzy_is_the_distance_of_all_short_texts)
{
    for (unsigned x = 0; x < 243; x++) {
        for (unsigned y = 0; y < 243; y++) {
            char a[6] = "";
            char b[6] = "";
            for (unsigned i = 0, p = x, q = y; i < 5; i++, p /= 3, q /= 3) {
                a[i] = (char)('a' + p % 3);
                b[i] = (char)('a' + q % 3);
            }
            a[x % 6] = '\0';
            b[y % 6] = '\0';
            uint32_t d = distance(a, strlen(a), b, strlen(b));
            for (uint32_t edits = 0; edits <= 2; edits++)
                EXPECT_EQ(near(a, edits, b), d <= edits);
        }
    }
}

TEST(fuzzy_of_very_long_texts_takes_the_same_only)
{
    char a[400];
    char b[400];
    memset(a, 'x', sizeof a);
    memset(b, 'x', sizeof b);
    a[399] = b[399] = '\0';
    EXPECT(near(a, 2, b));
    b[7] = 'y';
    EXPECT(!near(a, 2, b));
}
