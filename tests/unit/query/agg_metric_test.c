// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

TEST(every_metric_takes_a_field_and_missing)
{
    static const struct {
        const char *name;
        enum agg_kind kind;
    } cases[] = {
        {"avg", AGG_AVG},
        {"sum", AGG_SUM},
        {"min", AGG_MIN},
        {"max", AGG_MAX},
        {"stats", AGG_STATS},
        {"value_count", AGG_VALUE_COUNT},
        {"cardinality", AGG_CARDINALITY},
        {"percentiles", AGG_PERCENTILES},
    };
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice text =
            arena_print(request, "{'a':{'%s':{'field':'n','missing':0}}}", cases[i].name);
        const struct agg *a = agg_of(request, (const char *)text.at);
        EXPECT_EQ(a->kind, cases[i].kind);
        EXPECT(slice_is(a->field, "n") && a->missing.type == LITERAL_NUMBER);
    }
}

TEST(percentiles_are_numbers_or_strings_in_order)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a = agg_of(request, "{'a':{'percentiles':{'field':'n'}}}");
    EXPECT(a->percent_count == 7 && a->percents[0] == 1 && a->percents[6] == 99 && a->keyed);
    a = agg_of(request, "{'a':{'percentiles':{'field':'n','percents':['99.9',50,'25'],'keyed':"
                        "false,'tdigest':{'compression':200}}}}");
    EXPECT(a->percent_count == 3 && a->percents[0] == 25 && a->percents[2] == 99.9 && !a->keyed);
    agg_refused("{'a':{'percentiles':{'field':'n','percents':[101]}}}",
                "illegal_argument_exception: [1:46] percent must be in [0,100]: [a]");
    agg_refused("{'a':{'percentiles':{'field':'n','percents':[]}}}",
                "illegal_argument_exception: [1:45] [percents] must hold 1 to 1000 values: [a]");
}

TEST(cardinality_has_a_threshold)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    EXPECT_EQ(agg_of(request, "{'a':{'cardinality':{'field':'n'}}}")->precision_threshold, 3000);
    EXPECT_EQ(agg_of(request, "{'a':{'cardinality':{'field':'n','precision_threshold':'99999'}}}")
                  ->precision_threshold,
              40000);
    agg_refused("{'a':{'cardinality':{'field':'n','precision_threshold':-1}}}",
                "illegal_argument_exception: [precision_threshold] must be greater than or equal "
                "to 0. Found [-1] in [a]");
}
