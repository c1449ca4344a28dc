// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

TEST(api_doc_gives_one_row)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/events/_doc/000000000000000b?_source_includes=host,latency"), 200);
    talk_expect(&t,
                "{\"_index\":\"events\",\"_id\":\"000000000000000b\",\"_version\":1,\"_seq_no\":0,"
                "\"_primary_term\":");
    talk_expect(&t, ",\"found\":true,\"_source\":{\"latency\":10,\"host\":\"h1\"}}");
    EXPECT(!talk_has(&t, "\"_primary_term\":0,"));
    EXPECT_EQ(talk_get(&t, "/events/_doc/000000000000000b?_source=false"), 200);
    EXPECT(!talk_has(&t, "_source"));
    EXPECT_EQ(talk_get(&t, "/events/_source/000000000000000b?_source_includes=host"), 200);
    EXPECT(talk_is(&t, "{\"host\":\"h1\"}"));
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "HEAD /events/_doc/000000000000000b", NULL), 200);
    EXPECT_EQ(t.reply.body.len, 0);
    talk_close(&t);
}

TEST(api_doc_that_is_not_there_is_found_false)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/events/_doc/zz"), 404);
    EXPECT(talk_is(&t, "{\"_index\":\"events\",\"_id\":\"zz\",\"found\":false}"));
    EXPECT_EQ(talk_get(&t, "/events/_doc/00000000000000ff"), 404);
    EXPECT_EQ(talk_get(&t, "/nosuch/_doc/1"), 404);
    talk_expect(&t, "index_not_found_exception");
    EXPECT_EQ(talk_get(&t, "/events/_source/zz"), 404);
    talk_expect(&t, "\"type\":\"resource_not_found_exception\",\"reason\":\"Document not found "
                    "[events]/[zz]\"");
    EXPECT_EQ(talk_get(&t, "/*/_doc/1"), 400);
    talk_close(&t);
}

TEST(api_doc_is_for_readers_of_rows)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "GET /events/_doc/000000000000000b", NULL), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "GET /events/_doc/000000000000000b", NULL), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /_mget", "{\"docs\":[]}"), 403);
    talk_close(&t);
}

TEST(api_doc_mget_tells_what_is_wrong_in_its_place)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_mget?_source=host",
                       "{\"docs\":[{\"_index\":\"events\",\"_id\":\"000000000000000b\"},"
                       "{\"_index\":\"nosuch\",\"_id\":\"1\"},{\"_index\":\"events\",\"_id\":\"1\"}"
                       "]}"),
              200);
    talk_expect(&t, "\"found\":true,\"_source\":{\"host\":\"h1\"}},{\"_index\":\"nosuch\",\"_id\":"
                    "\"1\",\"error\":{\"root_cause\":[{\"type\":\"index_not_found_exception\"");
    talk_expect(&t, "{\"_index\":\"events\",\"_id\":\"1\",\"found\":false}");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_mget?_source=host",
                       "{\"docs\":[{\"_id\":\"000000000000000b\",\"_source\":[\"latency\"],"
                       "\"routing\":\"a\"},{\"_id\":\"000000000000000b\"},"
                       "{\"_id\":\"000000000000000b\",\"_source\":{\"exclude\":[\"*\"]}}]}"),
              200);
    talk_expect(&t, "\"_source\":{\"latency\":10}");
    talk_expect(&t, "\"_source\":{\"host\":\"h1\"}");
    talk_expect(&t, "\"_source\":{}");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_mget?_source=false",
                       "{\"ids\":[\"000000000000000b\"]}"),
              200);
    talk_expect(&t, "\"found\":true");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_mget", "{}"), 400);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_mget", "{\"docs\":[7]}"), 400);
    talk_expect(&t, "unexpected token [VALUE_NUMBER], expected [START_OBJECT]");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_mget", "{\"docs\":[{\"_id\":\"1\"}]}"), 400);
    talk_expect(&t, "Validation Failed: 1: index is missing for doc 0;");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_mget", "{\"docs\":[{}]}"), 400);
    talk_expect(&t, "Validation Failed: 1: id is missing for doc 0;");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_mget",
                       "{\"docs\":[{\"_id\":\"1\",\"colour\":1}]}"),
              400);
    talk_expect(&t, "unknown parameter [colour]");
    talk_close(&t);
}
