// SPDX-License-Identifier: Apache-2.0
#include "keys/blake2b.h"

#include <endian.h>

// A hash is eight words, begun from constants and mixed with one block of 128 bytes after
// another.  The first block is the key; the second, our last, is the text.
//
//     key ──▶ start (once) ──┬──▶ text 0 ──▶ out 0     lane 0 of every word
//                            ├──▶ text 1 ──▶ out 1     lane 1
//                            └──▶ ...
//
// A word has four lanes, which the compiler lays into vectors; the loop is compiled for
// several processors, of which the best that is there is taken.

enum { LANES = 4, WORDS = 16, BLOCK_BYTES = WORDS * 8, ROUNDS = 12 };

struct word {
    uint64_t of __attribute__((vector_size(LANES * 8)));
};

struct block {
    struct word m[WORDS];
};

struct state {
    struct word h[8];
};

static const uint64_t iv[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static const uint8_t sigma[ROUNDS][WORDS] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
};

#define TURN(x, bits) ((x) >> (bits) | (x) << (64 - (bits)))

#define MIX(a, b, c, d, x, y)      \
    do {                           \
        (a) += (b) + (x);          \
        (d) = TURN((d) ^ (a), 32); \
        (c) += (d);                \
        (b) = TURN((b) ^ (c), 24); \
        (a) += (b) + (y);          \
        (d) = TURN((d) ^ (a), 16); \
        (c) += (d);                \
        (b) = TURN((b) ^ (c), 63); \
    } while (0)

#define COLUMN(a, b, c, d, i) MIX(v[a].of, v[b].of, v[c].of, v[d].of, m[s[i]].of, m[s[(i) + 1]].of)

// `taken` is how many bytes the state has then taken in, in each lane.
static inline __attribute__((always_inline)) void
compress_words(struct state *to, const struct block *block, const struct word *taken, uint64_t last)
{
    struct word v[WORDS];
    const struct word none = {0};
    const struct word *m = block->m;
    for (int i = 0; i < 8; i++) {
        v[i] = to->h[i];
        v[i + 8].of = none.of + iv[i];
    }
    v[12].of ^= taken->of;
    v[14].of ^= last;
    for (int round = 0; round < ROUNDS; round++) {
        const uint8_t *s = sigma[round];
        COLUMN(0, 4, 8, 12, 0);
        COLUMN(1, 5, 9, 13, 2);
        COLUMN(2, 6, 10, 14, 4);
        COLUMN(3, 7, 11, 15, 6);
        COLUMN(0, 5, 10, 15, 8);
        COLUMN(1, 6, 11, 12, 10);
        COLUMN(2, 7, 8, 13, 12);
        COLUMN(3, 4, 9, 14, 14);
    }
    for (int i = 0; i < 8; i++)
        to->h[i].of ^= v[i].of ^ v[i + 8].of;
}

#define KERNEL(name, target_attribute)                                         \
    target_attribute static void name(struct state *to, const struct block *b, \
                                      const struct word *taken, uint64_t last) \
    {                                                                          \
        compress_words(to, b, taken, last);                                    \
    }

KERNEL(compress_any, )
#if defined(__x86_64__)
KERNEL(compress_avx2, __attribute__((target("avx2"))))
KERNEL(compress_avx512, __attribute__((target("avx512f,avx512vl"))))
#endif

static void compress(enum simd simd, struct state *to, const struct block *b,
                     const struct word *taken, uint64_t last)
{
#if defined(__x86_64__)
    if (simd == SIMD_AVX512) {
        compress_avx512(to, b, taken, last);
        return;
    }
    if (simd == SIMD_AVX2) {
        compress_avx2(to, b, taken, last);
        return;
    }
#endif
    (void)simd;
    compress_any(to, b, taken, last);
}

static void put_text(struct block *b, int lane, struct slice text)
{
    for (size_t at = 0; at < text.len; at += 8) {
        uint64_t word = 0;
        memcpy(&word, text.at + at, text.len - at < 8 ? text.len - at : 8);
        b->m[at / 8].of[lane] = le64toh(word);
    }
}

// What one call works with; it is wiped, as it holds the key and what was hashed.
struct work {
    enum simd simd;
    struct state start; // after the key
    struct state now;
    struct block block;
    struct word taken;
};

static void take_key(struct work *w, const uint8_t key[KEY_BYTES])
{
    // The parameter block: length of the result, length of the key, fanout 1, depth 1.
    const uint64_t parameters = 0x01010000 | KEY_BYTES << 8 | BLAKE2B_OUT_BYTES;
    for (int i = 0; i < 8; i++)
        w->start.h[i].of += i == 0 ? iv[0] ^ parameters : iv[i];
    for (int lane = 0; lane < LANES; lane++)
        put_text(&w->block, lane, slice_of(key, KEY_BYTES));
    w->taken.of += BLOCK_BYTES;
    compress(w->simd, &w->start, &w->block, &w->taken, 0);
}

static void hash_lanes(struct work *w, const struct slice *texts, uint32_t count,
                       uint8_t (*out)[BLAKE2B_OUT_BYTES])
{
    w->now = w->start;
    w->block = (struct block){0};
    for (uint32_t lane = 0; lane < count; lane++) {
        put_text(&w->block, (int)lane, texts[lane]);
        w->taken.of[lane] = BLOCK_BYTES + texts[lane].len;
    }
    compress(w->simd, &w->now, &w->block, &w->taken, UINT64_MAX);
    for (uint32_t lane = 0; lane < count; lane++) {
        uint64_t words[2] = {htole64(w->now.h[0].of[lane]), htole64(w->now.h[1].of[lane])};
        memcpy(out[lane], words, sizeof words);
    }
}

// Of an empty text the key's block is the last one, which is not the form above.
static bool are_one_block(const struct slice *texts, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (texts[i].len == 0 || texts[i].len > BLOCK_BYTES)
            return false;
    }
    return true;
}

void blake2b_many_by(enum simd simd, const uint8_t key[KEY_BYTES], const struct slice *texts,
                     uint32_t count, uint8_t (*out)[BLAKE2B_OUT_BYTES])
{
    struct work w = {.simd = simd};
    take_key(&w, key);
    for (uint32_t from = 0; from < count; from += LANES) {
        uint32_t n = count - from < LANES ? count - from : LANES;
        if (are_one_block(texts + from, n)) {
            hash_lanes(&w, texts + from, n, out + from);
            continue;
        }
        for (uint32_t i = from; i < from + n; i++)
            keyed_hash(key, texts[i], out[i], BLAKE2B_OUT_BYTES);
    }
    wipe(&w, sizeof w);
}

void blake2b_many(const uint8_t key[KEY_BYTES], const struct slice *texts, uint32_t count,
                  uint8_t (*out)[BLAKE2B_OUT_BYTES])
{
    blake2b_many_by(simd_best(), key, texts, count, out);
}
