// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"

#include <math.h>

TEST(histogram_counts_steps_of_its_interval)
{
    struct answer a = town_ask(crowded_town(), "events",
                               "{\"size\":0,\"aggs\":{\"l\":{\"histogram\":{\"field\":\"latency\","
                               "\"interval\":70,\"offset\":5}},\"s\":{\"histogram\":{\"field\":"
                               "\"score\",\"interval\":0.25}}}}");
    const struct crowd_model *m = crowded_model();
    EXPECT(a.aggs[0].buckets[0].key.f64 == -65);
    for (uint32_t b = 0; b < a.aggs[0].bucket_count; b++) {
        double key = a.aggs[0].buckets[b].key.f64;
        uint64_t want = 0;
        for (uint32_t i = 0; i < m->row_count; i++) {
            const struct cell *v = &m->rows[i].cells[E_LATENCY];
            want += m->is_live[i] && v->has && v->number >= key && v->number < key + 70;
        }
        EXPECT_EQ(a.aggs[0].buckets[b].doc_count, want);
    }
    EXPECT_EQ(a.aggs[1].bucket_count, 4);
    EXPECT(a.aggs[1].buckets[3].key.f64 == 0.75);
}

TEST(histogram_fills_gaps_and_keeps_to_bounds)
{
    struct answer a =
        town_ask(crowded_town(), "events",
                 "{\"size\":0,\"query\":{\"terms\":{\"latency\":[10,40]}},\"aggs\":{\"a\":{"
                 "\"histogram\":{\"field\":\"latency\",\"interval\":10}},\"b\":{\"histogram\":{"
                 "\"field\":\"latency\",\"interval\":10,\"min_doc_count\":1,\"order\":{\"_key\":"
                 "\"desc\"}}},\"c\":{\"histogram\":{\"field\":\"latency\",\"interval\":10,"
                 "\"extended_bounds\":{\"min\":-10,\"max\":55}}},\"d\":{\"histogram\":{\"field\":"
                 "\"latency\",\"interval\":10,\"hard_bounds\":{\"max\":40}}},\"e\":{\"histogram\":{"
                 "\"field\":\"outcome_none\",\"interval\":1,\"missing\":7}}}}");
    EXPECT_EQ(a.aggs[0].bucket_count, 4);
    EXPECT_EQ(a.aggs[0].buckets[1].doc_count, 0);
    EXPECT_EQ(a.aggs[1].bucket_count, 2);
    EXPECT(a.aggs[1].buckets[0].key.f64 == 40);
    EXPECT_EQ(a.aggs[2].bucket_count, 7);
    EXPECT(a.aggs[2].buckets[0].key.f64 == -10);
    EXPECT_EQ(a.aggs[3].bucket_count, 1);
    EXPECT_EQ(a.aggs[4].bucket_count, 1);
    EXPECT_EQ(a.aggs[4].buckets[0].doc_count, a.total);
}
