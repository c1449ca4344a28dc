// SPDX-License-Identifier: Apache-2.0
#include "metric/cube_private.h"
#include "unit/search/town.h"

struct pair {
    struct town town;
    struct cubes *from, *to;
    struct cubes_copy *copy;
    struct snapshot *now;
};

static void take(struct pair *p)
{
    EXPECT_EQ(cubes_new(town_schema(0), &p->from, NULL), OK);
    EXPECT_EQ(cubes_new(town_schema(0), &p->to, NULL), OK);
    struct store_listener listener = cubes_listener(p->from);
    town_open(&p->town, 0, &listener);
    struct town_row device = {.key = 1, .cells = {T("a"), T("m1"), N(1), N(2001)}};
    struct town_row events[] = {
        {.key = 1, .cells = {[E_DEVICE] = T("a"), [E_AT] = N(5), [E_OK] = N(1)}},
        {.key = 2, .cells = {[E_DEVICE] = T("b"), [E_AT] = N(7200005)}},
        {.key = 3, .cells = {[E_HOST] = T("h")}}};
    town_put(&p->town, TOWN_DEVICES, &device, 1);
    town_put(&p->town, TOWN_EVENTS, events, 3);
    device.cells[D_MODEL] = T("m2");
    town_put(&p->town, TOWN_DEVICES, &device, 1);
    p->now = store_snapshot(p->town.store);
    p->copy = cubes_copy_new(1);
    cube_copy_take(&p->from->all[0], &p->copy->cubes[0]);
}

static void drop(struct pair *p)
{
    cubes_copy_free(p->copy);
    snapshot_free(p->now);
    town_close(&p->town);
    cubes_free(p->from);
    cubes_free(p->to);
}

static enum err put(struct pair *p)
{
    cube_forget(&p->to->all[0]);
    return cube_copy_put(&p->copy->cubes[0], &p->to->all[0], p->now, &p->town.why);
}

TEST(cube_copy_has_cells_keys_and_what_waits_to_be_moved)
{
    struct pair p;
    take(&p);
    const struct cube_copy *c = &p.copy->cubes[0];
    EXPECT_EQ(c->cell_count, 2);
    EXPECT_EQ(c->bucket_count, 2);
    EXPECT_EQ(c->untimed, 1);
    EXPECT_EQ(c->dims[0].key_count, 2);
    EXPECT_EQ(c->dims[0].dirty_count, 1);
    EXPECT_EQ(put(&p), OK);
    const struct cube *to = &p.to->all[0];
    EXPECT_EQ(to->levels.at[0].live, 2);
    EXPECT_EQ(to->untimed, 1);
    EXPECT_EQ(to->time_max, 7200005);
    EXPECT(cube_is_due(to));
    EXPECT_EQ(dim_accounted(&to->dims[0], 0), dim_accounted(&p.from->all[0].dims[0], 0));
    drop(&p);
}

TEST(cube_copy_with_a_number_out_of_bounds_is_refused)
{
    struct pair p;
    take(&p);
    struct cube_copy *c = &p.copy->cubes[0];
    uint32_t *numbers[] = {&c->dims[0].accounted[0], &c->dims[0].dirty[0],     &c->codes[0],
                           &c->dims[0].key_count,    &c->dims[0].number_count, &c->dim_count};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint32_t before = *numbers[i];
        *numbers[i] = i < 3 ? 1000 : before + 1;
        EXPECT_EQ(put(&p), ERR_CORRUPT);
        EXPECT(strstr(p.town.why.words, "not right") != NULL);
        *numbers[i] = before;
    }
    EXPECT_EQ(put(&p), OK);
    drop(&p);
}

TEST(cube_identity_changes_with_the_declaration)
{
    const struct schema *s = town_schema(0);
    struct metric_decl m = s->metrics[0];
    uint64_t before = cube_identity(s, &m);
    EXPECT_EQ(cube_identity(s, &m), before);
    m.every_ms *= 2;
    EXPECT(cube_identity(s, &m) != before);
    m = s->metrics[0];
    m.ratio_value = "other";
    EXPECT(cube_identity(s, &m) != before);
    m = s->metrics[0];
    m.by_count--;
    EXPECT(cube_identity(s, &m) != before);
    EXPECT(cube_identity(s, &s->metrics[1]) != before);
}
