// SPDX-License-Identifier: Apache-2.0
#include "keys/pseudonym.h"

#include "keys/blake2b.h"

#include <inttypes.h>
#include <stdio.h>

_Static_assert((int)PSEUDONYM_BYTES == (int)BLAKE2B_OUT_BYTES, "a pseudonym is one hash");

void pseudonym_of_text(const uint8_t key[KEY_BYTES], struct slice text,
                       uint8_t out[PSEUDONYM_BYTES])
{
    keyed_hash(key, text, out, PSEUDONYM_BYTES);
}

void pseudonym_of_number(const uint8_t key[KEY_BYTES], int64_t number, uint8_t out[PSEUDONYM_BYTES])
{
    char text[24];
    int len = snprintf(text, sizeof text, "%" PRId64, number);
    pseudonym_of_text(key, slice_of(text, (size_t)len), out);
}

void pseudonyms_of_texts(const uint8_t key[KEY_BYTES], const struct slice *texts, uint32_t count,
                         uint8_t (*out)[PSEUDONYM_BYTES])
{
    blake2b_many(key, texts, count, out);
}
