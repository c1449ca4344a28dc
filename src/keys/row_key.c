// SPDX-License-Identifier: Apache-2.0
#include "keys/row_key.h"

#include "base/buf.h"

#include <endian.h>

// A balanced Feistel network over the two 32-bit halves.
//
//     round r:   left, right  :=  right,  left xor F(r, right)
//     F(r, x) =  low 32 bits of SipHash-2-4 over x (4 bytes), r (4 bytes), little-endian
//
// Whatever F is, each round can be undone (right is still there, so F(r, right) can be
// computed and taken off again); the whole is therefore a bijection of 64 bits, and no
// two numbers can meet.  F keyed makes it a pseudo-random permutation (Luby and
// Rackoff, 1988, for four rounds); with eight, telling it from a random one takes
// about as many known pairs as there are values of a half.
enum { ROUNDS = 8 };

// SipHash-2-4 by its definition (Aumasson and Bernstein, 2012), for inputs of eight bytes:
// a row takes eight of these, and calling the library for each costs more than hashing.
struct sip {
    uint64_t v0, v1, v2, v3;
};

static uint64_t u64_le(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return le64toh(value);
}

static struct sip sip_start(const uint8_t key[SHORT_KEY_BYTES])
{
    uint64_t k0 = u64_le(key);
    uint64_t k1 = u64_le(key + 8);
    return (struct sip){
        .v0 = k0 ^ 0x736f6d6570736575,
        .v1 = k1 ^ 0x646f72616e646f6d,
        .v2 = k0 ^ 0x6c7967656e657261,
        .v3 = k1 ^ 0x7465646279746573,
    };
}

static uint64_t turn_left(uint64_t v, unsigned bits)
{
    return v << bits | v >> (64 - bits);
}

static inline void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = turn_left(s->v1, 13) ^ s->v0;
    s->v0 = turn_left(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = turn_left(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = turn_left(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = turn_left(s->v1, 17) ^ s->v2;
    s->v2 = turn_left(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    sip_round(s);
    s->v0 ^= word;
}

// The last word of the input says how long it is.
static inline uint64_t sip_end(struct sip s, uint64_t eight_bytes)
{
    sip_word(&s, eight_bytes);
    sip_word(&s, (uint64_t)8 << 56);
    s.v2 ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t row_key_of_number(const uint8_t key[KEY_BYTES], int64_t number)
{
    uint32_t left = (uint32_t)((uint64_t)number >> 32);
    uint32_t right = (uint32_t)number;
    struct sip start = sip_start(key);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t next = left ^ (uint32_t)sip_end(start, (uint64_t)round << 32 | right);
        left = right;
        right = next;
    }
    wipe(&start, sizeof start);
    return (uint64_t)left << 32 | right;
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

void row_key_of_parts(const uint8_t key[KEY_BYTES], struct slice parts, uint64_t *out_hi,
                      uint64_t *out_lo)
{
    uint8_t hash[16];
    keyed_hash(key, parts, hash, sizeof hash);
    uint64_t hi = u64_be(hash);
    *out_hi = hi ? hi : 1;
    *out_lo = u64_be(hash + 8);
}
