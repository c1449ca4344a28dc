// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"

static uint64_t count_rows(bool (*takes)(const struct town_row *r, const void *what),
                           const void *what)
{
    const struct crowd_model *m = crowded_model();
    uint64_t count = 0;
    for (uint32_t i = 0; i < m->row_count; i++)
        count += m->is_live[i] && takes(&m->rows[i], what);
    return count;
}

static bool has_outcome(const struct town_row *r, const void *what)
{
    return is_text(r, E_OUTCOME, what);
}

static bool has_model(const struct town_row *r, const void *what)
{
    return model_of(r) && strcmp(model_of(r), what) == 0;
}

static bool has_latency(const struct town_row *r, const void *what)
{
    return r->cells[E_LATENCY].has && r->cells[E_LATENCY].number == *(const double *)what;
}

static bool has_score(const struct town_row *r, const void *what)
{
    return r->cells[E_SCORE].has && r->cells[E_SCORE].number == *(const double *)what;
}

static struct agg_answer ask(const char *terms)
{
    char body[600];
    snprintf(body, sizeof body, "{\"size\":0,\"aggs\":{\"t\":{\"terms\":{%s}}}}", terms);
    return town_ask(crowded_town(), "events", body).aggs[0];
}

TEST(terms_of_a_keyword_are_counted_largest_first)
{
    struct agg_answer a = ask("\"field\":\"outcome\"");
    EXPECT_EQ(a.bucket_count, 3);
    EXPECT_EQ(a.field_type, FIELD_KEYWORD);
    for (uint32_t i = 0; i < 3; i++) {
        char key[32];
        snprintf(key, sizeof key, "%.*s", SLICE_PRINT(a.buckets[i].key.text));
        EXPECT_EQ(a.buckets[i].doc_count, count_rows(has_outcome, key));
        EXPECT(i == 0 || a.buckets[i].doc_count <= a.buckets[i - 1].doc_count);
    }
    EXPECT(slice_is(a.buckets[0].key.text, "ok"));
}

TEST(terms_reach_through_a_look_up)
{
    struct agg_answer a = ask("\"field\":\"device.model\"");
    EXPECT_EQ(a.bucket_count, 3);
    EXPECT_EQ(town_bucket(&a, "m0")->doc_count, count_rows(has_model, "m0"));
    EXPECT_EQ(town_bucket(&a, "m1")->doc_count, count_rows(has_model, "m1"));
    EXPECT_EQ(town_bucket(&a, "m2")->doc_count, count_rows(has_model, "m2"));
}

TEST(terms_of_numbers_and_truths_are_values)
{
    struct agg_answer a = ask("\"field\":\"latency\",\"size\":1000");
    EXPECT_EQ(a.bucket_count, 500);
    for (uint32_t i = 0; i < a.bucket_count; i++) {
        double v = (double)a.buckets[i].key.i64;
        EXPECT_EQ(a.buckets[i].doc_count, count_rows(has_latency, &v));
    }
    a = ask("\"field\":\"score\",\"size\":5");
    EXPECT_EQ(a.buckets[0].key.type, VALUE_DOUBLE);
    for (uint32_t i = 0; i < a.bucket_count; i++)
        EXPECT_EQ(a.buckets[i].doc_count, count_rows(has_score, &a.buckets[i].key.f64));
    a = ask("\"field\":\"ok\"");
    EXPECT_EQ(a.bucket_count, 2);
    EXPECT_EQ(a.buckets[0].key.type, VALUE_BOOLEAN);
}

TEST(terms_beyond_size_are_the_others)
{
    struct agg_answer all = ask("\"field\":\"latency\",\"size\":1000");
    struct agg_answer few = ask("\"field\":\"latency\",\"size\":7");
    uint64_t rows = 0;
    for (uint32_t i = 0; i < all.bucket_count; i++)
        rows += all.buckets[i].doc_count;
    for (uint32_t i = 0; i < 7; i++) {
        EXPECT_EQ(few.buckets[i].key.i64, all.buckets[i].key.i64);
        rows -= few.buckets[i].doc_count;
    }
    EXPECT_EQ(few.other_count, rows);
    EXPECT_EQ(all.other_count, 0);
}

TEST(terms_may_be_ordered_by_key_and_by_sub_aggregations)
{
    struct agg_answer a = ask("\"field\":\"latency\",\"size\":5,\"order\":{\"_key\":\"desc\"}");
    for (uint32_t i = 0; i < 5; i++)
        EXPECT_EQ(a.buckets[i].key.i64, 499 - i);
    struct answer by = town_ask(
        crowded_town(), "events",
        "{\"size\":0,\"aggs\":{\"t\":{\"terms\":{\"field\":\"host\",\"order\":[{\"f>m\":\"asc\"},"
        "{\"_key\":\"desc\"}]},\"aggs\":{\"f\":{\"filter\":{\"term\":{\"outcome\":\"ok\"}},"
        "\"aggs\":{\"m\":{\"avg\":{\"field\":\"latency\"}}}}}}}}");
    a = by.aggs[0];
    EXPECT_EQ(a.bucket_count, 4);
    for (uint32_t i = 1; i < 4; i++) {
        const struct agg_answer *before = &a.buckets[i - 1].subs[0].buckets[0].subs[0];
        const struct agg_answer *now = &a.buckets[i].subs[0].buckets[0].subs[0];
        EXPECT(before->sum / (double)before->count <= now->sum / (double)now->count);
    }
    by = town_ask(crowded_town(), "events",
                  "{\"size\":0,\"aggs\":{\"t\":{\"terms\":{\"field\":\"host\",\"order\":{\"p.95\":"
                  "\"desc\"}},\"aggs\":{\"p\":{\"percentiles\":{\"field\":\"score\"}}}}}}");
    for (uint32_t i = 1; i < 4; i++)
        EXPECT(by.aggs[0].buckets[i - 1].subs[0].percentiles[5] >=
               by.aggs[0].buckets[i].subs[0].percentiles[5]);
    struct answer none;
    EXPECT_EQ(town_try(crowded_town(), "events",
                       "{\"aggs\":{\"t\":{\"terms\":{\"field\":\"host\",\"order\":{\"x\":\"asc\"}}"
                       "}}}",
                       &none),
              ERR_INVALID);
}

TEST(terms_put_rows_without_value_where_missing_says)
{
    struct agg_answer a = ask("\"field\":\"outcome\",\"missing\":\"(none)\"");
    struct answer none = town_ask(
        crowded_town(), "events",
        "{\"size\":0,\"query\":{\"bool\":{\"must_not\":{\"exists\":{\"field\":\"outcome\"}}}}}");
    EXPECT_EQ(town_bucket(&a, "(none)")->doc_count, none.total);
    EXPECT_EQ(a.bucket_count, 4);
    a = ask("\"field\":\"outcome\",\"missing\":\"ok\"");
    EXPECT_EQ(a.bucket_count, 3);
    EXPECT_EQ(town_bucket(&a, "ok")->doc_count, count_rows(has_outcome, "ok") + none.total);
    a = ask("\"field\":\"unheard\",\"missing\":\"x\"");
    EXPECT_EQ(a.bucket_count, 1);
    a = ask("\"field\":\"unheard\"");
    EXPECT_EQ(a.bucket_count, 0);
    EXPECT_EQ(a.field_type, FIELD_TYPE_COUNT);
}

TEST(terms_keep_to_include_and_exclude)
{
    struct agg_answer a = ask("\"field\":\"host\",\"include\":[\"h1\",\"h2\",\"h9\"]");
    EXPECT_EQ(a.bucket_count, 2);
    a = ask("\"field\":\"host\",\"exclude\":[\"h1\"]");
    EXPECT_EQ(a.bucket_count, 3);
    a = ask("\"field\":\"latency\",\"include\":[7,8]");
    EXPECT_EQ(a.bucket_count, 2);
}

TEST(terms_keep_to_regular_expressions)
{
    EXPECT_EQ(ask("\"field\":\"host\",\"include\":\"h[12]|z.*\"").bucket_count, 2);
    EXPECT_EQ(ask("\"field\":\"host\",\"exclude\":\"h1|h2.*\"").bucket_count, 2);
    EXPECT_EQ(ask("\"field\":\"host\",\"include\":\".*\",\"exclude\":[\"h1\"]").bucket_count, 3);
    EXPECT_EQ(ask("\"field\":\"unheard\",\"include\":\"a.*\"").bucket_count, 0);
    EXPECT_EQ(ask("\"field\":\"unheard\",\"missing\":\"none\",\"include\":\"n.*\"").bucket_count,
              1);
}

TEST(terms_with_min_doc_count_0_show_values_nobody_has)
{
    struct answer a =
        town_ask(crowded_town(), "events",
                 "{\"size\":0,\"query\":{\"term\":{\"outcome\":\"ok\"}},\"aggs\":{\"t\":{\"terms\":"
                 "{\"field\":\"outcome\",\"min_doc_count\":0},\"aggs\":{\"s\":{\"stats\":{"
                 "\"field\":\"latency\"}}}}}}");
    EXPECT_EQ(a.aggs[0].bucket_count, 3);
    EXPECT_EQ(town_bucket(&a.aggs[0], "failed")->doc_count, 0);
    EXPECT_EQ(town_bucket(&a.aggs[0], "failed")->subs[0].count, 0);
    EXPECT_EQ(ask("\"field\":\"host\",\"min_doc_count\":1000000").bucket_count, 0);
}

TEST(terms_of_two_tables_meet_by_value)
{
    struct town t;
    town_open(&t, 0, NULL);
    struct town_row events[] = {
        {.key = 1, .cells = {T(NULL), T("ok"), N(3)}},
        {.key = 2, .cells = {T(NULL), T("failed"), N(4)}},
    };
    struct town_row calls[] = {
        {.key = 1, .cells = {T("busy"), N(2.5)}},
        {.key = 2, .cells = {T("ok"), N(3)}},
        {.key = 3, .cells = {T("ok"), N(9)}},
    };
    town_put(&t, TOWN_EVENTS, events, 2);
    town_put(&t, TOWN_CALLS, calls, 3);
    struct answer a = town_ask(&t, "events,calls",
                               "{\"aggs\":{\"o\":{\"terms\":{\"field\":\"outcome\"}},\"l\":{"
                               "\"terms\":{\"field\":\"latency\"}},\"i\":{\"filter\":{\"term\":{"
                               "\"_index\":\"calls\"}}}},\"query\":{\"terms\":{\"outcome\":["
                               "\"ok\",\"busy\"]}}}");
    EXPECT_EQ(a.total, 4);
    EXPECT_EQ(a.index_count, 2);
    EXPECT_EQ(town_bucket(&a.aggs[0], "ok")->doc_count, 3);
    EXPECT_EQ(town_bucket(&a.aggs[0], "busy")->doc_count, 1);
    EXPECT_EQ(a.aggs[1].buckets[0].doc_count, 2); // 3 and 3.0 are one
    EXPECT(a.aggs[1].buckets[0].key.f64 == 3);
    EXPECT_EQ(a.aggs[2].buckets[0].doc_count, 3);
    town_close(&t);
}

TEST(terms_of_pseudonyms_are_printed_and_found_again)
{
    struct answer a = town_ask(crowded_town(), "events",
                               "{\"size\":0,\"aggs\":{\"t\":{\"terms\":{\"field\":\"device\","
                               "\"size\":1}}}}");
    const struct bucket *b = &a.aggs[0].buckets[0];
    EXPECT_EQ(b->key.text.len, 22);
    char body[200];
    snprintf(body, sizeof body, "{\"size\":0,\"query\":{\"term\":{\"device\":\"%.*s\"}}}",
             SLICE_PRINT(b->key.text));
    EXPECT_EQ(town_ask(crowded_town(), "events", body).total, b->doc_count);
}

TEST(terms_below_terms_have_buckets_of_their_own)
{
    struct answer a = town_ask(crowded_town(), "events",
                               "{\"size\":0,\"aggs\":{\"o\":{\"terms\":{\"field\":\"outcome\"},"
                               "\"aggs\":{\"m\":{\"terms\":{\"field\":\"device.model\"},\"aggs\":{"
                               "\"a\":{\"terms\":{\"field\":\"at\",\"size\":3}}}}}}}}");
    const struct crowd_model *m = crowded_model();
    uint64_t want = 0;
    for (uint32_t i = 0; i < m->row_count; i++)
        want += m->is_live[i] && is_text(&m->rows[i], E_OUTCOME, "timeout") &&
                has_model(&m->rows[i], "m2");
    const struct bucket *timeout = town_bucket(&a.aggs[0], "timeout");
    const struct bucket *m2 = town_bucket(&timeout->subs[0], "m2");
    EXPECT_EQ(m2->doc_count, want);
    EXPECT_EQ(m2->subs[0].bucket_count, 3);
    EXPECT_EQ(m2->subs[0].buckets[0].key.type, VALUE_DATE);
}

TEST(terms_that_make_too_many_buckets_are_refused)
{
    struct answer a;
    EXPECT_EQ(town_try(crowded_town(), "events",
                       "{\"size\":0,\"aggs\":{\"l\":{\"terms\":{\"field\":\"latency\",\"size\":500}"
                       ",\"aggs\":{\"a\":{\"terms\":{\"field\":\"score\",\"size\":1000}}}}}}",
                       &a),
              OK);
    EXPECT_EQ(
        town_try(
            crowded_town(), "events",
            "{\"size\":0,\"aggs\":{\"d\":{\"terms\":{\"field\":\"device\",\"size\":50},"
            "\"aggs\":{\"l\":{\"terms\":{\"field\":\"latency\",\"size\":500},\"aggs\":{"
            "\"a\":{\"terms\":{\"field\":\"at\",\"size\":1000},\"aggs\":{\"h\":{"
            "\"terms\":{\"field\":\"host\"}},\"o\":{\"terms\":{\"field\":\"outcome\"}}}}}}}}}}",
            &a),
        ERR_LIMIT);
    EXPECT(strstr(crowded_town()->why.words, "too_many_buckets_exception: ") ==
           crowded_town()->why.words);
}

// Hosts of one to seven calls, many alike, so that the last that is shown has equals.
static void put_many_hosts(struct town *town, uint32_t hosts)
{
    static struct town_row rows[1000];
    static char names[1000][8];
    uint32_t count = 0;
    uint64_t key = 0;
    for (uint32_t i = 0; i < hosts * 7; i++) {
        uint32_t host = i % hosts;
        if (i / hosts > host % 7)
            continue;
        snprintf(names[count], sizeof names[count], "h%05u", (unsigned)(host * 7919 % hosts));
        rows[count] = (struct town_row){.key = ++key, .cells = {[E_HOST] = T(names[count])}};
        if (++count < 1000)
            continue;
        town_put(town, TOWN_EVENTS, rows, count);
        count = 0;
    }
    town_put(town, TOWN_EVENTS, rows, count);
}

TEST(terms_of_very_many_values_are_those_of_the_whole_list)
{
    struct town town;
    town_open(&town, 0, NULL);
    put_many_hosts(&town, 5003);
    struct answer few =
        town_ask(&town, "events",
                 "{\"size\":0,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\",\"size\":10}}}}");
    struct answer all =
        town_ask(&town, "events",
                 "{\"size\":0,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\",\"size\":5003}}}}");
    EXPECT_EQ(few.aggs[0].bucket_count, 10);
    EXPECT_EQ(all.aggs[0].bucket_count, 5003);
    uint64_t shown = 0;
    for (uint32_t i = 0; i < 10; i++) {
        const struct bucket *a = &few.aggs[0].buckets[i];
        const struct bucket *b = &all.aggs[0].buckets[i];
        EXPECT(slice_equal(a->key.text, b->key.text));
        EXPECT_EQ(a->doc_count, b->doc_count);
        shown += a->doc_count;
    }
    EXPECT_EQ(few.aggs[0].other_count, all.total - shown);
    EXPECT(few.aggs[0].buckets[9].doc_count == all.aggs[0].buckets[10].doc_count);
    town_close(&town);
}
