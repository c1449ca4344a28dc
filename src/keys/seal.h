// SPDX-License-Identifier: Apache-2.0
#pragma once

// A sealed value: what only keeper can open, with the secret half of its column's key.
//
// Who seals has the public half alone.  It draws a pair of its own for as long as it lives
// (struct sealer), agrees with the column's key on one (X25519), and locks each value with that
// (XChaCha20-Poly1305, a nonce drawn for each), so that what was sealed before, or by
// another, cannot be opened by it either:
//
//     form u8 (1) | policy u64 | sealer's public half (32) | nonce (24) | locked, and its tag (16)
//
//     locked     row hi u64 | lo u64 | length u32 | text | zeros up to the length's class
//     agreed     BLAKE2b of both public halves under what X25519 gives
//     bound to   table and column, form, policy, sealer's half: changed, moved to another column
//                or another table, it does not open
//
// What a length says is its class only: powers of two from 32 to 4096 bytes, then multiples of
// 4096.  No two sealed values are the same bytes, so equal ones are not seen to be equal.
// The row is the one it was sealed in.  It is inside and not bound, so that a row whose key
// changes keeps a value that its source does not send again; who opens is told.
//
// Any thread may call; a sealer is only read.

#include "base/buf.h"
#include "base/err.h"
#include "keys/crypto.h"

enum {
    SEAL_HEAD_BYTES = 20, // within: row and length
    SEAL_OPEN_BYTES = 1 + 8 + AGREE_BYTES,
    SEAL_CLASS_FIRST = 32,
    SEAL_CLASS_STEP = 4096,
    SEAL_CLASS_MAX = 7 * SEAL_CLASS_STEP,
    SEAL_TEXT_BYTES_MAX = SEAL_CLASS_MAX - SEAL_HEAD_BYTES,
    SEAL_BYTES_MIN = SEAL_OPEN_BYTES + LOCK_BYTES + SEAL_CLASS_FIRST,
    SEAL_BYTES_MAX = SEAL_OPEN_BYTES + LOCK_BYTES + SEAL_CLASS_MAX
};

// What a value is sealed as.
struct seal_of {
    const char *table, *column;
    uint64_t policy; // the schema's identity
};

struct sealer {
    bool is_destroyed; // the column's key is: nothing can be sealed
    uint8_t public_half[AGREE_BYTES];
    uint8_t key[KEY_BYTES];
};

// `column_key`: the column's public half; all zero: destroyed.  Holds a key: the caller wipes it.
void sealer_init(struct sealer *s, const uint8_t column_key[AGREE_BYTES]);

// Appends the sealed value.  ERR_INVALID: longer than SEAL_TEXT_BYTES_MAX.
enum err seal(const struct sealer *s, const struct seal_of *of, const uint64_t row[2],
              struct slice text, struct buf *out, struct fault *why);

// Whether bytes from elsewhere have a sealed value's form and one of its lengths.
bool seal_is_formed(struct slice sealed);

// With the column's secret half.  ERR_CORRUPT: it is not one, not of this column, or of another
// key.  `out` gets the text; the caller wipes it.
enum err seal_open(const uint8_t secret_half[AGREE_BYTES], const struct seal_of *of,
                   struct slice sealed, uint64_t out_row[2], struct buf *out, struct fault *why);
uint64_t seal_policy(struct slice sealed); // of a formed one
