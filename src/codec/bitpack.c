// SPDX-License-Identifier: Apache-2.0
#include "codec/bitpack.h"

#include <string.h>

// Packed values form planes: the low 32 bits (or all, when width <= 32), then the rest.
// Each plane is an array of little-endian 32-bit words for 16 lanes:
//
//     value i     lane i % 16, place i / 16 within the lane
//     lane l      its values one after the other, `width` bits each, lowest bits first
//     word j of lane l    at byte (j * 16 + l) * 4
//
//     row j:   | word j of lane 0 | word j of lane 1 | ... | word j of lane 15 |   64 bytes
//
// So 16 neighbours always sit at the same bits of one row (or of two rows that follow
// each other): one load, shift and mask unpack all of them.  512 values fill exactly
// `width` rows.  The last group may be short; its last row is padded with zeros.

enum { LANES = 16, ROW_BYTES = LANES * 4, PLACES = BITPACK_GROUP / LANES };

static size_t plane_bytes(uint32_t count, unsigned width)
{
    size_t places = (count + (size_t)LANES - 1) / LANES;
    return (places * width + 31) / 32 * ROW_BYTES;
}

size_t bitpack_bytes(uint32_t count, unsigned width)
{
    if (width > 32)
        return plane_bytes(count, 32) + plane_bytes(count, width - 32);
    return plane_bytes(count, width);
}

unsigned bitpack_width(uint64_t max)
{
    return max == 0 ? 0 : 64 - (unsigned)__builtin_clzll(max);
}

// --- packing

static void pack_plane(const uint64_t *values, unsigned shift, uint32_t count, unsigned width,
                       uint8_t *out)
{
    uint64_t mask = ((uint64_t)1 << width) - 1;
    for (unsigned lane = 0; lane < LANES; lane++) {
        uint8_t *to = out + (size_t)lane * 4;
        uint64_t held = 0;
        unsigned bits = 0;
        for (uint32_t i = lane; i < count || i / LANES < (count + LANES - 1) / LANES; i += LANES) {
            uint64_t v = i < count ? values[i] >> shift & mask : 0;
            held |= v << bits;
            bits += width;
            if (bits < 32)
                continue;
            uint32_t word = (uint32_t)held;
            memcpy(to, &word, sizeof word);
            to += ROW_BYTES;
            held >>= 32;
            bits -= 32;
        }
        if (bits > 0) {
            uint32_t word = (uint32_t)held;
            memcpy(to, &word, sizeof word);
        }
    }
}

void bitpack(const uint64_t *values, uint32_t count, unsigned width, uint8_t *out)
{
    if (width > 32) {
        pack_plane(values, 0, count, 32, out);
        pack_plane(values, 32, count, width - 32, out + plane_bytes(count, 32));
    } else if (width > 0) {
        pack_plane(values, 0, count, width, out);
    }
}

// --- unpacking

// Unpacks `places` rows of 16 values, from bit 0 of `in` on, into `out`; reads only the
// rows that these values touch.  A kernel for each size of vector register and width of
// the result: it walks the rows once for every part of a row that fits a register.
// NOLINTBEGIN(bugprone-macro-parentheses): a type and an attribute take none
#define UNPACK_KERNEL(name, type, vector_bytes, target_attribute)                          \
    typedef uint32_t name##_vector __attribute__((vector_size(vector_bytes), aligned(4))); \
    typedef type name##_out                                                                \
        __attribute__((vector_size((vector_bytes) / 4 * sizeof(type)), aligned(1)));       \
    target_attribute static void name(const uint8_t *in, unsigned places, unsigned width,  \
                                      uint32_t base, type *out)                            \
    {                                                                                      \
        enum { OUT_BYTES = LANES * sizeof(type) };                                         \
        uint32_t mask = width < 32 ? (1u << width) - 1 : UINT32_MAX;                       \
        for (unsigned part = 0; part < ROW_BYTES; part += (vector_bytes)) {                \
            const uint8_t *at = in + part;                                                 \
            uint8_t *to = (uint8_t *)out + part / 4 * sizeof(type);                        \
            const uint8_t *to_end = to + (size_t)places * OUT_BYTES;                       \
            unsigned shift = 0;                                                            \
            name##_vector have;                                                            \
            name##_vector v;                                                               \
            memcpy(&have, at, sizeof have);                                                \
            for (; to < to_end; to += OUT_BYTES) {                                         \
                if (shift == 32) {                                                         \
                    at += ROW_BYTES;                                                       \
                    memcpy(&have, at, sizeof have);                                        \
                    shift = 0;                                                             \
                }                                                                          \
                v = have >> shift;                                                         \
                shift += width;                                                            \
                if (shift > 32) {                                                          \
                    at += ROW_BYTES;                                                       \
                    memcpy(&have, at, sizeof have);                                        \
                    v |= have << (32 + width - shift);                                     \
                    shift -= 32;                                                           \
                }                                                                          \
                v = (v & mask) + base;                                                     \
                name##_out narrow = __builtin_convertvector(v, name##_out);                \
                memcpy(to, &narrow, sizeof narrow);                                        \
            }                                                                              \
        }                                                                                  \
    }

// bitunpack_TYPE_by(): the kernels of one width of the result, a group at a time; the
// last one, when short, by way of a whole one, as `out` has room for just `count`.
#if defined(__x86_64__)
#define UNPACK_KERNELS(type, suffix)                                                     \
    UNPACK_KERNEL(unpack_any_##suffix, type, 16, )                                       \
    UNPACK_KERNEL(unpack_avx2_##suffix, type, 32, __attribute__((target("avx2"))))       \
    UNPACK_KERNEL(unpack_avx512_##suffix, type, 64, __attribute__((target("avx512f"))))  \
    static void unpack_rows_##suffix(enum simd simd, const uint8_t *in, unsigned places, \
                                     unsigned width, uint32_t base, type *out)           \
    {                                                                                    \
        if (simd == SIMD_AVX512)                                                         \
            unpack_avx512_##suffix(in, places, width, base, out);                        \
        else if (simd == SIMD_AVX2)                                                      \
            unpack_avx2_##suffix(in, places, width, base, out);                          \
        else                                                                             \
            unpack_any_##suffix(in, places, width, base, out);                           \
    }
#else
#define UNPACK_KERNELS(type, suffix)                                                     \
    UNPACK_KERNEL(unpack_any_##suffix, type, 16, )                                       \
    static void unpack_rows_##suffix(enum simd simd, const uint8_t *in, unsigned places, \
                                     unsigned width, uint32_t base, type *out)           \
    {                                                                                    \
        (void)simd;                                                                      \
        unpack_any_##suffix(in, places, width, base, out);                               \
    }
#endif

#define UNPACK_FUNCTIONS(type, suffix)                                                            \
    UNPACK_KERNELS(type, suffix)                                                                  \
    static void unpack_group_##suffix(enum simd simd, const uint8_t *in, uint32_t count,          \
                                      unsigned width, uint32_t base, type *out)                   \
    {                                                                                             \
        unsigned whole = count / LANES;                                                           \
        if (whole * LANES == count) {                                                             \
            unpack_rows_##suffix(simd, in, whole, width, base, out);                              \
            return;                                                                               \
        }                                                                                         \
        type tail[BITPACK_GROUP];                                                                 \
        unpack_rows_##suffix(simd, in, whole + 1, width, base, tail);                             \
        memcpy(out, tail, count * sizeof *out);                                                   \
    }                                                                                             \
    void bitunpack_##suffix##_by(enum simd simd, const uint8_t *packed, uint32_t count,           \
                                 unsigned width, uint32_t base, type *out)                        \
    {                                                                                             \
        if (width == 0) {                                                                         \
            for (uint32_t i = 0; i < count; i++)                                                  \
                out[i] = (type)base;                                                              \
            return;                                                                               \
        }                                                                                         \
        for (uint32_t from = 0; from < count; from += BITPACK_GROUP) {                            \
            uint32_t n = count - from < BITPACK_GROUP ? count - from : BITPACK_GROUP;             \
            unpack_group_##suffix(simd, packed, n, width, base, out + from);                      \
            packed += (size_t)width * ROW_BYTES;                                                  \
        }                                                                                         \
    }                                                                                             \
    void bitunpack_##suffix(const uint8_t *packed, uint32_t count, unsigned width, uint32_t base, \
                            type *out)                                                            \
    {                                                                                             \
        bitunpack_##suffix##_by(simd_best(), packed, count, width, base, out);                    \
    }
// NOLINTEND(bugprone-macro-parentheses)

UNPACK_FUNCTIONS(uint8_t, u8)
UNPACK_FUNCTIONS(uint16_t, u16)
UNPACK_FUNCTIONS(uint32_t, u32)

// Whole groups have a loop of fixed length, which compilers make a vector loop.
static void widen_group(const uint32_t *restrict low, uint32_t count, uint64_t base,
                        uint64_t *restrict out)
{
    if (count == BITPACK_GROUP) {
        for (uint32_t i = 0; i < BITPACK_GROUP; i++)
            out[i] = base + low[i];
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        out[i] = base + low[i];
}

static void add_high_group(const uint32_t *restrict high, uint32_t count, uint64_t *restrict out)
{
    if (count == BITPACK_GROUP) {
        for (uint32_t i = 0; i < BITPACK_GROUP; i++)
            out[i] += (uint64_t)high[i] << 32;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        out[i] += (uint64_t)high[i] << 32;
}

void bitunpack_u64(const uint8_t *packed, uint32_t count, unsigned width, uint64_t base,
                   uint64_t *out)
{
    unsigned low_width = width < 32 ? width : 32;
    unsigned high_width = width - low_width;
    const uint8_t *high_packed = packed + plane_bytes(count, low_width);
    uint32_t half[BITPACK_GROUP];
    for (uint32_t from = 0; from < count; from += BITPACK_GROUP) {
        uint32_t n = count - from < BITPACK_GROUP ? count - from : BITPACK_GROUP;
        bitunpack_u32(packed, n, low_width, 0, half);
        packed += (size_t)low_width * ROW_BYTES;
        widen_group(half, n, base, out + from);
        if (high_width == 0)
            continue;
        bitunpack_u32(high_packed, n, high_width, 0, half);
        high_packed += (size_t)high_width * ROW_BYTES;
        add_high_group(half, n, out + from);
    }
}

// --- one value

static uint32_t plane_at(const uint8_t *plane, unsigned width, uint32_t i)
{
    if (width == 0)
        return 0;
    size_t bit = (size_t)(i / LANES) * width;
    unsigned shift = bit % 32;
    const uint8_t *at = plane + bit / 32 * ROW_BYTES + (size_t)(i % LANES) * 4;
    uint32_t low;
    memcpy(&low, at, sizeof low);
    uint64_t v = low;
    if (shift + width > 32) {
        uint32_t next;
        memcpy(&next, at + ROW_BYTES, sizeof next);
        v |= (uint64_t)next << 32;
    }
    return (uint32_t)(v >> shift & (((uint64_t)1 << width) - 1));
}

uint64_t bitpack_at(const uint8_t *packed, uint32_t count, unsigned width, uint32_t i)
{
    if (width <= 32)
        return plane_at(packed, width, i);
    uint64_t high = plane_at(packed + plane_bytes(count, 32), width - 32, i);
    return high << 32 | plane_at(packed, 32, i);
}
