// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

TEST(api_tamis_lists_metrics)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "GET /_tamis/metrics", NULL), 200);
    EXPECT(talk_is(&t, "{\"metrics\":[{\"metric\":\"failed\",\"kind\":\"ratio\",\"index\":"
                       "\"events\",\"time\":\"at\",\"by\":[\"device.model\",\"host\"],\"every\":"
                       "\"5m\"},{\"metric\":\"counted\",\"kind\":\"count\",\"index\":\"events\","
                       "\"time\":\"at\",\"by\":[\"device.year\",\"ok\"],\"every\":\"1h\"}]}"));
    talk_close(&t);
}

TEST(api_tamis_metric_has_a_row_per_time_and_group)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_tamis/metrics/failed?every=1h&by=device.model&from=2019-12-04T01:00"
                           "&to=2019-12-04T03:00"),
              200);
    EXPECT(talk_is(&t, "{\"metric\":\"failed\",\"every\":\"1h\",\"by\":[\"device.model\"],\"rows\":"
                       "[{\"time\":\"2019-12-04T01:00:00.000Z\",\"device.model\":\"m1\",\"count\":"
                       "1,\"matched\":1,\"ratio\":1.0},{\"time\":\"2019-12-04T01:00:00.000Z\","
                       "\"device.model\":\"m2\",\"count\":1,\"matched\":0,\"ratio\":0.0}]}"));
    EXPECT_EQ(talk_get(&t, "/_tamis/metrics/failed?every=all&by="), 200);
    EXPECT(talk_is(&t,
                   "{\"metric\":\"failed\",\"every\":\"all\",\"by\":[],\"rows\":[{\"time\":null,"
                   "\"count\":5,\"matched\":2,\"ratio\":0.4}]}"));
    EXPECT_EQ(talk_get(&t, "/_tamis/metrics/counted?every=1d&by=ok"), 200);
    talk_expect(&t, "\"ok\":false,\"count\":2}");
    talk_close(&t);
}

TEST(api_tamis_metric_refuses_what_it_has_not)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_tamis/metrics/none"), 404);
    EXPECT_EQ(talk_get(&t, "/_tamis/metrics/failed?every=7m"), 400);
    EXPECT_EQ(talk_get(&t, "/_tamis/metrics/failed?every=x"), 400);
    EXPECT_EQ(talk_get(&t, "/_tamis/metrics/failed?by=foo"), 400);
    EXPECT_EQ(talk_get(&t, "/_tamis/metrics/failed?from=whenever"), 400);
    EXPECT_EQ(talk_get(&t, "/_tamis/metrics/failed?x=1"), 400);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "GET /_tamis/metrics/failed", NULL), 403);
    talk_close(&t);
}

TEST(api_tamis_status_is_the_managers)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "GET /_tamis/status", NULL), 200);
    EXPECT(talk_is(&t, "{\"sources\":[]}"));
    EXPECT_EQ(talk_get(&t, "/_tamis/status"), 403);
    talk_close(&t);
}
