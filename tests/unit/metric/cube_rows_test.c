// SPDX-License-Identifier: Apache-2.0
#include "metric/cube_private.h"
#include "unit/search/town.h"

struct seen {
    uint32_t count;
    struct cube_row rows[4];
};

static void see(void *context, const struct cube_row *row)
{
    struct seen *s = context;
    EXPECT(s->count < 4);
    s->rows[s->count++] = *row;
}

TEST(cube_rows_are_placed_alike_one_by_one_and_in_blocks)
{
    struct town t;
    struct cubes *cs;
    EXPECT_EQ(cubes_new(town_schema(0), &cs, NULL), OK);
    town_open(&t, 0, NULL);
    struct town_row rows[] = {
        {.key = 1, .cells = {[E_AT] = N(-1), [E_OK] = N(1)}},
        {.key = 2, .cells = {[E_OK] = N(1)}}, // no time: in no cell
        {.key = 3, .cells = {[E_AT] = N(3600000), [E_OK] = N(0), [E_DEVICE] = T("x")}},
    };
    town_put(&t, TOWN_EVENTS, rows, 3);
    struct snapshot *now = store_snapshot(t.store);
    struct cube *c = &cs->all[1];
    struct seen seen = {0};
    struct cube_scan scan = {.cube = c, .now = now, .each = see, .context = &seen};
    cube_scan(&scan);
    EXPECT_EQ(seen.count, 2);
    EXPECT_EQ(seen.rows[0].bucket, -1);
    EXPECT_EQ(seen.rows[1].bucket, 1);
    const struct view *v = snapshot_view(now, TOWN_EVENTS);
    struct cube_row row;
    EXPECT(cube_place_row(c, v, (struct row_ref){.row = 0}, now, &row));
    EXPECT_EQ(row.bucket, -1);
    EXPECT_EQ(row.codes[1], seen.rows[0].codes[1]);
    EXPECT(!cube_place_row(c, v, (struct row_ref){.row = 1}, now, &row));
    EXPECT(cube_place_row(c, v, (struct row_ref){.row = 2}, now, &row));
    EXPECT_EQ(row.ords[0], seen.rows[1].ords[0]);
    EXPECT(row.codes[1] != seen.rows[0].codes[1]);
    snapshot_free(now);
    town_close(&t);
    cubes_free(cs);
}
