// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/buf.h"
#include "keys/crypto.h"
#include "test.h"

static bool hex_is(struct slice bytes, const char *hex)
{
    struct buf out AUTO(buf_donep) = buf_init(1024);
    hex_print(bytes, &out);
    return slice_is(buf_slice(&out), hex);
}

TEST(plain_hash_is_blake2b_256)
{
    uint8_t hash[32];
    plain_hash(slice_text("abc"), hash);
    EXPECT(hex_is(slice_of(hash, 32),
                  "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"));
}

TEST(keyed_hash_depends_on_key_and_input)
{
    uint8_t key[KEY_BYTES] = {1};
    uint8_t a[16];
    uint8_t b[16];
    keyed_hash(key, slice_text("x"), a, 16);
    keyed_hash(key, slice_text("y"), b, 16);
    EXPECT(memcmp(a, b, 16) != 0);
    key[31] = 7;
    keyed_hash(key, slice_text("x"), b, 16);
    EXPECT(memcmp(a, b, 16) != 0);
}

// The vectors of the SipHash paper: key 00..0f, input 00..0e.
TEST(short_hash_is_siphash_2_4)
{
    uint8_t key[SHORT_KEY_BYTES];
    uint8_t in[15];
    for (uint8_t i = 0; i < sizeof key; i++)
        key[i] = i;
    for (uint8_t i = 0; i < sizeof in; i++)
        in[i] = i;
    EXPECT(short_hash(key, slice_of(in, sizeof in)) == 0xa129ca6149be45e5);
}

TEST(key_derive_separates_labels)
{
    EXPECT_EQ(crypto_start(NULL), OK);
    uint8_t master_bytes[KEY_BYTES] = {9};
    struct secret *master = secret_new(master_bytes, sizeof master_bytes);
    uint8_t a[KEY_BYTES];
    uint8_t b[KEY_BYTES];
    uint8_t again[KEY_BYTES];
    key_derive(master, "pseudonym/device", a);
    key_derive(master, "pseudonym/customer", b);
    key_derive(master, "pseudonym/device", again);
    EXPECT(memcmp(a, b, KEY_BYTES) != 0);
    EXPECT(memcmp(a, again, KEY_BYTES) == 0);
    secret_free(master);
}

TEST(password_hash_knows_its_password_only)
{
    EXPECT_EQ(crypto_start(NULL), OK);
    char hash[PASSWORD_HASH_BYTES];
    EXPECT_EQ(password_hash(slice_text("correct horse"), hash, NULL), OK);
    EXPECT(strncmp(hash, "$argon2id$v=19$m=", 17) == 0);
    EXPECT(password_matches(hash, slice_text("correct horse")));
    EXPECT(!password_matches(hash, slice_text("correct horsf")));
    EXPECT(!password_matches("not a hash", slice_text("correct horse")));
}

TEST(equal_in_constant_time_compares)
{
    EXPECT(equal_in_constant_time("abc", "abc", 3));
    EXPECT(!equal_in_constant_time("abc", "abd", 3));
}

// RFC 8032, section 7.1, test 1.
TEST(sign_is_ed25519)
{
    static const uint8_t seed[SIGN_SEED_BYTES] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60,
                                                  0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
                                                  0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19,
                                                  0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    uint8_t signature[SIGNATURE_BYTES];
    sign_public(seed, public_key);
    EXPECT(hex_is(slice_of(public_key, sizeof public_key),
                  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));
    sign(seed, slice_text(""), signature);
    EXPECT(sign_verify(public_key, slice_text(""), signature));
    EXPECT(!sign_verify(public_key, slice_text("x"), signature));
    EXPECT_EQ(signature[0], 0xe5);
    signature[63] ^= 1;
    EXPECT(!sign_verify(public_key, slice_text(""), signature));
}

TEST(random_bytes_differ)
{
    EXPECT_EQ(crypto_start(NULL), OK);
    uint8_t a[16];
    uint8_t b[16];
    random_bytes(a, sizeof a);
    random_bytes(b, sizeof b);
    EXPECT(memcmp(a, b, sizeof a) != 0);
}
