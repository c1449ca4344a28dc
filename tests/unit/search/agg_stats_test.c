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

// One kind of numbers of latency per host: alone in its request, or among others.
#define OF(name, kind) "\"" name "\":{\"" kind "\":{\"field\":\"latency\"}}"
#define BY_HOST(query, subs)                                                             \
    "{\"size\":0," query "\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\",\"size\":100}," \
    "\"aggs\":{" subs "}}}}"
#define ALONE(query)                                                          \
    {                                                                         \
        BY_HOST(query, OF("a", "min")), BY_HOST(query, OF("a", "avg")),       \
            BY_HOST(query, OF("a", "max")), BY_HOST(query, OF("a", "stats")), \
            BY_HOST(query, OF("a", "value_count"))                            \
    }
#define TOGETHER(query)                                                         \
    BY_HOST(query, OF("a", "min") "," OF("b", "avg") "," OF("c", "max") "," OF( \
                       "d", "stats") "," OF("e", "value_count"))

static void expect_alike(const struct agg_answer *a, const struct agg_answer *b)
{
    EXPECT_EQ(a->count, b->count);
    EXPECT(a->count == 0 || (a->sum == b->sum && a->min == b->min && a->max == b->max));
}

static void expect_as_alone(const char *together, const char *const alone[5])
{
    struct answer all = town_ask(crowded_town(), "events", together);
    for (uint32_t i = 0; i < 5; i++) {
        struct answer one = town_ask(crowded_town(), "events", alone[i]);
        EXPECT_EQ(all.aggs[0].bucket_count, one.aggs[0].bucket_count);
        for (uint32_t b = 0; b < one.aggs[0].bucket_count; b++) {
            EXPECT_EQ(all.aggs[0].buckets[b].doc_count, one.aggs[0].buckets[b].doc_count);
            expect_alike(&all.aggs[0].buckets[b].subs[i], &one.aggs[0].buckets[b].subs[0]);
        }
    }
}

TEST(stats_beside_one_another_are_those_of_each_alone)
{
    static const char *const alone[] = ALONE("");
    expect_as_alone(TOGETHER(""), alone);
}

// Where every row has a value the numbers tell how many rows a bucket has.
#define WITH_LATENCY "\"query\":{\"exists\":{\"field\":\"latency\"}},"

TEST(stats_count_their_parents_rows_where_each_has_a_value)
{
    static const char *const alone[] = ALONE(WITH_LATENCY);
    expect_as_alone(TOGETHER(WITH_LATENCY), alone);
    struct answer with =
        town_ask(crowded_town(), "events", BY_HOST(WITH_LATENCY, OF("a", "percentiles")));
    struct answer counted =
        town_ask(crowded_town(), "events", BY_HOST(WITH_LATENCY, OF("a", "value_count")));
    for (uint32_t b = 0; b < counted.aggs[0].bucket_count; b++) {
        EXPECT_EQ(with.aggs[0].buckets[b].doc_count, counted.aggs[0].buckets[b].doc_count);
        EXPECT_EQ(counted.aggs[0].buckets[b].doc_count, counted.aggs[0].buckets[b].subs[0].count);
    }
}
