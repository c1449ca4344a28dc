// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/buf.h"
#include "base/reader.h"
#include "test.h"

TEST(buf_grows_and_keeps_what_was_written)
{
    struct buf b AUTO(buf_donep) = buf_init(1 << 20);
    for (uint32_t i = 0; i < 10000; i++)
        buf_u32_be(&b, i);
    EXPECT_EQ(buf_end(&b, NULL), OK);
    struct reader in = reader_over(buf_slice(&b));
    for (uint32_t i = 0; i < 10000; i++)
        EXPECT_EQ(reader_u32_be(&in), i);
    EXPECT_EQ(reader_end(&in, NULL), OK);
}

TEST(buf_and_reader_agree_on_every_width)
{
    struct buf b AUTO(buf_donep) = buf_init(4096);
    buf_u8(&b, 0xfe);
    buf_u16_le(&b, 0xfedc);
    buf_u32_le(&b, 0xfedcba98);
    buf_u64_le(&b, 0xfedcba9876543210);
    buf_u32_be(&b, 0x01020304);
    buf_u64_be(&b, 0x0102030405060708);
    buf_blob(&b, slice_text("blob"));
    buf_text(&b, "text");
    EXPECT_EQ(b.at[1], 0xdc);
    struct reader in = reader_over(buf_slice(&b));
    EXPECT_EQ(reader_u8(&in), 0xfe);
    EXPECT_EQ(reader_u16_le(&in), 0xfedc);
    EXPECT_EQ(reader_u32_le(&in), 0xfedcba98);
    EXPECT(reader_u64_le(&in) == 0xfedcba9876543210);
    EXPECT_EQ(reader_u32_be(&in), 0x01020304);
    EXPECT(reader_u64_be(&in) == 0x0102030405060708);
    EXPECT(slice_is(reader_blob(&in), "blob"));
    EXPECT(slice_is(reader_bytes(&in, 4), "text"));
    EXPECT_EQ(reader_end(&in, NULL), OK);
}

TEST(buf_remembers_a_write_past_the_limit)
{
    struct buf b AUTO(buf_donep) = buf_init(10);
    buf_bytes(&b, "12345678", 8);
    buf_u32_le(&b, 7);
    buf_u8(&b, 9);
    struct fault why = {0};
    EXPECT_EQ(buf_end(&b, &why), ERR_LIMIT);
    EXPECT(strcmp(why.words, "more than 10 bytes") == 0);
    EXPECT(slice_is(buf_slice(&b), "12345678"));
    EXPECT(buf_room(&b, 1) == NULL);
    buf_reset(&b);
    buf_text(&b, "1234567890");
    EXPECT_EQ(buf_end(&b, NULL), OK);
    EXPECT_EQ(b.len, 10);
}

TEST(buf_prints_without_the_nul)
{
    struct buf b AUTO(buf_donep) = buf_init(4096);
    buf_print(&b, "%d-%s", 7, "x");
    buf_print(&b, "%s", "");
    buf_print(&b, "%300d", 1);
    EXPECT_EQ(b.len, 303);
    EXPECT(memcmp(b.at, "7-x ", 4) == 0);
}

TEST(buf_prints_what_just_fits)
{
    struct buf b AUTO(buf_donep) = buf_init(300);
    buf_print(&b, "%s", "");
    EXPECT_EQ(b.len, 0);
    buf_print(&b, "%256d", 1); // as much as the first memory holds
    buf_print(&b, "%44d", 2);
    EXPECT_EQ(buf_end(&b, NULL), OK);
    EXPECT(b.len == 300 && b.at[255] == '1' && b.at[299] == '2');
    buf_print(&b, "%s", "");
    EXPECT_EQ(buf_end(&b, NULL), OK);
    buf_print(&b, "%d", 3);
    EXPECT_EQ(buf_end(&b, NULL), ERR_LIMIT);
    EXPECT_EQ(b.len, 300);
}

TEST(buf_has_room_for_nothing)
{
    struct buf b AUTO(buf_donep) = buf_init(4);
    EXPECT(buf_room(&b, 0) != NULL);
    EXPECT(b.len == 0 && buf_end(&b, NULL) == OK);
    buf_text(&b, "full");
    EXPECT(buf_room(&b, 0) == b.at + 4);
    EXPECT(buf_room(&b, 1) == NULL);
    EXPECT(buf_room(&b, 0) == NULL); // it remembers
}

TEST(slice_from_stays_within_the_slice)
{
    EXPECT(slice_from(slice_of(NULL, 0), 0).at == NULL);
    EXPECT_EQ(slice_from(slice_of(NULL, 0), 3).len, 0);
    struct slice s = slice_text("abc");
    EXPECT(slice_is(slice_from(s, 0), "abc"));
    EXPECT(slice_is(slice_from(s, 2), "c"));
    EXPECT(slice_from(s, 3).at == s.at + 3 && slice_from(s, 3).len == 0);
    EXPECT(slice_from(s, SIZE_MAX).at == s.at + 3 && slice_from(s, SIZE_MAX).len == 0);
}

TEST(buf_is_usable_after_it_was_done)
{
    struct buf b = buf_init(100);
    buf_text(&b, "x");
    buf_done(&b);
    EXPECT(b.len == 0 && b.at == NULL);
    buf_text(&b, "yz");
    EXPECT(slice_is(buf_slice(&b), "yz"));
    buf_done(&b);
}

TEST(varints_round_trip_at_every_width)
{
    for (int bits = 0; bits <= 64; bits++) {
        uint64_t v = bits ? UINT64_MAX >> (64 - bits) : 0;
        struct buf b AUTO(buf_donep) = buf_init(16);
        buf_varint(&b, v);
        EXPECT_EQ(b.len, bits ? (bits + 6) / 7 : 1);
        struct reader in = reader_over(buf_slice(&b));
        EXPECT(reader_varint(&in) == v);
        EXPECT_EQ(reader_end(&in, NULL), OK);
    }
}
