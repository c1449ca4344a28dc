// SPDX-License-Identifier: Apache-2.0
#pragma once

// A head: what the server says, under its key, the log was at a moment.
//
// Two heads with one size and two roots, or a later one whose tree does not begin with the
// earlier one's, prove that the log was changed; so heads are given away as they are made.
// What is signed is "tamis audit head" (enum sign_domain) and the digest of
//
//     "tamis audit head 1\n", number u64, size u64, time u64 (ms since 1970), root (32)
//
// all little-endian.  As bytes a head is number, size, time, root, signature (64): 120
// bytes; as text, a line
//
//     tamis-audit-head 1 NUMBER SIZE TIME ROOT SIGNATURE
//
// with the last two in hexadecimal.  Pure.

#include "audit/merkle.h"
#include "base/buf.h"

enum { AUDIT_HEAD_BYTES = 120, AUDIT_HEAD_TEXT_BYTES = 320 };

struct audit_head {
    uint64_t number; // of the head: 0, 1, ... without gaps
    uint64_t size;   // entries
    int64_t time_ms;
    struct hash256 root;
    uint8_t signature[SIGNATURE_BYTES];
};

void audit_head_digest(const struct audit_head *h, uint8_t out[32]);
bool audit_head_is_signed(const struct audit_head *h, const uint8_t key[SIGN_PUBLIC_BYTES]);

void audit_head_encode(const struct audit_head *h, struct buf *out);
struct audit_head audit_head_decode(const uint8_t bytes[AUDIT_HEAD_BYTES]);

void audit_head_print(const struct audit_head *h, struct buf *out); // with its line end
// The first line of `text`.  ERR_CORRUPT.
enum err audit_head_parse(struct slice text, struct audit_head *out, struct fault *why);
// Just so many bytes, as small hexadecimal digits.
bool audit_hex_parse(struct slice text, uint8_t *out, size_t bytes);
// 64 hexadecimal digits, blanks around them.
enum err audit_key_parse(struct slice text, uint8_t out[SIGN_PUBLIC_BYTES], struct fault *why);
