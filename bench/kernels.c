// SPDX-License-Identifier: Apache-2.0

// How fast the loops of src/kernel/ are: rows and bytes a second for every level of instructions
// that the processor has, over blocks that stay in the second cache and over blocks that
// come from memory, the latter also as a share of what reading memory gives at all.
//
//     build/bench-kernels [word of a kernel's name]...
//
// Prints a table in Markdown.  Every number is the best of a few rounds, and the levels take
// turns, so that what else the machine does hurts all of them alike.

#include "base/simd.h"
#include "kernel/compare.h"
#include "kernel/compress.h"
#include "kernel/distinct.h"
#include "kernel/even.h"
#include "kernel/fold.h"
#include "kernel/gather.h"
#include "kernel/group.h"
#include "kernel/histogram.h"
#include "kernel/mask.h"
#include "kernel/ordinal.h"
#include "kernel/sketch.h"
#include "kernel/top.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum {
    ROWS = 8192,
    POOL_BYTES = 192 << 20, // of each column: several times the last cache
    NEAR_BLOCKS = 8,        // with two columns of 4 bytes half a MiB: the second cache
    TILE_ROWS = 64 * ROWS,  // random rows, repeated to fill a column
    MASKS = 64,
    ROUNDS = 15,
    FAR_ROUNDS = 2,
    FAR_PIECE = 64,  // blocks timed together
    NEAR_TURNS = 20, // over the blocks of the second cache in a round
    TABLE_BYTES = 64 << 20,
};

static const char *const level_names[] = {"plain C", "AVX2", "AVX-512"};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static void *pages(size_t bytes, int advice)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED || madvise(at, bytes, advice) != 0) {
        perror("memory");
        exit(1);
    }
    return at;
}

// --- reading memory, whatever it holds

typedef uint64_t wide __attribute__((vector_size(32)));

struct reader {
    const wide *at;
    size_t count;
    double gb_per_s;
};

__attribute__((target("avx2"))) static void read_piece(const wide *at, size_t count)
{
    wide got[8] = {{0}};
    for (size_t i = 0; i < count; i += 8)
        for (unsigned j = 0; j < 8; j++)
            got[j] ^= at[i + j];
    for (unsigned j = 0; j < 8; j++)
        __asm__ volatile("" ::"x"(got[j]));
}

static void *read_all(void *of)
{
    struct reader *r = of;
    size_t piece = (1 << 20) / sizeof(wide);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i + piece <= r->count; i += piece) {
            double start = now();
            read_piece(r->at + i, piece);
            double rate = (double)(piece * sizeof(wide)) / (now() - start) / 1e9;
            r->gb_per_s = rate > r->gb_per_s ? rate : r->gb_per_s;
        }
    return NULL;
}

static double read_rate(const void *at, size_t bytes, unsigned threads)
{
    struct reader readers[2] = {{0}};
    pthread_t ids[2];
    double sum = 0;
    for (unsigned t = 0; t < threads; t++) {
        size_t count = bytes / sizeof(wide) / threads;
        readers[t] = (struct reader){(const wide *)at + t * count, count, 0};
        if (pthread_create(&ids[t], NULL, read_all, &readers[t]) != 0)
            exit(1);
    }
    for (unsigned t = 0; t < threads; t++) {
        pthread_join(ids[t], NULL);
        sum += readers[t].gb_per_s;
    }
    return sum;
}

static double print_bandwidth(const void *huge)
{
    size_t bytes = POOL_BYTES;
    void *small = pages(bytes, MADV_NOHUGEPAGE);
    memset(small, 1, bytes);
    double one = read_rate(huge, bytes, 1);
    printf("| reading memory, GB/s | 1 thread | 2 threads |\n|---|---|---|\n");
    printf("| huge pages | %.1f | %.1f |\n", one, read_rate(huge, bytes, 2));
    printf("| 4 KiB pages | %.1f | %.1f |\n\n", read_rate(small, bytes, 1),
           read_rate(small, bytes, 2));
    munmap(small, bytes);
    return one;
}

// --- the kernels

// What a kernel works on: up to two columns of a block, masks that are half, 1/64 and nearly
// all of the rows, and memory for what comes out.
struct work {
    enum simd simd;
    const void *a;
    const void *b;
    const uint64_t *half;
    const uint64_t *few;
    void *out;
    void *table; // starts zeroed
};

struct subject {
    const char *name;
    unsigned a_bytes;
    unsigned b_bytes;
    uint64_t a_bound; // values below it; 0: any
    uint64_t b_bound;
    void (*run)(const struct work *w);

    enum { SHUFFLED, SORTED } order; // of column a
};

#define RUN(name_, ...)                     \
    static void name_(const struct work *w) \
    {                                       \
        __VA_ARGS__;                        \
    }

RUN(run_count_u8, {
    compare_kernels(w->simd)->range_u8(w->a, ROWS, 3, 3, w->out);
    *(uint64_t *)w->table += mask_kernels(w->simd)->count(w->out, ROWS);
})
RUN(run_count_two, {
    uint64_t *with = (uint64_t *)w->out + 128;
    compare_kernels(w->simd)->range_u8(w->a, ROWS, 3, 3, w->out);
    compare_kernels(w->simd)->range_u8(w->b, ROWS, 0, 99, with);
    mask_kernels(w->simd)->and (w->out, with, ROWS);
    *(uint64_t *)w->table += mask_kernels(w->simd)->count(w->out, ROWS);
})
RUN(run_range_u16, compare_kernels(w->simd)->range_u16(w->a, ROWS, 9, 30000, w->out))
RUN(run_range_u32, compare_kernels(w->simd)->range_u32(w->a, ROWS, 9, 1u << 30, w->out))
RUN(run_range_i64, compare_kernels(w->simd)->range_i64(w->a, ROWS, 9, INT64_MAX / 3, w->out))
RUN(run_range_f64, compare_kernels(w->simd)->range_f64(w->a, ROWS, 9, 1e300, w->out))
RUN(run_set_u8, compare_kernels(w->simd)->set_u8(w->a, ROWS, w->half, w->out))
RUN(run_set_u16, compare_kernels(w->simd)->set_u16(w->a, ROWS, w->table, w->out))
RUN(run_set_u32, compare_kernels(w->simd)->set_u32(w->a, ROWS, w->table, 1000000, w->out))
RUN(run_rows, mask_kernels(w->simd)->rows(w->half, ROWS, w->out))
RUN(run_compress_u8, compress_kernels(w->simd)->u8(w->a, w->half, ROWS, w->out))
RUN(run_compress_u16, compress_kernels(w->simd)->u16(w->a, w->half, ROWS, w->out))
RUN(run_compress_u32, compress_kernels(w->simd)->u32(w->a, w->half, ROWS, w->out))
RUN(run_compress_u64, compress_kernels(w->simd)->u64(w->a, w->half, ROWS, w->out))
RUN(run_filter_64, {
    uint32_t n = compress_kernels(w->simd)->u8(w->a, w->few, ROWS, w->out);
    histogram_kernels(w->simd)->u8(w->out, n, w->table);
})
RUN(run_filter_2, {
    uint32_t n = compress_kernels(w->simd)->u8(w->a, w->half, ROWS, w->out);
    histogram_kernels(w->simd)->u8(w->out, n, w->table);
})
#define INDEX(width) ((struct codes){width, w->a})
RUN(run_gather_8_8, gather_kernels(w->simd)->u8(w->table, 200, INDEX(WIDTH_U8), ROWS, w->out))
RUN(run_gather_8_16, gather_kernels(w->simd)->u8(w->table, 60000, INDEX(WIDTH_U16), ROWS, w->out))
RUN(run_gather_8_32, gather_kernels(w->simd)->u8(w->table, 1000000, INDEX(WIDTH_U32), ROWS, w->out))
RUN(run_gather_16_16, gather_kernels(w->simd)->u16(w->table, 60000, INDEX(WIDTH_U16), ROWS, w->out))
RUN(run_gather_32_32,
    gather_kernels(w->simd)->u32(w->table, 100000, INDEX(WIDTH_U32), ROWS, w->out))
#define JOIN(a_width, b_width, bound, out_width)                         \
    ordinal_kernels(w->simd)->join((struct codes){a_width, w->a}, bound, \
                                   (struct codes){b_width, w->b}, ROWS, out_width, w->out)
RUN(run_join_8_8_16, JOIN(WIDTH_U8, WIDTH_U8, 60, WIDTH_U16))
RUN(run_join_16_8_16, JOIN(WIDTH_U16, WIDTH_U8, 60, WIDTH_U16))
RUN(run_join_16_16_32, JOIN(WIDTH_U16, WIDTH_U16, 60000, WIDTH_U32))
RUN(run_widen, ordinal_kernels(w->simd)->widen(INDEX(WIDTH_U8), ROWS, WIDTH_U32, w->out))
RUN(run_mask_ords, ordinal_kernels(w->simd)->mask(WIDTH_U16, w->out, w->half, ROWS))

// Twelve months of a 30th of the range of sorted values each.
static const int64_t *months(void)
{
    static int64_t bounds[13];
    for (int i = 0; i < 13; i++)
        bounds[i] = (int64_t)i * (1000000000 / 12) - 1;
    return bounds;
}
RUN(run_bounds, ordinal_kernels(w->simd)->bounds_i64(w->a, ROWS, months(), 13, WIDTH_U8, w->out))
static const struct even_buckets days = {.start = 0, .interval = 1000000, .count = 1000};
RUN(run_even, even_kernels(w->simd)->ordinals_i64(w->a, ROWS, &days, WIDTH_U16, w->out))
RUN(run_hist_u8, histogram_kernels(w->simd)->u8(w->a, ROWS, w->table))
RUN(run_few_8, histogram_kernels(w->simd)->few_u8(w->a, ROWS, 8, w->table))
RUN(run_few_16, histogram_kernels(w->simd)->few_u8(w->a, ROWS, 16, w->table))
RUN(run_few_64, histogram_kernels(w->simd)->few_u8(w->a, ROWS, 64, w->table))
RUN(run_hist_u16, histogram_kernels(w->simd)->u16(w->a, ROWS, 4096, w->table))
RUN(run_hist_u16_90, histogram_kernels(w->simd)->u16(w->a, ROWS, 90, w->table))
RUN(run_hist_u32, histogram_kernels(w->simd)->u32(w->a, ROWS, 1000000, w->table))
RUN(run_two_keys, {
    JOIN(WIDTH_U8, WIDTH_U8, 64, WIDTH_U16);
    histogram_kernels(w->simd)->u16(w->out, ROWS, 4096, w->table);
})
#define FOLD(kernel, mask) fold_kernels(w->simd)->kernel(w->a, mask, ROWS, w->table)
RUN(run_fold_u16, FOLD(u16, w->half))
RUN(run_fold_u32, FOLD(u32, w->half))
RUN(run_fold_u32_all, FOLD(u32, NULL))
RUN(run_fold_i64, FOLD(i64, w->half))
RUN(run_fold_f64, FOLD(f64, w->half))
#define GROUP(kernel, bound) \
    group_kernels(w->simd)->kernel(INDEX(WIDTH_U8), w->b, ROWS, bound, w->table)
RUN(run_sum_u16_8, GROUP(sum_u16, 8))
RUN(run_sum_u16, GROUP(sum_u16, 60))
RUN(run_sum_u16_229, GROUP(sum_u16, 229))
RUN(run_sum_u32, GROUP(sum_u32, 60))
RUN(run_sum_i64, GROUP(sum_i64, 60))
RUN(run_sum_f64, GROUP(sum_f64, 60))
RUN(run_tally_u16,
    group_kernels(w->simd)->tally_u16(w->a, w->b, ROWS, 229, w->table, (uint64_t *)w->table + 256))
RUN(run_max_u16_8, GROUP(max_u16, 8))
RUN(run_max_u16, GROUP(max_u16, 60))
RUN(run_max_u32, GROUP(max_u32, 60))
RUN(run_distinct_8, distinct_kernels(w->simd)->set_u8(w->a, ROWS, 200, w->table))
RUN(run_distinct_16, distinct_kernels(w->simd)->set_u16(w->a, ROWS, 60000, w->table))
RUN(run_distinct_100k, distinct_kernels(w->simd)->set_u32(w->a, ROWS, 100000, w->table))
RUN(run_distinct_1m, distinct_kernels(w->simd)->set_u32(w->a, ROWS, 1000000, w->table))
RUN(run_pairs, distinct_kernels(w->simd)->pairs(INDEX(WIDTH_U8), w->b, ROWS, 64, 1000000, w->table))
RUN(run_sketch_64,
    sketch_kernels(w->simd)->count_pairs_u16(INDEX(WIDTH_U8), w->b, ROWS, 64, 256, w->table))
RUN(run_sketch_2000,
    sketch_kernels(w->simd)->count_pairs_u16(INDEX(WIDTH_U8), w->b, ROWS, 40, 2000, w->table))
RUN(run_sketch_320,
    sketch_kernels(w->simd)->count_pairs_u16(INDEX(WIDTH_U16), w->b, ROWS, 320, 256, w->table))
RUN(run_top, top_kernels(w->simd)->u64(w->a, ROWS, 10, w->out))

static const struct subject subjects[] = {
    {"count where u8 = k", 1, 0, 40, 0, run_count_u8, SHUFFLED},
    {"count where u8 = k and u8 < c", 1, 1, 40, 0, run_count_two, SHUFFLED},
    {"compare_range_u16", 2, 0, 0, 0, run_range_u16, SHUFFLED},
    {"compare_range_u32", 4, 0, 0, 0, run_range_u32, SHUFFLED},
    {"compare_range_i64", 8, 0, 0, 0, run_range_i64, SHUFFLED},
    {"compare_range_f64", 8, 0, 0, 0, run_range_f64, SHUFFLED},
    {"compare_set_u8", 1, 0, 200, 0, run_set_u8, SHUFFLED},
    {"compare_set_u16", 2, 0, 60000, 0, run_set_u16, SHUFFLED},
    {"compare_set_u32, 1 M codes", 4, 0, 1000000, 0, run_set_u32, SHUFFLED},
    {"mask_rows, half", 0, 0, 0, 0, run_rows, SHUFFLED},
    {"compress_u8, half", 1, 0, 0, 0, run_compress_u8, SHUFFLED},
    {"compress_u16, half", 2, 0, 0, 0, run_compress_u16, SHUFFLED},
    {"compress_u32, half", 4, 0, 0, 0, run_compress_u32, SHUFFLED},
    {"compress_u64, half", 8, 0, 0, 0, run_compress_u64, SHUFFLED},
    {"compress 1/64, histogram u8", 1, 0, 60, 0, run_filter_64, SHUFFLED},
    {"compress 1/2, histogram u8", 1, 0, 60, 0, run_filter_2, SHUFFLED},
    {"gather_u8 by u8, 200", 1, 0, 200, 0, run_gather_8_8, SHUFFLED},
    {"gather_u8 by u16, 60 k", 2, 0, 60000, 0, run_gather_8_16, SHUFFLED},
    {"gather_u8 by u32, 1 M", 4, 0, 1000000, 0, run_gather_8_32, SHUFFLED},
    {"gather_u16 by u16, 60 k", 2, 0, 60000, 0, run_gather_16_16, SHUFFLED},
    {"gather_u32 by u32, 100 k", 4, 0, 100000, 0, run_gather_32_32, SHUFFLED},
    {"ordinal_join u8, u8 to u16", 1, 1, 60, 60, run_join_8_8_16, SHUFFLED},
    {"ordinal_join u16, u8 to u16", 2, 1, 1000, 60, run_join_16_8_16, SHUFFLED},
    {"ordinal_join u16, u16 to u32", 2, 2, 60000, 60000, run_join_16_16_32, SHUFFLED},
    {"ordinal_widen u8 to u32", 1, 0, 0, 0, run_widen, SHUFFLED},
    {"ordinal_mask u16", 2, 0, 0, 0, run_mask_ords, SHUFFLED},
    {"ordinal_bounds_i64, sorted", 8, 0, 1000000000, 0, run_bounds, SORTED},
    {"ordinal_bounds_i64, shuffled", 8, 0, 1000000000, 0, run_bounds, SHUFFLED},
    {"even_ordinals_i64, shuffled", 8, 0, 1000000000, 0, run_even, SHUFFLED},
    {"histogram_u8, 200 values", 1, 0, 200, 0, run_hist_u8, SHUFFLED},
    {"histogram_u8, 40 values", 1, 0, 40, 0, run_hist_u8, SHUFFLED},
    {"histogram_u8, sorted", 1, 0, 200, 0, run_hist_u8, SORTED},
    {"histogram_few_u8, 8", 1, 0, 8, 0, run_few_8, SHUFFLED},
    {"histogram_few_u8, 16", 1, 0, 16, 0, run_few_16, SHUFFLED},
    {"histogram_few_u8, 64", 1, 0, 64, 0, run_few_64, SHUFFLED},
    {"histogram_u16, 4096", 2, 0, 4096, 0, run_hist_u16, SHUFFLED},
    {"histogram_u16, 90", 2, 0, 90, 0, run_hist_u16_90, SHUFFLED},
    {"histogram_u16, 90, sorted", 2, 0, 90, 0, run_hist_u16_90, SORTED},
    {"histogram_u32, 1 M", 4, 0, 1000000, 0, run_hist_u32, SHUFFLED},
    {"join u8, u8, histogram 4096", 1, 1, 64, 64, run_two_keys, SHUFFLED},
    {"fold_u16, half", 2, 0, 0, 0, run_fold_u16, SHUFFLED},
    {"fold_u32, half", 4, 0, 0, 0, run_fold_u32, SHUFFLED},
    {"fold_u32, all", 4, 0, 0, 0, run_fold_u32_all, SHUFFLED},
    {"fold_i64, half", 8, 0, 0, 0, run_fold_i64, SHUFFLED},
    {"fold_f64, half", 8, 0, 1000000, 0, run_fold_f64, SHUFFLED},
    {"group_sum_u16, 8", 1, 2, 8, 0, run_sum_u16_8, SHUFFLED},
    {"group_sum_u16, 60", 1, 2, 60, 0, run_sum_u16, SHUFFLED},
    {"group_sum_u16, 229", 1, 2, 229, 0, run_sum_u16_229, SHUFFLED},
    {"group_sum_u32, 60", 1, 4, 60, 0, run_sum_u32, SHUFFLED},
    {"group_sum_u32, 60, sorted", 1, 4, 60, 0, run_sum_u32, SORTED},
    {"group_sum_i64, 60", 1, 8, 60, 0, run_sum_i64, SHUFFLED},
    {"group_sum_f64, 60", 1, 8, 60, 1000000, run_sum_f64, SHUFFLED},
    {"group_tally_u16, 229", 1, 2, 229, 0, run_tally_u16, SHUFFLED},
    {"group_max_u16, 8", 1, 2, 8, 0, run_max_u16_8, SHUFFLED},
    {"group_max_u16, 60", 1, 2, 60, 0, run_max_u16, SHUFFLED},
    {"group_max_u32, 60", 1, 4, 60, 0, run_max_u32, SHUFFLED},
    {"distinct_set_u8", 1, 0, 200, 0, run_distinct_8, SHUFFLED},
    {"distinct_set_u16, 60 k", 2, 0, 60000, 0, run_distinct_16, SHUFFLED},
    {"distinct_set_u32, 100 k", 4, 0, 100000, 0, run_distinct_100k, SHUFFLED},
    {"distinct_set_u32, 1 M", 4, 0, 1000000, 0, run_distinct_1m, SHUFFLED},
    {"distinct_pairs, 64 x 1 M", 1, 4, 64, 1000000, run_pairs, SHUFFLED},
    {"count_pairs_u16, 64 x 256", 1, 2, 64, 256, run_sketch_64, SHUFFLED},
    {"count_pairs_u16, 40 x 2000", 1, 2, 40, 2000, run_sketch_2000, SHUFFLED},
    {"count_pairs_u16, 320 x 256", 2, 2, 320, 256, run_sketch_320, SHUFFLED},
    {"top_u64, 10", 8, 0, 1000000, 0, run_top, SHUFFLED},
};

// --- measuring

struct bench {
    void *columns[2];
    uint64_t *half;
    uint64_t *few;
    void *out;
    void *table;
    double bandwidth; // GB/s of one thread
};

// Random rows, as a whole in order or not, over and over again.
static void fill(void *column, unsigned bytes, uint64_t bound, int order)
{
    uint64_t random = bytes;
    uint8_t *at = column;
    size_t tile = (size_t)TILE_ROWS * bytes;
    for (size_t i = 0; i < TILE_ROWS; i++) {
        uint64_t v = next_random(&random);
        if (order == SORTED)
            v = (uint64_t)((double)i / TILE_ROWS * (double)bound);
        else if (bound > 0)
            v %= bound;
        memcpy(at + i * bytes, &v, bytes);
    }
    for (size_t done = tile; done < POOL_BYTES; done += tile)
        memcpy(at + done, at, done + tile <= POOL_BYTES ? tile : POOL_BYTES - done);
}

static size_t far_blocks(const struct subject *s)
{
    unsigned widest = s->a_bytes > s->b_bytes ? s->a_bytes : s->b_bytes;
    return widest ? POOL_BYTES / ((size_t)ROWS * widest) : 0;
}

// Grows/s over the blocks from `from` up to `to`, `turns` times.
static double walk(const struct bench *b, const struct subject *s, enum simd simd, size_t from,
                   size_t to, unsigned turns)
{
    struct work w = {.simd = simd, .out = b->out, .table = b->table};
    double start = now();
    for (unsigned t = 0; t < turns; t++)
        for (size_t i = from; i < to; i++) {
            w.a = (const uint8_t *)b->columns[0] + i * ROWS * s->a_bytes;
            w.b = (const uint8_t *)b->columns[1] + i * ROWS * s->b_bytes;
            w.half = b->half + i % MASKS * (ROWS / 64);
            w.few = b->few + i % MASKS * (ROWS / 64);
            s->run(&w);
        }
    return (double)(to - from) * turns * ROWS / (now() - start) / 1e9;
}

// In pieces of a fraction of a millisecond or a few, so that some are not interrupted.
static double walk_far(const struct bench *b, const struct subject *s, enum simd simd)
{
    double best = 0;
    size_t blocks = far_blocks(s);
    for (size_t i = 0; i + FAR_PIECE <= blocks; i += FAR_PIECE) {
        double got = walk(b, s, simd, i, i + FAR_PIECE, 1);
        best = got > best ? got : best;
    }
    return best;
}

static void print_line(const struct bench *b, const struct subject *s, const double *near_best,
                       const double *far_best)
{
    double bytes = s->a_bytes + s->b_bytes;
    for (int l = 0; l <= (int)simd_best(); l++) {
        printf("| %s | %s | %.2f | %.1f |", l ? "" : s->name, level_names[l], near_best[l],
               near_best[l] * bytes);
        if (far_best[l] > 0)
            printf(" %.2f | %.1f | %.0f %% |\n", far_best[l], far_best[l] * bytes,
                   100 * far_best[l] * bytes / b->bandwidth);
        else
            printf(" | | |\n");
    }
    (void)fflush(stdout);
}

static void measure(const struct bench *b, const struct subject *s)
{
    double near_best[3] = {0};
    double far_best[3] = {0};
    if (s->a_bytes)
        fill(b->columns[0], s->a_bytes, s->a_bound, (int)s->order);
    if (s->b_bytes)
        fill(b->columns[1], s->b_bytes, s->b_bound, SHUFFLED);
    memset(b->table, 0, TABLE_BYTES);
    for (int round = 0; round < ROUNDS; round++)
        for (int l = 0; l <= (int)simd_best(); l++) {
            (void)walk(b, s, (enum simd)l, 0, NEAR_BLOCKS, 1);
            double got = walk(b, s, (enum simd)l, 0, NEAR_BLOCKS, NEAR_TURNS);
            near_best[l] = got > near_best[l] ? got : near_best[l];
            got = round < FAR_ROUNDS ? walk_far(b, s, (enum simd)l) : 0;
            far_best[l] = got > far_best[l] ? got : far_best[l];
        }
    print_line(b, s, near_best, far_best);
}

static void print_machine(int argc, char **argv)
{
    char line[256];
    char name[256] = "unknown processor\n";
    FILE *f = fopen("/proc/cpuinfo", "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':'))
            memcpy(name, strchr(line, ':') + 2, strlen(strchr(line, ':') + 2) + 1);
    if (f)
        (void)fclose(f);
    double load = 0;
    (void)getloadavg(&load, 1);
    printf("Machine: %sCommit: %s\nCommand:", name, TAMIS_COMMIT);
    for (int i = 0; i < argc; i++)
        printf(" %s", argv[i]);
    printf("\nLoad at the start: %.1f\n\n", load);
}

static void fill_masks(struct bench *b)
{
    uint64_t random = 7;
    for (size_t i = 0; i < (size_t)MASKS * ROWS / 64; i++) {
        b->half[i] = next_random(&random);
        b->few[i] = UINT64_MAX;
        for (int j = 0; j < 6; j++)
            b->few[i] &= next_random(&random);
    }
}

static bool is_wanted(const char *name, int argc, char **argv)
{
    bool is_named = argc < 2;
    for (int i = 1; i < argc; i++)
        is_named = is_named || strstr(name, argv[i]);
    return is_named;
}

int main(int argc, char **argv)
{
    struct bench b = {
        .columns = {pages(POOL_BYTES, MADV_HUGEPAGE), pages(POOL_BYTES, MADV_HUGEPAGE)},
        .half = pages((size_t)MASKS * ROWS / 8, MADV_HUGEPAGE),
        .few = pages((size_t)MASKS * ROWS / 8, MADV_HUGEPAGE),
        .out = pages(1 << 20, MADV_HUGEPAGE),
        .table = pages(TABLE_BYTES, MADV_HUGEPAGE),
    };
    fill_masks(&b);
    fill(b.columns[0], 1, 0, SHUFFLED);
    print_machine(argc, argv);
    b.bandwidth = print_bandwidth(b.columns[0]);
    printf("Grows/s and GB/s read, of one thread; in L2, and from memory with its share of reading "
           "alone.\n\n");
    printf("| kernel | level | L2 Grows/s | GB/s | memory Grows/s | GB/s | share |\n"
           "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
        if (is_wanted(subjects[i].name, argc, argv))
            measure(&b, &subjects[i]);
    return 0;
}
