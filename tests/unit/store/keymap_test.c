// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "data/push.h"
#include "store/keymap.h"
#include "test.h"

#include <stdlib.h>

enum { ROWS = 200000 };

// Row i has the key of number `of[i]`.
struct rows {
    uint32_t *of;
    uint64_t asked;
};

static struct row_key key_of(uint32_t number)
{
    return (struct row_key){.hi = number % 2 ? number : 0, .lo = hash_u64(number)};
}

static bool has_key(const void *context, uint64_t row, struct row_key key)
{
    const struct rows *rows = context;
    ((struct rows *)(uintptr_t)rows)->asked++;
    return row_key_equal(key_of(rows->of[row]), key);
}

TEST(keymap_agrees_with_an_array_through_puts_and_takes)
{
    struct rows rows = {.of = calloc(ROWS, sizeof *rows.of)};
    struct keymap_probe probe = {has_key, &rows};

    enum { KEYS = 3000 };

    uint64_t *model = malloc(KEYS * sizeof *model);
    for (int i = 0; i < KEYS; i++)
        model[i] = KEYMAP_NONE;
    struct keymap *m = keymap_new();
    for (uint32_t row = 0; row < ROWS; row++) {
        uint32_t number = (uint32_t)(hash_u64(row * 31) % KEYS);
        rows.of[row] = number;
        bool takes = hash_u64(row) % 3 == 0;
        uint64_t before = takes ? keymap_take(m, key_of(number), probe)
                                : keymap_put(m, key_of(number), row, probe);
        EXPECT(before == model[number]);
        model[number] = takes ? KEYMAP_NONE : row;
        uint32_t other = (uint32_t)(hash_u64(row * 17) % KEYS);
        EXPECT(keymap_find(m, key_of(other), probe) == model[other]);
    }
    uint64_t count = 0;
    for (int i = 0; i < KEYS; i++)
        count += model[i] != KEYMAP_NONE;
    EXPECT_EQ(keymap_count(m), count);
    keymap_free(m);
    free(model);
    free(rows.of);
}

static bool is_of_number(const void *context, uint64_t row, struct row_key key)
{
    (void)context;
    return row_key_equal(push_key_of_number(row + 1), key);
}

TEST(keymap_finds_numbered_rows_among_others)
{
    struct keymap_probe probe = {is_of_number, NULL};
    struct keymap *m = keymap_new();
    for (uint32_t row = 0; row < ROWS; row++)
        EXPECT(keymap_put(m, push_key_of_number(row + 1), row, probe) == KEYMAP_NONE);
    EXPECT(keymap_bytes(m) < (uint64_t)ROWS * 14);
    for (uint32_t row = 0; row < ROWS; row += 3)
        EXPECT_EQ(keymap_take(m, push_key_of_number(row + 1), probe), row);
    for (uint32_t row = 0; row < ROWS; row++)
        EXPECT_EQ(keymap_find(m, push_key_of_number(row + 1), probe), row % 3 ? row : KEYMAP_NONE);
    EXPECT(keymap_find(m, push_key_of_hash(0, 1), probe) == KEYMAP_NONE);
    keymap_free(m);
}

TEST(keymap_takes_few_bytes_and_asks_few_rows)
{
    struct rows rows = {.of = calloc(ROWS, sizeof *rows.of)};
    struct keymap_probe probe = {has_key, &rows};
    struct keymap *m = keymap_new();
    for (uint32_t row = 0; row < ROWS; row++) {
        rows.of[row] = row;
        EXPECT(keymap_put(m, key_of(row), row, probe) == KEYMAP_NONE);
    }
    EXPECT(keymap_bytes(m) < ROWS * 13);
    EXPECT(rows.asked < ROWS / 50);
    keymap_clear(m);
    EXPECT_EQ(keymap_count(m), 0);
    EXPECT(keymap_find(m, key_of(1), probe) == KEYMAP_NONE);
    keymap_free(m);
    free(rows.of);
}

TEST(keymap_with_room_reserved_takes_no_more_than_one_that_grew)
{
    struct rows rows = {.of = calloc(ROWS, sizeof *rows.of)};
    struct keymap_probe probe = {has_key, &rows};
    struct keymap *m = keymap_new();
    keymap_reserve(m, ROWS);
    for (uint32_t row = 0; row < ROWS; row++) {
        rows.of[row] = row;
        EXPECT(keymap_put(m, key_of(row), row, probe) == KEYMAP_NONE);
    }
    EXPECT(keymap_bytes(m) < ROWS * 13);
    EXPECT(keymap_find(m, key_of(77), probe) == 77);
    keymap_free(m);
    free(rows.of);
}
