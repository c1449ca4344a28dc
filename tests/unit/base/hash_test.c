// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "test.h"

TEST(a_checksum_sees_every_changed_bit)
{
    uint8_t bytes[200];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    uint64_t whole = checksum(bytes, sizeof bytes);
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        EXPECT(checksum(bytes, sizeof bytes) != whole);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    EXPECT(checksum(bytes, sizeof bytes) == whole);
    EXPECT(checksum(bytes, sizeof bytes - 1) != whole);
}

// Files carry checksums, so these may never change.
TEST(checksums_stay_what_they_were)
{
    EXPECT(checksum("tamis", 5) == 0x21616ded747e723c);
    EXPECT(hash_bytes("", 0) == 0x2d06800538d394c2);
    EXPECT(checksum("tamis", 5) != hash_bytes("tamis", 5));
}

TEST(hash_u64_gives_different_numbers_different_hashes)
{
    for (uint64_t i = 0; i < 1000; i++) {
        EXPECT(hash_u64(i) != hash_u64(i + 1));
        EXPECT(i == 0 || hash_u64(i) != i);
    }
}
