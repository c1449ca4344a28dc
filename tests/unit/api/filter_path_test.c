// SPDX-License-Identifier: Apache-2.0
#include "api/filter_path.h"
#include "base/num.h"
#include "test.h"

static const char reply[] =
    "{\"took\":3,\"hits\":{\"total\":{\"value\":2},\"hits\":[{\"_id\":\"1\",\"s\":{\"a\":1,\"b.c\":"
    "2"
    "}},{\"_id\":\"2\",\"s\":{}}]},\"nodes\":{\"n1\":{\"version\":\"8\",\"ip\":\"x\"}}}";

static bool filters(const char *paths, const char *want)
{
    struct buf out = buf_init(4096);
    enum err e = filter_path_apply(slice_text(reply), slice_text(paths), false, &out, NULL);
    bool same = e == OK && slice_is(buf_slice(&out), want);
    buf_done(&out);
    return same;
}

TEST(filter_path_keeps_what_is_named)
{
    EXPECT(filters("took", "{\"took\":3}"));
    EXPECT(filters("hits.total", "{\"hits\":{\"total\":{\"value\":2}}}"));
    EXPECT(filters("hits.hits._id", "{\"hits\":{\"hits\":[{\"_id\":\"1\"},{\"_id\":\"2\"}]}}"));
    EXPECT(filters("took,hits.total.value", "{\"took\":3,\"hits\":{\"total\":{\"value\":2}}}"));
    EXPECT(filters("nothing", "{}"));
    EXPECT(filters("took.x", "{}"));
}

TEST(filter_path_star_is_one_level_and_two_are_many)
{
    EXPECT(filters("nodes.*.version", "{\"nodes\":{\"n1\":{\"version\":\"8\"}}}"));
    EXPECT(filters("**._id", "{\"hits\":{\"hits\":[{\"_id\":\"1\"},{\"_id\":\"2\"}]}}"));
    EXPECT(filters("**.value", "{\"hits\":{\"total\":{\"value\":2}}}"));
    EXPECT(filters("t*", "{\"took\":3}"));
    EXPECT(filters("hits.**.a", "{\"hits\":{\"hits\":[{\"s\":{\"a\":1}}]}}"));
}

TEST(filter_path_backslash_makes_a_dot_part_of_a_name)
{
    EXPECT(filters("hits.hits.s.b\\.c", "{\"hits\":{\"hits\":[{\"s\":{\"b.c\":2}}]}}"));
}

TEST(filter_path_minus_leaves_out)
{
    EXPECT(filters("-hits,-nodes", "{\"took\":3}"));
    EXPECT(filters("nodes,-nodes.*.ip", "{\"nodes\":{\"n1\":{\"version\":\"8\"}}}"));
    EXPECT(filters("hits.total,-**.value", "{}"));
}

TEST(filter_path_wants_not_too_many_paths)
{
    struct buf paths = buf_init(4096);
    for (int i = 0; i < 100; i++)
        buf_text(&paths, "a,");
    struct buf out = buf_init(4096);
    EXPECT_EQ(filter_path_apply(slice_text(reply), buf_slice(&paths), false, &out, NULL),
              ERR_LIMIT);
    buf_reset(&paths);
    for (int i = 0; i < 100; i++)
        buf_text(&paths, "a.");
    EXPECT_EQ(filter_path_apply(slice_text(reply), buf_slice(&paths), false, &out, NULL),
              ERR_LIMIT);
    buf_done(&out);
    buf_done(&paths);
}
