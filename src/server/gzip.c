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
