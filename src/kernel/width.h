// SPDX-License-Identifier: Apache-2.0
#pragma once

// How wide the values of a vector of codes or of ordinals (bucket numbers) are.  The
// narrowest width that holds them is the fastest: a vector register holds 64 values of one
// byte, but 16 of four.  All ones of the width means "none": no value, no bucket.

#include <stdint.h>

enum width { WIDTH_U8 = 1, WIDTH_U16 = 2, WIDTH_U32 = 4 }; // bytes

// A vector of codes or ordinals that somebody else holds.
struct codes {
    enum width width;
    const void *at; // const uint8_t *, uint16_t * or uint32_t *
};

// The narrowest width for 0 to bound - 1 and none.
static inline enum width width_for(uint32_t bound)
{
    if (bound <= UINT8_MAX)
        return WIDTH_U8;
    return bound <= UINT16_MAX ? WIDTH_U16 : WIDTH_U32;
}

static inline uint32_t width_none(enum width width)
{
    return UINT32_MAX >> (32 - 8 * (unsigned)width);
}

// Value `i`; none is UINT32_MAX whatever the width.
static inline uint32_t codes_at(struct codes c, uint32_t i)
{
    if (c.width == WIDTH_U8) {
        uint8_t v = ((const uint8_t *)c.at)[i];
        return v == UINT8_MAX ? UINT32_MAX : v;
    }
    if (c.width == WIDTH_U16) {
        uint16_t v = ((const uint16_t *)c.at)[i];
        return v == UINT16_MAX ? UINT32_MAX : v;
    }
    return ((const uint32_t *)c.at)[i];
}
