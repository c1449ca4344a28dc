// SPDX-License-Identifier: Apache-2.0
#include "sql/plan.h"
#include "unit/sql/sql.h"

static void plan_of(struct arena *request, const char *text, struct plan *out)
{
    sql_plan_of(request, text, out);
}

TEST(plan_is_of_constants_rows_or_groups)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct plan p;
    plan_of(request, "SELECT 1", &p);
    EXPECT_EQ(p.kind, PLAN_CONSTANTS);
    plan_of(request, "SELECT kind FROM rows", &p);
    EXPECT_EQ(p.kind, PLAN_ROWS);
    plan_of(request, "SELECT DISTINCT kind FROM rows", &p);
    EXPECT_EQ(p.kind, PLAN_GROUPS);
    EXPECT(!p.is_global);
    plan_of(request, "SELECT 1 FROM rows HAVING COUNT(*) > 1", &p);
    EXPECT_EQ(p.kind, PLAN_GROUPS);
    EXPECT(p.is_global);
}

TEST(plan_of_rows_reads_each_column_once)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct plan p;
    plan_of(request, "SELECT kind, size, size + bytes, kind k FROM rows ORDER BY at DESC, 2", &p);
    EXPECT_EQ(p.column_count, 3);
    EXPECT_EQ(p.order_count, 2);
    EXPECT(p.orders[0].descending);
    EXPECT_EQ(p.orders[1].column, 2);
}

TEST(plan_orders_rows_by_columns_only)
{
    sql_expect_refused("SELECT kind FROM rows ORDER BY LENGTH(kind)",
                       "verification_exception: Found 1 problem\nline 1:32: rows can be ordered by "
                       "columns, not by [LENGTH(kind)]");
    sql_expect_refused("SELECT kind FROM rows ORDER BY 2",
                       "verification_exception: Found 1 problem\nline 1:32: Invalid ordinal [2] "
                       "specified in [ORDER BY] (valid range is [1, 1])");
    sql_expect_refused("SELECT HISTOGRAM(size, 5) FROM rows",
                       "verification_exception: Found 1 problem\nline 1:8: [HISTOGRAM] goes with "
                       "GROUP BY only");
    sql_expect_refused("SELECT DISTINCT COUNT(*) FROM rows",
                       "verification_exception: Found 1 problem\nline 1:17: DISTINCT together with "
                       "GROUP BY or aggregates is not supported");
}

TEST(plan_knows_whether_one_search_is_enough)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct plan p;
    plan_of(request, "SELECT kind FROM rows LIMIT 10", &p);
    EXPECT(!plan_takes_several(&p, 10));
    EXPECT(plan_takes_several(&p, 9));
    plan_of(request, "SELECT kind FROM rows LIMIT 10 OFFSET 5", &p);
    EXPECT(plan_takes_several(&p, 14));
    EXPECT(!plan_takes_several(&p, 15));
    plan_of(request, "SELECT kind FROM rows LIMIT 20000", &p);
    EXPECT(plan_takes_several(&p, 50000));
    plan_of(request, "SELECT COUNT(*) FROM rows", &p);
    EXPECT(!plan_takes_several(&p, 1));
    plan_of(request, "SELECT kind FROM rows GROUP BY kind ORDER BY COUNT(*) LIMIT 1", &p);
    EXPECT(plan_takes_several(&p, 100));
}
