// SPDX-License-Identifier: Apache-2.0
#include "unit/sql/sql.h"

TEST(parse_primary_reads_constants)
{
    sql_expect_value("2147483648", "2147483648");
    sql_expect_value(".5", "0.5");
    sql_expect_value("2.", "2.0");
    sql_expect_value("1e3", "1000.0");
    sql_expect_value("'it''s'", "it's");
    sql_expect_value("DATE '2021-10-28'", "2021-10-28");
    sql_expect_value("TIMESTAMP '2021-10-28 01:02:03'", "2021-10-28T01:02:03.000Z");
    sql_expect_value("INTERVAL -3 DAYS", "-3 00:00:00");
    sql_expect_value("9223372036854775808", "9.223372036854776E18");
}

TEST(parse_primary_keeps_the_words_of_a_call_as_its_name)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct plan plan;
    sql_plan_of(request, "SELECT COUNT( * ) FILTER (WHERE ok),  kind FROM rows GROUP BY kind",
                &plan);
    EXPECT(slice_is(plan.outputs[0].name, "COUNT( * ) FILTER (WHERE ok)"));
    EXPECT(slice_is(plan.outputs[1].name, "kind"));
}

TEST(parse_primary_refuses_with_the_place)
{
    sql_expect_refused("SELECT 1e999", "parsing_exception: line 1:8: [1e999] is no number that "
                                       "fits");
    sql_expect_refused("SELECT INTERVAL 1 FORTNIGHT",
                       "parsing_exception: line 1:19: mismatched input 'FORTNIGHT' expecting "
                       "SECOND, MINUTE, HOUR, DAY, WEEK, MONTH or YEAR");
    sql_expect_refused("SELECT (SELECT 1)", "parsing_exception: line 1:8: subqueries are only "
                                            "supported as FROM (SELECT ...)");
    sql_expect_refused("SELECT SUM(DISTINCT size) FROM rows",
                       "parsing_exception: line 1:8: DISTINCT goes with COUNT only, not with SUM");
    sql_expect_refused("SELECT COUNT(*) OVER () FROM rows",
                       "parsing_exception: line 1:17: window functions are not supported");
    sql_expect_refused("SELECT CASE 1 END", "parsing_exception: line 1:15: mismatched input 'END' "
                                            "expecting WHEN");
    sql_expect_refused("SELECT EXTRACT(AGE FROM at) FROM rows",
                       "parsing_exception: line 1:16: mismatched input 'AGE' expecting a part of a "
                       "date, such as YEAR");
}
