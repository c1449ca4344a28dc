// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

TEST(api_search_shows_rows_with_nested_lookups_as_source)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/events/_search?size=1&sort=at:asc"), 200);
    EXPECT(talk_is(&t, "{\"took\":0,\"timed_out\":false,\"_shards\":{\"total\":1,\"successful\":1,"
                       "\"skipped\":0,\"failed\":0},\"hits\":{\"total\":{\"value\":5,\"relation\":"
                       "\"eq\"},\"max_score\":null,\"hits\":[{\"_index\":\"events\",\"_id\":"
                       "\"000000000000000b\",\"_score\":null,\"_source\":{\"device\":"
                       "\"YTEAAAAAAAAAAAAAAAAAAA\",\"device.model\":\"m1\",\"device.weight\":0.5,"
                       "\"device.year\":2019,\"outcome\":\"ok\",\"latency\":10,\"at\":"
                       "\"2019-12-04T00:00:00.000Z\",\"ok\":true,\"score\":0.5,\"host\":\"h1\"},"
                       "\"sort\":[1575417600000]}]}}"));
    talk_close(&t);
}

TEST(api_search_answers_aggregations)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /events/_search?typed_keys=true",
                       "{\"size\":0,\"aggs\":{\"m\":{\"terms\":{\"field\":\"device.model\"},"
                       "\"aggs\":{\"l\":{\"avg\":{\"field\":\"latency\"}}}}}}"),
              200);
    talk_expect(&t, "\"aggregations\":{\"sterms#m\":{\"doc_count_error_upper_bound\":0,"
                    "\"sum_other_doc_count\":0,\"buckets\":[{\"key\":\"m1\",\"doc_count\":3,"
                    "\"avg#l\":{\"value\":23.333333333333332}},{\"key\":\"m2\",\"doc_count\":1,"
                    "\"avg#l\":{\"value\":30.0}}]}}");
    talk_close(&t);
}

TEST(api_search_with_rows_needs_the_right_to_read)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /_search", "{\"size\":1}"), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "GET /_search", NULL), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "GET /_search?size=0", NULL), 200);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "GET /_search?size=0", NULL), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_WRITER, "GET /_search?size=0", NULL), 403);
    talk_close(&t);
}

TEST(api_search_under_a_floor_hides_small_groups)
{
    struct talk t;
    talk_open(&t, 2);
    talk_crowd(&t, 20);
    static const char body[] =
        "{\"size\":0,\"aggs\":{\"m\":{\"terms\":{\"field\":\"device.model\"}}"
        "}}";
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /events/_search", body), 200);
    talk_expect(&t, "\"key\":\"m1\"");
    EXPECT(!talk_has(&t, "\"key\":\"m2\""));
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_search", body), 200);
    talk_expect(&t, "\"key\":\"m2\"");
    talk_close(&t);
}

TEST(api_search_tells_its_errors_as_elasticsearch)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_search?foo=1"), 400);
    talk_expect(&t, "\"request [/_search] contains unrecognized parameter: [foo]\"");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_search", "{\"query\":{\"foo\":{}}}"), 400);
    talk_expect(&t, "\"type\":\"parsing_exception\",\"reason\":\"unknown query [foo]\",\"line\":1,"
                    "\"col\":");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_search", "{bad"), 400);
    talk_expect(&t, "\"type\":\"x_content_parse_exception\"");
    EXPECT_EQ(
        talk_ask(&t, ROLE_ANALYST, "POST /_search", "{\"query\":{\"term\":{\"latency\":\"x\"}}}"),
        400);
    talk_expect(&t, "\"type\":\"search_phase_execution_exception\"");
    talk_expect(&t, "\"failed_shards\":[{\"shard\":0,\"index\":\"events\"");
    EXPECT_EQ(talk_get(&t, "/_search?size=20000"), 400);
    EXPECT_EQ(talk_get(&t, "/_count?scroll=1m"), 400);
    EXPECT_EQ(talk_get(&t, "/nosuch/_search"), 404);
    talk_close(&t);
}

TEST(api_search_counts)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /events/_count",
                       "{\"query\":{\"term\":{\"outcome\":\"ok\"}}}"),
              200);
    EXPECT(talk_is(&t, "{\"count\":3,\"_shards\":{\"total\":1,\"successful\":1,\"skipped\":0,"
                       "\"failed\":0}}"));
    EXPECT_EQ(talk_get(&t, "/_count"), 200);
    talk_expect(&t, "{\"count\":8,");
    talk_close(&t);
}

TEST(api_search_total_is_as_asked_for)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/events/_search?size=0&rest_total_hits_as_int=true"), 200);
    talk_expect(&t, "\"total\":5,");
    EXPECT_EQ(talk_get(&t, "/events/_search?size=0&track_total_hits=false"), 200);
    EXPECT(!talk_has(&t, "\"value\""));
    EXPECT_EQ(talk_get(&t, "/events/_search?size=0&track_total_hits=3"), 200);
    talk_expect(&t, "\"total\":{\"value\":3,\"relation\":\"gte\"}");
    EXPECT_EQ(talk_get(&t, "/events/_search?rest_total_hits_as_int=true&track_total_hits=3"), 400);
    talk_expect(&t, "[rest_total_hits_as_int] cannot be used if the tracking of total hits is not "
                    "accurate, got 3");
    talk_close(&t);
}

TEST(api_search_names_every_parameter_that_nothing_knows)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_search?foo=1&size=0&bar=2"), 400);
    talk_expect(&t, "\"request [/_search] contains unrecognized parameters: [foo], [bar]\"");
    EXPECT_EQ(talk_get(&t, "/_search?size=x"), 400);
    talk_expect(&t, "Failed to parse int parameter [size] with value [x]");
    talk_close(&t);
}

TEST(api_search_of_too_large_a_window_fails_as_the_shards_would)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/events/_search?size=10001"), 400);
    talk_expect(&t, "\"type\":\"search_phase_execution_exception\"");
    talk_expect(&t, "Result window is too large");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_search",
                       "{\"sort\":[\"latency\"],\"search_after\":[\"x\"]}"),
              400);
    talk_expect(&t, "Failed to parse search_after value for field [latency].");
    talk_close(&t);
}

TEST(api_count_takes_nothing_but_a_query)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_count", "{\"aggs\":{}}"), 400);
    talk_expect(&t, "request does not support [aggs]");
    talk_close(&t);
}

TEST(api_search_shows_the_top_rows_of_buckets_and_records_them)
{
    struct talk t;
    talk_open(&t, 0);
    static const char body[] =
        "{\"size\":0,\"aggs\":{\"o\":{\"terms\":{\"field\":\"outcome\"},\"aggs\":{\"last\":{"
        "\"top_metrics\":{\"metrics\":[{\"field\":\"latency\"},{\"field\":\"device.model\"}],"
        "\"sort\":{\"at\":\"desc\"}}},\"top\":{\"top_hits\":{\"size\":1,\"sort\":[{\"latency\":"
        "\"desc\"}],\"_source\":[\"host\"]}}}}}}";
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_search?typed_keys=true", body), 200);
    talk_expect(&t, "\"key\":\"fail\",\"doc_count\":2,\"top_metrics#last\":{\"top\":[{\"sort\":["
                    "\"2019-12-04T03:00:00.000Z\"],\"metrics\":{\"latency\":40,\"device.model\":"
                    "\"m1\"}}]},\"top_hits#top\":{\"hits\":{\"total\":{\"value\":2,\"relation\":"
                    "\"eq\"},\"max_score\":null,\"hits\":[{\"_index\":\"events\",\"_id\":\"");
    talk_expect(&t, "\"_score\":null,\"_source\":{\"host\":\"h1\"},\"sort\":[40]}]}}}");
    EXPECT_EQ(talk_ask(&t, ROLE_AUDITOR, "GET /_tamis/audit/tail?last=1", NULL), 200);
    talk_expect(&t, "\"rows\":4");
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /events/_search", body), 403);
    talk_expect(&t, "\"type\":\"security_exception\"");
    talk_close(&t);
}

TEST(api_search_tells_ranks_and_deviations)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(
        talk_ask(&t, ROLE_ANALYST, "POST /events/_search?size=0&typed_keys=true",
                 "{\"aggs\":{\"r\":{\"percentile_ranks\":{\"field\":\"latency\",\"values\":["
                 "30,5]}},\"m\":{\"median_absolute_deviation\":{\"field\":\"latency\"}},\"n\":"
                 "{\"median_absolute_deviation\":{\"field\":\"nothing\"}}}}"),
        200);
    talk_expect(&t, "\"tdigest_percentile_ranks#r\":{\"values\":{\"5.0\":0.0,\"30.0\":50.0}}");
    talk_expect(&t, "\"median_absolute_deviation#m\":{\"value\":10.0}");
    talk_expect(&t, "\"median_absolute_deviation#n\":{\"value\":null}");
    talk_close(&t);
}

TEST(api_search_ends_after_as_many_rows_as_it_was_told)
{
    struct talk t;
    talk_open(&t, 0);
    talk_crowd(&t, 20);
    static const char body[] =
        "{\"terminate_after\":3,\"size\":1,\"query\":{\"term\":{\"outcome\":"
        "\"ok\"}},\"aggs\":{\"n\":{\"value_count\":{\"field\":\"outcome\"}}}}";
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_search", body), 200);
    talk_expect(&t, "\"timed_out\":false,\"terminated_early\":true,");
    talk_expect(&t, "\"total\":{\"value\":3,\"relation\":\"eq\"}");
    talk_expect(&t, "\"n\":{\"value\":3}");
    EXPECT_EQ(talk_get(&t, "/events/_search?size=0&terminate_after=7"), 200);
    talk_expect(&t, "\"terminated_early\":true,");
    talk_expect(&t, "\"total\":{\"value\":7,");
    EXPECT_EQ(talk_get(&t, "/events/_search?size=0&terminate_after=700"), 200);
    talk_expect(&t, "\"terminated_early\":false,");
    talk_expect(&t, "\"total\":{\"value\":25,");
    EXPECT_EQ(talk_get(&t, "/events/_search?size=0"), 200);
    EXPECT(!talk_has(&t, "terminated_early"));
    EXPECT_EQ(talk_get(&t, "/events/_search?terminate_after=-1"), 400);
    EXPECT_EQ(talk_get(&t, "/events/_search?terminate_after=x"), 400);
    EXPECT_EQ(talk_get(&t, "/events/_search?scroll=1m&terminate_after=1"), 400);
    talk_close(&t);
}

TEST(api_search_under_a_floor_takes_no_terminate_after)
{
    struct talk t;
    talk_open(&t, 2);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /events/_search?size=0&terminate_after=3", NULL),
              400);
    talk_expect(&t, "[terminate_after] is not for a role that sees only groups above the floor");
    talk_close(&t);
}
