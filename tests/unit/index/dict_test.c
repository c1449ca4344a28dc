// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "index/dict.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

static struct slice number_text(char *room, size_t size, uint32_t n)
{
    int len = snprintf(room, size, "value %u", n);
    return slice_of(room, (size_t)len);
}

static uint32_t add(struct dict *d, struct slice value)
{
    uint32_t code = CODE_NONE;
    EXPECT_EQ(dict_add(d, value, &code, NULL), OK);
    return code;
}

TEST(dict_gives_codes_in_order_and_the_same_one_again)
{
    struct dict *d = dict_new(0);
    EXPECT_EQ(dict_count(d), 0);
    EXPECT_EQ(dict_find(d, slice_text("a")), CODE_NONE);
    EXPECT_EQ(add(d, slice_text("a")), 0);
    EXPECT_EQ(add(d, slice_text("")), 1);
    EXPECT_EQ(add(d, slice_of("a\0b", 3)), 2);
    EXPECT_EQ(add(d, slice_text("a")), 0);
    EXPECT_EQ(add(d, slice_of(NULL, 0)), 1);
    EXPECT_EQ(dict_count(d), 3);
    EXPECT(slice_equal(dict_value(d, 2), slice_of("a\0b", 3)));
    EXPECT_EQ(dict_value(d, 1).len, 0);
    EXPECT_EQ(dict_find(d, slice_text("")), 1);
    EXPECT_EQ(dict_find(d, slice_text("b")), CODE_NONE);
    dict_free(d);
}

TEST(dict_holds_many_values_of_any_length)
{
    struct dict *d = dict_new(0);
    char room[32];
    for (uint32_t i = 0; i < 200000; i++)
        EXPECT_EQ(add(d, number_text(room, sizeof room, i)), i);
    for (uint32_t i = 0; i < 200000; i++) {
        struct slice text = number_text(room, sizeof room, i);
        EXPECT_EQ(dict_find(d, text), i);
        EXPECT(slice_equal(dict_value(d, i), text));
    }
    EXPECT_EQ(dict_find(d, number_text(room, sizeof room, 200000)), CODE_NONE);
    dict_free(d);
}

TEST(dict_values_stay_put)
{
    struct dict *d = dict_new(0);
    char room[32];
    add(d, slice_text("first"));
    const uint8_t *first = dict_value(d, 0).at;
    for (uint32_t i = 0; i < 100000; i++)
        add(d, number_text(room, sizeof room, i));
    EXPECT(dict_value(d, 0).at == first);
    EXPECT(slice_is(dict_value(d, 0), "first"));
    dict_free(d);
}

// Over the places where a chunk ends and the next, larger one begins.
TEST(dict_of_fixed_width_crosses_every_chunk)
{
    struct dict *d = dict_new(16);
    const uint32_t count = (2 << 20) + 300000;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t value[2] = {i * 0x9e3779b97f4a7c15, i};
        EXPECT_EQ(add(d, slice_of(value, 16)), i);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint64_t value[2] = {i * 0x9e3779b97f4a7c15, i};
        EXPECT(slice_equal(dict_value(d, i), slice_of(value, 16)));
        EXPECT(i % 101 != 0 || dict_find(d, slice_of(value, 16)) == i);
    }
    EXPECT(dict_bytes(d) < (uint64_t)count * 40);
    dict_free(d);
}

TEST(dict_add_many_gives_equal_values_one_code)
{
    struct dict *d = dict_new(0);
    add(d, slice_text("old"));
    struct slice values[100];
    uint32_t codes[100];
    char rooms[100][32];
    for (uint32_t i = 0; i < 100; i++)
        values[i] = i % 10 == 9 ? slice_text("old") : number_text(rooms[i], 32, i % 40);
    EXPECT_EQ(dict_add_many(d, values, 100, codes, NULL), OK);
    for (uint32_t i = 0; i < 100; i++) {
        EXPECT(slice_equal(dict_value(d, codes[i]), values[i]));
        EXPECT_EQ(dict_find(d, values[i]), codes[i]);
    }
    EXPECT_EQ(dict_count(d), 1 + 36);
    EXPECT_EQ(dict_add_many(d, values, 0, codes, NULL), OK);
    dict_free(d);
}

TEST(dict_refuses_values_of_the_wrong_size)
{
    struct dict *d = dict_new(16);
    uint32_t code;
    struct fault why = {0};
    EXPECT_EQ(dict_add(d, slice_of("0123456789abcde", 15), &code, &why), ERR_INVALID);
    EXPECT_EQ(dict_find(d, slice_of("0123456789abcde", 15)), CODE_NONE);
    EXPECT_EQ(dict_count(d), 0);
    dict_free(d);

    d = dict_new(0);
    uint8_t *large = calloc(1, LIMIT_VALUE_BYTES + 1);
    EXPECT_EQ(dict_add(d, slice_of(large, LIMIT_VALUE_BYTES + 1), &code, &why), ERR_LIMIT);
    for (uint8_t i = 0; i < 200; i++) {
        large[0] = i;
        EXPECT_EQ(dict_add(d, slice_of(large, LIMIT_VALUE_BYTES), &code, &why), OK);
        EXPECT_EQ(code, i);
    }
    EXPECT_EQ(dict_value(d, 7).len, LIMIT_VALUE_BYTES);
    EXPECT_EQ(dict_value(d, 7).at[0], 7);
    free(large);
    dict_free(d);
    dict_free(NULL);
}
