// SPDX-License-Identifier: Apache-2.0

// How fast the loops of src/kernel/, and the unpacking of src/codec/, are: rows and bytes a second
// for every level of instructions that the processor has, over blocks that stay in the second cache
// and over blocks that come from memory, by one thread and by two at once, the latter also as a
// share of what reading memory gives at all.  Bytes are those of the vectors as the loops get them,
// of packed ones the packed bytes.  Where there are rates of the prototype that the design was
// measured with (loops over arrays, on the same kind of processor), what is reached of these is
// told, too.
//
//     build/bench-kernels [word of a kernel's name]...
//
// Prints a table in Markdown.  Every number is the best of a few rounds, and the levels take
// turns, so that what else the machine does hurts all of them alike.

#include "base/simd.h"
#include "codec/bitpack.h"
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
#include "kernel/tally.h"
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
    OUT_BYTES = 1 << 20,
    THREADS = 2,
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
    struct reader readers[THREADS] = {{0}};
    pthread_t ids[THREADS];
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

static void print_bandwidth(const void *huge, double out[THREADS])
{
    size_t bytes = POOL_BYTES;
    void *small = pages(bytes, MADV_NOHUGEPAGE);
    memset(small, 1, bytes);
    out[0] = read_rate(huge, bytes, 1);
    out[1] = read_rate(huge, bytes, 2);
    printf("| reading memory, GB/s | 1 thread | 2 threads |\n|---|---|---|\n");
    printf("| huge pages | %.1f | %.1f |\n", out[0], out[1]);
    printf("| 4 KiB pages | %.1f | %.1f |\n\n", read_rate(small, bytes, 1),
           read_rate(small, bytes, 2));
    munmap(small, bytes);
}

// --- the kernels

// What a kernel works on: up to two columns of a block, masks that are half, 1/64 and nearly
// all of the rows, and memory for what comes out.
struct work {
    enum simd simd;
    const void *a;
    const void *b;
    unsigned a_bits;
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

    // What the prototype reached, Grows/s by one thread and by two; 0: it had no such loop.
    double prototype[THREADS];
    unsigned a_bits; // column a is packed so; 0: it is not
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
RUN(run_spread, mask_kernels(w->simd)->spread(w->few, w->half, ROWS, w->out))
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
RUN(run_tally_u32, tally_kernels(w->simd)->u32(w->a, ROWS, 1000000, w->table, w->out))
RUN(run_device_model, {
    gather_kernels(w->simd)->u8(w->table, 1000000, INDEX(WIDTH_U32), ROWS, w->out);
    histogram_kernels(w->simd)->u8(w->out, ROWS, (uint64_t *)w->table + (1 << 20));
})
#define UNPACK(bits) bitunpack_u##bits##_by(w->simd, w->a, ROWS, w->a_bits, 7, w->out)
RUN(run_unpack_u8, UNPACK(8))
RUN(run_unpack_u16, UNPACK(16))
RUN(run_unpack_u32, UNPACK(32))
RUN(run_top, top_kernels(w->simd)->u64(w->a, ROWS, 10, w->out))

static const struct subject subjects[] = {
    {"count where u8 = k", 1, 0, 40, 0, run_count_u8, SHUFFLED, {35.4, 50.9}, 0},
    {"count where u8 = k and u8 < c", 1, 1, 40, 0, run_count_two, SHUFFLED, {20.2, 38}, 0},
    {"compare_range_u16", 2, 0, 0, 0, run_range_u16, SHUFFLED, {0, 0}, 0},
    {"compare_range_u32", 4, 0, 0, 0, run_range_u32, SHUFFLED, {0, 0}, 0},
    {"compare_range_i64", 8, 0, 0, 0, run_range_i64, SHUFFLED, {0, 0}, 0},
    {"compare_range_f64", 8, 0, 0, 0, run_range_f64, SHUFFLED, {0, 0}, 0},
    {"compare_set_u8", 1, 0, 200, 0, run_set_u8, SHUFFLED, {0, 0}, 0},
    {"compare_set_u16", 2, 0, 60000, 0, run_set_u16, SHUFFLED, {0, 0}, 0},
    {"compare_set_u32, 1 M codes", 4, 0, 1000000, 0, run_set_u32, SHUFFLED, {0, 0}, 0},
    {"mask_spread, 1/64 of half", 0, 0, 0, 0, run_spread, SHUFFLED, {0, 0}, 0},
    {"mask_rows, half", 0, 0, 0, 0, run_rows, SHUFFLED, {0, 0}, 0},
    {"compress_u8, half", 1, 0, 0, 0, run_compress_u8, SHUFFLED, {0, 0}, 0},
    {"compress_u16, half", 2, 0, 0, 0, run_compress_u16, SHUFFLED, {0, 0}, 0},
    {"compress_u32, half", 4, 0, 0, 0, run_compress_u32, SHUFFLED, {0, 0}, 0},
    {"compress_u64, half", 8, 0, 0, 0, run_compress_u64, SHUFFLED, {0, 0}, 0},
    {"compress 1/64, histogram u8", 1, 0, 60, 0, run_filter_64, SHUFFLED, {18.8, 35}, 0},
    {"compress 1/2, histogram u8", 1, 0, 60, 0, run_filter_2, SHUFFLED, {6.5, 12.7}, 0},
    {"gather_u8 by u8, 200", 1, 0, 200, 0, run_gather_8_8, SHUFFLED, {0, 0}, 0},
    {"gather_u8 by u16, 60 k", 2, 0, 60000, 0, run_gather_8_16, SHUFFLED, {0, 0}, 0},
    {"gather_u8 by u32, 1 M", 4, 0, 1000000, 0, run_gather_8_32, SHUFFLED, {0, 0}, 0},
    {"gather_u16 by u16, 60 k", 2, 0, 60000, 0, run_gather_16_16, SHUFFLED, {0, 0}, 0},
    {"gather_u32 by u32, 100 k", 4, 0, 100000, 0, run_gather_32_32, SHUFFLED, {0, 0}, 0},
    {"ordinal_join u8, u8 to u16", 1, 1, 60, 60, run_join_8_8_16, SHUFFLED, {0, 0}, 0},
    {"ordinal_join u16, u8 to u16", 2, 1, 1000, 60, run_join_16_8_16, SHUFFLED, {0, 0}, 0},
    {"ordinal_join u16, u16 to u32", 2, 2, 60000, 60000, run_join_16_16_32, SHUFFLED, {0, 0}, 0},
    {"ordinal_widen u8 to u32", 1, 0, 0, 0, run_widen, SHUFFLED, {0, 0}, 0},
    {"ordinal_mask u16", 2, 0, 0, 0, run_mask_ords, SHUFFLED, {0, 0}, 0},
    {"ordinal_bounds_i64, sorted", 8, 0, 1000000000, 0, run_bounds, SORTED, {0, 0}, 0},
    {"ordinal_bounds_i64, shuffled", 8, 0, 1000000000, 0, run_bounds, SHUFFLED, {0, 0}, 0},
    {"even_ordinals_i64, shuffled", 8, 0, 1000000000, 0, run_even, SHUFFLED, {0, 0}, 0},
    {"histogram_u8, 200 values", 1, 0, 200, 0, run_hist_u8, SHUFFLED, {3.6, 7.1}, 0},
    {"histogram_u8, 40 values", 1, 0, 40, 0, run_hist_u8, SHUFFLED, {0, 0}, 0},
    {"histogram_u8, sorted", 1, 0, 200, 0, run_hist_u8, SORTED, {0, 0}, 0},
    {"histogram_few_u8, 8", 1, 0, 8, 0, run_few_8, SHUFFLED, {29, 57}, 0},
    {"histogram_few_u8, 16", 1, 0, 16, 0, run_few_16, SHUFFLED, {15.8, 30}, 0},
    {"histogram_few_u8, 64", 1, 0, 64, 0, run_few_64, SHUFFLED, {0, 0}, 0},
    {"histogram_u16, 4096", 2, 0, 4096, 0, run_hist_u16, SHUFFLED, {0, 0}, 0},
    {"histogram_u16, 90", 2, 0, 90, 0, run_hist_u16_90, SHUFFLED, {0, 0}, 0},
    {"histogram_u16, 90, sorted", 2, 0, 90, 0, run_hist_u16_90, SORTED, {0, 0}, 0},
    {"histogram_u32, 1 M", 4, 0, 1000000, 0, run_hist_u32, SHUFFLED, {0, 0}, 0},
    {"join u8, u8, histogram 4096", 1, 1, 64, 64, run_two_keys, SHUFFLED, {2.1, 4.25}, 0},
    {"fold_u16, half", 2, 0, 0, 0, run_fold_u16, SHUFFLED, {0, 0}, 0},
    {"fold_u32, half", 4, 0, 0, 0, run_fold_u32, SHUFFLED, {0, 0}, 0},
    {"fold_u32, all", 4, 0, 0, 0, run_fold_u32_all, SHUFFLED, {0, 0}, 0},
    {"group_sum_u16, 8", 1, 2, 8, 0, run_sum_u16_8, SHUFFLED, {0, 0}, 0},
    {"group_sum_u16, 60", 1, 2, 60, 0, run_sum_u16, SHUFFLED, {0, 0}, 0},
    {"group_sum_u16, 229", 1, 2, 229, 0, run_sum_u16_229, SHUFFLED, {0, 0}, 0},
    {"group_sum_u32, 60", 1, 4, 60, 0, run_sum_u32, SHUFFLED, {0, 0}, 0},
    {"group_sum_u32, 60, sorted", 1, 4, 60, 0, run_sum_u32, SORTED, {0, 0}, 0},
    {"group_sum_i64, 60", 1, 8, 60, 0, run_sum_i64, SHUFFLED, {0, 0}, 0},
    {"group_sum_f64, 60", 1, 8, 60, 1000000, run_sum_f64, SHUFFLED, {0, 0}, 0},
    {"group_tally_u16, 229", 1, 2, 229, 0, run_tally_u16, SHUFFLED, {1.95, 3.6}, 0},
    {"group_max_u16, 8", 1, 2, 8, 0, run_max_u16_8, SHUFFLED, {0, 0}, 0},
    {"group_max_u16, 60", 1, 2, 60, 0, run_max_u16, SHUFFLED, {0, 0}, 0},
    {"group_max_u32, 60", 1, 4, 60, 0, run_max_u32, SHUFFLED, {0, 0}, 0},
    {"distinct_set_u8", 1, 0, 200, 0, run_distinct_8, SHUFFLED, {0, 0}, 0},
    {"distinct_set_u16, 60 k", 2, 0, 60000, 0, run_distinct_16, SHUFFLED, {0, 0}, 0},
    {"distinct_set_u32, 100 k", 4, 0, 100000, 0, run_distinct_100k, SHUFFLED, {2.5, 4.7}, 0},
    {"distinct_set_u32, 1 M", 4, 0, 1000000, 0, run_distinct_1m, SHUFFLED, {1.6, 3.2}, 0},
    {"distinct_pairs, 64 x 1 M", 1, 4, 64, 1000000, run_pairs, SHUFFLED, {0.78, 1.26}, 0},
    {"count_pairs_u16, 64 x 256", 1, 2, 64, 256, run_sketch_64, SHUFFLED, {2.05, 4}, 0},
    {"count_pairs_u16, 40 x 2000", 1, 2, 40, 2000, run_sketch_2000, SHUFFLED, {0, 0}, 0},
    {"count_pairs_u16, 320 x 256", 2, 2, 320, 256, run_sketch_320, SHUFFLED, {1.16, 2.15}, 0},
    {"tally_u32, 1 M in bytes", 4, 0, 1000000, 0, run_tally_u32, SHUFFLED, {1.1, 2}, 0},
    {"gather_u8 by u32, 1 M, histogram",
     4,
     0,
     1000000,
     0,
     run_device_model,
     SHUFFLED,
     {1.1, 1.9},
     0},
    {"bitunpack_u8, 5 bits", 1, 0, 0, 0, run_unpack_u8, SHUFFLED, {0, 0}, 5},
    {"bitunpack_u8, 8 bits", 1, 0, 0, 0, run_unpack_u8, SHUFFLED, {28.8, 50}, 8},
    {"bitunpack_u16, 10 bits", 2, 0, 0, 0, run_unpack_u16, SHUFFLED, {16.4, 32}, 10},
    {"bitunpack_u32, 17 bits", 4, 0, 0, 0, run_unpack_u32, SHUFFLED, {12.3, 22}, 17},
    {"bitunpack_u32, 23 bits", 4, 0, 0, 0, run_unpack_u32, SHUFFLED, {9.8, 18}, 23},
    {"top_u64, 10", 8, 0, 1000000, 0, run_top, SHUFFLED, {0, 0}, 0},
};

// --- measuring

struct bench {
    void *columns[2];
    uint64_t *half;
    uint64_t *few;
    void *out[THREADS];
    void *table[THREADS];
    double bandwidth[THREADS]; // GB/s by so many, and one more
};

// Of a row that is read.
static double row_bytes(const struct subject *s)
{
    return (s->a_bits ? s->a_bits / 8.0 : s->a_bytes) + s->b_bytes;
}

static size_t block_bytes(const struct subject *s)
{
    return s->a_bits ? bitpack_bytes(ROWS, s->a_bits) : (size_t)ROWS * s->a_bytes;
}

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

struct walk { // of one thread, over the blocks from `from` up to `to`
    const struct bench *b;
    const struct subject *s;
    enum simd simd;
    unsigned thread;
    size_t from, to;
    double best; // Grows/s
};

static double walk(const struct walk *of, size_t from, size_t to, unsigned turns)
{
    const struct bench *b = of->b;
    const struct subject *s = of->s;
    struct work w = {.simd = of->simd,
                     .a_bits = s->a_bits,
                     .out = b->out[of->thread],
                     .table = b->table[of->thread]};
    double start = now();
    for (unsigned t = 0; t < turns; t++)
        for (size_t i = from; i < to; i++) {
            w.a = (const uint8_t *)b->columns[0] + i * block_bytes(s);
            w.b = (const uint8_t *)b->columns[1] + i * ROWS * s->b_bytes;
            w.half = b->half + i % MASKS * (ROWS / 64);
            w.few = b->few + i % MASKS * (ROWS / 64);
            s->run(&w);
        }
    return (double)(to - from) * turns * ROWS / (now() - start) / 1e9;
}

// In pieces of a fraction of a millisecond or a few, so that some are not interrupted.
static void *walk_pieces(void *context)
{
    struct walk *w = context;
    for (size_t i = w->from; i + FAR_PIECE <= w->to; i += FAR_PIECE) {
        double got = walk(w, i, i + FAR_PIECE, 1);
        w->best = got > w->best ? got : w->best;
    }
    return NULL;
}

// Each thread over its share of the columns, all at once.
static double walk_far(const struct bench *b, const struct subject *s, enum simd simd,
                       unsigned threads)
{
    struct walk walks[THREADS];
    pthread_t ids[THREADS];
    double sum = 0;
    size_t blocks = far_blocks(s);
    for (unsigned t = 0; t < threads; t++) {
        walks[t] =
            (struct walk){.b = b, .s = s, .simd = simd, .thread = t, .from = blocks * t / threads};
        walks[t].to = blocks * (t + 1) / threads;
        if (pthread_create(&ids[t], NULL, walk_pieces, &walks[t]) != 0)
            exit(1);
    }
    for (unsigned t = 0; t < threads; t++) {
        pthread_join(ids[t], NULL);
        sum += walks[t].best;
    }
    return sum;
}

struct best { // Grows/s of a level
    double near, far[THREADS];
};

static void print_prototype(const struct subject *s, const struct best *best)
{
    for (unsigned t = 0; t < THREADS; t++)
        if (s->prototype[t] > 0)
            printf("%s%.0f %%", t ? "; " : " ", 100 * best->far[t] / s->prototype[t]);
}

static void print_line(const struct bench *b, const struct subject *s, const struct best *best)
{
    double bytes = row_bytes(s);
    for (int l = 0; l <= (int)simd_best(); l++) {
        printf("| %s | %s | %.2f |", l ? "" : s->name, level_names[l], best[l].near);
        for (unsigned t = 0; t < THREADS; t++)
            if (best[l].far[t] > 0)
                printf(" %.2f | %.1f | %.0f %% |", best[l].far[t], best[l].far[t] * bytes,
                       100 * best[l].far[t] * bytes / b->bandwidth[t]);
            else
                printf(" | | |");
        print_prototype(s, &best[l]);
        printf(" |\n");
    }
    (void)fflush(stdout);
}

static void raise(double *best, double got)
{
    *best = got > *best ? got : *best;
}

static void measure(const struct bench *b, const struct subject *s)
{
    struct best best[3] = {{0}};
    if (s->a_bytes)
        fill(b->columns[0], s->a_bytes, s->a_bound, (int)s->order);
    if (s->b_bytes)
        fill(b->columns[1], s->b_bytes, s->b_bound, SHUFFLED);
    for (unsigned t = 0; t < THREADS; t++)
        memset(b->table[t], 0, TABLE_BYTES);
    for (int round = 0; round < ROUNDS; round++)
        for (int l = 0; l <= (int)simd_best(); l++) {
            const struct walk w = {.b = b, .s = s, .simd = (enum simd)l};
            (void)walk(&w, 0, NEAR_BLOCKS, 1);
            raise(&best[l].near, walk(&w, 0, NEAR_BLOCKS, NEAR_TURNS));
            for (unsigned t = 0; t < THREADS && round < FAR_ROUNDS; t++)
                raise(&best[l].far[t], walk_far(b, s, (enum simd)l, t + 1));
        }
    print_line(b, s, best);
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
    };
    for (unsigned t = 0; t < THREADS; t++) {
        b.out[t] = pages(OUT_BYTES, MADV_HUGEPAGE);
        b.table[t] = pages(TABLE_BYTES, MADV_HUGEPAGE);
    }
    fill_masks(&b);
    fill(b.columns[0], 1, 0, SHUFFLED);
    print_machine(argc, argv);
    print_bandwidth(b.columns[0], b.bandwidth);
    printf("Grows/s and GB/s read: in L2 by one thread; from memory by one and by two, with their "
           "share "
           "of reading alone; of the prototype's Grows/s, by one; by two.\n\n");
    printf("| kernel | level | L2 Grows/s | 1 thread, Grows/s | GB/s | share | 2 threads, Grows/s "
           "| GB/s "
           "| share | of the prototype |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
        if (is_wanted(subjects[i].name, argc, argv))
            measure(&b, &subjects[i]);
    return 0;
}
