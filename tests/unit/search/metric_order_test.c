// SPDX-License-Identifier: Apache-2.0
#include "search/metric_order.h"
#include "unit/search/crowded.h"

#include <math.h>

TEST(metric_order_has_numbers_before_none_whichever_way_it_goes)
{
    EXPECT(metric_order_compare(1, 2, true) < 0);
    EXPECT(metric_order_compare(1, 2, false) > 0);
    EXPECT_EQ(metric_order_compare(2, 2, true), 0);
    EXPECT(metric_order_compare(1, NAN, true) < 0);
    EXPECT(metric_order_compare(1, NAN, false) < 0);
    EXPECT(metric_order_compare(NAN, 1, true) > 0);
    EXPECT_EQ(metric_order_compare(NAN, NAN, false), 0);
}

static enum err ask(const char *path, struct answer *out)
{
    char body[400];
    snprintf(
        body, sizeof body,
        "{\"size\":0,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\",\"order\":{\"%s\":\"desc\"}},"
        "\"aggs\":{\"f\":{\"filter\":{\"term\":{\"ok\":true}},\"aggs\":{\"m\":{\"avg\":{"
        "\"field\":\"latency\"}},\"t\":{\"terms\":{\"field\":\"host\"},\"aggs\":{\"m\":{"
        "\"max\":{\"field\":\"latency\"}}}}}}}}}}",
        path);
    return town_try(crowded_town(), "events", body, out);
}

TEST(metric_order_follows_buckets_that_are_one_per_parent)
{
    static const char *const counts[] = {"f", "f._count", "f.doc_count"};
    struct answer a;
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(ask(counts[i], &a), OK);
        const struct bucket *b = a.aggs[0].buckets;
        EXPECT_EQ(a.aggs[0].bucket_count, 4);
        for (uint32_t k = 1; k < a.aggs[0].bucket_count; k++)
            EXPECT(b[k - 1].subs[0].buckets[0].doc_count >= b[k].subs[0].buckets[0].doc_count);
    }
    EXPECT_EQ(ask("f>m", &a), OK);
    for (uint32_t k = 1; k < a.aggs[0].bucket_count; k++) {
        const struct agg_answer *x = &a.aggs[0].buckets[k - 1].subs[0].buckets[0].subs[0];
        const struct agg_answer *y = &a.aggs[0].buckets[k].subs[0].buckets[0].subs[0];
        EXPECT(x->sum / (double)x->count >= y->sum / (double)y->count);
    }
}

TEST(metric_order_refuses_paths_to_nothing_or_to_many)
{
    static const char *const paths[] = {"x", "f>x", "f>t", "f>t>m", "f.avg"};
    struct answer a;
    for (int i = 0; i < 5; i++)
        EXPECT_EQ(ask(paths[i], &a), ERR_INVALID);
}
