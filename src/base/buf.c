// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIZE_BYTES_MIN = 256 };

void buf_done(struct buf *b)
{
    free(b->at);
    *b = buf_init(b->limit_bytes);
}

void buf_shrink(struct buf *b)
{
    if (b->len == 0 || b->len == b->size)
        return;
    uint8_t *at = realloc(b->at, b->len);
    CHECK(at != NULL);
    b->at = at;
    b->size = b->len;
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->over_limit = false;
}

// Memory for `len` more bytes, the limit already met.
static void grow(struct buf *b, size_t len)
{
    size_t size = b->size > SIZE_BYTES_MIN ? b->size : SIZE_BYTES_MIN;
    while (size - b->len < len)
        size *= 2;
    uint8_t *at = realloc(b->at, size);
    CHECK(at != NULL);
    b->at = at;
    b->size = size;
}

// Room for `len` bytes, and memory behind it for `spare` more that do not count: the limit
// is on what a buf holds.
static uint8_t *room_and_spare(struct buf *b, size_t len, size_t spare)
{
    if (b->over_limit || b->limit_bytes - b->len < len) {
        b->over_limit = true;
        return NULL;
    }
    // An empty buf grows even for nothing, so that NULL always means "does not fit".
    if (!b->at || b->size - b->len < len + spare)
        grow(b, len + spare);
    uint8_t *at = b->at + b->len;
    b->len += len;
    return at;
}

uint8_t *buf_room(struct buf *b, size_t len)
{
    return room_and_spare(b, len, 0);
}

void buf_bytes_grow(struct buf *b, const void *at, size_t len)
{
    uint8_t *room = len ? buf_room(b, len) : NULL;
    if (room)
        memcpy(room, at, len);
}

void buf_slice_add(struct buf *b, struct slice s)
{
    buf_bytes(b, s.at, s.len);
}

void buf_text(struct buf *b, const char *text)
{
    buf_bytes(b, text, strlen(text));
}

void buf_print(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(len >= 0);
    uint8_t *room = room_and_spare(b, (size_t)len, 1); // vsnprintf's NUL
    if (room)
        vsnprintf((char *)room, (size_t)len + 1, format, again);
    va_end(again);
}

static void little_endian(struct buf *b, uint64_t v, size_t len)
{
    uint8_t *room = buf_room(b, len);
    for (size_t i = 0; room && i < len; i++)
        room[i] = (uint8_t)(v >> 8 * i);
}

static void big_endian(struct buf *b, uint64_t v, size_t len)
{
    uint8_t *room = buf_room(b, len);
    for (size_t i = 0; room && i < len; i++)
        room[i] = (uint8_t)(v >> 8 * (len - 1 - i));
}

void buf_u16_le(struct buf *b, uint16_t v)
{
    little_endian(b, v, 2);
}

void buf_u32_le(struct buf *b, uint32_t v)
{
    little_endian(b, v, 4);
}

void buf_u64_le(struct buf *b, uint64_t v)
{
    little_endian(b, v, 8);
}

void buf_u32_be(struct buf *b, uint32_t v)
{
    big_endian(b, v, 4);
}

void buf_u64_be(struct buf *b, uint64_t v)
{
    big_endian(b, v, 8);
}

void buf_varint(struct buf *b, uint64_t v)
{
    while (v >= 0x80) {
        buf_u8(b, (uint8_t)(v | 0x80));
        v >>= 7;
    }
    buf_u8(b, (uint8_t)v);
}

void buf_blob(struct buf *b, struct slice bytes)
{
    buf_varint(b, bytes.len);
    buf_slice_add(b, bytes);
}

enum err buf_end(const struct buf *b, struct fault *why)
{
    if (b->over_limit)
        return fail(why, ERR_LIMIT, "more than %zu bytes", b->limit_bytes);
    return OK;
}
