// SPDX-License-Identifier: Apache-2.0
#include "store/memory.h"
#include "test.h"
#include "unit/store/fixture.h"

// Puts `count` rows of devices at `at`; row i has weight i, or none where i % 3 is 0.
static void put(struct memory *m, uint32_t at, uint32_t count, struct arena *arena)
{
    struct test_row *rows = ARENA_ARRAY(arena, struct test_row, count);
    for (uint32_t i = 0; i < count; i++) {
        int n = (int)(at + i);
        rows[i] = (struct test_row){.op = ROW_PUT, .key = at + i, .cells = {n % 5, n % 7, n}};
        rows[i].cells[2] = n % 3 ? n : CELL_NONE;
    }
    struct test_batch batch = {DEVICES, count, rows};
    struct position position = fixture_position("fleet", 1);
    const struct admitted *a = fixture_changeset(&position, false, &batch, 1, arena);
    struct memory_run run = {admitted_changeset(a)->batches, 0, count, at};
    uint32_t codes[] = {10, 11, 12, 13, 14, 15, 16};
    memory_put_keys(m, &run);
    for (uint32_t f = 0; f < 4; f++)
        memory_put_values(m, &run, f, codes);
}

TEST(memory_gives_back_rows_across_chunks)
{
    struct arena *arena AUTO(arena_freep) = arena_new(64 << 20);
    const struct table *t = &fixture_schema()->tables[DEVICES];
    struct memory *m = memory_new(t);
    put(m, 0, 100, arena);
    put(m, 100, BLOCK_ROWS - 100, arena);
    put(m, BLOCK_ROWS, 50, arena);
    static double values[BLOCK_ROWS];
    static uint64_t present[BLOCK_ROWS / 64];
    memory_f64(m, 1, 50, 2, values, present);
    for (uint32_t i = 0; i < 50; i++) {
        uint32_t n = BLOCK_ROWS + i;
        double one = 0;
        EXPECT_EQ(bit_get(present, i), n % 3 != 0);
        EXPECT_EQ(memory_f64_at(m, n, 2, &one), n % 3 != 0);
        EXPECT(values[i] == (n % 3 ? n / 2.0 : 0) && one == values[i]);
        EXPECT(row_key_equal(memory_key_at(m, n), fixture_key(n)));
    }
    EXPECT_EQ(present[1], 0);
    EXPECT_EQ(memory_code_at(m, 101, 1), memory_code_at(m, 108, 1));
    EXPECT(memory_bytes(m) > 2 * BLOCK_ROWS * 20);
    memory_free(m);
}

TEST(memory_bounds_hold_every_value)
{
    struct arena *arena AUTO(arena_freep) = arena_new(64 << 20);
    struct memory *m = memory_new(&fixture_schema()->tables[DEVICES]);
    put(m, 0, 2, arena);
    put(m, 2, 90, arena);
    struct block_range range = memory_range(m, 0, 2);
    EXPECT(range.any && range.any_missing);
    EXPECT(range.min_f64 == 0.5 && range.max_f64 == 91 / 2.0);
    memory_set_f64(m, 3, 2, 1000);
    EXPECT(memory_range(m, 0, 2).max_f64 == 1000);
    memory_set_code(m, 3, 1, 99);
    EXPECT_EQ(memory_range(m, 0, 1).max, 99);
    EXPECT_EQ(memory_code_at(m, 3, 1), 99);
    EXPECT(!memory_range(m, 0, 1).any_missing);
    memory_free(m);
}

TEST(memory_hides_present_bits_of_rows_not_yet_visible)
{
    struct arena *arena AUTO(arena_freep) = arena_new(64 << 20);
    struct memory *m = memory_new(&fixture_schema()->tables[DEVICES]);
    put(m, 0, 60, arena);
    static double values[BLOCK_ROWS];
    static uint64_t present[BLOCK_ROWS / 64];
    memory_f64(m, 0, 5, 2, values, present);
    EXPECT_EQ(present[0], 0x16); // rows 1, 2 and 4
    memory_free(m);
}

TEST(memory_gives_codes_in_fewer_bytes)
{
    struct arena *arena AUTO(arena_freep) = arena_new(64 << 20);
    struct memory *m = memory_new(&fixture_schema()->tables[DEVICES]);
    put(m, 0, 100, arena);
    memory_set_code(m, 7, 1, CODE_NONE);
    static uint32_t u32[BLOCK_ROWS];
    static uint16_t u16[BLOCK_ROWS];
    static uint8_t u8[BLOCK_ROWS];
    memory_codes_narrow(m, 0, 100, 1, 1, u8);
    memory_codes_narrow(m, 0, 100, 1, 2, u16);
    memory_codes_narrow(m, 0, 100, 1, 4, u32);
    for (uint32_t i = 0; i < 100; i++) {
        EXPECT_EQ(u32[i], memory_code_at(m, i, 1));
        EXPECT_EQ(u16[i], (uint16_t)u32[i]);
        EXPECT_EQ(u8[i], (uint8_t)u32[i]);
    }
    EXPECT(u8[7] == UINT8_MAX && u16[7] == UINT16_MAX);
    memory_free(m);
}

TEST(memory_gives_numbers_as_distances)
{
    static const struct field field = {.name = "ms", .type = FIELD_LONG, .lookup_table = -1};
    static const struct table table = {.name = "t", .field_count = 1, .fields = &field};
    struct memory *m = memory_new(&table);
    struct row_key keys[100] = {0};
    uint64_t present[2] = {0};
    struct batch_column column = {.present = present, .i64 = (int64_t[100]){0}};
    struct batch batch = {.row_count = 100, .keys = keys, .columns = &column};
    struct memory_run run = {&batch, 0, 100, 0};
    memory_put_keys(m, &run);
    memory_put_values(m, &run, 0, NULL);
    static uint32_t room[BLOCK_ROWS];
    static uint64_t bits[BLOCK_ROWS / 64];
    struct offsets o = {.distances = room, .present = bits};
    EXPECT(memory_offsets(m, 0, 100, 0, &o));
    EXPECT(o.max == 0 && room[0] == 0 && bits[0] == 0);
    for (uint32_t i = 0; i < 100; i += 3)
        memory_set_i64(m, i, 0, 1000000 + i * 5);
    EXPECT(memory_offsets(m, 0, 100, 0, &o));
    EXPECT(o.base == 1000000 && o.max == 495 && o.width == 2 && o.power == 0);
    const uint16_t *u16 = (const uint16_t *)(const void *)room;
    for (uint32_t i = 0; i < 100; i++) {
        EXPECT_EQ(bit_get(bits, i), i % 3 == 0);
        EXPECT_EQ(u16[i], i % 3 ? 0 : i * 5);
    }
    memory_set_i64(m, 4, 0, -70000);
    EXPECT(memory_offsets(m, 0, 100, 0, &o));
    EXPECT(o.base == -70000 && o.width == 4 && room[4] == 0 && room[3] == 1070015);
    memory_set_i64(m, 5, 0, INT64_MAX);
    EXPECT(!memory_offsets(m, 0, 100, 0, &o));
    o.given_width = 2;
    o.base = 1000000 - 7;
    EXPECT(memory_offsets(m, 0, 100, 0, &o));
    EXPECT(o.width == 2 && o.base == 1000000 - 7);
    for (uint32_t i = 0; i < 100; i += 3)
        EXPECT_EQ(u16[i], i * 5 + 7);
    memory_free(m);
}

// Which blocks have a row of a code, by looking at all that a reader may see.
static void expect_blocks_of(const struct memory *m, uint32_t rows, uint32_t code)
{
    uint64_t bits[1] = {0};
    struct memory_wanted want = {.count = 1, .codes = &code, .rows = rows, .first = 5};
    EXPECT(memory_blocks_of(m, &want, bits));
    uint64_t should[1] = {0};
    for (uint32_t row = 0; row < rows; row++)
        if (memory_code_at(m, row, 0) == code)
            bit_set(should, 5 + row / BLOCK_ROWS);
    EXPECT_EQ(bits[0], should[0]);
}

TEST(memory_knows_the_blocks_of_a_look_up_key)
{
    enum { COUNT = 3 * BLOCK_ROWS, KEYS = 9000 };

    struct arena *arena AUTO(arena_freep) = arena_new(64 << 20);
    struct memory *m = memory_new(&fixture_schema()->tables[EVENTS]);
    uint32_t *codes = ARENA_ARRAY(arena, uint32_t, COUNT);
    uint64_t *present = ARENA_ARRAY(arena, uint64_t, bit_words(COUNT));
    struct row_key *keys = ARENA_ARRAY(arena, struct row_key, COUNT);
    uint32_t *identity = ARENA_ARRAY(arena, uint32_t, KEYS);
    struct test_random r = {.state = 4};
    for (uint32_t i = 0; i < COUNT; i++) {
        codes[i] = test_random(&r, KEYS - 2);
        if (test_random(&r, 10))
            bit_set(present, i);
    }
    for (uint32_t i = 0; i < KEYS; i++)
        identity[i] = i;
    struct batch_column columns[4] = {{.codes = codes, .present = present}};
    struct batch batch = {.row_count = COUNT, .keys = keys, .columns = columns};
    for (uint32_t at = 0; at < COUNT; at += BLOCK_ROWS / 4) {
        struct memory_run run = {&batch, at, BLOCK_ROWS / 4, at};
        memory_put_keys(m, &run);
        memory_put_values(m, &run, 0, identity);
    }
    uint32_t none = 0; // a row without a value gets one later, as "unchanged" does
    while (bit_get(present, none))
        none++;
    memory_set_code(m, none, 0, KEYS - 1);
    for (uint32_t code = 0; code < 300; code++) {
        expect_blocks_of(m, COUNT, code);
        expect_blocks_of(m, BLOCK_ROWS + 77, code);
        expect_blocks_of(m, 0, code);
    }
    expect_blocks_of(m, COUNT, KEYS - 2);
    expect_blocks_of(m, COUNT, KEYS - 1);
    memory_free(m);
}

TEST(memory_does_not_know_the_blocks_of_other_codes_or_of_too_many)
{
    struct arena *arena AUTO(arena_freep) = arena_new(64 << 20);
    struct memory *m = memory_new(&fixture_schema()->tables[DEVICES]);
    put(m, 0, 2, arena);
    uint32_t code = 10;
    uint64_t bits[1] = {0};
    struct memory_wanted want = {.field = 1, .count = 1, .codes = &code, .rows = 2};
    EXPECT(!memory_blocks_of(m, &want, bits));
    EXPECT_EQ(bits[0], 0);
    memory_free(m);
}
