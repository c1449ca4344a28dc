// SPDX-License-Identifier: Apache-2.0
#include "search/column.h"
#include "unit/search/town.h"

static const uint32_t both[] = {TOWN_EVENTS, TOWN_CALLS};

struct reading {
    struct town town;
    struct snapshot *now;
    struct room room;
    struct columns columns;
};

static void open_reading(struct reading *r)
{
    town_open(&r->town, 0, NULL);
    struct town_row devices[] = {{.key = 1, .cells = {T("a"), T("m1"), N(2.5), N(2001)}},
                                 {.key = 2, .cells = {T("b"), T(NULL), N(1)}}};
    struct town_row events[] = {{.key = 1, .cells = {T("a"), T("ok"), N(3)}},
                                {.key = 2, .cells = {T("b"), T("bad")}},
                                {.key = 3, .cells = {T("c"), T("ok"), N(-4)}}};
    struct town_row calls[] = {{.key = 1, .cells = {T("new"), N(2.5)}},
                               {.key = 2, .cells = {T("ok")}}};
    town_put(&r->town, TOWN_DEVICES, devices, 2);
    town_put(&r->town, TOWN_EVENTS, events, 3);
    town_put(&r->town, TOWN_CALLS, calls, 2);
    r->now = store_snapshot(r->town.store);
    r->room = room_init(8 << 20);
    EXPECT_EQ(columns_init(&r->columns, r->now, both, 2, &r->room), OK);
}

static void close_reading(struct reading *r)
{
    columns_done(&r->columns);
    room_done(&r->room);
    snapshot_free(r->now);
    town_close(&r->town);
}

static struct column *find(struct reading *r, const char *name)
{
    struct column *c;
    struct column *again;
    EXPECT_EQ(columns_find(&r->columns, slice_text(name), &c, NULL), OK);
    EXPECT_EQ(columns_find(&r->columns, slice_text(name), &again, NULL), OK);
    EXPECT(c == again);
    return c;
}

static void move_to(struct reading *r, uint32_t at)
{
    columns_block(&r->columns, at, view_block(snapshot_view(r->now, both[at]), 0));
}

TEST(columns_of_two_tables_share_codes_and_a_type)
{
    struct reading r;
    open_reading(&r);
    struct column *outcome = find(&r, "outcome");
    struct column *latency = find(&r, "latency");
    EXPECT(outcome->merged != NULL);
    EXPECT_EQ(outcome->dict_count, 3);
    EXPECT_EQ(latency->type, FIELD_DOUBLE);
    EXPECT(latency->has_bounds && latency->min_f64 == -4 && latency->max_f64 == 3);
    move_to(&r, 0);
    column_load(&r.columns, outcome);
    uint32_t ok = column_code(outcome, 0);
    EXPECT(slice_is(dict_value(outcome->dict, ok), "ok"));
    EXPECT(column_present(&r.columns, latency)[0] == 5);
    EXPECT(latency->f64[2] == -4);
    move_to(&r, 1);
    column_load(&r.columns, outcome);
    EXPECT_EQ(column_code(outcome, 1), ok);
    EXPECT(column_present(&r.columns, latency)[0] == 1);
    close_reading(&r);
}

TEST(columns_read_through_look_ups)
{
    struct reading r;
    open_reading(&r);
    struct column *model = find(&r, "device.model");
    struct column *weight = find(&r, "device.weight");
    struct column *year = find(&r, "device.year");
    move_to(&r, 0);
    EXPECT(column_present(&r.columns, model)[0] == 1);
    EXPECT(slice_is(dict_value(model->dict, column_code(model, 0)), "m1"));
    EXPECT(column_present(&r.columns, weight)[0] == 3);
    EXPECT(weight->f64[0] == 2.5 && weight->f64[1] == 1);
    EXPECT(column_present(&r.columns, year)[0] == 1);
    EXPECT_EQ(year->i64[0], 2001);
    move_to(&r, 1); // calls look nothing up
    EXPECT(column_present(&r.columns, model)[0] == 0);
    close_reading(&r);
}

TEST(columns_know_a_block_without_decoding_it)
{
    struct reading r;
    open_reading(&r);
    struct column *n = find(&r, "n");
    struct column *nothing = find(&r, "nothing");
    struct block_range range;
    EXPECT(!nothing->is_mapped);
    move_to(&r, 0);
    EXPECT(!column_range(&r.columns, nothing, &range));
    EXPECT(column_range(&r.columns, n, &range));
    EXPECT(!range.any);
    close_reading(&r);
}
