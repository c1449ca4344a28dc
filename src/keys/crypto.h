// SPDX-License-Identifier: Apache-2.0
#pragma once

// The few crypto primitives in use.  crypto.c is the only file that includes
// libsodium; every name here says what it is for, not only what it is.

#include "base/err.h"
#include "base/slice.h"

// Before anything else here; safe to call again.  ERR_UNAVAILABLE when the library
// finds no source of chance.
enum err crypto_start(struct fault *why);

void random_bytes(void *out, size_t len);

enum { KEY_BYTES = 32 };

// A key in memory of its own: locked, guarded, out of core files, zero in a forked
// child (MADV_WIPEONFORK), wiped when freed.
struct secret;
struct secret *secret_new(const void *bytes, size_t len); // copies; the caller wipes its own
struct secret *secret_random(size_t len);
void secret_free(struct secret *s); // NULL is fine
struct slice secret_bytes(const struct secret *s);
void wipe(void *at, size_t len);

// A key for one purpose from the master key: BLAKE2b keyed with it over `label`
// ("pseudonym/device", "row-key/connections").
void key_derive(const struct secret *master, const char *label, uint8_t out[KEY_BYTES]);

// Keyed BLAKE2b of `len_out` bytes, 16 to 64.
void keyed_hash(const uint8_t key[KEY_BYTES], struct slice in, uint8_t *out, size_t len_out);
void plain_hash(struct slice in, uint8_t out[32]); // BLAKE2b-256

// SHA-256 of parts one after another, for RFC 6962 trees, which other programs check too.
enum { SHA256_BYTES = 32 };

void sha256_parts(const struct slice *parts, size_t count, uint8_t out[SHA256_BYTES]);

// Keyed, 64 bits (SipHash-2-4): for permutations and tables in memory, not for names.
enum { SHORT_KEY_BYTES = 16 };

uint64_t short_hash(const uint8_t key[SHORT_KEY_BYTES], struct slice in);

// Argon2id in libsodium's text form ("$argon2id$v=19$m=..."), moderate cost.
enum { PASSWORD_HASH_BYTES = 128 };
enum err password_hash(struct slice password, char out[PASSWORD_HASH_BYTES], struct fault *why);
bool password_matches(const char *hash, struct slice password);
bool equal_in_constant_time(const void *a, const void *b, size_t len);

// Ed25519.
enum { SIGN_PUBLIC_BYTES = 32, SIGN_SEED_BYTES = 32, SIGNATURE_BYTES = 64 };

void sign_public(const uint8_t seed[SIGN_SEED_BYTES], uint8_t out_public[SIGN_PUBLIC_BYTES]);
void sign(const uint8_t seed[SIGN_SEED_BYTES], struct slice message, uint8_t out[SIGNATURE_BYTES]);
bool sign_verify(const uint8_t public_key[SIGN_PUBLIC_BYTES], struct slice message,
                 const uint8_t signature[SIGNATURE_BYTES]);

// X25519: two who know each other's public half agree on the same 32 bytes.  False: the other
// half is none.
enum { AGREE_BYTES = 32 };

void agree_public(const uint8_t secret_half[AGREE_BYTES], uint8_t out[AGREE_BYTES]);
bool agree(const uint8_t secret_half[AGREE_BYTES], const uint8_t other_half[AGREE_BYTES],
           uint8_t out[AGREE_BYTES]);

// XChaCha20-Poly1305 under a nonce drawn here: appends nonce (24), then as many bytes as `plain`
// has, then the tag (16).  `bound` is not in it, and has to be the same to unlock.
enum { LOCK_BYTES = 24 + 16 };

struct buf;
void lock_bytes(const uint8_t key[KEY_BYTES], struct slice bound, struct slice plain,
                struct buf *out);
// `out` has room for LOCK_BYTES less than `locked`.  False, and nothing is written: it was not
// locked so.
bool unlock_bytes(const uint8_t key[KEY_BYTES], struct slice bound, struct slice locked,
                  uint8_t *out);

// base64url without padding, lower-case hexadecimal, standard base64 (decoding only).
void base64url_print(struct slice bytes, struct buf *out);
enum err base64_parse(struct slice text, struct buf *out); // both alphabets, padding optional
void hex_print(struct slice bytes, struct buf *out);
