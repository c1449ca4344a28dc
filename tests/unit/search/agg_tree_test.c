// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"

TEST(aggregations_nest_four_deep_and_every_level_adds_up)
{
    struct answer a = town_ask(
        crowded_town(), "events",
        "{\"size\":0,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"},\"aggs\":{\"f\":{\"filter\":{"
        "\"exists\":{\"field\":\"outcome\"}},\"aggs\":{\"o\":{\"terms\":{\"field\":\"outcome\"},"
        "\"aggs\":{\"d\":{\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":\"1h\"},"
        "\"aggs\":{\"c\":{\"value_count\":{\"field\":\"host\"}}}}}}}}}}}}");
    for (uint32_t i = 0; i < 4; i++) {
        const struct bucket *filter = &a.aggs[0].buckets[i].subs[0].buckets[0];
        uint64_t rows = 0;
        for (uint32_t o = 0; o < 3; o++) {
            const struct bucket *outcome = &filter->subs[0].buckets[o];
            rows += outcome->doc_count;
            for (uint32_t d = 0; d < outcome->subs[0].bucket_count; d++)
                EXPECT_EQ(outcome->subs[0].buckets[d].subs[0].count,
                          outcome->subs[0].buckets[d].doc_count);
        }
        EXPECT_EQ(rows, filter->doc_count);
    }
}

TEST(aggregations_of_no_rows_have_empty_answers)
{
    struct answer a = town_ask(
        crowded_town(), "events",
        "{\"query\":{\"match_none\":{}},\"aggs\":{\"t\":{\"terms\":{\"field\":\"host\"}},\"d\":{"
        "\"date_histogram\":{\"field\":\"at\",\"calendar_interval\":\"day\"}},\"r\":{\"range\":{"
        "\"field\":\"latency\",\"ranges\":[{\"to\":5}]},\"aggs\":{\"p\":{\"percentiles\":{"
        "\"field\":\"score\"}}}},\"s\":{\"stats\":{\"field\":\"latency\"}}}}");
    EXPECT_EQ(a.agg_count, 4);
    EXPECT_EQ(a.aggs[0].bucket_count, 0);
    EXPECT_EQ(a.aggs[1].bucket_count, 0);
    EXPECT_EQ(a.aggs[2].bucket_count, 1);
    EXPECT_EQ(a.aggs[2].buckets[0].doc_count, 0);
    EXPECT_EQ(a.aggs[2].buckets[0].subs[0].count, 0);
    EXPECT_EQ(a.aggs[3].count, 0);
}
