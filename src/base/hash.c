// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_bytes(const void *at, size_t len)
{
    return XXH3_64bits(at, len);
}

// The finisher of MurmurHash3: every bit of v reaches every bit of the result.
uint64_t hash_u64(uint64_t v)
{
    v ^= v >> 33;
    v *= 0xff51afd7ed558ccd;
    v ^= v >> 33;
    v *= 0xc4ceb9fe1a85ec53;
    return v ^ v >> 33;
}

uint64_t checksum(const void *at, size_t len)
{
    return XXH3_64bits_withSeed(at, len, 0x74616d6973);
}
