// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

static void ask(struct talk *t, const char *line, const char *body, int status, const char *words)
{
    EXPECT_EQ(talk_ask(t, ROLE_WRITER, line, body), status);
    talk_expect(t, words);
}

TEST(api_index_of_the_policy_exists_and_no_other_is_made)
{
    struct talk t;
    talk_open(&t, 0);
    ask(&t, "PUT /events", "{}", 400, "\"type\":\"resource_already_exists_exception\"");
    ask(&t, "PUT /new", "{\"mappings\":{}}", 400, "index [new] is not in the policy");
    ask(&t, "DELETE /events", NULL, 400, "index [events] is mirrored from source [fleet]");
    ask(&t, "DELETE /ev*", NULL, 400, "Wildcard expressions or all indices are not allowed");
    ask(&t, "DELETE /_all", NULL, 400, "Wildcard expressions or all indices are not allowed");
    ask(&t, "DELETE /nosuch", NULL, 404, "no such index [nosuch]");
    ask(&t, "DELETE /nosuch?ignore_unavailable=true", NULL, 200, "{\"acknowledged\":true}");
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /events/_alias/ev", NULL), 200);
    ask(&t, "DELETE /ev", NULL, 400, "[ev] matches an alias");
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "DELETE /events", NULL), 403);
    ask(&t, "POST /events/_open", NULL, 200,
        "{\"acknowledged\":true,\"shards_acknowledged\":true}");
    ask(&t, "POST /nosuch/_open", NULL, 404, "no such index [nosuch]");
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "POST /events/_close", NULL), 400);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "POST /events/_rollover", NULL), 400);
    talk_close(&t);
}

TEST(api_index_settings_that_change_nothing_are_taken)
{
    struct talk t;
    talk_open(&t, 0);
    static const char *const good[] = {
        "{\"index\":{\"refresh_interval\":\"-1\",\"translog\":{\"durability\":\"async\"}}}",
        "{\"settings\":{\"index\":{\"number_of_replicas\":1}}}",
        "{\"index.refresh_interval\":\"1s\"}", "{\"number_of_replicas\":0}", "{}"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ask(&t, "PUT /events/_settings", good[i], 200, "{\"acknowledged\":true}");
    ask(&t, "PUT /events/_settings", "{\"index\":{\"blocks\":{\"read_only\":true}}}", 400,
        "setting [index.blocks.read_only] cannot be changed here");
    ask(&t, "PUT /events/_settings", "{\"max_result_window\":20000}", 400, "[max_result_window]");
    ask(&t, "PUT /nosuch/_settings", "{}", 404, "no such index [nosuch]");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "PUT /events/_settings", "{}"), 403);
    talk_close(&t);
}

TEST(api_index_mapping_that_is_so_already_is_acknowledged)
{
    struct talk t;
    talk_open(&t, 0);
    ask(&t, "PUT /events/_mapping",
        "{\"properties\":{\"host\":{\"type\":\"keyword\"},\"device\":{\"properties\":{\"model\":{"
        "\"type\":\"keyword\"}}}}}",
        200, "{\"acknowledged\":true}");
    ask(&t, "PUT /events/_mapping", "{\"properties\":{\"host\":{\"type\":\"long\"}}}", 400,
        "mapper [host] cannot be changed from type [keyword] to [long]");
    ask(&t, "POST /events/_mapping", "{\"properties\":{\"colour\":{\"type\":\"keyword\"}}}", 400,
        "field [colour] of index [events] is not in the policy");
    ask(&t, "PUT /events/_mapping", NULL, 400, "request body is required");
    talk_close(&t);
}

TEST(api_analyze_leaves_a_value_whole)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(
        talk_ask(
            &t, ROLE_ANALYST, "POST /_analyze",
            "{\"analyzer\":\"keyword\",\"text\":[\"Two words\",\"\xc3\xa4\xf0\x9f\x98\x80\"]}"),
        200);
    EXPECT(talk_is(&t,
                   "{\"tokens\":[{\"token\":\"Two words\",\"start_offset\":0,\"end_offset\":9,"
                   "\"type\":\"word\",\"position\":0},{\"token\":\"\xc3\xa4\xf0\x9f\x98\x80\","
                   "\"start_offset\":10,\"end_offset\":13,\"type\":\"word\",\"position\":101}]}"));
    EXPECT_EQ(
        talk_ask(&t, ROLE_ANALYST, "POST /events/_analyze", "{\"field\":\"host\",\"text\":\"a\"}"),
        200);
    EXPECT_EQ(
        talk_ask(&t, ROLE_ANALYST, "POST /_analyze", "{\"analyzer\":\"standard\",\"text\":\"a\"}"),
        400);
    talk_expect(&t, "a value is one token here");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_analyze", "{\"analyzer\":\"keyword\"}"), 400);
    talk_close(&t);
}
