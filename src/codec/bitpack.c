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

// How far ahead of what is unpacked memory is asked for.  Processors see a stream by themselves,
// but not far enough: with this a fifth more comes from memory.  Behind the last row lies the next
// block, as a rule, and where nothing does, nothing happens.
enum { AHEAD_BYTES = 4096 };

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

// A kernel for each size of vector register.  It unpacks `places` rows of 16 values, from
// bit 0 of `in` on, into `out`, reads only the rows that these values touch, and walks the
// rows once for every part of a row that fits a register.
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
                    __builtin_prefetch(at + AHEAD_BYTES);                                  \
                    memcpy(&have, at, sizeof have);                                        \
                    shift = 0;                                                             \
                }                                                                          \
                v = have >> shift;                                                         \
                shift += width;                                                            \
                if (shift > 32) {                                                          \
                    at += ROW_BYTES;                                                       \
                    __builtin_prefetch(at + AHEAD_BYTES);                                  \
                    memcpy(&have, at, sizeof have);                                        \
                    v |= have << (32 + width - shift);                                     \
                    shift -= 32;                                                           \
                }                                                                          \
                v = (v & mask) + base;                                                     \
                name##_out result = __builtin_convertvector(v, name##_out);                \
                memcpy(to, &result, sizeof result);                                        \
            }                                                                              \
        }                                                                                  \
    }

UNPACK_KERNEL(unpack_any, uint32_t, 16, )
#if defined(__x86_64__)
#define AVX2   __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512vl")))
UNPACK_KERNEL(unpack_avx2, uint32_t, 32, AVX2)
UNPACK_KERNEL(unpack_avx512, uint32_t, 64, AVX512)
UNPACK_KERNEL(unpack_avx512_u8, uint8_t, 64, AVX512)
UNPACK_KERNEL(unpack_avx512_u16, uint16_t, 64, AVX512)
#endif

// Up to a group into room for a whole one.
static void unpack_group(enum simd simd, const uint8_t *in, uint32_t count, unsigned width,
                         uint32_t base, uint32_t *out)
{
    unsigned places = (count + LANES - 1) / LANES;
#if defined(__x86_64__)
    if (simd == SIMD_AVX512) {
        unpack_avx512(in, places, width, base, out);
        return;
    }
    if (simd == SIMD_AVX2) {
        unpack_avx2(in, places, width, base, out);
        return;
    }
#endif
    (void)simd;
    unpack_any(in, places, width, base, out);
}

void bitunpack_u32_by(enum simd simd, const uint8_t *packed, uint32_t count, unsigned width,
                      uint32_t base, uint32_t *out)
{
    if (width == 0) {
        for (uint32_t i = 0; i < count; i++)
            out[i] = base;
        return;
    }
    for (; count >= BITPACK_GROUP; count -= BITPACK_GROUP) {
        unpack_group(simd, packed, BITPACK_GROUP, width, base, out);
        packed += (size_t)width * ROW_BYTES;
        out += BITPACK_GROUP;
    }
    if (count == 0)
        return;
    uint32_t group[BITPACK_GROUP];
    unpack_group(simd, packed, count, width, base, group);
    memcpy(out, group, count * sizeof *out);
}

// change_TYPE(): a group's values in another width, by a loop of fixed length, which
// compilers make a vector loop.
#define CHANGE_WIDTH(name, type, target_attribute)                              \
    target_attribute static void name(const uint32_t *restrict from, type base, \
                                      type *restrict out)                       \
    {                                                                           \
        for (uint32_t i = 0; i < BITPACK_GROUP; i++)                            \
            out[i] = (type)((type)from[i] + base);                              \
    }

#if defined(__x86_64__)
#define CHANGES(type, suffix)                                                               \
    CHANGE_WIDTH(change_any_##suffix, type, )                                               \
    CHANGE_WIDTH(change_avx2_##suffix, type, AVX2)                                          \
    CHANGE_WIDTH(change_avx512_##suffix, type, AVX512)                                      \
    static void change_##suffix(enum simd simd, const uint32_t *from, type base, type *out) \
    {                                                                                       \
        if (simd == SIMD_AVX512)                                                            \
            change_avx512_##suffix(from, base, out);                                        \
        else if (simd == SIMD_AVX2)                                                         \
            change_avx2_##suffix(from, base, out);                                          \
        else                                                                                \
            change_any_##suffix(from, base, out);                                           \
    }
#else
#define CHANGES(type, suffix)                                                               \
    CHANGE_WIDTH(change_any_##suffix, type, )                                               \
    static void change_##suffix(enum simd simd, const uint32_t *from, type base, type *out) \
    {                                                                                       \
        (void)simd;                                                                         \
        change_any_##suffix(from, base, out);                                               \
    }
#endif

CHANGES(uint8_t, u8)
CHANGES(uint16_t, u16)
CHANGES(uint64_t, u64)

// By way of groups of 32 bits, changed to the width of the result.
#define UNPACK_BY_CHANGE(type, suffix)                                                      \
    static void unpack_rest_##suffix(enum simd simd, const uint8_t *packed, uint32_t count, \
                                     unsigned width, type base, type *out)                  \
    {                                                                                       \
        uint32_t group[BITPACK_GROUP] = {0};                                                \
        type changed[BITPACK_GROUP] = {0};                                                  \
        for (uint32_t from = 0; from < count; from += BITPACK_GROUP) {                      \
            uint32_t n = count - from < BITPACK_GROUP ? count - from : BITPACK_GROUP;       \
            if (width > 0)                                                                  \
                unpack_group(simd, packed + (size_t)from / 8 * width, n, width, 0, group);  \
            change_##suffix(simd, group, base, n < BITPACK_GROUP ? changed : out + from);   \
            if (n < BITPACK_GROUP)                                                          \
                memcpy(out + from, changed, n * sizeof *out);                               \
        }                                                                                   \
    }

UNPACK_BY_CHANGE(uint8_t, u8)
UNPACK_BY_CHANGE(uint16_t, u16)
UNPACK_BY_CHANGE(uint64_t, u64)

#if defined(__x86_64__)
// What AVX-512, which alone can change the width of a whole register's values, unpacks
// straight to that of the result: whole groups.  They give how many values these are.
#define UNPACK_WHOLE(type, suffix)                                                               \
    static uint32_t unpack_whole_##suffix(enum simd simd, const uint8_t *packed, uint32_t count, \
                                          unsigned width, uint32_t base, type *out)              \
    {                                                                                            \
        if (simd != SIMD_AVX512 || width == 0)                                                   \
            return 0;                                                                            \
        uint32_t whole = count - count % BITPACK_GROUP;                                          \
        unpack_avx512_##suffix(packed, whole / LANES, width, base, out);                         \
        return whole;                                                                            \
    }
#else
#define UNPACK_WHOLE(type, suffix)                                                               \
    static uint32_t unpack_whole_##suffix(enum simd simd, const uint8_t *packed, uint32_t count, \
                                          unsigned width, uint32_t base, type *out)              \
    {                                                                                            \
        (void)simd, (void)packed, (void)count, (void)width, (void)base, (void)out;               \
        return 0;                                                                                \
    }
#endif
// NOLINTEND(bugprone-macro-parentheses)

UNPACK_WHOLE(uint8_t, u8)
UNPACK_WHOLE(uint16_t, u16)

void bitunpack_u8_by(enum simd simd, const uint8_t *packed, uint32_t count, unsigned width,
                     uint32_t base, uint8_t *out)
{
    uint32_t done = unpack_whole_u8(simd, packed, count, width, base, out);
    unpack_rest_u8(simd, packed + (size_t)done / 8 * width, count - done, width, (uint8_t)base,
                   out + done);
}

void bitunpack_u16_by(enum simd simd, const uint8_t *packed, uint32_t count, unsigned width,
                      uint32_t base, uint16_t *out)
{
    uint32_t done = unpack_whole_u16(simd, packed, count, width, base, out);
    unpack_rest_u16(simd, packed + (size_t)done / 8 * width, count - done, width, (uint16_t)base,
                    out + done);
}

// Wider values have a plane of their high bits.
void bitunpack_u64_by(enum simd simd, const uint8_t *packed, uint32_t count, unsigned width,
                      uint64_t base, uint64_t *out)
{
    unpack_rest_u64(simd, packed, count, width < 32 ? width : 32, base, out);
    if (width <= 32)
        return;
    const uint8_t *high = packed + plane_bytes(count, 32);
    uint32_t half[BITPACK_GROUP] = {0};
    for (uint32_t from = 0; from < count; from += BITPACK_GROUP) {
        uint32_t n = count - from < BITPACK_GROUP ? count - from : BITPACK_GROUP;
        unpack_group(simd, high, n, width - 32, 0, half);
        high += plane_bytes(n, width - 32);
        for (uint32_t i = 0; i < n; i++)
            out[from + i] += (uint64_t)half[i] << 32;
    }
}

void bitunpack_u8(const uint8_t *packed, uint32_t count, unsigned width, uint32_t base,
                  uint8_t *out)
{
    bitunpack_u8_by(simd_best(), packed, count, width, base, out);
}

void bitunpack_u16(const uint8_t *packed, uint32_t count, unsigned width, uint32_t base,
                   uint16_t *out)
{
    bitunpack_u16_by(simd_best(), packed, count, width, base, out);
}

void bitunpack_u32(const uint8_t *packed, uint32_t count, unsigned width, uint32_t base,
                   uint32_t *out)
{
    bitunpack_u32_by(simd_best(), packed, count, width, base, out);
}

void bitunpack_u64(const uint8_t *packed, uint32_t count, unsigned width, uint64_t base,
                   uint64_t *out)
{
    bitunpack_u64_by(simd_best(), packed, count, width, base, out);
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
