// SPDX-License-Identifier: Apache-2.0
// The rest is in api_security_test.c, which makes keys as a user does.
#include "unit/api/talk.h"

TEST(api_key_list_shows_a_key_itself_only)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_security/_query/api_key", "{\"size\":100}"), 200);
    talk_expect(&t, "{\"total\":1,\"count\":1,");
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "POST /_security/_query/api_key", "{\"size\":0}"), 200);
    talk_expect(&t, "\"count\":0,\"api_keys\":[]}");
    EXPECT(strstr(t.text, "{\"total\":1,") == NULL); // who manages sees all
    talk_close(&t);
}
