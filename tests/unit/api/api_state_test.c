// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

TEST(api_state_tells_what_was_asked)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_cluster/state"), 200);
    talk_expect(&t, "\"master_node\":");
    talk_expect(&t, "\"routing_table\":{\"indices\":{");
    EXPECT_EQ(talk_get(&t, "/_cluster/state/metadata/dev*"), 200);
    talk_expect(&t, "\"indices\":{\"devices\":{\"state\":\"open\"");
    EXPECT(!talk_has(&t, "\"nodes\""));
    EXPECT(!talk_has(&t, "\"events\""));
    EXPECT_EQ(talk_get(&t, "/_cluster/state/weather"), 400);
    talk_expect(&t, "unrecognized metric: [weather]");
    talk_close(&t);
}

TEST(api_state_resolves_names)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_resolve/index/dev*"), 200);
    EXPECT(talk_is(&t, "{\"indices\":[{\"name\":\"devices\",\"attributes\":[\"open\"]}],"
                       "\"aliases\":[],\"data_streams\":[]}"));
    EXPECT_EQ(talk_get(&t, "/_resolve/index/nosuch"), 404);
    talk_close(&t);
}

TEST(api_state_shows_fields_one_by_one)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/events/_mapping/field/lat*"), 200);
    talk_expect(&t, "{\"events\":{\"mappings\":{\"latency\":{\"full_name\":\"latency\",\"mapping\":"
                    "{\"latency\":{\"type\":");
    EXPECT_EQ(talk_get(&t, "/events/_mapping/field/device.model"), 200);
    talk_expect(&t, "\"device.model\":{\"full_name\":\"device.model\",\"mapping\":{\"model\":"
                    "{\"type\":\"keyword\"}}}");
    EXPECT_EQ(talk_get(&t, "/_mapping/field/nosuch"), 200);
    talk_expect(&t, "\"calls\":{\"mappings\":{}}");
    talk_close(&t);
}

TEST(api_state_maintenance_is_acknowledged_and_names_what_is_not_there)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_forcemerge?max_num_segments=1", NULL), 200);
    talk_expect(&t, "{\"_shards\":{\"total\":1,\"successful\":1");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_flush", NULL), 200);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /nosuch/_cache/clear", NULL), 404);
    EXPECT_EQ(talk_get(&t, "/_tasks"), 200);
    EXPECT(talk_is(&t, "{\"nodes\":{}}"));
    EXPECT_EQ(talk_get(&t, "/_cluster/pending_tasks"), 200);
    EXPECT_EQ(talk_get(&t, "/events/_search_shards"), 200);
    talk_expect(&t, "\"shards\":[[{\"state\":\"STARTED\"");
    talk_close(&t);
}

TEST(api_state_tells_segments_as_one)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/events/_segments"), 200);
    talk_expect(&t, "\"indices\":{\"events\":{\"shards\":{\"0\":[{\"routing\":{");
    talk_expect(&t, "\"num_search_segments\":0,\"segments\":{}}]}}"); // all in memory still
    EXPECT_EQ(talk_get(&t, "/nosuch/_segments"), 404);
    EXPECT_EQ(talk_get(&t, "/_tasks/abc:1"), 404);
    talk_expect(&t, "task [abc:1] isn't running");
    talk_close(&t);
}
