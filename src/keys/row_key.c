// SPDX-License-Identifier: Apache-2.0
#include "keys/row_key.h"

#include "base/buf.h"

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

static uint32_t round_of(const uint8_t key[SHORT_KEY_BYTES], uint32_t round, uint32_t half)
{
    uint8_t in[8];
    for (unsigned i = 0; i < 4; i++) {
        in[i] = (uint8_t)(half >> (8 * i));
        in[4 + i] = (uint8_t)(round >> (8 * i));
    }
    return (uint32_t)short_hash(key, slice_of(in, sizeof in));
}

uint64_t row_key_of_number(const uint8_t key[KEY_BYTES], int64_t number)
{
    uint32_t left = (uint32_t)((uint64_t)number >> 32);
    uint32_t right = (uint32_t)number;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t next = left ^ round_of(key, round, right);
        left = right;
        right = next;
    }
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
