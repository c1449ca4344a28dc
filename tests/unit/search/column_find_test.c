// SPDX-License-Identifier: Apache-2.0
#include "unit/search/reading.h"

TEST(columns_of_two_tables_share_codes_and_a_type)
{
    struct reading r;
    reading_open(&r);
    struct column *outcome = reading_find(&r, "outcome");
    struct column *latency = reading_find(&r, "latency");
    EXPECT(outcome->merged != NULL);
    EXPECT_EQ(outcome->dict_count, 3);
    EXPECT_EQ(latency->type, FIELD_DOUBLE);
    EXPECT(latency->has_bounds && latency->min_f64 == -4 && latency->max_f64 == 3);
    reading_move(&r, 0);
    column_load(&r.columns, outcome);
    uint32_t ok = column_code(outcome, 0);
    EXPECT(slice_is(dict_value(outcome->dict, ok), "ok"));
    EXPECT(column_present(&r.columns, latency)[0] == 5);
    EXPECT(latency->f64[2] == -4);
    reading_move(&r, 1);
    column_load(&r.columns, outcome);
    EXPECT_EQ(column_code(outcome, 1), ok);
    EXPECT(column_present(&r.columns, latency)[0] == 1);
    reading_close(&r);
}

TEST(columns_of_another_thread_are_the_same_but_for_their_arrays)
{
    struct reading r;
    reading_open(&r);
    struct column *model = reading_find(&r, "device.model");
    struct column *latency = reading_find(&r, "latency");
    static const uint32_t tables[] = {TOWN_EVENTS, TOWN_CALLS};
    struct columns other;
    EXPECT_EQ(columns_init(&other, r.now, tables, 2, &r.room), OK);
    columns_share(&other, &r.columns);
    struct column *again;
    EXPECT_EQ(columns_find(&other, slice_text("device.model"), &again, NULL), OK);
    EXPECT(again != model && again->sources == model->sources && again->codes != model->codes);
    EXPECT_EQ(columns_find(&other, slice_text("latency"), &again, NULL), OK);
    EXPECT(again->has_bounds && again->max_f64 == latency->max_f64);
    EXPECT_EQ(columns_find(&other, slice_text("n"), &again, NULL), OK); // nobody asked before
    EXPECT(again->is_mapped);
    columns_done(&other);
    reading_close(&r);
}
