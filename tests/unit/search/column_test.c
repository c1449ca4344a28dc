// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"
#include "unit/search/reading.h"

TEST(columns_read_through_look_ups)
{
    struct reading r;
    reading_open(&r);
    struct column *model = reading_find(&r, "device.model");
    struct column *weight = reading_find(&r, "device.weight");
    struct column *year = reading_find(&r, "device.year");
    reading_move(&r, 0);
    EXPECT(column_present(&r.columns, model)[0] == 1);
    EXPECT(slice_is(dict_value(model->dict, column_code(model, 0)), "m1"));
    EXPECT(column_present(&r.columns, weight)[0] == 3);
    EXPECT(weight->f64[0] == 2.5 && weight->f64[1] == 1);
    EXPECT(column_present(&r.columns, year)[0] == 1);
    EXPECT_EQ(year->i64[0], 2001);
    reading_move(&r, 1); // calls look nothing up
    EXPECT(column_present(&r.columns, model)[0] == 0);
    reading_close(&r);
}

TEST(columns_know_a_block_without_decoding_it)
{
    struct reading r;
    reading_open(&r);
    struct column *n = reading_find(&r, "n");
    struct column *nothing = reading_find(&r, "nothing");
    struct block_range range;
    EXPECT(!nothing->is_mapped);
    reading_move(&r, 0);
    EXPECT(!column_range(&r.columns, nothing, &range));
    EXPECT(column_range(&r.columns, n, &range));
    EXPECT(!range.any);
    reading_close(&r);
}

// Whatever share of the rows is chosen, positions have what the rows have.
static void expect_selected(struct reading *r, uint64_t mask, uint32_t count)
{
    struct column *outcome = reading_find(r, "outcome");
    struct column *model = reading_find(r, "device.model");
    struct column *year = reading_find(r, "device.year");
    uint64_t bits[BLOCK_WORDS] = {mask};
    reading_move(r, 0);
    columns_select(&r->columns, bits, count);
    const struct selection *sel = &r->columns.selection;
    struct codes outcomes = {outcome->width, selected_codes(&r->columns, outcome)};
    struct codes models = {model->width, selected_codes(&r->columns, model)};
    struct numbers years = selected_numbers(&r->columns, year);
    column_load(&r->columns, outcome);
    column_load(&r->columns, model);
    for (uint32_t i = 0; i < sel->count; i++) {
        uint32_t row = sel->rows ? sel->rows[i] : i;
        EXPECT(sel->rows == NULL || bit_get(bits, row));
        EXPECT_EQ(codes_at(outcomes, i), column_code(outcome, row));
        EXPECT_EQ(codes_at(models, i), column_code(model, row));
        EXPECT_EQ(bit_get(years.present, i), row == 0);
        EXPECT(row != 0 || years.i64[i] == 2001);
    }
}

TEST(columns_give_the_chosen_rows_by_position)
{
    struct reading r;
    reading_open(&r);
    expect_selected(&r, 7, 3);
    expect_selected(&r, 5, 2); // most of them: all are carried along
    EXPECT(r.columns.selection.rows == NULL);
    expect_selected(&r, 4, 1);
    EXPECT_EQ(r.columns.selection.rows[0], 2);
    reading_close(&r);
}

// Of the block at hand: what is told by distances is what is told by numbers.  Returns rows.
static uint32_t expect_distances(struct columns *cs, struct column *c)
{
    const void *v = column_distances(cs, c);
    uint64_t present[BLOCK_WORDS];
    static uint32_t distances[BLOCK_ROWS];
    if (!v)
        return 0;
    memcpy(present, column_present(cs, c), sizeof present);
    for (uint32_t i = 0; i < cs->block.row_count; i++)
        distances[i] = codes_at((struct codes){c->distance_width, v}, i);
    column_load(cs, c);
    for (uint32_t i = 0; i < cs->block.row_count; i++) {
        EXPECT_EQ(bit_get(present, i), bit_get(c->present, i));
        if (bit_get(present, i))
            EXPECT_EQ(c->min + (int64_t)distances[i], c->i64[i]);
    }
    return cs->block.row_count;
}

TEST(columns_that_are_near_have_the_distances_of_their_numbers)
{
    struct snapshot *now = store_snapshot(crowded_town()->store);
    const struct view *v = snapshot_view(now, TOWN_EVENTS);
    static const uint32_t tables[] = {TOWN_EVENTS};
    struct room room = room_init(64 << 20);
    struct columns cs;
    EXPECT_EQ(columns_init(&cs, now, tables, 1, &room), OK);
    static const char *const names[] = {"latency", "at", "ok", "device.year"};
    uint32_t rows = 0;
    for (int f = 0; f < 4; f++) {
        struct column *c;
        EXPECT_EQ(columns_find(&cs, slice_text(names[f]), &c, NULL), OK);
        for (uint32_t b = 0; c->is_near && b < view_block_count(v); b++) {
            columns_block(&cs, 0, view_block(v, b));
            rows += expect_distances(&cs, c);
            columns_block(&cs, 0, view_block(v, b));
            uint64_t some[BLOCK_WORDS] = {0x8000000000000001, 6};
            columns_select(&cs, some, 4);
            struct distances d = selected_distances(&cs, c);
            column_load(&cs, c);
            for (uint32_t i = 0; i < 4; i++)
                if (!d.present || bit_get(d.present, i))
                    EXPECT_EQ(d.base + (int64_t)codes_at((struct codes){d.width, d.at}, i),
                              c->i64[cs.selection.rows[i]]);
        }
    }
    EXPECT(rows > CROWDED_ROWS);
    columns_done(&cs);
    room_done(&room);
    snapshot_free(now);
}
