// SPDX-License-Identifier: Apache-2.0
#include "search/crowd.h"
#include "search/subjects.h"
#include "unit/search/town.h"

static void subjects(struct town *t, uint32_t table, uint64_t *out)
{
    struct snapshot *now = store_snapshot(t->store);
    struct room room = room_init(8 << 20);
    struct columns cs;
    uint32_t scratch[BLOCK_ROWS];
    EXPECT_EQ(columns_init(&cs, now, &table, 1, &room), OK);
    columns_block(&cs, 0, view_block(snapshot_view(now, table), 0));
    static uint64_t all[BLOCK_ROWS];
    subjects_of_block(&cs, NULL, scratch, all);
    memcpy(out, all, cs.block.row_count * sizeof *out);
    columns_done(&cs);
    room_done(&room);
    snapshot_free(now);
}

TEST(subjects_are_the_tables_own_or_else_each_row)
{
    struct town t;
    town_open(&t, 0, NULL);
    struct town_row events[] = {{.key = 1, .cells = {T("a")}},
                                {.key = 2, .cells = {T("b")}},
                                {.key = 3, .cells = {T("a")}},
                                {.key = 4, .cells = {T(NULL)}}};
    struct town_row calls[] = {{.key = 1, .cells = {T("x")}}, {.key = 2, .cells = {T("x")}}};
    struct town_row devices[] = {{.key = 1, .cells = {T("b")}}};
    town_put(&t, TOWN_EVENTS, events, 4);
    town_put(&t, TOWN_CALLS, calls, 2);
    town_put(&t, TOWN_DEVICES, devices, 1);
    uint64_t s[4];
    subjects(&t, TOWN_EVENTS, s);
    EXPECT(s[0] == s[2] && s[0] != s[1] && s[3] == SUBJECT_NONE);
    uint64_t d[1];
    subjects(&t, TOWN_DEVICES, d);
    EXPECT(d[0] == s[1]); // one kind, one code, in whatever table
    subjects(&t, TOWN_CALLS, s);
    EXPECT(s[0] != s[1]);
    town_close(&t);
}
