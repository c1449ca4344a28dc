// SPDX-License-Identifier: Apache-2.0
#include "metric/cube_private.h"
#include "unit/search/town.h"

#include <stdlib.h>

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

enum { CROWD = 1500 };

struct crowd {
    struct cube *cube;
    const struct view *view;
    const struct snapshot *now;
    const struct row_ref *refs;
    uint32_t next;
};

// The scan's next row is that of the next reference that has a time.
static void see_next(void *context, const struct cube_row *row)
{
    struct crowd *c = context;
    struct cube_row want;
    EXPECT(c->next < CROWD);
    while (!cube_place_row(c->cube, c->view, c->refs[c->next++], c->now, &want))
        EXPECT(c->next < CROWD);
    EXPECT_EQ(row->bucket, want.bucket);
    EXPECT_EQ(row->by.matched, want.by.matched);
    for (uint32_t d = 0; d < c->cube->decl->by_count; d++) {
        EXPECT_EQ(row->codes[d], want.codes[d]);
        EXPECT_EQ(row->ords[d], want.ords[d]);
    }
}

static void put_crowd(struct town *t, struct row_ref *refs)
{
    static const char *const devices[] = {"x", "y", "z", NULL};
    struct town_row device = {.key = 1, .cells = {[D_ID] = T("y"), [D_MODEL] = T("m")}};
    town_put(t, TOWN_DEVICES, &device, 1);
    struct town_row *rows = calloc(CROWD, sizeof *rows);
    EXPECT(rows != NULL);
    for (uint32_t i = 0; i < CROWD; i++) {
        rows[i] = (struct town_row){.key = i + 1};
        rows[i].cells[E_DEVICE] = T(devices[i % 4]);
        rows[i].cells[E_OUTCOME] = T(i % 3 ? "ok" : "refused");
        if (i % 5)
            rows[i].cells[E_AT] = N(i * 1000.0);
        refs[i] = (struct row_ref){.row = i};
    }
    town_put(t, TOWN_EVENTS, rows, CROWD);
    free(rows);
}

TEST(cube_rows_that_stand_together_are_placed_like_each)
{
    struct town t;
    struct cubes *cs;
    EXPECT_EQ(cubes_new(town_schema(0), &cs, NULL), OK);
    town_open(&t, 0, NULL);
    static struct row_ref refs[CROWD];
    put_crowd(&t, refs);
    struct snapshot *now = store_snapshot(t.store);
    struct crowd crowd = {.cube = &cs->all[0], .now = now, .refs = refs};
    crowd.view = snapshot_view(now, TOWN_EVENTS);
    struct cube_scan scan = {.cube = crowd.cube, .now = now, .each = see_next, .context = &crowd};
    cube_scan_rows(&scan, crowd.view, refs, CROWD);
    EXPECT_EQ(crowd.next, CROWD);
    // Every other one of the first, then the rest, then one alone, out of their order.
    for (uint32_t i = 0; i < CROWD; i++)
        refs[i].row = i < CROWD / 2 ? 2 * i + 1 : 2 * (i - CROWD / 2);
    crowd.next = 0;
    cube_scan_rows(&scan, crowd.view, refs, CROWD);
    EXPECT(crowd.next >= CROWD - 1);
    snapshot_free(now);
    town_close(&t);
    cubes_free(cs);
}
