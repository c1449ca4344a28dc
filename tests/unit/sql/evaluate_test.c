// SPDX-License-Identifier: Apache-2.0
#include "sql/evaluate.h"
#include "unit/sql/sql.h"

TEST(evaluate_works_over_inputs)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct plan plan;
    sql_plan_of(request, "SELECT size * 2 + ratio, kind || '!' FROM rows", &plan);
    struct evaluation v = {.how = sql_context(request)};
    EXPECT_EQ(plan.column_count, 3);
    const struct cell inputs[] = {cell_i64(SQL_INTEGER, 4), cell_f64(0.5),
                                  cell_text(slice_text("a"))};
    struct cell sum = evaluate(&v, plan.outputs[0].expr, inputs);
    EXPECT_EQ(sum.type, SQL_DOUBLE);
    EXPECT(sum.f64 > 8.4 && sum.f64 < 8.6);
    EXPECT(slice_is(evaluate(&v, plan.outputs[1].expr, inputs).text, "a!"));
    EXPECT_EQ(v.failed, OK);
}

TEST(evaluate_remembers_its_first_failure)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct plan plan;
    sql_plan_of(request, "SELECT bytes + bytes FROM rows", &plan);
    struct evaluation v = {.how = sql_context(request)};
    const struct cell inputs[] = {cell_i64(SQL_LONG, INT64_MAX)};
    (void)evaluate(&v, plan.outputs[0].expr, inputs);
    EXPECT_EQ(v.failed, ERR_INVALID);
    EXPECT(strcmp(v.why.words, "illegal_argument_exception: long overflow") == 0);
}

TEST(evaluate_ends_where_texts_grow_past_all_bounds)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct plan plan;
    uint64_t bytes = SQL_TEXTS_BYTES_MAX;
    sql_plan_of(request, "SELECT UPPER(kind) FROM rows", &plan);
    struct evaluation v = {.how = sql_context(request)};
    v.how.text_bytes = &bytes;
    const struct cell inputs[] = {cell_text(slice_text("abc"))};
    (void)evaluate(&v, plan.outputs[0].expr, inputs);
    EXPECT_EQ(v.failed, ERR_INVALID);
    EXPECT(strstr(v.why.words, "longer than 67108864 bytes") != NULL);
}
