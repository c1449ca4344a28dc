// SPDX-License-Identifier: Apache-2.0
#include "api/render.h"
#include "test.h"

#include <math.h>

static bool prints(const struct request *q, const struct answer *a, bool as_int, const char *part)
{
    struct buf out = buf_init(4096);
    struct json_writer w = json_writer_to(&out);
    json_object(&w);
    struct render r = render_start(&w, q);
    r.total_as_int = as_int;
    render_search(&r, a, 7);
    json_end(&w);
    buf_u8(&out, 0);
    bool has = render_end(&r, NULL) == OK && strstr((const char *)out.at, part);
    buf_done(&out);
    return has;
}

TEST(render_search_total_follows_track_total_hits)
{
    const struct answer a = {.total = 20, .max_score = NAN, .index_count = 2};
    struct request q = {.track_total_hits = 10000};
    EXPECT(prints(&q, &a, false, "\"total\":{\"value\":20,\"relation\":\"eq\"}"));
    EXPECT(prints(&q, &a, true, "\"total\":20,"));
    q = (struct request){.track_total_hits = 10, .track_total_hits_given = true};
    EXPECT(prints(&q, &a, false, "\"total\":{\"value\":10,\"relation\":\"gte\"}"));
    q = (struct request){.track_total_hits = 0, .track_total_hits_given = true};
    EXPECT(prints(&q, &a, false, "\"total\":{\"value\":0,\"relation\":\"gte\"}"));
    q.total_is_off = true;
    EXPECT(prints(&q, &a, false, "\"hits\":{\"max_score\":null"));
    EXPECT(prints(&q, &a, true, "\"total\":-1,"));
    q = (struct request){.track_total_hits = -1, .track_total_hits_given = true};
    EXPECT(prints(&q, &a, false, "\"total\":{\"value\":20,\"relation\":\"eq\"}"));
}

TEST(render_search_profiles_say_who_answered)
{
    struct answer a = {.max_score = NAN, .index_count = 1};
    struct request q = {.wants_profile = true};
    EXPECT(prints(&q, &a, false,
                  "\"profile\":{\"shards\":[],\"tamis\":{\"answered_from\":\"rows\"}}"));
    a.cube = "failed";
    EXPECT(prints(&q, &a, false,
                  "\"profile\":{\"shards\":[],\"tamis\":{\"answered_from\":\"cube\","
                  "\"metric\":\"failed\"}}"));
    q.wants_profile = false;
    EXPECT(!prints(&q, &a, false, "profile"));
}

TEST(render_search_has_its_members_in_order)
{
    const struct answer a = {.total = 0, .max_score = NAN, .index_count = 2, .timed_out = true};
    const struct request q = {.size = 10, .track_total_hits = -1};
    EXPECT(prints(&q, &a, false,
                  "{\"took\":7,\"timed_out\":true,\"_shards\":{\"total\":2,\"successful\":2,"
                  "\"skipped\":0,\"failed\":0},\"hits\":{\"total\":{\"value\":0,\"relation\":\"eq\""
                  "},\"max_score\":null,\"hits\":[]}}"));
}
