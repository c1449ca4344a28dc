// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"

static struct answer ask(const char *aggs)
{
    char body[900];
    snprintf(body, sizeof body, "{\"size\":0,\"query\":{\"term\":{\"host\":\"h1\"}},\"aggs\":{%s}}",
             aggs);
    return town_ask(crowded_town(), "events", body);
}

static uint64_t count(const char *outcome)
{
    const struct crowd_model *m = crowded_model();
    uint64_t rows = 0;
    for (uint32_t i = 0; i < m->row_count; i++)
        rows += m->is_live[i] && is_text(&m->rows[i], E_HOST, "h1") &&
                is_text(&m->rows[i], E_OUTCOME, outcome);
    return rows;
}

TEST(filter_is_one_bucket_of_what_it_takes)
{
    struct answer a = ask("\"f\":{\"filter\":{\"term\":{\"outcome\":\"ok\"}},\"aggs\":{\"c\":{"
                          "\"value_count\":{\"field\":\"outcome\"}}}}");
    EXPECT_EQ(a.aggs[0].bucket_count, 1);
    EXPECT_EQ(a.aggs[0].buckets[0].doc_count, count("ok"));
    EXPECT_EQ(a.aggs[0].buckets[0].subs[0].count, count("ok"));
}

TEST(filters_overlap_and_leave_the_rest_to_the_other_bucket)
{
    struct answer a =
        ask("\"f\":{\"filters\":{\"other_bucket_key\":\"rest\",\"filters\":{\"a\":{\"term\":{"
            "\"outcome\":\"ok\"}},\"b\":{\"terms\":{\"outcome\":[\"ok\",\"failed\"]}}}},\"aggs\":{"
            "\"t\":{\"terms\":{\"field\":\"outcome\"}}}}");
    EXPECT_EQ(town_bucket(&a.aggs[0], "a")->doc_count, count("ok"));
    EXPECT_EQ(town_bucket(&a.aggs[0], "b")->doc_count, count("ok") + count("failed"));
    EXPECT_EQ(town_bucket(&a.aggs[0], "rest")->doc_count, a.total - count("ok") - count("failed"));
    EXPECT_EQ(town_bucket(&a.aggs[0], "rest")->subs[0].bucket_count, 1);
    a = ask("\"f\":{\"filters\":{\"filters\":[{\"term\":{\"outcome\":\"failed\"}}]}}");
    EXPECT_EQ(a.aggs[0].bucket_count, 1);
    EXPECT_EQ(a.aggs[0].buckets[0].key.type, VALUE_NONE);
    EXPECT_EQ(a.aggs[0].buckets[0].doc_count, count("failed"));
}

TEST(missing_and_global_see_their_own_rows)
{
    struct answer a = ask("\"m\":{\"missing\":{\"field\":\"outcome\"}},\"g\":{\"global\":{},"
                          "\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"}}}}");
    struct answer all = town_ask(crowded_town(), "events", "{\"size\":0}");
    EXPECT_EQ(a.aggs[0].buckets[0].doc_count,
              a.total - count("ok") - count("failed") - count("timeout"));
    EXPECT_EQ(a.aggs[1].buckets[0].doc_count, all.total);
    EXPECT_EQ(a.aggs[1].buckets[0].subs[0].bucket_count, 4);
    struct answer none =
        town_ask(crowded_town(), "events",
                 "{\"size\":0,\"query\":{\"match_none\":{}},\"aggs\":{\"g\":{\"global\":{}}}}");
    EXPECT_EQ(none.aggs[0].buckets[0].doc_count, all.total);
}
