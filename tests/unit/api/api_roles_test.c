// SPDX-License-Identifier: Apache-2.0
#include "keys/crypto.h"
#include "unit/api/talk.h"

#include <stdio.h>

static const char role[] =
    "{\"cluster\":[\"monitor\"],\"indices\":[{\"names\":[\"events\"],\"privileges\":[\"read\"],"
    "\"field_security\":{\"grant\":[\"*\"],\"except\":[\"host\"]},\"query\":{\"term\":{\"outcome\":"
    "\"ok\"}}}]}";

TEST(api_roles_are_made_shown_and_removed_by_who_manages)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "PUT /_security/role/eu", role), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /_security/role/eu", role), 200);
    EXPECT(talk_is(&t, "{\"role\":{\"created\":true}}"));
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "POST /_security/role/eu", role), 200);
    EXPECT(talk_is(&t, "{\"role\":{\"created\":false}}"));
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "GET /_security/role/eu", NULL), 200);
    talk_expect(&t, "\"except\":[\"host\"]");
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "GET /_security/role/nosuch", NULL), 404);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /_security/role/bad", "{\"indices\":7}"), 400);
    talk_expect(&t, "\"type\":\"parse_exception\"");
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /_security/role/admin", role), 400);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "DELETE /_security/role/eu", NULL), 200);
    EXPECT(talk_is(&t, "{\"found\":true}"));
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "DELETE /_security/role/eu", NULL), 404);
    EXPECT(talk_is(&t, "{\"found\":false}"));
    talk_close(&t);
}

TEST(api_roles_refuse_users_that_would_be_nobodys)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /_security/user/eve",
                       "{\"password\":\"short\",\"roles\":[\"metrics\"]}"),
              400);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /_security/user/eve",
                       "{\"password\":\"passwordpassword\",\"roles\":[\"metrics\"]}"),
              400);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /_security/user/eve",
                       "{\"password\":\"a good long one\",\"roles\":[\"nosuch\"]}"),
              400);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "GET /_security/user/eve", NULL), 404);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "GET /_security/user", NULL), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "GET /_security/user/metrics", NULL), 200);
    talk_expect(&t, "\"metrics\":{\"username\":\"metrics\",\"roles\":[\"metrics\"]");
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "DELETE /_security/user/admin", NULL), 400);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "DELETE /_security/user/metrics", NULL), 200);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "GET /_security/_authenticate", NULL), 401);
    talk_close(&t);
}

TEST(api_roles_say_what_the_caller_has)
{
    struct talk t;
    talk_open(&t, 0);
    static const char asked[] =
        "{\"cluster\":[\"monitor\",\"manage_security\"],\"index\":[{\"names\":[\"events\"],"
        "\"privileges\":[\"read\",\"write\",\"nosuch\"]}]}";
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_security/user/_has_privileges", asked), 200);
    EXPECT(talk_is(&t,
                   "{\"username\":\"analyst\",\"cluster\":{\"monitor\":true,\"manage_security\":"
                   "false},\"index\":{\"events\":{\"read\":true,\"write\":false,\"nosuch\":false}},"
                   "\"application\":{},\"has_all_requested\":false}"));
    talk_close(&t);
}

// Of the analyst, of rows that were ok and without their host.
static void narrow_key(struct talk *t, char *out, size_t size)
{
    const struct principal analyst = {.name = "analyst", .roles = 1u << ROLE_ANALYST};
    const struct key_wish wish = {
        .name = slice_text("narrow"),
        .roles = analyst.roles,
        .limit =
            "[{\"indices\":[{\"names\":[\"events\"],\"privileges\":[\"read\"],\"field_security\":"
            "{\"grant\":[\"*\"],\"except\":[\"host\"]},\"query\":{\"term\":{\"outcome\":\"ok\"}}}]}"
            "]"};
    struct api_key k;
    EXPECT_EQ(access_key_make(t->access, &analyst, &wish, &k, NULL), OK);
    char pair[96];
    int len = snprintf(pair, sizeof pair, "%s:%s", k.id, k.secret);
    struct buf b AUTO(buf_donep) = buf_init(160);
    base64url_print(slice_of(pair, (size_t)len), &b);
    snprintf(out, size, "ApiKey %.*s", SLICE_PRINT(buf_slice(&b)));
}

static int narrow_get(struct talk *t, const char *key, const char *line)
{
    t->authorization = key;
    return talk_ask(t, ROLE_ANALYST, line, NULL);
}

// Two keys, one question: what is kept for one must not reach the other.
TEST(api_roles_never_share_an_answer)
{
    struct talk t;
    talk_open(&t, 0);
    static const char question[] = "{\"size\":0,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"}}}}";
    static char key[256];
    narrow_key(&t, key, sizeof key);
    for (int i = 0; i < 3; i++) {
        t.authorization = NULL;
        EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_search", question), 200);
        talk_expect(&t, "\"total\":{\"value\":5,");
        talk_expect(&t, "\"key\":\"h1\"");
        t.authorization = key;
        EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_search", question), 200);
        talk_expect(&t, "\"total\":{\"value\":3,");
        EXPECT(!talk_has(&t, "h1"));
    }
    EXPECT_EQ(narrow_get(&t, key, "GET /events/_mapping"), 200);
    EXPECT(!talk_has(&t, "\"host\""));
    EXPECT_EQ(narrow_get(&t, key, "GET /_field_caps?fields=*"), 200);
    EXPECT(!talk_has(&t, "\"host\""));
    EXPECT_EQ(narrow_get(&t, key, "GET /devices/_search?size=0"), 403);
    EXPECT_EQ(narrow_get(&t, key, "GET /_tamis/metrics/failed"), 404);
    EXPECT_EQ(narrow_get(&t, key, "GET /events/_doc/000000000000000b"), 200);
    EXPECT(!talk_has(&t, "h1"));
    EXPECT_EQ(narrow_get(&t, key, "GET /events/_doc/000000000000000c"), 404);
    talk_close(&t);
}
