// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "source/pg_numeric.h"
#include "test.h"

struct example {
    const char *text;
    int weight, sign, scale, digit_count;
    int digits[6];
};

static const struct example examples[] = {
    {"0", 0, 0, 0, 0, {0}},
    {"0.00", 0, 0, 2, 0, {0}},
    {"1", 0, 0, 0, 1, {1}},
    {"-12.50", 0, 0x4000, 2, 2, {12, 5000}},
    {"10000", 1, 0, 0, 1, {1}},
    {"10000.0001", 1, 0, 4, 3, {1, 0, 1}},
    {"0.00001", -2, 0, 5, 1, {1000}},
    {"0.000012345678", -2, 0, 12, 2, {1234, 5678}},
    {"123456789012345678901200000000", 7, 0, 0, 6, {12, 3456, 7890, 1234, 5678, 9012}},
    {"NaN", 0, 0xc000, 0, 0, {0}},
    {"Infinity", 0, 0xd000, 0, 0, {0}},
    {"-Infinity", 0, 0xf000, 0, 0, {0}},
};

static void u16(struct buf *b, int v)
{
    buf_u8(b, (uint8_t)((unsigned)v >> 8));
    buf_u8(b, (uint8_t)v);
}

static void build(struct buf *b, const struct example *x)
{
    u16(b, x->digit_count);
    u16(b, x->weight);
    u16(b, x->sign);
    u16(b, x->scale);
    for (int i = 0; i < x->digit_count; i++)
        u16(b, x->digits[i]);
}

static enum err print(struct slice binary)
{
    struct arena *scratch = arena_new(1 << 20);
    struct slice text;
    enum err e = pg_numeric_print(binary, scratch, &text, NULL);
    arena_free(scratch);
    return e;
}

TEST(pg_numeric_prints_what_the_server_prints)
{
    struct arena *scratch = arena_new(1 << 20);
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct buf b = buf_init(100);
        build(&b, &examples[i]);
        struct slice text;
        EXPECT_EQ(pg_numeric_print(buf_slice(&b), scratch, &text, NULL), OK);
        EXPECT(slice_is(text, examples[i].text));
        expect_every_prefix_refused(buf_slice(&b), print);
        buf_done(&b);
    }
    arena_free(scratch);
}

TEST(pg_numeric_refuses_what_is_none)
{
    const struct example wrong[] = {
        {"", 0, 0x1234, 0, 0, {0}}, // sign
        {"", 0, 0, 0x4000, 0, {0}}, // scale
        {"", 0, 0, 0, 1, {10000}},  // digit
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct buf b = buf_init(100);
        build(&b, &wrong[i]);
        EXPECT_EQ(print(buf_slice(&b)), ERR_CORRUPT);
        buf_done(&b);
    }
    const struct example large = {"", 32767, 0, 0, 1, {1}}; // 131072 digits
    struct buf b = buf_init(100);
    build(&b, &large);
    EXPECT_EQ(print(buf_slice(&b)), ERR_LIMIT);
    buf_done(&b);
}
