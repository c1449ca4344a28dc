// SPDX-License-Identifier: Apache-2.0
#include "codec/codec_private.h"

// Constant: the one value of all rows, little-endian, without its leading zero bytes
// (0 to 8 bytes).

static size_t value_bytes(uint64_t value)
{
    return (bitpack_width(value) + 7) / 8;
}

static uint64_t value_of(const struct column *c)
{
    uint64_t value = 0;
    if (c->data_bytes)
        memcpy(&value, c->data, c->data_bytes);
    return value;
}

static size_t constant_bytes(const struct words *w)
{
    return w->min == w->max ? value_bytes(w->at[0]) : SIZE_MAX;
}

static void constant_encode(const struct words *w, struct buf *out)
{
    buf_bytes(out, w->at, value_bytes(w->at[0]));
}

static enum err constant_check(struct slice data, enum column_kind kind, uint32_t count,
                               struct fault *why)
{
    (void)count;
    if (data.len > (kind == COLUMN_CODES ? sizeof(uint32_t) : sizeof(uint64_t)))
        return fail(why, ERR_CORRUPT, "constant of %zu bytes", data.len);
    return OK;
}

static void constant_words(const struct column *c, uint64_t *out)
{
    uint64_t value = value_of(c);
    for (uint32_t i = 0; i < c->held; i++)
        out[i] = value;
}

static uint64_t constant_word_at(const struct column *c, uint32_t row)
{
    (void)row;
    return value_of(c);
}

static void constant_codes(const struct column *c, uint32_t *out)
{
    uint32_t value = (uint32_t)value_of(c);
    for (uint32_t i = 0; i < c->held; i++)
        out[i] = value;
}

static void constant_codes_u8(const struct column *c, uint8_t *out)
{
    memset(out, (uint8_t)value_of(c), c->held);
}

static void constant_distances_u16(const struct column *c, uint64_t base, uint16_t *out)
{
    uint16_t distance = (uint16_t)(value_of(c) - base);
    for (uint32_t i = 0; i < c->held; i++)
        out[i] = distance;
}

static void constant_distances_u32(const struct column *c, uint64_t base, uint32_t *out)
{
    uint32_t distance = (uint32_t)(value_of(c) - base);
    for (uint32_t i = 0; i < c->held; i++)
        out[i] = distance;
}

const struct encoding encoding_constant = {
    .name = "constant",
    .bytes = constant_bytes,
    .encode = constant_encode,
    .check = constant_check,
    .words = constant_words,
    .word_at = constant_word_at,
    .codes = constant_codes,
    .codes_u8 = constant_codes_u8,
    .distances_u16 = constant_distances_u16,
    .distances_u32 = constant_distances_u32,
};
