// SPDX-License-Identifier: Apache-2.0
#include "index/dict.h"
#include "index/postings.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <stdlib.h>

enum { BLOCKS = 90, ROWS = 300, CODES = 5000 };

static uint32_t rows[BLOCKS][ROWS];

static void fill(uint32_t codes)
{
    struct test_random r = {3};
    for (uint32_t b = 0; b < BLOCKS; b++)
        for (uint32_t i = 0; i < ROWS; i++)
            rows[b][i] = test_random(&r, 20) ? 7 + 3 * test_random(&r, codes) : CODE_NONE;
}

static bool build(struct buf *out)
{
    struct postings_builder *b = postings_builder_new();
    for (uint32_t i = 0; i < BLOCKS; i++)
        postings_builder_block(b, rows[i], i == BLOCKS - 1 ? 10 : ROWS);
    bool is_useful = postings_builder_end(b, out);
    postings_builder_free(b);
    return is_useful;
}

static bool block_has(uint32_t block, uint32_t code)
{
    for (uint32_t i = 0; i < (block == BLOCKS - 1 ? 10 : ROWS); i++)
        if (rows[block][i] == code)
            return true;
    return false;
}

TEST(postings_name_the_blocks_of_each_code)
{
    fill(CODES);
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    struct postings p;
    EXPECT(build(&bytes));
    EXPECT(bytes.len < (size_t)BLOCKS * ROWS * 4);
    EXPECT_EQ(postings_open(buf_slice(&bytes), BLOCKS, &p, NULL), OK);
    EXPECT_EQ(postings_check(&p, NULL), OK);
    for (uint32_t code = 0; code < 3 * CODES + 20; code++) {
        uint64_t bits[3] = {0};
        EXPECT_EQ(postings_blocks(&p, code, 5, bits, NULL), OK);
        for (uint32_t b = 0; b < BLOCKS; b++)
            EXPECT_EQ(bits[(b + 5) / 64] >> ((b + 5) % 64) & 1, block_has(b, code));
    }
}

TEST(postings_of_few_values_are_not_made)
{
    fill(200);
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    EXPECT(!build(&bytes));
    EXPECT_EQ(bytes.len, 0);
    struct postings_builder *none = postings_builder_new();
    EXPECT(!postings_builder_end(none, &bytes));
    postings_builder_block(none, (uint32_t[]){CODE_NONE}, 1);
    EXPECT(!postings_builder_end(none, &bytes));
    postings_builder_free(none);
}

static enum err open_again(struct slice bytes)
{
    struct postings p;
    return postings_open(bytes, 6, &p, NULL);
}

// Codes 0, 10, 20 ... in the six blocks one after the other, and code 5 in the first two.
static void build_small(struct buf *out)
{
    struct postings_builder *b = postings_builder_new();
    for (uint32_t block = 0; block < 6; block++) {
        uint32_t codes[12];
        for (uint32_t i = 0; i < 12; i++)
            codes[i] = 10 * (12 * block + i);
        codes[7] = block < 2 ? 5 : codes[7];
        postings_builder_block(b, codes, 12);
    }
    EXPECT(postings_builder_end(b, out));
    postings_builder_free(b);
}

TEST(postings_are_refused_when_cut_short)
{
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    build_small(&bytes);
    EXPECT_EQ(open_again(buf_slice(&bytes)), OK);
    expect_every_prefix_refused(buf_slice(&bytes), open_again);
    struct postings p;
    EXPECT_EQ(postings_open(buf_slice(&bytes), 7, &p, NULL), ERR_CORRUPT);
}

// A checksum guards them on disk; without it a change is refused or still names blocks
// that are there.  What is refused when a code is looked for is refused when all are checked.
TEST(postings_with_any_byte_changed_stay_within_their_blocks)
{
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    build_small(&bytes);
    uint8_t *copy = malloc(bytes.len);
    EXPECT(copy != NULL);
    for (size_t i = 0; i < bytes.len; i++) {
        for (uint32_t change = 1; change < 256; change++) {
            memcpy(copy, bytes.at, bytes.len);
            copy[i] ^= (uint8_t)change;
            struct postings p;
            if (postings_open(slice_of(copy, bytes.len), 6, &p, NULL) != OK)
                continue;
            uint64_t bits = 0;
            bool is_refused = false;
            for (uint32_t code = 0; code < 720; code += 5)
                is_refused |= postings_blocks(&p, code, 0, &bits, NULL) != OK;
            EXPECT(bits < 1u << 6);
            EXPECT(!is_refused || postings_check(&p, NULL) != OK);
        }
    }
    free(copy);
}
