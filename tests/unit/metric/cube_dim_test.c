// SPDX-License-Identifier: Apache-2.0
#include "metric/cube_private.h"
#include "unit/search/town.h"

TEST(dims_keep_a_key_where_it_was_accounted_first)
{
    struct town t;
    town_open(&t, 0, NULL);
    const struct schema *s = town_schema(0);
    struct dim d;
    EXPECT_EQ(dim_init(&d, s, &s->tables[0], &s->metrics[0].by[0], NULL), OK);
    struct town_row device = {.key = 1, .cells = {T("a"), T("m1")}};
    town_put(&t, TOWN_DEVICES, &device, 1);
    struct snapshot *first = store_snapshot(t.store);
    uint32_t m1 = dim_account(&d, 0, first);
    device.cells[D_MODEL] = T("m2");
    town_put(&t, TOWN_DEVICES, &device, 1);
    struct snapshot *second = store_snapshot(t.store);
    EXPECT_EQ(dim_account(&d, 0, second), m1);
    struct value v = dim_value(&d, second, &s->tables[0], m1, t.request);
    EXPECT(slice_is(v.text, "m1"));
    EXPECT_EQ(dim_account(&d, CODE_NONE, second), CODE_NONE);
    dim_mark(&d, 0);
    dim_mark(&d, 0);
    dim_mark(&d, 77); // no row had it: nothing to move
    EXPECT_EQ(d.dirty_count, 1);
    dim_forget(&d);
    EXPECT_EQ(d.dirty_count, 0);
    EXPECT(dim_account(&d, 0, second) != m1);
    dim_done(&d);
    snapshot_free(first);
    snapshot_free(second);
    town_close(&t);
}
