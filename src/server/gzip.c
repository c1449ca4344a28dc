// SPDX-License-Identifier: Apache-2.0
#include "server/gzip.h"

#include <stdint.h>
#include <strings.h>
#define ZLIB_CONST
#include <zlib.h>

// 16 added to zlib's window bits asks for gzip's wrapping.
enum { WINDOW_BITS = 15 + 16, CHUNK_BYTES = 64 << 10, LEVEL = 3, MEMORY_LEVEL = 8 };

static size_t bytes_allowed(struct slice packed, const struct buf *out)
{
    size_t by_ratio = GZIP_FREE_BYTES;
    if (packed.len > GZIP_FREE_BYTES / GZIP_RATIO_MAX)
        by_ratio = packed.len < SIZE_MAX / GZIP_RATIO_MAX ? packed.len * GZIP_RATIO_MAX : SIZE_MAX;
    return by_ratio < out->limit_bytes ? by_ratio : out->limit_bytes;
}

// One chunk of output; Z_OK and Z_STREAM_END go on, everything else is wrong.
static int unpack_chunk(z_stream *z, struct buf *out)
{
    uint8_t chunk[CHUNK_BYTES / 2] = {0};
    z->next_out = chunk;
    z->avail_out = sizeof chunk;
    int said = inflate(z, Z_NO_FLUSH);
    buf_bytes(out, chunk, sizeof chunk - z->avail_out);
    return said;
}

static enum err unpack_all(z_stream *z, size_t allowed, struct buf *out, struct fault *why)
{
    size_t before = out->len;
    for (;;) {
        int said = unpack_chunk(z, out);
        if (out->over_limit || out->len - before > allowed)
            return fail(why, ERR_LIMIT, "body unpacks to more than %zu bytes", allowed);
        if (said == Z_STREAM_END)
            return z->avail_in == 0 ? OK : fail(why, ERR_INVALID, "bytes after the gzip body");
        if (said != Z_OK)
            return fail(why, ERR_INVALID, "body is not whole gzip");
    }
}

enum err gzip_unpack(struct slice packed, struct buf *out, struct fault *why)
{
    z_stream z = {0};
    if (packed.len > UINT32_MAX)
        return fail(why, ERR_LIMIT, "gzip body of more than 4 GiB");
    if (inflateInit2(&z, WINDOW_BITS) != Z_OK)
        return fail(why, ERR_LIMIT, "no memory for gzip");
    z.next_in = packed.at;
    z.avail_in = (uInt)packed.len;
    enum err e = unpack_all(&z, bytes_allowed(packed, out), out, why);
    inflateEnd(&z);
    return e;
}

enum err gzip_pack(struct slice plain, struct buf *out, struct fault *why)
{
    z_stream z = {0};
    if (plain.len > UINT32_MAX)
        return fail(why, ERR_LIMIT, "more than 4 GiB to pack");
    if (deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        return fail(why, ERR_LIMIT, "no memory for gzip");
    size_t bound = deflateBound(&z, plain.len);
    size_t before = out->len;
    uint8_t *room = buf_room(out, bound);
    int said = Z_BUF_ERROR;
    if (room) {
        z.next_in = plain.at;
        z.avail_in = (uInt)plain.len;
        z.next_out = room;
        z.avail_out = (uInt)bound;
        said = deflate(&z, Z_FINISH);
        out->len = before + bound - z.avail_out;
    }
    deflateEnd(&z);
    return said == Z_STREAM_END ? OK : fail(why, ERR_LIMIT, "packed body does not fit");
}

// ---- pieces ----
//
//     gzip's head | head, stored | piece, deflated and flushed to a whole byte | tail, stored, last
//     | checksum | length
//
// Blocks of a deflate stream may come from anywhere: each says how it is to be read, and the
// piece's look back at nothing but themselves (RFC 1951, 3.2).

enum { RAW_WINDOW_BITS = -15, STORED_BYTES_MAX = UINT16_MAX, FLUSH_BYTES = 16 };

static enum err deflate_raw(struct slice plain, struct buf *out, struct fault *why)
{
    z_stream z = {0};
    if (deflateInit2(&z, LEVEL, Z_DEFLATED, RAW_WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return fail(why, ERR_LIMIT, "no memory for gzip");
    size_t bound = deflateBound(&z, plain.len) + FLUSH_BYTES;
    uint8_t *room = buf_room(out, bound);
    bool is_whole = false;
    if (room) {
        z.next_in = plain.at;
        z.avail_in = (uInt)plain.len;
        z.next_out = room;
        z.avail_out = (uInt)bound;
        is_whole = deflate(&z, Z_SYNC_FLUSH) == Z_OK && z.avail_in == 0 && z.avail_out > 0;
        out->len -= z.avail_out;
    }
    deflateEnd(&z);
    buf_shrink(out);
    return is_whole ? OK : fail(why, ERR_LIMIT, "packed body does not fit");
}

enum err gzip_piece_make(struct slice plain, struct gzip_piece *out, struct fault *why)
{
    *out = (struct gzip_piece){.blocks = buf_init(UINT32_MAX)};
    if (plain.len == 0 || plain.len > UINT32_MAX / 2)
        return fail(why, ERR_LIMIT, "nothing, or more than 2 GiB to pack");
    out->plain_len = plain.len;
    out->checksum = (uint32_t)crc32(0, plain.at, (uInt)plain.len);
    return deflate_raw(plain, &out->blocks, why);
}

static void store_block(struct slice plain, bool is_last, struct buf *out)
{
    buf_u8(out, is_last);
    buf_u16_le(out, (uint16_t)plain.len);
    buf_u16_le(out, (uint16_t)~plain.len);
    buf_slice_add(out, plain);
}

enum err gzip_piece_join(struct slice head, const struct gzip_piece *piece, struct slice tail,
                         struct buf *out, struct fault *why)
{
    static const uint8_t begin[] = {0x1f, 0x8b, Z_DEFLATED, 0, 0, 0, 0, 0, 0, 3};
    if (head.len > STORED_BYTES_MAX || tail.len > STORED_BYTES_MAX)
        return fail(why, ERR_LIMIT, "more than %d bytes around a piece", STORED_BYTES_MAX);
    buf_bytes(out, begin, sizeof begin);
    if (head.len)
        store_block(head, false, out);
    buf_slice_add(out, buf_slice(&piece->blocks));
    store_block(tail, true, out);
    uLong sum = head.len ? crc32(0, head.at, (uInt)head.len) : 0;
    sum = crc32_combine(sum, piece->checksum, (z_off_t)piece->plain_len);
    if (tail.len)
        sum = crc32(sum, tail.at, (uInt)tail.len);
    buf_u32_le(out, (uint32_t)sum);
    buf_u32_le(out, (uint32_t)(head.len + piece->plain_len + tail.len));
    return buf_end(out, why);
}

static struct slice trim(struct slice s)
{
    while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
        s = slice_from(s, 1);
    while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
        s.len--;
    return s;
}

// Up to `mark`; what is behind it stays in *rest.
static struct slice cut(struct slice *rest, uint8_t mark)
{
    const uint8_t *at = rest->len ? memchr(rest->at, mark, rest->len) : NULL;
    struct slice one = slice_of(rest->at, at ? (size_t)(at - rest->at) : rest->len);
    *rest = slice_from(*rest, one.len + 1);
    return trim(one);
}

// "q=0", "q=0.000": refused.  Anything else about q is a wish, not a no.
static bool is_refusal(struct slice parameter)
{
    if (parameter.len < 3 || strncasecmp((const char *)parameter.at, "q=0", 3) != 0)
        return false;
    for (size_t i = 3; i < parameter.len; i++) {
        if (parameter.at[i] != '0' && parameter.at[i] != '.')
            return false;
    }
    return true;
}

bool gzip_accepted(struct slice header)
{
    while (header.len > 0) {
        struct slice rest = cut(&header, ',');
        struct slice name = cut(&rest, ';');
        bool is_gzip = name.len == 4 && strncasecmp((const char *)name.at, "gzip", 4) == 0;
        if (is_gzip || slice_is(name, "*"))
            return !is_refusal(trim(rest));
    }
    return false;
}
