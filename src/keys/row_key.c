// SPDX-License-Identifier: Apache-2.0
#include "keys/row_key.h"

#include "base/buf.h"
#include "keys/blake2b.h"

#include <endian.h>

// A balanced Feistel network over two halves of as many bits as the number's class has.
//
//     class          numbers            a half
//     0              below 2^24         12 bits
//     1              2^24 to 2^32 - 1   16 bits
//     2              2^32 to 2^40 - 1   20 bits
//     3              the others         32 bits
//
//     round r:   left, right  :=  right,  left xor F(r, right)
//     F(r, x) =  the low bits of SipHash-2-4 over x (4 bytes), r (1), bits of a half (1),
//                two zeros, little-endian
//
// Whatever F is, each round can be undone (right is still there, so F(r, right) can be
// computed and taken off again); the whole is therefore a bijection of the numbers that the
// halves hold, and no two numbers can meet.  F keyed makes it a pseudo-random permutation
// (Luby and Rackoff, 1988, for four rounds); with eight, telling it from a random one
// takes about as many known pairs as there are values of a half.
//
// A number of a class whose permutation leaves the class (one in 256) is permuted again
// until it is back: still a bijection, now of the class ("cycle walking", Black and
// Rogaway, 2002).  So small numbers have small keys, which store in 3 to 5 bytes, and a
// key says of its number only which class it is of.
enum { ROUNDS = 8, CLASSES = 4 };

struct number_class {
    uint64_t first;
    unsigned half_bits;
};

static const struct number_class classes[CLASSES] = {
    {0, 12}, {(uint64_t)1 << 24, 16}, {(uint64_t)1 << 32, 20}, {(uint64_t)1 << 40, 32}};

// SipHash-2-4 by its definition (Aumasson and Bernstein, 2012), for inputs of eight bytes:
// a row takes eight of these, each waiting for the one before, and calling the library for
// each costs more than hashing.  Numbers do not wait for each other, so several go side by
// side, in the lanes of vectors; which processor there is, is seen when it runs.
enum { LANES = 4 };

struct word {
    uint64_t of __attribute__((vector_size(LANES * 8)));
};

struct sip {
    struct word v[4];
};

static uint64_t u64_le(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return le64toh(value);
}

static void sip_start(const uint8_t key[SHORT_KEY_BYTES], struct sip *out)
{
    static const uint64_t constants[4] = {0x736f6d6570736575, 0x646f72616e646f6d,
                                          0x6c7967656e657261, 0x7465646279746573};
    for (int i = 0; i < 4; i++)
        for (int lane = 0; lane < LANES; lane++)
            out->v[i].of[lane] = constants[i] ^ u64_le(key + (size_t)8 * (i % 2));
}

#define INLINE        static inline __attribute__((always_inline))
#define TURN(x, bits) ((x) << (bits) | (x) >> (64 - (bits)))

INLINE void sip_round(struct sip *s)
{
    s->v[0].of += s->v[1].of;
    s->v[1].of = TURN(s->v[1].of, 13) ^ s->v[0].of;
    s->v[0].of = TURN(s->v[0].of, 32);
    s->v[2].of += s->v[3].of;
    s->v[3].of = TURN(s->v[3].of, 16) ^ s->v[2].of;
    s->v[0].of += s->v[3].of;
    s->v[3].of = TURN(s->v[3].of, 21) ^ s->v[0].of;
    s->v[2].of += s->v[1].of;
    s->v[1].of = TURN(s->v[1].of, 17) ^ s->v[2].of;
    s->v[2].of = TURN(s->v[2].of, 32);
}

INLINE void sip_word(struct sip *s, const struct word *word)
{
    s->v[3].of ^= word->of;
    sip_round(s);
    sip_round(s);
    s->v[0].of ^= word->of;
}

// Hashes `word` in place.  The last word of the input says how long it is.
INLINE void sip_eight_bytes(const struct sip *start, struct word *word)
{
    struct sip s = *start;
    struct word last = {0};
    last.of += (uint64_t)8 << 56;
    sip_word(&s, word);
    sip_word(&s, &last);
    s.v[2].of ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(&s);
    word->of = s.v[0].of ^ s.v[1].of ^ s.v[2].of ^ s.v[3].of;
}

INLINE void permute_lanes(const struct sip *start, const struct word *half_bits,
                          struct word *numbers)
{
    struct word mask = {0};
    mask.of = ((mask.of + 1) << half_bits->of) - 1;
    struct word salt = {half_bits->of << 40};
    struct word left = {numbers->of >> half_bits->of};
    struct word right = {numbers->of & mask.of};
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct word f = {right.of | round << 32 | salt.of};
        sip_eight_bytes(start, &f);
        struct word next = {left.of ^ (f.of & mask.of)};
        left = right;
        right = next;
    }
    numbers->of = left.of << half_bits->of | right.of;
}

#define KERNEL(name, target_attribute)                                                       \
    target_attribute static void name(const struct sip *start, const struct word *half_bits, \
                                      struct word *numbers)                                  \
    {                                                                                        \
        permute_lanes(start, half_bits, numbers);                                            \
    }

KERNEL(permute_any, )
#if defined(__x86_64__)
KERNEL(permute_avx2, __attribute__((target("avx2"))))
KERNEL(permute_avx512, __attribute__((target("avx512f,avx512vl"))))
#endif

static void permute(enum simd simd, const struct sip *start, const struct word *half_bits,
                    struct word *numbers)
{
#if defined(__x86_64__)
    if (simd == SIMD_AVX512) {
        permute_avx512(start, half_bits, numbers);
        return;
    }
    if (simd == SIMD_AVX2) {
        permute_avx2(start, half_bits, numbers);
        return;
    }
#endif
    (void)simd;
    permute_any(start, half_bits, numbers);
}

static unsigned class_of(uint64_t number)
{
    unsigned class = 0;
    while (class + 1 < CLASSES && number >= classes[class + 1].first)
        class ++;
    return class;
}

// Permutes until every lane is back in its class; those that are wait.
static void walk(enum simd simd, const struct sip *start, struct word *numbers)
{
    struct word half_bits;
    uint64_t first[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        const struct number_class *class = &classes[class_of(numbers->of[lane])];
        half_bits.of[lane] = class->half_bits;
        first[lane] = class->first;
    }
    struct word on = *numbers;
    bool is_back[LANES] = {false};
    for (int back = 0; back < LANES;) {
        permute(simd, start, &half_bits, &on);
        for (int lane = 0; lane < LANES; lane++) {
            if (is_back[lane] || on.of[lane] < first[lane])
                continue;
            numbers->of[lane] = on.of[lane];
            is_back[lane] = true;
            back++;
        }
    }
}

void row_keys_of_numbers_by(enum simd simd, const uint8_t key[KEY_BYTES], uint64_t *numbers,
                            uint32_t count)
{
    struct sip start;
    sip_start(key, &start);
    for (uint32_t from = 0; from < count; from += LANES) {
        uint32_t n = count - from < LANES ? count - from : LANES;
        struct word some = {0};
        memcpy(&some, numbers + from, n * sizeof *numbers);
        walk(simd, &start, &some);
        memcpy(numbers + from, &some, n * sizeof *numbers);
    }
    wipe(&start, sizeof start);
}

void row_keys_of_numbers(const uint8_t key[KEY_BYTES], uint64_t *numbers, uint32_t count)
{
    row_keys_of_numbers_by(simd_best(), key, numbers, count);
}

uint64_t row_key_of_number(const uint8_t key[KEY_BYTES], int64_t number)
{
    uint64_t value = (uint64_t)number;
    row_keys_of_numbers(key, &value, 1);
    return value;
}

void row_key_part(struct buf *parts, struct slice text)
{
    buf_blob(parts, text);
}

static uint64_t u64_be(const uint8_t *at)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++)
        value = value << 8 | at[i];
    return value;
}

static void split(const uint8_t hash[16], uint64_t *out_hi, uint64_t *out_lo)
{
    uint64_t hi = u64_be(hash);
    *out_hi = hi ? hi : 1;
    *out_lo = u64_be(hash + 8);
}

void row_key_of_parts(const uint8_t key[KEY_BYTES], struct slice parts, uint64_t *out_hi,
                      uint64_t *out_lo)
{
    uint8_t hash[16];
    keyed_hash(key, parts, hash, sizeof hash);
    split(hash, out_hi, out_lo);
}

void row_keys_of_parts(const uint8_t key[KEY_BYTES], const struct slice *parts, uint32_t count,
                       uint64_t (*out)[2])
{
    uint8_t hashes[64][16];
    for (uint32_t from = 0; from < count; from += 64) {
        uint32_t n = count - from < 64 ? count - from : 64;
        blake2b_many(key, parts + from, n, hashes);
        for (uint32_t i = 0; i < n; i++)
            split(hashes[i], &out[from + i][0], &out[from + i][1]);
    }
}
