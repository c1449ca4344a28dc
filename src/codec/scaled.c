// SPDX-License-Identifier: Apache-2.0
#include "codec/codec_private.h"

#include <stdlib.h>

// Scaled: doubles that are short decimals (21.5, 0.07, 1299.99), as whole numbers over a
// power of ten.  Lossless by test: a column is scaled only when dividing gives back
// the very bits of every value, which -0, NaN and infinities never do.  The idea is that of ALP
// (Afroozeh, Kuffo, Boncz: "ALP: Adaptive Lossless floating-Point Compression", 2023).
//
//     power u8 (0 to 10)
//     base u64, width u8, packed: the whole numbers

enum { POWER_MAX = 10 };

static const double powers[POWER_MAX + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10};
// Whole numbers stay below 2^51, so that ratio_of() may add them to the bits of 3 * 2^51,
// whose lowest bit is worth 1: a vector of them is made doubles without an instruction
// that converts, which few machines have for 64 bits.
static const double whole_max = 2251799813685248.0;
static const double whole_zero = 6755399441055744.0;
static const uint64_t whole_zero_bits = 0x4338000000000000;

struct scaling {
    unsigned power;
    int64_t min, max;
};

static double double_of(uint64_t bits)
{
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static uint64_t bits_of(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

// The bits of `whole` over `power`.
static inline uint64_t ratio_of(uint64_t whole, double power)
{
    return bits_of((double_of(whole + whole_zero_bits) - whole_zero) / power);
}

// True when `bits` is `*out_whole` over 10^power, bit for bit.
static bool scales(uint64_t bits, unsigned power, int64_t *out_whole)
{
    double times = double_of(bits) * powers[power];
    if (!(times > -whole_max && times < whole_max))
        return false;
    int64_t whole = (int64_t)(times < 0 ? times - 0.5 : times + 0.5);
    *out_whole = whole;
    return ratio_of((uint64_t)whole, powers[power]) == bits;
}

// The power grows as values ask for it; each time all values before are tried again, since
// a larger power need not suit them.
static bool find_scaling(const struct words *w, struct scaling *out)
{
    for (unsigned power = 0; power <= POWER_MAX;) {
        struct scaling s = {power, INT64_MAX, INT64_MIN};
        int64_t whole = 0;
        uint32_t i = 0;
        for (; i < w->count && scales(w->at[i], power, &whole); i++) {
            s.min = whole < s.min ? whole : s.min;
            s.max = whole > s.max ? whole : s.max;
        }
        if (i == w->count) {
            *out = s;
            return true;
        }
        while (power <= POWER_MAX && !scales(w->at[i], power, &whole))
            power++;
    }
    return false;
}

static size_t scaled_bytes(const struct words *w)
{
    struct scaling s;
    if (w->kind != COLUMN_F64 || !find_scaling(w, &s))
        return SIZE_MAX;
    return 1 + frame_bytes(s.min, s.max, w->count);
}

static void scaled_encode(const struct words *w, struct buf *out)
{
    struct scaling s;
    CHECK(find_scaling(w, &s));
    uint64_t *wholes = malloc(w->count * sizeof *wholes);
    CHECK(wholes != NULL);
    for (uint32_t i = 0; i < w->count; i++) {
        int64_t whole;
        CHECK(scales(w->at[i], s.power, &whole));
        wholes[i] = (uint64_t)whole;
    }
    buf_u8(out, (uint8_t)s.power);
    frame_encode(wholes, w->count, s.min, s.max, out);
    free(wholes);
}

static enum err scaled_check(struct slice data, enum column_kind kind, uint32_t count,
                             struct fault *why)
{
    if (kind != COLUMN_F64 || data.len < 1 || data.at[0] > POWER_MAX)
        return fail(why, ERR_CORRUPT, "scaled column without a power of ten");
    return frame_check(slice_from(data, 1), count, why);
}

// Of fixed length, which compilers make a vector loop.
static void divide_group(uint64_t *words, double power)
{
    for (uint32_t i = 0; i < BITPACK_GROUP; i++)
        words[i] = ratio_of(words[i], power);
}

static void scaled_words(const struct column *c, uint64_t *out)
{
    double power = powers[c->data[0]];
    struct frame f = frame_of(c->data + 1);
    bitunpack_u64(f.packed, c->held, f.width, f.base, out);
    uint32_t i = 0;
    for (; c->held - i >= BITPACK_GROUP; i += BITPACK_GROUP)
        divide_group(out + i, power);
    for (; i < c->held; i++)
        out[i] = ratio_of(out[i], power);
}

static uint64_t scaled_word_at(const struct column *c, uint32_t row)
{
    struct frame f = frame_of(c->data + 1);
    uint64_t whole = f.base + bitpack_at(f.packed, c->held, f.width, row);
    return ratio_of(whole, powers[c->data[0]]);
}

bool scaled_word(uint64_t bits, unsigned *out_power, int64_t *out_whole)
{
    for (unsigned power = 0; power <= POWER_MAX; power++) {
        *out_power = power;
        if (scales(bits, power, out_whole))
            return true;
    }
    return false;
}

void scaled_shape(const struct column *c, struct column_scale *out)
{
    struct frame f = frame_of(c->data + 1);
    out->power = c->data[0];
    out->min = (int64_t)f.base;
    out->max_distance = f.width == 64 ? UINT64_MAX : ((uint64_t)1 << f.width) - 1;
}

static void scaled_distances_u16(const struct column *c, uint64_t base, uint16_t *out)
{
    struct frame f = frame_of(c->data + 1);
    bitunpack_u16(f.packed, c->held, frame_low_width(&f), (uint32_t)(f.base - base), out);
}

static void scaled_distances_u32(const struct column *c, uint64_t base, uint32_t *out)
{
    struct frame f = frame_of(c->data + 1);
    bitunpack_u32(f.packed, c->held, frame_low_width(&f), (uint32_t)(f.base - base), out);
}

const struct encoding encoding_scaled = {
    .name = "scaled",
    .bytes = scaled_bytes,
    .encode = scaled_encode,
    .check = scaled_check,
    .words = scaled_words,
    .word_at = scaled_word_at,
    .distances_u16 = scaled_distances_u16,
    .distances_u32 = scaled_distances_u32,
};
