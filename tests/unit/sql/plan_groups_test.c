// SPDX-License-Identifier: Apache-2.0
#include "unit/sql/sql.h"

static struct plan plan_of(struct arena *request, const char *text)
{
    struct plan p;
    sql_plan_of(request, text, &p);
    return p;
}

TEST(plan_groups_by_sources_of_their_own)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct plan p = plan_of(request, "SELECT COUNT(*) FROM rows GROUP BY kind, HISTOGRAM(size, 5), "
                                     "HISTOGRAM(at, INTERVAL 1 MONTH), HISTOGRAM(at, INTERVAL 2 "
                                     "HOUR), DATE_TRUNC('week', at), YEAR(seen), CAST(at AS DATE)");

    static const enum source_kind want[] = {SOURCE_TERMS,   SOURCE_HISTOGRAM, SOURCE_CALENDAR,
                                            SOURCE_FIXED,   SOURCE_CALENDAR,  SOURCE_CALENDAR,
                                            SOURCE_CALENDAR};

    EXPECT_EQ(p.source_count, 7);
    for (size_t i = 0; i < 7; i++)
        EXPECT_EQ(p.sources[i].kind, want[i]);
    EXPECT_EQ(p.sources[2].unit, DATE_MONTH);
    EXPECT_EQ(p.sources[3].interval_ms, 2 * MS_PER_HOUR);
    EXPECT_EQ(p.sources[4].unit, DATE_WEEK);
    EXPECT(!p.is_merged);
}

TEST(plan_groups_that_are_made_of_several_are_merged)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct plan p =
        plan_of(request, "SELECT MONTH(at), UPPER(kind), COUNT(*) FROM rows GROUP BY 1, 2");
    EXPECT(p.is_merged);
    EXPECT_EQ(p.source_count, 2);
    EXPECT_EQ(p.sources[0].kind, SOURCE_CALENDAR);
    EXPECT_EQ(p.sources[0].unit, DATE_MONTH);
    sql_expect_refused("SELECT COUNT(DISTINCT host) FROM rows GROUP BY MONTH(at)",
                       "verification_exception: Found 1 problem\nline 1:8: [COUNT(DISTINCT host)] "
                       "of groups that are made of several needs a GROUP BY of columns, HISTOGRAM, "
                       "DATE_TRUNC or YEAR");
}

// As Cube writes them; and steps within an expression are as coarse as they are.
TEST(plan_groups_by_as_little_as_the_key_depends_on)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct plan p =
        plan_of(request, "SELECT DATE_TRUNC('day', t.at::datetime), COUNT(*) FROM rows AS "
                         "t GROUP BY 1 ORDER BY 2 DESC");
    EXPECT(!p.is_merged);
    EXPECT_EQ(p.sources[0].kind, SOURCE_CALENDAR);
    p = plan_of(request,
                "SELECT COUNT(*) FROM rows GROUP BY DATE_TRUNC('month', at) + INTERVAL 1 DAY, "
                "HISTOGRAM(size, 5) * 2");
    EXPECT(p.is_merged);
    EXPECT_EQ(p.sources[0].unit, DATE_MONTH);
    EXPECT_EQ(p.sources[1].kind, SOURCE_HISTOGRAM);
}

TEST(plan_groups_come_in_the_order_asked_for_where_the_engine_can)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct plan p = plan_of(request, "SELECT kind, host, COUNT(*) FROM rows GROUP BY kind, host "
                                     "ORDER BY host DESC NULLS LAST");
    EXPECT(!p.is_sorted);
    EXPECT(slice_is(p.sources[0].field, "host"));
    EXPECT(p.sources[0].descending && !p.sources[0].nulls_first);
    p = plan_of(request, "SELECT kind, COUNT(*) FROM rows GROUP BY kind ORDER BY COUNT(*)");
    EXPECT(p.is_sorted);
    p = plan_of(request, "SELECT kind, COUNT(*) FROM rows GROUP BY kind");
    EXPECT(!p.is_sorted);
}

TEST(plan_groups_refuse_what_is_not_the_same_for_all_rows)
{
    sql_expect_refused("SELECT size, COUNT(*) FROM rows GROUP BY kind",
                       "verification_exception: Found 1 problem\nline 1:8: Cannot use non-grouped "
                       "column [size], expected [kind]");
    sql_expect_refused("SELECT size, COUNT(*) FROM rows",
                       "verification_exception: Found 1 problem\nline 1:8: Cannot use non-grouped "
                       "column [size] beside an aggregate");
    sql_expect_refused("SELECT kind FROM rows GROUP BY kind HAVING size > 1",
                       "verification_exception: Found 1 problem\nline 1:44: Cannot use non-grouped "
                       "column [size], expected [kind]");
    sql_expect_refused("SELECT COUNT(*) FROM rows GROUP BY HISTOGRAM(size, 0)",
                       "verification_exception: Found 1 problem\nline 1:36: HISTOGRAM takes a "
                       "number and an interval above 0, or a date and an INTERVAL");
    sql_expect_refused("SELECT COUNT(*) FROM rows GROUP BY HISTOGRAM(at, INTERVAL 5 MONTH)",
                       "verification_exception: Found 1 problem\nline 1:36: HISTOGRAM of dates "
                       "takes an INTERVAL of a year, a quarter, a month, or of days and shorter");
}
