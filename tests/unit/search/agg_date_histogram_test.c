// SPDX-License-Identifier: Apache-2.0
#include "base/date.h"
#include "unit/search/crowded.h"

static uint64_t count_between(int64_t from, int64_t to, const char *outcome)
{
    const struct crowd_model *m = crowded_model();
    uint64_t count = 0;
    for (uint32_t i = 0; i < m->row_count; i++) {
        const struct cell *at = &m->rows[i].cells[E_AT];
        count += m->is_live[i] && at->has && at->number >= (double)from &&
                 at->number < (double)to && (!outcome || is_text(&m->rows[i], E_OUTCOME, outcome));
    }
    return count;
}

static struct agg_answer ask(const char *parameters)
{
    char body[700];
    snprintf(body, sizeof body,
             "{\"size\":0,\"aggs\":{\"t\":{\"date_histogram\":{\"field\":\"at\",%s}}}}",
             parameters);
    return town_ask(crowded_town(), "events", body).aggs[0];
}

static void expect_buckets(const struct agg_answer *a, int64_t every)
{
    uint64_t rows = 0;
    for (uint32_t i = 0; i < a->bucket_count; i++) {
        int64_t key = a->buckets[i].key.i64;
        EXPECT_EQ(a->buckets[i].doc_count, count_between(key, key + every, NULL));
        EXPECT(i == 0 || key == a->buckets[i - 1].key.i64 + every);
        rows += a->buckets[i].doc_count;
    }
    EXPECT_EQ(rows, count_between(0, INT64_MAX, NULL));
}

TEST(date_histogram_counts_fixed_lengths)
{
    struct agg_answer a = ask("\"fixed_interval\":\"10m\"");
    EXPECT_EQ(a.buckets[0].key.type, VALUE_DATE);
    EXPECT_EQ(a.buckets[0].key.i64, (int64_t)CROWDED_START);
    expect_buckets(&a, 600000);
    a = ask("\"fixed_interval\":\"7m\",\"offset\":\"+3m\"");
    expect_buckets(&a, 420000);
    a = ask("\"fixed_interval\":\"30m\",\"time_zone\":\"America/New_York\"");
    expect_buckets(&a, 1800000);
}

TEST(date_histogram_counts_calendar_units_in_a_zone)
{
    struct agg_answer a = ask("\"calendar_interval\":\"1h\"");
    expect_buckets(&a, 3600000);
    a = ask("\"calendar_interval\":\"day\",\"time_zone\":\"Asia/Kolkata\"");
    EXPECT_EQ(a.bucket_count, 1);
    EXPECT_EQ(a.buckets[0].key.i64, (int64_t)CROWDED_START - 330 * 60000);
    a = ask("\"calendar_interval\":\"day\",\"time_zone\":\"-02:00\"");
    EXPECT_EQ(a.bucket_count, 2);
    a = ask("\"calendar_interval\":\"year\"");
    EXPECT_EQ(a.bucket_count, 1);
    EXPECT_EQ(a.buckets[0].key.i64, 1672531200000);
}

TEST(date_histogram_crosses_with_terms_both_ways)
{
    struct answer a = town_ask(
        crowded_town(), "events",
        "{\"size\":0,\"aggs\":{\"o\":{\"terms\":{\"field\":\"outcome\"},\"aggs\":{\"t\":{\"date_"
        "histogram\":{\"field\":\"at\",\"fixed_interval\":\"1h\"}}}},\"t\":{\"date_histogram\":{"
        "\"field\":\"at\",\"fixed_interval\":\"1h\"},\"aggs\":{\"o\":{\"terms\":{\"field\":"
        "\"outcome\"}}}}}}");
    const struct bucket *failed = town_bucket(&a.aggs[0], "failed");
    for (uint32_t i = 0; i < a.aggs[1].bucket_count; i++) {
        int64_t key = a.aggs[1].buckets[i].key.i64;
        uint64_t want = count_between(key, key + 3600000, "failed");
        EXPECT_EQ(town_bucket(&a.aggs[1].buckets[i].subs[0], "failed")->doc_count, want);
        EXPECT_EQ(town_bucket_at(&failed->subs[0], key)->doc_count, want);
    }
}

TEST(date_histogram_fills_gaps_and_widens_to_bounds)
{
    struct town t;
    town_open(&t, 0, NULL);
    struct town_row rows[] = {
        {.key = 1, .cells = {[E_OUTCOME] = T("ok"), [E_AT] = N(1000 * 86400000.0)}},
        {.key = 2, .cells = {[E_OUTCOME] = T("ok"), [E_AT] = N(1003 * 86400000.0 + 5)}},
        {.key = 3, .cells = {[E_OUTCOME] = T("ok")}},
    };
    town_put(&t, TOWN_EVENTS, rows, 3);
    struct answer a =
        town_ask(&t, "events",
                 "{\"aggs\":{\"a\":{\"date_histogram\":{\"field\":\"at\",\"calendar_interval\":"
                 "\"day\"}},\"b\":{\"date_histogram\":{\"field\":\"at\",\"calendar_interval\":"
                 "\"day\",\"min_doc_count\":1}},\"c\":{\"date_histogram\":{\"field\":\"at\","
                 "\"fixed_interval\":\"1d\",\"extended_bounds\":{\"min\":\"1972-09-26\",\"max\":"
                 "87000000000}}},\"d\":{\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":"
                 "\"1d\",\"missing\":\"1972-09-30\",\"order\":{\"_count\":\"desc\"}}},\"e\":{\"date"
                 "_histogram\":{\"field\":\"at\",\"fixed_interval\":\"1d\",\"hard_bounds\":{\"min\""
                 ":\"1972-09-28\"}}}}}");
    EXPECT_EQ(a.aggs[0].bucket_count, 4);
    EXPECT_EQ(a.aggs[0].buckets[1].doc_count, 0);
    EXPECT_EQ(a.aggs[1].bucket_count, 2);
    EXPECT_EQ(a.aggs[2].buckets[0].key.i64, 999 * 86400000ll);
    EXPECT_EQ(a.aggs[2].bucket_count, 8);
    EXPECT_EQ(a.aggs[3].buckets[0].doc_count, 2);
    EXPECT_EQ(a.aggs[3].buckets[0].key.i64, 1003 * 86400000ll);
    EXPECT_EQ(a.aggs[4].bucket_count, 1);
    town_close(&t);
}

TEST(date_histogram_of_two_lonely_seconds_in_a_century_needs_no_table)
{
    struct town t;
    town_open(&t, 0, NULL);
    struct town_row rows[] = {
        {.key = 1, .cells = {[E_AT] = N(-1.0)}},
        {.key = 2, .cells = {[E_AT] = N(3e12 + 7)}},
    };
    town_put(&t, TOWN_EVENTS, rows, 2);
    struct answer a = town_ask(&t, "events",
                               "{\"aggs\":{\"a\":{\"date_histogram\":{\"field\":\"at\",\"fixed_"
                               "interval\":\"1s\",\"min_doc_count\":1}}}}");
    EXPECT_EQ(a.aggs[0].bucket_count, 2);
    EXPECT_EQ(a.aggs[0].buckets[0].key.i64, -1000);
    EXPECT_EQ(a.aggs[0].buckets[1].key.i64, 3000000000000);
    EXPECT_EQ(town_try(&t, "events",
                       "{\"aggs\":{\"a\":{\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":"
                       "\"1s\"}}}}",
                       &a),
              ERR_LIMIT);
    EXPECT(strncmp(t.why.words, "too_many_buckets_exception: ", 28) == 0);
    town_close(&t);
}

TEST(date_histogram_keeps_local_days_whole_where_clocks_change)
{
    struct town t;
    town_open(&t, 0, NULL);
    struct town_row rows[72];
    int64_t start = 1698447600000; // 2023-10-28T01:00+02:00 in Berlin, a day before the change
    for (uint64_t i = 0; i < 72; i++)
        rows[i] = (struct town_row){.key = i,
                                    .cells = {[E_AT] = N((double)(start + (int64_t)i * 3600000))}};
    town_put(&t, TOWN_EVENTS, rows, 72);
    struct answer a =
        town_ask(&t, "events",
                 "{\"aggs\":{\"d\":{\"date_histogram\":{\"field\":\"at\",\"calendar_interval\":"
                 "\"day\",\"time_zone\":\"Europe/Berlin\"}},\"h\":{\"date_histogram\":{\"field\":"
                 "\"at\",\"fixed_interval\":\"30m\",\"time_zone\":\"Europe/Berlin\","
                 "\"min_doc_count\":1}},\"x\":{\"date_histogram\":{\"field\":\"at\","
                 "\"fixed_interval\":\"12h\",\"time_zone\":\"Europe/Berlin\"}}}}");
    const struct date_zone *berlin;
    EXPECT_EQ(date_zone_get(slice_text("Europe/Berlin"), &berlin, NULL), OK);
    EXPECT_EQ(town_bucket_at(&a.aggs[0], date_floor(1698550000000, DATE_DAY, berlin))->doc_count,
              25);
    EXPECT_EQ(a.aggs[1].bucket_count, 72);
    uint64_t rows_seen = 0;
    for (uint32_t i = 0; i < a.aggs[2].bucket_count; i++) {
        int64_t key = a.aggs[2].buckets[i].key.i64;
        EXPECT_EQ(date_floor_fixed(key, 12 * 3600000, berlin), key);
        rows_seen += a.aggs[2].buckets[i].doc_count;
    }
    EXPECT_EQ(rows_seen, 72);
    town_close(&t);
}
