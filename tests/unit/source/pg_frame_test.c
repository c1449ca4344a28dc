// SPDX-License-Identifier: Apache-2.0
#include "source/pg_frame.h"
#include "test.h"

static enum err decode(struct slice bytes)
{
    struct pg_frame f;
    return pg_frame_decode(bytes, &f, NULL);
}

TEST(pg_frame_keepalive_is_decoded)
{
    struct buf b = buf_init(64);
    buf_u8(&b, 'k');
    buf_u64_be(&b, 0x16b3748);
    buf_u64_be(&b, 77);
    buf_u8(&b, 1);
    struct pg_frame f;
    EXPECT_EQ(pg_frame_decode(buf_slice(&b), &f, NULL), OK);
    EXPECT_EQ(f.kind, 'k');
    EXPECT_EQ(f.end_lsn, 0x16b3748);
    EXPECT_EQ(f.send_time_us, 77);
    EXPECT(f.wants_reply);
    expect_every_prefix_refused(buf_slice(&b), decode);
    buf_u8(&b, 0);
    EXPECT_EQ(decode(buf_slice(&b)), ERR_CORRUPT);
    buf_done(&b);
}

TEST(pg_frame_data_carries_its_message)
{
    struct buf b = buf_init(64);
    buf_u8(&b, 'w');
    buf_u64_be(&b, 1);
    buf_u64_be(&b, 2);
    buf_u64_be(&b, 3);
    expect_every_prefix_refused(buf_slice(&b), decode);
    buf_text(&b, "E");
    struct pg_frame f;
    EXPECT_EQ(pg_frame_decode(buf_slice(&b), &f, NULL), OK);
    EXPECT_EQ(f.start_lsn, 1);
    EXPECT_EQ(f.end_lsn, 2);
    EXPECT(slice_is(f.payload, "E"));
    EXPECT_EQ(decode(slice_text("x123")), ERR_CORRUPT);
    EXPECT_EQ(decode(slice_text("")), ERR_CORRUPT);
    buf_done(&b);
}

TEST(pg_status_tells_one_position_three_times)
{
    struct buf b = buf_init(64);
    pg_status_encode(0x0102030405060708, -2, &b);
    EXPECT_EQ(b.len, 34);
    EXPECT_EQ(b.at[0], 'r');
    EXPECT(memcmp(b.at + 1, b.at + 9, 8) == 0 && memcmp(b.at + 1, b.at + 17, 8) == 0);
    EXPECT_EQ(b.at[1], 1);
    EXPECT_EQ(b.at[8], 8);
    EXPECT_EQ(b.at[32], 0xfe);
    EXPECT_EQ(b.at[33], 0);
    buf_done(&b);
}

TEST(pg_time_keeps_the_infinities)
{
    EXPECT_EQ(pg_time_us(0), PG_EPOCH_US);
    EXPECT_EQ(pg_time_us(INT64_MIN), INT64_MIN);
    EXPECT_EQ(pg_time_us(INT64_MAX), INT64_MAX);
    EXPECT_EQ(pg_time_us(INT64_MAX - 1), INT64_MAX);
}
