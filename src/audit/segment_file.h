// SPDX-License-Identifier: Apache-2.0
#pragma once

// One segment of the audit log, as bytes.  All numbers are little-endian.
//
//     header   "tamisaud", version u32 = 1, number of peaks u32, number of the first
//              entry u64, the peaks of the tree before it (32 each), checksum u64 of all
//              before it
//     record   body bytes u32, zero u32, checksum u64 of {number, body bytes, checksum of
//              leaf and body}, leaf (48), body
//     record   ...
//
// The checksum is against accidents; what nobody may change is kept by the digest in the
// leaf, the tree over the leaves and the signed heads.
// Pure.

#include "audit/entry.h"
#include "audit/merkle.h"

enum {
    AUDIT_RECORD_HEAD_BYTES = 16,
    SEGMENT_HEADER_FIXED_BYTES = 32, // without the peaks
    SEGMENT_HEADER_BYTES_MAX = SEGMENT_HEADER_FIXED_BYTES + 64 * 32,
};

void segment_header_encode(const struct merkle *before, struct buf *out);
// `out_bytes`: how long the header is.  ERR_CORRUPT.
enum err segment_header_decode(struct slice bytes, struct merkle *out_before, size_t *out_bytes,
                               struct fault *why);

void audit_record_encode(const struct audit_leaf *leaf, struct slice body, struct buf *out);

struct audit_record {
    struct audit_leaf leaf;
    const uint8_t *leaf_bytes; // AUDIT_LEAF_BYTES
    struct slice body;
    size_t bytes; // of the whole record
};

// The record at the start of `bytes`, which must be number `want`.  ERR_CORRUPT; the words
// say what does not hold.
enum err audit_record_decode(struct slice bytes, uint64_t want, struct audit_record *out,
                             struct fault *why);

// Every record of a segment.  Stops at an error of `each`, and at the first record that
// does not check: *out_end says where that is, the error is in `why`.
struct segment_walk {
    enum err (*each)(void *context, const struct audit_record *r, const struct hash256 *leaf,
                     struct fault *why);
    void *context;
};
enum err segment_walk(struct slice bytes, const struct segment_walk *walk, struct merkle *out_tree,
                      size_t *out_end, struct fault *why);

// "%016x.seg", of the first entry's number.
enum { SEGMENT_NAME_BYTES = 24 };

void segment_name(uint64_t first, char out[SEGMENT_NAME_BYTES]);
bool segment_name_parse(const char *name, uint64_t *out_first);
