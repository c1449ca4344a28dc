// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

#include <stdio.h>

TEST(api_stats_count_rows_by_index_and_together)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_stats/docs"), 200);
    talk_expect(&t, "\"_all\":{\"primaries\":{\"docs\":{\"count\":8,\"deleted\":0}},"
                    "\"total\":{\"docs\":{\"count\":8,\"deleted\":0}}}");
    talk_expect(&t, "\"events\":{\"uuid\":");
    EXPECT_EQ(talk_get(&t, "/events/_stats?level=cluster"), 200);
    talk_expect(&t, "\"docs\":{\"count\":5,\"deleted\":0},\"shard_stats\":{\"total_count\":1}");
    EXPECT(!talk_has(&t, "\"indices\""));
    EXPECT_EQ(talk_get(&t, "/events/_stats/docs,nosuch"), 400);
    talk_expect(&t, "unrecognized metric: [nosuch]");
    EXPECT_EQ(talk_get(&t, "/nothing/_stats"), 404);
    talk_close(&t);
}

TEST(api_stats_of_the_node_have_every_section)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_nodes/stats"), 200);
    static const char *const sections[] = {
        "indices", "os", "process", "jvm", "thread_pool", "fs", "transport", "http", "breakers"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        char key[32];
        snprintf(key, sizeof key, "\"%s\":{", sections[i]);
        talk_expect(&t, key);
    }
    EXPECT_EQ(talk_get(&t, "/_nodes/_local/stats/fs?filter_path=nodes.*.fs.total.free_in_bytes"),
              200);
    EXPECT(!talk_has(&t, "\"free_in_bytes\":0"));
    talk_expect(&t, "\"free_in_bytes\":");
    EXPECT_EQ(talk_get(&t, "/_nodes/stats/os,process"), 200);
    EXPECT(!talk_has(&t, "\"jvm\""));
    EXPECT_EQ(talk_get(&t, "/_nodes/stats/colour"), 400);
    talk_close(&t);
}
