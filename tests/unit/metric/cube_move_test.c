// SPDX-License-Identifier: Apache-2.0
#include "metric/cube_private.h"
#include "unit/search/town.h"
#include "unit/store/fixture.h"

#include <stdio.h>

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
    EXPECT_EQ(dim_accounted(&c->dims[0], 0), CODE_NONE);
    EXPECT_EQ(c->dims[0].dirty_count, 1);
    cube_move(cs, c, old);
    EXPECT_EQ(c->dims[0].dirty_count, 1);
    cube_move(cs, c, now);
    EXPECT_EQ(c->dims[0].dirty_count, 0);
    EXPECT_EQ(dim_accounted(&c->dims[0], 0), 0);
    EXPECT(c->flight == NULL);
    for (uint32_t i = 0; i < c->levels.count; i++)
        expect_moved(&c->levels, &c->levels.at[i]);
    snapshot_free(old);
    snapshot_free(now);
    town_close(&t);
    cubes_free(cs);
}

TEST(cube_moves_remember_no_key_whose_values_stay)
{
    struct town t;
    struct cubes *cs;
    EXPECT_EQ(cubes_new(town_schema(0), &cs, NULL), OK);
    struct store_listener listener = cubes_listener(cs);
    town_open(&t, 0, &listener);
    struct town_row event = {.key = 1, .cells = {[E_AT] = N(5), [E_DEVICE] = T("a")}};
    struct town_row device = {.key = 1, .cells = {T("a"), T("m1"), N(7), N(2001)}};
    town_put(&t, TOWN_DEVICES, &device, 1);
    town_put(&t, TOWN_EVENTS, &event, 1);
    device.cells[D_WEIGHT] = N(8); // no metric is by it
    town_put(&t, TOWN_DEVICES, &device, 1);
    EXPECT(!cube_is_due(&cs->all[0]) && !cube_is_due(&cs->all[1]));
    device.cells[D_YEAR] = N(2002);
    town_put(&t, TOWN_DEVICES, &device, 1);
    EXPECT(!cube_is_due(&cs->all[0]) && cube_is_due(&cs->all[1]));
    town_close(&t);
    cubes_free(cs);
}

enum { MANY_EVENTS = 60000, EVENTS_OF_ONE = 500, MANY_DEVICES = MANY_EVENTS / EVENTS_OF_ONE };

// Every cell of `a` is in `b`, for each level.
static void expect_within(const struct cube *a, const struct cube *b)
{
    for (uint32_t l = 0; l < a->levels.count; l++) {
        const struct level *level = &a->levels.at[l];
        EXPECT_EQ(level->live, b->levels.at[l].live);
        for (uint32_t i = 0; i < level->count; i++) {
            int64_t at = level->buckets[i].at * (a->levels.per[l] ? a->levels.per[l] : 1);
            int64_t rows = 0;
            for (uint32_t c = 0; c < level->buckets[i].cap; c++)
                rows += bucket_cells(&level->buckets[i])[c].by.count;
            for (uint32_t j = 0; j < b->levels.at[l].count; j++) {
                const struct level_bucket *other = &b->levels.at[l].buckets[j];
                if (other->at * (b->levels.per[l] ? b->levels.per[l] : 1) != at)
                    continue;
                for (uint32_t c = 0; c < other->cap; c++)
                    rows -= bucket_cells(other)[c].by.count;
            }
            EXPECT_EQ(rows, 0);
        }
    }
}

static void ask_models(struct town *t, struct cubes *cs, struct metric_answer *out)
{
    const struct slice model = slice_text("device.model");
    struct metric_question q = {
        .metric = slice_text("failed"), .by = &model, .by_count = 1, .every_ms = 3600000};
    struct snapshot *now = store_snapshot(t->store);
    EXPECT_EQ(cubes_ask(cs, now, &q, t->request, out, NULL), OK);
    snapshot_free(now);
}

static void expect_as_counted_anew(struct town *t, struct cubes *cs)
{
    struct cubes *anew;
    struct metric_answer a;
    struct metric_answer b;
    EXPECT_EQ(cubes_new(town_schema(0), &anew, NULL), OK);
    struct snapshot *now = store_snapshot(t->store);
    cubes_build(anew, now);
    snapshot_free(now);
    ask_models(t, cs, &a);
    ask_models(t, anew, &b);
    EXPECT_EQ(a.row_count, b.row_count);
    for (uint32_t i = 0; i < a.row_count; i++) {
        EXPECT_EQ(a.rows[i].time_ms, b.rows[i].time_ms);
        EXPECT_EQ(a.rows[i].count, b.rows[i].count);
        EXPECT(slice_equal(a.rows[i].by[0].text, b.rows[i].by[0].text));
    }
    expect_within(&cs->all[0], &anew->all[0]);
    cubes_free(anew);
}

// Rows in segments, where postings tell the blocks of a key, and in the memory part.
TEST(cube_moves_find_the_rows_of_few_keys_and_of_many)
{
    struct town t;
    struct cubes *cs;
    struct test_random r = {.state = 5};
    EXPECT_EQ(cubes_new(town_schema(0), &cs, NULL), OK);
    struct store_listener listener = cubes_listener(cs);
    town_open(&t, 0, &listener);
    static char names[MANY_DEVICES][8];
    static const char *const models[] = {"m0", "m1", "m2"};
    static struct town_row events[MANY_EVENTS];
    static struct town_row devices[MANY_DEVICES];
    for (uint32_t i = 0; i < MANY_DEVICES; i++) {
        snprintf(names[i], sizeof names[i], "d%u", i);
        devices[i] = (struct town_row){.key = i, .cells = {T(names[i]), T(models[i % 3])}};
    }
    for (uint32_t i = 0; i < MANY_EVENTS; i++) // the last of a device lies among another's
        events[i] = (struct town_row){
            .key = i,
            .cells = {
                [E_DEVICE] = T(
                    names[test_random(&r, 50) ? i / EVENTS_OF_ONE : test_random(&r, MANY_DEVICES)]),
                [E_AT] = N(1000 * i)}};
    town_put(&t, TOWN_DEVICES, devices, MANY_DEVICES);
    town_put(&t, TOWN_EVENTS, events, MANY_EVENTS);
    for (uint32_t keys = 1; keys < MANY_DEVICES; keys *= 5) {
        for (uint32_t i = 0; i < keys; i++) {
            uint32_t key = test_random(&r, MANY_DEVICES);
            devices[key].cells[D_MODEL] = T(models[test_random(&r, 3)]);
            town_put(&t, TOWN_DEVICES, &devices[key], 1);
        }
        expect_as_counted_anew(&t, cs);
        town_put(&t, TOWN_EVENTS, events + 300, 700); // moved into the memory part
    }
    town_close(&t);
    cubes_free(cs);
}
