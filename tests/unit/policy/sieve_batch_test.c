// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "keys/row_key.h"
#include "policy/sieve_batch.h"
#include "test.h"

static const uint8_t row_key[KEY_BYTES] = {9};
static const struct field field = {.name = "n", .type = FIELD_LONG};
static const struct table table = {.name = "t", .field_count = 1, .fields = &field};
static const struct policy_column column = {.name = "n"};
static const struct policy_table declared = {.columns = &column};

static struct sieve_batch batch_new(size_t *bytes)
{
    static const uint32_t field_columns[] = {0};
    static const uint8_t *const no_keys[] = {NULL};
    const struct sieve_shape shape = {
        .declared = &declared,
        .table = &table,
        .field_columns = field_columns,
        .subject_keys = no_keys,
        .row_key = row_key,
        .bytes = bytes,
    };
    struct sieve_batch b;
    sieve_batch_init(&b, &shape);
    return b;
}

static void add(struct sieve_batch *b, enum row_op op, uint64_t key)
{
    uint32_t row = sieve_batch_next(b);
    sieve_column_i64(&b->columns[0], row, (int64_t)key * 10);
    sieve_batch_add(b, op, (struct row_key){.lo = key}, (struct row_key){.lo = key + 1});
}

TEST(sieve_batch_keeps_the_order_of_rows)
{
    struct arena *a AUTO(arena_freep) = arena_new(16 << 20);
    size_t bytes = 0;
    struct sieve_batch b = batch_new(&bytes);
    for (uint64_t i = 0; i < 300; i++)
        add(&b, ROW_PUT, i);
    struct batch out;
    sieve_batch_finish(&b, 4, a, &out);
    EXPECT_EQ(out.table, 4);
    EXPECT_EQ(out.row_count, 300);
    EXPECT(out.old_keys == NULL);
    for (uint64_t i = 0; i < 300; i++)
        EXPECT(out.keys[i].lo == row_key_of_number(row_key, (int64_t)i) &&
               out.columns[0].i64[i] == (int64_t)i * 10);
    sieve_batch_done(&b);
}

TEST(sieve_batch_has_old_keys_when_a_row_moves)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    size_t bytes = 0;
    struct sieve_batch b = batch_new(&bytes);
    add(&b, ROW_PUT, 1);
    add(&b, ROW_MOVE, 5);
    struct batch out;
    sieve_batch_finish(&b, 0, a, &out);
    EXPECT(out.old_keys[1].lo == row_key_of_number(row_key, 6));
    EXPECT_EQ(out.old_keys[0].lo, 0); // this row does not move
    sieve_batch_reset(&b);
    add(&b, ROW_PUT, 1);
    sieve_batch_finish(&b, 0, a, &out);
    EXPECT(out.old_keys == NULL && out.row_count == 1);
    sieve_batch_done(&b);
}

TEST(sieve_batch_is_full_at_its_limit)
{
    size_t bytes = 0;
    struct sieve_batch b = batch_new(&bytes);
    for (uint64_t i = 0; i < LIMIT_BATCH_ROWS; i++) {
        EXPECT(!sieve_batch_is_full(&b));
        add(&b, ROW_PUT, i);
    }
    EXPECT(sieve_batch_is_full(&b));
    sieve_batch_done(&b);
}
