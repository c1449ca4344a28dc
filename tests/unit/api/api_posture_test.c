// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

TEST(api_posture_tells_who_may_ask_and_what_is_on_record)
{
    struct talk t;
    talk_open(&t, 3);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /_security/role/eu",
                       "{\"indices\":[{\"names\":[\"events\"],\"privileges\":[\"read\"],"
                       "\"query\":{\"term\":{\"host\":\"secretland\"}}}]}"),
              200);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "GET /_tamis/posture", NULL), 200);
    talk_expect(&t, "\"users_of_role\":{\"admin\":");
    talk_expect(&t, "\"api_keys\":6,\"api_keys_without_end\":6,\"api_key_oldest_ms\":");
    talk_expect(&t, "\"keys\":{\"api_keys\":[{\"id\":\"");
    talk_expect(&t, "\"age_ms\":");
    talk_expect(&t, "\"api_keys_not_shown\":0,\"second_factors\":[]}");
    talk_expect(&t, "\"rules\":{\"password_bytes_min\":12,\"loosening_needs_two_persons\":false,");
    talk_expect(&t, "\"own_roles\":{\"eu\":\"read on events, some rows\"}");
    talk_expect(&t, "\"smallest_group\":3");
    talk_expect(&t, "\"audit\":{\"entries\":");
    EXPECT(!strstr(t.text, "secretland"));
    talk_close(&t);
}

TEST(api_posture_is_the_managers)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_tamis/posture"), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "GET /_tamis/posture", NULL), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_WRITER, "GET /_tamis/posture", NULL), 403);
    talk_close(&t);
}
