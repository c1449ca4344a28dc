// SPDX-License-Identifier: Apache-2.0
#include "faulty_world.h"
#include "store/store.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <stdio.h>
#include <stdlib.h>

static const struct store_options small = {.seal_rows = 40, .merge_fan_in = 3};

static struct store *open_store(const struct world *w)
{
    struct store *st = NULL;
    struct fault why = {0};
    if (store_open(w, fixture_schema(), &small, &st, &why) != OK)
        test_fail(__FILE__, __LINE__, "open: %s", why.words);
    return st;
}

TEST(store_shows_rows_only_after_commit)
{
    struct world w = fixture_world();
    struct store *st = open_store(&w);
    struct test_row row = {.op = ROW_PUT, .key = 5, .cells = {5, 1, 2, 3}};
    EXPECT_EQ(fixture_append(st, DEVICES, row, 9), OK);
    struct snapshot *before = store_snapshot(st);
    EXPECT_EQ(view_row_count(snapshot_view(before, DEVICES)), 0);
    struct row_ref r;
    EXPECT_EQ(view_find(snapshot_view(before, DEVICES), fixture_key(5), &r), ERR_NOT_FOUND);
    struct position p;
    store_position(st, "fleet", &p);
    EXPECT_EQ(p.end_lsn, 0);
    EXPECT_EQ(p.phase, PHASE_NONE);

    EXPECT_EQ(store_commit(st, NULL), OK);
    struct snapshot *after = store_snapshot(st);
    EXPECT_EQ(view_row_count(snapshot_view(before, DEVICES)), 0);
    EXPECT_EQ(view_row_count(snapshot_view(after, DEVICES)), 1);
    EXPECT_EQ(view_find(snapshot_view(after, DEVICES), fixture_key(5), &r), OK);
    EXPECT_EQ(snapshot_version(after), snapshot_version(before) + 1);
    store_position(st, "fleet", &p);
    EXPECT_EQ(p.end_lsn, 9);
    snapshot_free(before);
    snapshot_free(after);
    store_close(st);
    fixture_world_drop(&w);
}

TEST(store_finds_a_row_in_an_old_snapshot_after_it_was_replaced)
{
    struct world w = fixture_world();
    struct store *st = open_store(&w);
    struct test_row row = {.op = ROW_PUT, .key = 5, .cells = {5, 1, 2, 3}};
    EXPECT_EQ(fixture_append(st, DEVICES, row, 1), OK);
    EXPECT_EQ(store_commit(st, NULL), OK);
    struct snapshot *old = store_snapshot(st);
    row.cells[2] = 8;
    EXPECT_EQ(fixture_append(st, DEVICES, row, 2), OK);
    EXPECT_EQ(store_commit(st, NULL), OK);
    struct row_ref r;
    double weight = 0;
    EXPECT_EQ(view_find(snapshot_view(old, DEVICES), fixture_key(5), &r), OK);
    EXPECT(row_f64(snapshot_view(old, DEVICES), r, 2, &weight));
    EXPECT(weight == 1.0);
    snapshot_free(old);
    store_close(st);
    fixture_world_drop(&w);
}

TEST(store_takes_a_position_without_rows)
{
    struct world w = fixture_world();
    struct store *st = open_store(&w);
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    struct position at = fixture_position("fleet", 77);
    struct snapshot *before = store_snapshot(st);
    EXPECT_EQ(store_append(st, fixture_changeset(&at, false, NULL, 0, arena), NULL), OK);
    EXPECT_EQ(store_commit(st, NULL), OK);
    struct snapshot *after = store_snapshot(st);
    EXPECT_EQ(snapshot_version(after), snapshot_version(before));
    snapshot_free(before);
    snapshot_free(after);
    store_close(st);
    st = open_store(&w);
    struct position p;
    store_position(st, "fleet", &p);
    EXPECT_EQ(p.end_lsn, 77);
    EXPECT_EQ(p.generation, 3);
    store_close(st);
    fixture_world_drop(&w);
}

// A random life of a store beside its model.
struct life {
    struct world w;
    struct store *st;
    struct model model;
    struct model committed;
    struct model appended[64]; // after each changeset since the last commit
    uint32_t appended_count;
    struct test_random random;
    uint64_t lsn;
};

static int random_cell(struct life *l)
{
    uint32_t n = test_random(&l->random, 24);
    return n < 2 ? CELL_NONE : n < 6 ? CELL_UNCHANGED : (int)n;
}

static struct test_row random_row(struct life *l, uint32_t table)
{
    struct test_row row = {
        .op = ROW_PUT,
        .key = test_random(&l->random, MODEL_KEYS),
        .old_key = test_random(&l->random, MODEL_KEYS),
    };
    uint32_t n = test_random(&l->random, 100);
    if (n >= 60)
        row.op = n < 85 ? ROW_DELETE : n < 99 ? ROW_MOVE : ROW_TRUNCATE;
    for (int f = 0; f < FIELDS_MAX; f++)
        row.cells[f] = random_cell(l);
    if (table == DEVICES)
        row.cells[0] = (int)row.key;
    return row;
}

static enum err random_append(struct life *l)
{
    static struct test_row rows[3][32];
    struct arena *arena AUTO(arena_freep) = arena_new(16 << 20);
    bool paper = test_random(&l->random, 4) == 0;
    struct position at = fixture_position(paper ? "paper" : "fleet", ++l->lsn);
    struct test_batch batches[3];
    uint32_t count = test_random(&l->random, 4);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t table = paper ? NOTES : test_random(&l->random, 2);
        batches[i] = (struct test_batch){table, 1 + test_random(&l->random, 31), rows[i]};
        for (uint32_t r = 0; r < batches[i].row_count; r++)
            rows[i][r] = random_row(l, table);
    }
    bool resets = test_random(&l->random, 40) == 0;
    enum err e = store_append(l->st, fixture_changeset(&at, resets, batches, count, arena), NULL);
    if (e)
        return e;
    model_apply(&l->model, &at, resets, batches, count);
    l->appended[l->appended_count++ % 64] = l->model;
    return OK;
}

static enum err commit(struct life *l)
{
    enum err e = store_commit(l->st, NULL);
    if (e)
        return e;
    l->committed = l->model;
    l->appended_count = 0;
    return OK;
}

static enum err live_one_step(struct life *l)
{
    bool did = false;
    uint32_t n = test_random(&l->random, 10);
    if (n < 5)
        return random_append(l);
    if (n < 7)
        return commit(l);
    return store_maintain(l->st, &did, NULL);
}

static void live(uint64_t seed, bool background)
{
    static struct life l;
    l = (struct life){.w = fixture_world(), .random = {seed}};
    struct store_options options = small;
    options.background = background;
    struct world quick = faulty_world(&l.w); // does not sync
    const struct world *w = background ? &l.w : &quick;
    faulty_arm(0, FAULT_ONCE);
    EXPECT_EQ(store_open(w, fixture_schema(), &options, &l.st, NULL), OK);
    for (int step = 0; step < 400; step++) {
        EXPECT_EQ(live_one_step(&l), OK);
        const char *words = model_differs_from_store(&l.committed, l.st);
        if (words)
            test_fail(__FILE__, __LINE__, "seed %llu, step %d: %s", (unsigned long long)seed, step,
                      words);
        if (test_random(&l.random, 50) != 0)
            continue;
        EXPECT_EQ(commit(&l), OK);
        store_close(l.st);
        EXPECT_EQ(store_open(w, fixture_schema(), &options, &l.st, NULL), OK);
        words = model_differs_from_store(&l.committed, l.st);
        if (words)
            test_fail(__FILE__, __LINE__, "seed %llu, step %d, opened anew: %s",
                      (unsigned long long)seed, step, words);
    }
    struct store_stats *stats = malloc(sizeof *stats);
    store_stats(l.st, stats);
    uint64_t rows = stats->tables[EVENTS].rows;
    uint64_t bytes_written = stats->bytes_written;
    free(stats);
    EXPECT(rows <= MODEL_KEYS);
    EXPECT(bytes_written > 0);
    store_close(l.st);
    fixture_world_drop(&l.w);
}

TEST(store_agrees_with_a_naive_model)
{
    for (uint64_t seed = 1; seed <= 3; seed++)
        live(seed, false);
}

TEST(store_with_a_keeper_agrees_with_a_naive_model)
{
    for (uint64_t seed = 101; seed <= 103; seed++)
        live(seed, true);
}

// What was committed, or that and some of what was appended after it, in order.
static const char *is_no_prefix(const struct life *l)
{
    const char *words = model_differs_from_store(&l->committed, l->st);
    for (uint32_t i = 0; i < l->appended_count && words; i++)
        words = model_differs_from_store(&l->appended[i], l->st);
    return words;
}

// A short life in a world that breaks; then the store is opened in a sound one.
static bool live_with_fault(uint64_t seed, uint64_t at, enum fault_kind kind)
{
    static struct life l;
    l = (struct life){.w = fixture_world(), .random = {seed}};
    struct world broken = faulty_world(&l.w);
    faulty_arm(at, kind);
    bool opened = store_open(&broken, fixture_schema(), &small, &l.st, NULL) == OK;
    for (int step = 0; step < 60 && opened; step++) {
        enum err e = live_one_step(&l);
        const char *seen = model_differs_from_store(&l.committed, l.st);
        if (seen || (e && e != ERR_IO))
            test_fail(__FILE__, __LINE__, "seed %llu, fault %llu (%d), step %d: %s",
                      (unsigned long long)seed, (unsigned long long)at, kind, step,
                      seen ? seen : err_name(e));
    }
    if (opened)
        store_close(l.st);
    bool fired = faulty_fired();
    faulty_power_back();
    l.st = open_store(&l.w);
    const char *words = is_no_prefix(&l);
    if (words)
        test_fail(__FILE__, __LINE__, "seed %llu, fault %llu (%d): %s", (unsigned long long)seed,
                  (unsigned long long)at, kind, words);
    store_close(l.st);
    fixture_world_drop(&l.w);
    return fired;
}

enum { FAULT_STEP = SANITIZED ? 7 : 1 }; // from one fault to the next that is tried

TEST(store_survives_any_one_fault)
{
    for (uint64_t seed = 1; seed <= 1; seed++) {
        uint64_t at = 1;
        while (live_with_fault(seed, at, FAULT_ONCE))
            at += FAULT_STEP;
        EXPECT(at > 50);
    }
}

TEST(store_survives_a_power_cut_at_any_operation)
{
    for (uint64_t seed = 3; seed <= 4; seed++) {
        uint64_t at = 1;
        while (live_with_fault(seed, at, FAULT_POWER))
            at += FAULT_STEP;
        EXPECT(at > 50);
    }
}
