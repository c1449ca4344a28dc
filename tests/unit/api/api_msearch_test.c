// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

static int msearch(struct talk *t, const char *line, const char *body)
{
    t->content_type = "application/x-ndjson";
    return talk_ask(t, ROLE_ANALYST, line, body);
}

TEST(api_msearch_answers_each_search_on_its_own)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(msearch(&t, "POST /_msearch?max_concurrent_shard_requests=5",
                      "{\"index\":\"events\",\"search_type\":\"query_then_fetch\","
                      "\"ignore_unavailable\":true}\n{\"size\":0}\n"
                      "{\"index\":[\"nosuch\"]}\n{}\n"
                      "{}\n{\"size\":0,\"aggs\":{\"a\":{\"avg\":{\"field\":\"outcome\"}}}}\n"
                      "{\"index\":[\"devices\",\"calls\"]}\r\n{\"size\":0}\r\n\n"),
              200);
    talk_expect(&t, "{\"responses\":[{\"took\":0,\"timed_out\":false,\"_shards\":{\"total\":1,");
    talk_expect(&t, "\"hits\":[]},\"status\":200},{\"error\":{\"root_cause\":[{\"type\":"
                    "\"index_not_found_exception\"");
    talk_expect(&t, "\"index\":\"nosuch\"},\"status\":404},{\"error\":");
    talk_expect(&t, "\"type\":\"search_phase_execution_exception\"");
    talk_expect(&t, "\"total\":{\"value\":3,\"relation\":\"eq\"},\"max_score\":null,\"hits\":[]},"
                    "\"status\":200}],\"took\":0}");
    talk_close(&t);
}

TEST(api_msearch_takes_the_paths_index_for_those_without)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(msearch(&t, "POST /devices/_msearch", "{}\n{\"size\":0}\n\n{\"size\":0}\n"), 200);
    talk_expect(&t, "\"total\":{\"value\":3,\"relation\":\"eq\"}");
    EXPECT(!talk_has(&t, "\"value\":8"));
    talk_close(&t);
}

TEST(api_msearch_with_a_bad_line_fails_whole)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(msearch(&t, "POST /_msearch", "{}\n{\"size\":0}\n{\"x\":1}\n{}\n"), 400);
    talk_expect(&t, "key [x] is not supported in the metadata section");
    EXPECT_EQ(msearch(&t, "POST /_msearch", "{}\n{\"size\":0}\n{}\n{bad}\n"), 400);
    EXPECT_EQ(msearch(&t, "POST /_msearch", "[]\n{}\n"), 400);
    EXPECT_EQ(msearch(&t, "POST /_msearch", "{\"index\":7}\n{}\n"), 400);
    EXPECT_EQ(msearch(&t, "POST /_msearch", "{}\n{}"), 400);
    talk_expect(&t, "must be terminated by a newline");
    EXPECT_EQ(msearch(&t, "POST /_msearch", NULL), 400);
    EXPECT_EQ(msearch(&t, "POST /_msearch", "\n\n"), 400);
    talk_close(&t);
}

TEST(api_msearch_of_metrics_shows_no_rows)
{
    struct talk t;
    talk_open(&t, 0);
    t.content_type = "application/x-ndjson";
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /_msearch", "{}\n{}\n{}\n{\"size\":0}\n"), 200);
    talk_expect(&t, "\"status\":403},{\"took\"");
    EXPECT(!talk_has(&t, "_source"));
    talk_close(&t);
}
