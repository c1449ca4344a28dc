// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

TEST(api_index_shows_aliases_mappings_and_settings)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/calls"), 200);
    talk_expect(&t,
                "{\"calls\":{\"aliases\":{},\"mappings\":{\"dynamic\":\"strict\",\"properties\":"
                "{\"outcome\":{\"type\":\"keyword\"}");
    talk_expect(&t, "\"settings\":{\"index\":{\"number_of_shards\":\"1\"");
    EXPECT_EQ(talk_get(&t, "/_settings"), 200);
    EXPECT_EQ(talk_get(&t, "/devices/_alias"), 200);
    EXPECT(talk_is(&t, "{\"devices\":{\"aliases\":{}}}"));
    talk_close(&t);
}

TEST(api_index_head_tells_whether_it_is_there)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "HEAD /events", NULL), 200);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "HEAD /nosuch", NULL), 404);
    EXPECT_EQ(t.reply.body.len, 0);
    EXPECT_EQ(talk_get(&t, "/nosuch/_mapping"), 404);
    EXPECT_EQ(talk_get(&t, "/no*/_mapping"), 200);
    EXPECT(talk_is(&t, "{}"));
    talk_close(&t);
}

TEST(api_index_refresh_is_for_all_who_see_the_index)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "POST /events/_refresh", NULL), 200);
    EXPECT(talk_is(&t, "{\"_shards\":{\"total\":1,\"successful\":1,\"skipped\":0,\"failed\":0}}"));
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_refresh", NULL), 200);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /nosuch/_refresh", NULL), 404);
    talk_close(&t);
}

TEST(api_index_settings_stand_flat_on_wish)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/events/_settings?flat_settings"), 200);
    talk_expect(&t, "{\"events\":{\"settings\":{\"index.number_of_shards\":\"1\",");
    talk_expect(&t, "\"index.version.created\":\"8150099\"}}}");
    EXPECT_EQ(talk_get(&t, "/events/_settings"), 200);
    talk_expect(&t, "{\"events\":{\"settings\":{\"index\":{\"number_of_shards\":\"1\",");
    EXPECT_EQ(talk_get(&t, "/events/_settings?flat_settings=perhaps"), 400);
    talk_close(&t);
}
