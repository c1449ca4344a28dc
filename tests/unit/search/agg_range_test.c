// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"

static uint64_t count(int field, double from, double to)
{
    const struct crowd_model *m = crowded_model();
    uint64_t rows = 0;
    for (uint32_t i = 0; i < m->row_count; i++) {
        const struct cell *v = &m->rows[i].cells[field];
        rows += m->is_live[i] && v->has && v->number >= from && v->number < to;
    }
    return rows;
}

TEST(range_counts_a_row_in_every_range_that_holds_it)
{
    struct answer a =
        town_ask(crowded_town(), "events",
                 "{\"size\":0,\"aggs\":{\"r\":{\"range\":{\"field\":\"latency\",\"ranges\":[{"
                 "\"from\":150},{\"to\":50},{\"from\":40,\"to\":150},{\"key\":\"all\",\"from\":0,"
                 "\"to\":500}]},\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"}}}}}}");
    const struct agg_answer *r = &a.aggs[0];
    EXPECT_EQ(r->bucket_count, 4);
    EXPECT(slice_is(r->buckets[0].key.text, "*-50.0"));
    EXPECT(!r->buckets[0].has_from && r->buckets[0].to == 50);
    EXPECT_EQ(r->buckets[0].doc_count, count(E_LATENCY, -1, 50));
    EXPECT_EQ(town_bucket(r, "all")->doc_count, count(E_LATENCY, 0, 500));
    EXPECT_EQ(town_bucket(r, "40.0-150.0")->doc_count, count(E_LATENCY, 40, 150));
    EXPECT_EQ(town_bucket(r, "150.0-*")->doc_count, count(E_LATENCY, 150, 1e9));
    uint64_t rows = 0;
    for (uint32_t i = 0; i < 4; i++)
        rows += town_bucket(r, "all")->subs[0].buckets[i].doc_count;
    EXPECT_EQ(rows, count(E_LATENCY, 0, 500));
}

TEST(date_range_takes_date_math)
{
    struct answer a = town_ask(
        crowded_town(), "events",
        "{\"size\":0,\"aggs\":{\"r\":{\"date_range\":{\"field\":\"at\",\"ranges\":[{"
        "\"to\":\"2023-11-14 00||+2h\"},{\"from\":\"2023-11-14 00||+2h\",\"to\":\"now/d\"}],"
        "\"format\":\"yyyy-MM-dd HH\"}}}}");
    double noon = CROWDED_START + 2 * 3600000;
    EXPECT_EQ(a.aggs[0].buckets[0].doc_count, count(E_AT, 0, noon));
    EXPECT(slice_is(a.aggs[0].buckets[0].key.text, "*-2023-11-14 02"));
    EXPECT(a.aggs[0].buckets[0].to == noon);
    EXPECT_EQ(a.aggs[0].buckets[1].doc_count, count(E_AT, noon, CROWDED_START));
}

TEST(range_of_doubles_and_missing_values)
{
    struct answer a = town_ask(
        crowded_town(), "events",
        "{\"size\":0,\"aggs\":{\"s\":{\"range\":{\"field\":\"score\",\"ranges\":[{\"from\":"
        "0.25,\"to\":0.5},{\"from\":0.5}]}},\"m\":{\"range\":{\"field\":\"latency\","
        "\"missing\":-7,\"ranges\":[{\"to\":0}]}},\"l\":{\"range\":{\"field\":\"latency\","
        "\"ranges\":[{\"from\":9.5,\"to\":12.5}]}},\"u\":{\"range\":{\"field\":\"x\","
        "\"ranges\":[{\"to\":0}]}}}}");
    EXPECT_EQ(a.aggs[0].buckets[0].doc_count, count(E_SCORE, 0.25, 0.5));
    EXPECT_EQ(a.aggs[0].buckets[1].doc_count, count(E_SCORE, 0.5, 2));
    EXPECT_EQ(a.aggs[1].buckets[0].doc_count, a.total - count(E_LATENCY, 0, 1000));
    EXPECT_EQ(a.aggs[2].buckets[0].doc_count, count(E_LATENCY, 10, 13));
    EXPECT_EQ(a.aggs[3].buckets[0].doc_count, 0);
}
