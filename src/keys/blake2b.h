// SPDX-License-Identifier: Apache-2.0
#pragma once

// Keyed BLAKE2b of many short texts under one key, four side by side.
//
// The same bytes as keyed_hash() of each (RFC 7693), for a third of the time: the block
// that holds the key is taken in once, not once a text, and what is left of a text of at
// most 128 bytes is one block, four of which fit the registers of today's processors.
// Longer texts go to the library.  Any thread may call.

#include "base/simd.h"
#include "base/slice.h"
#include "keys/crypto.h"

enum { BLAKE2B_OUT_BYTES = 16 };

void blake2b_many(const uint8_t key[KEY_BYTES], const struct slice *texts, uint32_t count,
                  uint8_t (*out)[BLAKE2B_OUT_BYTES]);

// By a kernel of one's choice, which the processor must have: for tests.
void blake2b_many_by(enum simd simd, const uint8_t key[KEY_BYTES], const struct slice *texts,
                     uint32_t count, uint8_t (*out)[BLAKE2B_OUT_BYTES]);
