// SPDX-License-Identifier: Apache-2.0
#include "keys/crypto.h"

#include "base/buf.h"
#include "base/check.h"

#include <sodium.h>

_Static_assert(SIGN_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519 public key");
_Static_assert(SIGN_SEED_BYTES == crypto_sign_SEEDBYTES, "Ed25519 seed");
_Static_assert(SIGNATURE_BYTES == crypto_sign_BYTES, "Ed25519 signature");
_Static_assert(PASSWORD_HASH_BYTES >= crypto_pwhash_STRBYTES, "Argon2id text form");
_Static_assert(KEY_BYTES == crypto_generichash_KEYBYTES, "BLAKE2b key");
_Static_assert(SHA256_BYTES == crypto_hash_sha256_BYTES, "SHA-256");
_Static_assert(AGREE_BYTES == crypto_scalarmult_BYTES, "X25519");
_Static_assert(KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "XChaCha20-Poly1305 key");
_Static_assert(SHORT_KEY_BYTES == crypto_shorthash_KEYBYTES, "SipHash key");

enum err crypto_start(struct fault *why)
{
    if (sodium_init() < 0)
        return fail(why, ERR_UNAVAILABLE, "libsodium finds no source of chance");
    return OK;
}

void random_bytes(void *out, size_t len)
{
    randombytes_buf(out, len);
}

void wipe(void *at, size_t len)
{
    sodium_memzero(at, len);
}

void key_derive(const struct secret *master, const char *label, uint8_t out[KEY_BYTES])
{
    struct slice key = secret_bytes(master);
    CHECK(key.len == KEY_BYTES);
    keyed_hash(key.at, slice_text(label), out, KEY_BYTES);
}

void keyed_hash(const uint8_t key[KEY_BYTES], struct slice in, uint8_t *out, size_t len_out)
{
    CHECK(len_out >= crypto_generichash_BYTES_MIN && len_out <= crypto_generichash_BYTES_MAX);
    CHECK(crypto_generichash(out, len_out, in.at, in.len, key, KEY_BYTES) == 0);
}

void plain_hash(struct slice in, uint8_t out[32])
{
    CHECK(crypto_generichash(out, 32, in.at, in.len, NULL, 0) == 0);
}

void sha256_parts(const struct slice *parts, size_t count, uint8_t out[SHA256_BYTES])
{
    crypto_hash_sha256_state state;
    CHECK(crypto_hash_sha256_init(&state) == 0);
    for (size_t i = 0; i < count; i++)
        CHECK(crypto_hash_sha256_update(&state, parts[i].at, parts[i].len) == 0);
    CHECK(crypto_hash_sha256_final(&state, out) == 0);
}

uint64_t short_hash(const uint8_t key[SHORT_KEY_BYTES], struct slice in)
{
    uint8_t out[crypto_shorthash_BYTES];
    CHECK(crypto_shorthash(out, in.at, in.len, key) == 0);
    uint64_t value = 0;
    for (size_t i = sizeof out; i-- > 0;)
        value = value << 8 | out[i];
    return value;
}

// libsodium's "interactive" cost: 64 MiB and two passes, some tens of milliseconds.
// Its next step takes 256 MiB a try, which would hand whoever may knock at the login a
// way to fill the machine's memory.
enum err password_hash(struct slice password, char out[PASSWORD_HASH_BYTES], struct fault *why)
{
    char text[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str(text, (const char *)password.at, password.len,
                          crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        return fail(why, ERR_LIMIT, "hashing a password needs 64 MiB of memory");
    memset(out, 0, PASSWORD_HASH_BYTES);
    memcpy(out, text, sizeof text);
    return OK;
}

bool password_matches(const char *hash, struct slice password)
{
    return crypto_pwhash_str_verify(hash, (const char *)password.at, password.len) == 0;
}

bool equal_in_constant_time(const void *a, const void *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}

void sign_public(const uint8_t seed[SIGN_SEED_BYTES], uint8_t out_public[SIGN_PUBLIC_BYTES])
{
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    CHECK(crypto_sign_seed_keypair(out_public, secret_key, seed) == 0);
    wipe(secret_key, sizeof secret_key);
}

void sign(const uint8_t seed[SIGN_SEED_BYTES], struct slice message, uint8_t out[SIGNATURE_BYTES])
{
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    CHECK(crypto_sign_seed_keypair(public_key, secret_key, seed) == 0);
    CHECK(crypto_sign_detached(out, NULL, message.at, message.len, secret_key) == 0);
    wipe(secret_key, sizeof secret_key);
}

bool sign_verify(const uint8_t public_key[SIGN_PUBLIC_BYTES], struct slice message,
                 const uint8_t signature[SIGNATURE_BYTES])
{
    return crypto_sign_verify_detached(signature, message.at, message.len, public_key) == 0;
}

void agree_public(const uint8_t secret_half[AGREE_BYTES], uint8_t out[AGREE_BYTES])
{
    CHECK(crypto_scalarmult_base(out, secret_half) == 0);
}

bool agree(const uint8_t secret_half[AGREE_BYTES], const uint8_t other_half[AGREE_BYTES],
           uint8_t out[AGREE_BYTES])
{
    return crypto_scalarmult(out, secret_half, other_half) == 0;
}

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES
};

_Static_assert(LOCK_BYTES == NONCE_BYTES + TAG_BYTES, "XChaCha20-Poly1305 nonce and tag");

void lock_bytes(const uint8_t key[KEY_BYTES], struct slice bound, struct slice plain,
                struct buf *out)
{
    uint8_t nonce[NONCE_BYTES];
    random_bytes(nonce, sizeof nonce);
    buf_bytes(out, nonce, sizeof nonce);
    uint8_t *at = buf_room(out, plain.len + TAG_BYTES);
    if (at)
        CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(at, NULL, plain.at, plain.len, bound.at,
                                                         bound.len, NULL, nonce, key) == 0);
}

bool unlock_bytes(const uint8_t key[KEY_BYTES], struct slice bound, struct slice locked,
                  uint8_t *out)
{
    if (locked.len < LOCK_BYTES)
        return false;
    struct slice rest = slice_from(locked, NONCE_BYTES);
    return crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, rest.at, rest.len, bound.at,
                                                      bound.len, locked.at, key) == 0;
}
