// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who a row is, without saying it: the store knows rows by these 128 bits, which
// nobody can turn back into the primary key without the table's key.
//
// A primary key of one integer is permuted among the numbers of its size, hi is 0: below
// 2^24, 2^32, 2^40 or any, so that small keys take few bytes in a column.  Any other
// key is hashed: its columns in key order, each as row_key_part() writes it, and hi
// is never 0.  So the two never meet, two integers never meet (a permutation has no
// collisions), and two others meet with a chance of n^2 / 2^129.
//
// A pure function of key and value: the same row gets the same identity from the
// first copy, from the stream and after a restart.  Any thread may call.

#include "base/simd.h"
#include "base/slice.h"
#include "keys/crypto.h"

// lo of a one-column integer key.
uint64_t row_key_of_number(const uint8_t key[KEY_BYTES], int64_t number);

// The same of many numbers, in their places, for a fraction of the time.
void row_keys_of_numbers(const uint8_t key[KEY_BYTES], uint64_t *numbers, uint32_t count);

// By a kernel of one's choice, which the processor must have: for tests.
void row_keys_of_numbers_by(enum simd simd, const uint8_t key[KEY_BYTES], uint64_t *numbers,
                            uint32_t count);

// Adds one column's canonical text (integers in decimal, so that int4 and int8 agree)
// in a form from which no other list of columns gives the same bytes.
void row_key_part(struct buf *parts, struct slice text);

void row_key_of_parts(const uint8_t key[KEY_BYTES], struct slice parts, uint64_t *out_hi,
                      uint64_t *out_lo);

// The same of many, for a fraction of the time: out[i] is {hi, lo}.
void row_keys_of_parts(const uint8_t key[KEY_BYTES], const struct slice *parts, uint32_t count,
                       uint64_t (*out)[2]);
