// SPDX-License-Identifier: Apache-2.0
#include "codec/codec_private.h"

size_t frame_bytes(int64_t min, int64_t max, uint32_t count)
{
    unsigned width = bitpack_width((uint64_t)max - (uint64_t)min);
    return FRAME_HEADER_BYTES + bitpack_bytes(count, width);
}

// In steps of a group, which bitpack lays one after the other for widths up to 32; wider
// ones have two planes and are packed whole.
static void pack_from_base(const uint64_t *words, uint32_t count, uint64_t base, unsigned width,
                           uint8_t *out)
{
    uint64_t differences[BITPACK_GROUP];
    size_t group_bytes = bitpack_bytes(BITPACK_GROUP, width);
    for (uint32_t from = 0; from < count; from += BITPACK_GROUP) {
        uint32_t n = count - from < BITPACK_GROUP ? count - from : BITPACK_GROUP;
        for (uint32_t i = 0; i < n; i++)
            differences[i] = words[from + i] - base;
        bitpack(differences, n, width, out);
        out += group_bytes;
    }
}

static void pack_wide(const uint64_t *words, uint32_t count, uint64_t base, unsigned width,
                      uint8_t *out)
{
    uint64_t low[BITPACK_GROUP];
    uint64_t high[BITPACK_GROUP];
    uint8_t *high_out = out + bitpack_bytes(count, 32);
    for (uint32_t from = 0; from < count; from += BITPACK_GROUP) {
        uint32_t n = count - from < BITPACK_GROUP ? count - from : BITPACK_GROUP;
        for (uint32_t i = 0; i < n; i++) {
            uint64_t difference = words[from + i] - base;
            low[i] = difference & UINT32_MAX;
            high[i] = difference >> 32;
        }
        bitpack(low, n, 32, out);
        bitpack(high, n, width - 32, high_out);
        out += bitpack_bytes(BITPACK_GROUP, 32);
        high_out += bitpack_bytes(BITPACK_GROUP, width - 32);
    }
}

void frame_encode(const uint64_t *words, uint32_t count, int64_t min, int64_t max, struct buf *out)
{
    unsigned width = bitpack_width((uint64_t)max - (uint64_t)min);
    buf_u64_le(out, (uint64_t)min);
    buf_u8(out, (uint8_t)width);
    uint8_t *room = buf_room(out, bitpack_bytes(count, width));
    if (!room)
        return;
    if (width > 32)
        pack_wide(words, count, (uint64_t)min, width, room);
    else
        pack_from_base(words, count, (uint64_t)min, width, room);
}

enum err frame_check(struct slice data, uint32_t count, struct fault *why)
{
    if (data.len < FRAME_HEADER_BYTES)
        return fail(why, ERR_CORRUPT, "packed column of %zu bytes", data.len);
    unsigned width = data.at[8];
    if (width > 64)
        return fail(why, ERR_CORRUPT, "packed column %u bits wide", width);
    if (data.len - FRAME_HEADER_BYTES != bitpack_bytes(count, width))
        return fail(why, ERR_CORRUPT, "packed column of %zu bytes for %u values of %u bits",
                    data.len, count, width);
    return OK;
}

struct frame frame_of(const uint8_t *data)
{
    return (struct frame){load_u64(data), data[8], data + FRAME_HEADER_BYTES};
}
