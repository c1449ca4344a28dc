// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

#include <stdio.h>

TEST(api_cat_other_shows_the_one_node)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_cat/nodes?h=ip,node.role,master,version"), 200);
    EXPECT(talk_is(&t, "127.0.0.1 dim * 8.15.0\n"));
    EXPECT_EQ(talk_get(&t, "/_cat/master?h=ip"), 200);
    EXPECT(talk_is(&t, "127.0.0.1\n"));
    EXPECT_EQ(talk_get(&t, "/_cat/allocation?format=json&bytes=b&h=shards,disk.total"), 200);
    talk_expect(&t, "[{\"shards\":\"3\",\"disk.total\":\"");
    talk_close(&t);
}

TEST(api_cat_other_shows_a_shard_of_each_index)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_cat/shards?h=index,prirep,state,docs&s=index"), 200);
    EXPECT(talk_is(&t, "calls   p STARTED 0\ndevices p STARTED 3\nevents  p STARTED 5\n"));
    EXPECT_EQ(talk_get(&t, "/_cat/shards/nosuch"), 404);
    EXPECT_EQ(talk_get(&t, "/_cat/segments/events?h=index,docs.count"), 200);
    EXPECT(talk_is(&t, "events 5\n"));
    talk_close(&t);
}

TEST(api_cat_other_has_tables_without_rows)
{
    struct talk t;
    talk_open(&t, 0);
    static const char *const names[] = {"plugins",  "repositories", "pending_tasks", "tasks",
                                        "recovery", "nodeattrs",    "fielddata"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64];
        snprintf(path, sizeof path, "/_cat/%s?format=json", names[i]);
        EXPECT_EQ(talk_get(&t, path), 200);
        EXPECT(talk_is(&t, "[]"));
    }
    EXPECT_EQ(talk_get(&t, "/_cat"), 200);
    talk_expect(&t, "/_cat/segments/{index}\n");
    talk_close(&t);
}
