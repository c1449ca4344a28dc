// SPDX-License-Identifier: Apache-2.0
#include "keys/pseudonym.h"
#include "test.h"

static const uint8_t key[KEY_BYTES] = {7};

TEST(pseudonym_of_a_number_and_of_its_text_agree)
{
    uint8_t a[PSEUDONYM_BYTES];
    uint8_t b[PSEUDONYM_BYTES];
    pseudonym_of_number(key, -5, a);
    pseudonym_of_text(key, slice_text("-5"), b);
    EXPECT(memcmp(a, b, sizeof a) == 0);
    pseudonym_of_number(key, INT64_MIN, a);
    pseudonym_of_text(key, slice_text("-9223372036854775808"), b);
    EXPECT(memcmp(a, b, sizeof a) == 0);
}

TEST(pseudonyms_of_two_subject_kinds_differ)
{
    static const uint8_t other[KEY_BYTES] = {8};
    uint8_t a[PSEUDONYM_BYTES];
    uint8_t b[PSEUDONYM_BYTES];
    pseudonym_of_number(key, 5, a);
    pseudonym_of_number(other, 5, b);
    EXPECT(memcmp(a, b, sizeof a) != 0);
    pseudonym_of_number(key, 6, b);
    EXPECT(memcmp(a, b, sizeof a) != 0);
}
