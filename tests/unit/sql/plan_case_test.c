// SPDX-License-Identifier: Apache-2.0
#include "unit/sql/sql.h"

TEST(plan_case_asks_once_for_each_branch)
{
    sql_expect_body("SELECT SUM(CASE WHEN ok THEN size ELSE 0 END) FROM rows",
                    "{\"size\":0,\"track_total_hits\":false,\"aggs\":{\"a0\":{\"filter\":{\"bool\":"
                    "{\"filter\":[{\"term\":{\"ok\":{\"value\":true}}}]}},\"aggs\":{\"value\":{"
                    "\"sum\":{\"field\":\"size\"}}}},\"a1\":{\"filter\":{\"bool\":{\"must_not\":[{"
                    "\"term\":{\"ok\":{\"value\":true}}}]}}}}}");
    sql_expect_body("SELECT COUNT(CASE WHEN ok THEN 1 END) FROM rows",
                    "{\"size\":0,\"track_total_hits\":false,\"aggs\":{\"a0\":{\"filter\":{\"bool\":"
                    "{\"filter\":[{\"term\":{\"ok\":{\"value\":true}}}]}}}}}");
}

TEST(plan_case_refuses_what_is_neither_column_nor_constant)
{
    sql_expect_refused("SELECT SUM(CASE WHEN ok THEN size * 2 END) FROM rows",
                       "verification_exception: Found 1 problem\nline 1:30: what CASE gives an "
                       "aggregate is a column or a constant that is a number");
    sql_expect_refused("SELECT STDDEV_POP(CASE WHEN ok THEN size END) FROM rows",
                       "verification_exception: Found 1 problem\nline 1:8: CASE goes with COUNT, "
                       "SUM, AVG, MIN and MAX");
}
