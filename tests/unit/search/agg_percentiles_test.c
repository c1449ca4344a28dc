// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"

#include <math.h>
#include <stdlib.h>

static void put_latencies(struct town *t)
{
    static const double v[] = {1, 51, 101, 151};
    struct town_row rows[4];
    for (uint64_t i = 0; i < 4; i++)
        rows[i] = (struct town_row){.key = i, .cells = {T(NULL), T("ok"), N(v[i])}};
    for (uint64_t i = 0; i < 4; i++)
        rows[i].cells[E_SCORE] = N(v[i] / 2);
    town_put(t, TOWN_EVENTS, rows, 4);
}

TEST(percentiles_of_few_values_lie_between_them)
{
    struct town t;
    town_open(&t, 0, NULL);
    put_latencies(&t);
    struct answer a = town_ask(&t, "events",
                               "{\"aggs\":{\"p\":{\"percentiles\":{\"field\":\"latency\",\"percents"
                               "\":[0,25,50,75,100]}},\"s\":{\"percentiles\":{\"field\":\"score\","
                               "\"percents\":[50]}},\"u\":{\"percentiles\":{\"field\":\"x\"}}}}");
    EXPECT(a.aggs[0].percentiles[0] == 1);
    EXPECT(a.aggs[0].percentiles[1] == 26);
    EXPECT(a.aggs[0].percentiles[2] == 76);
    EXPECT(a.aggs[0].percentiles[3] == 126);
    EXPECT(a.aggs[0].percentiles[4] == 151);
    EXPECT(a.aggs[1].percentiles[0] == 38);
    EXPECT_EQ(a.aggs[2].count, 0);
    EXPECT(isnan(a.aggs[2].percentiles[0]));
    town_close(&t);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double middle_of(int field)
{
    const struct crowd_model *m = crowded_model();
    double *v = ARENA_ARRAY(crowded_town()->request, double, m->row_count);
    size_t count = 0;
    for (uint32_t i = 0; i < m->row_count; i++)
        if (m->is_live[i] && m->rows[i].cells[field].has)
            v[count++] = m->rows[i].cells[field].number;
    qsort(v, count, sizeof *v, compare);
    return count % 2 ? v[count / 2] : (v[count / 2 - 1] + v[count / 2]) / 2;
}

TEST(percentiles_of_many_values_are_exact)
{
    struct answer a = town_ask(crowded_town(), "events",
                               "{\"size\":0,\"aggs\":{\"l\":{\"percentiles\":{\"field\":\"latency\""
                               ",\"percents\":[50]}},\"s\":{\"percentiles\":{\"field\":\"score\","
                               "\"percents\":[50]}},\"a\":{\"percentiles\":{\"field\":\"at\","
                               "\"percents\":[50]}}}}");
    EXPECT(a.aggs[0].percentiles[0] == middle_of(E_LATENCY));
    EXPECT(a.aggs[1].percentiles[0] == middle_of(E_SCORE));
    EXPECT(a.aggs[2].percentiles[0] == middle_of(E_AT));
}

TEST(percentiles_of_very_many_values_are_within_half_a_percent)
{
    // A range aggregation hands every row to the percentiles once per range.
    char body[9000];
    size_t used = (size_t)snprintf(body, sizeof body,
                                   "{\"size\":0,\"aggs\":{\"r\":{\"range\":{\"field\":\"score\","
                                   "\"ranges\":[");
    for (int i = 0; i < 80; i++)
        used += (size_t)snprintf(body + used, sizeof body - used, "%s{\"key\":\"k%d\",\"from\":-1}",
                                 i ? "," : "", i);
    snprintf(body + used, sizeof body - used,
             "]},\"aggs\":{\"p\":{\"percentiles\":{\"field\":\"score\",\"percents\":[50]}}}}}}");
    struct answer a = town_ask(crowded_town(), "events", body);
    double want = middle_of(E_SCORE);
    EXPECT_EQ(a.aggs[0].bucket_count, 80);
    for (uint32_t i = 0; i < 80; i++)
        EXPECT(fabs(a.aggs[0].buckets[i].subs[0].percentiles[0] - want) <= 0.005 * want);
}
