// SPDX-License-Identifier: Apache-2.0
#pragma once

// A reader: walks over bytes that we do not trust, and remembers if they end
// too soon.
//
// All decoders (PostgreSQL and MariaDB streams, segment files, the log) read
// through this.  Running past the end is not reported at each call: from then
// on every read gives zero or an empty slice, and reader_end() tells it once.
// So a decoder is a straight list of fields, and there is one place to check.
// What a decoder must still check itself is every *count* that it loops on.
//
//     struct reader in = reader_over(bytes);
//     header.lsn = reader_u64_be(&in);
//     header.xid = reader_u32_be(&in);
//     return reader_end(&in, why);
//
// One read a statement: C does not say in what order the parts of an
// initializer list are worked out.
//
// A reader owns nothing: slices point into the bytes given to reader_over().

#include "base/err.h"
#include "base/slice.h"

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool short_of_bytes; // a read went past the end; never becomes false again
};

static inline struct reader reader_over(struct slice bytes)
{
    const uint8_t *end = bytes.len > 0 ? bytes.at + bytes.len : bytes.at;
    return (struct reader){.at = bytes.at, .end = end};
}

static inline size_t reader_left(const struct reader *in)
{
    return (size_t)(in->end - in->at);
}

uint8_t reader_u8(struct reader *in);
uint16_t reader_u16_be(struct reader *in);
uint32_t reader_u32_be(struct reader *in);
uint64_t reader_u64_be(struct reader *in);
uint16_t reader_u16_le(struct reader *in);
uint32_t reader_u32_le(struct reader *in);
uint64_t reader_u64_le(struct reader *in);

// LEB128, as buf_varint() writes it.  More than 10 bytes marks the reader short.
uint64_t reader_varint(struct reader *in);

// A varint length and that many bytes, as buf_blob() writes them.
struct slice reader_blob(struct reader *in);

// The next `len` bytes.
struct slice reader_bytes(struct reader *in, size_t len);

// Bytes up to the next NUL, which is stepped over and not part of the slice.
struct slice reader_cstring(struct reader *in);

// OK if nothing was missing and nothing is left over, else ERR_CORRUPT.
enum err reader_end(const struct reader *in, struct fault *why);
