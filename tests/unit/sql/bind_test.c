// SPDX-License-Identifier: Apache-2.0
#include "sql/bind.h"
#include "unit/sql/sql.h"

TEST(bind_finds_columns_with_and_without_their_table)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct plan plan;
    sql_plan_of(request, "SELECT r.size, rows.kind, device.model FROM rows r", &plan);
    EXPECT_EQ(plan.outputs[0].type, SQL_INTEGER);
    EXPECT(slice_is(plan.outputs[0].name, "size"));
    EXPECT(slice_is(plan.outputs[2].name, "device.model"));
    sql_expect_refused("SELECT x.size FROM rows r",
                       "verification_exception: Found 1 problem\nline 1:8: Unknown column "
                       "[x.size], did you mean [size]?");
    sql_expect_refused("SELECT sise FROM rows",
                       "verification_exception: Found 1 problem\nline 1:8: "
                       "Unknown column [sise], did you mean [size]?");
    sql_expect_refused("SELECT size FROM rows ORDER BY qwertz",
                       "verification_exception: Found 1 problem\nline 1:32: Unknown column "
                       "[qwertz]");
    sql_expect_refused("SELECT kind", "verification_exception: Found 1 problem\nline 1:8: Unknown "
                                      "column [kind]");
}

TEST(bind_gives_types)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct plan plan;
    sql_plan_of(request,
                "SELECT size + 1, size * ratio, at + INTERVAL 1 DAY, at - seen, CASE WHEN ok THEN "
                "size ELSE ratio END, COALESCE(size, bytes), ABS(ratio), kind || 1, size > 1 "
                "FROM rows",
                &plan);

    static const enum sql_type want[] = {SQL_LONG, SQL_DOUBLE, SQL_DATETIME, SQL_SPAN,   SQL_DOUBLE,
                                         SQL_LONG, SQL_DOUBLE, SQL_KEYWORD,  SQL_BOOLEAN};

    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        EXPECT_EQ(plan.outputs[i].type, want[i]);
}

TEST(bind_refuses_what_does_not_go_together)
{
    sql_expect_refused("SELECT kind FROM rows WHERE kind = 5",
                       "verification_exception: Found 1 problem\nline 1:36: second argument of "
                       "[kind = 5] must be [keyword], found value [5] type [integer]");
    sql_expect_refused("SELECT kind FROM rows WHERE size = 'x'",
                       "verification_exception: Found 1 problem\nline 1:36: cannot cast [x] to "
                       "[integer]");
    sql_expect_refused("SELECT kind + 1 FROM rows",
                       "verification_exception: Found 1 problem\nline 1:8: first argument of "
                       "[kind + 1] must be [numeric], found value [kind] type [keyword]");
    sql_expect_refused("SELECT kind FROM rows WHERE size",
                       "verification_exception: Found 1 problem\nline 1:29: Condition expression "
                       "needs to be boolean, found [integer] in WHERE");
    sql_expect_refused("SELECT UPPER(size) FROM rows",
                       "verification_exception: Found 1 problem\nline 1:14: argument of "
                       "[UPPER(size)] must be [string], found value [size] type [integer]");
    sql_expect_refused("SELECT COALESCE(kind, size) FROM rows",
                       "verification_exception: Found 1 problem\nline 1:23: second argument of "
                       "[COALESCE(kind, size)] must be [keyword], found value [size] type "
                       "[integer]");
}

TEST(bind_reads_texts_beside_other_types)
{
    sql_expect_value("'5' + 1", "6.0");
    sql_expect_value("'2021-01-01' < NOW()", "true");
    sql_expect_value("TRUE = 'true'", "true");
    sql_expect_value("'2021-01-31' + INTERVAL 1 MONTH", "2021-02-28T00:00:00.000Z");
}

TEST(bind_says_why_a_column_cannot_be_used)
{
    static const struct sql_column columns[] = {
        {.name = {(const uint8_t *)"a", 1}, .type = SQL_LONG, .unusable = "due to ambiguities"}};
    const struct sql_table table = {.columns = columns, .column_count = 1};
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct fault why = {0};
    struct statement *s = sql_statement(request, "SELECT a FROM b");
    struct binder b = {.table = &table, .request = request, .why = &why};
    EXPECT_EQ(bind_expr(&b, s->items[0].expr), ERR_INVALID);
    EXPECT(strstr(why.words, "line 1:8: Cannot use field [a] due to ambiguities") != NULL);
}
