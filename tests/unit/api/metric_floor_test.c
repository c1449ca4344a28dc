// SPDX-License-Identifier: Apache-2.0
#include "api/metric_floor.h"
#include "unit/api/talk.h"

TEST(metric_floor_hides_groups_of_too_few_subjects)
{
    struct talk t;
    talk_open(&t, 2);
    EXPECT_EQ(
        talk_ask(&t, ROLE_METRICS, "GET /_tamis/metrics/failed?every=1d&by=device.model", NULL),
        200);
    EXPECT(talk_is(&t, "{\"metric\":\"failed\",\"every\":\"1d\",\"by\":[\"device.model\"],\"rows\":"
                       "[{\"time\":\"2019-12-04T00:00:00.000Z\",\"device.model\":\"m1\",\"count\":"
                       "3,\"matched\":2,\"ratio\":0.6666666666666666}]}"));
    talk_close(&t);
}

// Two rows of one subject are one subject.
TEST(metric_floor_counts_subjects_and_not_rows)
{
    struct talk t;
    talk_open(&t, 3);
    EXPECT_EQ(
        talk_ask(&t, ROLE_METRICS, "GET /_tamis/metrics/failed?every=1d&by=device.model", NULL),
        200);
    talk_expect(&t, "\"rows\":[]");
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "GET /_tamis/metrics/failed?every=all&by=", NULL), 200);
    talk_expect(&t, "\"count\":5,");
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS,
                       "GET /_tamis/metrics/failed?every=all&by=&from=2019-12-04T03:00", NULL),
              200);
    talk_expect(&t, "\"rows\":[]");
    talk_close(&t);
}

TEST(metric_floor_leaves_analysts_all)
{
    struct talk t;
    talk_open(&t, 3);
    EXPECT_EQ(talk_get(&t, "/_tamis/metrics/failed?every=all&by=device.model"), 200);
    talk_expect(&t, "\"device.model\":\"m2\"");
    talk_expect(&t, "\"device.model\":null");
    talk_close(&t);
}
