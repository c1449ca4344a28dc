// SPDX-License-Identifier: Apache-2.0
#include "unit/sql/sql.h"

static void expect_same_body(const char *a, const char *b)
{
    struct arena *request AUTO(arena_freep) = arena_new(64 << 20);
    const char *one = sql_body(request, a);
    const char *other = sql_body(request, b);
    if (strcmp(one, other) != 0)
        test_fail(__FILE__, __LINE__, "%s\n  %s\n%s\n  %s", a, one, b, other);
}

TEST(plan_names_star_is_every_column)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct plan p;
    sql_plan_of(request, "SELECT *, 1 FROM rows", &p);
    EXPECT_EQ(p.output_count, 10);
    EXPECT(slice_is(p.outputs[8].name, "device.model"));
    sql_expect_refused("SELECT *", "verification_exception: Found 1 problem\nline 1:8: [*] needs a "
                                   "FROM");
}

TEST(plan_names_by_number_and_by_alias)
{
    expect_same_body("SELECT kind k, COUNT(*) c FROM rows GROUP BY kind ORDER BY kind",
                     "SELECT kind k, COUNT(*) c FROM rows GROUP BY 1 ORDER BY k");
    expect_same_body("SELECT HISTOGRAM(size, 5) h FROM rows GROUP BY HISTOGRAM(size, 5)",
                     "SELECT HISTOGRAM(size, 5) h FROM rows GROUP BY h");
    sql_expect_refused("SELECT kind FROM rows GROUP BY 0",
                       "verification_exception: Found 1 problem\nline 1:32: Invalid ordinal [0] "
                       "specified in [GROUP BY] (valid range is [1, 1])");
}

TEST(plan_names_see_through_a_subquery)
{
    expect_same_body("SELECT kind, COUNT(*) FROM rows WHERE size > 1 AND ok GROUP BY kind",
                     "SELECT k, COUNT(*) FROM (SELECT kind AS k, ok AS o FROM rows WHERE size > 1) "
                     "AS t WHERE t.o GROUP BY k");
    expect_same_body("SELECT kind FROM rows WHERE ok ORDER BY size DESC",
                     "SELECT x.kind FROM (SELECT * FROM rows) x WHERE x.ok ORDER BY x.size DESC");
    expect_same_body("SELECT kind, COUNT(*) FROM rows GROUP BY kind",
                     "SELECT * FROM (SELECT kind, COUNT(*) FROM rows GROUP BY kind) t LIMIT 5");
    expect_same_body("SELECT kind, size FROM rows",
                     "SELECT * FROM (SELECT a AS kind, b AS size FROM (SELECT kind a, size b FROM "
                     "rows) x) y");
}

TEST(plan_names_hide_what_a_subquery_does_not_show)
{
    sql_expect_refused("SELECT size FROM (SELECT kind FROM rows) t",
                       "verification_exception: Found 1 problem\nline 1:8: Unknown column [size]");
    sql_expect_refused(
        "SELECT kind FROM (SELECT DISTINCT kind FROM rows) t WHERE kind = 'a'",
        "parsing_exception: line 1:19: a subquery with GROUP BY, DISTINCT, HAVING or "
        "LIMIT can only be selected as a whole: SELECT * FROM (...)");
}
