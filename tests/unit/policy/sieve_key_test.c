// SPDX-License-Identifier: Apache-2.0
#include "keys/row_key.h"
#include "policy/sieve_key.h"
#include "test.h"

static const uint8_t key[32] = {5};
static const struct policy_column columns[] = {{.name = "a"}, {.name = "b"}};
static const uint32_t both[] = {0, 1};
static const struct policy_table one = {.key_count = 1, .keys = both, .columns = columns};
static const struct policy_table two = {.key_count = 2, .keys = both, .columns = columns};

static struct row_key of(const struct policy_table *t, struct raw a, struct raw b)
{
    struct buf scratch AUTO(buf_donep) = buf_init(1024);
    const struct raw values[] = {a, b};
    struct row_key out = {0};
    EXPECT_EQ(sieve_key(t, key, values, NULL, &scratch, &out), OK);
    sieve_keys_settle(key, &(uint8_t){ROW_PUT}, SIEVE_KEY_OWN, &out, 1);
    return out;
}

static struct raw number(int64_t n)
{
    return (struct raw){.type = RAW_I64, .i64 = n};
}

static struct raw text(const char *t)
{
    return (struct raw){.type = RAW_TEXT, .text = slice_text(t)};
}

TEST(sieve_key_of_one_integer_is_its_permutation)
{
    struct row_key k = of(&one, number(9), number(1));
    EXPECT_EQ(k.hi, 0);
    EXPECT(k.lo == row_key_of_number(key, 9));
    EXPECT(row_key_equal(k, of(&one, number(9), number(2))));
}

TEST(sieve_key_of_anything_else_is_hashed)
{
    EXPECT(of(&one, text("9"), number(1)).hi != 0);
    struct row_key k = of(&two, number(1), text("23"));
    EXPECT(k.hi != 0);
    EXPECT(row_key_equal(k, of(&two, text("1"), number(23))));
    EXPECT(!row_key_equal(k, of(&two, text("12"), number(3))));
}

TEST(sieve_key_takes_values_where_they_are)
{
    struct buf scratch AUTO(buf_donep) = buf_init(1024);
    const struct raw values[] = {number(3), number(4)};
    static const uint32_t at[] = {1};
    struct row_key out = {0};
    EXPECT_EQ(sieve_key(&one, key, values, at, &scratch, &out), OK);
    EXPECT_EQ(out.lo, 4);
}

TEST(sieve_key_needs_every_value)
{
    struct buf scratch AUTO(buf_donep) = buf_init(1024);
    const struct raw values[] = {number(3), {.type = RAW_NULL}};
    struct row_key out = {0};
    EXPECT_EQ(sieve_key(&two, key, values, NULL, &scratch, &out), ERR_INVALID);
    EXPECT(strcmp(sieve_key_missing(&two, values, NULL)->name, "b") == 0);
}

enum { MANY = 300 };

// A batch of every operation, with hashed keys (hi not 0) here and there.
static void write_many(struct row_key *keys, uint8_t *ops)
{
    for (uint32_t i = 0; i < MANY; i++) {
        ops[i] = (uint8_t)(i * 7 % ROW_OP_COUNT);
        keys[i] = (struct row_key){.hi = i % 5 == 0, .lo = 1000 + i};
    }
}

static void expect_settled(enum sieve_key_kind kind)
{
    struct row_key keys[MANY];
    uint8_t ops[MANY];
    for (uint32_t count = 0; count <= MANY; count++) {
        write_many(keys, ops);
        sieve_keys_settle(key, ops, kind, keys, count);
        for (uint32_t i = 0; i < count; i++) {
            bool has_key = kind == SIEVE_KEY_OLD ? ops[i] == ROW_MOVE : ops[i] != ROW_TRUNCATE;
            struct row_key want = {.hi = i % 5 == 0, .lo = 1000 + i};
            if (want.hi == 0)
                want.lo = row_key_of_number(key, 1000 + i);
            EXPECT(row_key_equal(keys[i], has_key ? want : (struct row_key){0}));
        }
    }
}

TEST(sieve_keys_settle_every_number_of_a_batch)
{
    expect_settled(SIEVE_KEY_OWN);
    expect_settled(SIEVE_KEY_OLD);
}
