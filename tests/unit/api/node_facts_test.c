// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

TEST(node_facts_name_the_node_alike_everywhere)
{
    struct talk t;
    talk_open(&t, 0);
    static const char *const paths[] = {"/_nodes", "/_nodes/stats", "/_cluster/state/nodes"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        EXPECT_EQ(talk_get(&t, paths[i]), 200);
        talk_expect(&t, "\"transport_address\":\"127.0.0.1:9200\",\"host\":\"127.0.0.1\",\"ip\":"
                        "\"127.0.0.1\"");
        talk_expect(&t, "\"roles\":[\"data\",\"ingest\",\"master\"]");
    }
    talk_close(&t);
}
