// SPDX-License-Identifier: Apache-2.0
#include "metric/cube.h"
#include "unit/search/town.h"

struct asking {
    struct town town;
    struct cubes *cubes;
};

static void open_asking(struct asking *a)
{
    EXPECT_EQ(cubes_new(town_schema(0), &a->cubes, NULL), OK);
    struct store_listener listener = cubes_listener(a->cubes);
    town_open(&a->town, 0, &listener);
}

static enum err ask(struct asking *a, const struct metric_question *q, struct metric_answer *out)
{
    struct snapshot *now = store_snapshot(a->town.store);
    enum err e = cubes_ask(a->cubes, now, q, a->town.request, out, &a->town.why);
    snapshot_free(now);
    return e;
}

TEST(cubes_refuse_what_they_do_not_keep_and_say_what_they_do)
{
    struct asking a;
    open_asking(&a);
    struct slice region = slice_text("region");
    struct metric_answer out;
    struct metric_question q = {.metric = slice_text("nothing")};
    EXPECT_EQ(ask(&a, &q, &out), ERR_NOT_FOUND);
    EXPECT(strstr(a.town.why.words, "failed, counted"));
    q = (struct metric_question){.metric = slice_text("failed"), .by = &region, .by_count = 1};
    EXPECT_EQ(ask(&a, &q, &out), ERR_INVALID);
    EXPECT(strstr(a.town.why.words, "device.model, host"));
    q = (struct metric_question){.metric = slice_text("failed"), .every_ms = 7};
    EXPECT_EQ(ask(&a, &q, &out), ERR_INVALID);
    q.every_ms = 0;
    EXPECT_EQ(ask(&a, &q, &out), OK);
    EXPECT_EQ(out.row_count, 0);
    town_close(&a.town);
    cubes_free(a.cubes);
}

TEST(cubes_answer_in_order_of_time_then_values_with_none_last)
{
    struct asking a;
    open_asking(&a);
    struct town_row rows[] = {
        {.key = 1, .cells = {[E_AT] = N(900000)}},
        {.key = 2, .cells = {[E_AT] = N(1), [E_HOST] = T("h2"), [E_OUTCOME] = T("ok")}},
        {.key = 3, .cells = {[E_AT] = N(2), [E_HOST] = T("h1")}},
        {.key = 4, .cells = {[E_AT] = N(3)}},
        {.key = 5, .cells = {[E_AT] = N(-1), [E_HOST] = T("h2")}},
    };
    town_put(&a.town, TOWN_EVENTS, rows, 5);
    struct slice host = slice_text("host");
    struct metric_question q = {
        .metric = slice_text("failed"), .by = &host, .by_count = 1, .every_ms = 300000};
    struct metric_answer out;
    EXPECT_EQ(ask(&a, &q, &out), OK);
    EXPECT_EQ(out.row_count, 5);
    EXPECT_EQ(out.rows[0].time_ms, -300000);
    EXPECT(slice_is(out.rows[1].by[0].text, "h1"));
    EXPECT_EQ(out.rows[1].matched, 1);
    EXPECT(slice_is(out.rows[2].by[0].text, "h2"));
    EXPECT_EQ(out.rows[2].matched, 0);
    EXPECT_EQ(out.rows[3].by[0].type, VALUE_NONE);
    EXPECT_EQ(out.rows[4].time_ms, 900000);
    q.has_from = q.has_to = true; // snapped outward: all of the first bucket
    q.from_ms = 2;
    q.to_ms = 3;
    EXPECT_EQ(ask(&a, &q, &out), OK);
    EXPECT_EQ(out.row_count, 3);
    town_close(&a.town);
    cubes_free(a.cubes);
}
