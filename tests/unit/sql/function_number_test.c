// SPDX-License-Identifier: Apache-2.0
#include "unit/sql/sql.h"

TEST(function_number_reckons)
{
    sql_expect_value("1 + 2 * 3", "7");
    sql_expect_value("(1 + 2) * 3 - 4", "5");
    sql_expect_value("7 / 2", "3");
    sql_expect_value("7 / 2.0", "3.5");
    sql_expect_value("-7 % 4", "-3");
    sql_expect_value("MOD(7.5, 2)", "1.5");
    sql_expect_value("- -3", "3");
    sql_expect_value("ABS(-5)", "5");
    sql_expect_value("ROUND(2.345, 2)", "2.35");
    sql_expect_value("ROUND(1250, -2)", "1300");
    sql_expect_value("TRUNCATE(-2.9)", "-2.0");
    sql_expect_value("FLOOR(-2.5)", "-3");
    sql_expect_value("CEIL(2.1)", "3");
    sql_expect_value("SQRT(16)", "4.0");
    sql_expect_value("POWER(2, 10)", "1024.0");
    sql_expect_value("SIGN(-2.5)", "-1");
    sql_expect_value("LOG10(1000)", "3.0");
}

TEST(function_number_of_what_has_no_value_is_null)
{
    sql_expect_value("1 / 0", "NULL");
    sql_expect_value("1 % 0", "NULL");
    sql_expect_value("1.0 / 0", "NULL");
    sql_expect_value("SQRT(-1)", "NULL");
    sql_expect_value("LOG(0)", "NULL");
    sql_expect_value("1 + NULL", "NULL");
}

TEST(function_number_going_past_64_bits_is_told)
{
    sql_expect_refused("SELECT 9223372036854775807 + 1",
                       "verification_exception: Found 1 problem\nline 1:8: long overflow");
    sql_expect_refused("SELECT 9223372036854775807 * 2",
                       "verification_exception: Found 1 problem\nline 1:8: long overflow");
    sql_expect_refused("SELECT ABS(-9223372036854775807 - 1)",
                       "verification_exception: Found 1 problem\nline 1:8: long overflow");
    sql_expect_refused("SELECT (-9223372036854775807 - 1) / -1",
                       "verification_exception: Found 1 problem\nline 1:8: long overflow");
    sql_expect_value("(-9223372036854775807 - 1) % -1", "0");
}

TEST(function_number_takes_intervals_to_dates)
{
    sql_expect_value("CAST('2021-01-31' AS DATE) + INTERVAL 1 MONTH", "2021-02-28");
    sql_expect_value("CAST('2020-02-29T12:00:00Z' AS DATETIME) - INTERVAL 1 YEAR",
                     "2019-02-28T12:00:00.000Z");
    sql_expect_value("INTERVAL '2' HOURS + NOW()", "2021-11-30T14:00:00.000Z");
    sql_expect_value("NOW() - INTERVAL 90 MINUTE", "2021-11-30T10:30:00.000Z");
    sql_expect_value("INTERVAL 1 DAY + INTERVAL 2 HOUR", "1 02:00:00");
    sql_expect_value("NOW() - NOW()", "0 00:00:00");
    sql_expect_refused(
        "SELECT NOW() + INTERVAL 30000 YEAR",
        "verification_exception: Found 1 problem\nline 1:8: an interval of more than "
        "20000 years");
}
