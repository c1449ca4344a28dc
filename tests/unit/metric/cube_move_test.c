// SPDX-License-Identifier: Apache-2.0
#include "metric/cube_private.h"
#include "unit/search/town.h"

// The one row is under the model it has now and nowhere else.
static void expect_moved(const struct levels *all, const struct level *l)
{
    EXPECT_EQ(l->count, 1);
    EXPECT_EQ(l->live, 1);
    const struct level_cell *cells = bucket_cells(&l->buckets[0]);
    int64_t rows = 0;
    for (uint32_t i = 0; i < l->buckets[0].cap; i++) {
        if (cells[i].combo == CODE_NONE)
            continue;
        EXPECT_EQ(cells[i].by.count, combos_codes(&all->combos, cells[i].combo)[0] == 0);
        rows += cells[i].by.count;
    }
    EXPECT_EQ(rows, 1);
}

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
    for (uint32_t i = 0; i < c->levels.count; i++)
        expect_moved(&c->levels, &c->levels.at[i]);
    snapshot_free(old);
    snapshot_free(now);
    town_close(&t);
    cubes_free(cs);
}
