// SPDX-License-Identifier: Apache-2.0
#include "search/pipelines.h"
#include "search/veil.h"
#include "unit/search/town.h"

#include <math.h>
#include <stdio.h>

// Latencies of hours 0 to 5: 10, 30, none at all, 20, one row without, 60.
static void open_hours(struct town *t)
{
    static const double latencies[] = {10, 30, 20, -1, 60};
    static const double hours[] = {0, 1, 3, 4, 5};
    struct town_row rows[5];
    town_open(t, 0, NULL);
    for (uint64_t i = 0; i < 5; i++) {
        rows[i] =
            (struct town_row){.key = i + 1,
                              .cells = {T("d"), T("ok"), N(latencies[i]), N(hours[i] * 3600000),
                                        N(1), N(1), T(i % 2 ? "odd" : "even")}};
        if (latencies[i] < 0)
            rows[i].cells[E_LATENCY].has = false;
    }
    town_put(t, TOWN_EVENTS, rows, 5);
}

static enum err try_aggs(struct town *t, const char *aggs, struct answer *out)
{
    char json[2000];
    snprintf(json, sizeof json, "{\"size\":0,\"aggs\":%s}", aggs);
    *out = town_ask(t, "events", json);
    struct request r = town_request(t, json);
    return pipelines_run(&r, t->request, out, &t->why);
}

static struct answer ask_aggs(struct town *t, const char *aggs)
{
    struct answer a;
    if (try_aggs(t, aggs, &a))
        test_fail(__FILE__, __LINE__, "%s", t->why.words);
    return a;
}

#define HOURS(pipeline)                                                                         \
    "{\"h\":{\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":\"1h\"},\"aggs\":{\"m\":{" \
    "\"avg\":{\"field\":\"latency\"}},\"p\":{" pipeline "}}}}"

// NAN: null; INFINITY: there is none.
static void expect_values(struct town *t, const char *aggs, const double *want)
{
    struct answer a = ask_aggs(t, aggs);
    EXPECT_EQ(a.aggs[0].bucket_count, 6);
    for (uint32_t i = 0; i < 6; i++) {
        const struct pipeline_answer *p = &a.aggs[0].buckets[i].pipelines[0];
        bool is_right = isinf(want[i])   ? !p->is_shown
                        : isnan(want[i]) ? p->is_shown && isnan(p->value)
                                         : p->is_shown && p->value == want[i];
        if (!is_right)
            test_fail(__FILE__, __LINE__, "%s: %u is %g", aggs, i, p->is_shown ? p->value : 1e99);
    }
}

TEST(pipelines_go_from_bucket_to_bucket_as_the_gap_policy_has_it)
{
    struct town t;
    open_hours(&t);
    const double none = INFINITY;
    expect_values(&t, HOURS("\"derivative\":{\"buckets_path\":\"m\"}"),
                  (const double[]){none, 20, NAN, NAN, NAN, NAN});
    expect_values(&t,
                  HOURS("\"derivative\":{\"buckets_path\":\"m\",\"gap_policy\":\"insert_zeros\"}"),
                  (const double[]){none, 20, -30, 20, -20, 60});
    expect_values(&t, HOURS("\"derivative\":{\"buckets_path\":\"_count\"}"),
                  (const double[]){none, 0, -1, 1, 0, 0});
    expect_values(&t, HOURS("\"cumulative_sum\":{\"buckets_path\":\"m\"}"),
                  (const double[]){10, 40, 40, 60, 60, 120});
    expect_values(&t, HOURS("\"serial_diff\":{\"buckets_path\":\"m\",\"lag\":2}"),
                  (const double[]){none, none, none, -10, none, 40});
    expect_values(&t,
                  HOURS("\"moving_fn\":{\"buckets_path\":\"m\",\"window\":2,\"script\":"
                        "\"MovingFunctions.sum(values)\"}"),
                  (const double[]){0, 10, none, 40, none, 50});
    expect_values(&t,
                  HOURS("\"moving_fn\":{\"buckets_path\":\"m\",\"window\":2,\"shift\":1,"
                        "\"script\":\"MovingFunctions.max(values)\"}"),
                  (const double[]){10, 30, none, 30, none, 60});
    expect_values(&t, HOURS("\"moving_avg\":{\"buckets_path\":\"m\",\"window\":3}"),
                  (const double[]){none, 10, none, 20, none, 20});
    expect_values(&t,
                  HOURS("\"bucket_script\":{\"buckets_path\":{\"x\":\"m\",\"n\":\"_count\"},"
                        "\"script\":\"params.x + params.n\"}"),
                  (const double[]){11, 31, none, 21, none, 61});
    town_close(&t);
}

TEST(pipelines_keep_and_sort_buckets)
{
    struct town t;
    open_hours(&t);
    struct answer a = ask_aggs(
        &t, HOURS("\"bucket_selector\":{\"buckets_path\":{\"x\":\"m\"},\"script\":\"x > 15\"}"));
    EXPECT_EQ(a.aggs[0].bucket_count, 3);
    EXPECT_EQ(a.aggs[0].buckets[2].key.i64, 5 * 3600000);
    a = ask_aggs(&t, HOURS("\"bucket_sort\":{\"sort\":[{\"m\":\"desc\"}],\"from\":1,\"size\":2}"));
    EXPECT_EQ(a.aggs[0].bucket_count, 2);
    EXPECT(a.aggs[0].buckets[0].key.i64 == 3600000 && a.aggs[0].buckets[1].key.i64 == 3 * 3600000);
    a = ask_aggs(&t, HOURS("\"bucket_sort\":{\"sort\":[{\"_key\":\"desc\"}]}"));
    EXPECT(a.aggs[0].bucket_count == 6 && a.aggs[0].buckets[5].key.i64 == 0);
    a = ask_aggs(&t, HOURS("\"bucket_sort\":{\"from\":100}"));
    EXPECT_EQ(a.aggs[0].bucket_count, 0);
    town_close(&t);
}

static const struct pipeline_answer *sibling(struct town *t, const char *pipeline)
{
    static struct answer a;
    char aggs[1000];
    snprintf(aggs, sizeof aggs,
             "{\"h\":{\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":\"1h\"},\"aggs\":{"
             "\"m\":{\"avg\":{\"field\":\"latency\"}}}},\"p\":{%s}}",
             pipeline);
    a = ask_aggs(t, aggs);
    return &a.pipelines[0];
}

TEST(sibling_pipelines_sum_up_what_has_a_value)
{
    struct town t;
    open_hours(&t);
    EXPECT(sibling(&t, "\"avg_bucket\":{\"buckets_path\":\"h>m\"}")->value == 30);
    EXPECT(sibling(&t, "\"sum_bucket\":{\"buckets_path\":\"h>m\"}")->value == 120);
    EXPECT(sibling(&t, "\"avg_bucket\":{\"buckets_path\":\"h>m\",\"gap_policy\":\"insert_zeros\"}")
               ->value == 20);
    const struct pipeline_answer *p = sibling(&t, "\"max_bucket\":{\"buckets_path\":\"h>_count\"}");
    EXPECT(p->value == 1 && p->spread->extreme_count == 5);
    p = sibling(&t, "\"min_bucket\":{\"buckets_path\":\"h>m\"}");
    EXPECT(p->value == 10 && p->spread->extreme_count == 1 && p->spread->extremes[0]->key.i64 == 0);
    p = sibling(&t, "\"extended_stats_bucket\":{\"buckets_path\":\"h>m\"}");
    EXPECT(p->spread->count == 4 && p->spread->squares == 100 + 900 + 400 + 3600);
    p = sibling(&t, "\"percentiles_bucket\":{\"buckets_path\":\"h>m\",\"percents\":[0,50,100]}");
    EXPECT(p->spread->percentiles[0] == 10 && p->spread->percentiles[1] == 30 &&
           p->spread->percentiles[2] == 60);
    town_close(&t);
}

TEST(pipelines_refuse_a_number_that_is_not_there)
{
    struct town t;
    open_hours(&t);
    struct answer a;
    EXPECT_EQ(try_aggs(&t, HOURS("\"derivative\":{\"buckets_path\":\"m.median\"}"), &a),
              ERR_INVALID);
    EXPECT(strcmp(t.why.words, "illegal_argument_exception: buckets_path [m.median] of [p] names "
                               "no single number") == 0);
    town_close(&t);
}

TEST(pipelines_see_what_a_floor_shows)
{
    static const struct veil_key key = {{2, 7, 1, 8}};
    struct town t;
    town_open(&t, 3, NULL);
    static char names[60][8];
    struct town_row rows[60];
    for (uint64_t i = 0; i < 60; i++) {
        snprintf(names[i], sizeof names[i], "d%llu", (unsigned long long)i);
        rows[i] = (struct town_row){.key = i + 1,
                                    .cells = {T(names[i]), T("ok"), N(5), N(i == 59 ? 7200000 : 0),
                                              N(1), N(1), T(i == 58 ? "rare" : "usual")}};
    }
    town_put(&t, TOWN_EVENTS, rows, 60);
    t.roles = 1u << ROLE_METRICS;
    t.veil = &key;
    struct answer a = ask_aggs(
        &t, "{\"h\":{\"terms\":{\"field\":\"host\"},\"aggs\":{\"n\":{\"max\":{\"field\":"
            "\"latency\"}},\"p\":{\"bucket_script\":{\"buckets_path\":{\"n\":\"_count\"},"
            "\"script\":\"n\"}},\"q\":{\"bucket_script\":{\"buckets_path\":{\"m\":\"n\"},"
            "\"script\":\"m\"}}}},\"s\":{\"sum_bucket\":{\"buckets_path\":\"h>_count\"}}}");
    EXPECT_EQ(a.aggs[0].bucket_count, 1);
    const struct bucket *b = &a.aggs[0].buckets[0];
    EXPECT(b->pipelines[0].value == (double)b->doc_count);
    EXPECT(!b->pipelines[1].is_shown);
    EXPECT(a.pipelines[0].value == (double)b->doc_count);
    town_close(&t);
}
