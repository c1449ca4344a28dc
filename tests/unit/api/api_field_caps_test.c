// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

TEST(api_field_caps_lists_types_and_where_they_differ)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_field_caps?fields=latency,at"), 200);
    EXPECT(talk_is(&t, "{\"indices\":[\"events\",\"devices\",\"calls\"],\"fields\":{\"latency\":{"
                       "\"long\":{\"type\":\"long\",\"metadata_field\":false,\"searchable\":true,"
                       "\"aggregatable\":true,\"indices\":[\"events\"]},\"double\":{\"type\":"
                       "\"double\",\"metadata_field\":false,\"searchable\":true,\"aggregatable\":"
                       "true,\"indices\":[\"calls\"]}},\"at\":{\"date\":{\"type\":\"date\","
                       "\"metadata_field\":false,\"searchable\":true,\"aggregatable\":true}}}}"));
    talk_close(&t);
}

TEST(api_field_caps_takes_patterns_from_url_or_body)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /events/_field_caps",
                       "{\"fields\":[\"device.m*\",\"none\"]}"),
              200);
    EXPECT(talk_is(&t, "{\"indices\":[\"events\"],\"fields\":{\"device.model\":{\"keyword\":{"
                       "\"type\":\"keyword\",\"metadata_field\":false,\"searchable\":true,"
                       "\"aggregatable\":true}}}}"));
    EXPECT_EQ(talk_get(&t, "/events/_field_caps?fields=*"), 200);
    talk_expect(&t, "\"host\":{\"keyword\":");
    EXPECT_EQ(talk_get(&t, "/events/_field_caps"), 400);
    talk_close(&t);
}

TEST(api_field_caps_tell_on_wish_where_a_field_is_not)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/events,devices/_field_caps?fields=host&include_unmapped=true"), 200);
    EXPECT(talk_is(&t, "{\"indices\":[\"events\",\"devices\"],\"fields\":{\"host\":{\"keyword\":{"
                       "\"type\":\"keyword\",\"metadata_field\":false,\"searchable\":true,"
                       "\"aggregatable\":true,\"indices\":[\"events\"]},\"unmapped\":{\"type\":"
                       "\"unmapped\",\"metadata_field\":false,\"searchable\":false,"
                       "\"aggregatable\":false,\"indices\":[\"devices\"]}}}}"));
    EXPECT_EQ(talk_get(&t, "/events/_field_caps?fields=host&include_unmapped=true"), 200);
    EXPECT(!talk_has(&t, "unmapped"));
    talk_close(&t);
}
