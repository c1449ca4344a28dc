// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

TEST(api_cluster_health_answers_at_once)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_cluster/health?wait_for_status=yellow&timeout=1s"), 200);
    talk_expect(&t, "\"status\":\"green\",\"active_primary_shards\":3");
    t.is_ready = false;
    EXPECT_EQ(talk_get(&t, "/_cluster/health/events?level=indices"), 200);
    talk_expect(&t, "\"status\":\"yellow\",\"active_primary_shards\":1");
    talk_expect(&t, "\"indices\":{\"events\":{\"number_of_shards\":1");
    talk_close(&t);
}

TEST(api_cluster_nodes_serve_sniffing_clients)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_nodes?filter_path=nodes.*.version,nodes.*.http.publish_address,"
                           "nodes.*.ip"),
              200);
    EXPECT(talk_is(&t, "{\"nodes\":{\"AAAAAAAAAAAAAAAAAAAAAA\":{\"ip\":\"127.0.0.1\",\"version\":"
                       "\"8.15.0\",\"http\":{\"publish_address\":\"127.0.0.1:9200\"}}}}"));
    EXPECT_EQ(talk_get(&t, "/_nodes/_all/http"), 200);
    EXPECT_EQ(talk_get(&t, "/_nodes/http"), 200);
    talk_close(&t);
}

TEST(api_cluster_license_is_active)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_license"), 200);
    talk_expect(&t, "{\"license\":{\"status\":\"active\"");
    EXPECT_EQ(talk_get(&t, "/_xpack"), 200);
    talk_expect(&t, "\"security\":{\"available\":true,\"enabled\":true}");
    talk_close(&t);
}

TEST(api_cluster_settings_and_stats)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_cluster/settings?include_defaults=true"), 200);
    EXPECT(talk_is(&t, "{\"persistent\":{},\"transient\":{}}"));
    EXPECT_EQ(talk_get(&t, "/_cluster/stats"), 200);
    talk_expect(&t, "\"indices\":{\"count\":3,\"docs\":{\"count\":8,\"deleted\":0}");
    talk_close(&t);
}
