// SPDX-License-Identifier: Apache-2.0
#pragma once

// Big-endian numbers at a place whose length has been checked.  For the two loops that
// see every value (pg_copy, pg_type); everything else reads through base/reader.h.

#include <stdint.h>
#include <string.h>

static inline uint16_t pg_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t pg_u32(const uint8_t *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return __builtin_bswap32(v);
}

static inline uint64_t pg_u64(const uint8_t *at)
{
    uint64_t v;
    memcpy(&v, at, sizeof v);
    return __builtin_bswap64(v);
}
