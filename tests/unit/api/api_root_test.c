// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

TEST(api_root_tells_what_clients_check)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/"), 200);
    talk_expect(&t, "\"number\":\"8.15.0\",\"build_flavor\":\"default\"");
    talk_expect(&t, "\"tagline\":\"You Know, for Search\"");
    talk_expect(&t, "\"name\":\"node-1\",\"cluster_name\":\"tamis\"");
    for (int r = 0; r < ROLE_COUNT; r++)
        EXPECT_EQ(talk_ask(&t, (enum role)r, "GET /", NULL), r == ROLE_AUDITOR ? 403 : 200);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "HEAD /", NULL), 200);
    EXPECT_EQ(t.reply.body.len, 0);
    talk_close(&t);
}
