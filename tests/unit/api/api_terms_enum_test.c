// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

static void expect_terms(struct talk *t, const char *body, const char *terms)
{
    EXPECT_EQ(talk_ask(t, ROLE_ANALYST, "POST /events/_terms_enum", body), 200);
    talk_expect(t, terms);
    talk_expect(t, "\"complete\":true");
}

TEST(api_terms_enum_lists_values_by_their_start)
{
    struct talk t;
    talk_open(&t, 0);
    expect_terms(&t, "{\"field\":\"host\"}", "\"terms\":[\"h1\",\"h2\"]");
    expect_terms(&t, "{\"field\":\"host\",\"size\":1}", "\"terms\":[\"h1\"]");
    expect_terms(&t, "{\"field\":\"outcome\",\"string\":\"f\"}", "\"terms\":[\"fail\"]");
    expect_terms(&t, "{\"field\":\"outcome\",\"string\":\"F\"}", "\"terms\":[]");
    expect_terms(&t, "{\"field\":\"outcome\",\"string\":\"F\",\"case_insensitive\":true}",
                 "\"terms\":[\"fail\"]");
    expect_terms(&t, "{\"field\":\"host\",\"index_filter\":{\"term\":{\"outcome\":\"nothing\"}}}",
                 "\"terms\":[]");
    expect_terms(&t, "{\"field\":\"latency\"}", "\"terms\":[]");
    expect_terms(&t, "{\"field\":\"nowhere\",\"string\":\"a\"}", "\"terms\":[]");
    talk_close(&t);
}

TEST(api_terms_enum_refuses_what_is_wrong)
{
    struct talk t;
    talk_open(&t, 0);
    static const char *const bodies[] = {"{}",
                                         "{\"field\":1}",
                                         "{\"field\":\"host\",\"size\":0}",
                                         "{\"field\":\"host\",\"size\":10001}",
                                         "{\"field\":\"host\",\"x\":1}",
                                         "{\"field\":\"host\",\"index_filter\":{\"x\":{}}}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_terms_enum", bodies[i]), 400);
    EXPECT_EQ(talk_ask(&t, ROLE_WRITER, "POST /events/_terms_enum", "{\"field\":\"host\"}"), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /none/_terms_enum", "{\"field\":\"host\"}"), 404);
    talk_close(&t);
}

TEST(api_terms_enum_shows_below_a_floor_what_terms_would)
{
    struct talk t;
    talk_open(&t, 2);
    talk_crowd(&t, 20);
    EXPECT_EQ(
        talk_ask(&t, ROLE_METRICS, "POST /events/_terms_enum", "{\"field\":\"device.model\"}"),
        200);
    talk_expect(&t, "\"terms\":[\"m1\"]");
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /events/_terms_enum",
                       "{\"field\":\"device.model\",\"string\":\"m2\"}"),
              400);
    talk_close(&t);
}

TEST(api_validate_says_whether_a_query_is_one)
{
    struct talk t;
    talk_open(&t, 0);
    static const char line[] = "POST /events/_validate/query?explain=true";
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, line, "{\"query\":{\"term\":{\"host\":\"h1\"}}}"), 200);
    talk_expect(&t, "\"valid\":true}");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, line, "{\"query\":{\"nothing\":{}}}"), 200);
    talk_expect(&t, "\"valid\":false,\"error\":\"parsing_exception: [1:21] unknown query "
                    "[nothing]\"}");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_validate/query",
                       "{\"query\":{\"term\":{\"latency\":\"x\"}}}"),
              200);
    talk_expect(&t, "\"valid\":false}");
    EXPECT_EQ(talk_get(&t, "/events/_validate/query?q=host:h1"), 200);
    talk_expect(&t, "\"valid\":true}");
    EXPECT_EQ(talk_ask(&t, ROLE_WRITER, line, "{}"), 403);
    EXPECT_EQ(talk_get(&t, "/none/_validate/query"), 404);
    talk_close(&t);
}
