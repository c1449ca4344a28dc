// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/buf.h"
#include "keys/row_key.h"
#include "test.h"

static const uint8_t key[KEY_BYTES] = {1, 2, 3};

// The network backwards, which a permutation must have and the program must not.
static uint64_t undo_network(uint64_t permuted, unsigned bits)
{
    uint64_t mask = ((uint64_t)1 << bits) - 1;
    uint32_t left = (uint32_t)(permuted >> bits & mask);
    uint32_t right = (uint32_t)(permuted & mask);
    for (uint32_t round = 8; round-- > 0;) {
        uint8_t in[8] = {(uint8_t)left,         (uint8_t)(left >> 8), (uint8_t)(left >> 16),
                         (uint8_t)(left >> 24), (uint8_t)round,       (uint8_t)bits};
        uint32_t before = right ^ (uint32_t)(short_hash(key, slice_of(in, sizeof in)) & mask);
        right = left;
        left = before;
    }
    return (uint64_t)left << bits | right;
}

static int64_t undo(uint64_t permuted)
{
    unsigned bits = permuted >> 24 == 0   ? 12
                    : permuted >> 32 == 0 ? 16
                    : permuted >> 40 == 0 ? 20
                                          : 32;
    uint64_t first = bits == 12 ? 0 : (uint64_t)1 << (bits == 32 ? 40 : 2 * bits - 8);
    do {
        permuted = undo_network(permuted, bits);
    } while (permuted < first);
    return (int64_t)permuted;
}

TEST(row_key_of_numbers_is_a_permutation)
{
    static const int64_t numbers[] = {0, 1, -1, 42, INT64_MIN, INT64_MAX, 1LL << 32, -(1LL << 40)};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        EXPECT(undo(row_key_of_number(key, numbers[i])) == numbers[i]);
    for (int64_t n = 0; n < 1000; n++)
        EXPECT(undo(row_key_of_number(key, n)) == n);
}

// So that a column of them is as narrow as the numbers are.
TEST(row_key_of_a_number_is_of_its_size)
{
    for (int64_t n = 0; n < 2000; n++) {
        EXPECT(row_key_of_number(key, n) < 1 << 24);
        EXPECT(row_key_of_number(key, (1 << 24) - 1 - n) < 1 << 24);
        EXPECT_EQ(row_key_of_number(key, (1 << 24) + n) >> 32, 0);
        EXPECT(row_key_of_number(key, (1 << 24) + n) >= 1 << 24);
        EXPECT_EQ(row_key_of_number(key, ((int64_t)1 << 32) + n) >> 40, 0);
        EXPECT(row_key_of_number(key, ((int64_t)1 << 32) + n) >> 32 != 0);
        EXPECT(row_key_of_number(key, ((int64_t)1 << 40) + n) >> 40 != 0);
        EXPECT(row_key_of_number(key, -1 - n) >> 40 != 0);
    }
}

// Numbers that the walk takes more than once round.
TEST(row_keys_of_a_class_are_undone_wherever_they_walk)
{
    uint32_t seen = 0;
    for (int64_t n = 0; n < 3000; n++) {
        uint64_t permuted = row_key_of_number(key, (1 << 24) + n);
        EXPECT(undo(permuted) == (1 << 24) + n);
        seen += undo_network(permuted, 16) < 1 << 24;
    }
    EXPECT(seen > 0);
}

static void many_are_those_of_each(enum simd simd)
{
    for (uint32_t count = 0; count < 40; count++) {
        uint64_t many[40];
        for (uint32_t i = 0; i < 40; i++)
            many[i] = (uint64_t)i << (i % 60);
        row_keys_of_numbers_by(simd, key, many, count);
        for (uint32_t i = 0; i < count; i++)
            EXPECT(undo(many[i]) == (int64_t)((uint64_t)i << (i % 60)));
        for (uint32_t i = count; i < 40; i++)
            EXPECT(many[i] == (uint64_t)i << (i % 60));
    }
}

TEST(row_keys_of_many_numbers_are_undone_by_the_librarys_hash_for_every_kernel)
{
    for (int simd = SIMD_NONE; simd <= (int)simd_best(); simd++)
        many_are_those_of_each((enum simd)simd);
}

TEST(row_key_of_a_number_hides_its_order)
{
    int rises = 0;
    for (int64_t n = 0; n < 1000; n++)
        rises += row_key_of_number(key, n + 1) > row_key_of_number(key, n);
    EXPECT(rises > 400 && rises < 600);
}

TEST(row_key_of_a_number_depends_on_the_key)
{
    static const uint8_t other[KEY_BYTES] = {1, 2, 4};
    EXPECT(row_key_of_number(key, 5) != row_key_of_number(other, 5));
}

static uint64_t of_two(const char *a, const char *b)
{
    struct buf parts AUTO(buf_donep) = buf_init(1024);
    row_key_part(&parts, slice_text(a));
    row_key_part(&parts, slice_text(b));
    uint64_t hi = 0;
    uint64_t lo = 0;
    row_key_of_parts(key, buf_slice(&parts), &hi, &lo);
    EXPECT(hi != 0);
    return lo;
}

TEST(row_key_of_parts_keeps_their_borders)
{
    EXPECT(of_two("ab", "c") == of_two("ab", "c"));
    EXPECT(of_two("ab", "c") != of_two("a", "bc"));
    EXPECT(of_two("", "abc") != of_two("abc", ""));
    EXPECT(of_two("a", "b") != of_two("b", "a"));
}

TEST(row_keys_of_many_parts_are_those_of_each)
{
    enum { COUNT = 150 };

    const uint8_t other_key[KEY_BYTES] = {7};
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 16);
    struct slice parts[COUNT];
    size_t ends[COUNT];
    uint64_t got[COUNT][2];
    for (int i = 0; i < COUNT; i++) {
        char text[COUNT + 1];
        memset(text, 'a' + i % 26, (size_t)i);
        row_key_part(&bytes, slice_of(text, (size_t)i));
        ends[i] = bytes.len;
    }
    for (int i = 0; i < COUNT; i++)
        parts[i] = slice_of(bytes.at + (i ? ends[i - 1] : 0), ends[i] - (i ? ends[i - 1] : 0));
    row_keys_of_parts(other_key, parts, COUNT, got);
    for (int i = 0; i < COUNT; i++) {
        uint64_t hi;
        uint64_t lo;
        row_key_of_parts(other_key, parts[i], &hi, &lo);
        EXPECT(got[i][0] == hi && got[i][1] == lo);
    }
}
