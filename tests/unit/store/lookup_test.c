// SPDX-License-Identifier: Apache-2.0
#include "store/lookup.h"
#include "store/snapshot_private.h"
#include "test.h"
#include "unit/store/fixture.h"

static uint32_t ord_of(const struct view *v, uint32_t key)
{
    char room[24];
    return dict_find(view_dict(v, 0), fixture_text(&view_table(v)->fields[0], (int)key, room));
}

TEST(lookup_follows_puts_and_deletes_and_old_views_keep_theirs)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, DEVICES, ROW_PUT, 0, 30, 6);
    struct snapshot *old = store_snapshot(f.st);
    fixture_change(&f, DEVICES, ROW_DELETE, 3, 4, 0);
    fixture_change(&f, DEVICES, ROW_PUT, 4, 5, 8);
    struct snapshot *new = store_snapshot(f.st);
    const struct view *before = snapshot_view(old, DEVICES);
    const struct view *after = snapshot_view(new, DEVICES);
    uint32_t ords[] = {ord_of(after, 3), ord_of(after, 4), CODE_NONE, 1 << 20, ord_of(after, 5)};
    double weights[5];
    uint64_t present = 0;
    lookup_f64(before, 2, ords, 5, weights, &present);
    EXPECT_EQ(present, 0x13);
    EXPECT(weights[0] == 3 && weights[1] == 3 && weights[2] == 0);
    lookup_f64(after, 2, ords, 5, weights, &present);
    EXPECT_EQ(present, 0x12);
    EXPECT(weights[0] == 0 && weights[1] == 4 && weights[4] == 3);
    lookup_codes(after, 1, ords, 5, ords); // in place
    EXPECT_EQ(ords[0], CODE_NONE);
    EXPECT_EQ(ords[2], CODE_NONE);
    EXPECT_EQ(ords[3], CODE_NONE);
    EXPECT(slice_is(dict_value(view_dict(after, 1), ords[1]), "value-8"));
    EXPECT(slice_is(dict_value(view_dict(after, 1), ords[4]), "value-6"));
    snapshot_free(old);
    snapshot_free(new);
    fixture_close(&f);
}

static uint32_t flat_at(const void *flat, unsigned width, uint32_t i)
{
    if (width == 1)
        return ((const uint8_t *)flat)[i] == UINT8_MAX ? CODE_NONE : ((const uint8_t *)flat)[i];
    if (width == 2)
        return ((const uint16_t *)flat)[i] == UINT16_MAX ? CODE_NONE : ((const uint16_t *)flat)[i];
    return ((const uint32_t *)flat)[i];
}

TEST(lookup_as_one_array_says_what_single_look_ups_do)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, DEVICES, ROW_PUT, 0, 30, 6);
    fixture_change(&f, DEVICES, ROW_DELETE, 3, 4, 0);
    struct snapshot *now = store_snapshot(f.st);
    const struct view *v = snapshot_view(now, DEVICES);
    for (unsigned width = 1; width <= 4; width *= 2) {
        uint32_t count;
        const void *flat = lookup_flat_codes(v, 1, width, &count);
        EXPECT(flat && count >= 30);
        EXPECT(flat == lookup_flat_codes(v, 1, width, &count));
        for (uint32_t ord = 0; ord < count; ord++) {
            uint32_t code = ord;
            lookup_codes(v, 1, &code, 1, &code);
            EXPECT_EQ(flat_at(flat, width, ord), code);
        }
    }
    snapshot_free(now);
    fixture_close(&f);
}

TEST(lookup_of_a_table_nobody_refers_to_gives_nothing)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 3, 6);
    struct snapshot *s = store_snapshot(f.st);
    uint32_t ords[] = {0, 1};
    int64_t sizes[2];
    uint64_t present = 9;
    lookup_i64(snapshot_view(s, NOTES), 1, ords, 2, sizes, &present);
    EXPECT_EQ(present, 0);
    uint32_t count = 9;
    EXPECT(lookup_flat_codes(snapshot_view(s, NOTES), 1, 4, &count) == NULL);
    EXPECT_EQ(count, 0);
    snapshot_free(s);
    fixture_close(&f);
}

// Two rows of one key: place 0 and 1.
static struct part *part_of_two(const struct table *t)
{
    struct part *p = part_of_memory(t, 0);
    struct arena *arena AUTO(arena_freep) = arena_new(16 << 20);
    struct test_row rows[2] = {{ROW_PUT, 0, 0, {1, 2, 3, 4}}, {ROW_PUT, 1, 0, {1, 5, 6, 7}}};
    struct test_batch batch = {DEVICES, 2, rows};
    struct position at = fixture_position("fleet", 1);
    const struct admitted *a = fixture_changeset(&at, false, &batch, 1, arena);
    struct memory_run run = {admitted_changeset(a)->batches, 0, 2, 0};
    uint32_t codes[] = {0, 1};
    memory_put_keys(p->memory, &run);
    for (uint32_t f = 0; f < 4; f++)
        memory_put_values(p->memory, &run, f, codes);
    return p;
}

TEST(lookup_keeps_the_value_when_another_row_of_the_key_ends)
{
    const struct table *t = &fixture_schema()->tables[DEVICES];
    struct part *p = part_of_two(t);
    struct lookup *l = lookup_new(t);
    lookup_put(l, 0, p, 0);
    lookup_put(l, 1, p, 1);
    lookup_drop(l, 0, p, 0);
    struct cow *roots[4];
    lookup_share(l, roots);
    struct view v = {.table = t, .lookups = roots};
    uint32_t ord = 0;
    double weight = 0;
    uint64_t present = 0;
    lookup_f64(&v, 2, &ord, 1, &weight, &present);
    EXPECT(present == 1 && weight == 3);
    EXPECT(lookup_bytes(l) > 0);
    lookup_clear(l);
    for (int f = 0; f < 4; f++)
        cow_unref(roots[f]);
    lookup_free(l);
    part_unref(p);
}

static double weight_of(const struct table *t, const struct lookup *l, uint64_t *out_present)
{
    struct cow *roots[4];
    lookup_share(l, roots);
    struct view v = {.table = t, .lookups = roots};
    uint32_t ord = 0;
    double weight = 0;
    lookup_f64(&v, 2, &ord, 1, &weight, out_present);
    for (int f = 0; f < 4; f++)
        cow_unref(roots[f]);
    return weight;
}

TEST(lookup_takes_the_live_rows_of_a_block_as_it_takes_single_ones)
{
    const struct table *t = &fixture_schema()->tables[DEVICES];
    struct part *p = part_of_two(t);
    for (uint64_t live = 0; live < 4; live++) {
        struct lookup *single = lookup_new(t);
        struct lookup *block = lookup_new(t);
        for (uint32_t row = 0; row < 2; row++)
            if (live >> row & 1)
                lookup_put(single, 7 + row, p, row);
        const struct lookup_block b = {0, 2, &live};
        lookup_put_block(block, 7, p, &b);
        for (int dropped = 0; dropped < 2; dropped++) { // as long as it is there, then without
            uint64_t want = 0;
            uint64_t got = 0;
            double weight = weight_of(t, single, &want);
            EXPECT(weight_of(t, block, &got) == weight);
            EXPECT_EQ(got, want);
            EXPECT_EQ(want, live != 0 && !dropped);
            for (uint32_t row = 0; row < 2; row++) {
                lookup_drop(single, 7 + row, p, row);
                lookup_drop(block, 7 + row, p, row);
            }
        }
        lookup_free(single);
        lookup_free(block);
    }
    part_unref(p);
}
