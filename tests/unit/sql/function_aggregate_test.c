// SPDX-License-Identifier: Apache-2.0
#include "unit/sql/sql.h"

TEST(function_aggregate_stands_only_where_there_are_many_rows)
{
    sql_expect_refused("SELECT kind FROM rows WHERE COUNT(*) > 1",
                       "verification_exception: Found 1 problem\nline 1:29: Cannot use WHERE "
                       "filtering on aggregate function, use HAVING instead");
    sql_expect_refused("SELECT SUM(MAX(size)) FROM rows",
                       "verification_exception: Found 1 problem\nline 1:12: Cannot use an "
                       "aggregate [MAX(size)] inside an aggregate");
    sql_expect_refused("SELECT COUNT(*) FROM rows GROUP BY MAX(size)",
                       "verification_exception: Found 1 problem\nline 1:36: Cannot use an "
                       "aggregate for grouping");
    sql_expect_refused("SELECT COUNT(*)", "verification_exception: Found 1 problem\nline 1:8: "
                                          "aggregates and GROUP BY need a FROM");
    sql_expect_refused(
        "SELECT SUM(kind) FROM rows",
        "verification_exception: Found 1 problem\nline 1:12: argument of [SUM(kind)] "
        "must be [numeric], found value [kind] type [keyword]");
    sql_expect_refused("SELECT SUM(*) FROM rows", "verification_exception: Found 1 problem\nline "
                                                  "1:12: [*] goes with SELECT and COUNT only");
}
