// SPDX-License-Identifier: Apache-2.0
#include "base/simd.h"
#include "test.h"

TEST(simd_is_one_of_those_there_are_and_stays_so)
{
    enum simd best = simd_best();
    EXPECT(best == SIMD_NONE || best == SIMD_AVX2 || best == SIMD_AVX512);
    EXPECT_EQ(simd_best(), best);
}

TEST(simd_has_byte_moves_only_with_avx512)
{
    EXPECT(!simd_has_vbmi() || simd_best() == SIMD_AVX512);
    EXPECT_EQ(simd_has_vbmi(), simd_has_vbmi());
}
