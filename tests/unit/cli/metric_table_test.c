// SPDX-License-Identifier: Apache-2.0
#include "cli/metric_table.h"
#include "test.h"

enum { SCRATCH_BYTES = 1 << 20 };

static struct slice rows_of(struct arena *scratch, const char *reply, uint32_t most,
                            uint32_t *out_more)
{
    const struct json *tree = NULL;
    struct buf out AUTO(buf_donep) = buf_init(SCRATCH_BYTES);
    EXPECT_EQ(json_parse(slice_text(reply), scratch, &tree, NULL), OK);
    *out_more = metric_table_rows(tree, most, scratch, &out);
    return arena_copy(scratch, buf_slice(&out));
}

static void expect_rows(const char *reply, const char *drawn)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    uint32_t more = 0;
    struct slice got = rows_of(scratch, reply, 100, &more);
    EXPECT_EQ(more, 0);
    if (!slice_is(got, drawn))
        test_fail(__FILE__, __LINE__, "not\n%s but\n%.*s", drawn, SLICE_PRINT(got));
}

TEST(metric_of_counts_has_bars_of_its_counts)
{
    expect_rows("{\"by\":[\"model\"],\"rows\":[{\"time\":\"2019-12-04T00:00:00.000Z\",\"model\":"
                "\"cam\",\"count\":30},{\"time\":\"2019-12-05T00:00:00.000Z\",\"model\":null,"
                "\"count\":1}]}",
                "day (UTC)   model  count\n"
                "2019-12-04  cam       30  ██████████████████████████████\n"
                "2019-12-05  -          1  █\n");
}

TEST(metric_of_ratios_has_bars_of_its_ratios)
{
    expect_rows("{\"by\":[],\"rows\":[{\"time\":\"2019-12-04T00:05:00.000Z\",\"count\":30,"
                "\"matched\":3,\"ratio\":0.1},{\"time\":\"2019-12-04T00:10:00.000Z\",\"count\":0,"
                "\"matched\":0,\"ratio\":0.0}]}",
                "time (UTC)        count  matched   ratio\n"
                "2019-12-04 00:05     30        3  10.00%  ██████████████████████████████\n"
                "2019-12-04 00:10      0        0   0.00%\n");
}

TEST(metric_over_all_time_has_no_time)
{
    expect_rows("{\"by\":[\"a\"],\"rows\":[{\"time\":null,\"a\":\"x\",\"count\":2}]}",
                "a  count\n"
                "x      2  ██████████████████████████████\n");
}

TEST(metric_with_many_rows_says_how_many_are_left)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    uint32_t more = 0;
    struct slice got = rows_of(
        scratch, "{\"by\":[],\"rows\":[{\"count\":1},{\"count\":2},{\"count\":3}]}", 2, &more);
    EXPECT_EQ(more, 1);
    EXPECT(slice_is(got, "count\n    1  ██████████\n    2  ████████████████████\n"));
}

TEST(metric_of_an_odd_answer_is_drawn_without_harm)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    static const char *const odd[] = {
        "{}",
        "[]",
        "{\"rows\":7,\"by\":\"x\"}",
        "{\"rows\":[7,null,{}],\"by\":[7,{},null]}",
        "{\"rows\":[{\"time\":\"2019\",\"count\":\"x\",\"ratio\":null}],\"by\":[]}",
        "{\"rows\":[{}],\"by\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]}",
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        uint32_t more = 0;
        EXPECT(rows_of(scratch, odd[i], 100, &more).len > 0);
        EXPECT_EQ(more, 0);
    }
}

TEST(metrics_are_listed_with_what_they_are_by)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(SCRATCH_BYTES);
    const struct json *tree = NULL;
    EXPECT_EQ(json_parse(slice_text("{\"metrics\":[{\"metric\":\"m\",\"kind\":\"ratio\",\"index\":"
                                    "\"i\",\"by\":[\"a\",\"b\"],\"every\":\"5m\"},{}]}"),
                         scratch, &tree, NULL),
              OK);
    metric_table_list(tree, scratch, &out);
    EXPECT(slice_is(buf_slice(&out), "metric  kind   index  every  by\n"
                                     "m       ratio  i      5m     a, b\n"
                                     "-       -      -      -      -\n"));
}
