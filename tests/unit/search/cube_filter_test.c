// SPDX-License-Identifier: Apache-2.0
#include "metric/cube.h"
#include "search/cube_plan.h"
#include "unit/search/town.h"

struct desk {
    struct town town;
    struct cubes *cubes;
    struct snapshot *now;
    struct search_context context;
    struct cube_plan plan;
    uint32_t table;
};

static void open_desk(struct desk *d)
{
    EXPECT_EQ(cubes_new(town_schema(0), &d->cubes, NULL), OK);
    struct store_listener listener = cubes_listener(d->cubes);
    town_open(&d->town, 0, &listener);
    struct town_row row = {.key = 1, .cells = {[E_AT] = N(5), [E_HOST] = T("h1")}};
    town_put(&d->town, TOWN_EVENTS, &row, 1);
    d->now = store_snapshot(d->town.store);
    d->table = TOWN_EVENTS;
    d->context = (struct search_context){.snapshot = d->now,
                                         .permit = town_permit(&d->town, ACTION_READ),
                                         .tables = &d->table,
                                         .table_count = 1,
                                         .now_ms = 1700000000000};
}

static void close_desk(struct desk *d)
{
    snapshot_free(d->now);
    town_close(&d->town);
    cubes_free(d->cubes);
}

// The part of a cell whose only dimension asked for has this code.
static uint8_t part(struct desk *d, const char *json, uint32_t code)
{
    struct request *r = ARENA_NEW(d->town.request, struct request);
    *r = town_request(&d->town, json);
    EXPECT(cube_plan_make(d->cubes, &d->context, r, d->town.request, &d->plan));
    return cube_filter_part(&d->plan, &d->plan.filter, &code);
}

#define QUERY(text) "{\"size\":0,\"query\":{" text "}}"
#define OK_TERM     "{\"term\":{\"outcome\":\"ok\"}}"

TEST(cube_filters_take_the_part_that_is_the_ratios_value)
{
    struct desk d;
    open_desk(&d);
    // The metric counts "outcome != ok", so rows of "ok" are those not matched.
    EXPECT_EQ(part(&d, QUERY("\"term\":{\"outcome\":\"ok\"}"), 0), CUBE_OTHERS);
    EXPECT_EQ(part(&d, QUERY("\"bool\":{\"must_not\":" OK_TERM "}"), 0), CUBE_MATCHED);
    EXPECT_EQ(part(&d, QUERY("\"bool\":{\"must_not\":" OK_TERM ",\"filter\":" OK_TERM "}"), 0),
              CUBE_NOTHING);
    EXPECT_EQ(part(&d,
                   QUERY("\"bool\":{\"minimum_should_match\":2,\"should\":[" OK_TERM "," OK_TERM
                         ",{\"match_none\":{}}]}"),
                   0),
              CUBE_OTHERS);
    close_desk(&d);
}

TEST(cube_filters_take_all_or_nothing_by_a_dimensions_value)
{
    struct desk d;
    open_desk(&d);
    EXPECT_EQ(part(&d, QUERY("\"term\":{\"host\":\"h1\"}"), 0), CUBE_ROWS);
    EXPECT_EQ(part(&d, QUERY("\"term\":{\"host\":\"h1\"}"), 1), CUBE_NOTHING);
    EXPECT_EQ(part(&d, QUERY("\"term\":{\"host\":\"h1\"}"), CODE_NONE), CUBE_NOTHING);
    EXPECT_EQ(part(&d, QUERY("\"term\":{\"host\":\"nowhere\"}"), 0), CUBE_NOTHING);
    EXPECT_EQ(part(&d, QUERY("\"exists\":{\"field\":\"host\"}"), 0), CUBE_ROWS);
    EXPECT_EQ(part(&d, QUERY("\"exists\":{\"field\":\"host\"}"), CODE_NONE), CUBE_NOTHING);
    close_desk(&d);
}

TEST(cube_filters_narrow_the_time_by_ranges_that_all_rows_must_match)
{
    struct desk d;
    open_desk(&d);
    part(&d,
         QUERY("\"bool\":{\"filter\":[{\"range\":{\"at\":{\"gt\":10}}},"
               "{\"range\":{\"at\":{\"lt\":900,\"gte\":5}}}]}"),
         0);
    EXPECT_EQ(d.plan.from, 11);
    EXPECT_EQ(d.plan.to, 899);
    EXPECT(d.plan.is_timed);
    struct request r =
        town_request(&d.town, QUERY("\"bool\":{\"must_not\":{\"range\":{\"at\":{\"gt\":10}}}}"));
    EXPECT(!cube_plan_make(d.cubes, &d.context, &r, d.town.request, &d.plan));
    close_desk(&d);
}
