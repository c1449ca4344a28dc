// SPDX-License-Identifier: Apache-2.0
#include "unit/sql/sql.h"

TEST(plan_agg_asks_for_each_once)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct plan p;
    sql_plan_of(request,
                "SELECT COUNT(*), COUNT(1), COUNT(size), SUM(size), SUM(size) + 1, SUM(bytes), "
                "MAX(kind), COUNT(*) FILTER (WHERE ok), COUNT(*) FILTER (WHERE ok) FROM rows",
                &p);
    EXPECT_EQ(p.agg_count, 6);

    static const enum plan_agg_kind want[] = {AGG_OF_ROWS, AGG_OF_VALUES,    AGG_OF_SUM,
                                              AGG_OF_SUM,  AGG_OF_LAST_TEXT, AGG_OF_ROWS};

    for (size_t i = 0; i < 6; i++)
        EXPECT_EQ(p.aggs[i].kind, want[i]);
    EXPECT_EQ(p.aggs[5].condition_count, 1);
}

TEST(plan_agg_bodies)
{
    sql_expect_body(
        "SELECT MIN(at), PERCENTILE(size, 95), COUNT(DISTINCT host), MIN(kind) FROM rows",
        "{\"size\":0,\"track_total_hits\":false,\"aggs\":{\"a0\":{\"min\":{\"field\":"
        "\"at\"}},\"a1\":{\"percentiles\":{\"field\":\"size\",\"percents\":[95.0]}},"
        "\"a2\":{\"cardinality\":{\"field\":\"host\"}},\"a3\":{\"terms\":{\"field\":"
        "\"kind\",\"size\":1,\"order\":{\"_key\":\"asc\"}}}}}");
}

TEST(plan_agg_takes_columns)
{
    sql_expect_refused("SELECT SUM(size * 2) FROM rows",
                       "verification_exception: Found 1 problem\nline 1:12: an aggregate takes a "
                       "column or CASE with columns and constants, not [size * 2]");
    sql_expect_refused("SELECT PERCENTILE(size, 101) FROM rows",
                       "verification_exception: Found 1 problem\nline 1:25: the percent of "
                       "PERCENTILE is a constant from 0 to 100");
}
