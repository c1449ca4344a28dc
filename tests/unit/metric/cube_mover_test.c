// SPDX-License-Identifier: Apache-2.0
#include "metric/cube_private.h"
#include "unit/search/town.h"

#include <sched.h>

TEST(cube_mover_moves_rows_that_nobody_asks_for)
{
    struct town t;
    struct cubes *cs;
    EXPECT_EQ(cubes_new(town_schema(0), &cs, NULL), OK);
    struct store_listener listener = cubes_listener(cs);
    town_open(&t, 0, &listener);
    cubes_start(cs, t.store);
    struct town_row event = {.key = 1, .cells = {[E_AT] = N(5), [E_DEVICE] = T("a")}};
    struct town_row device = {.key = 1, .cells = {T("a"), T("m1")}};
    town_put(&t, TOWN_EVENTS, &event, 1);
    town_put(&t, TOWN_DEVICES, &device, 1);
    const uint32_t model = 0;
    bool is_settled = false;
    while (!is_settled) {
        pthread_rwlock_rdlock(&cs->lock);
        is_settled = cube_is_settled(&cs->all[0], &model, 1);
        pthread_rwlock_unlock(&cs->lock);
        sched_yield();
    }
    EXPECT_EQ(dim_accounted(&cs->all[0].dims[0], 0), 0);
    cubes_stop(cs);
    town_close(&t);
    cubes_free(cs);
}
