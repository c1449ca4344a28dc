// SPDX-License-Identifier: Apache-2.0
#include "codec/codec_private.h"

// Plain: every value whole, 8 bytes little-endian.  What no other encoding makes smaller.

static size_t plain_bytes(const struct words *w)
{
    return w->count * sizeof *w->at;
}

static void plain_encode(const struct words *w, struct buf *out)
{
    buf_bytes(out, w->at, plain_bytes(w));
}

static enum err plain_check(struct slice data, enum column_kind kind, uint32_t count,
                            struct fault *why)
{
    if (kind == COLUMN_CODES || data.len != count * sizeof(uint64_t))
        return fail(why, ERR_CORRUPT, "plain column of %zu bytes for %u values", data.len, count);
    return OK;
}

static void plain_words(const struct column *c, uint64_t *out)
{
    memcpy(out, c->data, c->held * sizeof *out);
}

static uint64_t plain_word_at(const struct column *c, uint32_t row)
{
    return load_u64(c->data + row * sizeof(uint64_t));
}

static void plain_distances_u16(const struct column *c, uint64_t base, uint16_t *out)
{
    for (uint32_t i = 0; i < c->held; i++)
        out[i] = (uint16_t)(load_u64(c->data + i * sizeof(uint64_t)) - base);
}

static void plain_distances_u32(const struct column *c, uint64_t base, uint32_t *out)
{
    for (uint32_t i = 0; i < c->held; i++)
        out[i] = (uint32_t)(load_u64(c->data + i * sizeof(uint64_t)) - base);
}

const struct encoding encoding_plain = {
    .name = "plain",
    .bytes = plain_bytes,
    .encode = plain_encode,
    .check = plain_check,
    .words = plain_words,
    .word_at = plain_word_at,
    .distances_u16 = plain_distances_u16,
    .distances_u32 = plain_distances_u32,
};
