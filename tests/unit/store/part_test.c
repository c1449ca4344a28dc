// SPDX-License-Identifier: Apache-2.0
#include "store/part.h"
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

// The same rows in memory and in a segment must read the same through every function.
static void expect_same(const struct part *a, const struct part *b, uint32_t rows)
{
    static uint32_t codes[2][BLOCK_ROWS];
    static double f64[2][BLOCK_ROWS];
    static uint64_t present[2][BLOCK_ROWS / 64];
    static struct row_key keys[2][BLOCK_ROWS];
    part_codes(a, 0, rows, 1, codes[0]);
    part_codes(b, 0, rows, 1, codes[1]);
    part_f64(a, 0, rows, 2, f64[0], present[0]);
    part_f64(b, 0, rows, 2, f64[1], present[1]);
    part_keys(a, 0, rows, keys[0]);
    part_keys(b, 0, rows, keys[1]);
    EXPECT(memcmp(present[0], present[1], sizeof present[0]) == 0);
    for (uint32_t i = 0; i < rows; i++) {
        double one = 0;
        double two = 0;
        EXPECT(codes[0][i] == codes[1][i] && f64[0][i] == f64[1][i]);
        EXPECT(row_key_equal(keys[0][i], keys[1][i]));
        EXPECT_EQ(part_f64_at(a, i, 2, &one), part_f64_at(b, i, 2, &two));
        EXPECT(one == two);
        EXPECT_EQ(part_code_at(a, i, 1), part_code_at(b, i, 1));
        EXPECT(row_key_equal(part_key_at(a, i), part_key_at(b, i)));
    }
    EXPECT(part_range(a, 0, 2).max_f64 == part_range(b, 0, 2).max_f64);
    EXPECT_EQ(part_range(a, 0, 1).min, part_range(b, 0, 1).min);
}

TEST(part_reads_the_same_from_memory_and_segment)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, DEVICES, ROW_PUT, 0, 30, 7);
    fixture_change(&f, DEVICES, ROW_PUT, 30, 40, CELL_NONE);
    struct part *memory = part_ref(table_active(&f.st->tables[DEVICES])->part);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    const struct part *segment = f.st->tables[DEVICES].entries[0].part;
    EXPECT(memory->memory && segment->segment);
    expect_same(memory, segment, 40);
    EXPECT_EQ(segment->all[0], ((uint64_t)1 << 40) - 1);
    part_unref(memory);
    fixture_close(&f);
}
