// SPDX-License-Identifier: Apache-2.0
#include "store/slabs.h"
#include "test.h"
#include "unit/store/fixture.h"

enum { G = SLAB_GRANULE_BYTES };

TEST(slabs_fill_the_first_gap_that_takes_a_piece)
{
    struct slabs s;
    slabs_init(&s, 16 * G);
    char *a = slabs_take(&s, 4 * G, SIZE_MAX);
    char *b = slabs_take(&s, 5 * G - 1, SIZE_MAX);
    char *c = slabs_take(&s, 1, SIZE_MAX);
    EXPECT(b == a + 4 * G && c == b + 5 * G);
    EXPECT_EQ(s.bytes, 16 * G);
    slabs_give(&s, b, 5 * G - 1);
    EXPECT(slabs_take(&s, 2 * G, SIZE_MAX) == b);
    EXPECT(slabs_take(&s, 3 * G, SIZE_MAX) == b + 2 * G);
    EXPECT(slabs_take(&s, 6 * G, SIZE_MAX) == c + G);
    slabs_give(&s, c + G, 6 * G);
    slabs_give(&s, b + 2 * G, 3 * G);
    slabs_give(&s, b, 2 * G);
    slabs_give(&s, a, 4 * G);
    EXPECT_EQ(s.bytes, 16 * G);
    slabs_give(&s, c, 1);
    EXPECT_EQ(s.bytes, 0);
    slabs_done(&s);
}

TEST(slabs_grow_no_farther_than_they_may)
{
    struct slabs s;
    slabs_init(&s, 8 * G);
    char *a = slabs_take(&s, 8 * G, 20 * G);
    char *b = slabs_take(&s, 8 * G, 20 * G);
    char *c = slabs_take(&s, 3 * G, 20 * G); // a small slab, as a whole one has no place
    EXPECT(a && b && c);
    EXPECT_EQ(s.bytes, 19 * G);
    EXPECT(slabs_take(&s, 2 * G, 20 * G) == NULL);
    char *d = slabs_take(&s, 30 * G, SIZE_MAX); // one of its own
    EXPECT_EQ(s.bytes, 49 * G);
    const void *at = NULL;
    size_t bytes = 0;
    slabs_give(&s, b, 8 * G);
    EXPECT(slabs_emptiest(&s, &at, &bytes));
    EXPECT(at == c && bytes == 3 * G);
    slabs_give(&s, a, 8 * G);
    slabs_give(&s, c, 3 * G);
    slabs_give(&s, d, 30 * G);
    EXPECT(!slabs_emptiest(&s, &at, &bytes));
    slabs_done(&s);
}

TEST(slabs_of_huge_pages_begin_at_one)
{
    struct slabs s;
    slabs_init(&s, 4 << 20);
    char *a = slabs_take(&s, 3 << 20, SIZE_MAX);
    EXPECT_EQ((uintptr_t)a % (2 << 20), 0);
    memset(a, 1, 3 << 20);
    slabs_give(&s, a, 3 << 20);
    slabs_done(&s);
}

// Pieces of random sizes never overlap, and everything is given back.
TEST(slabs_give_every_piece_its_own_bytes)
{
    enum { PIECES = 200, STEPS = 20000 };

    struct slabs s;
    slabs_init(&s, 64 * G);

    struct {
        uint8_t *at;
        size_t bytes;
    } pieces[PIECES] = {{0}};
    struct test_random random = {5};
    for (int step = 0; step < STEPS; step++) {
        uint32_t i = test_random(&random, PIECES);
        if (pieces[i].at) {
            for (size_t b = 0; b < pieces[i].bytes; b += G)
                EXPECT_EQ(pieces[i].at[b], (uint8_t)i);
            slabs_give(&s, pieces[i].at, pieces[i].bytes);
            pieces[i].at = NULL;
            continue;
        }
        pieces[i].bytes = 1 + test_random(&random, 20 * G);
        pieces[i].at = slabs_take(&s, pieces[i].bytes, 1500 * G);
        for (size_t b = 0; pieces[i].at && b < pieces[i].bytes; b += G)
            pieces[i].at[b] = (uint8_t)i;
    }
    for (int i = 0; i < PIECES; i++)
        if (pieces[i].at)
            slabs_give(&s, pieces[i].at, pieces[i].bytes);
    EXPECT_EQ(s.bytes, 0);
    slabs_done(&s);
}
