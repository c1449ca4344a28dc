// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"

#include <math.h>

TEST(stats_add_up_what_a_naive_sum_does)
{
    struct answer a = town_ask(crowded_town(), "events",
                               "{\"size\":0,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"},"
                               "\"aggs\":{\"s\":{\"stats\":{\"field\":\"latency\"}},\"c\":{"
                               "\"value_count\":{\"field\":\"outcome\"}},\"d\":{\"sum\":{\"field\":"
                               "\"device.weight\"}}}}}}");
    const struct crowd_model *m = crowded_model();
    uint64_t count = 0;
    uint64_t outcomes = 0;
    double sum = 0;
    double weight = 0;
    double max = 0;
    for (uint32_t i = 0; i < m->row_count; i++) {
        const struct town_row *r = &m->rows[i];
        if (!m->is_live[i] || !is_text(r, E_HOST, "h2"))
            continue;
        outcomes += r->cells[E_OUTCOME].text != NULL;
        if (device_of(r))
            weight += device_of(r)->cells[D_WEIGHT].number;
        if (!r->cells[E_LATENCY].has)
            continue;
        count++;
        sum += r->cells[E_LATENCY].number;
        max = fmax(max, r->cells[E_LATENCY].number);
    }
    const struct bucket *b = town_bucket(&a.aggs[0], "h2");
    EXPECT_EQ(b->subs[0].count, count);
    EXPECT(b->subs[0].sum == sum);
    EXPECT(b->subs[0].min == 0);
    EXPECT(b->subs[0].max == max);
    EXPECT_EQ(b->subs[1].count, outcomes);
    EXPECT(b->subs[2].sum == weight);
}

TEST(stats_take_missing_for_rows_without_value)
{
    struct answer a = town_ask(crowded_town(), "events",
                               "{\"size\":0,\"aggs\":{\"s\":{\"max\":{\"field\":\"latency\","
                               "\"missing\":1000}},\"u\":{\"sum\":{\"field\":\"unheard\","
                               "\"missing\":2}},\"v\":{\"avg\":{\"field\":\"unheard\"}}}}");
    EXPECT(a.aggs[0].max == 1000);
    EXPECT_EQ(a.aggs[0].count, a.total);
    EXPECT(a.aggs[1].sum == 2.0 * (double)a.total);
    EXPECT_EQ(a.aggs[2].count, 0);
}

TEST(stats_of_a_keyword_are_refused_in_elasticsearchs_words)
{
    struct answer a;
    EXPECT_EQ(town_try(crowded_town(), "events",
                       "{\"aggs\":{\"a\":{\"avg\":{\"field\":\"outcome\"}}}}", &a),
              ERR_INVALID);
    EXPECT(strcmp(crowded_town()->why.words,
                  "illegal_argument_exception: Field [outcome] of type [keyword] is not supported "
                  "for aggregation [avg]") == 0);
}
