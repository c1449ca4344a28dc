// SPDX-License-Identifier: Apache-2.0
// With columns and dictionaries: agg_terms_test.c.
#include "search/terms_wish.h"
#include "test.h"

TEST(terms_wish_of_keys_has_these)
{
    uint64_t keys[] = {70, 3, UINT64_MAX};
    struct terms_wish w;
    terms_wish_of_keys(&w, keys, 3);
    EXPECT(w.is_given);
    EXPECT(terms_wish_has(&w, 3) && terms_wish_has(&w, 70) && terms_wish_has(&w, UINT64_MAX));
    EXPECT(!terms_wish_has(&w, 4));
    terms_wish_of_keys(&w, keys, 0);
    EXPECT(w.is_given && !terms_wish_has(&w, 3));
}

TEST(terms_wish_of_codes_has_a_bit_each_and_the_stand_in_behind_them)
{
    uint64_t bits[2] = {1ULL << 63, 1};
    struct terms_wish w = {.is_given = true, .codes = bits, .code_count = 65, .has_stand_in = true};
    EXPECT(terms_wish_has(&w, 63) && terms_wish_has(&w, 64));
    EXPECT(!terms_wish_has(&w, 62) && !terms_wish_has(&w, 0));
    EXPECT(terms_wish_has(&w, 65));
    w.has_stand_in = false;
    EXPECT(!terms_wish_has(&w, 65));
}
