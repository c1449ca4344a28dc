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
    static const uint64_t numbers[] = {0, 0, 2, STORE_NO_ROW, 4, 5, 6, 6, 6};
    uint8_t got[9];
    uint64_t rows_of[9];
    const struct store_told told = {got, rows_of};
    EXPECT_EQ(store_append_told(f.st, notes(&f, rows, 9, arena), &told, NULL), OK);
    EXPECT(memcmp(got, want, sizeof want) == 0);
    EXPECT(memcmp(rows_of, numbers, sizeof numbers) == 0);
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

TEST(apply_leaves_a_row_alone_that_an_edit_would_not_change)
{
    struct arena *arena AUTO(arena_freep) = arena_new(64 << 20);
    struct fixture f;
    fixture_open(&f);
    static const struct test_row rows[] = {
        {ROW_EDIT, 1, 0, {1, 1}},
        {ROW_EDIT_PUT, 1, 0, {1, 1}},
        {ROW_EDIT, 1, 0, {1, CELL_UNCHANGED}},
        {ROW_EDIT_PUT, 1, 0, {CELL_UNCHANGED, 1}},
        {ROW_EDIT, 1, 0, {2, CELL_UNCHANGED}},
        {ROW_EDIT_PUT, 1, 0, {2, CELL_NONE}},
        {ROW_EDIT, 1, 0, {2, CELL_NONE}},
        {ROW_EDIT, 1, 0, {2, 1}},
        {ROW_PUT, 2, 0, {5, 5}},
        {ROW_EDIT, 2, 0, {5, 5}},
    };
    static const uint8_t want[] = {
        OUTCOME_NOTHING,  OUTCOME_CAME, OUTCOME_SAME,     OUTCOME_SAME, OUTCOME_REPLACED,
        OUTCOME_REPLACED, OUTCOME_SAME, OUTCOME_REPLACED, OUTCOME_CAME, OUTCOME_SAME};
    static const uint64_t numbers[] = {STORE_NO_ROW, 1, 1, 1, 4, 5, 5, 7, 8, 8};
    uint8_t got[10];
    uint64_t rows_of[10];
    const struct store_told told = {got, rows_of};
    EXPECT_EQ(store_append_told(f.st, notes(&f, rows, 10, arena), &told, NULL), OK);
    EXPECT(memcmp(got, want, sizeof want) == 0);
    EXPECT(memcmp(rows_of, numbers, sizeof numbers) == 0);
    EXPECT_EQ(store_commit(f.st, NULL), OK);
    struct test_row left[] = {{ROW_PUT, 1, 0, {2, 1}}, {ROW_PUT, 2, 0, {5, 5}}};
    struct test_batch batch = {NOTES, 2, left};
    struct position at = fixture_position("paper", f.lsn);
    model_apply(&f.model, &at, false, &batch, 1);
    fixture_check(&f);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}

// What a reader is shown as the number of a row is what the writer finds, also when rows are in
// segments with gaps.
TEST(apply_and_views_agree_on_row_numbers)
{
    struct arena *arena AUTO(arena_freep) = arena_new(64 << 20);
    struct fixture f;
    fixture_open(&f);
    for (uint32_t round = 0; round < 3; round++) {
        struct test_row rows[MODEL_KEYS];
        bool did = true;
        for (uint32_t i = 0; i < MODEL_KEYS; i++)
            rows[i] = (struct test_row){ROW_PUT, i, 0, {(int)i % 9, (int)round}};
        uint32_t count = round == 0 ? MODEL_KEYS : MODEL_KEYS / 2;
        EXPECT_EQ(store_append(f.st, notes(&f, rows, count, arena), NULL), OK);
        EXPECT_EQ(store_commit(f.st, NULL), OK);
        EXPECT_EQ(seal_freeze(f.st, NULL), OK);
        EXPECT_EQ(seal_run(f.st, NULL), OK);
        while (did)
            EXPECT_EQ(store_maintain(f.st, &did, NULL), OK);
    }
    struct snapshot *now = store_snapshot(f.st);
    const struct view *v = snapshot_view(now, NOTES);
    uint32_t seen = 0;
    for (uint32_t b = 0; b < view_block_count(v); b++) {
        struct block block = view_block(v, b);
        for (uint32_t i = 0; i < block.row_count; i++) {
            struct row_ref at = {b, i};
            if (!bit_get(block.live, i))
                continue;
            EXPECT_EQ(row_number(v, at), store_find(f.st, NOTES, row_key_of(v, at)));
            seen++;
        }
    }
    EXPECT_EQ(seen, MODEL_KEYS);
    EXPECT_EQ(snapshot_term(now), store_term(f.st));
    EXPECT_EQ(store_find(f.st, NOTES, (struct row_key){7, 7}), STORE_NO_ROW);
    snapshot_free(now);
    fixture_close(&f);
}
