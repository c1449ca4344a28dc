// SPDX-License-Identifier: Apache-2.0
#include "sql/filter_time.h"
#include "unit/sql/sql.h"

static void expect_query(const char *condition, const char *query)
{
    struct arena *request AUTO(arena_freep) = arena_new(64 << 20);
    struct slice text = arena_print(request, "SELECT COUNT(*) FROM rows WHERE %s", condition);
    struct slice want =
        arena_print(request, "{\"size\":0,\"track_total_hits\":true,\"query\":%s}", query);
    const char *got = sql_body(request, arena_string(request, text));
    if (strcmp(got, (const char *)want.at) != 0)
        test_fail(__FILE__, __LINE__, "%s\n  gives  %s\n  not    %s", condition, got,
                  (const char *)want.at);
}

#define SPAN(bounds_) "{\"range\":{\"at\":{" bounds_ "}}}"

TEST(filter_time_of_a_step_is_a_span)
{
    expect_query("YEAR(at) = 2021",
                 SPAN("\"gte\":\"2021-01-01T00:00:00.000Z\",\"lt\":\"2022-01-01T00:"
                      "00:00.000Z\""));
    expect_query("2021 > YEAR(at)", SPAN("\"lt\":\"2021-01-01T00:00:00.000Z\""));
    expect_query("YEAR(at) > 2021", SPAN("\"gte\":\"2022-01-01T00:00:00.000Z\""));
    expect_query("DATE_TRUNC('month', at) = '2021-10-01'",
                 SPAN("\"gte\":\"2021-10-01T00:00:00.000Z\",\"lt\":\"2021-11-01T00:00:00.000Z\""));
    expect_query("DATE_TRUNC('month', at) = '2021-10-02'", "{\"match_none\":{}}");
    expect_query("DATE_TRUNC('month', at) >= '2021-10-02'",
                 SPAN("\"gte\":\"2021-11-01T00:00:00.000Z\""));
    expect_query("DATE_TRUNC('month', at) <= '2021-10-02'",
                 SPAN("\"lt\":\"2021-11-01T00:00:00.000Z\""));
    expect_query("CAST(at AS DATE) <= '2021-10-31'", SPAN("\"lt\":\"2021-11-01T00:00:00.000Z\""));
}

TEST(filter_time_turned_round_is_what_lies_beside)
{
    expect_query(
        "NOT YEAR(at) = 2021",
        "{\"bool\":{\"filter\":[{\"exists\":{\"field\":\"at\"}}],\"must_not\":[" SPAN(
            "\"gte\":\"2021-01-01T00:00:00.000Z\",\"lt\":\"2022-01-01T00:00:00.000Z\"") "]}"
                                                                                        "}");
    expect_query("DATE_TRUNC('year', at) <> '2021-02-01'", "{\"exists\":{\"field\":\"at\"}}");
    expect_query("NOT DATE_TRUNC('year', at) = '2021-02-01'", "{\"exists\":{\"field\":\"at\"}}");
}

TEST(filter_time_leaves_what_is_no_step)
{
    sql_expect_refused(
        "SELECT kind FROM rows WHERE MONTH(at) = 10",
        "verification_exception: Found 1 problem\nline 1:29: [MONTH(at) = 10] cannot "
        "be asked of rows: a condition compares a column with a constant");
}
