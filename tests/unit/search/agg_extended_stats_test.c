// SPDX-License-Identifier: Apache-2.0
#include "search/veil.h"
#include "unit/search/crowded.h"

#include <math.h>

TEST(extended_stats_add_up_squares_as_a_naive_sum_does)
{
    struct answer a =
        town_ask(crowded_town(), "events",
                 "{\"size\":0,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\",\"order\":{"
                 "\"x.std_deviation\":\"desc\"}},\"aggs\":{\"x\":{\"extended_stats\":{\"field\":"
                 "\"latency\"}},\"s\":{\"stats\":{\"field\":\"latency\"}}}},\"u\":{"
                 "\"extended_stats\":{\"field\":\"unheard\",\"missing\":3}}}}");
    const struct crowd_model *m = crowded_model();
    double squares = 0;
    for (uint32_t i = 0; i < m->row_count; i++)
        if (m->is_live[i] && is_text(&m->rows[i], E_HOST, "h2") && m->rows[i].cells[E_LATENCY].has)
            squares += m->rows[i].cells[E_LATENCY].number * m->rows[i].cells[E_LATENCY].number;
    const struct bucket *b = town_bucket(&a.aggs[0], "h2");
    const struct agg_answer *x = &b->subs[0];
    const struct agg_answer *s = &b->subs[1];
    EXPECT(x->squares == squares);
    EXPECT(x->count == s->count && x->sum == s->sum && x->min == s->min && x->max == s->max);
    EXPECT(a.aggs[1].count == a.total && a.aggs[1].squares == 9.0 * (double)a.total);
}

TEST(extended_stats_below_a_floor_show_no_squares_and_no_extremes)
{
    static const struct veil_key key = {{1, 2, 3}};
    struct town t;
    town_open(&t, 2, NULL);
    static char names[20][8];
    struct town_row rows[20];
    for (uint64_t i = 0; i < 20; i++) {
        snprintf(names[i], sizeof names[i], "d%llu", (unsigned long long)i);
        rows[i] = (struct town_row){
            .key = i + 1, .cells = {T(names[i]), T("ok"), N((double)i), N(0), N(1), N(1), T("h")}};
    }
    town_put(&t, TOWN_EVENTS, rows, 20);
    t.roles = 1u << ROLE_METRICS;
    t.veil = &key;
    struct answer a = town_ask(&t, "events",
                               "{\"size\":0,\"aggs\":{\"x\":{\"extended_stats\":{"
                               "\"field\":\"latency\"}}}}");
    EXPECT(a.aggs[0].count > 0 && isnan(a.aggs[0].squares) && isnan(a.aggs[0].min) &&
           isnan(a.aggs[0].max));
    town_close(&t);
}
