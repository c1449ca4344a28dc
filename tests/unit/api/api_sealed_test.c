// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

// What opening does is in tests/flow/test_sealed.py: it takes keeper, the ledger and two persons.
TEST(api_sealed_is_for_investigators_with_a_password)
{
    static const char body[] =
        "{\"warrant\":1,\"column\":\"events.host\",\"row\":\"000000000000000b\",\"why\":\"w\"}";
    struct talk t;
    talk_open(&t, 0);
    for (int r = 0; r < ROLE_COUNT; r++) {
        EXPECT_EQ(talk_ask(&t, (enum role)r, "POST /_tamis/sealed/open", body), 403);
        if (r == ROLE_INVESTIGATOR)
            talk_expect(&t, "with name and password, not with an API key");
        else
            talk_expect(&t, "is unauthorized");
    }
    talk_close(&t);
}

TEST(api_sealed_lets_an_investigator_do_nothing_else)
{
    static const char *const lines[] = {"POST /events/_search", "GET /_mapping",
                                        "GET /_security/user", "GET /_tamis/audit/tail",
                                        "GET /events/_doc/000000000000000b"};
    struct talk t;
    talk_open(&t, 0);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        EXPECT_EQ(talk_ask(&t, ROLE_INVESTIGATOR, lines[i], NULL), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_INVESTIGATOR, "GET /", NULL), 200);
    talk_close(&t);
}
