// SPDX-License-Identifier: Apache-2.0
#pragma once

// A pseudonym: 16 bytes that stand for a person, a device, an account.
//
// Keyed BLAKE2b over the value's canonical text, under the key of its subject kind:
// the same subject has the same pseudonym in every table and as every type (int4 5,
// int8 5 and text "5" agree), subjects of two kinds cannot be joined, and without the
// key a pseudonym can neither be undone nor guessed by trying all values.  A new key
// makes new pseudonyms.  Any thread may call.

#include "base/slice.h"
#include "keys/crypto.h"

enum { PSEUDONYM_BYTES = 16 };

void pseudonym_of_text(const uint8_t key[KEY_BYTES], struct slice text,
                       uint8_t out[PSEUDONYM_BYTES]);
void pseudonym_of_number(const uint8_t key[KEY_BYTES], int64_t number,
                         uint8_t out[PSEUDONYM_BYTES]); // of its decimal text

// Of many texts, for a fraction of the time of one after another; those of a column, so
// under one key.
void pseudonyms_of_texts(const uint8_t key[KEY_BYTES], const struct slice *texts, uint32_t count,
                         uint8_t (*out)[PSEUDONYM_BYTES]);
