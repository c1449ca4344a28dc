// SPDX-License-Identifier: Apache-2.0
#include "unit/sql/sql.h"

#define AT "CAST('2021-10-31T23:07:09Z' AS DATETIME)"

TEST(function_time_takes_a_date_apart)
{
    sql_expect_value("YEAR(" AT ")", "2021");
    sql_expect_value("QUARTER(" AT ")", "4");
    sql_expect_value("MONTH(" AT ")", "10");
    sql_expect_value("DAY(" AT ")", "31");
    sql_expect_value("HOUR(" AT ")", "23");
    sql_expect_value("MINUTE(" AT ")", "7");
    sql_expect_value("SECOND(" AT ")", "9");
    sql_expect_value("DAY_OF_YEAR(" AT ")", "304");
    sql_expect_value("DAY_OF_WEEK(" AT ")", "1");
    sql_expect_value("ISO_DAY_OF_WEEK(" AT ")", "7");
    sql_expect_value("WEEK(CAST('2021-01-03' AS DATE))", "53");
    sql_expect_value("WEEK(CAST('2021-01-04' AS DATE))", "1");
    sql_expect_value("MONTH_NAME(" AT ")", "October");
    sql_expect_value("DAY_NAME(" AT ")", "Sunday");
    sql_expect_value("EXTRACT(YEAR FROM " AT ")", "2021");
    sql_expect_value("MINUTE_OF_DAY(" AT ")", "1387");
    sql_expect_value("YEAR('1969-12-31T23:59:59Z')", "1969");
}

TEST(function_time_steps)
{
    sql_expect_value("DATE_TRUNC('month', " AT ")", "2021-10-01T00:00:00.000Z");
    sql_expect_value("DATE_TRUNC('week', " AT ")", "2021-10-25T00:00:00.000Z");
    sql_expect_value("DATE_ADD('month', 4, " AT ")", "2022-02-28T23:07:09.000Z");
    sql_expect_value("DATEADD(DAY, -1, " AT ")", "2021-10-30T23:07:09.000Z");
    sql_expect_value("DATE_DIFF('day', '2021-10-30T23:00:00Z', " AT ")", "1");
    sql_expect_value("DATE_DIFF('year', '2019-12-31', " AT ")", "2");
    sql_expect_value("DATE_DIFF('hour', " AT ", '2021-10-31T21:59:00Z')", "-2");
    sql_expect_value("DATETIME_FORMAT(" AT ", 'yyyy/MM')", "2021/10");
}

TEST(function_time_knows_now)
{
    sql_expect_value("NOW()", "2021-11-30T12:00:00.000Z");
    sql_expect_value("CURRENT_TIMESTAMP", "2021-11-30T12:00:00.000Z");
    sql_expect_value("CURRENT_DATE", "2021-11-30");
    sql_expect_value("TODAY()", "2021-11-30");
}

TEST(function_time_wants_units_and_dates)
{
    sql_expect_refused("SELECT DATE_TRUNC('moment', NOW())",
                       "verification_exception: Found 1 problem\nline 1:19: first argument of "
                       "[DATE_TRUNC('moment', NOW())] must be [year, quarter, month, week, day, "
                       "hour, minute, second], found value ['moment'] type [keyword]");
    sql_expect_refused("SELECT YEAR(kind) FROM rows",
                       "verification_exception: Found 1 problem\nline 1:13: argument of "
                       "[YEAR(kind)] must be [date or datetime], found value [kind] type "
                       "[keyword]");
    sql_expect_refused("SELECT YEAR('soon')", "verification_exception: Found 1 problem\nline 1:13: "
                                              "cannot cast [soon] to [datetime]");
}
