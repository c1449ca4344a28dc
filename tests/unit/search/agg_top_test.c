// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"

#include <math.h>
#include <stdio.h>

static void expect_same(const struct hit *a, const struct hit *b, uint32_t keys)
{
    EXPECT(row_key_equal(a->key, b->key));
    EXPECT(a->score == b->score || (isnan(a->score) && isnan(b->score)));
    for (uint32_t k = 0; k < keys; k++) {
        EXPECT_EQ(a->sort[k].type, b->sort[k].type);
        EXPECT_EQ(a->sort[k].i64, b->sort[k].i64);
    }
    EXPECT_EQ(a->field_count, b->field_count);
}

static const char *const sorts[] = {"[]", "[{\"latency\":\"desc\"},{\"at\":\"asc\"}]",
                                    "[{\"host\":{\"order\":\"asc\",\"missing\":\"_first\"}}]",
                                    "[\"outcome\",{\"score\":\"desc\"}]"};

TEST(top_hits_are_what_a_search_for_the_bucket_finds)
{
    struct town *t = crowded_town();
    char body[512];
    for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++) {
        snprintf(body, sizeof body,
                 "{\"size\":0,\"aggs\":{\"o\":{\"terms\":{\"field\":\"outcome\"},\"aggs\":{\"t\":"
                 "{\"top_hits\":{\"size\":7,\"from\":2,\"sort\":%s}}}}}}",
                 sorts[i]);
        struct answer a = town_ask(t, "events", body);
        EXPECT(a.aggs[0].bucket_count > 1);
        for (uint32_t b = 0; b < a.aggs[0].bucket_count; b++) {
            const struct bucket *bucket = &a.aggs[0].buckets[b];
            snprintf(body, sizeof body,
                     "{\"size\":7,\"from\":2,\"sort\":%s,\"query\":{\"term\":{\"outcome\":\"%.*s\"}"
                     "}}",
                     sorts[i], SLICE_PRINT(bucket->key.text));
            struct answer want = town_ask(t, "events", body);
            EXPECT_EQ(bucket->subs[0].count, want.total);
            EXPECT_EQ(bucket->subs[0].hit_count, want.hit_count);
            for (uint32_t h = 0; h < want.hit_count; h++)
                expect_same(&bucket->subs[0].hits[h], &want.hits[h], want.hits[h].sort ? 1 : 0);
        }
    }
}

TEST(top_metrics_leave_out_rows_without_a_sort_value)
{
    struct town t;
    town_open(&t, 0, NULL);
    struct town_row rows[3];
    for (uint64_t i = 0; i < 3; i++)
        rows[i] = (struct town_row){.key = i, .cells = {T(NULL), T("ok"), N(10 * (double)i)}};
    rows[2].cells[E_LATENCY] = (struct cell){0};
    town_put(&t, TOWN_EVENTS, rows, 3);
    struct answer a = town_ask(&t, "events",
                               "{\"aggs\":{\"m\":{\"top_metrics\":{\"metrics\":{\"field\":"
                               "\"latency\"},\"sort\":{\"latency\":\"desc\"},\"size\":5}}}}");
    EXPECT_EQ(a.aggs[0].hit_count, 2);
    EXPECT_EQ(a.aggs[0].hits[0].sort[0].i64, 10);
    EXPECT_EQ(a.aggs[0].hits[1].sort[0].i64, 0);
    town_close(&t);
}

TEST(percentile_ranks_lead_back_to_the_percentiles)
{
    struct answer a = town_ask(
        crowded_town(), "events",
        "{\"size\":0,\"aggs\":{\"p\":{\"percentiles\":{\"field\":\"score\",\"percents\":[3,25,50,"
        "99]}}}}");
    char body[512];
    const double *p = a.aggs[0].percentiles;
    snprintf(body, sizeof body,
             "{\"size\":0,\"aggs\":{\"r\":{\"percentile_ranks\":{\"field\":\"score\",\"values\":[%."
             "17g,%.17g,%.17g,%.17g,-1e300,1e300]}}}}",
             p[0], p[1], p[2], p[3]);
    static const double want[] = {0, 3, 25, 50, 99, 100};
    a = town_ask(crowded_town(), "events", body);
    for (int i = 0; i < 6; i++)
        EXPECT(fabs(a.aggs[0].percentiles[i] - want[i]) < 0.2);
}

TEST(median_absolute_deviation_is_the_median_of_the_distances)
{
    struct town t;
    town_open(&t, 0, NULL);
    static const double v[] = {1, 1, 2, 2, 4, 6, 9}; // distances from 2: 1 1 0 0 2 4 7
    struct town_row rows[7];
    for (uint64_t i = 0; i < 7; i++)
        rows[i] = (struct town_row){.key = i, .cells = {T(NULL), T("ok"), N(v[i])}};
    town_put(&t, TOWN_EVENTS, rows, 7);
    struct answer a = town_ask(&t, "events",
                               "{\"aggs\":{\"m\":{\"median_absolute_deviation\":{\"field\":"
                               "\"latency\"}},\"u\":{\"median_absolute_deviation\":{\"field\":"
                               "\"x\"}}}}");
    EXPECT(a.aggs[0].deviation == 1);
    EXPECT_EQ(a.aggs[1].count, 0);
    town_close(&t);
}
