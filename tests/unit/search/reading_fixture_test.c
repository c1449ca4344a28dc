// SPDX-License-Identifier: Apache-2.0
#include "unit/search/reading.h"

static const uint32_t both[] = {TOWN_EVENTS, TOWN_CALLS};

void reading_open(struct reading *r)
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

void reading_close(struct reading *r)
{
    columns_done(&r->columns);
    room_done(&r->room);
    snapshot_free(r->now);
    town_close(&r->town);
}

struct column *reading_find(struct reading *r, const char *name)
{
    struct column *c;
    struct column *again;
    EXPECT_EQ(columns_find(&r->columns, slice_text(name), &c, NULL), OK);
    EXPECT_EQ(columns_find(&r->columns, slice_text(name), &again, NULL), OK);
    EXPECT(c == again);
    return c;
}

void reading_move(struct reading *r, uint32_t at)
{
    columns_block(&r->columns, at, view_block(snapshot_view(r->now, both[at]), 0));
}
