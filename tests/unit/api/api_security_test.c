// SPDX-License-Identifier: Apache-2.0
#include "access/access_private.h"
#include "api/api.h"
#include "unit/api/talk.h"

#include <stdio.h>

// Keys are made with a password only, so one of these tests pays an Argon2id.
static void as_user(struct talk *t, char out[128])
{
    struct slice name = slice_text("maria");
    EXPECT_EQ(access_user_add(t->access, name, slice_text("long enough one"),
                              1U << ROLE_ANALYST | 1U << ROLE_METRICS, NULL),
              OK);
    struct buf b = buf_init(128);
    buf_text(&b, "Basic ");
    base64url_print(slice_text("maria:long enough one"), &b);
    snprintf(out, 128, "%.*s", SLICE_PRINT(buf_slice(&b)));
    buf_done(&b);
}

static int ask(struct talk *t, const char *authorization, const char *line, const char *body)
{
    t->authorization = authorization;
    return talk_ask(t, ROLE_ANALYST, line, body);
}

static void take_encoded(const struct talk *t, char out[256])
{
    const char *at = strstr(t->text, "\"encoded\":\"");
    EXPECT(at);
    at += strlen("\"encoded\":\"");
    snprintf(out, 256, "ApiKey %.*s", (int)strcspn(at, "\""), at);
}

TEST(api_security_a_user_makes_a_narrow_key_and_ends_it)
{
    struct talk t;
    talk_open(&t, 0);
    char user[128];
    char key[256];
    as_user(&t, user);
    EXPECT_EQ(ask(&t, user, "POST /_security/api_key",
                  "{\"name\":\"grafana\",\"expiration\":\"1d\",\"role_descriptors\":{\"metrics\":{"
                  "\"indices\":[{\"names\":[\"ev*\",\"calls\"]}]}}}"),
              200);
    take_encoded(&t, key);
    EXPECT_EQ(ask(&t, key, "GET /_security/_authenticate", NULL), 200);
    talk_expect(&t, "{\"username\":\"maria\",\"roles\":[\"metrics\"]");
    talk_expect(&t, "\"authentication_type\":\"api_key\"");
    EXPECT_EQ(ask(&t, key, "GET /_cat/indices?h=index&s=index", NULL), 200);
    EXPECT(talk_is(&t, "calls\nevents\n"));
    EXPECT_EQ(ask(&t, key, "GET /devices/_search?size=0", NULL), 403);
    EXPECT_EQ(ask(&t, key, "GET /events/_search?size=1", NULL), 403);
    EXPECT_EQ(ask(&t, key, "GET /events/_search?size=0", NULL), 200);
    EXPECT_EQ(ask(&t, key, "POST /_security/api_key", "{\"name\":\"more\"}"), 403);
    EXPECT_EQ(ask(&t, user, "GET /_security/api_key?name=grafana", NULL), 200);
    const char *id = strstr(t.text, "\"id\":\"");
    EXPECT(id);
    char body[128];
    snprintf(body, sizeof body, "{\"ids\":[\"%.20s\"]}", id + 6);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "DELETE /_security/api_key", body), 404); // not hers
    EXPECT_EQ(ask(&t, user, "DELETE /_security/api_key", body), 200);
    EXPECT_EQ(ask(&t, key, "GET /", NULL), 401);
    talk_close(&t);
}

TEST(api_security_refuses_wishes_it_does_not_understand)
{
    struct talk t;
    talk_open(&t, 0);
    char user[128];
    as_user(&t, user);
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"name\":7}",
        "{\"name\":\"x\",\"foo\":1}",
        "{\"name\":\"x\",\"expiration\":\"soon\"}",
        "{\"name\":\"x\",\"role_descriptors\":[]}",
        "{\"name\":\"x\",\"role_descriptors\":{\"superuser\":{}}}",
        "{\"name\":\"x\",\"role_descriptors\":{\"metrics\":{\"cluster\":[\"all\"]}}}",
        "{\"name\":\"x\",\"role_descriptors\":{\"metrics\":{\"indices\":[]}}}",
        "{\"name\":\"x\",\"role_descriptors\":{\"metrics\":{\"indices\":[{\"names\":[\"a b\"]}]}}}",
        "{\"name\":\"x\",\"role_descriptors\":{\"metrics\":{\"indices\":[{\"x\":[\"a\"]}]}}}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_EQ(ask(&t, user, "POST /_security/api_key", bad[i]), 400);
    EXPECT_EQ(ask(&t, user, "POST /_security/api_key",
                  "{\"name\":\"x\",\"role_descriptors\":{\"admin\":{}}}"),
              403);
    EXPECT_EQ(ask(&t, user, "POST /_security/api_key", NULL), 400);
    EXPECT_EQ(ask(&t, user, "DELETE /_security/api_key", "{}"), 400);
    talk_close(&t);
}

TEST(api_security_shows_keys_to_their_owner_and_to_the_manager)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_security/api_key"), 200);
    talk_expect(&t, t.key_ids[ROLE_ANALYST]);
    EXPECT(!talk_has(&t, t.key_ids[ROLE_ADMIN]));
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "GET /_security/api_key", NULL), 200);
    talk_expect(&t, t.key_ids[ROLE_ANALYST]);
    talk_expect(&t, t.key_ids[ROLE_METRICS]);
    EXPECT(!talk_has(&t, "api_key\":\"")); // no secret
    EXPECT_EQ(talk_get(&t, "/_security/api_key?id=none"), 404);
    talk_close(&t);
}

static void make_keys(struct talk *t, const char *user)
{
    static const char *const bodies[] = {"{\"name\":\"log-a\",\"metadata\":{\"team\":\"blue\"}}",
                                         "{\"name\":\"log-b\",\"expiration\":\"1d\"}",
                                         "{\"name\":\"other\",\"metadata\":{\"team\":\"red\"}}"};
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(ask(t, user, "POST /_security/api_key", bodies[i]), 200);
}

TEST(api_security_lists_keys_by_patterns_and_owner)
{
    struct talk t;
    talk_open(&t, 0);
    char user[128];
    as_user(&t, user);
    make_keys(&t, user);
    EXPECT_EQ(ask(&t, user, "GET /_security/api_key?name=log-*&active_only=true", NULL), 200);
    talk_expect(&t, "\"name\":\"log-a\"");
    talk_expect(&t, "\"name\":\"log-b\"");
    EXPECT(strstr(t.text, "\"other\"") == NULL);
    EXPECT_EQ(ask(&t, user, "GET /_security/api_key?owner=true&with_limited_by=true", NULL), 200);
    talk_expect(&t, "\"limited_by_roles\":[\"analyst\",\"metrics\"]");
    EXPECT_EQ(ask(&t, user, "GET /_security/api_key?realm_name=elsewhere", NULL), 200);
    EXPECT(talk_is(&t, "{\"api_keys\":[]}"));
    EXPECT_EQ(ask(&t, user, "GET /_security/api_key?owner=true&username=maria", NULL), 400);
    EXPECT_EQ(ask(&t, user, "GET /_security/api_key?owner=perhaps", NULL), 400);
    EXPECT_EQ(ask(&t, user, "GET /_security/api_key?id=nosuch", NULL), 404);
    // Somebody else sees none of them.
    t.authorization = NULL;
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "GET /_security/api_key?name=log-*", NULL), 200);
    EXPECT(talk_is(&t, "{\"api_keys\":[]}"));
    talk_close(&t);
}

static const struct {
    const char *query;
    int total;
} asked_keys[] = {
    {"{\"match_all\":{}}", 3},
    {"{\"term\":{\"name\":\"log-a\"}}", 1},
    {"{\"term\":{\"name\":{\"value\":\"log-a\"}}}", 1},
    {"{\"match\":{\"name\":{\"query\":\"log-b\"}}}", 1},
    {"{\"terms\":{\"name\":[\"log-a\",\"other\",\"none\"]}}", 2},
    {"{\"prefix\":{\"name\":\"log-\"}}", 2},
    {"{\"wildcard\":{\"name\":{\"value\":\"*o*\"}}}", 3},
    {"{\"exists\":{\"field\":\"expiration\"}}", 1},
    {"{\"term\":{\"metadata.team\":\"red\"}}", 1},
    {"{\"term\":{\"invalidated\":false}}", 3},
    {"{\"term\":{\"invalidated\":true}}", 0},
    {"{\"range\":{\"creation\":{\"lte\":\"now\",\"gt\":0}}}", 3},
    {"{\"range\":{\"expiration\":{\"gt\":\"now\"}}}", 1},
    {"{\"ids\":{\"values\":[\"none\"]}}", 0},
    {"{\"bool\":{\"must\":[{\"prefix\":{\"name\":\"log\"}}],\"must_not\":{\"exists\":{"
     "\"field\":"
     "\"expiration\"}}}}",
     1},
    {"{\"bool\":{\"should\":[{\"term\":{\"name\":\"other\"}},{\"term\":{\"name\":\"log-b\"}}]}"
     "}",
     2},
    {"{\"bool\":{\"filter\":{\"term\":{\"username\":\"maria\"}},\"should\":{\"term\":{\"name\":"
     "\"other\"}}}}",
     3},
};

static const char *const bad_queries[] = {
    "{\"query\":{\"term\":{\"password\":\"x\"}}}",
    "{\"query\":{\"fuzzy\":{\"name\":\"x\"}}}",
    "{\"query\":{\"term\":{}}}",
    "{\"query\":{\"bool\":{\"perhaps\":{\"match_all\":{}}}}}",
    "{\"query\":{\"range\":{\"creation\":{\"near\":1}}}}",
    "{\"size\":-1}",
    "{\"from\":\"x\"}",
    "{\"aggs\":{}}",
    "{\"sort\":[\"name\",\"id\"]}",
    "{\"query\":{\"bool\":{\"must\":{\"bool\":{\"must\":{\"bool\":{\"must\":{\"bool\":{"
    "\"must\":{"
    "\"bool\":{\"must\":{\"bool\":{\"must\":{\"bool\":{\"must\":{\"bool\":{\"must\":{\"bool\":{"
    "\"must\":{\"match_all\":{}}}}}}}}}}}}}}}}}}}}}",
};

TEST(api_security_asks_for_keys_by_a_query)
{
    struct talk t;
    char user[128];
    talk_open(&t, 0);
    as_user(&t, user);
    make_keys(&t, user);
    for (size_t i = 0; i < sizeof asked_keys / sizeof *asked_keys; i++) {
        char body[512];
        char want[64];
        snprintf(body, sizeof body, "{\"query\":%s}", asked_keys[i].query);
        snprintf(want, sizeof want, "{\"total\":%d,\"count\":%d,", asked_keys[i].total,
                 asked_keys[i].total);
        EXPECT_EQ(ask(&t, user, "POST /_security/_query/api_key", body), 200);
        if (!strstr(t.text, want))
            test_fail(__FILE__, __LINE__, "%s: %s", body, t.text);
    }
    for (size_t i = 0; i < sizeof bad_queries / sizeof *bad_queries; i++) {
        int status = ask(&t, user, "POST /_security/_query/api_key", bad_queries[i]);
        if (status != 400)
            test_fail(__FILE__, __LINE__, "%s: %d", bad_queries[i], status);
    }
    EXPECT_EQ(ask(&t, user, "GET /_security/_query/api_key",
                  "{\"sort\":[{\"name\":{\"order\":\"desc\"}}],\"from\":1,\"size\":1}"),
              200);
    talk_expect(&t, "{\"total\":3,\"count\":1,\"api_keys\":[{");
    talk_expect(&t, "\"name\":\"log-b\"");
    EXPECT_EQ(ask(&t, user, "GET /_security/_query/api_key", NULL), 200);
    talk_expect(&t, "{\"total\":3,\"count\":3,");
    talk_close(&t);
}

TEST(api_security_changes_a_key_to_less_only)
{
    struct talk t;
    char user[128];
    char line[64];
    talk_open(&t, 0);
    as_user(&t, user);
    EXPECT_EQ(ask(&t, user, "POST /_security/api_key", "{\"name\":\"k\",\"expiration\":\"2d\"}"),
              200);
    const char *id = strstr(t.text, "\"id\":\"");
    EXPECT(id);
    snprintf(line, sizeof line, "PUT /_security/api_key/%.20s", id + 6);
    EXPECT_EQ(ask(&t, user, line, "{}"), 200);
    EXPECT(talk_is(&t, "{\"updated\":false}"));
    EXPECT_EQ(ask(&t, user, line, "{\"metadata\":{\"a\":\"b\"},\"expiration\":\"1d\"}"), 200);
    EXPECT(talk_is(&t, "{\"updated\":true}"));
    EXPECT_EQ(ask(&t, user, line, "{\"expiration\":\"9d\"}"), 400);
    talk_expect(&t, "an API key only narrows");
    EXPECT_EQ(
        ask(&t, user, line,
            "{\"role_descriptors\":{\"r\":{\"indices\":[{\"names\":[\"log-*\"],\"privileges\":"
            "[\"read\"]}]}}}"),
        200);
    EXPECT_EQ(
        ask(&t, user, line,
            "{\"role_descriptors\":{\"r\":{\"indices\":[{\"names\":[\"log-a\"],\"privileges\":"
            "[\"read\"]}]}}}"),
        200);
    EXPECT_EQ(
        ask(&t, user, line,
            "{\"role_descriptors\":{\"r\":{\"indices\":[{\"names\":[\"log-*\"],\"privileges\":"
            "[\"read\"]}]}}}"),
        400);
    EXPECT_EQ(ask(&t, user, line, "{\"role_descriptors\":{\"analyst\":{}}}"), 400);
    EXPECT_EQ(ask(&t, user, line, "{\"name\":\"other\"}"), 400);
    t.authorization = NULL;
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, line, "{}"), 403); // a key
    EXPECT_EQ(ask(&t, user, "PUT /_security/api_key/nosuch", "{}"), 404);
    EXPECT_EQ(ask(&t, user, "DELETE /_security/api_key", "{\"owner\":true}"), 200);
    EXPECT_EQ(ask(&t, user, line, "{}"), 400);
    talk_expect(&t, "it has ended");
    talk_close(&t);
}

TEST(api_security_tells_all_roles_and_privileges_of_who_asks)
{
    struct talk t;
    char user[128];
    talk_open(&t, 0);
    as_user(&t, user);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /_security/role/eu",
                       "{\"indices\":[{\"names\":[\"log-*\"],\"privileges\":[\"read\"],\"query\":{"
                       "\"term\":{\"region\":\"eu\"}}}]}"),
              200);
    EXPECT_EQ(
        talk_ask(&t, ROLE_ADMIN, "PUT /_security/user/maria", "{\"roles\":[\"metrics\",\"eu\"]}"),
        200);
    EXPECT_EQ(ask(&t, user, "GET /_security/_authenticate", NULL), 200);
    talk_expect(&t, "\"roles\":[\"eu\",\"metrics\"]");
    EXPECT_EQ(ask(&t, user, "GET /_security/user/_privileges", NULL), 200);
    talk_expect(&t, "{\"cluster\":[\"monitor\",\"manage_own_api_key\"],\"global\":[],"
                    "\"applications\":[],\"run_as\":[],\"indices\":[{\"names\":[\"*\"],"
                    "\"privileges\":[\"aggregate\"],\"allow_restricted_indices\":false},");
    talk_expect(&t, "{\"names\":[\"log-*\"],\"privileges\":[\"read\"],\"query\":[");
    EXPECT_EQ(
        ask(&t, user, "POST /_security/user/_has_privileges",
            "{\"index\":[{\"names\":[\"log-*\",\"log-a*\",\"lo*\"],\"privileges\":[\"read\"]},{"
            "\"names\":\"*\",\"privileges\":[\"aggregate\",\"write\"]}]}"),
        200);
    talk_expect(&t,
                "\"index\":{\"log-*\":{\"read\":true},\"log-a*\":{\"read\":true},\"lo*\":{\"read\":"
                "false},\"*\":{\"aggregate\":true,\"write\":false}}");
    talk_close(&t);
}
