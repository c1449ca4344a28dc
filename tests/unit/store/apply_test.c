// SPDX-License-Identifier: Apache-2.0
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

// One batch, in the order given, beside the model.
static void apply(struct fixture *f, uint32_t table, const struct test_row *rows, uint32_t count)
{
    struct arena *arena AUTO(arena_freep) = arena_new(64 << 20);
    struct test_batch batch = {table, count, rows};
    struct position at = fixture_position(table == NOTES ? "paper" : "fleet", ++f->lsn);
    EXPECT_EQ(store_append(f->st, fixture_changeset(&at, false, &batch, 1, arena), NULL), OK);
    model_apply(&f->model, &at, false, &batch, 1);
    EXPECT_EQ(store_commit(f->st, NULL), OK);
    fixture_check(f);
}

TEST(apply_keeps_the_order_of_one_key_in_a_batch)
{
    struct fixture f;
    fixture_open(&f);
    struct test_row rows[] = {
        {ROW_PUT, 1, 0, {1, 1}},
        {ROW_PUT, 1, 0, {2, 2}},
        {ROW_DELETE, 1, 0, {0}},
        {ROW_PUT, 1, 0, {3, CELL_UNCHANGED}},
        {ROW_PUT, 1, 0, {CELL_UNCHANGED, 4}},
        {ROW_DELETE, 9, 0, {0}},
        {ROW_MOVE, 2, 1, {CELL_UNCHANGED, CELL_UNCHANGED}},
        {ROW_PUT, 1, 0, {CELL_UNCHANGED, 5}},
    };
    apply(&f, NOTES, rows, 8);
    EXPECT_EQ(f.model.tables[NOTES].cells[2][0], 3);
    EXPECT_EQ(f.model.tables[NOTES].cells[2][1], 4);
    EXPECT_EQ(f.model.tables[NOTES].cells[1][0], CELL_NONE);
    fixture_close(&f);
}

TEST(apply_moves_onto_keys_that_are_taken_free_or_the_same)
{
    struct fixture f;
    fixture_open(&f);
    struct test_row rows[] = {
        {ROW_PUT, 1, 0, {1, 1, 1, 1}},
        {ROW_PUT, 2, 0, {2, 2, 2, 2}},
        {ROW_MOVE, 2, 1, {2, CELL_UNCHANGED, CELL_UNCHANGED, 9}},
        {ROW_MOVE, 2, 2, {2, 5, CELL_UNCHANGED, CELL_UNCHANGED}},
        {ROW_MOVE, 7, 33, {7, 5, CELL_UNCHANGED, CELL_UNCHANGED}},
    };
    apply(&f, DEVICES, rows, 5);
    EXPECT(!f.model.tables[DEVICES].live[1]);
    EXPECT_EQ(f.model.tables[DEVICES].cells[2][2], 1);
    fixture_close(&f);
}

TEST(apply_truncates_in_the_middle_of_a_batch)
{
    struct fixture f;
    fixture_open(&f);
    struct test_row rows[] = {
        {ROW_PUT, 1, 0, {1, 1, 1, 1}},
        {ROW_TRUNCATE, 0, 0, {0}},
        {ROW_PUT, 2, 0, {2, 2, CELL_UNCHANGED, 2}},
    };
    apply(&f, DEVICES, rows, 3);
    apply(&f, DEVICES, rows, 3);
    fixture_close(&f);
}

TEST(apply_crosses_chunks_of_memory)
{
    enum { ROWS = 3000 };
    static struct test_row rows[ROWS];
    struct fixture f;
    fixture_open(&f);
    for (int round = 0; round < 4; round++) {
        for (uint32_t i = 0; i < ROWS; i++)
            rows[i] = (struct test_row){ROW_PUT, i * 7 % MODEL_KEYS, 0, {(int)i % 9, round}};
        apply(&f, NOTES, rows, ROWS);
    }
    EXPECT(table_memory_rows(&f.st->tables[NOTES]) > BLOCK_ROWS);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}

static const struct admitted *notes(struct fixture *f, const struct test_row *rows, uint32_t count,
                                    struct arena *arena)
{
    struct test_batch batch = {NOTES, count, rows};
    struct position at = fixture_position("paper", ++f->lsn);
    return fixture_changeset(&at, false, &batch, 1, arena);
}

TEST(apply_creates_only_where_nothing_is_and_updates_only_what_is)
{
    struct arena *arena AUTO(arena_freep) = arena_new(64 << 20);
    struct fixture f;
    fixture_open(&f);
    static const struct test_row rows[] = {
        {ROW_CREATE, 1, 0, {1, 1}},
        {ROW_CREATE, 1, 0, {2, 2}},
        {ROW_UPDATE, 1, 0, {CELL_UNCHANGED, 3}},
        {ROW_UPDATE, 2, 0, {4, 4}},
        {ROW_PUT, 3, 0, {5, 5}},
        {ROW_PUT, 3, 0, {6, 6}},
        {ROW_DELETE, 3, 0, {0}},
        {ROW_DELETE, 3, 0, {0}},
        {ROW_CREATE, 3, 0, {7, 7}},
    };
    static const uint8_t want[] = {OUTCOME_CAME,    OUTCOME_NOTHING, OUTCOME_REPLACED,
                                   OUTCOME_NOTHING, OUTCOME_CAME,    OUTCOME_REPLACED,
                                   OUTCOME_WENT,    OUTCOME_NOTHING, OUTCOME_CAME};
    uint8_t got[9];
    EXPECT_EQ(store_append_told(f.st, notes(&f, rows, 9, arena), got, NULL), OK);
    EXPECT(memcmp(got, want, sizeof want) == 0);
    EXPECT_EQ(store_commit(f.st, NULL), OK);
    struct test_row left[] = {{ROW_PUT, 1, 0, {1, 3}}, {ROW_PUT, 3, 0, {7, 7}}};
    struct test_batch batch = {NOTES, 2, left};
    struct position at = fixture_position("paper", f.lsn);
    model_apply(&f.model, &at, false, &batch, 1);
    fixture_check(&f);
    fixture_reopen(&f); // and the log says the same again
    fixture_check(&f);
    fixture_close(&f);
}
