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
