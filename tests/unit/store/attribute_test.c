// SPDX-License-Identifier: Apache-2.0
#include "store/attribute.h"
#include "store/snapshot_private.h"
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <pthread.h>
#include <stdlib.h>

enum { DEVICE = 0, MODEL = 1 };

// Events and devices, both in segments.
static void open_sealed(struct fixture *f)
{
    fixture_open(f);
    fixture_change(f, DEVICES, ROW_PUT, 0, 30, 6);
    fixture_change(f, EVENTS, ROW_PUT, 0, 40, 3);
    EXPECT_EQ(seal_freeze(f->st, NULL), OK);
    EXPECT_EQ(seal_run(f->st, NULL), OK);
}

static struct attribute_reader *reader_of(const struct snapshot *s, unsigned width)
{
    struct attribute_path path = {.field = DEVICE,
                                  .target = snapshot_view(s, DEVICES),
                                  .target_field = MODEL,
                                  .width = width};
    return attribute_open(snapshot_view(s, EVENTS), &path);
}

static void look_up(const struct snapshot *s, const struct block *b, uint32_t *out)
{
    block_codes(b, DEVICE, out);
    lookup_codes(snapshot_view(s, DEVICES), MODEL, out, b->row_count, out);
}

static void keep_all(struct attribute_reader *r, const struct snapshot *s)
{
    static uint32_t codes[BLOCK_ROWS];
    const struct view *v = snapshot_view(s, EVENTS);
    for (uint32_t i = 0; i < view_block_count(v); i++) {
        struct block b = view_block(v, i);
        look_up(s, &b, codes);
        attribute_keep(r, &b, codes);
    }
}

// Blocks that are there, all of which say what the look-up does.
static uint32_t blocks_kept(const struct attribute_reader *r, const struct snapshot *s)
{
    static uint32_t codes[BLOCK_ROWS];
    const struct view *v = snapshot_view(s, EVENTS);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < view_block_count(v); i++) {
        struct block b = view_block(v, i);
        const void *at = attribute_codes(r, &b);
        look_up(s, &b, codes);
        kept += at != NULL;
        if (at)
            EXPECT(memcmp(at, codes, b.row_count * sizeof *codes) == 0);
    }
    EXPECT_EQ(attribute_missing(r), view_block_count(v) - kept);
    return kept;
}

TEST(attribute_is_there_for_the_next_search_once_it_is_kept)
{
    struct fixture f;
    open_sealed(&f);
    struct snapshot *s = store_snapshot(f.st);
    struct attribute_reader *r = reader_of(s, 4);
    EXPECT_EQ(blocks_kept(r, s), 0);
    keep_all(r, s);
    EXPECT_EQ(blocks_kept(r, s), 1);
    keep_all(r, s); // a second copy is not
    uint64_t used = f.st->attribute_room.used;
    EXPECT(used >= 160 && used < 224); // 40 codes
    struct block b = view_block(snapshot_view(s, EVENTS), 0);
    const struct entry *e = b.part;
    EXPECT(attributes_bytes(e->part->attributes) > used);
    attribute_close(r);
    r = reader_of(s, 4);
    EXPECT_EQ(blocks_kept(r, s), 1);
    attribute_close(r);
    snapshot_free(s);
    fixture_close(&f);
}

TEST(attribute_of_changed_keys_is_looked_up_anew_and_old_searches_pass_over_it)
{
    struct fixture f;
    open_sealed(&f);
    struct snapshot *old = store_snapshot(f.st);
    struct attribute_reader *before = reader_of(old, 4);
    keep_all(before, old);
    fixture_change(&f, DEVICES, ROW_PUT, 2, 5, 8);
    fixture_change(&f, DEVICES, ROW_DELETE, 5, 6, 0);
    struct snapshot *new = store_snapshot(f.st);
    struct attribute_reader *after = reader_of(new, 4);
    EXPECT_EQ(blocks_kept(after, new), 0);
    EXPECT_EQ(blocks_kept(before, old), 1);
    keep_all(after, new);
    EXPECT_EQ(blocks_kept(after, new), 1);
    attribute_close(before);
    before = reader_of(old, 4);
    EXPECT_EQ(blocks_kept(before, old), 0);
    keep_all(before, old); // must not become the newer one's
    EXPECT_EQ(blocks_kept(before, old), 0);
    EXPECT_EQ(blocks_kept(after, new), 1);
    attribute_close(before);
    attribute_close(after);
    snapshot_free(old);
    snapshot_free(new);
    fixture_close(&f);
}

TEST(attribute_stays_when_keys_that_its_rows_have_not_change)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, DEVICES, ROW_PUT, 0, 30, 6);
    fixture_change(&f, EVENTS, ROW_PUT, 0, 20, 3); // of few devices
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    struct snapshot *s = store_snapshot(f.st);
    struct attribute_reader *r = reader_of(s, 4);
    keep_all(r, s);
    attribute_close(r);
    snapshot_free(s);
    fixture_change(&f, DEVICES, ROW_PUT, 50, 60, 8); // keys that nobody had yet
    s = store_snapshot(f.st);
    r = reader_of(s, 4);
    EXPECT_EQ(blocks_kept(r, s), 1);
    attribute_close(r);
    snapshot_free(s);
    fixture_close(&f);
}

TEST(attribute_ends_with_the_segment_and_with_narrower_codes)
{
    struct fixture f;
    open_sealed(&f);
    struct snapshot *s = store_snapshot(f.st);
    struct attribute_reader *r = reader_of(s, 4);
    keep_all(r, s);
    struct attribute_reader *narrow = reader_of(s, 1);
    EXPECT_EQ(attribute_missing(narrow), 1);
    static uint8_t codes[BLOCK_ROWS];
    struct block b = view_block(snapshot_view(s, EVENTS), 0);
    EXPECT(!attribute_takes(narrow, &b)); // the dictionary has outgrown them
    attribute_keep(narrow, &b, codes);
    EXPECT_EQ(attribute_missing(narrow), 1);
    attribute_close(narrow);
    attribute_close(r);
    snapshot_free(s);
    fixture_change(&f, EVENTS, ROW_TRUNCATE, 0, 1, 0);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    EXPECT_EQ(f.st->attribute_room.used, 0);
    fixture_close(&f);
}

TEST(attribute_keeps_nothing_past_its_room)
{
    struct fixture f;
    open_sealed(&f);
    f.st->attribute_room.limit = 60;
    struct snapshot *s = store_snapshot(f.st);
    struct attribute_reader *r = reader_of(s, 4);
    struct block b = view_block(snapshot_view(s, EVENTS), 0);
    EXPECT(!attribute_takes(r, &b));
    keep_all(r, s);
    EXPECT_EQ(blocks_kept(r, s), 0);
    EXPECT_EQ(f.st->attribute_room.used, 0);
    attribute_close(r);
    f.st->attribute_room.limit = 0;
    EXPECT(!reader_of(s, 4));
    snapshot_free(s);
    fixture_close(&f);
}

static uint64_t charged(const struct fixture *f)
{
    struct units_stats s;
    units_stats(f->st->units, &s);
    return s.bytes_charged;
}

TEST(attribute_is_charged_to_the_budget_of_segments)
{
    struct fixture f;
    open_sealed(&f);
    uint64_t before = charged(&f);
    struct snapshot *s = store_snapshot(f.st);
    struct attribute_reader *r = reader_of(s, 4);
    keep_all(r, s);
    EXPECT(f.st->attribute_room.used >= 40 * sizeof(uint32_t));
    EXPECT_EQ(charged(&f), before + f.st->attribute_room.used);
    attribute_close(r);
    snapshot_free(s);
    fixture_change(&f, EVENTS, ROW_TRUNCATE, 0, 1, 0); // its segment goes
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    EXPECT_EQ(f.st->attribute_room.used, 0);
    EXPECT_EQ(charged(&f), before);
    fixture_close(&f);
}

static struct attribute_reader *reader_by_weight_or_model(const struct snapshot *s, uint32_t field)
{
    struct attribute_path path = {
        .field = DEVICE, .target = snapshot_view(s, DEVICES), .target_field = field, .width = 4};
    return attribute_open(snapshot_view(s, EVENTS), &path);
}

TEST(attribute_that_nobody_asks_for_makes_room_and_one_that_is_stays)
{
    enum { OWNER = 3, ENOUGH = 100 };
    struct fixture f;
    open_sealed(&f);
    struct snapshot *s = store_snapshot(f.st);
    struct attribute_reader *r = reader_of(s, 4);
    keep_all(r, s);
    f.st->attribute_room.limit = f.st->attribute_room.used; // full
    attribute_close(r);
    for (int i = 0; i < 10; i++) { // others ask, but not for long
        r = reader_by_weight_or_model(s, OWNER);
        EXPECT_EQ(attribute_missing(r), 1);
        attribute_close(r);
    }
    r = reader_of(s, 4);
    EXPECT_EQ(blocks_kept(r, s), 1);
    for (int i = 0; i < ENOUGH; i++)
        attribute_close(reader_by_weight_or_model(s, OWNER));
    EXPECT_EQ(f.st->attribute_room.gone, 1);
    EXPECT_EQ(blocks_kept(r, s), 1); // who reads it has it as long as that
    attribute_close(r);
    EXPECT_EQ(f.st->attribute_room.used, 0);
    r = reader_of(s, 4);
    keep_all(r, s);
    EXPECT_EQ(blocks_kept(r, s), 1);
    attribute_close(r);
    snapshot_free(s);
    fixture_close(&f);
}

TEST(attribute_has_none_for_rows_in_memory_and_tables_that_nobody_refers_to)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, DEVICES, ROW_PUT, 0, 30, 6);
    fixture_change(&f, EVENTS, ROW_PUT, 0, 40, 3);
    struct snapshot *s = store_snapshot(f.st);
    struct attribute_reader *r = reader_of(s, 4);
    keep_all(r, s);
    EXPECT_EQ(blocks_kept(r, s), 0);
    attribute_close(r);
    struct attribute_path path = {
        .field = DEVICE, .target = snapshot_view(s, NOTES), .target_field = 0, .width = 4};
    EXPECT(!attribute_open(snapshot_view(s, EVENTS), &path));
    snapshot_free(s);
    fixture_close(&f);
}

// ---- threads ----

struct racing {
    struct store *st;
    bool ended; // atomically
};

static void *read_on(void *context)
{
    struct racing *race = context;
    while (!__atomic_load_n(&race->ended, __ATOMIC_ACQUIRE)) {
        struct snapshot *s = store_snapshot(race->st);
        struct attribute_reader *r = reader_of(s, 4);
        const struct view *v = snapshot_view(s, EVENTS);
        uint32_t *codes = malloc(BLOCK_ROWS * sizeof *codes);
        for (uint32_t i = 0; i < view_block_count(v); i++) {
            struct block b = view_block(v, i);
            const void *at = attribute_codes(r, &b);
            look_up(s, &b, codes);
            if (at)
                EXPECT(memcmp(at, codes, b.row_count * sizeof *codes) == 0);
            else
                attribute_keep(r, &b, codes);
        }
        free(codes);
        attribute_close(r);
        snapshot_free(s);
    }
    return NULL;
}

TEST(attribute_is_right_beside_a_writer_that_changes_keys)
{
    struct fixture f;
    open_sealed(&f);
    struct racing race = {.st = f.st};
    pthread_t readers[3];
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(pthread_create(&readers[i], NULL, read_on, &race), 0);
    for (int i = 0; i < 200; i++)
        fixture_change(&f, DEVICES, i % 5 ? ROW_PUT : ROW_DELETE, (uint32_t)i % 30,
                       (uint32_t)i % 30 + 1, i % 16);
    __atomic_store_n(&race.ended, true, __ATOMIC_RELEASE);
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(pthread_join(readers[i], NULL), 0);
    fixture_close(&f);
}

// Of model and owner.
static struct attribute_reader *reader_of_combinations(const struct snapshot *s)
{
    enum { OWNER = 3 };
    struct attribute_path path = {.field = DEVICE,
                                  .target = snapshot_view(s, DEVICES),
                                  .target_field = MODEL,
                                  .width = 1,
                                  .more_count = 1,
                                  .more = {OWNER}};
    return attribute_open(snapshot_view(s, EVENTS), &path);
}

TEST(attribute_of_combinations_is_apart_from_its_fields_and_numbers_them_as_they_come)
{
    struct fixture f;
    open_sealed(&f);
    struct snapshot *s = store_snapshot(f.st);
    struct block b = view_block(snapshot_view(s, EVENTS), 0);
    struct attribute_reader *r = reader_of_combinations(s);
    struct attribute_reader *model = reader_of(s, 1);
    struct combinations *c = attribute_combinations(r, &b);
    EXPECT(c && !attribute_combinations(model, &b));
    EXPECT_EQ(combinations_count(c), 0);
    EXPECT_EQ(combinations_add(c, (const uint32_t[]){5, 7}), 0);
    EXPECT_EQ(combinations_add(c, (const uint32_t[]){7, 5}), 1);
    EXPECT_EQ(combinations_add(c, (const uint32_t[]){5, 7}), 0);
    static const uint8_t codes[BLOCK_ROWS] = {1, 0, 1};
    EXPECT(attribute_takes(r, &b));
    attribute_keep(r, &b, codes);
    EXPECT(attribute_is_whole(r, &b));
    EXPECT(!attribute_codes(model, &b) && !attribute_is_whole(model, &b));
    static const uint8_t some[BLOCK_ROWS] = {1, UINT8_MAX, 1};
    attribute_keep(model, &b, some);
    EXPECT(attribute_codes(model, &b) && !attribute_is_whole(model, &b));
    struct attribute_reader *again = reader_of_combinations(s);
    EXPECT(memcmp(attribute_codes(again, &b), codes, b.row_count) == 0);
    EXPECT_EQ(attribute_combinations(again, &b) == c, true);
    EXPECT_EQ(combinations_count(c), 2);
    EXPECT_EQ(c->values[1][0], 7);
    for (uint32_t i = 2; i < COMBINATIONS_MAX; i++)
        EXPECT_EQ(combinations_add(c, (const uint32_t[]){1000, i}), i);
    EXPECT_EQ(combinations_add(c, (const uint32_t[]){1001, 0}), COMBINATION_NONE);
    EXPECT_EQ(combinations_add(c, (const uint32_t[]){7, 5}), 1);
    attribute_close(again);
    attribute_close(model);
    attribute_close(r);
    snapshot_free(s);
    fixture_close(&f);
}

TEST(attribute_of_combinations_goes_when_any_of_its_fields_changes)
{
    struct fixture f;
    open_sealed(&f);
    struct snapshot *s = store_snapshot(f.st);
    struct block b = view_block(snapshot_view(s, EVENTS), 0);
    static const uint8_t codes[BLOCK_ROWS];
    struct attribute_reader *r = reader_of_combinations(s);
    attribute_keep(r, &b, codes);
    EXPECT_EQ(attribute_missing(r), 0);
    struct test_row row = {.op = ROW_PUT, .key = 3, .cells = {3, 9, 9, 9}};
    EXPECT_EQ(fixture_append(f.st, DEVICES, row, 1000), OK);
    EXPECT_EQ(store_commit(f.st, NULL), OK);
    struct snapshot *then = store_snapshot(f.st);
    struct attribute_reader *newer = reader_of_combinations(then);
    EXPECT_EQ(attribute_missing(newer), 1);
    EXPECT_EQ(attribute_missing(r), 0);
    attribute_close(newer);
    attribute_close(r);
    snapshot_free(then);
    snapshot_free(s);
    fixture_close(&f);
}
