// SPDX-License-Identifier: Apache-2.0
#include "access/approval.h"
#include "unit/api/talk.h"

TEST(api_approvals_tell_what_waits_and_let_no_key_decide)
{
    struct talk t;
    talk_open(&t, 0);
    const struct access_rule rule = {.begin_ms = 1};
    access_set_rule(t.access, &rule);
    access_entered(t.access);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "GET /_tamis/approvals", NULL), 200);
    EXPECT(talk_is(&t, "{\"approvals\":[]}"));
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /_security/user/metrics",
                       "{\"roles\":[\"metrics\",\"analyst\"]}"),
              202);
    talk_expect(&t, "\"created\":false,\"approval\":{\"id\":1,\"state\":\"waits\"");
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "GET /_tamis/approvals", NULL), 200);
    talk_expect(&t, "\"change\":\"roles: metrics -> metrics, analyst\",\"proposed_by\":\"admin\"");
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "POST /_tamis/approvals/1", NULL), 403);
    talk_expect(&t, "an API key decides nothing");
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "POST /_tamis/approvals/one", NULL), 400);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "GET /_tamis/approvals", NULL), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /_security/user/metrics/_disable", NULL), 200);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /_security/user/admin/_disable", NULL), 400);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /_security/user/nosuch/_enable", NULL), 404);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "PUT /_security/user/_password",
                       "{\"password\":\"another good long one\"}"),
              403);
    talk_close(&t);
}
