// SPDX-License-Identifier: Apache-2.0
#include "api/negotiate.h"
#include "test.h"

static int ask(const char *content_type, const char *accept, bool has_body, struct media *out)
{
    int status = 200;
    enum err e =
        negotiate(slice_text(content_type), slice_text(accept), has_body, out, &status, NULL);
    return e == OK ? 200 : status;
}

static bool replies(const char *accept, const char *want)
{
    struct media m;
    return ask("", accept, false, &m) == 200 && slice_is(m.json_type, want);
}

TEST(negotiate_answers_plain_clients_plainly)
{
    EXPECT(replies("", "application/json"));
    EXPECT(replies("*/*", "application/json"));
    EXPECT(replies("application/json", "application/json"));
    EXPECT(replies("application/json; charset=utf-8", "application/json"));
    EXPECT(replies("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"));
}

TEST(negotiate_mirrors_the_vendor_type)
{
    EXPECT(replies("application/vnd.elasticsearch+json; compatible-with=8",
                   "application/vnd.elasticsearch+json;compatible-with=8"));
    EXPECT(replies("application/vnd.elasticsearch+json;compatible-with=9",
                   "application/vnd.elasticsearch+json;compatible-with=9"));
    EXPECT(replies("Application/Vnd.Elasticsearch+Json ; Compatible-With=7",
                   "application/vnd.elasticsearch+json;compatible-with=7"));
    EXPECT(replies("application/vnd.opensearch+json; compatible-with=7",
                   "application/vnd.opensearch+json;compatible-with=7"));
}

TEST(negotiate_refuses_what_it_does_not_speak)
{
    struct media m;
    EXPECT_EQ(ask("", "text/html", false, &m), 400);
    EXPECT_EQ(ask("", "application/vnd.elasticsearch+json; compatible-with=6", false, &m), 400);
    EXPECT_EQ(ask("", "application/json", true, &m), 406);
    EXPECT_EQ(ask("application/x-www-form-urlencoded", "", true, &m), 406);
    EXPECT_EQ(ask("text/plain", "", true, &m), 406);
    EXPECT_EQ(ask("text/plain", "", false, &m), 200); // no body, no matter
}

TEST(negotiate_tells_ndjson_and_who_wants_json)
{
    struct media m;
    EXPECT_EQ(ask("application/x-ndjson", "", true, &m), 200);
    EXPECT(m.body_is_ndjson && !m.wants_json);
    EXPECT_EQ(ask("application/vnd.elasticsearch+x-ndjson; compatible-with=8", "application/json",
                  true, &m),
              200);
    EXPECT(m.body_is_ndjson && m.wants_json);
    EXPECT_EQ(ask("application/json;charset=UTF-8", "text/plain", true, &m), 200);
    EXPECT(!m.body_is_ndjson && !m.wants_json);
}
