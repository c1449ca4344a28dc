// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

static void act(struct talk *t, const char *actions, int status)
{
    EXPECT_EQ(talk_ask(t, ROLE_ADMIN, "POST /_aliases", actions), status);
}

TEST(api_alias_stands_for_its_indices_in_every_expression)
{
    struct talk t;
    talk_open(&t, 0);
    act(&t,
        "{\"actions\":[{\"add\":{\"indices\":[\"events\",\"devices\"],\"alias\":\"both\"}},"
        "{\"add\":{\"index\":\"events\",\"aliases\":[\"ev\"],\"is_write_index\":true}}]}",
        200);
    EXPECT(talk_is(&t, "{\"acknowledged\":true,\"errors\":false}"));
    EXPECT_EQ(talk_get(&t, "/both/_count"), 200);
    talk_expect(&t, "\"count\":8");
    EXPECT_EQ(talk_get(&t, "/ev/_count"), 200);
    talk_expect(&t, "\"count\":5");
    EXPECT_EQ(talk_get(&t, "/e*,-ev/_count"), 200);
    talk_expect(&t, "\"count\":0");
    EXPECT_EQ(talk_get(&t, "/ev/_doc/000000000000000b"), 200);
    talk_expect(&t, "\"_index\":\"events\"");
    EXPECT_EQ(talk_get(&t, "/both/_mapping"), 200);
    talk_expect(&t, "\"devices\":{\"mappings\"");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_msearch",
                       "{\"index\":\"ev\"}\n{\"size\":0}\n{\"index\":\"both\"}\n{\"size\":0}\n"),
              200);
    talk_expect(&t, "\"value\":5,");
    talk_expect(&t, "\"value\":8,");
    talk_close(&t);
}

TEST(api_alias_is_told_where_indices_are)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /events/_alias/ev",
                       "{\"routing\":\"1\",\"filter\":{\"term\":{\"host\":\"h1\"}}}"),
              200);
    EXPECT_EQ(talk_get(&t, "/_alias/ev"), 200);
    EXPECT(talk_is(&t, "{\"events\":{\"aliases\":{\"ev\":{\"filter\":{\"term\":{\"host\":\"h1\"}},"
                       "\"index_routing\":\"1\",\"search_routing\":\"1\"}}}}"));
    EXPECT_EQ(talk_get(&t, "/devices/_alias"), 200);
    EXPECT(talk_is(&t, "{\"devices\":{\"aliases\":{}}}"));
    EXPECT_EQ(talk_get(&t, "/events"), 200);
    talk_expect(&t, "\"aliases\":{\"ev\":{");
    EXPECT_EQ(talk_get(&t, "/_alias/e*,no"), 404);
    talk_expect(&t, "\"error\":\"alias [no] missing\",\"status\":404,\"events\":{");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "HEAD /_alias/nosuch", NULL), 404);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "HEAD /events/_alias/ev", NULL), 200);
    EXPECT_EQ(talk_get(&t, "/_cat/aliases/ev?v"), 200);
    talk_expect(&t, "ev    events *      1             1              -");
    EXPECT_EQ(talk_get(&t, "/_cluster/state/metadata/events"), 200);
    talk_expect(&t, "\"aliases\":[\"ev\"]");
    EXPECT_EQ(talk_get(&t, "/_resolve/index/ev*"), 200);
    talk_expect(&t, "{\"name\":\"events\",\"aliases\":[\"ev\"],\"attributes\":[\"open\"]}");
    talk_expect(&t, "\"aliases\":[{\"name\":\"ev\",\"indices\":[\"events\"]}]");
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "DELETE /events/_alias/ev", NULL), 200);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "DELETE /events/_alias/ev", NULL), 404);
    talk_expect(&t, "\"type\":\"aliases_not_found_exception\",\"reason\":\"aliases [ev] missing\"");
    talk_close(&t);
}

TEST(api_alias_filter_holds_in_hits_counts_and_aggregations)
{
    struct talk t;
    talk_open(&t, 0);
    act(&t,
        "{\"actions\":[{\"add\":{\"index\":\"events\",\"alias\":\"h1\",\"filter\":{\"term\":{"
        "\"host\":"
        "\"h1\"}}}},{\"add\":{\"index\":\"events\",\"alias\":\"h2\",\"filter\":{\"term\":{\"host\":"
        "\"h2\"}}}},{\"add\":{\"index\":\"events\",\"alias\":\"all\"}}]}",
        200);
    static const char *const counts[][2] = {
        {"/h1/_count", "\"count\":3"},           {"/h2/_count", "\"count\":1"},
        {"/h1,h2/_count", "\"count\":4"},        {"/h1,events/_count", "\"count\":5"},
        {"/h1,all/_count", "\"count\":5"},       {"/h*,devices/_count", "\"count\":7"},
        {"/h1/_search?q=host:h2", "\"value\":0"}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (int again = 0; again < 2; again++) { // answers that are kept are kept apart
            EXPECT_EQ(talk_get(&t, counts[i][0]), 200);
            talk_expect(&t, counts[i][1]);
        }
    }
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /h1/_search",
                       "{\"size\":0,\"query\":{\"match_none\":{}},\"aggs\":{\"g\":{\"global\":{},"
                       "\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"}}}}}}"),
              200);
    talk_expect(&t, "\"g\":{\"doc_count\":3");
    EXPECT(!talk_has(&t, "\"key\":\"h2\""));
    talk_close(&t);
}

// What he may not ask of the index he may not ask of the alias.
TEST(api_alias_filter_is_asked_as_the_caller_may_ask)
{
    struct talk t;
    talk_open(&t, 0);
    static const char role[] =
        "{\"indices\":[{\"names\":[\"events\"],\"privileges\":[\"read\",\"view_index_metadata\"],"
        "\"field_security\":{\"grant\":[\"*\"],\"except\":[\"host\"]}}]}";
    act(&t,
        "{\"actions\":[{\"add\":{\"index\":\"events\",\"alias\":\"h1\",\"filter\":{\"term\":{"
        "\"host\":"
        "\"h1\"}}}},{\"add\":{\"index\":\"devices\",\"alias\":\"mine\"}}]}",
        200);
    EXPECT_EQ(access_role_put(t.access, NULL, slice_text("hostless"), slice_text(role),
                              &(struct access_outcome){0}, NULL),
              OK);
    const struct slice roles[] = {slice_text("hostless")};
    const struct access_user user = {.name = slice_text("ada"),
                                     .password = slice_text("a good long one"),
                                     .roles = roles,
                                     .role_count = 1};
    EXPECT_EQ(access_user_put(t.access, NULL, &user, &(struct access_outcome){0}, NULL), OK);
    static const char ada[] = "Basic YWRhOmEgZ29vZCBsb25nIG9uZQ==";
    t.authorization = ada;
    EXPECT_EQ(talk_get(&t, "/h1/_count"), 200);
    talk_expect(&t, "\"count\":0"); // as for him there is no [host]
    t.authorization = ada;
    EXPECT_EQ(talk_get(&t, "/_alias/h1"), 200);
    EXPECT(talk_is(&t, "{\"events\":{\"aliases\":{\"h1\":{}}}}"));
    t.authorization = ada;
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /h1/_search",
                       "{\"size\":0,\"aggs\":{\"g\":{\"global\":{}}}}"),
              400);
    t.authorization = ada;
    EXPECT_EQ(talk_get(&t, "/mine/_count"), 403); // another's index under a third name
    talk_expect(&t, "on indices [devices]");
    t.authorization = ada;
    EXPECT_EQ(talk_get(&t, "/m*/_count"), 200);
    talk_expect(&t, "\"count\":0");
    talk_close(&t);
}

TEST(api_alias_is_changed_by_administrators_in_known_words)
{
    struct talk t;
    talk_open(&t, 0);
    static const char *const bad[][2] = {
        {"{}", "No action specified"},
        {"{\"actions\":[{\"add\":{\"index\":\"events\"}}]}", "One of [alias] or [aliases]"},
        {"{\"actions\":[{\"add\":{\"index\":\"events\",\"alias\":\"_x\"}}]}", "Invalid alias name"},
        {"{\"actions\":[{\"add\":{\"index\":\"events\",\"alias\":\"devices\"}}]}",
         "an index or data stream exists with the same name"},
        {"{\"actions\":[{\"add\":{\"index\":\"events\",\"alias\":\"x\",\"filter\":{\"no\":{}}}}]}",
         "unknown query [no]"},
        {"{\"actions\":[{\"add\":{\"index\":\"events\",\"alias\":\"x\",\"colour\":1}}]}",
         "unknown field [colour]"},
        {"{\"actions\":[{\"move\":{}}]}", "unknown field [move]"},
        {"{\"actions\":[{\"remove_index\":{\"index\":\"events\"}}]}", "come from the policy"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        act(&t, bad[i][0], 400);
        talk_expect(&t, bad[i][1]);
    }
    act(&t, "{\"actions\":[{\"add\":{\"index\":\"nosuch\",\"alias\":\"x\"}}]}", 404);
    act(&t, "{\"actions\":[{\"remove\":{\"index\":\"events\",\"alias\":\"x\"}}]}", 404);
    act(&t,
        "{\"actions\":[{\"remove\":{\"index\":\"events\",\"alias\":\"x\",\"must_exist\":false}}]}",
        200);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "PUT /events/_alias/x", NULL), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_WRITER, "DELETE /events/_alias/x", NULL), 403);
    EXPECT_EQ(talk_get(&t, "/x/_count"), 404);
    talk_close(&t);
}
