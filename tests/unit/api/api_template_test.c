// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

static void put(struct talk *t, const char *line, const char *body, int status)
{
    EXPECT_EQ(talk_ask(t, ROLE_WRITER, line, body), status);
}

TEST(api_template_is_kept_and_given_back)
{
    struct talk t;
    talk_open(&t, 0);
    put(&t, "PUT /_index_template/logs",
        "{\"index_patterns\":\"logs-*\",\"priority\":5,\"template\":{\"settings\":{\"a\":1}}}",
        200);
    EXPECT(talk_is(&t, "{\"acknowledged\":true}"));
    EXPECT_EQ(talk_get(&t, "/_index_template/lo*"), 200);
    EXPECT(talk_is(&t, "{\"index_templates\":[{\"name\":\"logs\",\"index_template\":{"
                       "\"index_patterns\":[\"logs-*\"],\"priority\":5,\"template\":{\"settings\":"
                       "{\"a\":1}},\"composed_of\":[]}}]}"));
    EXPECT_EQ(talk_ask(&t, ROLE_WRITER, "HEAD /_index_template/logs", NULL), 200);
    EXPECT_EQ(talk_ask(&t, ROLE_WRITER, "HEAD /_index_template/none", NULL), 404);
    EXPECT_EQ(talk_get(&t, "/_index_template/none"), 404);
    talk_expect(&t,
                "\"type\":\"resource_not_found_exception\",\"reason\":\"index template matching "
                "[none] not found\"");
    EXPECT_EQ(talk_get(&t, "/_index_template/none*"), 200);
    put(&t, "PUT /_index_template/logs?create=true", "{\"index_patterns\":[\"x\"]}", 400);
    EXPECT_EQ(talk_get(&t, "/_cat/templates?v"), 200);
    talk_expect(&t, "logs [logs-*]       5             []");
    put(&t, "DELETE /_index_template/logs", NULL, 200);
    put(&t, "DELETE /_index_template/logs", NULL, 404);
    talk_expect(&t, "index_template_missing_exception");
    talk_close(&t);
}

TEST(api_template_has_four_kinds_with_names_of_their_own)
{
    struct talk t;
    talk_open(&t, 0);
    put(&t, "PUT /_component_template/x", "{\"template\":{}}", 200);
    EXPECT_EQ(talk_get(&t, "/_component_template"), 200);
    EXPECT(talk_is(&t, "{\"component_templates\":[{\"name\":\"x\",\"component_template\":{"
                       "\"template\":{}}}]}"));
    put(&t, "PUT /_template/x", "{\"index_patterns\":[\"x-*\"],\"order\":1}", 200);
    EXPECT_EQ(talk_get(&t, "/_template/x"), 200);
    EXPECT(talk_is(&t, "{\"x\":{\"index_patterns\":[\"x-*\"],\"order\":1}}"));
    EXPECT_EQ(talk_get(&t, "/_template/y"), 404);
    EXPECT(talk_is(&t, "{}"));
    put(&t, "PUT /_ilm/policy/x", "{\"policy\":{\"phases\":{}}}", 200);
    EXPECT_EQ(talk_get(&t, "/_ilm/policy/x"), 200);
    EXPECT(talk_is(&t, "{\"x\":{\"version\":1,\"policy\":{\"phases\":{}}}}"));
    EXPECT_EQ(talk_get(&t, "/_ilm/policy/y"), 404);
    EXPECT_EQ(talk_get(&t, "/_index_template/x"), 404);
    EXPECT_EQ(talk_get(&t, "/_ilm/status"), 200);
    EXPECT_EQ(talk_get(&t, "/events/_ilm/explain"), 200);
    EXPECT(talk_is(&t, "{\"indices\":{\"events\":{\"index\":\"events\",\"managed\":false}}}"));
    EXPECT_EQ(talk_get(&t, "/_data_stream"), 200);
    EXPECT_EQ(talk_get(&t, "/_data_stream/x"), 404);
    EXPECT_EQ(talk_get(&t, "/_ingest/pipeline"), 200);
    EXPECT_EQ(talk_get(&t, "/_ingest/pipeline/x"), 404);
    put(&t, "PUT /_ingest/pipeline/x", "{\"processors\":[]}", 400);
    talk_close(&t);
}

TEST(api_template_with_what_is_none_is_refused)
{
    struct talk t;
    talk_open(&t, 0);
    static const char *const bad[][3] = {
        {"PUT /_index_template/x", "{}", "[index_patterns] is missing"},
        {"PUT /_index_template/x", "{\"index_patterns\":[\"a\"],\"colour\":1}",
         "[index_template] unknown field [colour]"},
        {"PUT /_index_template/_x", "{\"index_patterns\":[\"a\"]}", "name [_x] must not"},
        {"PUT /_index_template/x", NULL, "request body is required"},
        {"PUT /_template/x",
         "{\"index_patterns\":[\"a\"],\"aliases\":{\"b\":{\"c\":"
         "\"anna@example.org\"}}}",
         "policy_exception\",\"reason\":\"the body holds what looks like: e-mail address"},
        {"PUT /_component_template/x", "{\"template\":{\"anna@example.org\":1}}",
         "looks like: e-mail address"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put(&t, bad[i][0], bad[i][1], 400);
        talk_expect(&t, bad[i][2]);
        EXPECT(!talk_has(&t, "anna"));
    }
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "PUT /_index_template/x", "{\"index_patterns\":[\"a\"]}"),
              403);
    EXPECT_EQ(talk_get(&t, "/_index_template"), 200);
    EXPECT(talk_is(&t, "{\"index_templates\":[]}"));
    talk_close(&t);
}
