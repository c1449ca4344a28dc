// SPDX-License-Identifier: Apache-2.0
#include "base/reader.h"

struct slice reader_bytes(struct reader *in, size_t len)
{
    if (len > reader_left(in)) {
        in->short_of_bytes = true;
        in->at = in->end;
        return (struct slice){0};
    }
    struct slice bytes = slice_of(in->at, len);
    if (len) // a reader over nothing may have no address to add to
        in->at += len;
    return bytes;
}

// All the fixed-width reads: big-endian, zero once the bytes have run out.
static uint64_t big_endian(struct reader *in, size_t len)
{
    struct slice bytes = reader_bytes(in, len);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.len; i++)
        value = value << 8 | bytes.at[i];
    return value;
}

uint8_t reader_u8(struct reader *in)
{
    return (uint8_t)big_endian(in, 1);
}

uint16_t reader_u16_be(struct reader *in)
{
    return (uint16_t)big_endian(in, 2);
}

uint32_t reader_u32_be(struct reader *in)
{
    return (uint32_t)big_endian(in, 4);
}

uint64_t reader_u64_be(struct reader *in)
{
    return big_endian(in, 8);
}

static uint64_t little_endian(struct reader *in, size_t len)
{
    struct slice bytes = reader_bytes(in, len);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.len; i++)
        value |= (uint64_t)bytes.at[i] << 8 * i;
    return value;
}

uint16_t reader_u16_le(struct reader *in)
{
    return (uint16_t)little_endian(in, 2);
}

uint32_t reader_u32_le(struct reader *in)
{
    return (uint32_t)little_endian(in, 4);
}

uint64_t reader_u64_le(struct reader *in)
{
    return little_endian(in, 8);
}

uint64_t reader_varint(struct reader *in)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte = reader_u8(in);
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    in->short_of_bytes = true;
    in->at = in->end;
    return 0;
}

struct slice reader_blob(struct reader *in)
{
    uint64_t len = reader_varint(in);
    return reader_bytes(in, len > reader_left(in) ? reader_left(in) + 1 : (size_t)len);
}

struct slice reader_cstring(struct reader *in)
{
    size_t left = reader_left(in);
    const uint8_t *nul = left ? memchr(in->at, 0, left) : NULL;
    if (!nul)
        return reader_bytes(in, left + 1); // marks the reader short
    struct slice text = reader_bytes(in, (size_t)(nul - in->at));
    in->at++;
    return text;
}

enum err reader_end(const struct reader *in, struct fault *why)
{
    if (in->short_of_bytes)
        return fail(why, ERR_CORRUPT, "ends too soon");
    if (reader_left(in) > 0)
        return fail(why, ERR_CORRUPT, "%zu bytes left over", reader_left(in));
    return OK;
}
