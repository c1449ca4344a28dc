// SPDX-License-Identifier: Apache-2.0
// With a second factor: tests/flow/test_second_factor.py, as it needs the keys of an installation.
#include "unit/api/talk.h"

TEST(api_totp_is_listed_and_taken_away_by_who_manages)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "GET /_tamis/totp", NULL), 200);
    EXPECT(talk_is(&t, "{}"));
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "DELETE /_tamis/totp/analyst", NULL), 404);
    talk_expect(&t, "this user has no second factor");
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "DELETE /_tamis/totp/nobody", NULL), 404);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "GET /_tamis/totp", NULL), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "DELETE /_tamis/totp/analyst", NULL), 403);
    talk_close(&t);
}
