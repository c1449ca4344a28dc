// SPDX-License-Identifier: Apache-2.0
#include "sql/function.h"
#include "unit/sql/sql.h"

TEST(function_text_counts_characters)
{
    sql_expect_value("LENGTH('\xc3\xbc\xc3\xa4x')", "3");
    sql_expect_value("OCTET_LENGTH('\xc3\xbcx')", "3");
    sql_expect_value("SUBSTRING('\xc3\xbc\xc3\xa4xyz', 2, 2)", "\xc3\xa4x");
    sql_expect_value("SUBSTRING('abc', 2)", "bc");
    sql_expect_value("SUBSTRING('abc', 0, 2)", "a");
    sql_expect_value("SUBSTRING('abc', 9, 2)", "");
    sql_expect_value("LEFT('\xc3\xbcx', 1)", "\xc3\xbc");
    sql_expect_value("RIGHT('a\xc3\xbcx', 2)", "\xc3\xbcx");
    sql_expect_value("RIGHT('ab', 5)", "ab");
    sql_expect_value("LEFT('ab', -1)", "");
    sql_expect_value("LOCATE('x', '\xc3\xbcx')", "2");
    sql_expect_value("LOCATE('z', 'abc')", "0");
}

TEST(function_text_makes_others)
{
    sql_expect_value("UPPER('aB1\xc3\xbc')", "AB1\xc3\xbc");
    sql_expect_value("LCASE('AbZ')", "abz");
    sql_expect_value("TRIM('  a b ')", "a b");
    sql_expect_value("LTRIM(' a ') || RTRIM(' b ')", "a  b");
    sql_expect_value("REPLACE('aXbX', 'X', '--')", "a--b--");
    sql_expect_value("REPLACE('abc', '', 'x')", "abc");
    sql_expect_value("CONCAT('a', NULL, 1, TRUE)", "a1true");
    sql_expect_value("'a' || NULL", "NULL");
    sql_expect_value("STARTS_WITH('abc', 'ab')", "true");
}

TEST(function_text_like_goes_back_to_the_last_percent)
{
    EXPECT(like_matches(slice_text("%ab%ab%"), 0, slice_text("xabyabz")));
    EXPECT(!like_matches(slice_text("%ab%ab%"), 0, slice_text("xabyz")));
    EXPECT(like_matches(slice_text("_"), 0, slice_text("\xc3\xbc")));
    EXPECT(!like_matches(slice_text("_"), 0, slice_text("")));
    EXPECT(like_matches(slice_text("%%"), 0, slice_text("")));
    EXPECT(like_matches(slice_text("a!"), '!', slice_text("a")) == false);
}
