// SPDX-License-Identifier: Apache-2.0
#pragma once

// gzip (RFC 1952) of request and reply bodies.  Pure; any thread.

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

// A body may grow so many times when unpacked; beyond 16 MiB more is a bomb.
enum { GZIP_RATIO_MAX = 200, GZIP_FREE_BYTES = 16 << 20 };

// Appends the unpacked bytes.  ERR_INVALID: not gzip, cut short, or with bytes after its
// end.  ERR_LIMIT: larger than out's limit, or than the ratio allows.
enum err gzip_unpack(struct slice packed, struct buf *out, struct fault *why);

// Appends the packed bytes.  ERR_LIMIT when they do not fit.
enum err gzip_pack(struct slice plain, struct buf *out, struct fault *why);

// Packed once, to be part of many bodies that begin and end otherwise: deflate blocks that refer
// to nothing before them.
struct gzip_piece {
    struct buf blocks;
    uint32_t checksum;
    size_t plain_len;
};

// Packs into `out`, whose `blocks` are the caller's to free, of an error too.
enum err gzip_piece_make(struct slice plain, struct gzip_piece *out, struct fault *why);
// Appends one whole gzip body: `head` as it is, the piece, `tail` as it is.  They are small.
enum err gzip_piece_join(struct slice head, const struct gzip_piece *piece, struct slice tail,
                         struct buf *out, struct fault *why);

// Whether an Accept-Encoding header takes gzip: "gzip, deflate;q=0.5", "*"; not "gzip;q=0".
bool gzip_accepted(struct slice header);
