// SPDX-License-Identifier: Apache-2.0
#include "metric/cube_read.h"
#include "unit/search/town.h"

struct shelf {
    struct town town;
    struct cubes *cubes;
};

static void open_shelf(struct shelf *s)
{
    EXPECT_EQ(cubes_new(town_schema(0), &s->cubes, NULL), OK);
    struct store_listener listener = cubes_listener(s->cubes);
    town_open(&s->town, 0, &listener);
    struct town_row rows[300];
    for (uint32_t i = 0; i < 300; i++)
        rows[i] = (struct town_row){.key = i, .cells = {[E_AT] = N(10000 * i), [E_HOST] = T("h")}};
    town_put(&s->town, TOWN_EVENTS, rows, 300);
}

static void close_shelf(struct shelf *s)
{
    town_close(&s->town);
    cubes_free(s->cubes);
}

static int64_t count(struct shelf *s, int64_t from, int64_t to)
{
    struct snapshot *now = store_snapshot(s->town.store);
    const uint32_t host = 1;
    struct cube_stretch stretch = {
        .from_ms = from, .to_ms = to, .dims = &host, .dim_count = 1, .rows_max = 100};
    struct cube_reading r;
    EXPECT_EQ(cubes_read(s->cubes, now, &stretch, &r), CUBE_FOUND);
    int64_t rows = 0;
    for (uint32_t i = 0; i < r.sums.row_count; i++)
        rows += r.sums.rows[i].by.count;
    cube_reading_done(&r);
    snapshot_free(now);
    return rows;
}

TEST(cube_readings_are_exact_at_bounds_that_cut_a_bucket)
{
    struct shelf s;
    open_shelf(&s);
    const int64_t bounds[] = {-5,     0,      1,      9999,   10000,  10001,
                              299999, 300000, 300001, 450005, 3000000};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        for (size_t j = i; j < sizeof bounds / sizeof *bounds; j++) {
            int64_t want = 0;
            for (int64_t at = 0; at < 3000000; at += 10000)
                want += at >= bounds[i] && at < bounds[j];
            EXPECT_EQ(count(&s, bounds[i], bounds[j]), want);
        }
    }
    EXPECT_EQ(count(&s, INT64_MIN, INT64_MAX), 300);
    close_shelf(&s);
}

TEST(cube_readings_are_of_the_version_asked_for_or_none)
{
    struct shelf s;
    open_shelf(&s);
    struct snapshot *before = store_snapshot(s.town.store);
    struct town_row row = {.key = 5, .cells = {[E_AT] = N(7)}};
    town_put(&s.town, TOWN_EVENTS, &row, 1);
    struct cube_stretch stretch = {.from_ms = INT64_MIN, .to_ms = INT64_MAX, .rows_max = 9};
    struct cube_reading r;
    EXPECT_EQ(cubes_read(s.cubes, before, &stretch, &r), CUBE_BEHIND);
    snapshot_free(before);
    close_shelf(&s);
}

TEST(cube_readings_do_not_fit_into_too_few_rows)
{
    struct shelf s;
    open_shelf(&s);
    struct snapshot *now = store_snapshot(s.town.store);
    struct cube_stretch stretch = {
        .from_ms = INT64_MIN, .to_ms = INT64_MAX, .unit_ms = 300000, .rows_max = 9};
    struct cube_reading r;
    EXPECT_EQ(cubes_read(s.cubes, now, &stretch, &r), CUBE_UNFIT);
    stretch.rows_max = 10;
    EXPECT_EQ(cubes_read(s.cubes, now, &stretch, &r), CUBE_FOUND);
    EXPECT_EQ(r.sums.row_count, 10);
    cube_reading_done(&r);
    snapshot_free(now);
    close_shelf(&s);
}

TEST(cube_readings_say_when_rows_without_a_time_are_left_out)
{
    struct shelf s;
    open_shelf(&s);
    struct town_row row = {.key = 5, .cells = {[E_HOST] = T("x")}};
    town_put(&s.town, TOWN_EVENTS, &row, 1);
    struct snapshot *now = store_snapshot(s.town.store);
    struct cube_stretch stretch = {.from_ms = INT64_MIN, .to_ms = INT64_MAX, .rows_max = 9};
    struct cube_reading r;
    EXPECT_EQ(cubes_read(s.cubes, now, &stretch, &r), CUBE_FOUND);
    EXPECT(r.has_untimed);
    cube_reading_done(&r);
    snapshot_free(now);
    cubes_build(s.cubes, now = store_snapshot(s.town.store));
    EXPECT_EQ(cubes_read(s.cubes, now, &stretch, &r), CUBE_FOUND);
    EXPECT(r.has_untimed);
    cube_reading_done(&r);
    snapshot_free(now);
    close_shelf(&s);
}
