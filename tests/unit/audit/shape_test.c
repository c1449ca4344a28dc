// SPDX-License-Identifier: Apache-2.0
#include "audit/shape.h"
#include "unit/search/town.h"

#include <stdio.h>

static uint32_t used_bits;

static void note(void *context, uint32_t table, const struct field_path *path)
{
    (void)context;
    if (table == TOWN_EVENTS)
        used_bits |= 1U << path->field;
}

static bool has_shape(const char *json, const char *want)
{
    struct town t = {.request = arena_new(1 << 24)};
    struct request r = town_request(&t, json);
    static const uint32_t tables[] = {TOWN_EVENTS};
    const struct shape_of of = {
        .schema = town_schema(0), .tables = tables, .table_count = 1, .used = note};
    struct buf out AUTO(buf_donep) = buf_init(2 * SHAPE_BYTES_MAX);
    used_bits = 0;
    shape_print(&of, &r, &out);
    bool same = slice_is(buf_slice(&out), want);
    if (!same)
        printf("%.*s\n", SLICE_PRINT(buf_slice(&out)));
    arena_free(t.request);
    return same;
}

TEST(shape_has_no_value_but_the_period)
{
    EXPECT(has_shape("{\"query\":{\"bool\":{\"filter\":[{\"term\":{\"host\":\"Anna\"}},"
                     "{\"terms\":{\"outcome\":[\"x\",\"y\"]}},"
                     "{\"range\":{\"at\":{\"gte\":\"2019-12-04\",\"lt\":\"2019-12-05\"}}},"
                     "{\"range\":{\"latency\":{\"gte\":37}}}],"
                     "\"must_not\":[{\"exists\":{\"field\":\"ok\"}}]}}}",
                     "filter(host=?, outcome in ?2, at>=2019-12-04T00:00:00.000Z"
                     "<2019-12-05T00:00:00.000Z, latency>=?) not(exists ok) size=10"));
    EXPECT_EQ(used_bits,
              1U << E_HOST | 1U << E_OUTCOME | 1U << E_AT | 1U << E_LATENCY | 1U << E_OK);
}

TEST(shape_has_no_name_that_no_index_has)
{
    EXPECT(has_shape("{\"query\":{\"term\":{\"anna@example.com\":1}},"
                     "\"aggs\":{\"Anna\":{\"terms\":{\"field\":\"device.model\",\"size\":3},"
                     "\"aggs\":{\"Berta\":{\"avg\":{\"field\":\"latency\"}}}}},"
                     "\"size\":0,\"sort\":[{\"at\":\"desc\"},\"_score\"]}",
                     "?=? size=0 sort=-at,-_score aggs={terms(device.model,3){avg(latency)}}"));
    EXPECT(has_shape("{\"query\":{\"range\":{\"at\":{\"gte\":\"Anna\"}}}}", "at>=? size=10"));
    EXPECT(has_shape("{\"query\":{\"ids\":{\"values\":[\"a\",\"b\"]}}}", "_id in ?2 size=10"));
    EXPECT(has_shape("{\"query\":{\"prefix\":{\"host\":\"An\"}},\"from\":5}",
                     "host^=? size=10 from=5"));
}

TEST(shape_of_two_queries_that_differ_in_values_is_one)
{
    EXPECT(has_shape("{\"query\":{\"match\":{\"host\":\"a\"}}}", "host=? size=10"));
    EXPECT(has_shape("{\"query\":{\"match\":{\"host\":\"b\"}}}", "host=? size=10"));
}

TEST(shape_that_is_too_long_is_cut)
{
    struct buf json AUTO(buf_donep) = buf_init(1 << 20);
    buf_text(&json, "{\"query\":{\"bool\":{\"should\":[");
    for (int i = 0; i < 2000; i++)
        buf_print(&json, "%s{\"term\":{\"host\":\"%d\"}}", i ? "," : "", i);
    buf_text(&json, "]}}}");
    buf_u8(&json, 0);
    struct town t = {.request = arena_new(1 << 26)};
    struct request r = town_request(&t, (const char *)json.at);
    static const uint32_t tables[] = {TOWN_EVENTS};
    const struct shape_of of = {.schema = town_schema(0), .tables = tables, .table_count = 1};
    struct buf out AUTO(buf_donep) = buf_init(2 * SHAPE_BYTES_MAX);
    shape_print(&of, &r, &out);
    EXPECT(out.len <= SHAPE_BYTES_MAX + 3);
    EXPECT(memcmp(out.at + out.len - 3, "...", 3) == 0);
    arena_free(t.request);
}
