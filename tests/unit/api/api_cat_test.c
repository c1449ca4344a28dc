// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

TEST(api_cat_indices_is_a_table_of_text_or_strings)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_cat/indices?v&h=health,index,docs.count&s=docs.count:desc"), 200);
    EXPECT(talk_is(&t, "health index   docs.count\n"
                       "green  events           5\n"
                       "green  devices          3\n"
                       "green  calls            0\n"));
    EXPECT(slice_is(t.reply.content_type, "text/plain; charset=UTF-8"));
    EXPECT_EQ(talk_get(&t, "/_cat/indices/dev*?format=json&h=index,docs.count"), 200);
    EXPECT(talk_is(&t, "[{\"index\":\"devices\",\"docs.count\":\"3\"}]"));
    t.accept = "application/json";
    EXPECT_EQ(talk_get(&t, "/_cat/indices/calls?h=i,s,rep"), 200);
    EXPECT(talk_is(&t, "[{\"i\":\"calls\",\"s\":\"open\",\"rep\":\"0\"}]"));
    talk_close(&t);
}

TEST(api_cat_counts_for_who_may_aggregate)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_cat/count?h=count"), 200);
    EXPECT(talk_is(&t, "8\n"));
    EXPECT_EQ(talk_get(&t, "/_cat/count/events?h=count"), 200);
    EXPECT(talk_is(&t, "5\n"));
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "GET /_cat/count", NULL), 403);
    EXPECT_EQ(talk_get(&t, "/_cat/indices/nosuch"), 404);
    talk_close(&t);
}

TEST(api_cat_health_is_one_line)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_cat/health?h=cluster,status,shards"), 200);
    EXPECT(talk_is(&t, "tamis green 3\n"));
    t.is_ready = false;
    EXPECT_EQ(talk_get(&t, "/_cat/health?h=st"), 200);
    EXPECT(talk_is(&t, "yellow\n"));
    EXPECT_EQ(talk_get(&t, "/_cat"), 200);
    talk_expect(&t, "/_cat/indices\n");
    talk_close(&t);
}
