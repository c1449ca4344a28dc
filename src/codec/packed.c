// SPDX-License-Identifier: Apache-2.0
#include "codec/codec_private.h"

// Packed: the smallest value, and each value's distance from it in as many bits as the
// largest distance needs.
//
//     base u64, width u8 (0 to 64), packed differences (bitpack.c)

static size_t packed_bytes(const struct words *w)
{
    return frame_bytes(w->min, w->max, w->count);
}

static void packed_encode(const struct words *w, struct buf *out)
{
    frame_encode(w->at, w->count, w->min, w->max, out);
}

static enum err packed_check(struct slice data, enum column_kind kind, uint32_t count,
                             struct fault *why)
{
    enum err e = frame_check(data, count, why);
    if (e != OK)
        return e;
    struct frame f = frame_of(data.at);
    if (kind == COLUMN_CODES && (f.width > 32 || f.base > UINT32_MAX))
        return fail(why, ERR_CORRUPT, "codes of more than 32 bits");
    return OK;
}

static void packed_words(const struct column *c, uint64_t *out)
{
    struct frame f = frame_of(c->data);
    bitunpack_u64(f.packed, c->held, f.width, f.base, out);
}

static uint64_t packed_word_at(const struct column *c, uint32_t row)
{
    struct frame f = frame_of(c->data);
    return f.base + bitpack_at(f.packed, c->held, f.width, row);
}

static void packed_codes(const struct column *c, uint32_t *out)
{
    struct frame f = frame_of(c->data);
    bitunpack_u32(f.packed, c->held, f.width, (uint32_t)f.base, out);
}

static void packed_codes_u8(const struct column *c, uint8_t *out)
{
    struct frame f = frame_of(c->data);
    bitunpack_u8(f.packed, c->held, f.width, (uint32_t)f.base, out);
}

static void packed_distances_u16(const struct column *c, uint64_t base, uint16_t *out)
{
    struct frame f = frame_of(c->data);
    bitunpack_u16(f.packed, c->held, frame_low_width(&f), (uint32_t)(f.base - base), out);
}

static void packed_distances_u32(const struct column *c, uint64_t base, uint32_t *out)
{
    struct frame f = frame_of(c->data);
    bitunpack_u32(f.packed, c->held, frame_low_width(&f), (uint32_t)(f.base - base), out);
}

const struct encoding encoding_packed = {
    .name = "packed",
    .bytes = packed_bytes,
    .encode = packed_encode,
    .check = packed_check,
    .words = packed_words,
    .word_at = packed_word_at,
    .codes = packed_codes,
    .codes_u8 = packed_codes_u8,
    .distances_u16 = packed_distances_u16,
    .distances_u32 = packed_distances_u32,
};
