// SPDX-License-Identifier: Apache-2.0
#include "codec/codec_private.h"
#include "column_cases.h"

static void expect_frame(const uint64_t *words, uint32_t count, int64_t min, int64_t max)
{
    struct buf out = buf_init(1 << 20);
    frame_encode(words, count, min, max, &out);
    EXPECT_EQ(out.len, frame_bytes(min, max, count));
    struct slice bytes = exact_copy(buf_slice(&out));
    buf_done(&out);
    EXPECT_EQ(frame_check(bytes, count, NULL), OK);
    struct frame f = frame_of(bytes.at);
    uint64_t *got = malloc(count * sizeof *got);
    bitunpack_u64(f.packed, count, f.width, f.base, got);
    for (uint32_t i = 0; i < count; i++)
        EXPECT_EQ(got[i], words[i]);
    free(got);
    exact_free(bytes);
}

TEST(frame_gives_back_ranges_of_every_width)
{
    uint64_t random = 2;
    uint64_t words[1500];
    for (unsigned width = 1; width <= 64; width++) {
        uint64_t mask = width == 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
        int64_t min = width == 64 ? INT64_MIN : -3;
        int64_t max = (int64_t)((uint64_t)min + mask);
        for (int i = 0; i < 1500; i++)
            words[i] = (uint64_t)min + (next_random(&random) & mask);
        words[7] = (uint64_t)min;
        words[8] = (uint64_t)max;
        expect_frame(words, 1500, min, max);
        expect_frame(words, 9, min, max);
    }
}

TEST(frame_refuses_a_width_or_length_that_does_not_fit)
{
    uint8_t bytes[9 + 64] = {0};
    bytes[8] = 1;
    EXPECT_EQ(frame_check(slice_of(bytes, sizeof bytes), 512, NULL), OK);
    EXPECT_EQ(frame_check(slice_of(bytes, sizeof bytes), 513, NULL), ERR_CORRUPT);
    EXPECT_EQ(frame_check(slice_of(bytes, sizeof bytes - 1), 512, NULL), ERR_CORRUPT);
    EXPECT_EQ(frame_check(slice_of(bytes, 8), 1, NULL), ERR_CORRUPT);
    bytes[8] = 65;
    EXPECT_EQ(frame_check(slice_of(bytes, sizeof bytes), 1, NULL), ERR_CORRUPT);
}
