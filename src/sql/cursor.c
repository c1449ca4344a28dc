// SPDX-License-Identifier: Apache-2.0
#include "sql/cursor.h"

#include "base/reader.h"
#include "keys/crypto.h"

enum { VERSION = 1, CHECK_BYTES = 8, FLAG_COLUMNAR = 1, FLAG_OPENSEARCH = 2 };

static void add_check(struct buf *out)
{
    uint8_t hash[32];
    plain_hash(buf_slice(out), hash);
    buf_bytes(out, hash, CHECK_BYTES);
}

enum err cursor_print(const struct sql_cursor *c, struct buf *out, struct fault *why)
{
    struct buf bytes AUTO(buf_donep) = buf_init(CURSOR_BYTES_MAX / 4 * 3 - 8);
    unsigned flags =
        (c->is_columnar ? FLAG_COLUMNAR : 0) | (c->is_opensearch ? FLAG_OPENSEARCH : 0);
    buf_u8(&bytes, VERSION);
    buf_u8(&bytes, (uint8_t)flags);
    buf_varint(&bytes, c->fetch_size);
    buf_varint(&bytes, c->done);
    buf_varint(&bytes, (uint64_t)c->now_ms);
    buf_blob(&bytes, c->query);
    buf_blob(&bytes, c->parameters);
    buf_blob(&bytes, c->filter);
    buf_blob(&bytes, c->time_zone);
    buf_blob(&bytes, c->position);
    buf_blob(&bytes, c->pit);
    add_check(&bytes);
    enum err e = buf_end(&bytes, why);
    if (!e)
        base64url_print(buf_slice(&bytes), out);
    return e ? e : buf_end(out, why);
}

static bool check_fits(struct slice all)
{
    uint8_t hash[32];
    if (all.len < CHECK_BYTES)
        return false;
    struct slice front = slice_of(all.at, all.len - CHECK_BYTES);
    plain_hash(front, hash);
    return memcmp(hash, all.at + front.len, CHECK_BYTES) == 0;
}

static enum err refuse(struct fault *why)
{
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: Cannot parse cursor: it is not one, "
                "or was cut");
}

enum err cursor_parse(struct slice text, struct arena *request, struct sql_cursor *out,
                      struct fault *why)
{
    struct buf bytes AUTO(buf_donep) = buf_init(CURSOR_BYTES_MAX);
    if (text.len > CURSOR_BYTES_MAX || base64_parse(text, &bytes) || !check_fits(buf_slice(&bytes)))
        return refuse(why);
    struct slice copy = arena_copy(request, buf_slice(&bytes));
    struct reader r = reader_over(slice_of(copy.at, copy.len - CHECK_BYTES));
    uint8_t version = reader_u8(&r);
    uint8_t flags = reader_u8(&r);
    uint64_t fetch_size = reader_varint(&r);
    *out = (struct sql_cursor){.done = reader_varint(&r), .fetch_size = (uint32_t)fetch_size};
    out->now_ms = (int64_t)reader_varint(&r);
    out->query = reader_blob(&r);
    out->parameters = reader_blob(&r);
    out->filter = reader_blob(&r);
    out->time_zone = reader_blob(&r);
    out->position = reader_blob(&r);
    out->pit = reader_blob(&r);
    out->is_columnar = flags & FLAG_COLUMNAR;
    out->is_opensearch = flags & FLAG_OPENSEARCH;
    bool is_sound =
        reader_end(&r, NULL) == OK && version == VERSION && fetch_size && fetch_size <= UINT32_MAX;
    return is_sound ? OK : refuse(why);
}
