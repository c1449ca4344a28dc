// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"

TEST(histogram_answers_are_ordered_as_told)
{
    struct answer a =
        town_ask(crowded_town(), "events",
                 "{\"size\":0,\"aggs\":{\"h\":{\"histogram\":{\"field\":\"latency\",\"interval\":9,"
                 "\"order\":{\"_count\":\"asc\"}}}}}");
    for (uint32_t i = 1; i < a.aggs[0].bucket_count; i++) {
        const struct bucket *x = &a.aggs[0].buckets[i - 1];
        const struct bucket *y = &a.aggs[0].buckets[i];
        EXPECT(x->doc_count < y->doc_count ||
               (x->doc_count == y->doc_count && x->key.f64 < y->key.f64));
    }
    a = town_ask(crowded_town(), "events",
                 "{\"size\":0,\"aggs\":{\"h\":{\"histogram\":{\"field\":\"latency\",\"interval\":9,"
                 "\"min_doc_count\":1,\"order\":{\"m\":\"asc\"}},"
                 "\"aggs\":{\"m\":{\"max\":{\"field\":\"score\"}}}}}}");
    EXPECT(a.aggs[0].bucket_count > 1);
    for (uint32_t i = 1; i < a.aggs[0].bucket_count; i++)
        EXPECT(a.aggs[0].buckets[i - 1].subs[0].max <= a.aggs[0].buckets[i].subs[0].max);
}

TEST(histogram_answers_with_no_row_keep_to_extended_bounds)
{
    struct answer a =
        town_ask(crowded_town(), "events",
                 "{\"size\":0,\"query\":{\"match_none\":{}},\"aggs\":{\"h\":{\"histogram\":{"
                 "\"field\":\"latency\",\"interval\":10,\"extended_bounds\":{\"min\":0,\"max\":35}}"
                 "}}}");
    EXPECT_EQ(a.aggs[0].bucket_count, 4);
    EXPECT_EQ(a.aggs[0].buckets[3].doc_count, 0);
}

TEST(histogram_answers_refuse_bounds_in_the_wrong_order)
{
    struct answer a;
    EXPECT_EQ(town_try(crowded_town(), "events",
                       "{\"aggs\":{\"h\":{\"histogram\":{\"field\":\"latency\",\"interval\":9,"
                       "\"extended_bounds\":{\"min\":5,\"max\":4}}}}}",
                       &a),
              ERR_INVALID);
    EXPECT_EQ(
        town_try(crowded_town(), "events",
                 "{\"aggs\":{\"h\":{\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":"
                 "\"1d\",\"extended_bounds\":{\"min\":\"2021-02-01\",\"max\":\"2021-01-01\"}}}}"
                 "}",
                 &a),
        ERR_INVALID);
}
