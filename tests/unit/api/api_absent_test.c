// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

TEST(api_absent_is_refused_to_who_may_not_even_ask)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "PUT /events/_doc/1", "{}"), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "POST /_bulk", "{}"), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "DELETE /events", NULL), 403);
    talk_close(&t);
}

TEST(api_absent_says_so)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "POST /events/_close", NULL), 400);
    talk_expect(&t, "come from the policy");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_query", "{}"), 400);
    talk_expect(&t, "\"reason\":\"[/_query] is not supported\"");
    talk_close(&t);
}
