// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

TEST(index_stats_take_the_names_clients_use)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/events/_stats/merge,store"), 200);
    talk_expect(&t, "\"total\":{\"store\":{\"size_in_bytes\":");
    talk_expect(&t, "\"merges\":{\"current\":0");
    EXPECT(!talk_has(&t, "\"docs\""));
    EXPECT_EQ(talk_get(&t, "/events/_stats/_all"), 200);
    talk_expect(&t, "\"indexing\":{\"index_total\":");
    talk_expect(&t, "\"is_throttled\":false");
    talk_close(&t);
}
