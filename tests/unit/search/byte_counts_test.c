// SPDX-License-Identifier: Apache-2.0
#include "search/byte_counts.h"
#include "search/column.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <stdlib.h>

enum { BOUND = 100000, ROOM_BYTES = 64 << 20 };

struct both { // bytes, and what they are to tell
    struct room room;
    struct byte_counts bytes;
    uint64_t *whole;
};

static void start(struct both *b)
{
    *b = (struct both){.room = room_init(ROOM_BYTES), .whole = calloc(BOUND, sizeof *b->whole)};
    EXPECT(byte_counts_start(&b->bytes, &b->room, BOUND));
}

static void done(struct both *b)
{
    free(b->whole);
    room_done(&b->room);
}

// `rows` rows: of one bucket in `hot` each eighth, of any from `base` on else, and none.
static void count(struct both *b, uint32_t base, uint32_t rows, uint32_t hot, struct test_random *r)
{
    uint32_t buckets[BLOCK_ROWS];
    for (uint32_t at = 0; at < rows; at += BLOCK_ROWS) {
        uint32_t some = rows - at < BLOCK_ROWS ? rows - at : BLOCK_ROWS;
        for (uint32_t i = 0; i < some; i++) {
            bool is_hot = hot && test_random(r, 8) == 0;
            buckets[i] = test_random(r, is_hot ? hot : BOUND - base);
            if (test_random(r, 50) == 0)
                buckets[i] = UINT32_MAX;
            else
                b->whole[base + buckets[i]]++;
        }
        EXPECT(byte_counts_add(&b->bytes, base, BOUND - base, buckets, some));
    }
}

// By a sort of all: the least of the `wanted` largest, and how many have as many or more.
static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

static void expect_large(struct both *b, uint32_t first, uint32_t len, uint32_t wanted)
{
    uint64_t *sorted = malloc(len * sizeof *sorted);
    memcpy(sorted, b->whole + first, len * sizeof *sorted);
    qsort(sorted, len, sizeof *sorted, by_size);
    uint64_t least = sorted[wanted - 1] ? sorted[wanted - 1] : 1;
    uint64_t rows = 0;
    uint32_t having = 0;
    for (uint32_t i = 0; i < len; i++) {
        rows += sorted[i];
        having += sorted[i] >= least;
    }
    struct large_counts got;
    EXPECT(byte_counts_large(&b->bytes, first, len, wanted, &got));
    EXPECT_EQ(got.rows, rows);
    EXPECT_EQ(got.count, having);
    uint8_t *is_told = calloc(BOUND, 1);
    for (uint32_t i = 0; i < got.count; i++) {
        uint32_t bucket = got.buckets[i];
        EXPECT(bucket >= first && bucket < first + len && !is_told[bucket]++);
        EXPECT_EQ(got.counts[i], b->whole[bucket]);
        EXPECT(got.counts[i] >= least);
    }
    free(is_told);
    free(sorted);
}

static void expect_all(struct both *b)
{
    static const uint32_t wanted[] = {1, 2, 10, 100, 1000, 40000};
    EXPECT(byte_counts_sort(&b->bytes));
    for (uint32_t i = 0; i < BOUND; i++)
        EXPECT_EQ(byte_counts_of(&b->bytes, i), b->whole[i]);
    EXPECT_EQ(byte_counts_of(&b->bytes, BOUND), 0);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        expect_large(b, 0, BOUND, wanted[i]);
        expect_large(b, 777, 50000, wanted[i]);
    }
    uint64_t *spread = calloc(BOUND, sizeof *spread);
    byte_counts_spread(&b->bytes, spread);
    EXPECT(memcmp(spread, b->whole, BOUND * sizeof *spread) == 0);
    free(spread);
}

TEST(byte_counts_tell_what_whole_counters_would)
{
    static const uint32_t hot[] = {0, 1, 5, 300, 3000};
    for (size_t i = 0; i < sizeof hot / sizeof hot[0]; i++) {
        struct test_random r = {i + 1};
        struct both b;
        start(&b);
        count(&b, 0, 30000, hot[i], &r);
        count(&b, 20000, 300000, hot[i], &r);
        expect_all(&b);
        done(&b);
    }
}

TEST(byte_counts_of_several_threads_add_up)
{
    struct test_random r = {7};
    struct both a, b;
    start(&a);
    start(&b);
    count(&a, 0, 500000, 400, &r);
    count(&b, 10, 900000, 900, &r);
    EXPECT(byte_counts_merge(&a.bytes, &b.bytes));
    for (uint32_t i = 0; i < BOUND; i++)
        a.whole[i] += b.whole[i];
    expect_all(&a);
    done(&a);
    done(&b);
}

TEST(byte_counts_without_rows_have_no_large_ones)
{
    struct both b;
    start(&b);
    expect_all(&b);
    done(&b);
}

TEST(byte_counts_past_the_room_are_refused)
{
    struct room room = room_init(1 << 20);
    struct byte_counts b = {0};
    EXPECT(!byte_counts_start(&b, &room, 4 << 20));
    EXPECT(room.is_over);
    room_done(&room);
}
