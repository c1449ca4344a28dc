// SPDX-License-Identifier: Apache-2.0
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <stdio.h>

static const struct changeset *one_put(struct arena *arena)
{
    struct test_row *row = ARENA_NEW(arena, struct test_row);
    *row = (struct test_row){ROW_PUT, 1, 0, {1, 2}};
    struct test_batch batch = {NOTES, 1, row};
    struct position at = fixture_position("paper", 1);
    return admitted_changeset(fixture_changeset(&at, false, &batch, 1, arena));
}

TEST(changeset_check_refuses_what_the_store_cannot_take)
{
    struct fixture f;
    fixture_open(&f);
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    struct changeset good = *one_put(arena);
    EXPECT_EQ(changeset_check(f.st, &good, NULL), OK);

    struct changeset c = good;
    c.position.source[0] = '\0';
    EXPECT_EQ(changeset_check(f.st, &c, NULL), ERR_INVALID);
    c = good;
    c.position.phase = PHASE_COUNT;
    EXPECT_EQ(changeset_check(f.st, &c, NULL), ERR_INVALID);

    struct batch b = good.batches[0];
    c = good;
    c.batches = &b;
    b.table = TABLES;
    EXPECT_EQ(changeset_check(f.st, &c, NULL), ERR_INVALID);
    b = good.batches[0];
    b.row_count = 0;
    EXPECT_EQ(changeset_check(f.st, &c, NULL), ERR_LIMIT);
    b = good.batches[0];
    uint8_t op = ROW_MOVE; // without old keys
    b.ops = &op;
    EXPECT_EQ(changeset_check(f.st, &c, NULL), ERR_INVALID);
    b = good.batches[0];
    struct batch_column columns[2] = {b.columns[0], b.columns[1]};
    columns[0].value_count = 0;
    b.columns = columns;
    EXPECT_EQ(changeset_check(f.st, &c, NULL), ERR_INVALID);
    fixture_close(&f);
}

TEST(changeset_check_refuses_more_sources_than_the_manifest_holds)
{
    struct fixture f;
    fixture_open(&f);
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    struct changeset c = *one_put(arena);
    for (int i = 0; i < MANIFEST_POSITIONS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "s%d", i);
        struct position *p = position_slot(&f.st->appended, name);
        EXPECT(p);
        memcpy(p->source, name, sizeof name);
    }
    EXPECT(!position_slot(&f.st->appended, "one more"));
    EXPECT_EQ(changeset_check(f.st, &c, NULL), ERR_LIMIT);
    memcpy(c.position.source, "s7", 3);
    EXPECT_EQ(changeset_check(f.st, &c, NULL), OK);
    EXPECT(position_find(&f.st->appended, "s7"));
    EXPECT(!position_find(&f.st->appended, "s"));
    fixture_close(&f);
}

TEST(changeset_that_resets_empties_the_tables_of_its_source_only)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, DEVICES, ROW_PUT, 0, 9, 1);
    fixture_change(&f, EVENTS, ROW_PUT, 0, 9, 1);
    fixture_change(&f, NOTES, ROW_PUT, 0, 9, 1);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    struct test_row row = {ROW_PUT, 3, 0, {4, 4, 4, 4}};
    struct test_batch batch = {EVENTS, 1, &row};
    struct position at = fixture_position("fleet", 99);
    EXPECT_EQ(store_append(f.st, fixture_changeset(&at, true, &batch, 1, arena), NULL), OK);
    EXPECT_EQ(store_commit(f.st, NULL), OK);
    model_apply(&f.model, &at, true, &batch, 1);
    EXPECT_EQ(f.model.tables[NOTES].live[0], true);
    fixture_check(&f);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}
