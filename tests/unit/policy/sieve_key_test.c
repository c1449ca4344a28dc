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
    EXPECT(out.lo == row_key_of_number(key, 4));
}

TEST(sieve_key_needs_every_value)
{
    struct buf scratch AUTO(buf_donep) = buf_init(1024);
    const struct raw values[] = {number(3), {.type = RAW_NULL}};
    struct row_key out = {0};
    EXPECT_EQ(sieve_key(&two, key, values, NULL, &scratch, &out), ERR_INVALID);
    EXPECT(strcmp(sieve_key_missing(&two, values, NULL)->name, "b") == 0);
}
