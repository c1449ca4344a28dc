// SPDX-License-Identifier: Apache-2.0
#include "api/metric_floor.h"
#include "unit/api/talk.h"

#include <stdlib.h>

static long number_after(const struct talk *t, const char *name)
{
    const char *at = strstr(t->text, name);
    return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

// m1 has 22 devices and 23 events, 12 of these failed; m2 has one device.
TEST(metric_floor_hides_groups_of_too_few_subjects)
{
    struct talk t;
    talk_open(&t, 2);
    talk_crowd(&t, 20);
    static const char line[] = "GET /_tamis/metrics/failed?every=1d&by=device.model";
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, line, NULL), 200);
    talk_expect(&t, "\"device.model\":\"m1\"");
    EXPECT(!talk_has(&t, "\"device.model\":\"m2\""));
    long count = number_after(&t, "\"count\":");
    EXPECT(count >= 15 && count <= 35);
    EXPECT(number_after(&t, "\"matched\":") <= count);
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
    talk_crowd(&t, 30);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "GET /_tamis/metrics/failed?every=all&by=", NULL), 200);
    EXPECT(number_after(&t, "\"count\":") >= 20);
    EXPECT_EQ(
        talk_ask(
            &t, ROLE_METRICS,
            "GET /_tamis/metrics/failed?every=all&by=&from=2019-12-04T03:00&to=2019-12-04T05:00",
            NULL),
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
