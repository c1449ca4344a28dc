// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of kernels share: blocks of all lengths in memory of just their size, so that
// reading past one is caught by the address sanitizer, and values that are hard on kernels.

#include "base/simd.h"
#include "kernel/mask.h"
#include "kernel/width.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

// Runs what follows for each level of the processor, with `simd` of that level.
#define EACH_SIMD(simd) \
    for (enum simd simd = SIMD_NONE; simd <= simd_best(); simd = (enum simd)(simd + 1))

// Runs what follows for each length that may matter: all around the widths of registers, and
// a whole block and one row less.
#define EACH_LENGTH(n) for (uint32_t n = 0; n <= 8192; n = case_next_length(n))

static inline uint32_t case_next_length(uint32_t n)
{
    return n == 200 ? 8191 : n + 1;
}

#define EACH_SHAPE(shape) \
    for (enum case_shape shape = 0; shape < CASE_SHAPES; shape = (enum case_shape)(shape + 1))

static inline uint64_t case_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15;
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

// How the values of a block lie.
enum case_shape {
    CASE_RANDOM,  // any value of the width
    CASE_SMALL,   // below 16, with some none
    CASE_RUNS,    // runs of equal values
    CASE_NONE,    // all none
    CASE_ENDS,    // none at both ends, small between
    CASE_EXTREME, // smallest and largest of the type, signed and unsigned
    CASE_SHAPES,
};

static inline uint64_t case_value(enum case_shape shape, uint32_t i, uint32_t n, uint64_t *random)
{
    uint64_t r = case_random(random);
    switch (shape) {
    case CASE_SMALL:
        return r % 11 == 0 ? UINT64_MAX : r >> 8 & 15;
    case CASE_RUNS:
        return i / 37 % 23;
    case CASE_NONE:
        return UINT64_MAX;
    case CASE_ENDS:
        return i < 3 || i + 3 >= n ? UINT64_MAX : r % 200;
    case CASE_EXTREME:
        return (uint64_t[]){0,
                            UINT64_MAX,
                            (uint64_t)1 << 63,
                            UINT64_MAX >> 1,
                            0x7f7f7f7f7f7f7f7f,
                            0x8080808080808080,
                            1,
                            UINT64_MAX - 1}[r % 8];
    case CASE_RANDOM:
    case CASE_SHAPES:
        break;
    }
    return r;
}

// An array of `n` elements of `bytes` each that ends where its memory does, and starts one
// element after a border, so that it has no alignment but its own.
struct case_array {
    void *memory;
    void *at;
};

static inline struct case_array case_array(uint32_t n, size_t bytes)
{
    struct case_array a;
    a.memory = malloc((n + (size_t)1) * bytes);
    a.at = (uint8_t *)a.memory + bytes;
    return a;
}

static inline struct case_array case_values(enum case_shape shape, uint32_t n, size_t bytes,
                                            uint64_t *random)
{
    struct case_array a = case_array(n, bytes);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t v = case_value(shape, i, n, random);
        memcpy((uint8_t *)a.at + i * bytes, &v, bytes);
    }
    return a;
}

// Doubles: the same numbers, small ones whole, and what is no number.
static inline struct case_array case_doubles(enum case_shape shape, uint32_t n, uint64_t *random)
{
    struct case_array a = case_values(shape, n, sizeof(double), random);
    double *d = a.at;
    for (uint32_t i = 0; i < n; i++) {
        int64_t whole;
        memcpy(&whole, &d[i], sizeof whole);
        if (shape != CASE_RANDOM && shape != CASE_EXTREME)
            d[i] = (double)whole / 4;
    }
    return a;
}

// A mask of about `in` of 8 rows.
static inline struct case_array case_mask(uint32_t n, unsigned in, uint64_t *random)
{
    struct case_array a = case_array(mask_words(n), sizeof(uint64_t));
    uint64_t *m = a.at;
    for (uint32_t w = 0; w < mask_words(n); w++)
        m[w] = 0;
    for (uint32_t i = 0; i < n; i++)
        m[i / 64] |= (uint64_t)(case_random(random) % 8 < in) << i % 64;
    return a;
}

static inline enum width case_width(unsigned i)
{
    return (enum width[]){WIDTH_U8, WIDTH_U16, WIDTH_U32}[i % 3];
}
