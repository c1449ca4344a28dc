// SPDX-License-Identifier: Apache-2.0
#include "metric/cube_private.h"
#include "unit/search/town.h"

TEST(cube_moves_remembered_rows_only_for_the_snapshot_it_has_counted)
{
    struct town t;
    struct cubes *cs;
    EXPECT_EQ(cubes_new(town_schema(0), &cs, NULL), OK);
    struct store_listener listener = cubes_listener(cs);
    town_open(&t, 0, &listener);
    struct town_row event = {.key = 1, .cells = {[E_AT] = N(5), [E_DEVICE] = T("a")}};
    struct town_row device = {.key = 1, .cells = {T("a"), T("m1")}};
    town_put(&t, TOWN_EVENTS, &event, 1);
    struct snapshot *old = store_snapshot(t.store);
    town_put(&t, TOWN_DEVICES, &device, 1);
    struct snapshot *now = store_snapshot(t.store);
    struct cube *c = &cs->all[0];
    EXPECT_EQ(c->dims[0].accounted[0], CODE_NONE);
    EXPECT_EQ(c->dims[0].dirty_count, 1);
    cube_move(cs, c, old);
    EXPECT_EQ(c->dims[0].dirty_count, 1);
    cube_move(cs, c, now);
    EXPECT_EQ(c->dims[0].dirty_count, 0);
    EXPECT_EQ(c->dims[0].accounted[0], 0);
    EXPECT(c->flight == NULL);
    int64_t rows = 0;
    for (uint32_t i = 0; i < c->cells.count; i++) {
        int64_t want = cells_codes(&c->cells, i)[0] == 0 ? 1 : 0;
        EXPECT_EQ(c->cells.counts[i].count, want);
        rows += c->cells.counts[i].count;
    }
    EXPECT_EQ(rows, 1);
    snapshot_free(old);
    snapshot_free(now);
    town_close(&t);
    cubes_free(cs);
}
