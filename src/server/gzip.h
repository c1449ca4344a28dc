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

// Whether an Accept-Encoding header takes gzip: "gzip, deflate;q=0.5", "*"; not "gzip;q=0".
bool gzip_accepted(struct slice header);
