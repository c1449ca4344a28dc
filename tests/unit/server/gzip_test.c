// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "server/gzip.h"
#include "test.h"

#include <stdlib.h>

static struct buf packed_text(const char *text)
{
    struct buf out = buf_init(1 << 20);
    EXPECT_EQ(gzip_pack(slice_text(text), &out, NULL), OK);
    return out;
}

static enum err unpack(struct slice packed)
{
    struct buf out = buf_init(1 << 20);
    enum err e = gzip_unpack(packed, &out, NULL);
    buf_done(&out);
    return e;
}

TEST(gzip_unpacks_what_it_packed)
{
    struct buf packed AUTO(buf_donep) = packed_text("hello, hello, hello");
    struct buf plain AUTO(buf_donep) = buf_init(100);
    buf_text(&plain, "> ");
    EXPECT_EQ(gzip_unpack(buf_slice(&packed), &plain, NULL), OK);
    EXPECT(slice_is(buf_slice(&plain), "> hello, hello, hello"));
}

TEST(gzip_unpacks_what_others_packed)
{
    static const uint8_t golden[] = {0x1f, 0x8b, 8, 0,    0,    0,    0,    0, 2, 3, 0xcb,
                                     0xc8, 4,    0, 0xac, 0x2a, 0x93, 0xd8, 2, 0, 0, 0};
    struct buf plain AUTO(buf_donep) = buf_init(100);
    EXPECT_EQ(gzip_unpack(slice_of(golden, sizeof golden), &plain, NULL), OK);
    EXPECT(slice_is(buf_slice(&plain), "hi"));
}

TEST(gzip_cut_short_is_refused)
{
    struct buf packed AUTO(buf_donep) = packed_text("hello, hello, hello");
    expect_every_prefix_refused(buf_slice(&packed), unpack);
}

TEST(gzip_with_a_byte_changed_is_refused_or_the_same)
{
    struct buf packed AUTO(buf_donep) = packed_text("hello, hello, hello");
    for (size_t i = 0; i < packed.len; i++) {
        packed.at[i] ^= 0x41;
        struct buf plain AUTO(buf_donep) = buf_init(1 << 20);
        // Name, time and system in gzip's head have no meaning for us.
        if (gzip_unpack(buf_slice(&packed), &plain, NULL) == OK)
            EXPECT(slice_is(buf_slice(&plain), "hello, hello, hello"));
        packed.at[i] ^= 0x41;
    }
}

TEST(gzip_with_bytes_after_its_end_is_refused)
{
    struct buf packed AUTO(buf_donep) = packed_text("hello");
    buf_u8(&packed, 0);
    EXPECT_EQ(unpack(buf_slice(&packed)), ERR_INVALID);
}

TEST(gzip_bomb_is_refused_by_ratio_and_by_limit)
{
    size_t bytes = (size_t)GZIP_FREE_BYTES + (4 << 20);
    uint8_t *zeros = calloc(1, bytes);
    struct buf packed AUTO(buf_donep) = buf_init(64 << 20);
    enum err packed_well = gzip_pack(slice_of(zeros, bytes), &packed, NULL);
    free(zeros);
    EXPECT_EQ(packed_well, OK);
    struct buf plain AUTO(buf_donep) = buf_init((size_t)1 << 30);
    EXPECT_EQ(gzip_unpack(buf_slice(&packed), &plain, NULL), ERR_LIMIT);
    struct buf small AUTO(buf_donep) = buf_init(1000);
    EXPECT_EQ(gzip_unpack(buf_slice(&packed), &small, NULL), ERR_LIMIT);
}

TEST(gzip_that_does_not_fit_is_a_limit)
{
    struct buf out AUTO(buf_donep) = buf_init(10);
    EXPECT_EQ(gzip_pack(slice_text("hello"), &out, NULL), ERR_LIMIT);
}

TEST(gzip_is_taken_by_who_says_so)
{
    static const char *const yes[] = {"gzip",        "GZIP", "deflate, gzip;q=0.5",
                                      " br , gzip ", "*",    "gzip;q=1.0"};
    static const char *const no[] = {"",        "identity", "deflate", "gzip;q=0", "gzip; q=0.000",
                                     "gzipped", "*;q=0",    ",,;,"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        EXPECT(gzip_accepted(slice_text(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        EXPECT(!gzip_accepted(slice_text(no[i])));
}

// Bytes that repeat themselves, as answers do.
static struct buf some_text(size_t len, uint32_t seed)
{
    struct buf out = buf_init(1 << 20);
    for (size_t i = 0; i < len; i++)
        buf_u8(&out, (uint8_t)("abcab,{}:\"0123"[(i * (seed + 7) / 3) % 14]));
    return out;
}

static void expect_joined(size_t head_len, size_t piece_len, size_t tail_len)
{
    struct buf head AUTO(buf_donep) = some_text(head_len, 1);
    struct buf plain AUTO(buf_donep) = some_text(piece_len, 2);
    struct buf tail AUTO(buf_donep) = some_text(tail_len, 3);
    struct buf whole AUTO(buf_donep) = buf_init(1 << 20);
    struct buf packed AUTO(buf_donep) = buf_init(1 << 20);
    struct buf back AUTO(buf_donep) = buf_init(1 << 20);
    struct gzip_piece piece;
    buf_slice_add(&whole, buf_slice(&head));
    buf_slice_add(&whole, buf_slice(&plain));
    buf_slice_add(&whole, buf_slice(&tail));
    EXPECT_EQ(gzip_piece_make(buf_slice(&plain), &piece, NULL), OK);
    EXPECT_EQ(gzip_piece_join(buf_slice(&head), &piece, buf_slice(&tail), &packed, NULL), OK);
    EXPECT_EQ(gzip_unpack(buf_slice(&packed), &back, NULL), OK);
    EXPECT(slice_equal(buf_slice(&back), buf_slice(&whole)));
    buf_done(&piece.blocks);
}

TEST(gzip_joins_a_piece_with_what_is_around_it)
{
    static const size_t lens[] = {0, 1, 2, 31, 4096, 65535};
    for (int h = 0; h < 6; h++)
        for (int p = 1; p < 6; p++)
            for (int t = 0; t < 6; t++)
                expect_joined(lens[h], lens[p], lens[t]);
    expect_joined(9, 300000, 1);
}

TEST(gzip_piece_has_bounds)
{
    struct gzip_piece piece;
    EXPECT_EQ(gzip_piece_make(slice_of(NULL, 0), &piece, NULL), ERR_LIMIT);
    buf_done(&piece.blocks);
    EXPECT_EQ(gzip_piece_make(slice_text("x"), &piece, NULL), OK);
    struct buf large AUTO(buf_donep) = some_text(65536, 1);
    struct buf out AUTO(buf_donep) = buf_init(1 << 20);
    EXPECT_EQ(gzip_piece_join(buf_slice(&large), &piece, slice_of(NULL, 0), &out, NULL), ERR_LIMIT);
    EXPECT_EQ(gzip_piece_join(slice_of(NULL, 0), &piece, buf_slice(&large), &out, NULL), ERR_LIMIT);
    buf_done(&piece.blocks);
}
