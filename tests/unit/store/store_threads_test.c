// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

// Every commit puts all keys of `devices` and `events` with one number in every cell but
// the first, some keys twice, or deletes and puts them anew.  Whatever snapshot a reader
// takes, all its rows must agree.

enum { COMMITS = 150, KEYS = 20, READERS = 2 };

struct crowd {
    struct store *st;
    _Atomic bool ends;
    _Atomic uint32_t looks;
    _Atomic uint32_t wrong;
};

static int number_of(const struct view *v, struct row_ref r)
{
    int64_t i64 = 0;
    double f64 = 0;
    if (view_table(v)->fields[2].type == FIELD_DOUBLE)
        return row_f64(v, r, 2, &f64) ? (int)(f64 * 2) : -1;
    return row_i64(v, r, 2, &i64) ? (int)i64 : -1;
}

static bool view_is_whole(const struct view *v, int want)
{
    if (view_row_count(v) != KEYS)
        return false;
    for (uint32_t k = 0; k < KEYS; k++) {
        struct row_ref r;
        if (view_find(v, fixture_key(k), &r) != OK || number_of(v, r) != want)
            return false;
    }
    uint64_t rows = 0;
    for (uint32_t b = 0; b < view_block_count(v); b++) {
        struct block block = view_block(v, b);
        static _Thread_local uint32_t codes[BLOCK_ROWS];
        block_codes(&block, 1, codes);
        for (uint32_t i = 0; i < block.row_count; i++) {
            if (!bit_get(block.live, i))
                continue;
            rows++;
            if (number_of(v, (struct row_ref){b, i}) != want || codes[i] >= view_dict_count(v, 1))
                return false;
        }
    }
    return rows == KEYS;
}

static bool lookups_are_whole(const struct view *devices, int want)
{
    for (int k = 0; k < KEYS; k++) {
        char room[24];
        double weight = 0;
        uint64_t present = 0;
        struct slice id = fixture_text(&view_table(devices)->fields[0], k, room);
        uint32_t ord = dict_find(view_dict(devices, 0), id);
        lookup_f64(devices, 2, &ord, 1, &weight, &present);
        if (present != 1 || (int)(weight * 2) != want)
            return false;
    }
    return true;
}

static void *look(void *context)
{
    struct crowd *c = context;
    while (!c->ends) {
        struct snapshot *s = store_snapshot(c->st);
        int want = (int)snapshot_version(s) - 1; // the first commit makes version 2
        if (want > 0) {
            bool whole = view_is_whole(snapshot_view(s, DEVICES), want) &&
                         view_is_whole(snapshot_view(s, EVENTS), want) &&
                         lookups_are_whole(snapshot_view(s, DEVICES), want);
            c->wrong += !whole;
            c->looks++;
        }
        snapshot_free(s);
    }
    return NULL;
}

static enum err put_all(struct store *st, uint32_t table, int number)
{
    static struct test_row rows[3 * KEYS];
    uint32_t count = 0;
    for (uint32_t k = 0; k < KEYS; k++) {
        struct test_row row = {ROW_PUT, k, 0, {(int)k, number, number, number}};
        if (number % 3 == 0)
            rows[count++] = (struct test_row){ROW_DELETE, k, 0, {0}};
        if (number % 5 == 0)
            rows[count++] = row;
        rows[count++] = row;
    }
    struct arena *arena AUTO(arena_freep) = arena_new(16 << 20);
    struct position at = fixture_position("fleet", (uint64_t)number);
    struct test_batch batch = {table, count, rows};
    return store_append(
        st, fixture_changeset(&at, number % 31 == 0 && table == DEVICES, &batch, 1, arena), NULL);
}

static void write_all(struct crowd *c)
{
    for (int n = 1; n <= COMMITS; n++) {
        EXPECT_EQ(put_all(c->st, DEVICES, n), OK);
        EXPECT_EQ(put_all(c->st, EVENTS, n), OK);
        EXPECT_EQ(store_commit(c->st, NULL), OK);
    }
}

TEST(store_readers_see_whole_commits_while_rows_are_written_sealed_and_merged)
{
    struct world w = fixture_world();
    struct crowd c = {0};
    struct store_options options = {.seal_rows = 100, .merge_fan_in = 2, .background = true};
    EXPECT_EQ(store_open(&w, fixture_schema(), &options, &c.st, NULL), OK);
    pthread_t readers[READERS];
    for (int i = 0; i < READERS; i++)
        EXPECT_EQ(pthread_create(&readers[i], NULL, look, &c), 0);
    write_all(&c);
    while (c.looks < 10) // the machine may have run no reader yet
        sched_yield();
    c.ends = true;
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    EXPECT_EQ(c.wrong, 0);
    static struct store_stats stats;
    store_stats(c.st, &stats);
    EXPECT_EQ(stats.commits, COMMITS);
    store_close(c.st);
    fixture_world_drop(&w);
}
