// SPDX-License-Identifier: Apache-2.0
#include "policy/text_scan.h"
#include "test.h"

#include <math.h>

TEST(text_scan_sees_blanks_beyond_the_ends)
{
    struct slice text = slice_text("ab");
    EXPECT_EQ(char_before(text, 0), ' ');
    EXPECT_EQ(char_before(text, 1), 'a');
    EXPECT_EQ(char_at(text, 1), 'b');
    EXPECT_EQ(char_at(text, 2), ' ');
    EXPECT(has_at(text, 1, "b") && !has_at(text, 1, "bc") && !has_at(text, 5, "a"));
}

TEST(text_scan_walks_over_runs)
{
    struct slice text = slice_text("a12-345");
    size_t at = 0;
    size_t start = 0;
    EXPECT(next_run(text, is_digit, &at, &start) && start == 1 && at == 3);
    EXPECT(next_run(text, is_digit, &at, &start) && start == 4 && at == 7);
    EXPECT(!next_run(text, is_digit, &at, &start));
}

TEST(text_scan_checks_by_luhn)
{
    EXPECT(luhn_holds(slice_text("79927398713")));
    for (char c = '0'; c <= '9'; c++) {
        char text[] = "7992739871x";
        text[10] = c;
        EXPECT(luhn_holds(slice_text(text)) == (c == '3'));
    }
    EXPECT(!luhn_holds(slice_text("")));
}

TEST(text_scan_measures_entropy)
{
    EXPECT(fabs(entropy_bits(slice_text("aaaa"))) < 1e-9);
    EXPECT(fabs(entropy_bits(slice_text("abcd")) - 2) < 1e-9);
    EXPECT(fabs(entropy_bits(slice_text(""))) < 1e-9);
}
