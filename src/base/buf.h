// SPDX-License-Identifier: Apache-2.0
#pragma once

// A buf: bytes that grow at the end, up to a limit set at the start.
//
// The one writer of the program: JSON, wire messages, files and SQL are all made
// in one.  A write past the limit is not reported at each call: from then on
// writes do nothing, and buf_end() tells it once.  So an encoder is a straight
// list of fields, as a decoder is (see reader.h).
//
//     struct buf out = buf_init(limit_bytes);
//     buf_u32_le(&out, count);
//     buf_text(&out, "ok");
//     enum err e = buf_end(&out, why);
//     ...
//     buf_done(&out);
//
// The buf owns its bytes; a slice of them is good until the next write.
// Not for two threads at once.

#include "base/err.h"
#include "base/slice.h"

#include <stdarg.h>

struct buf {
    uint8_t *at;
    size_t len;
    size_t size;
    size_t limit_bytes;
    bool over_limit; // a write did not fit; never becomes false again but by buf_reset()
};

static inline struct buf buf_init(size_t limit_bytes)
{
    return (struct buf){.limit_bytes = limit_bytes};
}

void buf_done(struct buf *b);   // frees the bytes; the buf is empty and usable again
void buf_shrink(struct buf *b); // gives back memory that nothing is in
void buf_reset(struct buf *b);  // empty, keeps its memory, forgets over_limit

static inline struct slice buf_slice(const struct buf *b)
{
    return slice_of(b->at, b->len);
}

// Room for `len` more bytes at the end, uninitialised, already counted in len.
// NULL only when they would not fit (and the buf remembers).
uint8_t *buf_room(struct buf *b, size_t len);

// Where there is memory already, as most often, appending is a few instructions in the caller:
// a large reply is made of some hundred thousand appends.
void buf_bytes_grow(struct buf *b, const void *at, size_t len);

static inline bool buf_has_memory(const struct buf *b, size_t len)
{
    return len <= b->size - b->len && len <= b->limit_bytes - b->len && !b->over_limit;
}

static inline void buf_bytes(struct buf *b, const void *at, size_t len)
{
    if (len == 0 || !buf_has_memory(b, len)) {
        buf_bytes_grow(b, at, len);
        return;
    }
    memcpy(b->at + b->len, at, len);
    b->len += len;
}

static inline void buf_u8(struct buf *b, uint8_t v)
{
    buf_bytes(b, &v, 1);
}

void buf_slice_add(struct buf *b, struct slice s);
void buf_text(struct buf *b, const char *text); // without its NUL
void buf_print(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

void buf_u16_le(struct buf *b, uint16_t v);
void buf_u32_le(struct buf *b, uint32_t v);
void buf_u64_le(struct buf *b, uint64_t v);
void buf_u32_be(struct buf *b, uint32_t v);
void buf_u64_be(struct buf *b, uint64_t v);
void buf_varint(struct buf *b, uint64_t v);       // LEB128, 1 to 10 bytes
void buf_blob(struct buf *b, struct slice bytes); // varint length, then the bytes

// OK, or ERR_LIMIT with the limit in the words.
enum err buf_end(const struct buf *b, struct fault *why);

static inline void buf_donep(struct buf *b)
{
    buf_done(b);
}
