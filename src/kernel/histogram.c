// SPDX-License-Identifier: Apache-2.0
#include "kernel/histogram.h"

#include "kernel/kernel_private.h"

// Adding to a counter waits for the last addition to it, so a value that comes again at once
// costs several times one that does not.  Hence several tables, of which neighbouring rows
// take turns, where the block is long enough to pay for adding them up; and where the
// tables would be large, runs of equal values are counted at once.

enum { TABLES = 4, TABLE_ROWS_MIN = 1024, TABLE_BOUND_MAX = 1024 };

// --- portable

static void u8_tables(const uint8_t *v, uint32_t n, uint64_t counts[256])
{
    uint32_t tables[TABLES][256] = {{0}};
    uint32_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t x;
        memcpy(&x, v + i, sizeof x);
        UNROLL for (unsigned j = 0; j < 8; j++) tables[j % TABLES][x >> 8 * j & 0xff]++;
    }
    for (; i < n; i++)
        tables[0][v[i]]++;
    for (unsigned c = 0; c < 256; c++)
        counts[c] += (uint64_t)tables[0][c] + tables[1][c] + tables[2][c] + tables[3][c];
}

static void u8_any(const uint8_t *v, uint32_t n, uint64_t counts[256])
{
    if (n >= TABLE_ROWS_MIN)
        return u8_tables(v, n, counts);
    for (uint32_t i = 0; i < n; i++)
        counts[v[i]]++;
}

static void few_u8_any(const uint8_t *v, uint32_t n, uint32_t bound, uint64_t *counts)
{
    uint64_t all[256] = {0};
    u8_any(v, n, all);
    for (uint32_t c = 0; c < bound; c++)
        counts[c] += all[c];
}

// Rows `from` to `end` straight into the counts.  Values from the bound on are counted where
// nobody looks.
INLINE void count_rows(enum width width, const void *v, uint32_t from, uint32_t end, uint32_t bound,
                       uint64_t *counts)
{
    uint64_t passed_over = 0;
    for (uint32_t i = from; i < end; i++) {
        uint32_t x = raw_at(width, v, i);
        uint64_t *at = below(x, bound, counts + x, &passed_over);
        ++*at;
    }
}

// Tables that have a counter for what is passed over, too.
struct tables {
    uint32_t counts[TABLES][TABLE_BOUND_MAX + 1];
};

INLINE bool pays_tables(uint32_t n, uint32_t bound)
{
    return n >= TABLE_ROWS_MIN && bound <= TABLE_BOUND_MAX && bound <= n / 4;
}

static void start_tables(struct tables *t, uint32_t bound)
{
    for (unsigned i = 0; i < TABLES; i++)
        for (uint32_t c = 0; c <= bound; c++)
            t->counts[i][c] = 0;
}

// A multiple of TABLES rows.
INLINE void count_in_tables(enum width width, const void *v, uint32_t from, uint32_t end,
                            uint32_t bound, struct tables *t)
{
    for (uint32_t i = from; i < end; i += TABLES) {
        UNROLL for (unsigned j = 0; j < TABLES; j++)
        {
            uint32_t x = raw_at(width, v, i + j);
            t->counts[j][x < bound ? x : bound]++;
        }
    }
}

static void add_tables(const struct tables *t, uint32_t bound, uint64_t *counts)
{
    for (uint32_t c = 0; c < bound; c++)
        counts[c] +=
            (uint64_t)t->counts[0][c] + t->counts[1][c] + t->counts[2][c] + t->counts[3][c];
}

INLINE void wide_any(enum width width, const void *v, uint32_t n, uint32_t bound, uint64_t *counts)
{
    bound = bound_below_none(width, bound);
    if (!pays_tables(n, bound))
        return count_rows(width, v, 0, n, bound, counts);
    struct tables tables;
    uint32_t whole = n / TABLES * TABLES;
    start_tables(&tables, bound);
    count_in_tables(width, v, 0, whole, bound, &tables);
    count_rows(width, v, whole, n, bound, counts);
    add_tables(&tables, bound, counts);
}

static void u16_any(const uint16_t *v, uint32_t n, uint32_t bound, uint64_t *counts)
{
    wide_any(WIDTH_U16, v, n, bound, counts);
}

static void u32_any(const uint32_t *v, uint32_t n, uint32_t bound, uint64_t *counts)
{
    wide_any(WIDTH_U32, v, n, bound, counts);
}

static const struct histogram_kernels any = {u8_any, few_u8_any, u16_any, u32_any};

#if defined(__x86_64__)

// --- few values, in registers
//
// Sixteen values are a bank.  One shuffle looks a register of bytes up in a table of 16 that has
// 1 for one value of the bank, 16 for the next, 0 for the rest: added up, each byte holds two
// counters of four bits, good for 15 registers; then they are summed across the register.
// That is a shuffle and an addition for two values, where comparing takes two of each.
//
// A byte v of the bank that starts at `first` becomes v - first + 0x70 with a ceiling: its low
// half picks from the table, and its top bit, which makes a shuffle give 0, is set for every
// byte that is not in the bank.

enum { BANK = 16, PAIRS_MAX = BANK / 2, NIBBLE_MAX = 15, NOT_IN_BANK = 0x70 };

static const uint8_t pair_tables[PAIRS_MAX][BANK] = {
    {1, 16},
    {0, 0, 1, 16},
    {0, 0, 0, 0, 1, 16},
    {0, 0, 0, 0, 0, 0, 1, 16},
    {0, 0, 0, 0, 0, 0, 0, 0, 1, 16},
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 16},
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 16},
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 16},
};

// Counts of `bank` that are below the bound, to where they belong.
static void add_bank(const uint64_t bank[BANK], uint32_t first, uint32_t bound, uint64_t *counts)
{
    for (uint32_t c = 0; c < BANK && first + c < bound; c++)
        counts[first + c] += bank[c];
}

// The loops of a bank for one size of register.  `vectors` registers are looked at.
// NOLINTBEGIN(bugprone-macro-parentheses): types and levels take none
#define COUNT_BANK(name, level, vector, bits, load_table, all)                                     \
    level INLINE void name(unsigned pairs, const uint8_t *v, uint32_t vectors, uint32_t first,     \
                           uint64_t bank[BANK])                                                    \
    {                                                                                              \
        vector sums[BANK];                                                                         \
        vector ones = _mm##bits##_set1_epi8(NIBBLE_MAX);                                           \
        memset(sums, 0, sizeof sums);                                                              \
        for (uint32_t done = 0; done < vectors;) {                                                 \
            uint32_t end = vectors - done < NIBBLE_MAX ? vectors : done + NIBBLE_MAX;              \
            vector held[PAIRS_MAX];                                                                \
            UNROLL for (size_t p = 0; p < pairs; p++) held[p] = _mm##bits##_set1_epi8(0);          \
            for (; done < end; done++) {                                                           \
                vector x = _mm##bits##_loadu_si##all((const void *)(v + (size_t)done * sizeof x)); \
                x = _mm##bits##_sub_epi8(x, _mm##bits##_set1_epi8((char)first));                   \
                x = _mm##bits##_adds_epu8(x, _mm##bits##_set1_epi8(NOT_IN_BANK));                  \
                UNROLL for (size_t p = 0; p < pairs; p++)                                          \
                {                                                                                  \
                    vector table = load_table(pair_tables[p]);                                     \
                    held[p] = _mm##bits##_add_epi8(held[p], _mm##bits##_shuffle_epi8(table, x));   \
                }                                                                                  \
            }                                                                                      \
            UNROLL for (size_t p = 0; p < pairs; p++)                                              \
            {                                                                                      \
                vector low = _mm##bits##_and_si##all(held[p], ones);                               \
                vector high = _mm##bits##_and_si##all(_mm##bits##_srli_epi16(held[p], 4), ones);   \
                low = _mm##bits##_sad_epu8(low, _mm##bits##_set1_epi8(0));                         \
                high = _mm##bits##_sad_epu8(high, _mm##bits##_set1_epi8(0));                       \
                sums[2 * p] = _mm##bits##_add_epi64(sums[2 * p], low);                             \
                sums[2 * p + 1] = _mm##bits##_add_epi64(sums[2 * p + 1], high);                    \
            }                                                                                      \
        }                                                                                          \
        for (unsigned c = 0; c < BANK; c++) {                                                      \
            uint64_t lanes[sizeof(vector) / 8];                                                    \
            memcpy(lanes, &sums[c], sizeof lanes);                                                 \
            bank[c] = 0;                                                                           \
            for (unsigned l = 0; l < sizeof(vector) / 8; l++)                                      \
                bank[c] += lanes[l];                                                               \
        }                                                                                          \
    }

// All banks of a block from value `first` on, each with as few pairs as it needs.
#define COUNT_FEW(name, level, count_bank, register_bytes)                               \
    level static void name(const uint8_t *v, uint32_t n, uint32_t first, uint32_t bound, \
                           uint64_t *counts)                                             \
    {                                                                                    \
        uint32_t vectors = n / (register_bytes);                                         \
        for (; first < bound; first += BANK) {                                           \
            uint64_t bank[BANK];                                                         \
            if (bound - first <= 4)                                                      \
                count_bank(2, v, vectors, first, bank);                                  \
            else if (bound - first <= 8)                                                 \
                count_bank(4, v, vectors, first, bank);                                  \
            else                                                                         \
                count_bank(8, v, vectors, first, bank);                                  \
            add_bank(bank, first, bound, counts);                                        \
        }                                                                                \
    }
// NOLINTEND(bugprone-macro-parentheses)

#define TABLE_AVX2(table)   _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)(table)))
#define TABLE_AVX512(table) _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)(table)))

COUNT_BANK(count_bank_avx2, AVX2, __m256i, 256, TABLE_AVX2, 256)
COUNT_BANK(count_bank_avx512, AVX512, __m512i, 512, TABLE_AVX512, 512)
COUNT_FEW(count_few_avx2, AVX2, count_bank_avx2, 32)
COUNT_FEW(count_few_avx512, AVX512, count_bank_avx512, 64)

static void few_u8_avx2(const uint8_t *v, uint32_t n, uint32_t bound, uint64_t *counts)
{
    count_few_avx2(v, n, 0, bound, counts);
    count_rows(WIDTH_U8, v, n / 32 * 32, n, bound, counts);
}

static void few_u8_avx512(const uint8_t *v, uint32_t n, uint32_t bound, uint64_t *counts)
{
    count_few_avx512(v, n, 0, bound, counts);
    count_rows(WIDTH_U8, v, n / 64 * 64, n, bound, counts);
}

// --- bytes: few values in a block are the rule, so it is worth looking

struct span {
    uint8_t first;  // the least byte
    uint32_t bound; // one past the largest that is not 255; 0: none is
};

// Of `vectors` registers.  For the largest, 255 becomes 0 and others one more.
AVX2 static struct span span_avx2(const uint8_t *v, uint32_t vectors)
{
    __m256i least = _mm256_set1_epi8(-1);
    __m256i most = _mm256_setzero_si256();
    for (uint32_t i = 0; i < vectors; i++) {
        __m256i x = _mm256_loadu_si256((const void *)(v + (size_t)i * 32));
        least = _mm256_min_epu8(least, x);
        most = _mm256_max_epu8(most, _mm256_add_epi8(x, _mm256_set1_epi8(1)));
    }
    uint8_t mins[32];
    uint8_t maxs[32];
    memcpy(mins, &least, sizeof mins);
    memcpy(maxs, &most, sizeof maxs);
    struct span span = {UINT8_MAX, 0};
    for (unsigned l = 0; l < 32; l++) {
        span.first = mins[l] < span.first ? mins[l] : span.first;
        span.bound = maxs[l] > span.bound ? maxs[l] : span.bound;
    }
    return span;
}

// Up to this many values banks are faster than tables.
enum { BANKS_PAY_AVX2 = 3 * BANK, BANKS_PAY_AVX512 = 4 * BANK };

typedef void count_few_fn(const uint8_t *v, uint32_t n, uint32_t first, uint32_t bound,
                          uint64_t *counts);

// Bytes of 255 are what the banks have passed over.
static void u8_by(count_few_fn *count_few, uint32_t banks_pay, const uint8_t *v, uint32_t n,
                  uint64_t counts[256])
{
    uint32_t whole = n / 64 * 64;
    struct span span = span_avx2(v, n < TABLE_ROWS_MIN ? 0 : whole / 32);
    if (n < TABLE_ROWS_MIN || span.bound > span.first + banks_pay)
        return u8_any(v, n, counts);
    uint64_t few[256] = {0};
    uint32_t counted = 0;
    count_few(v, whole, span.first, span.bound, few);
    for (uint32_t c = span.first; c < span.bound; c++) {
        counts[c] += few[c];
        counted += (uint32_t)few[c];
    }
    counts[UINT8_MAX] += whole - counted;
    count_rows(WIDTH_U8, v, whole, n, 256, counts);
}

static void u8_avx2(const uint8_t *v, uint32_t n, uint64_t counts[256])
{
    u8_by(count_few_avx2, BANKS_PAY_AVX2, v, n, counts);
}

static void u8_avx512(const uint8_t *v, uint32_t n, uint64_t counts[256])
{
    u8_by(count_few_avx512, BANKS_PAY_AVX512, v, n, counts);
}

// --- wide values

// Whether a register of values from `at` on are all the same.
AVX2 INLINE bool is_run_avx2(enum width width, const void *at)
{
    __m256i x = _mm256_loadu_si256(at);
    __m256i first = width == WIDTH_U16 ? _mm256_broadcastw_epi16(_mm256_castsi256_si128(x))
                                       : _mm256_broadcastd_epi32(_mm256_castsi256_si128(x));
    __m256i differs = _mm256_xor_si256(x, first);
    return _mm256_testz_si256(differs, differs);
}

// A register at a time: a run is counted at once.  The rest is for `tables`, or for the counts
// when there are none.
AVX2 INLINE void count_runs_avx2(enum width width, const void *v, uint32_t n, uint32_t bound,
                                 struct tables *tables, uint64_t *counts)
{
    uint32_t lanes = 32 / (uint32_t)width;
    uint32_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        uint32_t x = raw_at(width, v, i);
        if (is_run_avx2(width, (const uint8_t *)v + (size_t)i * width))
            counts[x < bound ? x : 0] += x < bound ? lanes : 0;
        else if (tables)
            count_in_tables(width, v, i, i + lanes, bound, tables);
        else
            count_rows(width, v, i, i + lanes, bound, counts);
    }
    count_rows(width, v, i, n, bound, counts);
}

AVX2 INLINE void wide_avx2(enum width width, const void *v, uint32_t n, uint32_t bound,
                           uint64_t *counts)
{
    bound = bound_below_none(width, bound);
    if (bound == 0)
        return;
    if (!pays_tables(n, bound))
        return count_runs_avx2(width, v, n, bound, NULL, counts);
    struct tables tables;
    start_tables(&tables, bound);
    count_runs_avx2(width, v, n, bound, &tables, counts);
    add_tables(&tables, bound, counts);
}

AVX2 static void u16_avx2(const uint16_t *v, uint32_t n, uint32_t bound, uint64_t *counts)
{
    wide_avx2(WIDTH_U16, v, n, bound, counts);
}

AVX2 static void u32_avx2(const uint32_t *v, uint32_t n, uint32_t bound, uint64_t *counts)
{
    wide_avx2(WIDTH_U32, v, n, bound, counts);
}

static const struct histogram_kernels avx2 = {u8_avx2, few_u8_avx2, u16_avx2, u32_avx2};
static const struct histogram_kernels avx512 = {u8_avx512, few_u8_avx512, u16_avx2, u32_avx2};

#endif

const struct histogram_kernels *histogram_kernels(enum simd simd)
{
#if defined(__x86_64__)
    if (simd == SIMD_AVX512)
        return &avx512;
    if (simd == SIMD_AVX2)
        return &avx2;
#endif
    (void)simd;
    return &any;
}
