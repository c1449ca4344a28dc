// SPDX-License-Identifier: Apache-2.0
#include "api/api.h"
#include "unit/api/talk.h"

TEST(api_without_credentials_answers_only_the_probes)
{
    struct talk t;
    talk_open(&t, 0);
    static const char *const lines[] = {
        "GET /",         "GET /_search",  "GET /nosuch",   "GET /_foo",      "GET /_tamis/status",
        "POST /healthz", "GET /healthz/", "GET //healthz", "GET /%68ealthz", "HEAD /events"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        t.authorization = "";
        EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, lines[i], NULL), 401);
        EXPECT(t.reply.authenticate.len > 0);
    }
    t.authorization = "";
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "GET /healthz", NULL), 200);
    EXPECT(talk_is(&t, "{\"ok\":true}"));
    talk_close(&t);
}

TEST(api_says_what_is_missing_in_elasticsearchs_shape)
{
    struct talk t;
    talk_open(&t, 0);
    t.authorization = "";
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "GET /", NULL), 401);
    EXPECT(talk_is(&t, "{\"error\":{\"root_cause\":[{\"type\":\"security_exception\",\"reason\":"
                       "\"missing authentication credentials\"}],\"type\":\"security_exception\","
                       "\"reason\":\"missing authentication credentials\"},\"status\":401}"));
    talk_close(&t);
}

TEST(api_slows_who_guesses)
{
    struct talk t;
    talk_open(&t, 0);
    for (int i = 0; i < 3; i++) {
        t.authorization = "ApiKey d3Jvbmc6a2V5";
        EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "GET /", NULL), 401);
    }
    t.authorization = "ApiKey d3Jvbmc6a2V5";
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "GET /", NULL), 429);
    EXPECT(t.reply.retry_after_s > 0 && t.reply.retry_after_s <= 15);
    EXPECT_EQ(talk_get(&t, "/"), 200); // a right key is let in
    talk_close(&t);
}

TEST(api_readiness_follows_the_copy)
{
    struct talk t;
    talk_open(&t, 0);
    t.authorization = "";
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "GET /readyz", NULL), 200);
    t.is_ready = false;
    t.authorization = "";
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "GET /readyz", NULL), 503);
    EXPECT(talk_is(&t, "{\"ok\":false}"));
    talk_close(&t);
}

TEST(api_unknown_path_and_wrong_method_have_string_errors)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_foo"), 400);
    EXPECT(talk_is(&t, "{\"error\":\"no handler found for uri [/_foo] and method [GET]\"}"));
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "DELETE /_search", NULL), 405);
    EXPECT(talk_is(&t, "{\"error\":\"Incorrect HTTP method for uri [/_search] and method [DELETE],"
                       " allowed: [GET, HEAD, POST]\",\"status\":405}"));
    talk_close(&t);
}

TEST(api_wants_a_content_type_with_a_body)
{
    struct talk t;
    talk_open(&t, 0);
    t.content_type = "application/x-www-form-urlencoded";
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_search", "{}"), 406);
    EXPECT(talk_is(&t, "{\"error\":\"Content-Type header [application/x-www-form-urlencoded] is "
                       "not supported\",\"status\":406}"));
    t.content_type = "application/vnd.elasticsearch+json; compatible-with=8";
    t.accept = "application/vnd.elasticsearch+json; compatible-with=8";
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_search", "{}"), 200);
    EXPECT(slice_is(t.reply.content_type, "application/vnd.elasticsearch+json;compatible-with=8"));
    talk_close(&t);
}

TEST(api_prints_prettily_on_wish_and_filters_errors_too)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/?pretty&filter_path=tagline"), 200);
    EXPECT(talk_is(&t, "{\n  \"tagline\" : \"You Know, for Search\"\n}\n"));
    EXPECT_EQ(talk_get(&t, "/nosuch/_search?filter_path=error.type,status"), 404);
    EXPECT(talk_is(&t, "{\"error\":{\"type\":\"index_not_found_exception\"},\"status\":404}"));
    EXPECT_EQ(talk_get(&t, "/?pretty=x"), 400);
    talk_close(&t);
}

TEST(api_other_methods_are_told_which_are_allowed)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "DELETE /_search", NULL), 405);
    EXPECT(slice_is(t.reply.allow, "GET, HEAD, POST"));
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "OPTIONS /events/_search", NULL), 200);
    EXPECT(slice_is(t.reply.allow, "GET, HEAD, POST"));
    EXPECT_EQ(t.reply.body.len, 0);
    EXPECT_EQ(talk_get(&t, "/_search"), 200);
    EXPECT_EQ(t.reply.allow.len, 0);
    talk_close(&t);
}

TEST(api_numbers_of_statistics_are_told_for_people_on_wish)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_stats?human&filter_path=_all.total.store.size"), 200);
    EXPECT(talk_is(&t, "{\"_all\":{\"total\":{\"store\":{\"size\":\"0b\"}}}}"));
    EXPECT_EQ(talk_get(&t, "/_stats?human=false"), 200);
    EXPECT(!talk_has(&t, "\"size\":"));
    EXPECT_EQ(talk_get(&t, "/_search?human"), 200);
    talk_close(&t);
}
